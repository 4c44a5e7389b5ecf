package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
	"github.com/crosstrail/crosstrail/source/lookup"
	"github.com/crosstrail/crosstrail/store/dynamo"
	"github.com/crosstrail/crosstrail/store/remote"
)

// far is a log that lies elsewhere and is asked without a store: of it no more is
// fetched than an answer needs.
type far struct {
	*remote.Store
	q       *question
	name    string
	bucket  *bucket.Log // one of these two
	history *lookup.Log

	asked          []source.Window // what was asked for, where filters say so
	part           bool            // there are folders in the bucket that were not looked into
	budget         budget
	files, records ingest.Counts
}

// isFar reports whether a SOURCE lies elsewhere.
func isFar(arg string) bool { return bucket.Is(arg) || arg == lookup.Source }

// isApart reports whether of a SOURCE no more is read than windows hold.
func isApart(arg string) bool { return isFar(arg) || dynamo.Is(arg) }

// openFar opens the one source that lies elsewhere; nil where there is none, or
// more than one: then all is read, one after the other.
func (q *question) openFar(ctx context.Context, sources []string) (*far, error) {
	if len(sources) != 1 || !isFar(sources[0]) {
		return nil, nil
	}
	if err := q.limits.check(); err != nil {
		return nil, err
	}
	f := &far{q: q, name: sources[0], budget: budget{ui: q.ui, yes: q.yes}}
	var log remote.Log
	if sources[0] == lookup.Source {
		history, err := q.openHistory(ctx)
		if err != nil {
			return nil, err
		}
		f.history, log = history, history
	} else {
		logs, err := q.aws.buckets(ctx, q.ui, sources)
		if err != nil {
			return nil, err
		}
		there, err := logs[0].Accounts(ctx)
		if err != nil {
			return nil, q.aws.explained(err)
		}
		if len(there) == 0 {
			return nil, nil // it is not laid out by account and day: nothing tells what to fetch
		}
		f.bucket, log, f.part = logs[0], bucket.Unfetched{Log: logs[0]}, q.ui.warnUnseen(logs[0])
	}
	var late cloudtrail.Time
	if f.bucket != nil { // the event history is asked by the time of events
		late = source.LongLateness
	}
	f.Store = remote.New(log, remote.Options{
		Late:     late,
		Accounts: q.where.Accounts, Pump: f.pump, Tell: f.tell, Allow: f.budget.allow,
	})
	return f, nil
}

// all is the source of all that some windows hold.
func (f *far) all(windows []source.Window) *fromSources {
	f.asked = windows
	s := &fromSources{ui: f.q.ui, windows: windows, history: f.history}
	if f.history != nil {
		s.next = []ingest.Source{f.history.Within(windows...)}
		return s
	}
	f.q.ui.toldLate(windows)
	s.add(f.bucket, &f.q.aws)
	return s
}

// spent tells what was asked of whoever has the log.
func (f *far) spent() {
	if f.history != nil {
		f.q.ui.toldHistory(f.history)
		return
	}
	f.q.ui.toldBucket(f.bucket, isNarrow(append(windowsOf(&f.q.where), f.asked...)))
}

func (f *far) pump(ctx context.Context, from ingest.Source, to ingest.Store) error {
	files, records, err := f.q.limits.pump(ctx, f.q.ui, nil, from, to)
	add(&f.files, files)
	add(&f.records, records)
	return err
}

func add(to *ingest.Counts, more ingest.Counts) {
	to.Read += more.Read
	to.Kept += more.Kept
	to.Duplicate += more.Duplicate
	to.PassedOver += more.PassedOver
	to.Failed += more.Failed
}

// mostInLine is how many accounts or regions one line names.
const mostInLine = 3

// someOf names a few, and how many more there are: a log can name any number.
func someOf(all []string) string {
	if len(all) <= mostInLine {
		return join(all)
	}
	return join(all[:mostInLine]) + fmt.Sprintf(" and %d more", len(all)-mostInLine)
}

// tell says where a step looks, and what it fetches.
func (f *far) tell(s remote.Step) {
	if len(s.Accounts) == 0 {
		return
	}
	where, regions := join(s.Accounts), join(s.Regions)
	if len(s.Accounts) > mostInLine {
		where = number(len(s.Accounts), "account")
	}
	if len(s.Regions) > mostInLine {
		regions = number(len(s.Regions), "region")
	}
	what, when := "file", spanText(s.Since, s.Until)
	switch {
	case s.First != 0:
		when = "delivered " + spanText(s.First, s.Last)
	case s.Late:
		when += " and delivered up to an hour later"
	}
	if f.history != nil {
		what = "page"
	}
	f.q.ui.say("looked into", fmt.Sprintf("%s in %s, %s: %s, %s", where, regions, when, number(s.Files, what), bytesText(s.Bytes)))
}

// settled is what a question was answered for, as a corpus.
func (f *far) settled(ctx context.Context, ask remote.Question) (*corpus, error) {
	resolver, err := f.Settle(ctx, ask)
	if err != nil {
		return nil, f.q.aws.explained(err)
	}
	return f.corpus(resolver), nil
}

// corpus is what was fetched, once nothing more is.
func (f *far) corpus(resolver *lineage.Resolver) *corpus {
	f.spent()
	f.toldStrangers()
	return &corpus{Reader: f.Store, resolver: resolver, files: f.files, records: f.records, variants: f.Variants(), far: true}
}

// toldStrangers tells of accounts that there is no log of: those that were asked
// for, and those that chains lead to.
func (f *far) toldStrangers() {
	var wanted, led []string
	for _, account := range f.Strangers() {
		if slices.ContainsFunc(f.asked, func(w source.Window) bool { return w.Account == account }) {
			wanted = append(wanted, account)
		} else {
			led = append(led, account)
		}
	}
	if len(wanted) > 0 {
		f.q.ui.say("note", f.name+" holds no log of "+someOf(wanted))
		if f.history == nil {
			f.q.ui.say("hint", "of which it does: crosstrail coverage --from "+quoteShell(f.name))
		}
	}
	if len(led) > 0 {
		f.q.ui.say("note", f.name+" holds no log of "+someOf(led)+", which the chain leads to")
	}
	if f.history != nil && len(wanted)+len(led) > 0 {
		f.q.ui.say("hint", "LookupEvents tells of the calling account alone: ask there too (--profile, --role-arn)")
	}
}

// openHistory opens the event history of the account that calls.
func (q *question) openHistory(ctx context.Context) (*lookup.Log, error) {
	return q.aws.history(ctx, q.ui, q.where.Regions, q.yes)
}

// history opens the event history of the account that calls, in some regions.
func (a *awsFlags) history(ctx context.Context, ui *terminal, regions []string, yes bool) (*lookup.Log, error) {
	cfg, err := a.config(ctx, ui, lookup.Policy)
	if err != nil {
		return nil, err
	}
	patience := budget{ui: ui, yes: yes}
	log, err := lookup.Open(ctx, cfg, lookup.Options{
		Regions: regions, Allow: patience.calls, Note: func(text string) { ui.say("note", text) },
	})
	if err != nil {
		return nil, a.explained(err)
	}
	ui.say("note", "the event history of account "+log.Account()+": 90 days of management events, two calls a second in each region")
	return log, nil
}

func (t *terminal) toldHistory(l *lookup.Log) {
	fmt.Fprintf(t.stderr, "%s: %s\n", lookup.Source, number(l.Calls(), "call"))
}

// spanText is a stretch of time, zero where it is open.
func spanText(since, until cloudtrail.Time) string {
	switch {
	case since == 0 && until == 0:
		return "all of it"
	case since == 0:
		return "until " + until.String()
	case until == 0:
		return "since " + since.String()
	}
	return since.String() + " to " + until.String()
}
