package render

import (
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Get is the command that collects what a gap lacks, "" where no log can fill it.
func Get(g lineage.Gap) string {
	if f := folder(g); f != "" {
		return "crosstrail ingest " + f
	}
	return ""
}

// folder is where in a trail's bucket the log files of a gap are (linkage.md
// section 7.1). The bucket, which no record names, is left to the reader.
func folder(g lineage.Gap) string {
	switch g.Reason {
	case lineage.NoIssuerLog, lineage.CallerAccountNotCollected, lineage.BeforeCoverage, lineage.Pending, lineage.NotWatched:
	default:
		return ""
	}
	if g.AccountID == "" {
		return ""
	}
	key := "AWSLogs/" + g.AccountID + "/CloudTrail/"
	if g.Region != "" {
		key += g.Region + "/" + days(g.From, g.Until)
	}
	return "s3://BUCKET/" + key
}

// days is the longest date folder that holds both moments.
func days(from, until cloudtrail.Time) string {
	if from.IsZero() {
		from = until
	}
	if until.IsZero() {
		until = from
	}
	if from.IsZero() {
		return ""
	}
	// A file is delivered minutes after its events, and filed by that day.
	a, b := from.Time(), until.Time().Add(15*time.Minute)
	switch {
	case a.Year() != b.Year():
		return ""
	case a.Month() != b.Month():
		return a.Format("2006/")
	case a.Day() != b.Day():
		return a.Format("2006/01/")
	}
	return a.Format("2006/01/02/")
}
