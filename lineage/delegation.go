package lineage

import (
	"cmp"
	"slices"
	"strings"
)

// recorded joins what the session's own record names (named-on-record) to what
// its chain came to.
func (f *frame) recorded(c *Chain) *Chain {
	// A root session comes here only where AssumeRoot made it: then its type
	// names the account that was worked on, and no person.
	if !f.w.on(ruleNamedOnRecord) || f.id.Type == "Root" {
		return c
	}
	if o := namedOnRecord(f.id); o != nil {
		return f.withNamed(c, o, Exact)
	}
	if o, e := f.groupOnBehalfOf(); o != nil {
		return f.withNamed(c, o, e)
	}
	return c
}

// says is the field by which a record names its origin.
func says(id *Identity) string {
	switch {
	case id.OnBehalfOfUser != "":
		return "onBehalfOf"
	case id.FederatedSubject != "":
		return "webIdFederationData"
	case id.Type == "FederatedUser":
		return "sessionIssuer"
	case id.InScopeARN != "":
		return "inScopeOf"
	case id.isInstance():
		return "ec2RoleDelivery"
	}
	return "onBehalfOf" // of another record of the session
}

// withNamed is the chain with the origin that a record names. Where the chain
// comes to somebody else, it is delegation or it is contested.
func (f *frame) withNamed(c *Chain, o *Origin, e Evidence) *Chain {
	if f.id.OnBehalfOfUser != "" && !isReservedSSO(f.id) && f.w.on(delegation) {
		return f.onBehalf(c, o, e)
	}
	label := c.Origin == nil || c.Origin.Rule == SourceIdentity
	onePerson := sameOrigin(c.Origin, o) ||
		isReservedSSO(f.id) && o.Kind == IdentityCenterUser && c.Origin != nil && c.Origin.Kind == SAMLUser
	named := *c
	switch {
	case c.Evidence == Contested:
		if !slices.ContainsFunc(c.Candidates, func(x Candidate) bool { return sameOrigin(x.Origin, o) }) {
			named.Conflicts = append(slices.Clip(c.Conflicts), Conflict{Says: says(f.id), Origin: o})
			return &named
		}
	case !label && !onePerson && f.w.on(contestOrigins):
		named.Evidence, named.Origin, named.Gaps = Contested, nil, nil
		named.Candidates = []Candidate{{Origin: c.Origin, Event: c.issuance()}}
		named.Conflicts = []Conflict{{Says: says(f.id), Origin: o}}
		return &named
	}
	who := *o
	if onePerson && c.Origin != nil {
		who.fillFrom(c.Origin)
		if c.Evidence < e {
			e, who.Rule = c.Evidence, c.Origin.Rule
		}
	}
	named.Origin, named.Evidence = &who, e
	named.Gaps, named.Candidates, named.Conflicts = nil, nil, nil
	named.span, named.cutOff = 1, false
	return &named
}

// fillFrom takes over what another record of the same person tells besides.
func (o *Origin) fillFrom(other *Origin) {
	fill := func(to *string, from string) {
		if *to == "" {
			*to = from
		}
	}
	fill(&o.Name, other.Name)
	fill(&o.Workload, other.Workload)
	fill(&o.AccessKeyID, other.AccessKeyID)
	if o.Kind == other.Kind {
		fill(&o.ARN, other.ARN)
		fill(&o.AccountID, other.AccountID)
	}
	if o.SignIn == nil {
		o.SignIn = other.SignIn
	}
}

// onBehalf is delegation: the person whom the record names is the origin, and
// whoever the chain leads to acted for them.
func (f *frame) onBehalf(c *Chain, o *Origin, e Evidence) *Chain {
	d := &Chain{Evidence: e, Origin: o, CrossAccount: c.CrossAccount, span: 1, delegated: true, Via: slices.Clip(c.Via)}
	for i := range c.Hops {
		d.Via = append(d.Via, Via{Hop: &c.Hops[i]})
	}
	return d
}

// issuance is the issuing call of the last hop.
func (c *Chain) issuance() *Fact {
	if n := len(c.Hops); n > 0 {
		return c.Hops[n-1].Issuance
	}
	return nil
}

// setByService is rule C1 where AWS set the source identity itself: a service
// that asked for the session on somebody's behalf. nil where it did not.
func (f *frame) setByService(one fit, hop Hop) *Chain {
	who := hop.SourceIdentity
	if who == "" || one.by.Caller.standing() != asService || !f.w.on(ruleSourceIdentity) {
		return nil
	}
	if said := f.sourceIdentities(one.i); len(said) > 1 {
		// Once set it stays (linkage.md section 6): one of the records lies.
		hop.Evidence = Contested
		c := &Chain{Evidence: Contested, Hops: []Hop{hop}, span: 1}
		for _, value := range said {
			c.Candidates = append(c.Candidates, Candidate{Origin: sourceOrigin(value), Event: one.by})
		}
		return c
	}
	return &Chain{
		Evidence: max(Strong, hop.Evidence), Origin: sourceOrigin(who),
		Via:  []Via{{Service: one.by.Caller.InvokedBy}, {Hop: &hop}},
		span: 1, delegated: true,
	}
}

// sourceIdentities are the source identities that the session shows and that
// its issuing call set, each once, in order.
func (f *frame) sourceIdentities(i *issuance) []string {
	said := []string{f.id.SourceIdentity}
	for _, c := range i.copies {
		said = append(said, c.Request.SourceIdentity)
	}
	slices.Sort(said)
	said = slices.Compact(said)
	return slices.DeleteFunc(said, func(s string) bool { return s == "" })
}

func sourceOrigin(value string) *Origin {
	return &Origin{ID: "sourceIdentity:" + value, Kind: UnknownOrigin, Rule: SourceIdentity, Name: value}
}

// claimed is rule C1 (source-identity) where it is all there is: the first
// caller chose it, nobody after could change it.
func (f *frame) claimed(c *Chain) *Chain {
	if c.Origin != nil || c.Evidence != Unresolved || c.cutOff {
		return c
	}
	who := f.id.SourceIdentity
	for i := len(c.Hops) - 1; i >= 0; i-- {
		h := &c.Hops[i]
		set := ""
		if h.Issuance != nil {
			set = h.Issuance.Request.SourceIdentity
		}
		if differ(who, h.SourceIdentity) || differ(who, set) || differ(h.SourceIdentity, set) {
			return c // it stays as it was set: one of the records lies
		}
		who = cmp.Or(who, h.SourceIdentity, set)
	}
	if who == "" {
		return c
	}
	labelled := *c
	labelled.Evidence, labelled.Origin = Claimed, sourceOrigin(who)
	return &labelled
}

// groupOnBehalfOf finds the Identity Center user of a session on its other
// records: not every service logs onBehalfOf (linkage.md 3.9). On the same key
// it is exact, on the same session strong, if all agree.
func (f *frame) groupOnBehalfOf() (*Origin, Evidence) {
	id := f.id
	if !isReservedSSO(id) || id.PrincipalID == "" || id.Created.IsZero() || !f.w.on(groupOnBehalfOf) {
		return nil, 0
	}
	var byKey, bySession []*Origin
	for _, u := range f.sessionEvents() {
		if u.Caller.OnBehalfOfUser == "" || !isReservedSSO(u.Caller) {
			continue
		}
		o := identityCenterOrigin(u.Caller)
		o.Rule, o.NamedBy = Session, &u
		bySession = append(bySession, o)
		if id.AccessKeyID != "" && u.Caller.AccessKeyID == id.AccessKeyID {
			same := *o
			same.Rule = NamedOnRecord
			byKey = append(byKey, &same)
		}
	}
	if o := onlyOne(byKey); o != nil {
		return o, Exact
	}
	return onlyOne(bySession), Strong
}

// onlyOne is the origin that all are, nil where they differ.
func onlyOne(all []*Origin) *Origin {
	var one *Origin
	for _, o := range all {
		if one == nil {
			one = o
		} else if !sameOrigin(one, o) {
			return nil
		}
	}
	return one
}

// sessionEvents are the events of this session, one for each identity that they
// show.
func (f *frame) sessionEvents() []Use {
	id := f.id
	if id.PrincipalID == "" || id.Created.IsZero() {
		return nil
	}
	return f.w.events(trail{
		purpose: forSession, principal: id.PrincipalID, created: id.Created,
		from: id.Created, to: id.Created + consoleSession,
	})
}

// forwardAccess is rule I1 (forward-access) for a session: a service went on
// with it, and other records of the session tell whose it is.
func (f *frame) forwardAccess(c **Chain) bool {
	if f.id.InvokedBy == "" || !f.w.on(ruleForwardAccess) {
		return false
	}
	var found *Chain
	for _, u := range f.sessionEvents() {
		if u.Caller.InvokedBy != "" || differ(callerAccount(u.Caller), callerAccount(f.id)) {
			continue
		}
		other := f.w.resolve(&u, false)
		if other.Origin == nil || other.Origin.Rule == SourceIdentity {
			continue
		}
		if found != nil && !sameOrigin(found.Origin, other.Origin) {
			return false
		}
		if found == nil || other.Evidence < found.Evidence {
			found = other
		}
	}
	if found == nil {
		return false
	}
	*c = weaken(found, ForwardAccess, Inferred, []Equal{
		{"principalId", f.id.PrincipalID}, {"creationDate", f.id.Created.String()},
	})
	return true
}

// weaken is a chain found by a link of its own, on its last hop: by a copy, or
// by another record of the same session.
func weaken(c *Chain, rule Rule, e Evidence, equal []Equal) *Chain {
	out := *c
	out.Evidence = max(c.Evidence, e)
	if c.Origin != nil && e >= c.Evidence {
		o := *c.Origin
		o.Rule = rule
		out.Origin = &o
	}
	if n := len(c.Hops); n > 0 && c.Hops[n-1].Evidence <= e {
		out.Hops = slices.Clone(c.Hops)
		last := &out.Hops[n-1]
		last.Rule, last.Evidence = rule, e
		last.Proof.Equal = append(equal, last.Proof.Equal...)
	}
	return &out
}

// forwarded notes who acted on the origin's behalf, as the event itself tells:
// a service by forward access, a product provider by delegation.
func (f *frame) forwarded(c *Chain) *Chain {
	id := f.id
	if c.Origin == nil || !f.w.on(delegation) || id.standing() == asService {
		return c
	}
	var via []Via
	// A copy's chain is that of the other account's copy, which tells the same.
	told := len(c.Via) > 0 && c.Via[len(c.Via)-1].Hop == nil && c.Via[len(c.Via)-1].Service == id.InvokedBy
	if host := id.InvokedBy; host != "" && c.Origin.ID != "service:"+host && !told {
		via = append(via, Via{Service: host, Call: f.drivingCall(c, host)})
	}
	if id.DelegateAccount != "" {
		via = append(via, Via{AccountID: id.DelegateAccount})
	}
	if via == nil {
		return c
	}
	with := *c
	with.Via = append(slices.Clip(c.Via), via...)
	return &with
}

// drivingCall is rule I1 for a long-term caller: the call that the service went
// on with, made at the second in which the service's credentials were
// (linkage.md 3.19). Of several none is named: they are one person's.
func (f *frame) drivingCall(c *Chain, host string) *Use {
	id := f.id
	if id.standing() != asPerson || id.Created.IsZero() || c.Origin.SignIn != nil ||
		!strings.Contains(host, ".") || !f.w.on(ruleForwardAccess) {
		return nil
	}
	var call *Use
	for _, u := range f.w.events(trail{purpose: forCalls, principal: id.PrincipalID, from: id.Created - 2, to: id.Created + 1}) {
		if u.EventSource != host || u.Caller.InvokedBy != "" {
			continue
		}
		if call != nil && call.ID != u.ID {
			return nil
		}
		call = &u
	}
	return call
}
