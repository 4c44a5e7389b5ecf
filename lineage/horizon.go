package lineage

import (
	"iter"
	"sort"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// lateness is how far behind the newest delivery, and before the first, an
// event may be and still be on its way or in a file not read (linkage.md 7.2:
// ten minutes at most in 33,377 records).
const lateness cloudtrail.Time = 15 * 60

// Lost is a span of an account's log in one region of which records are
// proved to be lost, by digest files. Both ends belong to it.
type Lost struct {
	Account, Region string
	From, Until     cloudtrail.Time
}

// LogHorizon is what the names of log files tell of coverage. It knows the
// delivery stamps alone, never the wall clock, so that one set of files has one
// answer for ever (linkage.md section 2, "Coverage and gaps").
type LogHorizon struct {
	spans map[place]deliveries
	lost  map[place][]Lost // by start, none touching another
}

type place struct{ account, region string }

// deliveries are the first and the newest stamp.
type deliveries struct{ first, newest cloudtrail.Time }

// NewHorizon reads the names of the files in the set, in any order; files whose
// names tell nothing (renamed, inline, no log files) cover nothing. It fails
// only as files does.
func NewHorizon(files iter.Seq2[cloudtrail.LogFile, error], lost ...Lost) (*LogHorizon, error) {
	h := &LogHorizon{spans: map[place]deliveries{}, lost: map[place][]Lost{}}
	for f, err := range files {
		if err != nil {
			return nil, err
		}
		if f.Kind != cloudtrail.LogFileKind || f.Account == "" || f.Region == "" || f.Delivered.IsZero() {
			continue
		}
		at := place{f.Account, f.Region}
		d, ok := h.spans[at]
		if !ok {
			d = deliveries{f.Delivered, f.Delivered}
		}
		h.spans[at] = deliveries{min(d.first, f.Delivered), max(d.newest, f.Delivered)}
	}
	for _, m := range lost {
		at := place{m.Account, m.Region}
		h.lost[at] = append(h.lost[at], m)
	}
	for at, spans := range h.lost {
		h.lost[at] = joined(spans)
	}
	return h, nil
}

// joined sorts spans and makes one of those that touch.
func joined(spans []Lost) []Lost {
	sort.Slice(spans, func(i, j int) bool { return spans[i].From < spans[j].From })
	out := spans[:0]
	for _, m := range spans {
		if n := len(out); n > 0 && m.From <= out[n-1].Until+1 {
			out[n-1].Until = max(out[n-1].Until, m.Until)
			continue
		}
		out = append(out, m)
	}
	return out
}

// At implements [Horizon]. A proved hole is told before anything else.
func (h *LogHorizon) At(account, region string, t cloudtrail.Time) Coverage {
	if h == nil {
		return UnknownCoverage
	}
	at := place{account, region}
	spans := h.lost[at]
	if i := sort.Search(len(spans), func(i int) bool { return spans[i].Until >= t }); i < len(spans) && spans[i].From <= t {
		return Hole
	}
	if len(h.spans) == 0 {
		return UnknownCoverage
	}
	d, ok := h.spans[at]
	switch {
	case !ok:
		return NoLogFiles
	case t < d.first-lateness:
		return BeforeFirst
	case t > d.newest-lateness:
		return BehindNewest
	}
	return Covered
}

// Newest is the newest delivery stamp of all, the moment up to which the set
// tells; zero where no name does.
func (h *LogHorizon) Newest() cloudtrail.Time {
	var newest cloudtrail.Time
	if h != nil {
		for _, d := range h.spans {
			newest = max(newest, d.newest)
		}
	}
	return newest
}
