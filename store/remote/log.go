package remote

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

// Log is log files that lie elsewhere, found by account, region and time. Safe
// for concurrent use.
type Log interface {
	// List is the log files that may hold events of the windows, all of one
	// account and region, unread: those delivered a while after them too, as
	// CloudTrail takes its time.
	List(ctx context.Context, windows ...source.Window) ([]source.Item, error)
	// Accounts are those that there are log files of.
	Accounts(ctx context.Context) ([]string, error)
	// Regions are those in which there are log files of an account; none where
	// there is none of it.
	Regions(ctx context.Context, account string) ([]string, error)
	// Span is what there is of an account in a region, fetched or not: the first
	// and the newest delivery. Zero where there is none, or nobody can tell.
	Span(ctx context.Context, account, region string) (lineage.Span, error)
}

// Cost is what was, or is to be, fetched.
type Cost struct {
	Lists int // parts of the log that were looked into, one of an account and region each
	Files int
	Bytes int64
}

func (c Cost) plus(d Cost) Cost { return Cost{c.Lists + d.Lists, c.Files + d.Files, c.Bytes + d.Bytes} }

// Step is one going to the log, before its files are fetched.
type Step struct {
	Accounts     []string
	Regions      []string
	Since, Until cloudtrail.Time // of all its windows, from the first to the last
	Late         bool            // up to files that were delivered [Options].Late after
	First, Last  cloudtrail.Time // delivery of its files, where these are not all that the windows hold
	Cost
}

// Options say how a store goes about its work. The zero value is fit for a test.
type Options struct {
	// Pump reads log files into the store; nil: [ingest.Pump] as it comes.
	Pump func(ctx context.Context, from ingest.Source, to ingest.Store) error
	// Tell is told of every step.
	Tell func(Step)
	// Accounts are further accounts to look in for what a gap misses: only the
	// caller's own copy of a call may have been kept.
	Accounts []string
	// Late is how long after a second the files are looked for that were delivered
	// then, where an answer rests on nothing else being there; zero: no longer than
	// for anything else.
	Late cloudtrail.Time
	// Allow is asked before anything that would bring all that was looked for and
	// fetched to so much. Its error ends the question. nil: everything is allowed.
	Allow func(ctx context.Context, all Cost) error
}
