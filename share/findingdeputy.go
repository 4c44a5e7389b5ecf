package share

import (
	"regexp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/share/policy"
)

// trailARN is the ARN of trails of one account; which trails is told by what
// follows, and the region may be open, as a trail's name is one of its account.
var trailARN = regexp.MustCompile(`^arn:aws[a-z-]*:cloudtrail:[a-z0-9*?-]*:(\d{12}):(.*)$`)

// deputy names a statement that lets CloudTrail act for somebody else's trail (IAM
// User Guide, "The confused deputy problem"): what holds it has to tell the
// account, and that has to be one of one's own.
func (b *besides) deputy(f Finding, s policy.Statement) {
	if s.Principal == nil || !slices.ContainsFunc(s.Principal.Service, func(name string) bool { return strings.HasPrefix(name, "cloudtrail.amazonaws.com") }) {
		return
	}
	f.Code, f.Level = "confused-deputy", Fault
	f.Remedy = b.deputyRemedy()
	accounts, any, held := b.sources(s)
	if !held {
		f.Text = "CloudTrail may act on it for anybody's trail: no aws:SourceArn (or aws:SourceAccount) holds it to yours"
		b.add(f)
		return
	}
	for _, account := range accounts {
		inside, known := b.s.Inside(account)
		switch {
		case inside, account == b.owner(f), account == b.s.Trail.Account:
			continue
		case known:
			f.Text = "CloudTrail may act on it for trails of account " + account + ", which is not yours"
			b.add(f)
			return
		}
		f.Code, f.Level, f.Text, f.Remedy = "other-trail", Note, "CloudTrail may act on it for trails of account "+account+": whether that is yours could not be seen", "if nobody knows the account, take it out of the condition"
		b.add(f)
		return
	}
	if any {
		f.Code, f.Level, f.Text = "any-trail", Note, "CloudTrail may act on it for every trail of account "+strings.Join(accounts, ", ")
		b.add(f)
	}
}

// deputyRemedy is what to add. Of a trail that is not known nothing is made up: a
// value that fits no trail would stop the delivery of log files.
func (b *besides) deputyRemedy() string {
	if b.s.Trail.ARN == "" {
		return `add "StringEquals": {"aws:SourceArn": …} to its condition, with the ARN of the trail that writes here, which this account does not see: ask its owner (CloudTrail User Guide, S3 bucket policy)`
	}
	return `add "StringEquals": {"aws:SourceArn": "` + b.s.Trail.ARN + `"} to its condition (CloudTrail User Guide, S3 bucket policy)`
}

// sources are the accounts whose trails a statement is held to; any: of whichever
// name. The owner's own organisation is held to none.
func (b *besides) sources(s policy.Statement) (accounts []string, any, held bool) {
	tests := s.Condition.Tests()
	for _, t := range tests {
		if !policy.SameName(t.Key, "aws:SourceArn") {
			continue
		}
		var of []string
		for _, v := range t.Positive() {
			m := trailARN.FindStringSubmatch(v)
			if m == nil {
				of = nil
				break
			}
			name, trail := strings.CutPrefix(m[2], "trail/")
			of, any = append(of, m[1]), any || !trail || policy.Vague(name)
		}
		if of != nil {
			return of, any, true
		}
	}
	for _, t := range tests {
		fixed := t.Fixed()
		switch {
		case len(fixed) == 0:
		case policy.SameName(t.Key, "aws:SourceAccount") && !slices.ContainsFunc(fixed, func(v string) bool { return !IsAccount(v) }):
			return fixed, false, true
		case policy.SameName(t.Key, "aws:SourceOrgID") && b.s.Organization != nil && len(fixed) == 1 && fixed[0] == b.s.Organization.ID:
			return nil, false, true
		}
	}
	return nil, false, false
}
