package synth

import (
	"strings"
	"time"
)

// rename gives a session that was issued another access key, as reuse, masks
// and forgeries do.
func (s *cred) rename(key string) {
	old := s.by.key
	for _, e := range []*event{s.by.issued, s.by.copied} {
		if e != nil {
			e.response = raw(strings.ReplaceAll(string(e.response), old, key))
		}
	}
	s.who.key, s.by.key = key, key
}

// reusedKey is one access key id issued to two people, one after the other: ids
// are unique only together with their secret (linkage.md rule 5). Either the
// creation date tells whose it is or, where there is none, the hour.
func (c *company) reusedKey(at time.Time) {
	r := c.role(pick(c.dice, c.accounts), "deploy")
	apart, seconds, dated := 3*time.Hour, 3600, false
	if c.chance(50) {
		apart, seconds, dated = 20*time.Minute, 43200, true
	}
	var key string
	for turn := range 2 {
		_, cred := c.newUser()
		s := c.assume(cred, at.Add(time.Duration(turn)*apart), r, "ci", ask{seconds: seconds})
		if turn == 0 {
			key = s.who.key
		}
		s.rename(key)
		shown := *s
		if !dated {
			shown.who.created = time.Time{}
		}
		c.work(&shown, s.by.issued.at.Add(40*time.Minute), 2)
	}
}

// forgedElsewhere is a record of another account that claims to have issued a
// key that was issued here, a second later, for a role of its own.
func (c *company) forgedElsewhere(at time.Time) {
	r := c.role(pick(c.dice, c.accounts), "deploy")
	_, cred := c.newUser()
	s := c.assume(cred, at, r, "ci", ask{})
	c.work(s, at.Add(time.Minute), 3)
	in := c.other(r.in)
	forger := c.longTerm(c.user(in, "mallory"), agentCLI)
	f := c.assume(forger, at.Add(time.Second), c.role(in, "deploy"), "ci", ask{})
	f.rename(s.who.key)
	c.withoutRoleID(f, at.Add(time.Hour))
}

// masked is what an export leaves whose every key is one mask: names and role
// ids still tell sessions apart, though one record issues its caller's own key.
func (c *company) masked(at time.Time) {
	const mask = "ASIAXXXXXXXXXXXXXXXX"
	r := c.role(pick(c.dice, c.accounts), "deploy")
	for range 3 {
		_, cred := c.newUser()
		s := c.assume(cred, at, r, "job-"+c.hex(8), ask{})
		s.rename(mask)
		c.work(s, at.Add(time.Minute), 2)
		t := c.assume(s, at.Add(2*time.Minute), c.role(c.other(), "Inner"), "job-"+c.hex(8), ask{})
		t.rename(mask)
		t.by.placeholder = true
		c.work(t, at.Add(3*time.Minute), 1)
	}
}

// tooLate is an issued key in use after its death: nobody can have done it.
func (c *company) tooLate(at time.Time) {
	u, cred := c.newUser()
	s := c.assume(cred, at, c.role(u.in, "ReadOnly"), c.sessionName(), ask{seconds: 900})
	c.work(s, at, 1)
	for _, e := range c.work(s, at.Add(2*time.Hour), 2) {
		e.dead = true
	}
}

// lostCopy is a hop between accounts of which the owner's copy alone is left.
// The caller's session is known, and only one can have been meant.
func (c *company) lostCopy(at time.Time) {
	u, cred := c.newUser()
	s := c.assume(cred, at, c.role(u.in, "Jump"), "jump-"+c.hex(6), ask{})
	c.work(s, at.Add(time.Minute), 2)
	t := c.assume(s, at.Add(5*time.Minute), c.role(c.other(u.in), "Target"), c.sessionName(), ask{})
	t.by.issued.hidden, s.by.sole = true, true
	c.work(t, at.Add(6*time.Minute), 2)
}

// skewed is a browser's session by SAML whose creation date is a second off its
// issuance (linkage.md 3.10).
func (c *company) skewed(at time.Time) {
	s := c.saml(at, c.role(pick(c.dice, c.accounts), "Federated"), "skew@corp.example", "skew-"+c.hex(6))
	s.who.created, s.by.skewed = s.who.created.Add(time.Second), true
	c.work(c.rekey(s), at.Add(time.Minute), 3)
}

// forgedVariant is one event twice, by two different callers: an upload was
// tampered with, and nobody can say which.
func (c *company) forgedVariant(at time.Time) {
	u, cred := c.newUser()
	s := c.assume(cred, at, c.role(u.in, "Payments"), c.sessionName(), ask{})
	c.work(s, at, 2)
	e := s.by.issued
	forged := *e
	other := c.user(u.in, "scapegoat")
	forged.who.principal, forged.who.arn, forged.who.user, forged.who.key = other.id, other.arn(), other.name, other.key
	// The row that is shown names its own caller; what was handed out is
	// contested.
	s.by.doubted, e.disputed, forged.disputed = true, true, true
	forged.by = &actor{origin: other.actor().origin, also: append(other.actor().also, u.actor().origin)}
	e.by.also = append(e.by.also, other.actor().origin)
	e.whole, forged.whole = true, true
	c.events = append(c.events, &forged)
}

// keylessLoop is a loop of roles in one second whose calls show no keys: what
// called what has to be told from the sessions alone.
func (c *company) keylessLoop(at time.Time) {
	u, cred := c.newUser()
	a, b := c.role(u.in, "Ping"), c.role(c.other(u.in), "Pong")
	var pings []*actor
	for i, r := range []*role{a, b, a} {
		cred = c.assume(cred, at, r, "loop", ask{})
		if r == a {
			pings = append(pings, cred.by)
			pings[0].twins, cred.by.twins = pings, pings
		}
		if i > 0 {
			cred.by.issued.who.key = ""
		}
		c.work(cred, at.Add(time.Minute), 1)
		c.forward(cred, at.Add(2*time.Minute), "athena.amazonaws.com", named("GetObject"))
	}
}
