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
// what is older than what is kept nothing is missed. It is called under v.mu.
func (v *view) readLost() ([]lineage.Lost, error) {
	if !v.verified {
		return nil, nil
	}
	var all []lineage.Lost
	add := func(uri string, l lineage.Lost) {
		f := cloudtrail.ParseLogFileName(uri)
		if v.floor != 0 && l.Until < v.floor-factsBefore || f.Account == "" || f.Region == "" {
			return
		}
		l.Account, l.Region, l.File = f.Account, f.Region, uri
		all = append(all, l)
	}
	err := rows(v.conn, "select path || name, first, last from listed join folder on folder.id = folder where here = 0", func(s *sqlite.Stmt) error {
		add(s.ColumnText(0), lineage.Lost{From: cloudtrail.Time(s.ColumnInt64(1)), Until: cloudtrail.Time(s.ColumnInt64(2)), Files: 1})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = rows(v.conn, "select uri, first, last from missing", func(s *sqlite.Stmt) error {
		add(s.ColumnText(0), lineage.Lost{From: cloudtrail.Time(s.ColumnInt64(1)) - lateness, Until: cloudtrail.Time(s.ColumnInt64(2))})
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
