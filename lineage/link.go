package lineage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// session climbs the ladder for temporary credentials: what ties them to their
// issuance, then what their own record names, then what is left.
func (f *frame) session() *Chain {
	if len(f.w.path) >= mostHops {
		f.w.cut++
		return &Chain{Evidence: Unresolved, cutOff: true}
	}
	missed := f.w.missed
	c, reason := f.tied()
	if f.w.missed > missed {
		return c // to be tried again, before more is looked for
	}
	c = f.recorded(c)
	if c.Origin == nil && c.Evidence != Contested && !f.isTied(c) {
		switch {
		case reason == ExpiredWindow:
		case f.downstream(&c), f.forwardAccess(&c), f.portal(&c):
		}
	}
	if c.Origin == nil && f.w.on(ruleSourceIdentity) {
		c = f.claimed(c)
	}
	return f.signedIn(c)
}

// isTied reports whether the session's own hop has an issuance. A grant that was
// made in the session itself is none: it tells no more of who began it.
func (f *frame) isTied(c *Chain) bool {
	if len(c.Hops) == 0 {
		return false
	}
	last := c.Hops[len(c.Hops)-1]
	return last.Rule != "" && (last.Issuance == nil || last.Issuance.Kind != SignIn || !f.sameSession(last.Issuance))
}

// tied ties the session to its issuance: access-key, sign-in-session, session,
// service-session, sign-in, in this order. Where nothing does, the chain stops.
func (f *frame) tied() (*Chain, Reason) {
	hop := f.hop()
	missed := f.w.missed
	first := f.accessKey()
	if f.w.missed > missed {
		// Most sessions are tied by their key: nothing else is read until that
		// is settled.
		return &Chain{Evidence: Unresolved}, ""
	}
	hop.Proof.rule(first.ruledOut)
	if c := f.link(&first, hop); c != nil {
		return c, ""
	}
	if first.late && f.w.on(expiredStops) {
		// The key itself, used when it was dead: the tuple would only say the
		// same of a console session, and console sessions show other keys.
		return f.unresolved(hop, true)
	}
	grant := f.signInSession()
	if grant != nil && !f.sameSession(grant) {
		if c := f.granted(grant, hop, SignInSession, Exact); c != nil {
			return c, ""
		}
	}
	late := first.late
	for _, t := range weighed(f.sessionTuple(), f.serviceSession()) {
		late = late || t.late
		hop.Proof.rule(t.ruledOut)
		if c := f.link(&t, hop); c != nil {
			return f.switched(c), ""
		}
	}
	if grant != nil {
		return f.grantedItself(grant, hop, SignInSession, Exact), ""
	}
	if grant := f.oauthGrant(); grant != nil {
		// A use that stands for several, see [Resolver.Steady], may be the grant.
		f.single = grant.ID == f.use.ID || f.unnamed()
		if grant.ID != f.use.ID {
			return f.grantedItself(grant, hop, Session, Strong), ""
		}
	}
	if c := f.switchedFrom(hop); c != nil {
		return c, ""
	}
	return f.unresolved(hop, late)
}

// weighed are what the two rules of the session's second found: a candidate of
// that very second before one beside it, and those of both rules that are as
// near side by side.
func weighed(named, service tie) []tie {
	switch {
	case len(named.fits) == 0 || len(service.fits) == 0:
		return []tie{named, service}
	case named.near && service.near: // no single candidate
		named.fits, service.fits = nil, nil
		return []tie{named, service}
	case named.near:
		return []tie{service, named}
	case service.near:
		return []tie{named, service}
	}
	for _, i := range service.fits {
		if !slices.ContainsFunc(named.fits, func(o *issuance) bool { return o.id == i.id }) {
			named.fits = append(named.fits, i)
		}
	}
	named.evidence = max(named.evidence, service.evidence)
	named.crowded = named.crowded || service.crowded
	named.late = named.late || service.late
	named.inHole = named.inHole || service.inHole
	named.ruledOut = append(slices.Clip(named.ruledOut), service.ruledOut...)
	return []tie{named}
}

// rule adds what fell out under one more rule, each for its first reason.
func (p *Proof) rule(out []RuledOut) {
	for _, x := range out {
		if !slices.ContainsFunc(p.RuledOut, func(o RuledOut) bool { return compareFact(o.Issuance, x.Issuance) == 0 }) {
			p.RuledOut = append(slices.Clip(p.RuledOut), x)
		}
	}
}

// fit is one caller that may stand behind the session.
type fit struct {
	i  *issuance
	by *Fact
	c  *Chain
}

// link goes on to whoever called the issuances that fit. nil: there is none, or
// all of them only lead round in a ring, which makes the session part of it.
func (f *frame) link(t *tie, hop Hop) *Chain {
	var fits []fit
	for _, i := range t.fits {
		for _, by := range i.callers {
			if c := f.w.parent(i, by); c != nil {
				fits = append(fits, fit{i, by, c})
			}
		}
	}
	if len(fits) == 0 {
		f.ring = f.ring || len(t.fits) > 0
		return nil
	}
	hop.Rule, hop.Evidence, hop.Proof.Equal = t.rule, t.evidence, t.equal
	if t.crowded || !f.unanimous(fits) {
		return f.contested(fits, hop)
	}
	one := fits[0]
	if one.i != fits[len(fits)-1].i {
		hop.Proof.Fits = issuingCalls(fits)
		hop.Ambiguous, hop.Evidence = true, max(hop.Evidence, Strong)
	}
	f.fill(&hop, one)
	if t.inHole {
		hop.note(NoteHole)
	}
	f.asFarAsLooked(&hop)
	if c := f.setByService(one, hop); c != nil {
		return c
	}
	c := extend(one.c, hop, &one.by.Use)
	if hop.Ambiguous && c.Origin == nil && len(c.Candidates) == 0 {
		c.Candidates = candidates(fits)
	}
	return c
}

// unanimous reports whether all who fit have one origin.
func (f *frame) unanimous(fits []fit) bool {
	if len(fits) == 1 || !f.w.on(contestOrigins) {
		return true
	}
	if !f.w.on(unanimousOrigin) {
		return false
	}
	first := fits[0]
	for _, other := range fits[1:] {
		if first.c.Evidence == Contested || other.c.Evidence == Contested || !sameOrigin(first.c.Origin, other.c.Origin) {
			return false
		}
		if first.c.Origin == nil && !sameCaller(first.by.Caller, other.by.Caller) {
			return false
		}
	}
	return true
}

// contested ends a chain where several people fit: all are shown, none picked.
func (f *frame) contested(fits []fit, hop Hop) *Chain {
	hop.Evidence = Contested
	hop.By = fits[0].by.EventName
	hop.Proof.Fits = issuingCalls(fits)
	if i := fits[0].i; i != nil && hop.RoleARN == "" {
		hop.RoleARN = i.roleARN()
	}
	return &Chain{Evidence: Contested, Hops: []Hop{hop}, Candidates: candidates(fits), span: 1}
}

// candidates are those who fit, each with its origin; those whose own chain is
// contested give all of theirs.
func candidates(fits []fit) []Candidate {
	var out []Candidate
	for _, x := range fits {
		if x.c.Evidence == Contested && len(x.c.Candidates) > 0 {
			out = append(out, x.c.Candidates...)
			continue
		}
		out = append(out, Candidate{Origin: x.c.Origin, Event: x.by})
	}
	slices.SortStableFunc(out, func(a, b Candidate) int {
		return cmp.Or(strings.Compare(a.ID(), b.ID()), strings.Compare(a.eventID(), b.eventID()))
	})
	return out[:min(len(out), crowd)]
}

// ID tells a candidate from others: its origin's id, where none is known the
// event's.
func (c *Candidate) ID() string {
	if c.Origin != nil {
		return c.Origin.ID
	}
	return c.eventID()
}

func (c *Candidate) eventID() string {
	if c.Event != nil {
		return c.Event.ID.Event
	}
	return ""
}

// issuingCalls are the calls of those who fit, as proof, in the order of the
// candidates.
func issuingCalls(fits []fit) []*Fact {
	fits = slices.Clone(fits)
	slices.SortStableFunc(fits, func(a, b fit) int {
		return cmp.Or(strings.Compare(originID(a.c.Origin), originID(b.c.Origin)), strings.Compare(a.by.ID.Event, b.by.ID.Event))
	})
	var calls []*Fact
	for _, x := range fits[:min(len(fits), crowd)] {
		calls = append(calls, x.by)
	}
	return calls
}

func originID(o *Origin) string {
	if o == nil {
		return ""
	}
	return o.ID
}

// extend is a chain with one more hop. by is the issuing call, which shows the
// session before it in use.
func extend(parent *Chain, hop Hop, by *Use) *Chain {
	c := &Chain{
		Evidence: max(parent.Evidence, hop.Evidence),
		Hops:     slices.Clone(parent.Hops), Via: slices.Clone(parent.Via),
		Conflicts: parent.Conflicts, Candidates: parent.Candidates, Gaps: parent.Gaps,
		CrossAccount: parent.CrossAccount || hop.crosses(),
		span:         parent.span + 1, delegated: parent.delegated,
	}
	if o := parent.Origin; o != nil {
		named := *o
		if hop.Evidence >= parent.Evidence {
			named.Rule = hop.Rule
		}
		c.Origin = &named
	}
	if n := len(c.Hops); n > 0 {
		c.Hops[n-1].Proof.Use = *by
	}
	for n := len(c.Via) - 1; n >= 0; n-- {
		if h := c.Via[n].Hop; h != nil {
			shown := *h
			shown.Proof.Use = *by
			c.Via[n].Hop = &shown
			break
		}
	}
	if c.delegated {
		c.Via = append(c.Via, Via{Hop: &hop})
	} else {
		c.Hops = append(c.Hops, hop)
	}
	if parent.cutOff && parent.span == 0 || c.span > mostHops {
		return c.cutShort()
	}
	c.cutOff = parent.cutOff
	return c
}

// cutShort leaves the last hops of a chain that is too long, and no origin: who
// it would be must not depend on where one began to look.
func (c *Chain) cutShort() *Chain {
	c.Evidence, c.Origin, c.Candidates, c.Conflicts = Unresolved, nil, nil, nil
	if c.delegated {
		for _, v := range c.Via {
			if v.Hop != nil {
				c.Hops = append(c.Hops, *v.Hop)
			}
		}
		c.Via, c.delegated = nil, false
	}
	c.Hops = c.Hops[max(0, len(c.Hops)-mostHops):]
	first := &c.Hops[0]
	if !slices.Contains(first.Notes, noteCut) {
		first.note(noteCut)
	}
	c.Gaps = []Gap{{Reason: NoIssuerLog, AccountID: first.CallerAccountID}}
	c.span, c.cutOff = min(c.span, mostHops), true
	return c
}

// fill writes into a hop what the issuance tells.
func (f *frame) fill(h *Hop, one fit) {
	i, by := one.i, one.by
	h.By, h.Issuance = by.EventName, by
	if r := i.roleARN(); r != "" {
		h.RoleARN = r
	}
	if h.SessionARN == "" {
		h.SessionARN = i.says(func(f *Fact) string { return f.Grant.ARN })
	}
	if h.SourceIdentity == "" {
		h.SourceIdentity = i.sourceIdentity()
	}
	h.CallerAccountID = callerAccount(by.Caller)
	for _, c := range i.copies {
		if h.Tags == nil {
			h.Tags = c.Request.Tags
		}
		if c.ID != by.ID && !slices.ContainsFunc(h.Copies, func(o *Fact) bool { return o.ID == c.ID }) {
			h.Copies = append(h.Copies, c)
		}
	}
	slices.SortFunc(h.Copies, func(a, b *Fact) int {
		return strings.Compare(a.ID.Event+"\x1f"+a.ID.Recipient, b.ID.Event+"\x1f"+b.ID.Recipient)
	})
	h.Notes = f.notes(h, one)
}

// NoteHole is the note of a hop that is no more than inferred because log files of
// its second are known to be missing: another issuance may have fitted.
const NoteHole = "known-hole"

// NoteDelivered is the note of a hop that rests on no other issuance being there,
// where not all of the log was looked through for one: [Proof.Delivered] tells how
// far. Only digest files could tell that nothing is delivered later.
const NoteDelivered = "delivered-until"

// NoteNames is the note of a hop whose issuance tells of one caller, by unique id,
// under different names in several copies or forms: AWS writes one. The name that is
// shown is that of the fullest.
const NoteNames = "named-otherwise"

// asFarAsLooked notes how far another issuance was looked for.
func (f *frame) asFarAsLooked(h *Hop) {
	switch h.Rule {
	case Session, ServiceSession, PortalRule:
		if looked := f.w.r.looked; looked != nil && h.Issuance != nil && !h.Ambiguous {
			h.Proof.Delivered = looked(h)
			h.note(NoteDelivered)
		}
	}
}

func (h *Hop) note(word string) {
	h.Notes = append(slices.Clip(h.Notes), word)
	slices.Sort(h.Notes)
}

// The other notes of a hop: what speaks for or against it, and decides nothing.
const (
	noteConsole  = "console-session"         // used after the credential itself expired
	noteAccount  = "account-differs"         // as printed; the role ids agree
	noteIdentity = "source-identity-differs" // the caller's session had another, or one; or the issuing call set another
	noteTags     = "transitive-tags-differ"  // the caller's session handed on tags that did not arrive
	noteCut      = "chain-cut"               // there is more before this hop than is followed
)

func (f *frame) notes(h *Hop, one fit) []string {
	var notes []string
	if differ(callerAccount(f.id), one.i.roleAccount()) {
		notes = append(notes, noteAccount)
	}
	if exp := one.i.expires(); h.Rule != AccessKey && !exp.IsZero() && !f.atMost(exp+expirySlack) {
		notes = append(notes, noteConsole)
	}
	if named(one.i.copies, one.by.Caller) {
		notes = append(notes, NoteNames)
	}
	had := one.by.Caller.SourceIdentity
	if had != "" && had != f.id.SourceIdentity || len(f.sourceIdentities(one.i)) > 1 {
		notes = append(notes, noteIdentity)
	}
	if n := len(one.c.Hops); n > 0 && one.c.Hops[n-1].Issuance != nil {
		for _, key := range one.c.Hops[n-1].Issuance.Request.TransitiveTags {
			if _, ok := one.by.Request.IncomingTags[key]; !ok {
				notes = append(notes, noteTags)
				break
			}
		}
	}
	return notes
}

// named reports whether a copy or form of a call gives its caller another name, who
// is the same by unique id.
func named(copies []*Fact, caller *Identity) bool {
	return slices.ContainsFunc(copies, func(f *Fact) bool {
		c := f.Caller
		return c.Type == caller.Type && c.PrincipalID == caller.PrincipalID &&
			(differ(strings.TrimSpace(c.UserName), strings.TrimSpace(caller.UserName)) || differ(lastPart(c.ARN), lastPart(caller.ARN)))
	})
}

// hop is the session as its own records tell it.
func (f *frame) hop() Hop {
	id := f.id
	h := Hop{
		ID: id.SessionID(), SessionARN: id.ARN, Account: callerAccount(id),
		Evidence: Unresolved, MFA: id.MFA, SourceIdentity: id.SourceIdentity,
		Proof: Proof{Use: Use{Caller: id}},
	}
	if id.IssuerType == "Role" || strings.Contains(id.IssuerARN, ":role/") {
		h.RoleARN = id.IssuerARN
	}
	for _, or := range [...]string{id.PrincipalID, id.AccessKeyID, id.ARN} {
		if h.ID == "" {
			h.ID = or
		}
	}
	return h
}

// crosses reports whether the session was made from another account.
func (h *Hop) crosses() bool { return differ(h.Account, h.CallerAccountID) }

// unresolved ends a chain at a session that nothing ties to an issuance.
func (f *frame) unresolved(hop Hop, late bool) (*Chain, Reason) {
	reason := f.reason(late)
	return &Chain{
		Evidence: Unresolved, Hops: []Hop{hop}, span: 1, ring: f.ring,
		Gaps: []Gap{f.gap(reason, hop.Account)},
	}, reason
}

// gap is why the chain stops here, and the span of time to collect.
func (f *frame) gap(reason Reason, account string) Gap {
	g := Gap{Reason: reason, AccountID: account, Region: f.use.Region}
	switch cd := f.id.Created; {
	case !cd.IsZero():
		g.From, g.Until = cd, cd
		said := f.covered(account, cd)
		g.Lost = said[0] == Hole || said[1] == Hole
	case !f.use.Time.IsZero():
		g.From, g.Until = f.use.Time-cloudtrail.Time(consoleSession), f.use.Time
		f.single = true
	}
	f.regional = true
	return g
}
