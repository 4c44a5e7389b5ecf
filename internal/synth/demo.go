package synth

import (
	"slices"
	"time"
)

// demo is the organisation that explains itself.
type demo struct {
	company
	dev, prod, management, security, data *account
	tales                                 []Tale
}

// Demo is a small organisation with one of everything a newcomer should see:
// Acme, on a Tuesday in 2026, and before it the story that the AWS Security
// Blog told in 2016, under its own identifiers.
func Demo() *Org {
	d := &demo{company: company{world: world{dice: newDice(3414, 2016)}}}
	add := func(id, name string) *account {
		a := &account{id: id, name: name, collected: true, region: "us-east-1"}
		d.accounts = append(d.accounts, a)
		return a
	}
	d.management, d.dev, d.prod = add("222222222222", "management"), add("111111111111", "dev"), add("999999999999", "prod")
	d.security, d.data = add("333333333333", "security"), add("444444444444", "data")
	d.portal = &portal{in: d.management, store: "d-9067a1b2c3"}
	d.start = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)

	var names []Name
	for _, tell := range []func() []Name{
		d.listBuckets, d.deletedTable, d.identityCenter, d.switchedRole, d.pipeline,
		d.stolenInstance, d.vendor, d.missing, d.twoInOneSecond, d.routine,
	} {
		names = append(names, tell()...)
	}
	o := d.deliver(trail{every: 5 * time.Minute})
	o.Names = slices.Concat(o.Names, names)
	o.Tales = d.tales
	return o
}

// at is a time of the day of the demo, "15:04:05".
func (d *demo) at(clock string) time.Time {
	t, err := time.Parse(time.TimeOnly, clock)
	if err != nil {
		panic("synth: " + err.Error())
	}
	return d.start.Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second)
}

// do makes calls on one thing, some seconds apart, and returns the last.
func (d *demo) do(c *cred, clock, thing string, calls ...string) *event {
	at := d.at(clock)
	var e *event
	for _, name := range calls {
		e = d.callOn(&scene{account: c.in.id, region: c.region, bucket: thing, table: thing, role: thing}, c, at, named(name))
		at = at.Add(time.Duration(4+d.IntN(40)) * time.Second)
	}
	return e
}

func (d *demo) tale(e *event, title, text string) {
	d.tales = append(d.tales, Tale{Title: title, EventID: e.id, Text: text})
}

func (d *demo) member(in *account, name, address, agent string) (*user, *cred) {
	u := d.user(in, name)
	u.address = address
	return u, d.longTerm(u, agent)
}

// deletedTable is a deletion by "Admin/x", three accounts from the person.
func (d *demo) deletedTable() []Name {
	u, key := d.member(d.dev, "kim.lee", "198.51.100.23", agentCLI)
	device := u.in.arn("iam", "mfa/"+u.name)
	d.do(key, "13:02:11", "acme-web", "GetCallerIdentity")
	mfa := d.sessionToken(key, d.at("13:02:40"), device)
	ops := d.assume(mfa, d.at("13:31:05"), d.role(d.security, "Operations"), "kim", ask{serial: device})
	d.do(ops, "13:31:40", "acme-logs", "DescribeLogGroups", "ListBuckets")
	admin := d.assume(ops, d.at("13:39:27"), d.role(d.prod, "Admin"), "x", ask{})
	d.do(admin, "13:40:02", "orders", "DescribeTable")
	d.do(admin, "13:40:31", "ledger", "DescribeTable", "UpdateTable")
	e := d.do(admin, "13:42:09", "ledger", "DeleteTable")
	d.tale(e, "Who deleted the ledger?", "DeleteTable in prod, made by assumed-role/Admin/x: a name that says nothing")
	return []Name{{"198.51.100.0/24", "office"}}
}

// identityCenter is a person whose key no record issued.
func (d *demo) identityCenter() []Name {
	p := d.person(d.portal, "maria.garcia@example.com")
	p.address = "198.51.100.61"
	s := d.signIn(p, d.at("09:14:20"), d.permissionSet(d.data, "DataEngineer"), agentCLI)
	d.do(s, "09:15:02", "acme-data", "ListBuckets", "ListObjects")
	p.onBehalf(d.do(s, "09:16:30", "acme-data", "GetObject"))
	d.do(s, "09:17:44", "orders", "DescribeTable")
	e := d.do(s, "09:21:10", "acme-data", "PutObject", "PutObject")
	p.onBehalf(e)
	d.do(d.rekey(s), "11:02:51", "acme-data", "ListObjects", "PutObject")
	d.forward(s, d.at("11:04:00"), "athena.amazonaws.com", named("GetObject"))
	d.tale(e, "A person of Identity Center", "the key she used is not the key that was issued; the record and the portal both name her")
	return []Name{{p.id, "Maria García"}}
}

// switchedRole is the console's role switch, used after the issued key ended.
func (d *demo) switchedRole() []Name {
	u, _ := d.member(d.dev, "bob@example.com", "198.51.100.40", agentBrowser)
	s := d.console(u, d.at("08:55:13"), true)
	d.do(s, "08:56:00", "acme-web", "ListBuckets", "DescribeInstances")
	t := d.switchRole(s, d.at("09:40:10"), d.role(d.prod, "Support"), u.name)
	d.do(t, "09:41:00", "acme-web", "DescribeInstances", "DescribeSecurityGroups")
	d.do(d.rekey(t), "10:15:22", "acme-web", "ListBuckets", "GetObject")
	e := d.do(d.rekey(t), "12:21:37", "acme-web", "PutBucketPolicy")
	d.tale(e, "A role switched to in the console", "the call came two hours after the issued key had ended: consoles make keys of their own")
	return nil
}

// pipeline is a CI job on its way into production.
func (d *demo) pipeline() []Name {
	const subject = "repo:acme/shop:ref:refs/heads/main"
	s := d.federated(d.at("14:05:10"), d.role(d.dev, "ci/GitHubDeploy"), "token.actions.githubusercontent.com", subject, "GitHubActions", agentTerraform)
	s.ip, s.by.issued.ip = "20.55.14.90", "20.55.14.90"
	d.do(s, "14:05:31", "shop", "GetCallerIdentity", "BatchGetImage")
	t := d.assume(s, d.at("14:06:02"), d.role(d.prod, "Deploy"), "ci", ask{})
	d.do(t, "14:06:20", "shop", "GetRole", "ListAttachedRolePolicies", "PutRolePolicy")
	e := d.do(t, "14:08:05", "shop", "UpdateFunctionCode20150331v2")
	d.tale(e, "A release", "from a branch of a repository, over dev, into prod")
	return nil
}

// stolenInstance is an instance's credential in a stranger's hand.
func (d *demo) stolenInstance() []Name {
	id := "i-0a1b2c3d4e5f60718"
	_, s := d.instance(d.at("15:00:05"), d.role(d.prod, "app/WebServer"), id)
	s.ip = "54.210.33.7"
	d.do(s, "15:01:10", "acme-web", "GetObject", "GetObject", "PutObject")
	d.do(s, "15:30:00", "acme-web", "GetObject", "GetParametersByPath")
	stolen := *s
	stolen.ip, stolen.agent = "203.0.113.66", agentCLI
	d.do(&stolen, "16:12:45", "acme-web", "GetCallerIdentity", "ListBuckets")
	d.do(&stolen, "16:13:30", "acme-backups", "ListObjects", "GetObject", "GetObject", "GetObject", "GetObject")
	e := d.do(&stolen, "16:15:58", "db", "GetSecretValue")
	d.do(s, "16:30:00", "acme-web", "GetObject", "GetObject")
	d.tale(e, "An instance that is in two places", "the credential of "+id+", from an address and a program it was never used from")
	return []Name{{id, "web-1"}, {"54.210.33.7", "web-1"}}
}

// vendor is a third party, of whose log we have nothing.
func (d *demo) vendor() []Name {
	v := &account{id: "666666666666", name: "Cloudwatcher", region: "us-east-1"}
	_, key := d.member(v, "crawler", "192.0.2.80", agentJava)
	s := d.assume(key, d.at("06:00:02"), d.role(d.prod, "vendor/Cloudwatcher"), "cloudwatcher", ask{external: "acme-7741"})
	e := d.do(s, "06:00:10", "acme-web", "DescribeInstances", "DescribeSecurityGroups", "DescribeTargetHealth", "ListBuckets")
	d.tale(e, "A vendor", "its own log is not ours to read: the trail ends at its account and a user's id, and the external id")
	return []Name{{v.id, "Cloudwatcher Inc."}}
}

// missing is a session whose issuance is in no file.
func (d *demo) missing() []Name {
	_, key := d.member(d.data, "svc-export", "198.51.100.200", agentBoto)
	s := d.assume(key, d.at("17:20:03"), d.role(d.prod, "Export"), "export-nightly", ask{})
	s.by.issued.hidden, s.by.copied.hidden = true, true
	e := d.do(s, "17:21:00", "acme-backups", "ListObjects", "GetObject", "GetObject", "GetObject")
	d.tale(e, "A trail that stops short", "no file here holds the AssumeRole: the answer says what to collect, and claims nobody")
	return nil
}

// twoInOneSecond is one role and one session name, two people, one second.
func (d *demo) twoInOneSecond() []Name {
	r := d.role(d.dev, "deploy")
	var last *event
	for i, name := range []string{"ana", "tom"} {
		_, key := d.member(d.dev, name, []string{"198.51.100.71", "198.51.100.72"}[i], agentCLI)
		s := d.assume(key, d.at("10:30:00"), r, "ci", ask{})
		s.by.tied = true
		d.do(s, []string{"10:30:20", "10:30:41"}[i], "shop", "GetCallerIdentity", "GetSecretValue")
		last = d.forward(s, d.at("10:31:02"), "secretsmanager.amazonaws.com", named("Decrypt"))
	}
	d.tale(last, "Two people, one name, one second", "their own keys tell them apart; a call that Secrets Manager made for one of them fits both, and is called contested")
	return nil
}

// routine is what an account does all day.
func (d *demo) routine() []Name {
	_, backup := d.member(d.data, "svc-backup", "198.51.100.210", agentBoto)
	d.do(backup, "02:00:01", "acme-backups", "ListObjects", "PutObject", "PutObject", "PutObject")
	f := d.function(d.at("11:10:00"), d.role(d.prod, "service-role/reports"), "reports")
	d.do(f, "11:10:30", "acme-reports", "CreateLogStream", "GetObject", "PutObject")
	rds := d.linked("rds.amazonaws.com", d.at("05:12:09"), d.role(d.prod, "aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS"), 2)
	d.do(rds, "05:12:10", "orders", "DescribeSecurityGroups")
	d.do(service("config.amazonaws.com", d.security), "04:00:00", "acme-logs", "PutObject")
	d.do(service("config.amazonaws.com", d.prod), "20:00:00", "acme-logs", "PutObject")
	_, intern := d.member(d.dev, "intern", "198.51.100.90", agentCLI)
	d.denied(intern, d.at("15:45:12"), d.role(d.prod, "Admin"))
	return nil
}
