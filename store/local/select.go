package local

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

var errPlace = fmt.Errorf("a tally is of no place of its segment")

// selection is a query.Selection as tallies are held against it.
type selection struct {
	query.Selection
	from, to cloudtrail.Time // both ends included, never open
	hashes   []int64         // of callers; nil: any
	seen     map[int64]bool  // segments that are not asked
}

func newSelection(s query.Selection) selection {
	sel := selection{Selection: s, from: s.Since, to: s.Until}
	const ever = cloudtrail.Time(1) << 60
	if s.Since.IsZero() {
		sel.from = -ever
	}
	if s.Until.IsZero() {
		sel.to = ever
	}
	switch {
	case len(s.AccessKeys) > 0:
		for _, key := range s.AccessKeys {
			sel.hashes = append(sel.hashes, int64(accessKeyHash(key)))
		}
	case len(s.Principals) > 0 && !slices.Contains(s.Principals, ""):
		for _, id := range s.Principals {
			sel.hashes = append(sel.hashes, int64(principalHash(id)))
		}
	}
	slices.Sort(sel.hashes)
	sel.hashes = slices.Compact(sel.hashes)
	return sel
}

// overlaps reports whether a segment may hold rows of the span.
func (sel *selection) overlaps(s *segmentView) bool {
	return s.rows > 0 && s.first <= sel.to && s.last >= sel.from && !sel.seen[s.id]
}

// has reports whether the rows of an hour may be in the span.
func (sel *selection) has(hour int32) bool {
	start := cloudtrail.Time(hour) * secondsAnHour
	return start <= sel.to && start+secondsAnHour > sel.from
}

// whole reports whether all rows of an hour are in the span.
func (sel *selection) whole(hour int32) bool {
	start := cloudtrail.Time(hour) * secondsAnHour
	return start >= sel.from && start+secondsAnHour-1 <= sel.to
}

// wants reports whether a tally's rows may be asked for.
func (v *view) wants(sel *selection, s *segmentView, t *tally) (bool, error) {
	if len(sel.Accounts)+len(sel.Regions) > 0 {
		places, err := v.places(s)
		if err != nil {
			return false, err
		}
		if int(t.place) >= len(places) {
			return false, errPlace
		}
		if at := places[t.place]; !anyOf(sel.Accounts, at.recipient) || !anyOf(sel.Regions, at.region) {
			return false, nil
		}
	}
	if len(sel.AccessKeys)+len(sel.Principals) == 0 {
		return true, nil
	}
	who, err := v.person(s, t.who)
	if err != nil {
		return false, err
	}
	return anyOf(sel.AccessKeys, who.AccessKeyID) && isPrincipal(sel.Principals, who.PrincipalID), nil
}

func anyOf(asked []string, value string) bool {
	return len(asked) == 0 || slices.Contains(asked, value)
}

func isPrincipal(asked []string, id string) bool {
	return len(asked) == 0 || slices.ContainsFunc(asked, func(a string) bool {
		return id == a || strings.HasPrefix(id, a) && id[len(a)] == ':'
	})
}

// pickedHours are the tallies that a selection asks for, by hour. A segment
// whose catalogue entries are damaged is told of and left out.
func (v *view) pickedHours(sel *selection) (map[int32][]picked, error) {
	hours := map[int32][]picked{}
	for _, s := range v.segments {
		if !sel.overlaps(s) {
			continue
		}
		own, err := v.pick(sel, s)
		if err != nil {
			if err := v.reader.damaged(partsName(s.id), err); err != nil {
				return nil, err
			}
			continue
		}
		for _, t := range own {
			hours[t.hour] = append(hours[t.hour], picked{s, t})
		}
	}
	return hours, nil
}

// pick returns the tallies of a segment that a selection of callers asks for.
func (v *view) pick(sel *selection, s *segmentView) ([]tally, error) {
	var own []tally
	found, err := v.lookUp(s, partCallers, sel.hashes, nil)
	if err != nil {
		return nil, err
	}
	seen := map[uint32]bool{}
	for _, e := range found {
		err := v.tallies(s, e.at, e.at+e.n, func(number uint32, t *tally) error {
			if seen[number] || !sel.has(t.hour) {
				return nil
			}
			seen[number] = true
			ok, err := v.wants(sel, s, t)
			if ok {
				own = append(own, *t)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(own, func(a, b tally) int { return int(int64(a.first) - int64(b.first)) })
	return own, nil
}

// spanned is an hour of a segment: its tallies from one number to before another.
type spanned struct {
	*segmentView
	from, to uint32
	rows     uint32
}

// spannedHours are the hours that a span of time asks for, in each segment.
func (v *view) spannedHours(sel *selection) (map[int32][]spanned, error) {
	hours := map[int32][]spanned{}
	for _, s := range v.segments {
		if !sel.overlaps(s) {
			continue
		}
		starts, err := v.hours(s)
		if err != nil {
			if err := v.reader.damaged(partsName(s.id), err); err != nil {
				return nil, err
			}
			continue
		}
		for i, h := range starts[:max(len(starts)-1, 0)] { // the last is the end
			if sel.has(h.hour) {
				end := starts[i+1]
				hours[h.hour] = append(hours[h.hour], spanned{s, h.tally, end.tally, end.row - h.row})
			}
		}
	}
	return hours, nil
}

// hoursInOrder are the hours of a map, newest first where that is asked for.
func hoursInOrder[T any](of map[int32]T, newest bool) []int32 {
	all := slices.Sorted(maps.Keys(of))
	if newest {
		slices.Reverse(all)
	}
	return all
}
