package site

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Bus is an event bus and who its policy lets put events there.
type Bus struct {
	Name, ARN     string
	Accounts      []string // by number, that statements name
	Organizations []string // o-…
	Anybody       bool     // a statement names everybody, and no organisation
	Refused       []string // accounts that statements name, and that may not send all the same

	document *policy.Document // nil: there is none that can be read
}

// Bus looks at an event bus of the caller's account and region; nil where there is none.
func (s *Site) Bus(ctx context.Context, name string) (*Bus, error) {
	out, err := eventbridge.NewFromConfig(s.cfg).DescribeEventBus(ctx, &eventbridge.DescribeEventBusInput{Name: &name})
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, s.explain(ctx, err, "look at the event bus "+name, "events:DescribeEventBus", name)
	}
	return BusOf(name, aws.ToString(out.Arn), aws.ToString(out.Policy))
}

// BusOf reads the policy of a bus; "" is none.
func BusOf(name, arn, text string) (*Bus, error) {
	b := &Bus{Name: name, ARN: arn}
	if text == "" {
		return b, nil
	}
	document, err := policy.Parse(text)
	if err != nil {
		return nil, &Error{Doing: "read the policy of the event bus " + name, Err: err}
	}
	b.document = document
	for i, st := range document.Statements {
		if st.Effect != policy.Allow || st.Principal == nil {
			continue
		}
		for _, who := range st.Principal.AWS {
			account := cmp.Or(policy.AccountOf(who), part(who, 4))
			if account != "" && document.Answer(i, b.sends(account)) != policy.No {
				b.Accounts = append(b.Accounts, account)
			}
		}
		if st.Principal.Everyone && document.Answer(i, b.sends("")) != policy.No {
			orgs := organizationsIn(st.Condition)
			b.Organizations = append(b.Organizations, orgs...)
			b.Anybody = b.Anybody || len(orgs) == 0
		}
	}
	slices.Sort(b.Accounts)
	b.Accounts = slices.Compact(b.Accounts)
	b.Refused = b.refused()
	return b, nil
}

// refused are the accounts that are named in vain: by a statement whose condition leaves
// out what a spoke sends, or beside one that denies it.
func (b *Bus) refused() (all []string) {
	for _, st := range b.document.Statements {
		if st.Effect != policy.Allow || st.Principal == nil {
			continue
		}
		for _, who := range st.Principal.AWS {
			if account := cmp.Or(policy.AccountOf(who), part(who, 4)); account != "" && b.Lets(account) == policy.No {
				all = append(all, account)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func organizationsIn(c policy.Condition) (orgs []string) {
	for _, test := range c.Tests() {
		if policy.SameName(test.Key, "aws:PrincipalOrgID") {
			orgs = append(orgs, test.Values...)
		}
	}
	return orgs
}

// sends is what a spoke of an account does (EventBridge User Guide, "Permissions for
// event buses": the condition keys).
func (b *Bus) sends(account string) policy.Request {
	return policy.Request{
		Principals: []string{account}, Account: account, Action: "events:PutEvents", Resource: policy.Exactly(b.ARN, false),
		Known: map[string][]string{
			"events:source": {"aws.sts"}, "events:detail-type": {"AWS API Call via CloudTrail"}, "events:eventbusinvocation": {"true"},
			"aws:principalaccount": {account}, "aws:securetransport": {"true"},
		},
	}
}

// Lets reports whether the policy lets a spoke of an account put its events: perhaps,
// where that hangs on what is not known here, as on whose organisation it is of.
func (b *Bus) Lets(account string) policy.Answer {
	if part(b.ARN, 4) == account {
		return policy.Yes // its own policies decide
	}
	if b.document == nil {
		return policy.No
	}
	allows, denies := policy.No, policy.No
	for i, st := range b.document.Statements {
		its := b.document.Answer(i, b.sends(account))
		if st.Effect == policy.Deny {
			denies = max(denies, its)
		} else {
			allows = max(allows, its)
		}
	}
	return min(allows, policy.Yes-denies)
}
