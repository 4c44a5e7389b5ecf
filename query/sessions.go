package query

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// SessionLine is one session with what was done in it.
type SessionLine struct {
	ID                    string
	SessionARN            string
	RoleARN               string
	AccountID             string
	AccessKeyIDs          []string // that its calls show, sorted
	Chain                 *lineage.Chain
	Calls, Writes, Errors int
	First, Last           cloudtrail.Time
}

// Sessions returns the sessions of the events that pass the filter, by first
// call, then id; newest first where the filter asks. Limit counts sessions.
func Sessions(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) ([]SessionLine, error) {
	limit := f.Limit
	f.Limit = 0
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return nil, err
	}
	var b sessionBook
	if err := q.each(ctx, b.add); err != nil {
		return nil, err
	}
	lines := b.lines()
	if f.Newest {
		slices.SortFunc(lines, func(x, y SessionLine) int {
			return cmp.Or(cmp.Compare(y.First, x.First), cmp.Compare(x.ID, y.ID))
		})
	}
	if limit > 0 && len(lines) > limit {
		lines = lines[:limit]
	}
	return lines, nil
}

// sessionBook tallies lines by session. Lines are added in order.
type sessionBook struct {
	byID map[string]*sessionEntry
	ids  sessionIDs
}

type sessionEntry struct {
	SessionLine
	keys map[string]bool
}

func (b *sessionBook) add(l Line) {
	id := b.ids.of(l.Row, l.Chain)
	if id != "" {
		b.addAs(id, l)
	}
}

func (b *sessionBook) addAs(id string, l Line) {
	if b.byID == nil {
		b.byID = map[string]*sessionEntry{}
	}
	e := b.byID[id]
	if e == nil {
		e = &sessionEntry{SessionLine: SessionLine{ID: id, First: l.Row.Time, Last: l.Row.Time}, keys: map[string]bool{}}
		b.byID[id] = e
	}
	e.count(l)
}

// count adds a call, and lets the chain with the best evidence speak for the
// session: calls of one session may show more or less of it.
func (e *sessionEntry) count(l Line) {
	row := l.Row
	e.Calls++
	if row.IsWrite() {
		e.Writes++
	}
	if row.IsError() {
		e.Errors++
	}
	e.First, e.Last = min(e.First, row.Time), max(e.Last, row.Time)
	if key := row.Caller.AccessKeyID; key != "" && row.Caller.InvokedBy == "" {
		e.keys[key] = true
	}
	if e.Chain != nil && (e.Chain == l.Chain || e.Chain.Evidence <= l.Chain.Evidence) {
		return
	}
	e.Chain = l.Chain
	e.SessionARN, e.RoleARN, e.AccountID = row.Caller.ARN, "", row.Caller.AccountID
	if row.Caller.IssuerType == "Role" {
		e.RoleARN = row.Caller.IssuerARN
	}
	if n := len(l.Chain.Hops); n > 0 && l.Chain.Hops[n-1].ID == e.ID {
		hop := &l.Chain.Hops[n-1]
		e.SessionARN = cmp.Or(hop.SessionARN, e.SessionARN)
		e.RoleARN = cmp.Or(hop.RoleARN, e.RoleARN)
		e.AccountID = cmp.Or(hop.Account, e.AccountID)
	}
}

func (b *sessionBook) lines() []SessionLine {
	lines := make([]SessionLine, 0, len(b.byID))
	for _, e := range b.byID {
		e.AccessKeyIDs = sortedKeys(e.keys)
		lines = append(lines, e.SessionLine)
	}
	slices.SortFunc(lines, func(x, y SessionLine) int {
		return cmp.Or(cmp.Compare(x.First, y.First), cmp.Compare(x.ID, y.ID))
	})
	return lines
}

// sessionIDs tells the session of a call, "" where it was made with long-term
// credentials or by a service. Callers are shared by thousands of rows, so what
// was worked out once is kept.
type sessionIDs map[callerChain]string

type callerChain struct {
	caller *lineage.Identity
	chain  *lineage.Chain
}

func (s *sessionIDs) of(row *Row, c *lineage.Chain) string {
	key := callerChain{row.Caller, c}
	if id, ok := (*s)[key]; ok {
		return id
	}
	if *s == nil {
		*s = sessionIDs{}
	}
	id := ""
	switch {
	case row.Caller.Created != 0:
		id = row.Caller.SessionKey()
	case len(c.Hops) > 0: // the record names the session without its date
		id = c.Hops[len(c.Hops)-1].ID
	case isTemporary(row.Caller):
		id = row.Caller.SessionKey()
	}
	(*s)[key] = id
	return id
}

// isTemporary reports whether the caller used temporary credentials.
func isTemporary(id *lineage.Identity) bool {
	return id.Created != 0 || id.Type == "AssumedRole" || id.Type == "FederatedUser" || strings.HasPrefix(id.AccessKeyID, "ASIA")
}
