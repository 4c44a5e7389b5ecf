package share

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/share/policy"
)

// fixing are the keys of which a fixed value keeps a statement from being about
// everybody (Amazon S3 User Guide, "Blocking public access to your Amazon S3
// storage", The meaning of "public"). A principal is told by its account, its
// organisation and its path in it as well. Of a key it is kms:CallerAccount too
// (KMS Developer Guide, condition keys). No address of a private network is among
// them, nor a user's name: each account may have the same.
var fixing = []string{
	"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:userid",
	"aws:sourceaccount", "aws:sourceowner", "aws:sourcearn", "aws:sourceorgid", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceip",
	"s3:dataaccesspointaccount", "s3:dataaccesspointarn", "kms:calleraccount",
}

var (
	orgPath     = regexp.MustCompile(`^o-[a-z0-9]{10,32}/`)
	accessPoint = regexp.MustCompile(`^arn:aws[a-z-]*:s3:[a-z0-9-]+:\d{12}:accesspoint/[^$]*$`)
)

// heldBy is the key by whose fixed values a statement is held, and these; empty
// where nothing holds it.
func heldBy(s policy.Statement) (key string, values []string) {
	tests := s.Condition.Tests()
	for _, key := range fixing {
		for _, t := range tests {
			if !policy.SameName(t.Key, key) {
				continue
			}
			if fixed := t.Fixed(); len(fixed) > 0 {
				return key, fixed
			}
			// What follows the organisation, or the account, may be open.
			form := map[string]*regexp.Regexp{"aws:principalorgpaths": orgPath, "s3:dataaccesspointarn": accessPoint}[key]
			values := t.Positive()
			if form != nil && len(values) > 0 && !slices.ContainsFunc(values, func(v string) bool { return !form.MatchString(v) || strings.Contains(v, "${") }) {
				return key, values
			}
		}
	}
	return "", nil
}

// audience is whom a statement lets do what it allows.
type audience struct {
	text      string // who, in words
	everybody bool   // of every account
	blocked   bool   // but Block Public Access keeps them out
	own       bool   // the owner's account alone
	services  bool   // AWS's services alone
	nobody    bool   // besides the owner's own, whom it names
}

// audience tells whom a statement is about. A condition that cannot be judged is
// taken to hold nobody.
func (b *besides) audience(f Finding, s policy.Statement) audience {
	owner := b.owner(f)
	p := s.Principal
	if s.NotPrincipal == nil && !p.Everybody() {
		people := slices.Concat(outside(p.AWS, owner), p.Federated, p.CanonicalUser)
		all := slices.Concat(people, p.Service)
		return audience{text: few(all), services: len(people) == 0, nobody: len(all) == 0}
	}
	key, values := heldBy(s)
	wide := key == "aws:sourceip" && slices.ContainsFunc(s.Condition.Tests(), policy.Test.AllAddresses)
	if key != "" && !wide {
		account := key == "aws:principalaccount" || key == "kms:calleraccount"
		return audience{
			text: "everybody who passes its condition on " + key,
			own:  account && !slices.ContainsFunc(values, func(v string) bool { return v != owner }),
		}
	}
	a := audience{text: "everybody of every account", everybody: true}
	a.blocked = key == "" && f.Kind == BucketDocument && !b.s.Bucket.Public && !b.unread("s3:GetBucketPublicAccessBlock")
	return a
}

// strangers are whom a statement lets in of other accounts than an owner's and those
// of its organisation, as far as it names them.
func (b *besides) strangers(f Finding, s policy.Statement) []string {
	var named []string
	if s.Principal != nil {
		named = slices.Clone(s.Principal.AWS)
	}
	for _, t := range s.Condition.Tests() {
		key, fixed := policy.Fold(t.Key), t.Fixed()
		switch {
		case len(fixed) == 0:
		case key == "aws:principalorgid" && b.s.Organization != nil && !slices.ContainsFunc(fixed, func(id string) bool { return id != b.s.Organization.ID }):
			return nil
		case slices.Contains([]string{"aws:principalorgid", "aws:principalaccount", "aws:principalarn", "kms:calleraccount"}, key):
			named = append(named, fixed...)
		}
	}
	return slices.DeleteFunc(named, func(who string) bool {
		account := cmp.Or(policy.AccountOf(who), accountOf(who))
		if strings.HasPrefix(who, "o-") {
			return b.s.Organization != nil && who == b.s.Organization.ID
		}
		inside, _ := b.s.Inside(account)
		return account == "" || account == b.owner(f) || inside
	})
}

// owner is whose the thing is that a finding is about.
func (b *besides) owner(f Finding) string {
	if f.Kind == KeyDocument {
		return accountOf(f.Resource)
	}
	return cmp.Or(b.s.Bucket.Account, b.s.Caller.Account)
}

func (b *besides) unread(action string) bool {
	return slices.ContainsFunc(b.s.Unread, func(u Unread) bool { return u.Action == action })
}

// outside are the principals of other accounts.
func outside(principals []string, owner string) []string {
	return slices.DeleteFunc(slices.Clone(principals), func(p string) bool { return accountOf(p) == owner })
}
