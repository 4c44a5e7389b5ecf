package local

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// windowRows is how many rows are held at a time where an hour has more.
const windowRows = 1 << 17

// Rows yields one row an event, as [query.Reader] says. It holds those of one
// hour at a time, of a very busy hour those of some minutes.
func (r *Reader) Rows(ctx context.Context, s query.Selection) iter.Seq2[*query.Row, error] {
	return func(yield func(*query.Row, error) bool) {
		v, err := r.acquire()
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.release(v)
		give := giving(&s, yield)
		sel := newSelection(s)
		switch {
		case len(s.EventIDs) > 0:
			give(v.byID(ctx, &sel))
		case sel.hashes != nil:
			v.callersRows(ctx, &sel, give)
		default:
			v.allRows(ctx, &sel, give)
		}
	}
}

// giving yields found rows in the order of a selection; false: no more is wanted.
func giving(s *query.Selection, yield func(*query.Row, error) bool) func([]*found, error) bool {
	return func(all []*found, err error) bool {
		if err != nil {
			yield(nil, err)
			return false
		}
		if s.Newest {
			slices.Reverse(all)
		}
		for _, f := range all {
			if hasName(s.EventNames, f.EventName) && !yield(&f.Row, nil) {
				return false
			}
		}
		return true
	}
}

func hasName(names []string, name string) bool {
	return len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// allRows gives the rows of a span of time, hour by hour.
func (v *view) allRows(ctx context.Context, sel *selection, give func([]*found, error) bool) {
	hours, err := v.spannedHours(sel)
	if err != nil {
		give(nil, err)
		return
	}
	var in room
	for hour, spans := range togetherRead(hours, sel.Newest, func(s *spanned) uint32 { return s.rows }) {
		for _, w := range windows(hour, spans, sel) {
			if !give(v.window(ctx, sel, spans, w, &in)) {
				return
			}
		}
	}
}

// window is a span of time, both ends included.
type window struct{ from, to cloudtrail.Time }

// windows cut an hour that is very busy, and so read alone, into spans in the
// order they are asked for. Anything else is one.
func windows(hour int32, in []spanned, sel *selection) []window {
	rows := 0
	for _, s := range in {
		rows += int(s.rows)
	}
	if rows <= windowRows {
		return []window{{sel.from, sel.to}}
	}
	start := cloudtrail.Time(hour) * secondsAnHour
	n := min(cloudtrail.Time(rows/windowRows+1), 60)
	var all []window
	for i := range n {
		w := window{start + i*secondsAnHour/n, start + (i+1)*secondsAnHour/n - 1}
		w.from, w.to = max(w.from, sel.from), min(w.to, sel.to)
		if w.from <= w.to {
			all = append(all, w)
		}
	}
	if sel.Newest {
		slices.Reverse(all)
	}
	return all
}

// window reads the rows of a window, in order.
func (v *view) window(ctx context.Context, sel *selection, spans []spanned, w window, in *room) ([]*found, error) {
	var picks []picked
	for _, s := range spans {
		before := len(picks)
		err := v.tallies(s.segmentView, s.from, s.to, func(_ uint32, t *tally) error {
			ok, err := v.wants(sel, s.segmentView, t)
			if ok {
				picks = append(picks, picked{s.segmentView, *t})
			}
			return err
		})
		if err != nil {
			picks = picks[:before]
			if err := v.reader.damaged(partsName(s.id), err); err != nil {
				return nil, err
			}
		}
	}
	return v.shownRows(ctx, picks, w.from, w.to, in, sel.Forms)
}

// shownRows reads the rows of tallies of one hour, in order, of each event the
// form that is shown, or all.
func (v *view) shownRows(ctx context.Context, picks []picked, from, to cloudtrail.Time, in *room, forms bool) ([]*found, error) {
	all, err := v.load(ctx, picks, from, to, in)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(picks, func(p picked) bool { return v.several[p.hour] }) {
		if all, err = v.showing(all, forms); err != nil {
			return nil, err
		}
	}
	sortFound(all)
	return all, nil
}

// showing leaves of the events that have several forms the one that is shown or,
// where all are asked for, those that are variants of each other.
func (v *view) showing(all []*found, forms bool) ([]*found, error) {
	if len(v.several) == 0 {
		return all, nil
	}
	shown, err := v.shown()
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(f *found) bool { return !f.isShown(shown[f.ID], forms) }), nil
}

// isShown reports whether an event that was read is to be shown, given its
// forms, and notes which of them it is. Where it is the only one there are none.
func (f *found) isShown(of []form, forms bool) bool {
	if len(of) == 0 {
		return true
	}
	at := slices.Index(of, form{f.Fingerprint, f.sum})
	f.Forms, f.Variant = len(of)-1, at > 0
	return at == 0 || forms && at > 0
}

// callersRows gives the rows of callers, hour by hour.
func (v *view) callersRows(ctx context.Context, sel *selection, give func([]*found, error) bool) {
	hours, err := v.pickedHours(sel)
	if err != nil {
		give(nil, err)
		return
	}
	var in room
	for _, picks := range togetherRead(hours, sel.Newest, (*picked).rowCount) {
		if !give(v.shownRows(ctx, picks, sel.from, sel.to, &in, sel.Forms)) {
			return
		}
	}
}

// togetherRead yields what lies in the hours of a map, of as many hours as are
// read at a time: each read costs the same, however few rows it is for. Who asks
// for few gets the first soon. An hour of many rows comes alone; the hour is
// that of the last.
func togetherRead[T any](hours map[int32][]T, newest bool, rowsOf func(*T) uint32) iter.Seq2[int32, []T] {
	const most = windowRows / 16
	return func(yield func(int32, []T) bool) {
		var group []T
		rows, enough := 0, most/16
		var last int32
		flush := func() bool {
			going := len(group) == 0 || yield(last, group)
			group, rows, enough = nil, 0, min(2*enough, most)
			return going
		}
		for _, hour := range hoursInOrder(hours, newest) {
			n := 0
			for i := range hours[hour] {
				n += int(rowsOf(&hours[hour][i]))
			}
			if n > most && !flush() {
				return
			}
			group, rows, last = append(group, hours[hour]...), rows+n, hour
			if rows >= enough && !flush() {
				return
			}
		}
		flush()
	}
}

// Uses returns events by their caller's principal id, every form of each.
func (r *Reader) Uses(ctx context.Context, principalID string, from, to cloudtrail.Time) ([]lineage.Use, error) {
	v, err := r.acquire()
	if err != nil {
		return nil, err
	}
	defer r.release(v)
	sel := newSelection(query.Selection{Since: from, Until: to, Principals: []string{principalID}})
	if sel.hashes == nil {
		return nil, nil
	}
	hours, err := v.pickedHours(&sel)
	if err != nil {
		return nil, err
	}
	var uses []lineage.Use
	var in room
	for _, picks := range togetherRead(hours, false, (*picked).rowCount) {
		all, err := v.load(ctx, picks, sel.from, sel.to, &in)
		if err != nil {
			return nil, err
		}
		for _, f := range all {
			if f.Caller.PrincipalID == principalID {
				uses = append(uses, f.Use)
			}
		}
	}
	return uses, nil
}
