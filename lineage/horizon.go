package lineage

import (
	"iter"
	"math"
	"slices"
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
	From, Until     cloudtrail.Time // of events
	Files           int             // log files that a digest lists and the set lacks; 0: it is a digest file that is missing
	File            string          // URI of one of those files
}

// LogHorizon is what the names of log files tell of coverage. It knows the
// delivery stamps alone, never the wall clock, so that one set of files has one
// answer for ever (linkage.md section 2, "Coverage and gaps").
type LogHorizon struct {
	spans  map[place]deliveries
	lost   map[place][]cloudtrail.Period // by start, none touching another
	watch  *Watch
	before []*Watch // that there were
}

type place struct{ account, region string }

// deliveries are the first and the newest stamp.
type deliveries struct{ first, newest cloudtrail.Time }

// Span is what is there of one account and region, by the names of its log
// files.
type Span struct {
	Account, Region string
	Files           int             // 0 where there are some, and nobody has counted them
	First, Newest   cloudtrail.Time // delivery stamps; zero where no name tells
}

// Add counts a file of the span's account and region. A stamp counts where the
// name is a log file's.
func (s *Span) Add(f cloudtrail.LogFile) {
	s.Files++
	if f.Kind != cloudtrail.LogFileKind || f.Delivered.IsZero() {
		return
	}
	if s.First.IsZero() || f.Delivered < s.First {
		s.First = f.Delivered
	}
	s.Newest = max(s.Newest, f.Delivered)
}

// Spans sums up log files, given in any order, by account and region. Those
// whose names tell neither are in the span of no account.
func Spans(files iter.Seq2[cloudtrail.LogFile, error]) ([]Span, error) {
	at := map[place]int{}
	var all []Span
	for f, err := range files {
		if err != nil {
			return nil, err
		}
		p := place{f.Account, f.Region}
		i, ok := at[p]
		if !ok {
			i = len(all)
			at[p] = i
			all = append(all, Span{Account: p.account, Region: p.region})
		}
		all[i].Add(f)
	}
	return all, nil
}

// NewHorizon reads what is there, one span an account and region. One without
// stamps (renamed, inline, no log files) covers nothing.
func NewHorizon(spans []Span, lost ...Lost) *LogHorizon {
	h := &LogHorizon{spans: map[place]deliveries{}, lost: map[place][]cloudtrail.Period{}}
	for _, s := range spans {
		if s.Account != "" && s.Region != "" && !s.Newest.IsZero() {
			h.spans[place{s.Account, s.Region}] = deliveries{s.First, s.Newest}
		}
	}
	for _, m := range lost {
		at := place{m.Account, m.Region}
		h.lost[at] = append(h.lost[at], cloudtrail.Period{From: m.From, Until: m.Until})
	}
	for at, spans := range h.lost {
		h.lost[at] = cloudtrail.JoinPeriods(spans)
	}
	return h
}

// Under is the horizon of a store that takes no more than a watch lets it, and took no
// more than others let it once, of which the log may have been read again since.
func (h *LogHorizon) Under(now *Watch, before ...*Watch) *LogHorizon {
	h.watch, h.before = now, before
	return h
}

// LeavesOut implements [Horizon].
func (h *LogHorizon) LeavesOut(session *Identity) bool { return h != nil && h.watch.LeavesOut(session) }

// LeftOut implements [Horizon].
func (h *LogHorizon) LeftOut(session *Identity) bool {
	return h.LeavesOut(session) || h != nil && slices.ContainsFunc(h.before, func(w *Watch) bool { return w.LeavesOut(session) })
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

// Steady implements [Horizon].
func (h *LogHorizon) Steady(account, region string, t cloudtrail.Time) (from, until cloudtrail.Time) {
	from, until = math.MinInt64, math.MaxInt64
	if h == nil {
		return from, until
	}
	at := place{account, region}
	// Where a reading may end: before each of these moments.
	var ends []cloudtrail.Time
	if d, ok := h.spans[at]; ok {
		ends = append(ends, d.first-lateness, d.newest-lateness+1)
	}
	for _, m := range h.lost[at] {
		ends = append(ends, m.From, m.Until+1)
	}
	for _, end := range ends {
		if end <= t {
			from = max(from, end)
		} else {
			until = min(until, end-1)
		}
	}
	return from, until
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
