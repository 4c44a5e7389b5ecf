package local

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Before is how many events [Store.Retain] would let go, counted as Info counts
// them: those of no known time stay.
func (r *Reader) Before(ctx context.Context, floor cloudtrail.Time) (int64, error) {
	v, err := r.acquire()
	if err != nil {
		return 0, err
	}
	defer r.release(v)
	var n int64
	for _, s := range v.segments {
		if s.rows == 0 || s.first >= floor {
			continue
		}
		older, err := v.rowsBefore(s, floor)
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err == nil { // one that is damaged is left as it is
			n += older
		}
	}
	return n, nil
}

// rowsBefore counts by hours, and reads the times of those that it must.
func (v *view) rowsBefore(s *segmentView, floor cloudtrail.Time) (n int64, err error) {
	hours, err := v.hours(s)
	if err != nil {
		return 0, err
	}
	var partly []extent
	for i, h := range hours[:max(len(hours)-1, 0)] {
		start := cloudtrail.Time(h.hour) * secondsAnHour
		switch rows := (extent{h.row, hours[i+1].row}); {
		case h.hour != 0 && start+secondsAnHour <= floor:
			n += int64(rows.to - rows.from)
		case start < floor:
			partly = append(partly, rows)
		}
	}
	if len(partly) == 0 {
		return n, nil
	}
	err = s.file.read(partly, []int{colTime}, &vectors{}, func(c *vectors) error {
		for _, t := range c.numbers[colTime] {
			if t := cloudtrail.Time(t / 1000); t != 0 && t < floor {
				n++
			}
		}
		return nil
	})
	return n, err
}

// firstKnown is the earliest known time in a segment, and how many of its events
// are of none.
func (v *view) firstKnown(s *segmentView) (first cloudtrail.Time, timeless int64, err error) {
	if s.first != 0 {
		return s.first, 0, nil
	}
	hours, err := v.hours(s)
	if err != nil {
		return 0, 0, err
	}
	for i, h := range hours[:max(len(hours)-1, 0)] {
		if h.hour == 0 {
			timeless += int64(hours[i+1].row - h.row)
			continue
		}
		err = v.tallies(s, h.tally, hours[i+1].tally, func(_ uint32, t *tally) error {
			if at := t.moment(t.from); first == 0 || at < first {
				first = at
			}
			return nil
		})
		break
	}
	return first, timeless, err
}
