package query

import (
	"context"
	"iter"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Row is one event: what the ladder reads and what people ask for.
type Row struct {
	lineage.Use
	ErrorMessage string
	EventType    string
	ReadOnly     cloudtrail.Bool
	Resources    []string // ARNs in the record's resources; else the names it touched, see Touched
	Forms        int      // other forms of this event that are there: records of one identity that differ in link fields
	Variant      bool     // another form is the one with the least Fingerprint
}

// Reader is what a store lets the questions read. Every method is safe for
// concurrent use.
type Reader interface {
	lineage.Index
	Events
	Files
	Seals
}

// Events is what a store tells of its events.
type Events interface {
	// Rows yields one row an event (of variants the one with the least
	// Fingerprint, or all where the selection asks for Forms), by time, then
	// event id, then recipient; backwards where the selection asks for it. The Row is overwritten by the next step;
	// its strings and its Caller stay valid.
	Rows(ctx context.Context, s Selection) iter.Seq2[*Row, error]
	// Tallies counts the events of a selection, each once, hour by hour; within
	// an hour in any order, and what one tally could count may be in several.
	// It keeps exactly to Since and Until, else it may count more than is asked
	// for, in tallies of their own; EventIDs and EventNames are not asked of
	// it. The Tally is overwritten by the next step as a Row is.
	Tallies(ctx context.Context, s Selection) iter.Seq2[*Tally, error]
	// Accounts are those that events were delivered to, in any order.
	Accounts(ctx context.Context) ([]string, error)
}

// Files is what a store tells of its log files.
type Files interface {
	// Spans are what is there of each account and region, by the names of the
	// log files that were read; the files of no account among them.
	Spans(ctx context.Context) ([]lineage.Span, error)
	// LogFiles yields every log file that was read, in any order.
	LogFiles(ctx context.Context) iter.Seq2[cloudtrail.LogFile, error]
	// Lack is what is not there of what the set was to hold.
	Lack(ctx context.Context) (Lack, error)
	// Raw returns the record itself, as it stands in its log file.
	Raw(ctx context.Context, at lineage.Location) ([]byte, error)
}

// Seals is what a store tells by the digest files that a verification left in it.
type Seals interface {
	// Integrity tells of a log file by the name that rows are found under: "" in
	// a set that was never verified. Where files of other bytes came under one
	// name it is the worst of them.
	Integrity(ctx context.Context, file string) (cloudtrail.Integrity, error)
	// Sealed are the spans for which digest files tell of every log file, in any
	// order.
	Sealed(ctx context.Context) ([]Sealed, error)
}

// Sealed is a span of which digest files list every log file that was delivered
// in it, of one account and region. Both ends belong to it.
type Sealed struct {
	Account, Region string
	From, Until     cloudtrail.Time // of delivery
}

// Lack is what a set is known to lack.
type Lack struct {
	Failed  int              // log files that could not be read to their end
	Partly  int              // log files that were, but for some of their records
	Floor   cloudtrail.Time  // what is older is not kept; zero: all is
	Lost    []lineage.Lost   // what digest files prove to be missing, by account, region and time
	Altered int              // log files that are not as they were delivered, by digest files
	Watch   *lineage.Watch   // what is not taken, by intent; nil: everything is
	Before  []*lineage.Watch // the watches that there were: what they left out may not be there yet
}

// Nothing reports whether nothing is known to be lacking.
func (l Lack) Nothing() bool {
	return l.Failed == 0 && l.Partly == 0 && l.Floor == 0 && l.Altered == 0 && len(l.Lost) == 0
}

// Selection is the part of a Filter that a store may use to read less. A store
// may yield more than it asks for, never less. Empty fields select everything;
// several values of one field: any of them.
type Selection struct {
	Since, Until cloudtrail.Time // both ends included; zero is open
	EventIDs     []string
	Accounts     []string // recipient
	Regions      []string
	EventNames   []string // whatever their case
	AccessKeys   []string
	Principals   []string // principal ids, whole or the part before ':'
	Newest       bool     // newest first
	Forms        bool     // every form of each event that is selected, not just the one that is shown
}
