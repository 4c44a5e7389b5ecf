package remote

import (
	"cmp"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// span is a stretch of event time, both ends included.
type span struct{ from, until cloudtrail.Time }

// What a window leaves open: earlier and later than every event.
const (
	beforeAll cloudtrail.Time = 1
	afterAll  cloudtrail.Time = 253_402_300_799 // the year 9999
)

func spanOf(w source.Window) span { return span{cmp.Or(w.Since, beforeAll), cmp.Or(w.Until, afterAll)} }

// window is the stretch in one place.
func (s span) window(at place, late cloudtrail.Time) source.Window {
	w := source.Window{Account: at.account, Region: at.region, Since: s.from, Until: s.until, Late: late}
	if w.Since == beforeAll {
		w.Since = 0
	}
	if w.Until == afterAll {
		w.Until = 0
	}
	return w
}

// spans are stretches in order, none touching another.
type spans []span

// add joins a stretch to what is there.
func (s spans) add(more span) spans {
	all := append(slices.Clone(s), more)
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	out := all[:1]
	for _, next := range all[1:] {
		if last := &out[len(out)-1]; next.from <= last.until+1 {
			last.until = max(last.until, next.until)
			continue
		}
		out = append(out, next)
	}
	return out
}

// without is what of a stretch is not there.
func (s spans) without(wanted span) spans {
	var left spans
	for _, have := range s {
		if have.until < wanted.from || have.from > wanted.until {
			continue
		}
		if have.from > wanted.from {
			left = append(left, span{wanted.from, have.from - 1})
		}
		wanted.from = have.until + 1
	}
	if wanted.from <= wanted.until {
		left = append(left, wanted)
	}
	return left
}
