package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
	"github.com/crosstrail/crosstrail/source/lookup"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// fromSources reads what SOURCE arguments name, one after the other: what is on this
// machine, then each bucket, then each table.
type fromSources struct {
	ui      *terminal
	next    []ingest.Source
	windows []source.Window // what is read of buckets
	part    bool            // there are folders in them that were not looked into
	buckets []*fromBucket
	tables  []*fromTable
	others  bool        // there are sources that are no tables
	history *lookup.Log // nil: it is not asked
}

// into is where what is read is kept.
type into struct {
	place  string                            // the store
	around func(ingest.Source) ingest.Source // what is put around what is on this machine
}

// openSources looks at the arguments. Of a bucket no more is listed than the
// windows need. Where kept is nil a question is asked: then of a table what its chains
// need is read too.
func openSources(ctx context.Context, ui *terminal, a *awsFlags, args []string, windows []source.Window, kept *into) (*fromSources, error) {
	s := &fromSources{ui: ui, windows: windows}
	var here, there, tables []string
	asked := false
	for _, arg := range args {
		switch {
		case bucket.Is(arg):
			there = append(there, arg)
		case dynamo.Is(arg):
			tables = append(tables, arg)
		case arg == lookup.Source:
			asked = true
		default:
			here = append(here, arg)
		}
	}
	paths, err := source.NewPaths(here, newStoppable(ctx, ui.stdin))
	if err != nil {
		return nil, unopened(err, here...)
	}
	if len(here) > 0 {
		s.next = append(s.next, ingest.Source(paths))
		if kept != nil {
			s.next[0] = kept.around(paths)
		}
	}
	logs, err := a.buckets(ctx, ui, there)
	if err != nil {
		return nil, err
	}
	if len(logs) > 0 {
		ui.toldLate(windows)
	}
	for _, log := range logs {
		s.add(log, a)
		s.part = ui.warnUnseen(log) || s.part
	}
	s.others = len(tables) < len(args)
	for _, uri := range tables {
		if err := s.addTable(ctx, a, uri, kept); err != nil {
			return nil, err
		}
	}
	if asked {
		if s.history, err = a.history(ctx, ui, regionsIn(windows), true); err != nil {
			return nil, err
		}
		s.next = append(s.next, s.history.Within(windows...))
	}
	return s, nil
}

// nothing is what to do where there was nothing to read.
func (s *fromSources) nothing() string {
	all := len(s.windows) == 0 || slices.Contains(s.windows, source.Window{})
	if s.onlyTables() {
		return emptyTable
	}
	if len(s.buckets) == 0 || all {
		return namesHint
	}
	return "which accounts, regions and times there are log files of: crosstrail coverage --from " + quoteShell(s.buckets[0].log.String())
}

// emptyTable is why there is nothing in tables, where nothing else was read.
const emptyTable = "the table is empty, or has nothing of that time"

func (s *fromSources) onlyTables() bool { return len(s.tables) > 0 && !s.others }

// isNarrow reports whether windows keep to some accounts or regions.
func isNarrow(windows []source.Window) bool {
	return slices.ContainsFunc(windows, func(w source.Window) bool { return w.Account != "" || w.Region != "" })
}

// unopened is a wrong command line: no such files. Some are meant to be buckets.
func unopened(err error, args ...string) error {
	for _, arg := range args {
		if meant := bucket.Meant(arg); meant != "" {
			return usage(err, "a bucket is named so: "+quoteShell(meant))
		}
	}
	return usage(err)
}

// regionsIn are the regions that windows name; none: all.
func regionsIn(windows []source.Window) []string {
	var all []string
	for _, w := range windows {
		if w.Region == "" {
			return nil
		}
		all = append(all, w.Region)
	}
	return all
}

// Next is the next log file of all; io.EOF after the last.
func (s *fromSources) Next(ctx context.Context) (source.Delivery, error) {
	for len(s.next) > 0 {
		d, err := s.next[0].Next(ctx)
		if !errors.Is(err, io.EOF) {
			return d, err
		}
		s.next = s.next[1:]
	}
	return source.Delivery{}, io.EOF
}

// known keeps what a store has from being fetched.
func (s *fromSources) known(has func(context.Context, cloudtrail.LogFile) (bool, error)) {
	for _, b := range s.buckets {
		b.Known = has
	}
}

// size is how many bytes the buckets hold, 0 where that is not known yet.
func (s *fromSources) size() (bytes int64) {
	for _, b := range s.buckets {
		_, n, all := b.Listed()
		if !all {
			if b.estimate == 0 {
				return 0
			}
			n = max(n, b.estimate)
		}
		bytes += n
	}
	return bytes
}

// spent tells what the buckets were asked for.
func (s *fromSources) spent() {
	for _, b := range s.buckets {
		s.ui.toldBucket(b.log, isNarrow(s.windows))
	}
	for _, t := range s.tables {
		t.spent()
	}
	if s.history != nil {
		s.ui.toldHistory(s.history)
	}
}

// toldLate says what of a bucket is not read where the time that is asked for ends.
func (t *terminal) toldLate(windows []source.Window) {
	for _, w := range windows {
		if _, until := w.Delivered(); until != 0 && until < cloudtrail.TimeOf(time.Now()) {
			t.say("note", "log files delivered until "+until.String()+" are read: what was logged before --until and delivered later is not in the answer")
			return
		}
	}
}

// windowsOf is the part of a bucket that a filter needs: the logs of those
// accounts and regions, of that time.
func windowsOf(f *query.Filter) []source.Window {
	regions, accounts := f.Regions, f.Accounts
	if len(regions) == 0 {
		regions = []string{""}
	}
	for _, a := range accounts {
		if strings.Trim(a, "0123456789") != "" {
			accounts = nil // it has no folder of its own
		}
	}
	if len(accounts) == 0 {
		accounts = []string{""}
	}
	var windows []source.Window
	for _, a := range accounts {
		for _, r := range regions {
			w := source.Window{Account: a, Region: r, Since: f.Since, Until: f.Until}
			if w.Until != 0 {
				w.Late = source.LongLateness
			}
			windows = append(windows, w)
		}
	}
	return windows
}
