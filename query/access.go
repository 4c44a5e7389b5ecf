package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// AccessLine is one way from an account into another: who came, from which
// account, by which role.
type AccessLine struct {
	Chain       *lineage.Chain // of the best proved call
	FromAccount string
	RoleARN     string // "" where the caller's own name was let in, or no record tells the role
	ToAccount   string
	ThirdParty  bool     // somebody of an account that the logs are not of is on the way
	FirstTime   bool     // see [Access]
	ExternalID  Told     // of the issuances that opened it
	ExternalIDs []string // sorted; no more than mostShown
	MFA         Told

	Calls, Writes, Errors int
	First, Last           cloudtrail.Time // of the calls
}

// Told is what several records tell of one question.
type Told uint8

// What they tell.
const (
	NotTold Told = iota
	NotUsed
	Used
	Mixed // of some it was, of others not
)

func (t *Told) add(used bool) {
	said := NotUsed
	if used {
		said = Used
	}
	if *t == NotTold {
		*t = said
	} else if *t != said {
		*t = Mixed
	}
}

// AccessAnswer is the map of who reaches which account.
type AccessAnswer struct {
	// Lines are by account, the most written to first; within one those seen for
	// the first time come first, then third parties, then by writes, calls and
	// name. Where the filter asks for the newest, they are by last call.
	Lines []AccessLine
	// Unknown are the calls of sessions that nothing ties to an issuance: they
	// may have come from another account too.
	Unknown Unexplained
}

// Unexplained counts sessions and their calls.
type Unexplained struct{ Sessions, Calls int }

// Access returns who reaches which account, from which, through which role. A
// call counts once, into the account where it was made: for the last hop on its
// way that was made from another account, and where the caller itself, or the
// role it was in, belongs to another account (a bucket policy let it in), for
// that. So an entry that only leads on to a third account has the calls made on
// the way there. The owner's copy of a call that hands out credentials is no
// access: what was done with them is. Services that act without an account of
// their own are on no such way; a workload that goes on into another account is.
//
// A line is seen for the first time where none of the calls that the filter
// chooses came that way before Since, while the log of the account it leads
// into reaches back further: by the stamp of its first log file or, where no
// file has one, by an event. Without Since nothing is.
func Access(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) (*AccessAnswer, error) {
	limit := f.Limit
	f.Limit = 0
	own, err := readOwnAccounts(ctx, r, &f)
	if err != nil {
		return nil, err
	}
	b := accessBook{own: own, lines: map[wayKey]*way{}, unknown: newDistinct()}
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return nil, err
	}
	if err := q.eachTally(ctx, b.add); err != nil {
		return nil, err
	}
	if f.Since != 0 && len(b.lines) > 0 {
		if err := b.markFirst(ctx, r, resolver, f); err != nil {
			return nil, err
		}
	}
	answer := &AccessAnswer{Lines: b.sorted(f.Newest), Unknown: Unexplained{b.unknown.n(), b.unknownCalls}}
	if limit > 0 && len(answer.Lines) > limit {
		answer.Lines = answer.Lines[:limit]
	}
	return answer, nil
}

// wayKey is what tells ways apart.
type wayKey struct{ who, from, role, to string }

// way is an AccessLine being counted.
type way struct {
	AccessLine
	told     speaker
	external map[string]bool
}

type accessBook struct {
	own          map[string]bool
	lines        map[wayKey]*way
	unknown      *distinct
	unknownCalls int
}

func (b *accessBook) add(t *Tally, c *lineage.Chain) {
	key, by, ok := wayOf(t, c)
	if !ok {
		if last := acting(c); c.Origin == nil && last != nil && last.Rule == "" && t.Caller.Created != 0 {
			b.unknownCalls += t.Events
			b.unknown.add(t.Caller.SessionKey())
		}
		return
	}
	w := b.lines[key]
	if w == nil {
		w = &way{external: map[string]bool{}}
		w.FromAccount, w.RoleARN, w.ToAccount = key.from, key.role, key.to
		w.First, w.Last = t.Time, t.Last
		b.lines[key] = w
	}
	w.Calls += t.Events
	w.Writes += t.Writes
	w.Errors += t.Errors
	w.First, w.Last = min(w.First, t.Time), max(w.Last, t.Last)
	w.ThirdParty = w.ThirdParty || fromAccount(&Row{Use: t.Use}, c, func(a string) bool { return isThirdParty(a, b.own) })
	w.opened(by)
	if said := speakerOf(t, c, false); w.Chain == nil || said.before(&w.told) {
		w.Chain, w.told = c, said
	}
}

// wayOf is the way that calls came into the account where they were made, and
// the session that was made for it; none where they did not come from another.
func wayOf(t *Tally, c *lineage.Chain) (wayKey, *lineage.Hop, bool) {
	here, from, role := t.ID.Recipient, cmp.Or(t.Caller.AccountID, t.Caller.IssuerAccount, accountOf(t.Caller.ARN)), ""
	last := acting(c)
	if last != nil {
		from, role = cmp.Or(last.Account, from), last.RoleARN
	}
	key := wayKey{who: originID(c), to: here}
	if c.Origin == nil {
		key.who = rivals(c)
	}
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

// rivals are the ids of all that fit a chain without an origin, "" for none.
func rivals(c *lineage.Chain) string {
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

// opened notes how the session was asked for that a way leads through.
func (w *way) opened(by *lineage.Hop) {
	if by == nil {
		return
	}
	switch {
	case by.MFA != cloudtrail.Absent:
		w.MFA.add(by.MFA == cloudtrail.True)
	case by.Issuance != nil && by.Issuance.Request.SerialNumber != "":
		w.MFA.add(true)
	}
	if by.Issuance == nil || by.By != "AssumeRole" {
		return
	}
	asked := by.Issuance.Request.ExternalID
	for _, c := range by.Copies {
		asked = cmp.Or(asked, c.Request.ExternalID)
	}
	w.ExternalID.add(asked != "")
	if asked != "" && len(w.external) < mostKept {
		w.external[asked] = true
	}
}

// markFirst finds the ways that nobody came before the span.
func (b *accessBook) markFirst(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) error {
	fresh, into := map[wayKey]bool{}, map[string]bool{}
	for key := range b.lines {
		into[key.to] = true
	}
	accounts, err := reachBack(ctx, r, sortedKeys(into), f.Since)
	if err != nil {
		return err
	}
	for key := range b.lines {
		if slices.Contains(accounts, key.to) {
			fresh[key] = true
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	f.Accounts, f.Since, f.Until = accounts, 0, f.Since-1
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	err = q.eachTally(ctx, func(t *Tally, c *lineage.Chain) {
		if key, _, ok := wayOf(t, c); ok {
			delete(fresh, key)
		}
		if len(fresh) == 0 {
			stop(errEnough)
		}
	})
	if err != nil && !errors.Is(context.Cause(ctx), errEnough) {
		return err
	}
	for key := range fresh {
		b.lines[key].FirstTime = true
	}
	return nil
}

// reachBack is those accounts of which the log begins before a moment.
func reachBack(ctx context.Context, r Reader, accounts []string, t cloudtrail.Time) ([]string, error) {
	spans, err := readSpans(ctx, r)
	if err != nil {
		return nil, err
	}
	before, stamped := map[string]bool{}, false
	for _, s := range spans {
		stamped = stamped || !s.First.IsZero()
		before[s.Account] = before[s.Account] || !s.First.IsZero() && s.First < t
	}
	if !stamped {
		for tally, err := range r.Tallies(ctx, Selection{Accounts: accounts, Until: t - 1}) {
			if err != nil {
				return nil, fmt.Errorf("counting events: %w", err)
			}
			before[tally.ID.Recipient] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(accounts), func(a string) bool { return !before[a] }), nil
}

func (b *accessBook) sorted(newest bool) []AccessLine {
	writes, calls := map[string]int{}, map[string]int{}
	for key, w := range b.lines {
		writes[key.to] += w.Writes
		calls[key.to] += w.Calls
	}
	first := func(x, y bool) int {
		if x == y {
			return 0
		} else if x {
			return -1
		}
		return 1
	}
	keys := slices.SortedFunc(maps.Keys(b.lines), func(x, y wayKey) int {
		a, z := b.lines[x], b.lines[y]
		latest := 0
		if newest {
			latest = cmp.Compare(z.Last, a.Last)
		}
		return cmp.Or(latest,
			cmp.Compare(writes[y.to], writes[x.to]), cmp.Compare(calls[y.to], calls[x.to]), cmp.Compare(x.to, y.to),
			first(a.FirstTime, z.FirstTime), first(a.ThirdParty, z.ThirdParty),
			cmp.Compare(z.Writes, a.Writes), cmp.Compare(z.Calls, a.Calls),
			cmp.Compare(x.who, y.who), cmp.Compare(x.from, y.from), cmp.Compare(x.role, y.role))
	})
	lines := make([]AccessLine, 0, len(keys))
	for _, key := range keys {
		w := b.lines[key]
		if ids := sortedKeys(w.external); len(ids) > 0 {
			w.ExternalIDs = ids[:min(len(ids), mostShown)]
		}
		lines = append(lines, w.AccessLine)
	}
	return lines
}
