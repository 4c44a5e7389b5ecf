package query

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
)

// buckets counts the calls of those whom a bucket's policy lets in.
func (b *usageBook) buckets(ctx context.Context) error {
	var grants []int
	accounts, everybody := map[string]bool{}, false
	for i := range b.grants {
		g := &b.grants[i]
		if g.RoleARN != "" || g.Bucket == "" {
			continue
		}
		grants = append(grants, i)
		reader := g.Reader()
		accounts[g.Owner], accounts[reader] = true, true
		everybody = everybody || g.Owner == "" || reader == ""
	}
	if len(grants) == 0 {
		return nil
	}
	s := b.span
	s.EventNames = append(slices.Clone(dataCalls), bucketReads...)
	if !everybody {
		s.Accounts = sortedKeys(accounts)
	}
	passes := func(r *Row) bool {
		return r.EventSource == "s3.amazonaws.com" && slices.ContainsFunc(grants, func(i int) bool {
			return b.grants[i].mayBe(r.Caller) && aboutBucket(r, b.grants[i].Bucket)
		})
	}
	twice := make([]copies, len(b.grants))
	return b.each(ctx, s, passes, func(l Line) error {
		for _, e := range b.letIn(grants, l) {
			u := b.line(usageKey{e.grant, whoOf(l.Chain), callerAccount(l.Row.Caller), e.maybe})
			u.speak(ofCall, l.Row, l.Chain)
			if isTemporary(l.Row.Caller) {
				u.sessions.add(cmp.Or(sessionKey(l.Row.Caller, l.Chain), l.Row.Caller.SessionKey()))
			}
			if !twice[e.grant].add(l.Row) {
				continue
			}
			if err := b.count(ctx, u, l.Row); err != nil {
				return err
			}
		}
		return nil
	})
}

// entry is a grant that may have let a call in.
type entry struct {
	grant int
	maybe bool // that its caller is whom it is for, or that what it got is of it, is not proved
}

// letIn are the grants that a call may have been let in by: those that it is in the
// scope of or, where it is in that of none, all that are for its caller: it is shown
// with them, as what they are not of. Of a caller who may be somebody else that
// would tell nothing.
func (b *usageBook) letIn(grants []int, l Line) []entry {
	var fit, covering []entry
	for _, i := range grants {
		g := &b.grants[i]
		if !aboutBucket(l.Row, g.Bucket) {
			continue
		}
		who := b.standing(g, l)
		if who == granted {
			fit = append(fit, entry{i, false})
		}
		if who != someoneElse && g.covers(l.Row) {
			covering = append(covering, entry{i, who == perhaps || g.Gets != nil && !isList(l.Row) && len(objectsOf(l.Row)) == 0})
		}
	}
	if len(covering) > 0 {
		return covering
	}
	return fit
}

// Reader is the account that a grant is for, "" where it is for several.
func (g *Shared) Reader() string {
	if strings.HasPrefix(g.To, "arn:") {
		return accountOf(g.To)
	}
	if strings.Trim(g.To, "0123456789") == "" {
		return g.To
	}
	return ""
}

// Elsewhere reports whether the account that a session was taken from is none that
// the grant is for; false where either is not known.
func (l *UsageLine) Elsewhere() bool {
	g := l.Grant
	switch one := g.Reader(); {
	case l.FromAccount == "" || g.To == "" || g.RoleARN == "":
		return false
	case one != "":
		return l.FromAccount != one
	default:
		return g.Members != nil && !slices.Contains(g.Members, l.FromAccount)
	}
}

// mayBe reports whether a caller is of an account that the grant is for.
func (g *Shared) mayBe(id *lineage.Identity) bool {
	account := callerAccount(id)
	if id.Type == "AWSService" || account == "" || account == g.Owner && g.Reader() != g.Owner || strings.Trim(account, "0123456789") != "" {
		return false
	}
	if one := g.Reader(); one != "" {
		return account == one
	}
	return g.Members == nil || slices.Contains(g.Members, account)
}
