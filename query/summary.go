package query

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Summary is what trace tells people: who did what, grouped by origin, then
// what is contested and what is not resolved. Its order is fixed by its content.
type Summary struct {
	Origins    []*OriginSummary    // people before services, then by writes, events, id
	Contested  []*ContestedSummary // two or more people fit
	Unresolved []*GapSummary       // by events that have no origin, then by gap
	Totals     Totals

	Limit  int  // the filter's, where it was reached: there may be more; else 0
	Newest bool // what there may be more of is older
}

// Totals is about all events that passed the filter.
type Totals struct {
	Events, Writes, Errors int
	ByEvidence             [lineage.Unresolved + 1]int // indexed by Evidence; 0 is unused
	Origins                int
	Sessions               int
	Files                  int      // log files in the set, whatever the filter
	Accounts               []string // recipients of the events, sorted
	First, Last            cloudtrail.Time
}

// OriginSummary is one origin and everything done on its behalf.
type OriginSummary struct {
	Origin   *lineage.Origin             // SignIn, AccessKeyID and Workload only where all chains agree in them
	Evidence [lineage.Unresolved + 1]int // its events by evidence
	SignedIn int                         // events whose chain tells of a sign-in
	Activity                             // of all nodes together
	Nodes    []*Node                     // by first call; the one without a hop is what it did itself
}

// ContestedSummary is events on which the same people are in dispute.
type ContestedSummary struct {
	Candidates []lineage.Candidate // one for each origin, by its id
	Conflicts  []lineage.Conflict
	Activity
	Nodes []*Node
}

// GapSummary is one kind of thing that is missing: what to collect, and what it
// leaves unexplained. Gap.From and Gap.Until span all events that have the gap.
type GapSummary struct {
	Gap      lineage.Gap
	Events   int // that have this gap, with an origin (of lesser evidence) or without
	Activity     // of those without
	Nodes    []*Node
}

// Node is one session in a tree, or several of one role that were folded into
// one line: those with one session name, those a service made, and those with
// the names beyond the first six.
type Node struct {
	Hop       *lineage.Hop     // of the first session; nil: the origin itself, without a session
	Caller    string           // where Hop is nil and there is no origin: the record's words for the caller
	Evidence  lineage.Evidence // of the weakest call made in it, 0 where it made none
	Sessions  int              // folded into this line, itself included
	OtherName bool             // the folded sessions bear different names
	Activity                   // what was done in it, not in its Children
	Calls     []*Call          // writes first, then by count, source and name
	Children  []*Node          // sessions made from it, by first call

	// Other addresses and agents than those the session was issued to. A name
	// of AWS's own (a service, "AWS Internal") is no difference.
	IssuedToAddress, IssuedToAgent string
	OtherAddresses, OtherAgents    Top

	Places Places // of the first session in it that was in two places
}

// Activity is how much was done, when, and from where.
type Activity struct {
	Events, Writes, Errors int
	First, Last            cloudtrail.Time
	Addresses, Agents      Top
}

// Call is one API call, as often as it was made in a Node.
type Call struct {
	EventSource, EventName string
	Via                    string // who made it on the origin's behalf: a service, account or role ARN
	Write                  bool
	Count, Errors          int
	ErrorCodes             Top
	Touched                Top
	First, Last            cloudtrail.Time
}

// Top is the most frequent of some values, by count, then first seen, and how
// many more different values there were.
type Top struct {
	Most []Counted
	More int
	Many bool // More is a lower bound: there were too many to remember
}

// Counted is one value and its number of events.
type Counted struct {
	Value string
	Count int
}

// Summarize reads every event that passes the filter once.
func Summarize(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) (*Summary, error) {
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return nil, err
	}
	b := newSummaryBook()
	if err := q.each(ctx, b.add); err != nil {
		return nil, err
	}
	s := b.summary()
	s.Newest = f.Newest
	if s.Totals.Events == f.Limit {
		s.Limit = f.Limit
	}
	spans, err := readSpans(ctx, r)
	for _, span := range spans {
		s.Totals.Files += span.Files
	}
	return s, err
}
