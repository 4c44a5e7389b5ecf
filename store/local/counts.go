package local

import (
	"context"
	"errors"
	"iter"
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

// all counts hour by hour.
func (c *counting) all(ctx context.Context) error {
	hours, err := c.spannedHours(&c.sel)
	if err != nil {
		return err
	}
	for _, hour := range hoursInOrder(hours, false) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.several[hour] || !c.sel.whole(hour) {
			if err := c.rows(ctx, hour); err != nil {
				return err
			}
			continue
		}
		for _, s := range hours[hour] {
			var picks []picked
			err := c.tallies(s.segmentView, s.from, s.to, func(_ uint32, t *tally) error {
				ok, err := c.wants(&c.sel, s.segmentView, t)
				if ok {
					picks = append(picks, picked{s.segmentView, *t})
				}
				return err
			})
			if err != nil {
				if err := c.reader.damaged(partsName(s.id), err); err != nil {
					return err
				}
				continue
			}
			if err := c.counted(ctx, picks); err != nil {
				return err
			}
		}
	}
	return nil
}

// callers counts what some callers did.
func (c *counting) callers(ctx context.Context) error {
	hours, err := c.pickedHours(&c.sel)
	if err != nil {
		return err
	}
	for _, hour := range hoursInOrder(hours, false) {
		if c.several[hour] || !c.sel.whole(hour) {
			err = c.rows(ctx, hour)
		} else {
			err = c.counted(ctx, hours[hour])
		}
		if err != nil {
			return err
		}
	}
	return nil
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

// counted gives tallies as they are kept; of calls that hand out credentials
// each is read, since each is a tally by itself.
func (c *counting) counted(ctx context.Context, picks []picked) error {
	for i := range picks {
		if p := &picks[i]; !p.alone {
			err := c.one(p)
			if err != nil {
				err = c.reader.damaged(partsName(p.id), err)
			}
			if err != nil {
				return err
			}
		}
	}
	picks = slices.DeleteFunc(picks, func(p picked) bool { return !p.alone })
	all, err := c.load(ctx, picks, c.sel.from, c.sel.to, &c.in)
	if err != nil {
		return err
	}
	for _, f := range all {
		t := query.NewTally(&f.Row)
		t.Use = f.Use
		if err := c.give(&t); err != nil {
			return err
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
