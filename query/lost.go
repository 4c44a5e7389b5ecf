package query

import (
	"cmp"
	"context"
	"fmt"
	"sort"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// LostSpan is a span of which digest files prove that records are missing, and
// what that may explain.
type LostSpan struct {
	lineage.Lost
	Sessions int // whose chains stop short in it; at least so many, where Many
	Many     bool
	Calls    int
	Examples []string // session ids, or what else a caller is known by
}

// quietness tells of hours without a log file what digest files prove.
type quietness struct {
	sealed map[logPlace][]cloudtrail.Period // by time, none touching another
	lost   map[logPlace][]lineage.Lost
}

func newQuietness(ctx context.Context, r Reader, lost []lineage.Lost) (*quietness, error) {
	all, err := r.Sealed(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading what digest files tell: %w", err)
	}
	q := &quietness{sealed: map[logPlace][]cloudtrail.Period{}, lost: map[logPlace][]lineage.Lost{}}
	for _, s := range all {
		at := logPlace{s.Account, s.Region}
		q.sealed[at] = append(q.sealed[at], cloudtrail.Period{From: s.From, Until: s.Until})
	}
	for at, spans := range q.sealed {
		q.sealed[at] = cloudtrail.JoinPeriods(spans)
	}
	for _, l := range lost {
		at := logPlace{l.Account, l.Region}
		q.lost[at] = append(q.lost[at], l)
	}
	return q, nil
}

// quiet, lost and unknown are what an hour without a file may be.
type stillness uint8

const (
	unknown stillness = iota // quiet or lost: nothing tells
	quiet                    // digest files tell that nothing was delivered
	lost                     // they tell what is not here, or are themselves missing
)

// of tells of an hour, by its first second. A file's stamp is rounded: for an hour
// to be quiet the digests of the minutes around it must be there too.
func (q *quietness) of(at logPlace, from cloudtrail.Time) stillness {
	until := from + hour - 1
	proved := false
	if spans := q.sealed[at]; len(spans) > 0 {
		i := sort.Search(len(spans), func(i int) bool { return spans[i].Until >= until+late })
		proved = i < len(spans) && spans[i].From <= from-late
	}
	for _, l := range q.lost[at] {
		missed := l.Files > 0 && l.From <= until && l.Until >= from-late
		untold := l.Files == 0 && l.From <= until && l.Until >= from && !proved
		if missed || untold {
			return lost
		}
	}
	if proved {
		return quiet
	}
	return unknown
}

// split tells silent hours, quiet hours and how many are lost apart.
func (q *quietness) split(at logPlace, all []Hours) (silent, quieter []Hours, lostHours int) {
	if len(q.sealed[at])+len(q.lost[at]) == 0 {
		return all, nil, 0
	}
	note := func(spans []Hours, from cloudtrail.Time) []Hours {
		if n := len(spans); n > 0 && spans[n-1].Until+1 == from {
			spans[n-1].Until = from + hour - 1
			return spans
		}
		return append(spans, Hours{from, from + hour - 1})
	}
	for _, h := range all {
		for from := h.From; from < h.Until; from += hour {
			switch q.of(at, from) {
			case quiet:
				quieter = note(quieter, from)
			case lost:
				lostHours++
			default:
				silent = note(silent, from)
			}
		}
	}
	return silent, quieter, lostHours
}

// lostAt is the lost span that a moment to collect is in.
func (q *quietness) lostAt(at logPlace, from, until cloudtrail.Time) (lineage.Lost, bool) {
	from, until = cmp.Or(from, until), cmp.Or(until, from)
	for _, l := range q.lost[at] {
		if l.From <= until && l.Until >= from && until != 0 {
			return l, true
		}
	}
	return lineage.Lost{}, false
}
