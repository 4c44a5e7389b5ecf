package lineage

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// sameSession reports whether a grant was made in the very session that uses it.
func (f *frame) sameSession(grant *Fact) bool {
	return f.id.PrincipalID != "" && grant.Caller.PrincipalID == f.id.PrincipalID &&
		grant.Caller.Created == f.id.Created
}

// granted ties a session to the sign-in that granted it, and goes on from there.
func (f *frame) granted(grant *Fact, hop Hop, rule Rule, e Evidence) *Chain {
	i := newIssuance([]*Fact{grant})
	c := f.w.parent(i, grant)
	if c == nil {
		return nil
	}
	f.tieGrant(&hop, grant, rule, e)
	return extend(c, hop, &grant.Use)
}

// grantedItself ties a session to a grant made in that same session: nothing
// lies behind it but what the grant's own record names.
func (f *frame) grantedItself(grant *Fact, hop Hop, rule Rule, e Evidence) *Chain {
	f.tieGrant(&hop, grant, rule, e)
	c := &Chain{Evidence: Unresolved, Hops: []Hop{hop}, span: 1}
	if o := namedOnRecord(grant.Caller); o != nil {
		c.Evidence, c.Origin = e, o
		o.Rule = rule
		return c
	}
	c.Gaps = []Gap{f.gap(f.reason(false), hop.Account)}
	return c
}

func (f *frame) tieGrant(hop *Hop, grant *Fact, rule Rule, e Evidence) {
	hop.By, hop.Issuance, hop.Rule, hop.Evidence = grant.EventName, grant, rule, e
	hop.CallerAccountID = callerAccount(grant.Caller)
	if rule == SignInSession {
		hop.Proof.Equal = []Equal{{"signInSessionArn", f.id.SignInSessionARN}}
		return
	}
	hop.Proof.Equal = []Equal{{"principalId", f.id.PrincipalID}, {"creationDate", f.id.Created.String()}}
}

// signIn is how a user came by the session that a record shows: context, which
// names nobody better than the record does.
func (f *frame) signIn() *SignInInfo {
	if f.id.Created.IsZero() || f.id.Type != "IAMUser" && f.id.Type != "Root" {
		return nil
	}
	first := f.accessKey()
	for _, t := range [...]func() tie{func() tie { return first }, f.tokenTuple} {
		for _, i := range t().fits {
			if by := i.main(); by.EventName == "GetSessionToken" {
				return &SignInInfo{By: by.EventName, MFA: known(by.Request.SerialNumber != ""), SourceIP: by.SourceIP, Event: by.Use}
			}
		}
	}
	if grant := f.signInSession(); grant != nil {
		return signInOf(grant)
	}
	if login := f.signInEvent("ConsoleLogin"); login != nil {
		return signInOf(login)
	}
	if grant := f.oauthGrant(); grant != nil && grant.ID != f.use.ID {
		f.single = f.single || f.unnamed()
		return signInOf(grant)
	}
	return nil
}

func signInOf(s *Fact) *SignInInfo {
	mfa := cloudtrail.Absent
	if s.EventName == "ConsoleLogin" { // the others' records do not tell
		mfa = known(s.Detail.MFA)
	}
	return &SignInInfo{By: s.EventName, MFA: mfa, SourceIP: s.SourceIP, Event: s.Use}
}

// tokenTuple is S1 for GetSessionToken: the user, and the second.
func (f *frame) tokenTuple() tie {
	t := tie{rule: Session, evidence: Strong}
	if !f.w.on(ruleSession) {
		return t
	}
	cd := f.id.Created
	found := slices.Clone(f.w.during(keyCaller(f.id.PrincipalID), cd, cd))
	found = slices.DeleteFunc(found, func(i *Fact) bool { return i.Kind != Issuance || i.EventName != "GetSessionToken" })
	f.sift(&t, f.w.issuancesOf(keyCaller(f.id.PrincipalID), found[:min(len(found), crowd)]))
	return t
}

// byAssumeRoot ties a root session to the AssumeRoot that made it: such a
// session is not the member's root user, and never named so.
func (f *frame) byAssumeRoot() (*Chain, bool) {
	if f.id.AccessKeyID == "" || !f.w.on(rootByAssumeRoot) {
		return nil, false
	}
	issued := slices.ContainsFunc(f.w.always(keyIssued(f.id.AccessKeyID)), func(i *Fact) bool {
		return i.Kind == Issuance && i.EventName == "AssumeRoot"
	})
	if !issued {
		return nil, false
	}
	return f.session(), true
}

// signedIn adds how a person of an identity provider came by the first session:
// rule I3 (portal) for Identity Center's, else the console sign-in.
func (f *frame) signedIn(c *Chain) *Chain {
	o := c.Origin
	if o == nil || o.SignIn != nil || c.delegated || len(c.Hops) != 1 || o.Kind != SAMLUser && o.Kind != IdentityCenterUser {
		return c
	}
	var event *Fact
	if event = f.portalCall(o); event == nil {
		event = f.signInEvent("ConsoleLogin")
	}
	if event == nil {
		return c
	}
	out, who := *c, *o
	who.SignIn = signInOf(event)
	out.Origin = &who
	return &out
}

// portalCall is the one GetRoleCredentials call that can have led to this
// session; of several none is.
func (f *frame) portalCall(o *Origin) *Fact {
	id := f.id
	if !isReservedSSO(id) || id.Created.IsZero() || !f.w.on(rulePortal) {
		return nil
	}
	role := id.IssuerName
	if role == "" {
		role = lastPart(id.IssuerARN)
	}
	var found []*Fact
	for _, name := range [...]string{role, permissionSet(role)} {
		for _, p := range f.w.during(keyPortal(callerAccount(id), name), id.Created-2, id.Created+2) {
			if p.Kind != Portal || p.ErrorCode != "" || p.Caller.OnBehalfOfUser == "" {
				continue
			}
			if o != nil && o.Kind == IdentityCenterUser && identityCenterOrigin(p.Caller).ID != o.ID {
				continue
			}
			found = append(found, p)
		}
	}
	found = slices.CompactFunc(inOrder(found), func(a, b *Fact) bool { return a.ID == b.ID })
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// permissionSet is the name in AWSReservedSSO_<permission set>_<hex>.
func permissionSet(role string) string {
	name := strings.TrimPrefix(role, "AWSReservedSSO_")
	if i := strings.LastIndexByte(name, '_'); i > 0 {
		return name[:i]
	}
	return name
}

// portal is rule I3 where the SAML call is not in the logs: the portal's record
// names the user who was given such a session in that second.
func (f *frame) portal(c **Chain) bool {
	p := f.portalCall(nil)
	if p == nil {
		return false
	}
	out := **c
	o := identityCenterOrigin(p.Caller)
	o.Rule, o.SignIn = PortalRule, signInOf(p)
	out.Origin, out.Evidence = o, Inferred
	out.Hops = slices.Clone(out.Hops)
	if n := len(out.Hops); n > 0 {
		last := &out.Hops[n-1]
		last.Rule, last.Evidence, last.By, last.Issuance = PortalRule, Inferred, p.EventName, p
		last.Proof.Equal = []Equal{{"accountId", p.Detail.Account}, {"roleName", p.Detail.Role}}
		f.asFarAsLooked(last)
	}
	*c = &out
	return true
}

// downstream is E2 for an agent's request: the agent's own event lists it by
// request id, and was made in the session behind it.
func (f *frame) downstream(c **Chain) bool {
	if !f.id.isAgent() || !f.w.on(ruleSignInSession) {
		return false
	}
	f.single = true
	if f.w.spoken {
		f.w.cut++ // nobody else speaks for the request that an agent's event is of
		return false
	}
	f.w.spoken = true
	defer func() { f.w.spoken = false }()
	for _, event := range few(f.w.always(keyDownstream(f.use.RequestID))) {
		if event.Kind != Downstream || event.ID == f.use.ID || event.RequestID == f.use.RequestID {
			continue
		}
		if found := f.w.resolve(&event.Use, false); found.Origin != nil && found.Origin.Rule != SourceIdentity {
			*c = weaken(found, SignInSession, Exact, []Equal{{"requestID", f.use.RequestID}})
			return true
		}
	}
	return false
}

// isAgent reports whether an agent may have made the request.
func (id *Identity) isAgent() bool {
	return id.SignInSessionARN != "" || id.InvokedBy == "aws-mcp.amazonaws.com"
}

// byCredential is E2 for Identity Center's own events: another record of the
// same portal session names the user.
func (f *frame) byCredential() *Chain {
	if f.id.CredentialID == "" || !f.w.on(ruleSignInSession) {
		return nil
	}
	var named []*Origin
	for _, event := range few(f.w.always(keySignInSession(f.id.CredentialID))) {
		if event.Caller.OnBehalfOfUser != "" {
			named = append(named, identityCenterOrigin(event.Caller))
		}
	}
	o := onlyOne(named)
	if o == nil {
		return nil
	}
	o.Rule = SignInSession
	return &Chain{Evidence: Exact, Origin: o}
}

func known(b bool) cloudtrail.Bool {
	if b {
		return cloudtrail.True
	}
	return cloudtrail.False
}
