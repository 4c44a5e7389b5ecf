package query

import (
	"context"
	"fmt"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// issuedRows reads the issuances that rows are of, many at once, and hands out each once
// with all its copies.
type issuedRows struct {
	r    Reader
	each func(copies []*lineage.Fact)

	rows []lineage.Use // by time
}

const (
	manyIssued = 1024 // that are read for at once
	// apart is how far apart the copies of one call may be: they have one time, but that
	// old records and services round it.
	apart = 60
)

func (q *issuedRows) add(ctx context.Context, row *Row) error {
	// The copies of one second are read for together: some share nothing but the key
	// that was issued, which no row tells.
	if n := len(q.rows); n >= manyIssued && q.rows[n-1].Time != row.Time {
		if err := q.flush(ctx); err != nil {
			return err
		}
	}
	q.rows = append(q.rows, row.Use)
	return nil
}

func (q *issuedRows) flush(ctx context.Context) error {
	if len(q.rows) == 0 {
		return nil
	}
	rows := map[cloudtrail.ID]bool{}
	var keys []lineage.Key
	for i := range q.rows {
		u := &q.rows[i]
		rows[u.ID] = true
		its := u.IssuanceKeys()
		if len(its) == 0 {
			its = append(its, lineage.CallerKey(u.Caller.PrincipalID))
		}
		keys = append(keys, its...)
	}
	first, last := q.rows[0].Time, q.rows[len(q.rows)-1].Time
	facts, err := q.r.Facts(ctx, keys, first-apart, last+apart)
	if err != nil {
		return fmt.Errorf("reading who got credentials: %w", err)
	}
	for _, copies := range lineage.Issuances(facts) {
		// Of two batches it is of that which has the first of its copies.
		least := copies[0]
		for _, f := range copies {
			if compareFacts(f, least) < 0 {
				least = f
			}
		}
		if rows[least.ID] {
			q.each(copies)
		}
	}
	q.rows = q.rows[:0]
	return nil
}
