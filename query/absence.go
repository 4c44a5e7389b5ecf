package query

import "github.com/crosstrail/crosstrail/cloudtrail"

// Absence is what can be said of something that is not there, so that its
// absence does not look like innocence.
type Absence struct {
	Account string          // that it belongs to, where its text tells
	Time    cloudtrail.Time // that it speaks of, where its text tells
	Files   int             // log files in the set
	Spans   []Span          // what is there of Account; of all accounts where it is not known
}

// Span is what is there of one account and region, by the names of its log files.
type Span struct {
	Account, Region string
	Files           int
	First, Newest   cloudtrail.Time // delivery stamps; zero where no name tells
}
