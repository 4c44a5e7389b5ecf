package synth

import (
	"fmt"
	"time"
)

// story is one thing that happens, beginning at a moment.
type story func(c *company, at time.Time)

// stories are all the ways in which credentials come to be used, and the traps
// of linkage.md section 5.
var stories = []story{
	(*company).plainUser, (*company).userAssumes, (*company).userCrosses, (*company).mfaThenChain,
	(*company).longChain, (*company).consoleUser, (*company).consoleSwitch, (*company).rootConsole,
	(*company).ssoPerson, (*company).ssoConsoleChain, (*company).ssoIdentityEnhanced, (*company).samlPerson,
	(*company).awsLogin, (*company).agentLogin, (*company).federation, (*company).rootTask,
	(*company).github, (*company).buildkite, (*company).irsa, (*company).cognitoUsers,
	(*company).ec2, (*company).lambda, (*company).ecs, (*company).pods, (*company).rolesAnywhere, (*company).serviceLinked, (*company).accessGrants,
	(*company).vendorUser, (*company).vendorRole, (*company).sharedBucket,
	(*company).sameName, (*company).sameSecond, (*company).lookAlike, (*company).recreatedUser, (*company).recreatedRole,
	(*company).loop, (*company).deniedTries, (*company).services, (*company).anonymous, (*company).corrected, (*company).unlogged,
	(*company).reusedKey, (*company).forgedElsewhere, (*company).masked, (*company).tooLate,
	(*company).lostCopy, (*company).skewed, (*company).forgedVariant, (*company).keylessLoop,
}

var userNames = []string{"alice", "bob@example.com", "carol", "dave", "erin.o-neill", "frank", "svc-backup", "x", "deploy-bot"}

var roleNames = []string{"Admin", "ReadOnly", "deploy", "data/Engineer", "BreakGlass", "etl", "Auditor"}

func (c *company) newUser() (*user, *cred) {
	u := c.user(pick(c.dice, c.accounts), pick(c.dice, userNames))
	return u, c.longTerm(u, pick(c.dice, agents))
}

// sessionNames as software and people give them.
func (c *company) sessionName() string {
	switch c.IntN(6) {
	case 0:
		return fmt.Sprintf("aws-go-sdk-%d", 1_772_438_400_000_000_000+c.Int64N(1_000_000_000_000_000))
	case 1:
		return fmt.Sprintf("botocore-session-%d", 1_772_438_400+c.Int64N(1_000_000))
	case 2:
		return "ci"
	case 3:
		return "cli"
	case 4:
		return pick(c.dice, []string{"alice@example.com", "root", "i-0abc1234def567890", "=1+1", "AWSCodeBuild-1", "GitHubActions"})
	}
	return "s-" + c.hex(8)
}

func (c *company) plainUser(at time.Time) {
	u, cred := c.newUser()
	c.work(cred, at, 2+c.IntN(5))
	e := c.call(cred, c.later(at, time.Hour), named("GetSecretValue"))
	c.forward(cred, e.at, "secretsmanager.amazonaws.com", named("Decrypt"))
	if c.chance(50) {
		c.minted(u, cred, c.later(at, time.Hour))
	}
}

// minted is CreateAccessKey, which hands out a long-term key and links nothing.
func (c *company) minted(u *user, by *cred, at time.Time) {
	e := c.record(by, at, "iam.amazonaws.com", "CreateAccessKey")
	e.region, e.readOnly = "us-east-1", false
	e.request = object("userName", u.name)
	e.response = object("accessKey", object("userName", u.name, "accessKeyId", c.accessKey("AKIA", u.in.id), "status", "Active"))
}

func (c *company) userAssumes(at time.Time) {
	u, cred := c.newUser()
	s := c.assume(cred, at, c.role(u.in, pick(c.dice, roleNames)), c.sessionName(), ask{seconds: 900})
	if c.chance(20) { // a product provider works under a delegation of the customer's
		s.who.delegate = c.stranger().id
	}
	c.work(s, at, 3+c.IntN(5))
	c.forward(s, c.later(at, 10*time.Minute), "athena.amazonaws.com", named("GetObject"))
}

func (c *company) userCrosses(at time.Time) {
	u, cred := c.newUser()
	o := ask{}
	if c.chance(40) {
		o.source = u.name
	}
	s := c.assume(cred, at, c.role(c.other(u.in), pick(c.dice, roleNames)), c.sessionName(), o)
	c.work(s, at, 2+c.IntN(6))
}

func (c *company) mfaThenChain(at time.Time) {
	u, cred := c.newUser()
	serial := u.in.arn("iam", "mfa/"+u.name)
	t := c.sessionToken(cred, at, serial)
	c.work(t, at, 2)
	s := c.assume(t, c.later(at, time.Hour), c.role(c.other(u.in), "Operator"), u.name, ask{serial: serial, source: "claimed-" + u.name})
	c.work(s, s.who.created, 3)
	s = c.assume(s, c.later(s.who.created, 20*time.Minute), c.role(c.other(), "Admin"), c.sessionName(), ask{})
	c.work(s, s.who.created, 3)
}

func (c *company) longChain(at time.Time) {
	u, cred := c.newUser()
	o := ask{tags: tagList("team", "data", "cost center", "42 \"x\"")}
	if c.chance(50) {
		o.source = "someone-else"
	}
	in := u.in
	for hop := range 2 + c.IntN(4) {
		in = c.other(in)
		cred = c.assume(cred, at, c.role(in, pick(c.dice, roleNames)), c.sessionName(), o)
		o = ask{}
		c.work(cred, at, 1+c.IntN(3))
		if hop < 3 {
			at = c.later(at, 15*time.Minute)
		}
	}
}

func (c *company) consoleUser(at time.Time) {
	u := c.user(pick(c.dice, c.accounts), pick(c.dice, userNames))
	s := c.console(u, at, c.chance(60))
	for range 3 {
		c.work(c.rekey(s), c.later(at, 3*time.Hour), 2)
	}
	c.forward(s, c.later(at, time.Hour), "health.amazonaws.com", named("DescribeInstances"))
}

func (c *company) consoleSwitch(at time.Time) {
	u := c.user(pick(c.dice, c.accounts), pick(c.dice, userNames))
	s := c.console(u, at, true)
	t := c.switchRole(s, c.later(at, time.Hour), c.role(c.other(u.in), "OrganizationAccountAccessRole"), u.name)
	for _, after := range []time.Duration{time.Minute, 30 * time.Minute, 4 * time.Hour} {
		c.work(c.rekey(t), c.later(t.who.created, after), 2)
	}
}

func (c *company) rootConsole(at time.Time) {
	in := pick(c.dice, c.accounts)
	root := &cred{
		who: identity{kind: "Root", principal: in.id, arn: in.arn("iam", "root"), account: in.id, created: at, web: "{}", mfa: true},
		by:  &actor{origin: "root:" + in.id}, in: in, region: "us-east-1", ip: c.address(), agent: agentBrowser, host: true, console: true,
	}
	e := c.record(root, at, "signin.amazonaws.com", "ConsoleLogin")
	e.kind, e.readOnly = "AwsConsoleSignIn", false
	e.who.created, e.console = time.Time{}, false
	e.response, e.extra = object("ConsoleLogin", "Success"), object("MFAUsed", "Yes")
	c.work(c.rekey(root), at.Add(time.Minute), 3)
}

func (c *company) ssoPerson(at time.Time) {
	p := c.person(c.portal, c.hex(4)+"@example.com")
	r := c.permissionSet(pick(c.dice, c.accounts), "PowerUser")
	s := c.signIn(p, at, r, agentCLI)
	made := c.work(s, at, 5)
	if c.chance(70) {
		p.onBehalf(made[1], made[3])
	}
	c.work(c.rekey(s), c.later(at, time.Hour), 2)
	c.forward(s, c.later(at, time.Hour), "cloudformation.amazonaws.com", named("RunInstances"))
}

func (c *company) ssoConsoleChain(at time.Time) {
	p := c.person(c.portal, c.hex(4)+"@example.com")
	s := c.signIn(p, at, c.permissionSet(pick(c.dice, c.accounts), "AdministratorAccess"), agentBrowser)
	s.console = true
	if made := c.work(s, at, 2); c.chance(50) {
		p.onBehalf(made[0])
	}
	s = c.rekey(s)
	c.work(s, c.later(at, time.Minute), 2)
	t := c.assume(s, c.later(at, time.Hour), c.role(c.other(), "Deploy"), c.sessionName(), ask{})
	c.work(t, t.who.created, 3)
}

// ssoIdentityEnhanced is an application's session that acts for a person.
func (c *company) ssoIdentityEnhanced(at time.Time) {
	p := c.person(c.portal, c.hex(4)+"@example.com")
	in := pick(c.dice, c.accounts)
	app := c.byService("access-grants.s3.amazonaws.com", at, c.role(in, "grants/Location"), "access-grants-"+c.uuid(), ask{})
	app.who.behalfUser, app.who.behalfStore, app.names = p.id, p.portal.arn(), p.origin()
	c.work(app, at, 3)
}

func (c *company) samlPerson(at time.Time) {
	subject := pick(c.dice, append([]string{"alice@corp.example", "CORP\\bob", "_transient" + c.hex(12)}, hostile...))
	s := c.saml(at, c.role(pick(c.dice, c.accounts), "Federated"), subject, c.sessionName())
	c.work(s, at, 3)
	t := c.assume(s, c.later(at, 30*time.Minute), c.role(c.other(), "Inner"), "cli", ask{})
	c.work(t, t.who.created, 2)
}

func (c *company) awsLogin(at time.Time) {
	if c.chance(50) {
		u := c.user(pick(c.dice, c.accounts), pick(c.dice, userNames))
		s := c.console(u, at, true)
		c.work(c.login(s, c.later(at, time.Minute)), c.later(at, time.Hour), 3)
		return
	}
	p := c.person(c.portal, c.hex(4)+"@example.com")
	s := c.signIn(p, at, c.permissionSet(pick(c.dice, c.accounts), "Login"), agentBrowser)
	c.work(c.login(s, c.later(at, time.Minute)), c.later(at, time.Hour), 3)
}

func (c *company) agentLogin(at time.Time) {
	p := c.person(c.portal, c.hex(4)+"@example.com")
	s := c.signIn(p, at, c.permissionSet(pick(c.dice, c.accounts), "Agent"), agentBrowser)
	a := c.loginAgent(s, c.later(at, time.Minute))
	for range 3 {
		c.work(c.rekey(a), c.later(at, time.Hour), 1)
	}
}

// accessGrants is a session for which AWS itself set the source identity.
func (c *company) accessGrants(at time.Time) {
	s := c.byService("access-grants.s3.amazonaws.com", at, c.role(pick(c.dice, c.accounts), "grants/Plain"), "access-grants-"+c.uuid(), ask{source: "erin"})
	s.by.parent, s.by.vouched = &actor{origin: "sourceIdentity:erin"}, true
	c.work(s, at, 3)
}

func (c *company) federation(at time.Time) {
	u, cred := c.newUser()
	s := c.federate(cred, u, at, pick(c.dice, []string{"app", "alice@example.com", "root"}))
	c.work(s, at, 4)
}

func (c *company) rootTask(at time.Time) {
	u := c.user(c.accounts[0], "org-admin")
	member := c.other(c.accounts[0])
	s := c.assumeRoot(c.longTerm(u, agentCLI), at, member, "S3UnlockBucketPolicy")
	c.work(s, at, 3)
}
