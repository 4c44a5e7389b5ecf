package lineage

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// account ends, or goes on from, a record that names its caller only as the
// owner of a resource or role is told: account and unique id.
func (f *frame) account() *Chain {
	f.single = true
	if c := f.sharedEvent(); c != nil {
		return c
	}
	id, in, p := f.id, f.id.AccountID, f.id.PrincipalID
	reason := CallerAccountNotCollected
	if in != "" && in == f.use.ID.Recipient {
		// AWS names a caller so to other accounts alone: whoever published the
		// log gave several accounts one number.
		reason = Redacted
	}
	gap := f.gap(reason, in)
	gap.From, gap.Until = f.use.Time, f.use.Time
	c := &Chain{Evidence: Unresolved, Gaps: []Gap{gap}}
	var o *Origin
	switch {
	case isUserID(rolePart(p)):
		o = &Origin{ID: "account:" + in + ":" + p, PrincipalID: p}
		o.Name, o.ARN = f.w.named(p, f.use.Time)
	case in != "" && (p == "" || p == in) && !id.Redacted:
		o = &Origin{ID: "account:" + in + ":" + in, PrincipalID: p}
	case isRoleID(rolePart(p)):
		if live := f.w.soleCandidate(p, in, f.use, f.calling); live != nil {
			return live
		}
	}
	if o != nil && f.w.on(ruleNamedOnRecord) {
		o.Kind, o.AccountID, o.Rule = AWSAccount, in, NamedOnRecord
		c.Origin, c.Evidence = o, Exact
	}
	return c
}

// sharedEvent is rule S4 (shared-event): the caller's copy of the same call
// speaks for the copy that the other account was given. Copies of an issuing
// call are one issuance: there the caller's copy counts in full.
func (f *frame) sharedEvent() *Chain {
	if !f.w.on(ruleSharedEvent) {
		return nil
	}
	var partners []*Fact
	for _, key := range [...]Key{
		keyShared(f.use.EventSource, f.use.SharedEventID), keyRequest(f.use.EventSource, f.use.RequestID),
	} {
		for _, p := range few(f.w.always(key)) {
			if p.Kind != Copy && p.Kind != Issuance || p.EventName != f.use.EventName ||
				differ(p.SharedEventID, f.use.SharedEventID) || f.contradicts(p.Caller) {
				continue
			}
			switch p.Caller.standing() {
			case asPerson, asSession, asService:
				partners = append(partners, p)
			}
		}
	}
	if len(partners) == 0 {
		return nil
	}
	slices.SortFunc(partners, func(a, b *Fact) int {
		return cmp.Or(cmp.Compare(a.Fingerprint, b.Fingerprint), compareFact(a, b))
	})
	var fits []fit
	for _, p := range callersOf(partners) {
		fits = append(fits, fit{by: p, c: f.w.resolve(&p.Use, f.calling)})
	}
	if !f.unanimous(fits) {
		return &Chain{Evidence: Contested, Candidates: candidates(fits)}
	}
	if fits[0].by.Kind == Issuance {
		return shownBy(fits[0].c, &fits[0].by.Use)
	}
	return shownBy(weaken(fits[0].c, SharedEvent, Strong, []Equal{
		{"sharedEventID", f.use.SharedEventID}, {"eventSource", f.use.EventSource},
	}), &fits[0].by.Use)
}

// shownBy is a chain that another record than the event's own shows in use.
func shownBy(c *Chain, u *Use) *Chain {
	out := *c
	if n := len(c.Hops); n > 0 {
		out.Hops = slices.Clone(c.Hops)
		out.Hops[n-1].Proof.Use = *u
	}
	if c.Origin != nil && u.Caller.Names(c.Origin) != nil {
		o := *c.Origin
		o.NamedBy = u
		out.Origin = &o
	}
	return &out
}

// varied is the chain of an issuing call: contested where variants of its record
// name different callers by unique id, whichever of them is the one shown
// (linkage.md section 1).
func (w *walk) varied(u *Use, c *Chain) *Chain {
	if !IssuesCredentials(u.EventSource, u.EventName) || u.Caller.Type == "AWSService" || !w.on(contestOrigins) {
		return c
	}
	var same []*Fact
	for _, v := range few(w.always(keyRequest(u.EventSource, u.RequestID))) {
		if v.Kind == Issuance && v.ID == u.ID && v.EventName == u.EventName && callerRank(v.Caller) < 2 {
			same = append(same, v)
		}
	}
	var fits []fit
	for _, i := range components(same, true) {
		if slices.ContainsFunc(i.copies, func(v *Fact) bool { return v.Fingerprint == u.Fingerprint }) {
			for _, by := range i.callers {
				fits = append(fits, fit{i: i, by: by, c: w.resolve(&by.Use, false)})
			}
			break
		}
	}
	if len(fits) < 2 || w.frame(u, false).unanimous(fits) {
		return c
	}
	return &Chain{Evidence: Contested, Candidates: candidates(fits)}
}

// contradicts reports whether a copy names another caller by unique id.
func (f *frame) contradicts(other *Identity) bool {
	return isUniqueID(rolePart(f.id.PrincipalID)) && isUniqueID(rolePart(other.PrincipalID)) && !sameCaller(f.id, other)
}

// live is a session that may have been the one at work.
type live struct {
	who    *Identity // as a record of it shows
	until  cloudtrail.Time
	akin   bool // one of its records has the address or the agent asked for
	equal  Equal
	issued bool // known by its issuance alone
	calls  []*Fact
}

// mostLive is how many records of a principal are looked through for its live
// sessions: of so many nobody can say that one was the only.
const mostLive = 16 * crowd

// soleCandidate is rule I2 (sole-candidate): the one session of a principal that
// was live at the time, if one of its records has the address or the agent of
// the record in question. The chain is that session's, inferred.
func (w *walk) soleCandidate(p, in string, u *Use, calling bool) *Chain {
	if !w.on(ruleSoleCandidate) || u.Time.IsZero() {
		return nil
	}
	sessions := w.liveSessions(p, in, u)
	if len(sessions) != 1 || !sessions[0].akin {
		return nil
	}
	s := sessions[0]
	if len(s.calls) > crowd || len(components(inOrder(s.calls), w.on(joinCopies))) > 1 {
		return nil // two sessions, begun in one second
	}
	shown := Use{Time: u.Time, Region: u.Region, Caller: s.who}
	c := w.resolve(&shown, calling)
	return weaken(c, SoleCandidate, Inferred, []Equal{{"principalId", p}, s.equal})
}

// liveSessions are the sessions of a principal that were live at the time of an
// event, by when they were created; none where there are too many to tell.
func (w *walk) liveSessions(p, in string, u *Use) []*live {
	found := map[cloudtrail.Time]*live{}
	note := func(created, until cloudtrail.Time, who *Identity, by *Use, issued bool) {
		s := found[created]
		if s == nil {
			s = &live{who: who, issued: issued}
			found[created] = s
		} else if s.issued && !issued {
			s.who, s.issued = who, false
		}
		s.until = max(s.until, until)
		if equal, ok := akin(u, by); ok && !s.akin {
			s.akin, s.equal = true, equal
		}
	}
	from := u.Time - consoleSession
	issued, few := w.fewDuring(keyRoleID(p), from, u.Time, mostLive)
	if !few {
		return nil
	}
	for _, i := range issued {
		if i.Kind != Issuance || i.ErrorCode != "" {
			continue
		}
		until := i.Grant.Expires + expirySlack
		if i.Grant.Expires.IsZero() {
			until = i.Time + longest(i)
		}
		who := &Identity{
			Type: "AssumedRole", PrincipalID: p, AccountID: in, ARN: i.Grant.ARN,
			AccessKeyID: i.Grant.AccessKeyID, Created: i.Time,
		}
		note(i.Time, until, who, &i.Use, true)
		found[i.Time].calls = append(found[i.Time].calls, i)
	}
	start := cloudtrail.Time(dayOf(u.Time)) * secondsADay
	seen := w.events(trail{
		purpose: forLive, principal: p, from: start - consoleSession, to: start + secondsADay + consoleSession,
	})
	if len(seen) > mostLive {
		return nil
	}
	for i := range seen {
		if s := &seen[i]; s.Caller.standing() == asSession && !s.Caller.Created.IsZero() {
			note(s.Caller.Created, s.Time, s.Caller, s, false)
		}
	}
	var out []*live
	for _, created := range slices.Sorted(maps.Keys(found)) {
		if s := found[created]; created <= u.Time && u.Time <= s.until {
			out = append(out, s)
		}
	}
	return out
}

// akin reports what two records have in common that strangers seldom have: the
// address, or the program.
func akin(a, b *Use) (Equal, bool) {
	if a.SourceIP != "" && a.SourceIP == b.SourceIP {
		return Equal{"sourceIPAddress", a.SourceIP}, true
	}
	if x := program(a.UserAgent); x != "" && x == program(b.UserAgent) {
		return Equal{"userAgent", x}, true
	}
	return Equal{}, false
}

// program is the first token of a user agent.
func program(s string) string {
	first, _, _ := strings.Cut(strings.TrimLeft(s, "[ "), " ")
	return strings.TrimRight(first, "]")
}
