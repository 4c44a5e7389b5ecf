package remote

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// need is a part of an account's log that a chain rests on, or may go on in.
type need struct {
	account string
	near    []string // regions to look in first
	all     bool     // and then in all others
	anyone  bool     // and then in other accounts, as no record tells whose log has it
	late    bool     // at last in what was delivered later: the answer rests on nothing else being there
	span
}

// apart is how many seconds the rules let two records of one moment be apart.
const apart cloudtrail.Time = 2

// longest is how long the log may be that is looked through for what no record
// gives a second of.
const longest cloudtrail.Time = 12 * 60 * 60

// needs gathers what the chains of some events rest on.
type needs []need

// at adds the second in which something happened. sure: what was looked for was
// found there by its key, so that nothing else can be added to it.
func (n *needs) at(account, region string, t cloudtrail.Time, sure bool) *need {
	return n.between(account, region, t, t, sure)
}

// between returns what was added; of what no log can have that is nowhere.
func (n *needs) between(account, region string, from, until cloudtrail.Time, sure bool) *need {
	one := need{account: account, near: nearTo(region), all: !sure, late: !sure, span: span{from - apart, until + apart}}
	if !isAccount(account) || from == 0 || until < from {
		return &one
	}
	*n = append(*n, one)
	return &(*n)[len(*n)-1]
}

// isAccount reports whether a log may have a folder for it: twelve digits, or a
// few more, as published logs have.
func isAccount(s string) bool {
	return len(s) >= 12 && len(s) <= 16 && strings.Trim(s, "0123456789") == ""
}

// nearTo is where a record is looked for first that one in a region speaks of:
// there, and where the partition's global services write.
func nearTo(region string) []string {
	home := "us-east-1"
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		home = "us-gov-west-1"
	case strings.HasPrefix(region, "cn-"):
		home = "cn-north-1"
	}
	if region == home || region == "" || region == "global" {
		return []string{home}
	}
	return []string{region, home}
}

// chain adds what the chain of an event rests on.
func (n *needs) chain(u *lineage.Use, c *lineage.Chain) {
	hops := sessionsOf(c)
	for i := range hops {
		n.hop(u, &hops[i])
	}
	first := u
	switch o := c.Origin; {
	case o != nil && o.NamedBy != nil: // another record, of the other account
		first = o.NamedBy
	case len(hops) > 0 && hops[0].Issuance != nil:
		first = &hops[0].Issuance.Use
	}
	n.signIn(first, c.Origin)
	for _, gap := range c.Gaps {
		n.gap(gap)
	}
}

// sessionsOf are the sessions of a chain, those of who acted on somebody's
// behalf too.
func sessionsOf(c *lineage.Chain) []lineage.Hop {
	hops := append([]lineage.Hop(nil), c.Hops...)
	for _, v := range c.Via {
		if v.Hop != nil {
			hops = append(hops, *v.Hop)
		}
	}
	return hops
}

// hop adds the second in which a session was made, in its own account and in
// that of whoever asked for it.
func (n *needs) hop(asked *lineage.Use, h *lineage.Hop) {
	use := &h.Proof.Use
	region := use.Region
	if use.ID.Event == "" { // the last one: the event that was asked about shows it
		region = asked.Region
	}
	byKey := h.Rule == lineage.AccessKey || h.Rule == lineage.SignInSession
	if who := use.Caller; who != nil {
		// Without a region nothing tells where to look first.
		n.at(h.Account, region, who.Created, byKey && region != "").late = !byKey
	}
	if made := h.Issuance; made != nil {
		n.at(h.Account, made.Region, made.Time, byKey)
		for _, account := range []string{h.CallerAccountID, made.ID.Recipient} {
			n.at(account, made.Region, made.Time, true).late = !byKey
		}
	}
}

// signIn adds the second in which a user's own session began.
func (n *needs) signIn(u *lineage.Use, o *lineage.Origin) {
	id := u.Caller
	if id.Type == "IAMUser" || id.Type == "Root" {
		n.at(id.AccountID, u.Region, id.Created, o != nil && o.SignIn != nil)
	}
}

// gap adds what a gap says is missing.
func (n *needs) gap(g lineage.Gap) {
	switch g.Reason {
	case lineage.Anonymous, lineage.ServiceInternal, lineage.ExpiredWindow, lineage.NoSessionFields, lineage.NotWatched:
		return // no log has it
	}
	// Where no second is known a key may still be found: near the call alone.
	long := g.Until-g.From > apart
	one := n.between(g.AccountID, g.Region, max(g.From, g.Until-longest), g.Until, long)
	one.anyone, one.late = !long && g.Reason != lineage.CallerAccountNotCollected, true
}

// event adds the second of an event itself, where what corrects it is too, and
// where the grant of its sign-in session is: between that one's begin and the
// call.
func (n *needs) event(u *lineage.Use) {
	n.at(u.ID.Recipient, u.Region, u.Time, true)
	if id := u.Caller; id.SignInSessionARN != "" {
		n.between(id.AccountID, u.Region, max(id.Created, u.Time-longest), u.Time, true)
	}
}

// compact joins needs of one kind and place: thousands of calls of one session
// want one second.
func (n needs) compact() needs {
	type kind struct {
		account, near string
		all           bool
		anyone, late  bool
		span
	}
	seen := map[kind]bool{}
	var out needs
	for _, one := range n {
		k := kind{one.account, strings.Join(one.near, " "), one.all, one.anyone, one.late, one.span}
		if !seen[k] {
			seen[k] = true
			out = append(out, one)
		}
	}
	return out
}
