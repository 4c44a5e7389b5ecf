package lineage

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// linkField is a field that an addendum may give anew, as the record names it.
// Exactly one of text and time says where it is kept in a fact.
type linkField struct {
	name string
	text func(*Fact) *string
	time func(*Fact) *cloudtrail.Time
}

var linkFields = [...]linkField{
	{name: "errorCode", text: func(f *Fact) *string { return &f.ErrorCode }},
	{name: "requestID", text: func(f *Fact) *string { return &f.RequestID }},
	{name: "sharedEventID", text: func(f *Fact) *string { return &f.SharedEventID }},
	{name: "userIdentity.type", text: func(f *Fact) *string { return &f.Caller.Type }},
	{name: "userIdentity.principalId", text: func(f *Fact) *string { return &f.Caller.PrincipalID }},
	{name: "userIdentity.arn", text: func(f *Fact) *string { return &f.Caller.ARN }},
	{name: "userIdentity.accountId", text: func(f *Fact) *string { return &f.Caller.AccountID }},
	{name: "userIdentity.accessKeyId", text: func(f *Fact) *string { return &f.Caller.AccessKeyID }},
	{name: "userIdentity.userName", text: func(f *Fact) *string { return &f.Caller.UserName }},
	{name: "userIdentity.identityProvider", text: func(f *Fact) *string { return &f.Caller.IdentityProvider }},
	{name: "userIdentity.invokedBy", text: func(f *Fact) *string { return &f.Caller.InvokedBy }},
	{name: "userIdentity.onBehalfOf.userId", text: func(f *Fact) *string { return &f.Caller.OnBehalfOfUser }},
	{name: "userIdentity.onBehalfOf.identityStoreArn", text: func(f *Fact) *string { return &f.Caller.OnBehalfOfStore }},
	{name: "userIdentity.inScopeOf.credentialsIssuedTo", text: func(f *Fact) *string { return &f.Caller.InScopeARN }},
	{name: "userIdentity.sessionContext.attributes.creationDate", time: func(f *Fact) *cloudtrail.Time { return &f.Caller.Created }},
	{name: "userIdentity.sessionContext.sessionIssuer.arn", text: func(f *Fact) *string { return &f.Caller.IssuerARN }},
	{name: "userIdentity.sessionContext.sessionIssuer.principalId", text: func(f *Fact) *string { return &f.Caller.IssuerPrincipal }},
	{name: "userIdentity.sessionContext.sourceIdentity", text: func(f *Fact) *string { return &f.Caller.SourceIdentity }},
	{name: "userIdentity.sessionContext.signInSessionArn", text: func(f *Fact) *string { return &f.Caller.SignInSessionARN }},
	{name: "requestParameters.roleArn", text: func(f *Fact) *string { return &f.Request.RoleARN }},
	{name: "requestParameters.roleSessionName", text: func(f *Fact) *string { return &f.Request.SessionName }},
	{name: "requestParameters.externalId", text: func(f *Fact) *string { return &f.Request.ExternalID }},
	{name: "requestParameters.sourceIdentity", text: func(f *Fact) *string { return &f.Request.SourceIdentity }},
	{name: "requestParameters.targetPrincipal", text: func(f *Fact) *string { return &f.Request.TargetPrincipal }},
	{name: "responseElements.credentials.accessKeyId", text: func(f *Fact) *string { return &f.Grant.AccessKeyID }},
	{name: "responseElements.credentials.expiration", time: func(f *Fact) *cloudtrail.Time { return &f.Grant.Expires }},
	{name: "responseElements.assumedRoleUser.assumedRoleId", text: func(f *Fact) *string { return &f.Grant.PrincipalID }},
	{name: "responseElements.assumedRoleUser.arn", text: func(f *Fact) *string { return &f.Grant.ARN }},
	{name: "responseElements.subject", text: func(f *Fact) *string { return &f.Grant.Subject }},
}

func (l *linkField) get(f *Fact) string {
	if l.time != nil {
		return l.time(f).String()
	}
	return *l.text(f)
}

func (l *linkField) set(f *Fact, value string) {
	if l.time == nil {
		*l.text(f) = value
		return
	}
	if t, ok := cloudtrail.ParseTime(value); ok {
		*l.time(f) = t
	}
}

// appendCorrection adds what an addendum gives anew (linkage.md section 5, case
// 18). A late delivery corrects nothing: its record is the event itself.
func appendCorrection(facts []Fact, r *cloudtrail.Record, use Use) []Fact {
	a := r.Addendum.Unquoted()
	if a.Get("reason").Text() != "UPDATED_DATA" {
		return facts
	}
	f := Fact{Kind: Correction, Use: use}
	f.Detail.ID = unmasked(a.Get("originalEventID").Text())
	updated := updatedFields(a.Get("updatedFields"))
	if f.Detail.ID == "" || f.Detail.ID == use.ID.Event || len(updated) == 0 {
		return facts
	}
	now := Fact{Use: use, Request: readRequest(r, false)}
	if found := readGrants(r.ResponseElements.Unquoted(), !issuesByName(r)); len(found) > 0 {
		now.Grant = found[0].Grant
	}
	for i := range linkFields {
		l := &linkFields[i]
		covered := slices.ContainsFunc(updated, func(u string) bool {
			return u == l.name || strings.HasPrefix(l.name, u) && l.name[len(u)] == '.'
		})
		if !covered {
			continue
		}
		if f.Detail.Fields == nil {
			f.Detail.Fields = map[string]string{}
		}
		f.Detail.Fields[l.name] = l.get(&now)
	}
	if f.Detail.Fields == nil {
		return facts
	}
	return append(facts, f)
}

// updatedFields reads a list of field names: in one string, with commas, or an
// array.
func updatedFields(j cloudtrail.JSON) []string {
	var names []string
	if strings.HasPrefix(string(j), "[") {
		for _, v := range j.Members() {
			names = append(names, v.Text())
		}
	} else {
		names = strings.Split(j.Text(), ",")
	}
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// Corrected returns f with the corrections to its event applied, the earlier
// first; f itself where there are none. Facts of any other kind or event among
// the corrections change nothing, nor does what would make the caller somebody
// else: see [Fact.rivals].
func (f *Fact) Corrected(corrections []*Fact) *Fact {
	told, _ := f.correct(corrections)
	return told
}

// rivals are f as the corrections tell it that name another caller than f, or
// than one before them. Anybody can write such a record: whose word counts is
// not for us to say, so each stands beside f like a variant of the event.
func (f *Fact) rivals(corrections []*Fact) []*Fact {
	_, rivals := f.correct(corrections)
	return rivals
}

func (f *Fact) correct(corrections []*Fact) (told *Fact, rivals []*Fact) {
	apply := slices.Clone(corrections)
	apply = slices.DeleteFunc(apply, func(c *Fact) bool {
		return c.Kind != Correction || c.Detail.ID != f.ID.Event || c.ID.Recipient != f.ID.Recipient ||
			c.EventSource != f.EventSource || c.EventName != f.EventName || c.Time != f.Time
	})
	told = f
	for _, c := range inOrder(apply) {
		next := told.with(c)
		if next.Caller == told.Caller || !changedHands(told.Caller, next.Caller) {
			told = next
			continue
		}
		next.Fingerprint = c.Fingerprint
		rivals = append(rivals, next)
	}
	return told, rivals
}

// with is f with the fields of one correction.
func (f *Fact) with(c *Fact) *Fact {
	out, caller := *f, *f.Caller
	out.Caller = &caller
	for i := range linkFields {
		if value, ok := c.Detail.Fields[linkFields[i].name]; ok {
			linkFields[i].set(&out, value)
		}
	}
	if caller.OnBehalfOfStore == "" {
		caller.OnBehalfOfUser = ""
	}
	if caller == *f.Caller {
		out.Caller = f.Caller
	}
	return &out
}

// changedHands reports whether a corrected identity leads to somebody else. One
// that named nobody may be told.
func changedHands(before, now *Identity) bool {
	if callerName(before) == "" && before.ARN == "" {
		return false
	}
	return !sameCaller(before, now) || !sameOrigin(namedOnRecord(before), namedOnRecord(now))
}

// rivalled is the chain of an event whose addenda may name other callers.
func rivalled(u *Use, c *Chain, fixes []*Fact) *Chain {
	rivals := (&Fact{Use: *u}).rivals(fixes)
	if len(rivals) == 0 || c.Evidence == Contested {
		return c
	}
	out := *c
	out.Evidence, out.Origin, out.Gaps = Contested, nil, nil
	out.Candidates = []Candidate{{Origin: c.Origin, Event: &Fact{Use: *u}}}
	for _, r := range rivals {
		out.Candidates = append(out.Candidates, Candidate{Origin: namedOnRecord(r.Caller), Event: r})
	}
	return &out
}
