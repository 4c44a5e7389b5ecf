package query

import (
	"cmp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
)

// wayOf is the way that calls came into the account where they were made, and
// the session that was made for it; none where they did not come from another.
func wayOf(t *Tally, c *lineage.Chain) (wayKey, *lineage.Hop, bool) {
	here, from, role := t.ID.Recipient, callerAccount(t.Caller), ""
	last := acting(c)
	if last != nil {
		from, role = cmp.Or(last.Account, from), last.RoleARN
	}
	key := wayKey{who: whoOf(c), to: here}
	switch {
	case here == "" || from == "" || t.Caller.Type == "AWSService":
	case from != here:
		key.from, key.role = from, role
		return key, nil, !issues(t) || t.Errors > 0
	}
	for _, h := range slices.Backward(hopsOf(c)) {
		if h.CallerAccountID != "" && h.Account != "" && h.CallerAccountID != h.Account {
			key.from, key.role, key.to = h.CallerAccountID, h.RoleARN, h.Account
			return key, h, true
		}
	}
	return key, nil, false
}

// hopsOf are the sessions on the way to a call, those of who acted on the
// origin's behalf last.
func hopsOf(c *lineage.Chain) []*lineage.Hop {
	hops := make([]*lineage.Hop, 0, len(c.Hops)+len(c.Via))
	for i := range c.Hops {
		hops = append(hops, &c.Hops[i])
	}
	for _, v := range c.Via {
		if v.Hop != nil {
			hops = append(hops, v.Hop)
		}
	}
	return hops
}

// acting is the session that made the call, nil where it was none.
func acting(c *lineage.Chain) *lineage.Hop {
	if hops := hopsOf(c); len(hops) > 0 {
		return hops[len(hops)-1]
	}
	return nil
}

// whoOf is the id of the origin or, where there is none, the ids of all that fit;
// "" for none.
func whoOf(c *lineage.Chain) string {
	if c.Origin != nil {
		return c.Origin.ID
	}
	var ids []string
	for _, x := range c.Candidates {
		ids = append(ids, x.ID())
	}
	for _, x := range c.Conflicts {
		if x.Origin != nil {
			ids = append(ids, x.Origin.ID)
		}
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), keySep)
}
