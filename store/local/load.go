package local

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// found is an event that was read.
type found struct {
	query.Row
	sum  uint32
	file int64 // number of its log file
}

// compareFound is the order of events, to the last; of the forms of one event
// the one to be shown comes first.
func compareFound(a, b *found) int {
	return cmp.Or(
		cmp.Compare(a.Time, b.Time), strings.Compare(a.ID.Event, b.ID.Event), strings.Compare(a.ID.Recipient, b.ID.Recipient),
		cmp.Compare(a.Fingerprint, b.Fingerprint), cmp.Compare(a.sum, b.sum),
	)
}

// picked is a tally whose rows are to be read.
type picked struct {
	*segmentView
	tally
}

func (p *picked) rowCount() uint32 { return p.n }

// room is memory for events that is used again for the next.
type room struct {
	rows    []found
	order   []*found
	vectors vectors
}

// load reads the rows of tallies that lie in a span of time, in no order. Both
// ends are included. A damaged segment is told of and left out.
func (v *view) load(ctx context.Context, picks []picked, from, to cloudtrail.Time, in *room) ([]*found, error) {
	n := 0
	for i := range picks {
		n += int(picks[i].n)
	}
	all := slices.Grow(in.rows[:0], n)
	slices.SortStableFunc(picks, func(a, b picked) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.tally.first, b.tally.first))
	})
	for len(picks) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := 1
		for n < len(picks) && picks[n].segmentView == picks[0].segmentView {
			n++
		}
		before := len(all)
		var err error
		if all, err = v.loadPicked(picks[:n], from, to, all, &in.vectors, v.fileName); err != nil {
			all = all[:before]
			if err := v.reader.damaged(picks[0].segmentView.name, err); err != nil {
				return nil, err
			}
		}
		picks = picks[n:]
	}
	in.rows = all
	return in.pointers(), nil
}

// pointers are to the rows, for they are large to move.
func (in *room) pointers() []*found {
	in.order = slices.Grow(in.order[:0], len(in.rows))
	for i := range in.rows {
		in.order = append(in.order, &in.rows[i])
	}
	return in.order
}

// loadPicked reads the rows of tallies of one segment, which are in order.
// fileName tells of a log file by its number.
func (v *view) loadPicked(picks []picked, from, to cloudtrail.Time, all []found, memory *vectors, fileName func(int64) (string, error)) ([]found, error) {
	s := picks[0].segmentView
	places, err := v.places(s)
	if err != nil {
		return all, err
	}
	var extents []extent
	for i := range picks {
		first, end := picks[i].tally.first, picks[i].tally.first+picks[i].n
		if n := len(extents); n > 0 && extents[n-1].to == first {
			extents[n-1].to = end
		} else {
			extents = append(extents, extent{first, end})
		}
	}
	at := 0 // the pick that a row is of
	err = s.file.read(extents, eventColumns(), memory, func(c *vectors) error {
		for i, row := range c.rows {
			for row >= picks[at].tally.first+picks[at].n {
				at++
			}
			t := cloudtrail.Time(c.numbers[colTime][i] / 1000)
			if t < from || t > to {
				continue
			}
			who, err := v.person(s, picks[at].who)
			if err != nil {
				return err
			}
			if int(picks[at].place) >= len(places) {
				return errPlace
			}
			file, err := fileName(c.numbers[colFile][i])
			if err != nil {
				return err
			}
			all = append(all, found{})
			c.fill(&all[len(all)-1], i, who, places[picks[at].place], file)
		}
		return nil
	})
	return all, err
}

// fill makes an event of the i-th row.
func (c *vectors) fill(f *found, i int, who *lineage.Identity, where place, file string) {
	f.Use = lineage.Use{
		ID:            cloudtrail.ID{Event: c.texts[colEventID][i], Recipient: where.recipient},
		Fingerprint:   lineage.Fingerprint(c.numbers[colPrint][i]),
		Time:          cloudtrail.Time(c.numbers[colTime][i] / 1000),
		Caller:        who,
		EventSource:   c.texts[colSource][i],
		EventName:     c.texts[colName][i],
		Region:        where.region,
		ErrorCode:     c.texts[colError][i],
		RequestID:     c.texts[colRequest][i],
		SharedEventID: c.texts[colShared][i],
		SourceIP:      c.texts[colIP][i],
		UserAgent:     c.texts[colAgent][i],
		FromConsole:   c.numbers[colConsole][i] == int64(cloudtrail.True),
		Location:      lineage.Location{File: file, Record: int(c.numbers[colOrdinal][i])},
	}
	f.ErrorMessage, f.EventType = c.texts[colMessage][i], c.texts[colType][i]
	f.ReadOnly = cloudtrail.Bool(c.numbers[colReadOnly][i])
	f.Resources = c.lists[i]
	f.sum, f.file = checksum(&f.Row), c.numbers[colFile][i]
}

// hideForms leaves of every event the form that is shown, or its variants too,
// where all forms are there.
func hideForms(all []*found, forms bool) []*found {
	of := make(map[cloudtrail.ID][]form, len(all))
	for _, f := range all {
		of[f.ID] = append(of[f.ID], form{f.Fingerprint, f.sum})
	}
	for id, several := range of {
		of[id] = leastForms(several)
	}
	return slices.DeleteFunc(all, func(f *found) bool { return !f.isShown(of[f.ID], forms) })
}

func sortFound(all []*found) { slices.SortFunc(all, compareFound) }
