package cloudtrail

import (
	"cmp"
	"slices"
)

// Period is a span of time; both ends belong to it.
type Period struct{ From, Until Time }

// JoinPeriods sorts periods by their beginning and makes one of those that touch.
// One that ends before it begins is none. The slice is used again.
func JoinPeriods(all []Period) []Period {
	all = slices.DeleteFunc(all, func(p Period) bool { return p.Until < p.From })
	slices.SortFunc(all, func(a, b Period) int { return cmp.Compare(a.From, b.From) })
	joined := all[:0]
	for _, p := range all {
		if n := len(joined); n > 0 && p.From <= joined[n-1].Until+1 {
			joined[n-1].Until = max(joined[n-1].Until, p.Until)
			continue
		}
		joined = append(joined, p)
	}
	return joined
}
