package lineage

import (
	"slices"
	"strings"
)

// isSwitch reports whether the record is that of a SwitchRole: its identity is
// the role's that was switched to.
func (f *frame) isSwitch() bool {
	return f.use.EventName == "SwitchRole" && f.use.EventSource == "signin.amazonaws.com" && f.use.ErrorCode == ""
}

// begin gives the record of a SwitchRole the creation date that it does not
// show: it is logged in the second in which the session that it names began
// (linkage.md 3.11).
func (f *frame) begin() {
	if !f.isSwitch() || !f.id.Created.IsZero() || f.id.AccessKeyID != "" {
		return
	}
	id := *f.id
	id.Created = f.use.Time
	f.id = &id
}

// switches are the SwitchRoles that can have begun the session, one for each
// that they name as having switched, a few at most. The record of one tells of
// itself alone.
func (f *frame) switches() []*Fact {
	found := f.signInEvents("SwitchRole")
	if len(found) > 0 && f.unnamed() && f.id.AccessKeyID == "" {
		f.single = true // it may be one of them
	}
	if f.isSwitch() {
		f.single = true
		if own := slices.DeleteFunc(slices.Clone(found), func(sw *Fact) bool { return sw.ID != f.use.ID }); len(own) > 0 {
			found = own
		}
	}
	var out []*Fact
	for _, sw := range found {
		if len(out) == crowd {
			break
		}
		from := sw.switcher()
		if slices.ContainsFunc(out, func(o *Fact) bool { return o.switcher() == from }) ||
			from == "" && slices.ContainsFunc(found, func(o *Fact) bool { return o.ID == sw.ID && o.switcher() != "" }) {
			continue
		}
		out = append(out, sw)
	}
	return out
}

// switcher is the ARN of the user, root or session that a SwitchRole names; ""
// for what has not the form of one: it names nobody.
func (f *Fact) switcher() string {
	arn := f.Detail.SwitchFrom
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" || arnAccount(arn) == "" {
		return ""
	}
	service, resource := parts[2], parts[5]
	if strings.ContainsFunc(resource, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return ""
	}
	kind, rest, _ := strings.Cut(resource, "/")
	role, session, _ := strings.Cut(rest, "/")
	switch {
	case service == "iam" && (kind == "user" && lastPart(rest) != "" || resource == "root"):
	case service == "sts" && kind == "assumed-role" && role != "" && session != "":
	default:
		return ""
	}
	return arn
}

// switchedFrom is S3 (sign-in) for a role that a person switched to in the
// console: SwitchRole is logged beside the role and names who came. Where
// several came in one second nobody is picked.
func (f *frame) switchedFrom(hop Hop) *Chain {
	var fits []fit
	for _, sw := range f.switches() {
		fits = append(fits, fit{by: sw, c: f.beforeSwitch(sw)})
	}
	if len(fits) == 0 {
		return nil
	}
	sw, c := fits[0].by, fits[0].c
	from := sw.switcher()
	if len(fits) == 1 && from == "" {
		return nil
	}
	hop.Rule, hop.Evidence = SignInRule, Strong
	if sw.Time != f.id.Created {
		hop.Evidence = Inferred
	}
	hop.Proof.Equal = []Equal{{"principalId", f.id.PrincipalID}, {"creationDate", sw.Time.String()}}
	if slices.ContainsFunc(fits[1:], func(other fit) bool { return c.Origin == nil || !sameOrigin(c.Origin, other.c.Origin) }) &&
		f.w.on(contestOrigins) {
		return f.contested(fits, hop)
	}
	hop.By, hop.Issuance, hop.CallerAccountID = sw.EventName, sw, arnAccount(from)
	if c.Origin != nil {
		return extend(c, hop, &sw.Use)
	}
	return &Chain{
		Evidence: Unresolved, Hops: []Hop{hop}, CrossAccount: hop.crosses(), span: 1,
		Gaps: []Gap{f.gap(NoIssuerLog, hop.CallerAccountID)},
	}
}

// beforeSwitch is the chain of whoever a SwitchRole names.
func (f *frame) beforeSwitch(sw *Fact) *Chain {
	if o := f.switchOrigin(sw); o != nil {
		return &Chain{Evidence: Exact, Origin: o}
	}
	if c := f.liveSession(sw); c != nil {
		return c
	}
	return &Chain{Evidence: Unresolved}
}

// switchOrigin is the user that a SwitchRole names by ARN; nil for a session.
func (f *frame) switchOrigin(sw *Fact) *Origin {
	from := sw.switcher()
	in := arnAccount(from)
	var o *Origin
	switch {
	case strings.Contains(from, ":user/"):
		o = iamOrigin(in, f.w.userByARN(from, sw.Time), from, "")
	case strings.HasSuffix(from, ":root"):
		o = rootOrigin(in, in, from)
	}
	if o != nil {
		o.Rule = SignInRule
	}
	return o
}

// liveSession goes on from a SwitchRole that names a session, not a user: the
// one live session of that role and name, if there is one.
func (f *frame) liveSession(sw *Fact) *Chain {
	arn := sw.switcher()
	_, after, ok := strings.Cut(arn, ":assumed-role/")
	if !ok {
		return nil
	}
	in := arnAccount(arn)
	role, name, _ := strings.Cut(after, "/")
	id := ""
	for _, n := range f.w.always(keyName(role)) {
		if n.Kind != Name || n.Detail.Name != role || !isRoleID(n.Detail.ID) || arnAccount(n.Detail.ARN) != in {
			continue
		}
		if differ(id, n.Detail.ID) {
			return nil
		}
		id = n.Detail.ID
	}
	if id == "" {
		return nil
	}
	c := f.w.soleCandidate(id+":"+name, in, &sw.Use, true)
	if c == nil || c.Origin == nil {
		return nil
	}
	return c
}

// switched holds the SwitchRoles against the chain that the session's issuance
// led to: one gives a name to a caller known by unique id only, and one from
// somebody else contests it. The record of a SwitchRole is told by itself where
// another SwitchRole of that second has the issuance to it.
func (f *frame) switched(c *Chain) *Chain {
	if f.isSwitch() && (c.Evidence == Contested || f.anotherSwitched(c)) {
		if own := f.switchedFrom(f.hop()); own != nil && own.Origin != nil {
			return own
		}
	}
	if c.Origin == nil || c.Evidence == Claimed {
		return c
	}
	out := *c
	for _, sw := range f.switches() {
		from := f.switchOrigin(sw)
		switch {
		case from == nil:
			if other := f.anotherSession(c, sw); other != nil {
				out.Conflicts = append(slices.Clip(out.Conflicts), *other)
			}
		case from.isAnother(c.Origin):
			out.Conflicts = append(slices.Clip(out.Conflicts), Conflict{Says: "SwitchFrom", Origin: from})
		case c.Origin.Kind == AWSAccount && isUserID(c.Origin.PrincipalID):
			// The role's owner was told the unique id, and the sign-in the name.
			o := *from
			o.PrincipalID = c.Origin.PrincipalID
			o.ID, o.Rule = "iam:"+o.AccountID+":"+o.PrincipalID, SignInRule
			out.Origin, out.Evidence = &o, max(c.Evidence, Strong)
		}
	}
	if len(out.Conflicts) == len(c.Conflicts) || !f.w.on(contestOrigins) {
		return &out
	}
	out.Candidates = []Candidate{{Origin: out.Origin, Event: c.issuance()}}
	out.Evidence, out.Origin = Contested, nil
	return &out
}

// anotherSwitched reports whether a SwitchRole's chain is that of the switch of
// somebody else, in the same second.
func (f *frame) anotherSwitched(c *Chain) bool {
	if c.Origin == nil {
		return false
	}
	is := func(sw *Fact) bool {
		o := f.switchOrigin(sw)
		return o != nil && !o.isAnother(c.Origin)
	}
	all := f.signInEvents("SwitchRole")
	return len(all) > 1 && !slices.ContainsFunc(f.switches(), is) && slices.ContainsFunc(all[:min(len(all), crowd)], is)
}

// anotherSession is the conflict of a SwitchRole that names a session with an
// issuance that another caller asked for; nil where they agree.
func (f *frame) anotherSession(c *Chain, sw *Fact) *Conflict {
	from, i := sw.switcher(), c.issuance()
	if from == "" || i == nil || !differ(from, i.Caller.ARN) {
		return nil
	}
	before := f.beforeSwitch(sw).Origin
	if before != nil && sameOrigin(before, c.Origin) {
		return nil
	}
	return &Conflict{Says: "SwitchFrom", Origin: before}
}

// isAnother reports whether one who switched cannot be the origin that an
// issuance led to. An ARN is all that SwitchFrom tells: where it is the
// origin's, the unique id that it had that day, for this user or a namesake,
// contests nothing.
func (o *Origin) isAnother(issued *Origin) bool {
	switch {
	case sameOrigin(o, issued), issued.Kind == UnknownOrigin:
		return false
	case issued.Kind != IAMUser && issued.Kind != Root && issued.Kind != AWSAccount, differ(o.AccountID, issued.AccountID):
		return true
	case o.ARN == issued.ARN, issued.Kind == AWSAccount && !isUserID(issued.PrincipalID):
		return false
	case o.Kind == Root || issued.Kind == Root, isUserID(o.PrincipalID) && isUserID(issued.PrincipalID):
		return true
	}
	return differ(o.ARN, issued.ARN)
}
