package share_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// TestDecisions: each kind of document that a plan makes lets in whom it is meant
// for, and nobody of whom one single thing is amiss, by the verdicts of two
// engines that are not ours.
func TestDecisions(t *testing.T) {
	stand := stack.Start(t)
	c := &court{t: t, stand: stand, s: surroundings(t)}
	c.s.Bucket.Region = awstest.Region
	c.org = stand.Account("999999999999").Organization(t, "root", map[string]string{owner: "logs", member: "dev"})
	c.s.Organization.ID = c.org
	logs := stand.Account(owner).Bucket(t, logBucket)
	stand.Account(owner).Bucket(t, elsewhere).Put(t, awstest.Object{Key: "x", Body: []byte("x")})
	for _, k := range []string{ownKey, ownOldKey, othersKey, orgKey, spare} {
		logs.Put(t, awstest.Object{Key: k, Body: []byte("x")})
	}
	c.byPolicy()
	c.bySession()
	c.breadths()
	c.sealed(logs)
	if c.asked < 80 {
		t.Errorf("only %d decisions", c.asked)
	}
	t.Logf("%d decisions, by two engines each", c.asked)
}

var ownAll = []string{"list own", "list own by name", "list own's folder", "get own", "get own of before"}

// ended makes a grant that was over an hour ago.
func ended(g *share.Grant) { g.Expires = time.Now().Add(-time.Hour) }

// byPolicy is grants by the bucket's policy.
func (c *court) byPolicy() {
	own := func(g *share.Grant) *policy.Document { return g.Reader(c.s, c.s.Scope(g, share.Days)) }
	g := c.granted(share.Want{To: member})
	c.reads("member", c.user(member, "reader", own(g)), ownAll...)
	c.reads("member without a policy of its own", c.user(member, "bare", nil))
	c.reads("member, of another account", c.user(outside, "reader", own(g)))

	g = c.granted(share.Want{To: member}, ended)
	who := c.user(member, "late", own(g))
	c.reads("member after the end", who)

	g = c.granted(share.Want{To: member, MFA: true, Expires: time.Now().Add(time.Hour), Since: day("2026-11-01"), Until: day("2026-11-30")})
	c.reads("member without MFA", c.user(member, "nomfa", own(g)))
	c.reads("member with MFA, by days", c.shown(c.user(member, "mfa", own(g))), "list own", "list own by name", "list own's folder", "get own")

	kim := c.user(member, "kim", nil) // a policy names nobody who is not there
	g = c.granted(share.Want{To: kim.principal})
	c.reads("one user", c.may(kim, own(g)), ownAll...)
	c.reads("one user, as another", c.user(member, "lee", own(g)))

	g = c.granted(share.Want{To: member}, func(g *share.Grant) { g.Organization = "o-another000" })
	c.reads("a member of another organisation", c.user(member, "gone", own(g)))

	g = c.granted(share.Want{Organization: true})
	c.reads("the organisation", c.user(member, "any", own(g)), ownAll...)
	c.reads("the organisation, outside", c.user(outside, "any", own(g)))

	c.s.Trail.Organization, c.s.Bucket.Folders = true, []string{c.org + "/" + member}
	g = c.granted(share.Want{Organization: true})
	c.reads("the organisation's trail", c.user(member, "orgtrail", own(g)))
	c.s.Trail.Organization, c.s.Bucket.Folders = false, nil
}

// bySession is grants by a role.
func (c *court) bySession() {
	nobody := func(in *sts.AssumeRoleInput) { in.ExternalId = nil }
	other := func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String("acme-2") }
	own := func(g *share.Grant) *policy.Document { return g.Reader(c.s, share.Scope{}) }

	g := c.granted(share.Want{To: member, Via: share.Role})
	session := c.assume("member", true, g, c.user(member, "r1", own(g)))
	c.reads("member in a role", c.in(g, session), append([]string{"location"}, ownAll...)...)
	c.assume("member without a policy of its own", false, g, c.user(member, "r2", nil))
	c.assume("another account", false, g, c.user(outside, "r1", own(g)))

	g = c.granted(share.Want{To: outside, Logs: share.Logs{All: true}, ExternalID: "acme-1"})
	auditor := c.user(outside, "auditor", own(g))
	session = c.assume("auditor", true, g, auditor)
	c.reads("auditor", c.in(g, session), append([]string{"location", "list log files", "list like own", "list another's", "get another's", "get organisation's"}, ownAll...)...)
	c.assume("auditor without an external id", false, g, auditor, nobody)
	c.assume("auditor with another", false, g, auditor, other)

	one := c.user(outside, "one", nil)
	g = c.granted(share.Want{
		To: one.principal, Logs: share.Logs{Accounts: []string{member}}, ExternalID: "acme-1", MFA: true,
		Expires: time.Now().Add(time.Hour), SessionName: "audit-2026", Since: day("2026-11-01"),
	})
	one = c.may(one, own(g))
	c.assume("all conditions but MFA", false, g, one)
	shown := c.shown(one)
	session = c.assume("all conditions", true, g, shown)
	c.reads("all conditions", c.in(g, session), "location", "list own", "list own by name", "list own's folder", "get own")
	c.assume("all conditions but the external id", false, g, shown, nobody)
	c.assume("all conditions, another external id", false, g, shown, other)
	c.assume("all conditions, another session name", false, g, shown, func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("audit-2027") })
	c.assume("all conditions, another user", false, g, c.shown(c.user(outside, "two", own(g))))

	g = c.granted(share.Want{To: member, Via: share.Role, Logs: share.Logs{Accounts: []string{owner}}}, ended)
	c.assume("after the end", false, g, c.user(member, "late1", own(g)))
	g = c.granted(share.Want{To: member, Via: share.Role, Logs: share.Logs{All: true}}, func(g *share.Grant) { g.Organization = "o-another000" })
	c.assume("a member of another organisation", false, g, c.user(member, "gone1", own(g)))
}

// breadths are the policies of a role, and their end in a session that goes on.
func (c *court) breadths() {
	doors := map[string]share.Want{"minimal": {}, "seed": {Policy: share.Seed}, "managed": {Policy: share.ManagedReadOnly}}
	allowed := map[string][]string{
		"minimal": append([]string{"location"}, ownAll...),
		"seed":    append([]string{"location", "bucket policy", "list all", "list log files", "list like own", "list another's"}, ownAll...),
		"managed": append([]string{"location", "bucket policy", "list all", "list log files", "list like own", "list another's", "get another's", "get organisation's", "get elsewhere", "list buckets"}, ownAll...),
	}
	for name, w := range doors {
		for i, end := range []func(*share.Grant){nil, ended} {
			w.To, w.Via = member, share.Role
			open := func(g *share.Grant) { g.ID = g.ID[:9] + name[:2] + string("yz"[i]) } // a role each
			g := c.granted(w, open, func(g *share.Grant) {
				if end != nil {
					end(g)
				}
			})
			live := *g
			live.Expires = time.Time{} // the session was had before the end
			c.trust(g, live.Trust())
			session := c.assume(name, true, &live, c.user(member, "b"+name+string("yz"[i]), g.Reader(c.s, share.Scope{})))
			may := allowed[name]
			if end != nil {
				may = nil
			}
			c.reads(name+[]string{"", " after the end"}[i], c.in(g, session), may...)
		}
	}
}

// closedKey is the policy of a key that its account administers, and whose use it
// does not leave to IAM.
const closedKey = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":["kms:PutKeyPolicy","kms:GetKeyPolicy","kms:DescribeKey"],"Resource":"*"}]}`

// sealed is log files under a key.
func (c *court) sealed(logs *awstest.Bucket) {
	for name, k := range map[string]struct {
		policy string
		named  bool // the key's policy names the reader
		role   bool
		want   bool
	}{
		"a key that leaves it to IAM":                {iamKey, false, true, true},
		"a key that does not":                        {closedKey, false, true, false},
		"a key that does not, and names the role":    {closedKey, true, true, true},
		"a key that does not name the other account": {iamKey, false, false, false},
		"a key that names the other account":         {iamKey, true, false, true},
	} {
		arn := c.stand.Account(owner).Key(c.t, k.policy)
		c.s.Keys = []share.Key{{ARN: arn, Account: owner, Policy: parsed(c.t, k.policy)}}
		w := share.Want{To: member, Via: share.BucketPolicy}
		if k.role {
			w.Via = share.Role
		}
		g := c.granted(w, func(g *share.Grant) { g.ID = g.ID[:4] + arn[len(arn)-8:] })
		text := k.policy
		if k.named {
			text = parsed(c.t, k.policy).With(func(string) bool { return false }, g.KeyStatement()).String()
			c.keyPolicy(arn, text)
		}
		sealed := "audit/AWSLogs/" + member + "/sealed-" + arn[len(arn)-8:]
		logs.Put(c.t, awstest.Object{Key: sealed, Body: []byte("x"), KMSKey: arn})
		who := c.user(member, "s"+arn[len(arn)-8:], g.Reader(c.s, c.s.Scope(g, share.Days)))
		if k.role {
			who = c.in(g, c.assume(name, true, g, who))
		}
		c.decrypt(name, k.want, who, sealed, arn, text)
	}
}
