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
// the way there. A role that was taken and that no call shows in use is a line
// without calls, First and Last being when it was taken; but the copy that its
// owner was given of that call is no call in the owner's account. Services that act without an account of
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
	if err := b.read(ctx, q); err != nil {
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
	calls, opening comings
	external       map[string]bool
}

type accessBook struct {
	own          map[string]bool
	lines        map[wayKey]*way
	unknown      *distinct
	unknownCalls int
}

// read counts the calls, and those by which the ways were opened.
func (b *accessBook) read(ctx context.Context, q *question) error {
	o := &opened{r: q.reader, each: func(key wayKey, call openedBy, f *lineage.Fact) {
		if anyOf(q.filter.Accounts, key.to) {
			b.open(key, call, f)
		}
	}}
	var failed error
	err := q.eachTally(ctx, func(t *Tally, c *lineage.Chain) {
		b.add(t, c)
		if failed == nil {
			failed = o.add(ctx, t, c)
		}
	})
	return cmp.Or(err, failed, o.flush(ctx))
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
	w := b.way(key)
	w.Calls += t.Events
	w.Writes += t.Writes
	w.Errors += t.Errors
	w.calls.add(t, c, b.own)
	w.opened(by)
}

// open counts a call that opened a way.
func (b *accessBook) open(key wayKey, call openedBy, f *lineage.Fact) {
	w := b.way(key)
	w.opening.add(&call.tally, call.chain, b.own)
	w.askedWith(f.Request.ExternalID)
	if f.Request.SerialNumber != "" {
		w.MFA.add(true)
	}
}

// way is the line of a key.
func (b *accessBook) way(key wayKey) *way {
	w := b.lines[key]
	if w == nil {
		w = &way{external: map[string]bool{}}
		w.FromAccount, w.RoleARN, w.ToAccount = key.from, key.role, key.to
		b.lines[key] = w
	}
	return w
}

// comings are some calls of one way: who speaks for them, and when they were.
type comings struct {
	chain       *lineage.Chain
	told        speaker
	first, last cloudtrail.Time
	thirdParty  bool
}

func (m *comings) add(t *Tally, c *lineage.Chain, own map[string]bool) {
	said := speakerOf(t, c, false)
	if m.chain == nil {
		m.first, m.last = t.Time, t.Last
	}
	if m.chain == nil || said.before(&m.told) {
		m.chain, m.told = c, said
	}
	m.first, m.last = min(m.first, t.Time), max(m.last, t.Last)
	m.thirdParty = m.thirdParty || fromAccount(&Row{Use: t.Use}, c, func(a string) bool { return isThirdParty(a, own) })
}

// done completes the line: of the calls, or where there is none of how it was opened.
func (w *way) done() {
	m := w.calls
	if m.chain == nil {
		m = w.opening
	}
	w.Chain, w.First, w.Last, w.ThirdParty = m.chain, m.first, m.last, m.thirdParty
	if ids := sortedKeys(w.external); len(ids) > 0 {
		w.ExternalIDs = ids[:min(len(ids), mostShown)]
	}
}

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
	w.askedWith(asked)
}

// askedWith notes the external id that a role was asked for with, "" for none.
func (w *way) askedWith(asked string) {
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
	for key := range fresh { // where roles were taken is logged too
		accounts = append(accounts, key.from)
	}
	slices.Sort(accounts)
	f.Accounts, f.Since, f.Until = slices.Compact(accounts), 0, f.Since-1
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return err
	}
	before, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	came := func(key wayKey) {
		if delete(fresh, key); len(fresh) == 0 {
			stop(errEnough)
		}
	}
	o := &opened{r: r, each: func(key wayKey, _ openedBy, _ *lineage.Fact) { came(key) }}
	var failed error
	err = q.eachTally(before, func(t *Tally, c *lineage.Chain) {
		if key, _, ok := wayOf(t, c); ok {
			came(key)
		}
		if failed == nil {
			failed = o.add(before, t, c)
		}
	})
	if err = cmp.Or(err, failed, o.flush(before)); err != nil && !errors.Is(context.Cause(before), errEnough) {
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
		w.done()
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
		lines = append(lines, b.lines[key].AccessLine)
	}
	return lines
}
