package query

import (
	"cmp"

	"github.com/crosstrail/crosstrail/lineage"
)

// oneOrigin is one and the same origin as several chains tell of it: together
// they tell more, and a sign-in, key or workload that only some of them began
// with is not the origin's.
type oneOrigin struct {
	all                   lineage.Origin
	signIn, key, workload single
}

func (o *oneOrigin) add(from *lineage.Origin) {
	a := &o.all
	if a.ID == "" {
		a.ID, a.Kind, a.Rule = from.ID, from.Kind, from.Rule
	}
	a.ARN, a.PrincipalID = cmp.Or(a.ARN, from.ARN), cmp.Or(a.PrincipalID, from.PrincipalID)
	a.AccountID, a.Name = cmp.Or(a.AccountID, from.AccountID), cmp.Or(a.Name, from.Name)
	if from.SignIn != nil {
		o.signIn.add(from.SignIn.Event.ID.Event)
		a.SignIn = from.SignIn
	}
	o.key.add(from.AccessKeyID)
	o.workload.add(from.Workload)
}

func (o *oneOrigin) origin() *lineage.Origin {
	all := o.all
	all.AccessKeyID, all.Workload = o.key.value(), o.workload.value()
	if o.signIn.value() == "" {
		all.SignIn = nil
	}
	return &all
}

// single is a value as long as no other was met.
type single struct {
	first string
	other bool
}

func (s *single) add(v string) {
	if v != "" {
		s.first = cmp.Or(s.first, v)
		s.other = s.other || s.first != v
	}
}

func (s *single) value() string {
	if s.other {
		return ""
	}
	return s.first
}
