package synth

import (
	"fmt"
	"strings"
	"time"
)

// hostile texts reach logs wherever a stranger chooses them: subjects, user
// agents, object keys, tags.
var hostile = []string{
	"\x1b]0;owned\x07\x1b[2J", "=cmd|' /C calc'!A0", "+1-1", "@SUM(1+1)", "<script>alert(1)</script>",
	"alice\u202etxt.exe", "a\u200db\ufeff", "line\nbreak\tand\ttab", `"},{"eventID":"forged`, "x\x00y",
	strings.Repeat("long ", 120), "日本語 🦊", "iam:111111111111:AIDAFORGED", "'; DROP TABLE events;--",
}

func (c *company) github(at time.Time) {
	repo := pick(c.dice, []string{"acme/shop", "acme/infra"})
	subject := "repo:" + repo + ":ref:refs/heads/" + pick(c.dice, append([]string{"main", "release/2026-03"}, hostile...))
	s := c.federated(at, c.role(pick(c.dice, c.accounts), "ci/GitHubDeploy"), "token.actions.githubusercontent.com", subject, "GitHubActions", agentTerraform)
	c.work(s, at, 3)
	t := c.assume(s, c.later(at, 20*time.Minute), c.role(c.other(), "Deploy"), "ci", ask{})
	c.work(t, t.who.created, 4)
}

func (c *company) buildkite(at time.Time) {
	subject := fmt.Sprintf("organization:acme:pipeline:shop:ref:refs/heads/main:commit:%s:step:", c.hex(40))
	s := c.federated(at, c.role(pick(c.dice, c.accounts), "Buildkite"), "agent.buildkite.com", subject, "buildkite-job-"+c.uuid(), agentBoto)
	c.work(s, at, 4)
}

func (c *company) irsa(at time.Time) {
	in := pick(c.dice, c.accounts)
	provider := "oidc.eks." + in.region + ".amazonaws.com/id/" + strings.ToUpper(c.hex(32))
	s := c.federated(at, c.role(in, "eks/cart"), provider, "system:serviceaccount:shop:cart", "botocore-session-"+fmt.Sprint(at.Unix()), agentBoto)
	c.work(s, at, 3)
}

// cognitoUsers are two app users who come in the same second.
func (c *company) cognitoUsers(at time.Time) {
	in := pick(c.dice, c.accounts)
	r := c.role(in, "Cognito_AppAuth_Role")
	for range 2 {
		s := c.cognito(at, r, in.region+":"+c.uuid(), in.region+":"+c.uuid())
		c.work(s, at, 2)
	}
}

func (c *company) ec2(at time.Time) {
	v1, v2 := c.instance(at, c.role(pick(c.dice, c.accounts), "app/WebServer"), "i-0"+c.hex(16))
	c.work(v1, at, 2)
	v2.by.shown = c.work(v2, at, 2)
	f := c.forward(v2, c.later(at, time.Hour), "ssm.amazonaws.com", named("Decrypt"))
	f.who.ec2, f.names = "", ""
	if c.chance(30) {
		v1.by.issued.hidden, v2.by.issued.hidden = true, true
	}
	stolen := *v2
	stolen.ip, stolen.agent = c.address(), agentCLI
	c.work(&stolen, c.later(at, 3*time.Hour), 2)
	t := c.assume(v2, c.later(at, time.Hour), c.role(c.other(), "Backup"), c.sessionName(), ask{})
	c.work(t, t.who.created, 2)
}

func (c *company) lambda(at time.Time) {
	s := c.function(at, c.role(pick(c.dice, c.accounts), "service-role/reports"), "reports")
	c.work(s, at, 3)
	t := c.assume(s, c.later(at, 30*time.Minute), c.role(c.other(), "Writer"), "reports", ask{})
	c.work(t, t.who.created, 2)
}

func (c *company) ecs(at time.Time) {
	s := c.task(at, c.role(pick(c.dice, c.accounts), "TaskRole"))
	c.work(s, at, 4)
	keyless := *s
	keyless.who.key = ""
	c.work(&keyless, at, 1)
}

func (c *company) pods(at time.Time) {
	in := pick(c.dice, c.accounts)
	var target *role
	if c.chance(50) {
		target = c.role(c.other(in), "PodTarget")
	}
	s := c.pod(at, c.role(in, "PodRole"), target, "prod", "shop", "cart", "cart-"+c.hex(10)+"-x2x4z")
	c.work(s, at, 3)
}

func (c *company) rolesAnywhere(at time.Time) {
	s := c.anywhere(at, c.role(pick(c.dice, c.accounts), "OnPremises"), pick(c.dice, []string{"payroll", "00b1c2d3e4f5"}))
	c.work(s, at, 3)
}

func (c *company) serviceLinked(at time.Time) {
	r := c.role(pick(c.dice, c.accounts), "aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS")
	s := c.linked("rds.amazonaws.com", at, r, 1+c.IntN(3))
	c.work(s, at, 2)
}

func (c *company) vendorUser(at time.Time) {
	v := c.stranger()
	u := c.user(v, "crawler")
	s := c.assume(c.longTerm(u, agentJava), at, c.role(pick(c.dice, c.accounts), "vendor/Monitoring"), "vendor", ask{external: "cust-" + c.hex(6)})
	c.work(s, at, 4)
}

func (c *company) vendorRole(at time.Time) {
	v := c.stranger()
	u := c.user(v, "operator")
	inner := c.assume(c.longTerm(u, agentGo), at, c.role(v, "Worker"), "worker", ask{})
	s := c.assume(inner, c.later(at, 10*time.Minute), c.role(pick(c.dice, c.accounts), "vendor/Audit"), "vendor", ask{external: "acme"})
	c.work(s, s.who.created, 3)
}

func (c *company) sharedBucket(at time.Time) {
	u, cred := c.newUser()
	s := c.assume(cred, at, c.role(u.in, "Reader"), c.sessionName(), ask{})
	owner := c.other(u.in)
	c.readAcross(s, c.later(at, 5*time.Minute), owner)
	c.readAcross(cred, c.later(at, 5*time.Minute), owner)
}

// sameName is one role and session name, used by two people one after the other.
func (c *company) sameName(at time.Time) {
	r := c.role(pick(c.dice, c.accounts), "deploy")
	for range 2 {
		_, cred := c.newUser()
		s := c.assume(cred, at, r, "ci", ask{})
		c.work(s, at, 3)
		c.forward(s, c.later(at, 20*time.Minute), "secretsmanager.amazonaws.com", named("Decrypt"))
		at = at.Add(time.Duration(2+c.IntN(3000)) * time.Second)
	}
}

// sameSecond is two people with one role and session name in one second: their
// own keys tell them apart, a service's key for them does not.
func (c *company) sameSecond(at time.Time) {
	r := c.role(pick(c.dice, c.accounts), "deploy")
	for range 2 {
		first := len(c.events)
		u, cred := c.newUser()
		cred.in, u.in = r.in, r.in
		cred.who.account, cred.who.arn = r.in.id, u.arn()
		cred.by = u.actor()
		s := c.assume(cred, at, r, "ci", ask{})
		s.by.tied = true
		c.work(s, at, 2)
		c.forward(s, c.later(at, 20*time.Minute), "secretsmanager.amazonaws.com", named("Decrypt"))
		for _, e := range c.events[first:] {
			e.whole = e.whole || e.issues
		}
	}
}

// lookAlike is somebody who names a session after somebody else.
func (c *company) lookAlike(at time.Time) {
	victim, v := c.newUser()
	c.work(v, at, 1)
	_, cred := c.newUser()
	s := c.assume(cred, at, c.role(pick(c.dice, c.accounts), "ReadOnly"), victim.name, ask{source: victim.name})
	made := c.work(s, at, 2)
	made[0].agent = pick(c.dice, hostile)
	made[1].request = object("bucketName", "acme-data", "key", pick(c.dice, hostile))
}

// recreatedUser is one name and ARN, two people: the first was deleted.
func (c *company) recreatedUser(at time.Time) {
	u, cred := c.newUser()
	admin := c.longTerm(c.user(u.in, "iam-admin"), agentTerraform)
	c.work(cred, at, 1)
	again := c.user(u.in, u.name)
	s := c.assume(cred, at, c.role(u.in, "ReadOnly"), "cli", ask{})
	c.work(s, at, 2)
	at = at.Add(time.Hour)
	e := c.record(admin, at, "iam.amazonaws.com", "DeleteUser")
	e.region, e.readOnly, e.request = "us-east-1", false, object("userName", u.name)
	e = c.record(admin, at.Add(time.Minute), "iam.amazonaws.com", "CreateUser")
	e.region, e.readOnly, e.request = "us-east-1", false, object("userName", u.name)
	e.response = object("user", object("path", "/", "userName", u.name, "userId", again.id, "arn", u.arn(), "createDate", e.at.Format("Jan 2, 2006, 3:04:05 PM")))
	s = c.assume(c.longTerm(again, agentCLI), at.Add(time.Hour), c.role(u.in, "ReadOnly"), "cli", ask{})
	c.work(s, s.who.created, 2)
}

// recreatedRole is one role ARN under two unique ids.
func (c *company) recreatedRole(at time.Time) {
	in := pick(c.dice, c.accounts)
	for range 2 {
		_, cred := c.newUser()
		r := c.role(in, "Rebuilt")
		s := c.assume(cred, at, r, "cli", ask{})
		c.work(s, at, 2)
		e := c.record(cred, at.Add(50*time.Minute), "iam.amazonaws.com", "CreateRole")
		e.region, e.readOnly, e.request = "us-east-1", false, object("roleName", r.name, "path", r.path)
		e.response = object("role", object("path", r.path, "roleName", r.name, "roleId", r.id, "arn", r.arn()))
		at = at.Add(2 * time.Hour)
	}
}

// loop is a session of a role that comes back to the role.
func (c *company) loop(at time.Time) {
	u, cred := c.newUser()
	a, b := c.role(u.in, "Ping"), c.role(c.other(u.in), "Pong")
	for i := range 4 {
		r := a
		if i%2 == 1 {
			r = b
		}
		cred = c.assume(cred, at, r, "loop", ask{})
		c.work(cred, at, 1)
		if c.chance(50) {
			at = at.Add(time.Second)
		}
	}
}

func (c *company) deniedTries(at time.Time) {
	_, cred := c.newUser()
	c.denied(cred, at, c.role(c.other(), "Admin"))
	e := c.work(cred, at, 1)[0]
	e.errorCode, e.errorText = "AccessDenied", "User: "+cred.who.arn+" is not authorized to perform: "+pick(c.dice, hostile)
	e.response, e.resources = "", ""
}

func (c *company) services(at time.Time) {
	for _, host := range []string{"config.amazonaws.com", "cloudtrail.amazonaws.com", "autoscaling.amazonaws.com"} {
		c.work(service(host, pick(c.dice, c.accounts)), at, 1)
	}
}

func (c *company) anonymous(at time.Time) {
	in := pick(c.dice, c.accounts)
	nobody := &cred{
		who: identity{kind: "AWSAccount", account: pick(c.dice, []string{"ANONYMOUS_PRINCIPAL", "anonymous"})},
		by:  &actor{}, in: in, region: in.region, ip: c.address(), agent: "curl/8.14.1", host: true,
	}
	c.call(nobody, at, named("GetObject"))
}

// corrected is a record without its key, and the addendum that gives it.
func (c *company) corrected(at time.Time) {
	u, cred := c.newUser()
	s := c.assume(cred, at, c.role(u.in, "Late"), c.sessionName(), ask{})
	e := c.work(s, at, 1)[0]
	e.who.key = ""
	fuller := *e
	fuller.who.key = s.who.key
	fuller.id = c.uuid()
	fuller.addendum = object("reason", "UPDATED_DATA", "updatedFields", "userIdentity.accessKeyId", "originalRequestID", e.requestID, "originalEventID", e.id)
	e.amended = &fuller
	c.events = append(c.events, &fuller)
}

// unlogged is a session whose issuance no log holds, as under a trail that
// keeps writes alone.
func (c *company) unlogged(at time.Time) {
	u, cred := c.newUser()
	s := c.assume(cred, at, c.role(c.other(u.in), "Unlogged"), c.sessionName(), ask{source: pick(c.dice, []string{"", u.name})})
	s.by.issued.hidden, s.by.copied.hidden = true, true
	c.work(s, at, 3)
	t := c.assume(s, c.later(at, 30*time.Minute), c.role(c.other(), "Deploy"), "cli", ask{})
	c.work(t, t.who.created, 2)
}
