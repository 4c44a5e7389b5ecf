package local

import (
	"cmp"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// readLost works out what digests prove to be missing: log files that they list
// and that are not here as they list them, and digest files that are not here. Of
// what was delivered before the first log file of an account and region that was
// read, or after the newest, nothing is lost: it was not collected. Nor is anything
// that is older than what is kept. It is called under v.mu.
func (v *view) readLost() ([]lineage.Lost, error) {
	if !v.verified || len(v.spans) == 0 {
		return nil, nil
	}
	spans := map[place]lineage.Span{}
	var from, until cloudtrail.Time
	for _, s := range v.spans {
		if s.Account == "" || s.Region == "" || s.Newest.IsZero() {
			continue
		}
		spans[place{s.Account, s.Region}] = s
		if from == 0 || s.First < from {
			from = s.First
		}
		until = max(until, s.Newest)
	}
	var all []lineage.Lost
	// An object of that name was delivered from first to last.
	add := func(uri string, l lineage.Lost, first, last cloudtrail.Time) {
		f := cloudtrail.ParseLogFileName(uri)
		s, ok := spans[place{f.Account, f.Region}]
		if !ok || last < s.First || first > s.Newest || v.floor != 0 && l.Until < v.floor-factsBefore {
			return
		}
		l.Account, l.Region, l.File = f.Account, f.Region, uri
		all = append(all, l)
	}
	const slack = 48 * secondsAnHour // of an event whose clock is wrong, or that came late
	err := rows(v.conn, "select path || name, first, last from listed join folder on folder.id = folder where here = 0 and last >= ? and last <= ?", func(s *sqlite.Stmt) error {
		uri := s.ColumnText(0)
		stamp := cloudtrail.ParseLogFileName(uri).Delivered
		add(uri, lineage.Lost{From: cloudtrail.Time(s.ColumnInt64(1)), Until: cloudtrail.Time(s.ColumnInt64(2)), Files: 1}, stamp, stamp)
		return nil
	}, int64(from)-slack, int64(until)+slack)
	if err != nil {
		return nil, err
	}
	err = rows(v.conn, "select uri, first, last from missing", func(s *sqlite.Stmt) error {
		first, last := cloudtrail.Time(s.ColumnInt64(1)), cloudtrail.Time(s.ColumnInt64(2))
		add(s.ColumnText(0), lineage.Lost{From: first - lateness, Until: last}, first, last)
		return nil
	})
	return joinLost(all), err
}

// joinLost puts what is lost in order, and makes one of what touches and is lost
// in the same way.
func joinLost(all []lineage.Lost) []lineage.Lost {
	slices.SortFunc(all, func(x, y lineage.Lost) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region), cmp.Compare(min(x.Files, 1), min(y.Files, 1)),
			cmp.Compare(x.From, y.From), cmp.Compare(x.Until, y.Until), cmp.Compare(x.File, y.File))
	})
	out := all[:0]
	for _, l := range all {
		if n := len(out); n > 0 {
			last := &out[n-1]
			if last.Account == l.Account && last.Region == l.Region && (last.Files > 0) == (l.Files > 0) && l.From <= last.Until+1 {
				last.Until, last.Files = max(last.Until, l.Until), last.Files+l.Files
				continue
			}
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(x, y lineage.Lost) int {
		return cmp.Or(cmp.Compare(x.Account, y.Account), cmp.Compare(x.Region, y.Region), cmp.Compare(x.From, y.From))
	})
	return slices.Clip(out)
}
