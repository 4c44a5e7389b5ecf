package source

import "github.com/crosstrail/crosstrail/cloudtrail"

// Window is a part of the log: of one account (empty: of all), in one region
// (empty: in all), of a span of event time, both ends included (zero: open).
type Window struct {
	Account, Region string
	Since, Until    cloudtrail.Time
}

// Lateness is how long after an event the log file that holds it is delivered,
// but for one in many thousands (linkage.md 7.2).
const Lateness cloudtrail.Time = 15 * 60

// Delivered is when the log files were delivered that hold the window's events.
// The stamp of a log file is its minute, so that an event may seem younger than
// its file; and clocks differ.
func (w Window) Delivered() (from, until cloudtrail.Time) {
	const early = 2 * 60
	if w.Since != 0 {
		from = max(w.Since-w.Since%60-early, 1)
	}
	if w.Until != 0 {
		until = w.Until + Lateness
	}
	return from, until
}

// May reports whether a log file may hold events of the window, as far as its
// name tells.
func (w Window) May(f cloudtrail.LogFile) bool {
	if w.Account != "" && f.Account != "" && f.Account != w.Account || w.Region != "" && f.Region != "" && f.Region != w.Region {
		return false
	}
	from, until := w.Delivered()
	return f.Delivered == 0 || f.Delivered >= from && (until == 0 || f.Delivered <= until)
}
