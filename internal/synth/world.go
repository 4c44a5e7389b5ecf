package synth

import (
	"cmp"
	"strings"
	"time"
)

// account is one AWS account.
type account struct {
	id, name  string
	collected bool // its log reaches us
	region    string
	partition string // "": aws
}

// arn names a thing that belongs to no region.
func (a *account) arn(service, resource string) string {
	return "arn:" + cmp.Or(a.partition, "aws") + ":" + service + "::" + a.id + ":" + resource
}

// user is an IAM user.
type user struct {
	in       *account
	name, id string // id: AIDA…
	key      string // AKIA…
	address  string
}

func (u *user) arn() string { return u.in.arn("iam", "user/"+u.name) }

// role is an IAM role. Its path is in the iam ARN only.
type role struct {
	in             *account
	path, name, id string // id: AROA…
}

func (r *role) arn() string { return r.in.arn("iam", "role"+r.path+r.name) }

func (r *role) sessionARN(session string) string {
	return r.in.arn("sts", "assumed-role/"+r.name+"/"+session)
}

// world is where a story happens.
type world struct {
	dice
	events []*event
}

// cred is a credential in somebody's hand: what its records look like.
type cred struct {
	who     identity
	by      *actor
	in      *account // where its calls are logged
	region  string
	ip      string
	agent   string
	host    bool // speaks TLS to AWS itself
	console bool
	names   string // origin id that each of its records names
	tags    raw    // transitive tags that it hands on
}

func (w *world) user(in *account, name string) *user {
	return &user{
		in: in, name: name, id: w.uniqueID("AIDA", in.id, 21), key: w.accessKey("AKIA", in.id),
		address: w.address(),
	}
}

func (w *world) role(in *account, name string) *role {
	path := "/"
	if i := strings.LastIndexByte(name, '/'); i > 0 {
		path, name = "/"+name[:i+1], name[i+1:]
	}
	return &role{in: in, path: path, name: name, id: w.uniqueID("AROA", in.id, 21)}
}

// actor is an IAM user as the one behind records.
func (u *user) actor() *actor {
	return &actor{
		origin: "iam:" + u.in.id + ":" + u.id,
		also:   []string{"account:" + u.in.id + ":" + u.id, "iam:" + u.in.id + ":" + u.arn()},
		unique: u.id,
	}
}

// longTerm is a user's access key in use.
func (w *world) longTerm(u *user, agent string) *cred {
	return &cred{
		who: identity{kind: "IAMUser", principal: u.id, arn: u.arn(), account: u.in.id, key: u.key, user: u.name},
		by:  u.actor(), in: u.in, region: u.in.region, ip: u.address, agent: agent, host: true,
	}
}

// service is an AWS service that calls by itself.
func service(host string, in *account) *cred {
	return &cred{
		who: identity{kind: "AWSService", invokedBy: host},
		by:  &actor{origin: "service:" + host}, in: in, region: in.region, ip: host, agent: host,
	}
}

// record starts a record made with a credential.
func (w *world) record(c *cred, at time.Time, source, name string) *event {
	e := &event{
		version: pick(w.dice, []string{"1.08", "1.08", "1.09", "1.10", "1.11"}), who: c.who, at: at.Truncate(time.Second),
		source: source, name: name, region: c.region, ip: c.ip, agent: c.agent,
		requestID: w.uuid(), id: w.uuid(), kind: "AwsApiCall", recipient: c.in.id, console: c.console,
		readOnly: true,
	}
	if c.host {
		e.host = strings.TrimSuffix(source, "amazonaws.com") + c.region + ".amazonaws.com"
	}
	e.by, e.names = c.by, c.names
	w.events = append(w.events, e)
	return e
}

// copyFor adds the copy that another account's log holds of a call: it names
// the caller by account and unique id only (linkage.md 3.2).
func (w *world) copyFor(e *event, other *account) *event {
	c := *e
	c.id, c.recipient = w.uuid(), other.id
	c.who = identity{kind: "AWSAccount", principal: e.who.principal, account: e.who.account, invokedBy: e.who.invokedBy}
	c.console = false
	e.shared = w.uuid()
	c.shared = e.shared
	c.names = ""
	c.owner, c.partner = true, e
	w.events = append(w.events, &c)
	return &c
}

func region(c *cred, source string) string {
	switch source {
	case "iam.amazonaws.com", "organizations.amazonaws.com", "signin.amazonaws.com":
		return "us-east-1"
	}
	return c.region
}
