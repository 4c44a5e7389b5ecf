package share

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// NewGrant makes the grant of a want, and says why by these means. The error is a
// [*Refusal].
func NewGrant(w Want, s *Surroundings) (g *Grant, warnings []Warning, why string, err error) {
	c := &choice{w: w, s: s}
	g, err = c.grant()
	return g, c.warnings, c.why, err
}

// choice is the making of one grant.
type choice struct {
	w        Want
	s        *Surroundings
	warnings []Warning
	why      string
}

func (c *choice) warn(code, format string, args ...any) {
	c.warnings = append(c.warnings, Warning{code, fmt.Sprintf(format, args...)})
}

func (c *choice) grant() (*Grant, error) {
	w, s := c.w, c.s
	if err := w.Check(); err != nil {
		return nil, err
	}
	g := &Grant{
		To: w.To, Partition: s.Caller.Partition, Owner: cmp.Or(s.Bucket.Account, s.Caller.Account), Trail: s.Trail.ARN, Bucket: s.Bucket.Name, Region: s.Bucket.Region,
		Logs: w.Logs, Since: w.Since, Until: w.Until, Expires: w.Expires.Truncate(time.Second), MFA: w.MFA, ExternalID: w.ExternalID, SessionName: w.SessionName,
	}
	if g.Owner != s.Caller.Account {
		return nil, refuse("run this as "+g.Owner+": --profile NAME, or --role-arn ARN", "bucket %s belongs to account %s, and you are in %s", g.Bucket, g.Owner, s.Caller.Account)
	}
	for _, step := range []func(*Grant) error{c.reader, c.prefix, c.membership, c.means} {
		if err := step(g); err != nil {
			return nil, err
		}
	}
	g.Logs = g.meant(g.Logs)
	g.ID = identify(g.To, cmp.Or(g.Trail, g.Bucket), g.Means, g.Logs)
	c.readable(g)
	return g, nil
}

// meant has the reader's own account named alone as own, and others in order.
func (g *Grant) meant(l Logs) Logs {
	l.Accounts = slices.Compact(slices.Sorted(slices.Values(l.Accounts)))
	if len(l.Accounts) == 1 && l.Accounts[0] == g.account() {
		return Logs{}
	}
	return l
}

// reader checks who it is for.
func (c *choice) reader(g *Grant) error {
	if c.w.Organization {
		if c.s.Organization == nil {
			return refuse("name the accounts one by one: --to ACCOUNT --to ACCOUNT", "your account is in no organisation that you may look at (organizations:DescribeOrganization)")
		}
		g.To = c.s.Organization.ID
		return nil
	}
	if m := principal.FindStringSubmatch(g.To); m != nil {
		if m[1] != g.Partition {
			return refuse("", "%s is of partition %s, the bucket of %s: no access goes from one to another", g.To, m[1], g.Partition)
		}
		if m[3] == "root" {
			g.To = m[2]
		}
	}
	if g.To == g.Owner {
		return refuse("to let one role of it read less than others: --to ARN", "account %s owns the bucket: what its users may read their own policies say", g.To)
	}
	return nil
}

// prefix takes the trail's, which the user may only confirm: with another the
// reader would see nothing, or somebody else's log files (the AWS text of the seed).
func (c *choice) prefix(g *Grant) error {
	said := ""
	if c.w.Prefix != nil {
		said = strings.Trim(*c.w.Prefix, "/")
	}
	if g.Trail == "" {
		g.Prefix = said
		c.warn("trail-unknown", "no trail that you can see writes to %s: whether the prefix %q is right is not known", g.Bucket, said)
		return nil
	}
	g.Prefix = c.s.Trail.Prefix
	if c.w.Prefix != nil && said != g.Prefix {
		return misread("leave --prefix away: the trail's is taken", "--prefix %q is not the prefix of trail %s, which is %q", said, c.s.Trail.Name, g.Prefix)
	}
	return nil
}

// membership asks of an outsider what a third party must have: an external id
// that it made, so that nobody has it read for another customer (IAM User Guide,
// the confused deputy problem).
func (c *choice) membership(g *Grant) error {
	if c.w.Organization {
		g.Organization = g.To
		return nil
	}
	inside, known := c.s.Inside(g.account())
	switch own := g.meant(g.Logs).String() == "own"; {
	case known && inside:
		g.Organization = c.s.Organization.ID
	case !known && own:
		c.warn("membership-unknown", "whether %s is an account of yours cannot be seen (organizations:ListAccounts): it is taken for one, as it reads its own log files alone", g.account())
	case g.ExternalID == "":
		why := g.account() + " is outside your organisation"
		if !known {
			why = "whether " + g.account() + " is an account of yours cannot be seen (organizations:ListAccounts), and it is to read more than its own log files"
		}
		return refuse("the reader makes it, and sends it to you: crosstrail share reader-policy --new-external-id; then --external-id ID", "%s: it needs an external id", why)
	}
	return nil
}

// Inside reports whether an account is in the caller's organisation, where that
// is known.
func (s *Surroundings) Inside(account string) (inside, known bool) {
	o := s.Organization
	if o == nil || o.Members == nil {
		return o != nil && account == o.Management, o != nil && account == o.Management
	}
	return account == o.Management || slices.Contains(o.Members, account), true
}

// readable warns of what will keep the reader from reading, and of what it will
// read beyond what was meant.
func (c *choice) readable(g *Grant) {
	if g.MFA && !strings.Contains(g.To, ":user/") {
		reader := "roles of " + g.account() + ", such as those of Identity Center, instances and CI,"
		switch {
		case strings.Contains(g.To, ":role/"):
			reader = "it is a role and"
		case c.w.Organization:
			reader = "roles of its accounts, such as those of Identity Center, instances and CI,"
		}
		c.warn("mfa-role", "MFA is required: %s can hardly ever show it, users with a device can", reader)
	}
	for _, account := range g.accounts() {
		if len(c.s.Bucket.Folders) > 0 && !slices.ContainsFunc(c.s.Bucket.Folders, func(f string) bool { return strings.HasSuffix(f, account) }) {
			c.warn("no-logs", "no log files of %s are in the bucket yet", account)
		}
	}
	if !g.Since.IsZero() || !g.Until.IsZero() {
		c.warn("days", "days are those of delivery: what was done in the last minutes of one may be in the next; and the names of log files of other days can be listed, though not read")
	}
	if g.Policy == Seed {
		c.warn("seed-policy", "--policy seed lets the reader list the names of all log files of all accounts, and read the bucket's own policy and settings")
	}
	if g.Policy == ManagedReadOnly {
		c.warn("managed-policy", "--policy managed-read-only lets the reader read every bucket of account %s, not only log files", g.Owner)
	}
	if g.Expires.IsZero() {
		c.warn("no-end", "it has no end: --expires sets one")
	}
	for _, k := range c.s.Keys {
		if !k.AWSManaged && k.Account != g.Owner {
			c.warn("key-elsewhere", "log files are encrypted with %s of account %s: its policy has to let the reader decrypt, and that account alone can change it", k.ARN, k.Account)
		}
	}
	for _, u := range c.s.Unread {
		c.warn("not-read", "%s; it is done without", u)
	}
}

// accounts are those whose log files are granted by name.
func (g *Grant) accounts() []string {
	switch {
	case g.Logs.All || g.To == g.Organization && g.To != "":
		return nil
	case len(g.Logs.Accounts) > 0:
		return g.Logs.Accounts
	}
	return []string{g.account()}
}
