package lineage

import (
	"slices"
	"strings"
)

// Clone returns an identity whose strings alias nothing.
func (id *Identity) Clone() *Identity {
	c := *id
	packStrings(
		&c.Type, &c.PrincipalID, &c.ARN, &c.AccountID, &c.AccessKeyID, &c.UserName,
		&c.IdentityProvider, &c.InvokedBy, &c.CredentialID, &c.DelegateAccount,
		&c.OnBehalfOfUser, &c.OnBehalfOfStore, &c.InScopeType, &c.InScopeARN,
		&c.IssuerType, &c.IssuerPrincipal, &c.IssuerARN, &c.IssuerAccount, &c.IssuerName,
		&c.FederatedProvider, &c.FederatedSubject, &c.SourceIdentity,
		&c.EC2RoleDelivery, &c.SignInSessionARN,
	)
	return &c
}

// Clone returns a fact whose strings alias nothing but the location's file and
// what the caller's do: those two are held by whoever keeps files and
// identities.
func (f *Fact) Clone() *Fact {
	c := *f
	u, q, g, d := &c.Use, &c.Request, &c.Grant, &c.Detail
	packStrings(
		&u.ID.Event, &u.ID.Recipient, &u.EventSource, &u.EventName, &u.Region, &u.ErrorCode,
		&u.RequestID, &u.SharedEventID, &u.SourceIP, &u.UserAgent,
		&q.RoleARN, &q.SessionName, &q.ExternalID, &q.SourceIdentity, &q.TargetPrincipal, &q.SerialNumber,
		&g.AccessKeyID, &g.PrincipalID, &g.ARN, &g.Subject, &g.Provider, &g.Issuer,
		&d.SwitchFrom, &d.SignInSessionARN, &d.Account, &d.Role, &d.ID, &d.Name, &d.ARN, &d.Key,
	)
	q.Tags, q.IncomingTags, d.Fields = cloneMap(q.Tags), cloneMap(q.IncomingTags), cloneMap(d.Fields)
	q.TransitiveTags, d.Requests = cloneStrings(q.TransitiveTags), cloneStrings(d.Requests)
	return &c
}

// packStrings copies many strings into one allocation.
func packStrings(fields ...*string) {
	size := 0
	for _, f := range fields {
		size += len(*f)
	}
	var b strings.Builder
	b.Grow(size)
	for _, f := range fields {
		b.WriteString(*f)
	}
	all := b.String()
	for _, f := range fields {
		*f, all = all[:len(*f)], all[len(*f):]
	}
}

func cloneMap(m map[string]string) map[string]string {
	if m == nil {
		return nil
	}
	c := make(map[string]string, len(m))
	for k, v := range m {
		c[strings.Clone(k)] = strings.Clone(v)
	}
	return c
}

func cloneStrings(s []string) []string {
	c := slices.Clone(s)
	for i := range c {
		c[i] = strings.Clone(c[i])
	}
	return c
}
