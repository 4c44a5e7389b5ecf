package local

import (
	"cmp"
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// period is a span of delivery; both ends belong to it.
type period struct{ first, last cloudtrail.Time }

// Sealed tells, as [query.Seals] says, of what digest files list whole.
func (r *Reader) Sealed(context.Context) ([]query.Sealed, error) {
	v, err := r.acquire()
	if err != nil {
		return nil, err
	}
	defer r.release(v)
	if !v.verified {
		return nil, nil
	}
	var all []query.Sealed
	v.mu.Lock()
	defer v.mu.Unlock()
	err = rows(v.conn, "select account, region, first, last from sealed order by account, region, first", func(s *sqlite.Stmt) error {
		all = append(all, query.Sealed{
			Account: s.ColumnText(0), Region: s.ColumnText(1), From: cloudtrail.Time(s.ColumnInt64(2)), Until: cloudtrail.Time(s.ColumnInt64(3)),
		})
		return nil
	})
	return all, err
}

// addSealed adds periods of an account and region, of which place has recipient
// and region.
func addSealed(conn *sqlite.Conn, at place, more []period) error {
	err := rows(conn, "select first, last from sealed where account = ? and region = ?", func(s *sqlite.Stmt) error {
		more = append(more, period{cloudtrail.Time(s.ColumnInt64(0)), cloudtrail.Time(s.ColumnInt64(1))})
		return nil
	}, at.recipient, at.region)
	if err == nil {
		err = exec(conn, "delete from sealed where account = ? and region = ?", at.recipient, at.region)
	}
	for _, p := range joinPeriods(more) {
		if err == nil {
			err = exec(conn, "insert into sealed values(?,?,?,?)", at.recipient, at.region, int64(p.first), int64(p.last))
		}
	}
	return err
}

// joinPeriods sorts periods and makes one of those that touch. One that ends
// before it begins is none.
func joinPeriods(all []period) []period {
	all = slices.DeleteFunc(all, func(p period) bool { return p.last < p.first })
	slices.SortFunc(all, func(a, b period) int { return cmp.Compare(a.first, b.first) })
	out := all[:0]
	for _, p := range all {
		if n := len(out); n > 0 && p.first <= out[n-1].last+1 {
			out[n-1].last = max(out[n-1].last, p.last)
			continue
		}
		out = append(out, p)
	}
	return out
}
