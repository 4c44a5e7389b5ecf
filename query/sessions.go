package query

import (
	"cmp"
	"context"
	"maps"
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
	AccessKeyIDs          []string       // that its calls show, sorted
	Chain                 *lineage.Chain // in a list of sessions without Hops and Via
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
	b := sessionBook{newest: f.Newest, brief: true}
	if err := q.eachTally(ctx, b.add); err != nil {
		return nil, err
	}
	var lines []SessionLine
	for _, e := range b.entries() {
		if !e.forwarded() {
			lines = append(lines, e.SessionLine)
		}
	}
	if f.Newest {
		slices.SortStableFunc(lines, func(x, y SessionLine) int { return cmp.Compare(y.First, x.First) })
	}
	if limit > 0 && len(lines) > limit {
		lines = lines[:limit]
	}
	return lines, nil
}

// sessionBook tallies events by session. They are added in any order.
type sessionBook struct {
	byKey  map[string]*sessionEntry
	keys   sessionKeys
	newest bool // of equally good chains the newest speaks, not the first
	brief  bool // chains are kept without what leads to the origin: a year has many
}

type sessionEntry struct {
	SessionLine
	key    string
	keys   []string // access keys, some perhaps twice
	direct bool     // some call was not made by a service on the caller's behalf
	told   speaker  // whose chain is Chain
	// who is behind the calls, origin id or "" for nobody known. Two people may
	// hold one session id: a role, a name, a second. Then, and only then, of are
	// the same calls by who is behind them.
	who string
	of  map[string]*sessionEntry

	hopless bool // the chain has no hop
}

func (b *sessionBook) add(t *Tally, c *lineage.Chain) {
	if key := b.keys.of(t.Caller, c); key != "" {
		b.addAs(key, t, c)
	}
}

func (b *sessionBook) addAs(key string, t *Tally, c *lineage.Chain) {
	if b.byKey == nil {
		b.byKey = map[string]*sessionEntry{}
	}
	e := b.byKey[key]
	who := originID(c)
	switch {
	case e == nil:
		e = newSessionEntry(key, who, t)
		b.byKey[key] = e
	case e.of == nil && who != e.who:
		alone := *e
		alone.keys = slices.Clone(e.keys)
		e.of = map[string]*sessionEntry{e.who: &alone}
	}
	by := speakerOf(t, c, b.newest)
	e.count(t, c, by, b.brief)
	if e.of == nil {
		return
	}
	if e.of[who] == nil {
		e.of[who] = newSessionEntry(key, who, t)
	}
	e.of[who].count(t, c, by, b.brief)
}

func newSessionEntry(key, who string, t *Tally) *sessionEntry {
	return &sessionEntry{
		SessionLine: SessionLine{ID: sessionOfKey(key), First: t.Time, Last: t.Last},
		key:         key, who: who,
	}
}

// byOrigin are its calls by who is behind them.
func (e *sessionEntry) byOrigin() map[string]*sessionEntry {
	if e.of == nil {
		return map[string]*sessionEntry{e.who: e}
	}
	return e.of
}

// speaker is what decides whose chain speaks for several: the best evidence,
// then the first event. What stands after that only keeps the order of reading
// out of the answer.
type speaker struct {
	evidence          lineage.Evidence
	at                cloudtrail.Time
	caller            *lineage.Identity
	recipient, region string
	event             string // of calls that hand out credentials: others share a chain
}

func speakerOf(t *Tally, c *lineage.Chain, newest bool) speaker {
	s := speaker{evidence: c.Evidence, at: t.Time, caller: t.Caller, recipient: t.ID.Recipient, region: t.Region}
	if newest {
		s.at = -t.Last
	}
	if issues(t) {
		s.event = t.ID.Event
	}
	return s
}

func (s *speaker) before(o *speaker) bool {
	return cmp.Or(cmp.Compare(s.evidence, o.evidence), cmp.Compare(s.at, o.at), s.compare(o)) < 0
}

// compare is an order of those of one moment.
func (s *speaker) compare(o *speaker) int {
	x, y := s.caller, o.caller
	return cmp.Or(
		cmp.Compare(x.PrincipalID, y.PrincipalID), cmp.Compare(x.ARN, y.ARN), cmp.Compare(x.AccessKeyID, y.AccessKeyID),
		cmp.Compare(x.InvokedBy, y.InvokedBy), slices.Compare(x.Digest[:], y.Digest[:]),
		cmp.Compare(s.recipient, o.recipient), cmp.Compare(s.region, o.region), cmp.Compare(s.event, o.event))
}

// originID is the id of the origin, "" where there is none.
func originID(c *lineage.Chain) string {
	if c.Origin == nil {
		return ""
	}
	return c.Origin.ID
}

// contested reports whether a call in it fits several people.
func (e *sessionEntry) contested() bool {
	return e != nil && e.Chain.Evidence == lineage.Contested
}

// people are the entries by who is behind them where that is more than one, or
// in dispute; else the entry itself: calls that do not tell are in a session
// that does.
func (e *sessionEntry) people() []*sessionEntry {
	named := len(e.of)
	if e.of[""] != nil {
		named--
	}
	if named == 0 || named == 1 && !e.of[""].contested() {
		return []*sessionEntry{e}
	}
	return slices.Collect(maps.Values(e.of))
}

// forwarded reports whether the session is no session of anybody's: a service
// that was called with a long-term key makes its own calls on the caller's behalf
// under a date of their own (linkage.md 3.19).
func (e *sessionEntry) forwarded() bool { return !e.direct && e.hopless }

// count adds calls, and lets the chain with the best evidence speak for the
// session: calls of one session may show more or less of it.
func (e *sessionEntry) count(t *Tally, c *lineage.Chain, by speaker, brief bool) {
	who := t.Caller
	e.Calls += t.Events
	e.Writes += t.Writes
	e.Errors += t.Errors
	e.direct = e.direct || who.InvokedBy == ""
	e.First, e.Last = min(e.First, t.Time), max(e.Last, t.Last)
	if key, n := who.AccessKeyID, len(e.keys); key != "" && who.InvokedBy == "" && (n == 0 || e.keys[n-1] != key) {
		e.keys = append(e.keys, key)
	}
	if e.Chain != nil && !by.before(&e.told) {
		return
	}
	e.Chain, e.told, e.hopless = c, by, len(c.Hops) == 0
	if brief {
		e.Chain = &lineage.Chain{Evidence: c.Evidence, Origin: c.Origin, Conflicts: c.Conflicts, Candidates: c.Candidates, Gaps: c.Gaps, CrossAccount: c.CrossAccount}
	}
	e.SessionARN, e.RoleARN, e.AccountID = who.ARN, "", who.AccountID
	if who.IssuerType == "Role" {
		e.RoleARN = who.IssuerARN
	}
	if n := len(c.Hops); n > 0 && c.Hops[n-1].ID == e.ID {
		hop := &c.Hops[n-1]
		e.SessionARN = cmp.Or(hop.SessionARN, e.SessionARN)
		e.RoleARN = cmp.Or(hop.RoleARN, e.RoleARN)
		e.AccountID = cmp.Or(hop.Account, e.AccountID)
	}
}

// entries are the finished sessions, by first call, then id.
func (b *sessionBook) entries() []*sessionEntry {
	var all []*sessionEntry
	for _, e := range b.byKey {
		all = append(all, e.people()...)
	}
	for _, e := range all {
		e.AccessKeyIDs = mergeKeys(e.keys, nil)
	}
	slices.SortFunc(all, func(x, y *sessionEntry) int {
		return cmp.Or(cmp.Compare(x.First, y.First), cmp.Compare(x.key, y.key), cmp.Compare(originID(x.Chain), originID(y.Chain)))
	})
	return all
}

// sessionKeys tells the session of a call, "" where it was made with long-term
// credentials or by a service: the session's id, and where several people share
// that, as Cognito's do, who it is. Callers are shared by thousands of rows, so
// what was worked out once is kept.
type sessionKeys map[callerChain]string

type callerChain struct {
	caller *lineage.Identity
	chain  *lineage.Chain
}

const keySep = "\x1f" // stands in no id

func (s *sessionKeys) of(who *lineage.Identity, c *lineage.Chain) string {
	at := callerChain{who, c}
	if key, ok := (*s)[at]; ok {
		return key
	}
	if *s == nil || len(*s) == mostPlaces {
		*s = sessionKeys{} // few callers are at work at once
	}
	key := sessionKey(who, c)
	(*s)[at] = key
	return key
}

func sessionKey(id *lineage.Identity, c *lineage.Chain) string {
	key := id.SessionID()
	switch {
	case key != "" && id.FederatedSubject != "":
		key += keySep + id.FederatedSubject
	case key != "":
	case len(c.Hops) > 0: // the record names the session without its date
		key = c.Hops[len(c.Hops)-1].ID
	case isTemporary(id):
		key = cmp.Or(id.AccessKeyID, id.PrincipalID, id.ARN)
	}
	return key
}

// sessionOfKey is the session's id in a session key.
func sessionOfKey(key string) string {
	id, _, _ := strings.Cut(key, keySep)
	return id
}

// isTemporary reports whether the caller used temporary credentials.
func isTemporary(id *lineage.Identity) bool {
	return id.Created != 0 || id.Type == "AssumedRole" || id.Type == "FederatedUser" || strings.HasPrefix(id.AccessKeyID, "ASIA")
}
