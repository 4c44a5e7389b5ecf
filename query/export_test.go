package query

import (
	"context"
	"fmt"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
)

// Count counts what passes a filter by caller, place and chain, and tells the
// sessions: by tallies, or by reading every event.
func Count(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter, byRow bool) (map[string][5]int, []SessionLine, error) {
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return nil, nil, err
	}
	counts := map[string][5]int{}
	book := sessionBook{newest: f.Newest}
	count := func(t *Tally, c *lineage.Chain) {
		book.add(t, c)
		key := fmt.Sprint(t.Caller.SessionKey(), t.Caller.ARN, t.Caller.AccessKeyID, t.Caller.InvokedBy, " ", t.ID.Recipient, " ", t.Region, " ", signature(c))
		n, ok := counts[key]
		if !ok {
			n[3], n[4] = int(t.Time), int(t.Last)
		}
		counts[key] = [5]int{n[0] + t.Events, n[1] + t.Writes, n[2] + t.Errors, min(n[3], int(t.Time)), max(n[4], int(t.Last))}
	}
	if byRow {
		q.selection.Newest = false
		err = q.each(ctx, func(l Line) {
			t := tallyOf(l.Row)
			count(&t, l.Chain)
		})
	} else {
		err = q.eachTally(ctx, count)
	}
	var lines []SessionLine
	for _, e := range book.entries() {
		lines = append(lines, e.SessionLine)
	}
	return counts, lines, err
}

// signature is what a chain says.
func signature(c *lineage.Chain) string {
	var b strings.Builder
	fmt.Fprint(&b, c.Evidence, c.CrossAccount, " ", originID(c))
	if o := c.Origin; o != nil {
		fmt.Fprint(&b, o.Rule, o.Name, o.AccessKeyID, o.Workload)
		if o.SignIn != nil {
			fmt.Fprint(&b, o.SignIn.Event.ID.Event)
		}
	}
	hop := func(h *lineage.Hop) {
		fmt.Fprint(&b, " > ", h.ID, h.SessionARN, h.RoleARN, h.Account, h.By, h.Rule, h.Evidence, h.Ambiguous, h.MFA, h.Notes)
		if h.Issuance != nil {
			fmt.Fprint(&b, h.Issuance.ID)
		}
	}
	for i := range c.Hops {
		hop(&c.Hops[i])
	}
	for _, v := range c.Via {
		fmt.Fprint(&b, " via ", v.Service, v.AccountID)
		if v.Hop != nil {
			hop(v.Hop)
		}
	}
	for _, x := range c.Candidates {
		fmt.Fprint(&b, " fits ", x.ID())
	}
	for _, x := range c.Conflicts {
		fmt.Fprint(&b, " but ", x.Says)
	}
	fmt.Fprint(&b, c.Gaps)
	return b.String()
}

// Signature tells chains apart in tests.
func Signature(c *lineage.Chain) string { return signature(c) }

// MatchesAny is the patterns of grants.
func MatchesAny(patterns []string, value, account string) bool {
	return matchesAny(patterns, value, account)
}
