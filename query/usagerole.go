package query

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// byRole are the grants that are roles, by ARN.
func (b *usageBook) byRole() map[string]int {
	roles := map[string]int{}
	for i := range b.grants {
		if arn := b.grants[i].RoleARN; arn != "" {
			if _, ok := roles[arn]; !ok {
				roles[arn] = i
			}
		}
	}
	return roles
}

// issuerRole is the ARN of the role that a caller is a session of, "" for none.
func issuerRole(id *lineage.Identity) string {
	if id.IssuerType != "Role" {
		return ""
	}
	return id.IssuerARN
}

// roles counts the calls of sessions in the roles, and those that asked for one
// and were refused. Tallies tell which callers these are, and what the log is of; of
// nobody else any row is read.
func (b *usageBook) roles(ctx context.Context) error {
	roles := b.byRole()
	var inside, refused callers
	for t, err := range b.reader.Tallies(ctx, b.span) {
		if err != nil {
			return fmt.Errorf("counting events: %w", err)
		}
		b.learn(t)
		if _, ok := roles[issuerRole(t.Caller)]; ok {
			inside.add(t)
		}
		if issues(t) && t.EventName == "AssumeRole" && isDenied(t.ErrorCode) {
			refused.add(t)
		}
	}
	if len(roles) == 0 {
		return nil
	}
	if err := b.sessions(ctx, roles, inside.selection(b.span)); err != nil {
		return err
	}
	if err := b.issuances(ctx, roles); err != nil {
		return err
	}
	s := refused.selection(b.span)
	s.EventNames = []string{"AssumeRole"}
	return b.refusals(ctx, roles, s)
}

// callers are those whose rows are to be read.
type callers struct {
	ids, accounts map[string]bool
	nameless      bool // some have no principal id
	first, last   cloudtrail.Time
}

func (c *callers) add(t *Tally) {
	if c.ids == nil {
		c.ids, c.accounts, c.first = map[string]bool{}, map[string]bool{}, t.Time
	}
	c.ids[t.Caller.RoleID()], c.accounts[t.ID.Recipient] = true, true
	c.nameless = c.nameless || t.Caller.PrincipalID == ""
	c.first, c.last = min(c.first, t.Time), max(c.last, t.Last)
}

// selection is the rows of these callers, and perhaps others; none where Accounts
// is nil.
func (c *callers) selection(span Selection) Selection {
	span.Since, span.Until = max(span.Since, c.first), c.last
	span.Accounts, span.Principals = sortedKeys(c.accounts), sortedKeys(c.ids)
	if c.nameless || len(span.Principals) > mostSelected {
		span.Principals = nil
	}
	return span
}

func (b *usageBook) sessions(ctx context.Context, roles map[string]int, s Selection) error {
	if s.Accounts == nil {
		return nil
	}
	var twice copies
	return b.each(ctx, s, func(r *Row) bool { _, ok := roles[issuerRole(r.Caller)]; return ok }, func(l Line) error {
		arn := issuerRole(l.Row.Caller)
		key := usageKey{grant: roles[arn], who: whoOf(l.Chain)}
		hop := hopInto(l.Chain, arn)
		if hop != nil {
			key.from = hop.CallerAccountID
		}
		u := b.line(key)
		u.speak(ofCall, l.Row, l.Chain)
		u.session(b, l, hop)
		if twice.add(l.Row) {
			return b.count(ctx, u, l.Row)
		}
		return nil
	})
}

// hopInto is the session in a role that a chain leads to, nil where it does not
// tell of one.
func hopInto(c *lineage.Chain, roleARN string) *lineage.Hop {
	for _, h := range slices.Backward(hopsOf(c)) {
		if h.RoleARN == roleARN {
			return h
		}
	}
	return nil
}

// session notes the session of a call, and how it was asked for.
func (u *usage) session(b *usageBook, l Line, hop *lineage.Hop) {
	key := cmp.Or(sessionKey(l.Row.Caller, l.Chain), l.Row.Caller.SessionKey())
	u.sessions.add(key)
	if hop == nil {
		return
	}
	if i := hop.Issuance; i != nil && !u.opened.add(key+keySep+i.ID.Event) {
		return
	}
	u.asked.opened(hop)
	for _, f := range append(slices.Clone(hop.Copies), hop.Issuance) {
		if f != nil {
			b.used[f.ID.Event] = true
			b.used[f.Grant.AccessKeyID] = true
		}
	}
}

// issuances adds the sessions that were handed out, and that no call shows in use.
func (b *usageBook) issuances(ctx context.Context, roles map[string]int) error {
	var keys []lineage.Key
	for _, arn := range slices.Sorted(maps.Keys(roles)) {
		keys = append(keys, lineage.RoleKey(arn))
	}
	facts, err := b.reader.Facts(ctx, keys, b.span.Since, b.span.Until)
	if err != nil {
		return fmt.Errorf("reading who took the roles: %w", err)
	}
	calls := unusedIssuances(facts, b.used)
	uses := make([]lineage.Use, len(calls))
	for i, f := range calls {
		uses[i] = f.Use
	}
	chains, err := b.resolver.Resolve(ctx, uses)
	if err != nil {
		return fmt.Errorf("linking events: %w", err)
	}
	for i, f := range calls {
		g, ok := roles[f.Request.RoleARN]
		if !ok {
			continue
		}
		u := b.line(usageKey{grant: g, who: whoOf(chains[i]), from: callerAccount(f.Caller)})
		u.Sessions++
		row := Row{Use: f.Use}
		u.speak(ofIssuance, &row, chains[i])
		u.taken.add(&row, false)
		u.asked.askedWith(f.Request.ExternalID)
		if f.Request.SerialNumber != "" {
			u.asked.MFA.add(true)
		}
	}
	return nil
}

// unusedIssuances are those of which no copy is among the used, one copy of each: any
// leads to who called.
func unusedIssuances(facts []*lineage.Fact, used map[string]bool) []*lineage.Fact {
	slices.SortFunc(facts, compareFacts)
	byCall, order := map[string]*lineage.Fact{}, []string(nil)
	gone := map[string]bool{}
	for _, f := range facts {
		if f.Kind != lineage.Issuance {
			continue
		}
		key := cmp.Or(f.Grant.AccessKeyID, f.SharedEventID, f.RequestID, f.ID.Event)
		gone[key] = gone[key] || used[f.ID.Event] || f.Grant.AccessKeyID != "" && used[f.Grant.AccessKeyID]
		if byCall[key] == nil {
			order = append(order, key)
			byCall[key] = f
		}
	}
	var left []*lineage.Fact
	for _, key := range order {
		if !gone[key] {
			left = append(left, byCall[key])
		}
	}
	return left
}

// refusals counts the calls that asked for a role and were refused. Only their
// text names it (linkage.md rule 7).
func (b *usageBook) refusals(ctx context.Context, roles map[string]int, s Selection) error {
	if s.Accounts == nil {
		return nil
	}
	asked := func(r *Row) (grant int, ok bool) {
		for arn, g := range roles {
			if namesRole(r.ErrorMessage, arn) || slices.Contains(r.Resources, arn) {
				return g, true
			}
		}
		return 0, false
	}
	passes := func(r *Row) bool {
		if r.EventName != "AssumeRole" || !isDenied(r.ErrorCode) {
			return false
		}
		_, ok := asked(r)
		return ok
	}
	return b.each(ctx, s, passes, func(l Line) error {
		g, _ := asked(l.Row)
		u := b.line(usageKey{grant: g, who: whoOf(l.Chain), from: callerAccount(l.Row.Caller)})
		u.speak(ofRefusal, l.Row, l.Chain)
		u.refused.add(l.Row, false)
		return nil
	})
}

// namesRole reports whether the text of a refusal says that it was of a role. What
// stands before that is the caller's ARN, whose path may hold any sign but a blank:
// another role's ARN, too (IAM API Reference, CreateUser).
func namesRole(text, arn string) bool {
	_, of, ok := strings.Cut(text, " on resource: ")
	rest, named := strings.CutPrefix(strings.TrimPrefix(of, `"`), arn)
	return ok && named && (rest == "" || !isNameSign(rest[0]) || rest[0] == '.' && (len(rest) == 1 || rest[1] == ' '))
}

// isNameSign reports whether a sign may stand in a role's name (IAM API Reference,
// CreateRole), or goes on with its path.
func isNameSign(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("_+=,.@-/", c) >= 0
}

// isDenied reports whether a call failed for want of permission, by the words that
// services have for that.
func isDenied(errorCode string) bool {
	switch errorCode {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation", "AllAccessDisabled":
		return true
	}
	return false
}

// each calls f for the events of a selection that pass, in order, with their chains.
func (b *usageBook) each(ctx context.Context, s Selection, passes func(*Row) bool, f func(Line) error) error {
	q, err := newQuestion(ctx, b.reader, b.resolver, Filter{Since: b.span.Since, Until: b.span.Until})
	if err != nil {
		return err
	}
	q.selection, q.also = s, passes
	var failed error
	err = q.each(ctx, func(l Line) {
		if failed == nil {
			failed = f(l)
		}
	})
	return cmp.Or(err, failed, b.flush(ctx))
}

// copies tells the second record of a call from the first, which two accounts'
// logs may have: they share an id, and their time but for seconds.
type copies struct {
	at           cloudtrail.Time
	here, before map[string]bool
}

// add reports whether the row is no copy of one that came before. Rows come by time.
func (c *copies) add(r *Row) bool {
	const apart = 60
	if c.here == nil || r.Time-c.at > apart {
		c.at, c.before, c.here = r.Time, c.here, map[string]bool{}
	}
	id := r.SharedEventID
	if id == "" {
		return true
	}
	if c.here[id] || c.before[id] {
		return false
	}
	c.here[id] = true
	return true
}
