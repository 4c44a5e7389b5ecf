package local

import (
	"fmt"
	"path/filepath"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// format is the version of the folder's form. A newer one is refused.
const formatVersion = 2

// The names in the folder.
const (
	catalogueName = "catalogue.db"
	eventsName    = "events"
	indexName     = "index"
	logsName      = "logs"
	lockName      = "lock"
	temporary     = ".tmp" // ends the name of a file that is being written
)

// Sizes. They were measured against others: ARCHITECTURE.md, "The embedded store".
const (
	segmentRows = 1 << 17 // rows a writer gathers before it commits; no segment is larger
	settledRows = 1 << 16 // a segment of so many is not merged again
	dayRows     = 1 << 14 // rows that are worth a segment for one day alone
	groupRows   = 1 << 15 // of a Parquet row group
	pageRows    = 1 << 12 // of a page; of one of ids fewer, which take more room
	idPageRows  = 1 << 10
	mergeWidth  = 16 // small segments that are merged into one
)

const (
	secondsAnHour = 60 * 60
	hoursADay     = 24
)

// hourOf is the hour that a moment is in, 0 where it is not known.
func hourOf(t cloudtrail.Time) int32 {
	h := int64(t) / secondsAnHour
	if int64(t)%secondsAnHour < 0 {
		h--
	}
	return int32(max(min(h, 1<<30), -1<<30))
}

// dayOfHour is the UTC day of an hour.
func dayOfHour(h int32) int32 {
	if h < 0 {
		return (h+1)/hoursADay - 1
	}
	return h / hoursADay
}

// segmentName tells people what is inside: the first and the last hour.
func segmentName(first, last int32, id int64) string {
	text := func(h int32) string {
		if h == 0 {
			return "unknown"
		}
		return (cloudtrail.Time(h) * secondsAnHour).Time().Format("20060102T15")
	}
	return filepath.Join(eventsName, fmt.Sprintf("%s-%s-%d.parquet", text(first), text(last), id))
}
