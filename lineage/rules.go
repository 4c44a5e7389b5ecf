package lineage

import (
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// tie is what one rule found for a session: the issuances that can have made
// it, and what fell out.
type tie struct {
	rule     Rule
	evidence Evidence
	fits     []*issuance
	ruledOut []RuledOut
	late     bool // some fell out by nothing but time
	crowded  bool // there were more than anyone can look through
	near     bool // what fits is of a second beside the session's
	inHole   bool // the log of that second is known not to be whole
	equal    []Equal
}

// mostRuledOut is how many that fell out are kept as proof.
const mostRuledOut = 16

// sift keeps the issuances that pass the guards.
func (f *frame) sift(t *tie, found []*issuance) {
	for _, i := range found {
		why := f.guard(i, t.rule)
		if why == "" {
			t.fits = append(t.fits, i)
			continue
		}
		t.late = t.late || why == "expiry"
		t.drop(i.main(), why)
	}
}

func (t *tie) drop(f *Fact, why string) {
	if len(t.ruledOut) < mostRuledOut {
		t.ruledOut = append(t.ruledOut, RuledOut{Issuance: f, Guard: why})
	}
}

// accessKey is E1: the very credential.
func (f *frame) accessKey() tie {
	t := tie{rule: AccessKey, evidence: Exact}
	k, cd := f.id.AccessKeyID, f.id.Created
	if k == "" || !f.w.on(ruleAccessKey) {
		return t
	}
	t.equal = []Equal{{"accessKeyId", k}}
	under := f.w.always(keyIssued(k))
	near := under
	if !cd.IsZero() && f.w.on(guardCreationDate) {
		near = between(under, cd-1, cd+1)
		for _, far := range under[:min(len(under), mostRuledOut)] {
			if far.Kind == Issuance && apart(far.Time, cd) > 1 {
				t.drop(far, "creation-date")
			}
		}
		t.equal = append(t.equal, Equal{"creationDate", cd.String()})
	}
	// A key under which so much was issued is no key but a mask.
	if len(near) > crowd {
		return t
	}
	f.sift(&t, f.w.issuancesOf(keyIssued(k), only(near, func(i *Fact) bool { return i.Grant.AccessKeyID == k })))
	return t
}

// only are the facts that, corrected, still say what they were found by.
func only(facts []*Fact, holds func(*Fact) bool) []*Fact {
	if !slices.ContainsFunc(facts, func(f *Fact) bool { return !holds(f) }) {
		return facts
	}
	return slices.DeleteFunc(slices.Clone(facts), func(f *Fact) bool { return !holds(f) })
}

// sessionTuple is S1: principal id and creation date are those of the issuance.
func (f *frame) sessionTuple() tie {
	t := tie{rule: Session, evidence: Strong}
	p, cd := f.id.PrincipalID, f.id.Created
	if p == "" || cd.IsZero() || !f.w.on(ruleSession) {
		return t
	}
	t.equal = []Equal{{"principalId", p}}
	key := keyRoleID(p)
	found := f.w.during(key, cd-1, cd+1)
	f.nearest(&t, key, only(found, func(i *Fact) bool { return i.Grant.PrincipalID == p }), cd, 1)
	f.lowerInHole(&t)
	return t
}

// serviceSession is S2: for calls of a service that do not name the session
// they made, role and name and second.
func (f *frame) serviceSession() tie {
	t := tie{rule: ServiceSession, evidence: Strong}
	role, name, cd := f.id.IssuerARN, f.id.SessionName(), f.id.Created
	if role == "" || name == "" || cd.IsZero() || !f.w.on(ruleServiceSession) {
		return t
	}
	t.equal = []Equal{{"roleArn", role}, {"roleSessionName", name}}
	key := keyRoleName(role, name)
	found := slices.Clone(f.w.during(key, cd-1, cd+1))
	found = slices.DeleteFunc(found, func(i *Fact) bool {
		return i.Grant.PrincipalID != "" || i.Caller.standing() != asService
	})
	f.nearest(&t, key, found, cd, 1)
	f.lowerInHole(&t)
	return t
}

// nearest takes the issuances of the second in question; only where none of
// them fits, a single one within slack, and that is inferred.
func (f *frame) nearest(t *tie, key Key, found []*Fact, at, slack cloudtrail.Time) {
	same := between(found, at, at)
	if t.crowded = len(same) > 4*crowd; t.crowded {
		same = same[:crowd]
	}
	f.sift(t, f.w.issuancesOf(key, same))
	if len(t.fits) > 0 {
		t.equal = append(t.equal, Equal{"creationDate", at.String()})
		return
	}
	if !f.w.on(nearSeconds) {
		return
	}
	near := append(slices.Clone(between(found, at-slack, at-1)), between(found, at+1, at+slack)...)
	if len(near) > crowd {
		return
	}
	var off tie
	off.rule = t.rule
	f.sift(&off, f.w.issuancesOf(key, near))
	t.ruledOut, t.late = append(t.ruledOut, off.ruledOut...), t.late || off.late
	if len(off.fits) == 1 {
		t.fits, t.evidence, t.near = off.fits, Inferred, true
	}
}

// lowerInHole lowers what rests on there being no other candidate, where the
// log of that second is known not to be whole, or not all of it was taken.
func (f *frame) lowerInHole(t *tie) {
	if len(t.fits) == 0 || !f.w.on(holeLowers) {
		return
	}
	said := f.covered(callerAccount(f.id), f.id.Created)
	if said[0] == Hole || said[1] == Hole || f.leavesOut() {
		t.evidence, t.inHole = max(t.evidence, Inferred), true
	}
}

// signInSession is E2: the grant of the same sign-in session.
func (f *frame) signInSession() (grant *Fact) {
	arn := f.id.SignInSessionARN
	if !f.w.on(ruleSignInSession) {
		return nil
	}
	for _, g := range f.w.always(keySignInSession(arn)) {
		if g.Kind == SignIn && g.Detail.SignInSessionARN == arn && g.ErrorCode == "" && f.ownGrant(g) && f.atLeast(g.Time-clockSlack) {
			return g
		}
	}
	return nil
}

// ownGrant reports whether a grant was given to the principal that uses it.
func (f *frame) ownGrant(g *Fact) bool {
	return !differ(g.Caller.PrincipalID, f.id.PrincipalID)
}

// oauthGrant is S1 for what `aws login` hands out: it shows the principal and
// the creation date of the session that granted it (linkage.md 3.12).
func (f *frame) oauthGrant() (grant *Fact) {
	p, cd := f.id.PrincipalID, f.id.Created
	if p == "" || cd.IsZero() || !f.w.on(ruleSession) {
		return nil
	}
	for _, g := range f.w.during(keyCallerSession(p, cd), cd, cd+consoleSession) {
		if g.Kind == SignIn && g.EventName == "CreateOAuth2Token" && f.atLeast(g.Time-clockSlack) {
			return g
		}
	}
	return nil
}

// signInEvent is S3: the sign-in whose second is the session's first.
func (f *frame) signInEvent(name string) *Fact {
	if found := f.signInEvents(name); len(found) > 0 {
		return found[0]
	}
	return nil
}

// signInEvents are the sign-ins of the session's first second; only where there
// is none, a single one within two.
func (f *frame) signInEvents(name string) []*Fact {
	p, cd := f.id.PrincipalID, f.id.Created
	if p == "" || cd.IsZero() || !f.w.on(ruleSignIn) {
		return nil
	}
	var found []*Fact
	for _, s := range f.w.during(keySignInPrincipal(p), cd-2, cd+2) {
		if s.Kind == SignIn && s.EventName == name && s.ErrorCode == "" {
			found = append(found, s)
		}
	}
	if same := between(found, cd, cd); len(same) > 0 {
		found = same
	} else if len(found) > 1 || !f.w.on(nearSeconds) {
		return nil
	}
	if len(found) == 0 || !f.atLeast(found[0].Time-clockSlack) || !f.atMost(found[0].Time+consoleSession) {
		return nil
	}
	return found
}
