package source

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Window is a part of the log: of one account (empty: of all), in one region
// (empty: in all), of a span of event time, both ends included (zero: open).
type Window struct {
	Account, Region string
	Since, Until    cloudtrail.Time
	Late            cloudtrail.Time // how long after Until its log files may be delivered; zero: Lateness
}

// Lateness is how long after an event the log file that holds it is delivered,
// but for one in many thousands (linkage.md 7.2). LongLateness is how long it is
// waited for where it matters that nothing else was delivered.
const (
	Lateness     cloudtrail.Time = 15 * 60
	LongLateness cloudtrail.Time = 60 * 60
)

// Delivered is when the log files were delivered that hold the window's events.
// The stamp of a log file is its minute, so that an event may seem younger than
// its file; and clocks differ.
func (w Window) Delivered() (from, until cloudtrail.Time) {
	const early = 2 * 60
	if w.Since != 0 {
		from = max(w.Since-w.Since%60-early, 1)
	}
	if w.Until != 0 {
		until = w.Until + max(w.Late, Lateness)
	}
	return from, until
}

// May reports whether a log file may hold events of the window, as far as its
// folder and its name tell.
func (w Window) May(f cloudtrail.LogFile) bool {
	account, region := logOf(f)
	if w.Account != "" && account != "" && account != w.Account || w.Region != "" && region != "" && region != w.Region {
		return false
	}
	from, until := w.Delivered()
	return f.Delivered == 0 || (from == 0 || f.Delivered >= from) && (until == 0 || f.Delivered <= until)
}

// logOf is whose log a file is. Where it lies as CloudTrail lays files out, below
// AWSLogs/…/ACCOUNT/CloudTrail/REGION/, the folder tells that, whatever it is
// named: so a bucket is listed.
func logOf(f cloudtrail.LogFile) (account, region string) {
	_, below, _ := strings.Cut(f.URI, "AWSLogs/")
	above, below, laid := strings.Cut(below, "/CloudTrail/")
	account = above[strings.LastIndexByte(above, '/')+1:]
	if !laid || account == "" || strings.Trim(account, "0123456789") != "" {
		return f.Account, f.Region
	}
	region, _, _ = strings.Cut(below, "/")
	return account, region
}
