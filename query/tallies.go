package query

import (
	"iter"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Tally is some events that were made by one caller, at one account, in one
// region and within one hour: all that a chain depends on. A call that hands out
// credentials ([lineage.IssuesCredentials]) is always a tally of its own, with
// its whole Use, since its chain may depend on itself.
type Tally struct {
	// Use is of the first event, by time. Unless that hands out credentials
	// only what all have in common is set: Caller, ID.Recipient, Region; and
	// Time.
	lineage.Use
	Last                   cloudtrail.Time
	Events, Writes, Errors int
}

// tallyKey is what the events of a tally have in common.
type tallyKey struct {
	caller            *lineage.Identity
	recipient, region string
}

// TallyRows counts rows that come by time into tallies, for stores that keep
// none. It holds those of one hour.
func TallyRows(rows iter.Seq2[*Row, error]) iter.Seq2[*Tally, error] {
	return func(yield func(*Tally, error) bool) {
		at := map[tallyKey]int{}
		var open []Tally
		flush := func() bool {
			for i := range open {
				if !yield(&open[i], nil) {
					return false
				}
			}
			clear(at)
			open = open[:0]
			return true
		}
		var now cloudtrail.Time
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			if h := row.Time / hour; h != now {
				if now = h; !flush() {
					return
				}
			}
			if lineage.IssuesCredentials(row.EventSource, row.EventName) {
				t := NewTally(row)
				t.Use = row.Use
				if !yield(&t, nil) {
					return
				}
				continue
			}
			key := tallyKey{row.Caller, row.ID.Recipient, row.Region}
			i, ok := at[key]
			if !ok {
				i = len(open)
				at[key] = i
				open = append(open, NewTally(row))
				continue
			}
			open[i].add(row)
		}
		flush()
	}
}

// NewTally is the tally of one event, without what only that event has.
func NewTally(r *Row) Tally {
	t := Tally{
		Use:  lineage.Use{ID: cloudtrail.ID{Recipient: r.ID.Recipient}, Region: r.Region, Time: r.Time, Caller: r.Caller},
		Last: r.Time, Events: 1,
	}
	if r.IsWrite() {
		t.Writes = 1
	}
	if r.IsError() {
		t.Errors = 1
	}
	return t
}

func (t *Tally) add(r *Row) {
	one := NewTally(r)
	t.Time, t.Last = min(t.Time, one.Time), max(t.Last, one.Last)
	t.Events++
	t.Writes += one.Writes
	t.Errors += one.Errors
}
