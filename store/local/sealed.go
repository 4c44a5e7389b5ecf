package local

import (
	"context"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// Sealed tells, as [query.Seals] says, of what digest files list whole.
func (r *Reader) Sealed(context.Context) ([]query.Sealed, error) {
	var all []query.Sealed
	err := r.verifiedRows("select account, region, first, last from sealed order by account, region, first", func(s *sqlite.Stmt) error {
		all = append(all, query.Sealed{
			Account: s.ColumnText(0), Region: s.ColumnText(1), From: cloudtrail.Time(s.ColumnInt64(2)), Until: cloudtrail.Time(s.ColumnInt64(3)),
		})
		return nil
	})
	return all, err
}

// addSealed adds periods of delivery of an account and region, of which place has recipient
// and region.
func addSealed(conn *sqlite.Conn, at place, more []cloudtrail.Period) error {
	err := rows(conn, "select first, last from sealed where account = ? and region = ?", func(s *sqlite.Stmt) error {
		more = append(more, cloudtrail.Period{From: cloudtrail.Time(s.ColumnInt64(0)), Until: cloudtrail.Time(s.ColumnInt64(1))})
		return nil
	}, at.recipient, at.region)
	if err == nil {
		err = exec(conn, "delete from sealed where account = ? and region = ?", at.recipient, at.region)
	}
	for _, p := range cloudtrail.JoinPeriods(more) {
		if err == nil {
			err = exec(conn, "insert into sealed values(?,?,?,?)", at.recipient, at.region, int64(p.From), int64(p.Until))
		}
	}
	return err
}
