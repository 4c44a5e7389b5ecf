package main

import (
	"context"
	"fmt"
	"io"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// fromTable is one table that is read.
type fromTable struct {
	*table
	windows []source.Window
	from    ingest.Source
}

// chainSpan is how long before a call its chain may begin: what links later events to
// people is older by no more (as store retain has it).
const chainSpan = 48 * 60 * 60

// linked are windows with what the chains of the events in them need: other accounts,
// and what was before.
func linked(windows []source.Window) []source.Window {
	var all []source.Window
	for _, w := range windows {
		w.Account, w.Region = "", ""
		if w.Since != 0 {
			w.Since = max(w.Since-chainSpan, 1)
		}
		all = append(all, w)
	}
	return all
}

func (s *fromSources) addTable(ctx context.Context, a *awsFlags, uri string, kept *into) error {
	name, err := dynamo.TableOf(uri)
	if err != nil {
		return usage(err)
	}
	t, err := a.table(ctx, s.ui, name, dynamo.Options{})
	if err != nil {
		return err
	}
	switch {
	case kept == nil:
		windows := linked(s.windows)
		s.readTable(t, windows, t.Source(windows...))
	case kept.place == uri: // what is its own is there
		s.readTable(t, nil, t.Strays())
	default:
		s.readTable(t, s.windows, t.Source(s.windows...))
	}
	return nil
}

func (s *fromSources) readTable(t *table, windows []source.Window, from ingest.Source) {
	if t.Watch() != nil {
		s.ui.say("note", t.watched(""))
	}
	one := &fromTable{table: t, windows: windows, from: from}
	s.tables, s.next = append(s.tables, one), append(s.next, one)
}

// watches are those of the one table that is read, and nothing else; none: other
// sources may hold what they leave out.
func (s *fromSources) watches() (now *lineage.Watch, before []*lineage.Watch) {
	if len(s.tables) != 1 || s.others {
		return nil, nil
	}
	return s.tables[0].Watch(), s.tables[0].Before()
}

// Next implements [ingest.Source].
func (t *fromTable) Next(ctx context.Context) (source.Delivery, error) {
	d, err := t.from.Next(ctx)
	if err != nil && err != io.EOF { //nolint:errorlint // as it comes
		err = t.aws.explained(err)
	}
	return d, err
}

// agreeTables says what reading tables will cost, where it is much, and asks. Where
// nobody can be asked it is not done: nobody has said that it may be paid.
func (s *fromSources) agreeTables(ctx context.Context, yes bool) error {
	for _, t := range s.tables {
		cost, err := t.Estimate(ctx, t.windows...)
		if err != nil {
			return t.aws.explained(err)
		}
		if !cost.Much() {
			continue
		}
		fmt.Fprintf(s.ui.stderr, "%s: to read it takes up to %s\n", t, costText(cost))
		if err := s.ui.wanted(ctx, yes, "nothing was read", "to read less: --since, --until"); err != nil {
			return err
		}
	}
	return nil
}

// spent tells what was read.
func (t *table) spent() {
	if t == nil {
		return
	}
	if c := t.Spent(); c.Units > 0 {
		fmt.Fprintf(t.ui.stderr, "%s: %s, %s\n", t, number(int64(c.Units+0.999), "read unit"), dollars(c.Dollars))
	}
}

// openTable opens the table that is the store.
func (q *question) openTable(ctx context.Context, name string) (*corpus, error) {
	allow := q.ui.mayRead(q.yes)
	t, err := q.aws.table(ctx, q.ui, name, dynamo.Options{MaxFile: int64(q.limits.maxFile), Allow: func(ctx context.Context, all dynamo.Cost) error {
		if q.polls {
			return nil
		}
		return allow(ctx, all)
	}})
	if err != nil {
		return nil, err
	}
	if t.Foreign() {
		q.ui.say("note", t.String()+" is as AWS's text on auditing cross-account roles makes it, without indexes: all of it is read")
		q.ui.say("hint", "to be answered by reading what is needed alone: crosstrail ingest "+quoteShell(t.String())+q.store.tableFlags(&q.aws))
		from := &fromSources{ui: q.ui}
		from.readTable(t, nil, t.Source())
		return q.readAll(ctx, []string{t.String()}, from)
	}
	c := &corpus{Reader: t.Store, stored: true, table: t}
	if c.lack, err = t.Lack(ctx); err != nil {
		return nil, q.aws.explained(err)
	}
	if t.Watch() != nil {
		q.ui.say("note", t.watched(q.store.tableFlags(&q.aws)))
	}
	return c, c.link(ctx)
}

// watched says that a table does not hold everything. flags name it in a command.
func (t *table) watched(flags string) string {
	if flags == "" {
		flags = " --store " + quoteShell(t.String()) + t.aws.reach()
	}
	return t.String() + " holds what its watch takes, and nothing else (crosstrail store watch" + flags + "): what it leaves out is to be read into another store, or after the watch was changed"
}
