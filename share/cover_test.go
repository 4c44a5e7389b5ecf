package share

import (
	"math/rand/v2"
	"path"
	"slices"
	"testing"
	"time"
)

// TestCover: the patterns match the days that are meant, whatever they are, and
// no other.
func TestCover(t *testing.T) {
	day := func(text string) Day {
		d, err := ParseDay(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	r := rand.New(rand.NewPCG(6, 0))
	begin := day("2013-01-01")
	total := int(day("2099-12-31").Sub(begin.Time)/(24*time.Hour)) + 1
	for range 300 {
		from := r.IntN(total)
		to := min(from+r.IntN([]int{3, 40, 500, total}[r.IntN(4)]), total-1)
		since, until := Day{begin.AddDate(0, 0, from)}, Day{begin.AddDate(0, 0, to)}
		if r.IntN(10) == 0 {
			since, from = Day{}, 0
		} else if r.IntN(10) == 0 {
			until, to = Day{}, total-1
		}
		patterns := cover(since, until, Days)
		if len(patterns) > 60 {
			t.Errorf("%s to %s: %d patterns", since, until, len(patterns))
		}
		var looked []int // the days around both ends, and some of all
		for d := range 70 {
			looked = append(looked, from-35+d, to-35+d, r.IntN(total))
		}
		for _, n := range looked {
			if n < 0 || n >= total {
				continue
			}
			key := begin.AddDate(0, 0, n).Format("2006/01/02")
			in := slices.ContainsFunc(patterns, func(p string) bool { return matches(p, key) || matches(p, key[:7]) || matches(p, key[:4]) })
			if in != (n >= from && n <= to) {
				t.Fatalf("%s to %s: %s is %v: %v", since, until, key, in, patterns)
			}
		}
	}
	if got := cover(day("2026-11-15"), day("2027-02-03"), Months); len(got) != 4 {
		t.Errorf("%v", got)
	}
	if got := cover(day("2026-11-15"), day("2027-02-03"), Years); len(got) != 2 || got[0] != "2026" {
		t.Errorf("%v", got)
	}
	if cover(Day{}, Day{}, Days) != nil {
		t.Error("all days need no pattern")
	}
}

func matches(pattern, text string) bool {
	ok, _ := path.Match(pattern, text)
	return ok
}
