package local

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Tallies counts the events of a selection, as [query.Reader] says. Hours that
// are asked for whole are not read but taken as they were counted; where an
// event has several forms only its rows can tell.
func (r *Reader) Tallies(ctx context.Context, s query.Selection) iter.Seq2[*query.Tally, error] {
	s.Newest = false
	return func(yield func(*query.Tally, error) bool) {
		v, err := r.acquire()
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.release(v)
		c := counting{view: v, sel: newSelection(s), yield: yield}
		if c.sel.hashes != nil {
			err = c.callers(ctx)
		} else {
			err = c.all(ctx)
		}
		if err != nil && !c.enough {
			yield(nil, err)
		}
	}
}

// Accounts are those that events were delivered to, as [query.Reader] says.
func (r *Reader) Accounts(context.Context) ([]string, error) {
	v, err := r.acquire()
	if err != nil {
		return nil, err
	}
	defer r.release(v)
	accounts := map[string]bool{}
	v.addPlaces(accounts, map[string]bool{})
	return slices.Collect(maps.Keys(accounts)), nil
}

// counting is one run of Tallies.
type counting struct {
	*view
	sel    selection
	in     room
	yield  func(*query.Tally, error) bool
	enough bool
}

// errEnough ends a run whose caller wants no more.
var errEnough = errors.New("enough")

func (c *counting) give(t *query.Tally) error {
	if !c.yield(t, nil) {
		c.enough = true
		return errEnough
	}
	return nil
}

// all counts what everybody did.
func (c *counting) all(ctx context.Context) error {
	hours, err := c.spannedHours(&c.sel)
	if err != nil {
		return err
	}
	return c.hours(ctx, hoursInOrder(hours, false), func(hour int32) ([]picked, error) {
		var picks []picked
		for _, s := range hours[hour] {
			before := len(picks)
			err := c.tallies(s.segmentView, s.from, s.to, func(_ uint32, t *tally) error {
				ok, err := c.wants(&c.sel, s.segmentView, t)
				if ok {
					picks = append(picks, picked{s.segmentView, *t})
				}
				return err
			})
			if err != nil {
				picks = picks[:before]
				if err := c.reader.damaged(partsName(s.id), err); err != nil {
					return nil, err
				}
			}
		}
		return picks, nil
	})
}

// callers counts what some callers did.
func (c *counting) callers(ctx context.Context) error {
	hours, err := c.pickedHours(&c.sel)
	if err != nil {
		return err
	}
	return c.hours(ctx, hoursInOrder(hours, false), func(hour int32) ([]picked, error) { return hours[hour], nil })
}

// hours counts hour by hour. Of several hours the tallies are gathered, for
// what of them is read is read for all together.
func (c *counting) hours(ctx context.Context, hours []int32, picksOf func(int32) ([]picked, error)) error {
	const mostPicks, mostRead = 1 << 16, windowRows / 16
	var group []picked
	toRead := 0
	for _, hour := range hours {
		if err := ctx.Err(); err != nil {
			return err
		}
		byRow := c.several[hour] || !c.sel.whole(hour)
		if byRow || len(group) >= mostPicks || toRead >= mostRead {
			if err := c.counted(ctx, group); err != nil {
				return err
			}
			group, toRead = group[:0], 0
		}
		if byRow {
			if err := c.rows(ctx, hour); err != nil {
				return err
			}
			continue
		}
		picks, err := picksOf(hour)
		if err != nil {
			return err
		}
		for i := range picks {
			if picks[i].alone {
				toRead += int(picks[i].n)
			}
		}
		group = append(group, picks...)
	}
	return c.counted(ctx, group)
}

// rows counts the rows of an hour one by one.
func (c *counting) rows(ctx context.Context, hour int32) error {
	part := c.sel
	start := cloudtrail.Time(hour) * secondsAnHour
	part.from, part.to = max(part.from, start), min(part.to, start+secondsAnHour-1)
	for t, err := range query.TallyRows(func(yield func(*query.Row, error) bool) {
		give := func(all []*found, err error) bool {
			if err != nil {
				yield(nil, err)
				return false
			}
			for _, f := range all {
				if !yield(&f.Row, nil) {
					return false
				}
			}
			return true
		}
		if part.hashes != nil {
			c.callersRows(ctx, &part, give)
		} else {
			c.allRows(ctx, &part, give)
		}
	}) {
		if err != nil {
			return err
		}
		if err := c.give(t); err != nil {
			return err
		}
	}
	return nil
}

// counted gives tallies as they are kept, which come hour by hour; of calls that
// hand out credentials each is read, since each is a tally by itself.
func (c *counting) counted(ctx context.Context, picks []picked) error {
	var alone []picked
	for i := range picks {
		if picks[i].alone {
			alone = append(alone, picks[i])
		}
	}
	read, err := c.load(ctx, alone, c.sel.from, c.sel.to, &c.in)
	if err != nil {
		return err
	}
	sortFound(read)
	for i := range picks {
		p := &picks[i]
		if !p.alone {
			err := c.one(p)
			if err != nil {
				err = c.reader.damaged(partsName(p.id), err)
			}
			if err != nil {
				return err
			}
		}
		if i+1 < len(picks) && picks[i+1].hour == p.hour {
			continue
		}
		for len(read) > 0 && hourOf(read[0].Time) <= p.hour {
			t := query.NewTally(&read[0].Row)
			t.Use = read[0].Use
			if err := c.give(&t); err != nil {
				return err
			}
			read = read[1:]
		}
	}
	return nil
}

// one gives a tally as it is kept.
func (c *counting) one(p *picked) error {
	places, err := c.places(p.segmentView)
	if err != nil {
		return err
	}
	who, err := c.person(p.segmentView, p.who)
	if err != nil {
		return err
	}
	if int(p.place) >= len(places) {
		return errPlace
	}
	at := places[p.place]
	return c.give(&query.Tally{
		Use: lineage.Use{
			ID: cloudtrail.ID{Recipient: at.recipient}, Region: at.region, Time: p.moment(p.tally.from), Caller: who,
		},
		Last: p.moment(p.tally.to), Events: int(p.n), Writes: int(p.writes), Errors: int(p.errors),
	})
}
