package synth

import (
	"strings"
	"time"
)

// ask is what a call for credentials may say beyond role and session name.
type ask struct {
	external, source, serial string // external id, source identity, MFA device
	tags                     raw    // session tags, all of them transitive
	seconds                  int
	agent                    string // of the caller, where it is not the credential's
}

// Layouts of responseElements…expiration (linkage.md 4.3).
var expirations = []string{"Jan 2, 2006, 3:04:05 PM", "Jan 2, 2006, 3:04:05 PM", "Jan 2, 2006 3:04:05 PM", stamp, "Jan 2, 2006, 3:04:05\u202fPM"}

func (w *world) credentials(key string, expires time.Time) raw {
	return object("accessKeyId", key, "sessionToken", w.token(240+w.IntN(300)),
		"expiration", expires.UTC().Format(pick(w.dice, expirations)))
}

// session is a new session of a role, handed to whoever asked for it. No record
// is made here.
func (w *world) session(c *cred, r *role, name string, at time.Time, o ask) *cred {
	source := o.source
	if source == "" {
		source = c.who.sourceIdentity
	}
	s := &cred{
		who: identity{
			kind: "AssumedRole", principal: r.id + ":" + name, arn: r.sessionARN(name), account: r.in.id,
			key: w.accessKey("ASIA", r.in.id), created: at.Truncate(time.Second), issuer: r, web: "{}",
			mfa: c.who.mfa || o.serial != "", sourceIdentity: source,
		},
		in: r.in, region: c.region, ip: c.ip, agent: c.agent, host: c.host, tags: c.tags,
	}
	if o.tags != "" {
		s.tags = o.tags
	}
	s.by = &actor{parent: c.by, key: s.who.key, claim: source}
	return s
}

// assume is AssumeRole: its record, the copy in the role's account where that is
// another one, and the credential.
func (w *world) assume(c *cred, at time.Time, r *role, name string, o ask) *cred {
	s := w.session(c, r, name, at, o)
	e := w.record(c, at, "sts.amazonaws.com", "AssumeRole")
	if o.agent != "" {
		e.agent = o.agent
	}
	w.fill(e, c, s, o)
	s.by.issued = e
	if c.who.kind == "AWSService" {
		e.shared = w.uuid()
	} else if c.in != r.in {
		s.by.copied = w.copyFor(e, r.in)
	}
	return s
}

// fill writes what AssumeRole asked for and got into its record.
func (w *world) fill(e *event, c, s *cred, o ask) {
	if o.seconds == 0 {
		o.seconds = 3600
	}
	r := s.who.issuer
	name := sessionName(s)
	e.issues = true
	e.request = object("roleArn", r.arn(), "roleSessionName", name, "durationSeconds", o.seconds,
		"externalId", given(o.external), "sourceIdentity", given(o.source), "serialNumber", given(o.serial),
		"tags", o.tags, "incomingTransitiveTags", incoming(c.tags))
	assumed := object("assumedRoleId", s.who.principal, "arn", s.who.arn)
	e.response = object("credentials", w.credentials(s.who.key, e.at.Add(time.Duration(o.seconds)*time.Second)),
		"assumedRoleUser", assumed, "sourceIdentity", given(s.who.sourceIdentity))
	e.resources = array(object("accountId", r.in.id, "type", "AWS::IAM::Role", "ARN", r.arn()))
}

func sessionName(s *cred) string {
	return s.who.principal[strings.LastIndexByte(s.who.principal, ':')+1:]
}

// tagList makes session tags of names and values in turn.
func tagList(pairs ...string) raw {
	var items []raw
	for i := 0; i < len(pairs); i += 2 {
		items = append(items, object("key", pairs[i], "value", pairs[i+1]))
	}
	return array(items...)
}

// incoming is how tags that were handed on appear in the next AssumeRole.
func incoming(tags raw) raw {
	if tags == "" {
		return ""
	}
	text := strings.NewReplacer(`{"key":`, "", `,"value":`, ":", "}", "", "[", "{", "]", "}").Replace(string(tags))
	return raw(text)
}

// denied is an AssumeRole that was refused: the caller's log alone has it, and
// it names no role but in its text (linkage.md rule 7).
func (w *world) denied(c *cred, at time.Time, r *role) *event {
	e := w.record(c, at, "sts.amazonaws.com", "AssumeRole")
	e.errorCode = "AccessDenied"
	e.errorText = "User: " + c.who.arn + " is not authorized to perform: sts:AssumeRole on resource: " + r.arn()
	return e
}

// sessionToken is GetSessionToken with MFA: the same user, under another key.
func (w *world) sessionToken(c *cred, at time.Time, serial string) *cred {
	s := *c
	s.who.key = w.accessKey("ASIA", c.in.id)
	s.who.created, s.who.mfa, s.who.web = at.Truncate(time.Second), true, "{}"
	e := w.record(c, at, "sts.amazonaws.com", "GetSessionToken")
	e.readOnly, e.issues = false, true
	e.request = object("durationSeconds", 43200, "serialNumber", serial)
	e.response = object("credentials", w.credentials(s.who.key, at.Add(12*time.Hour)))
	return &s
}

// federate is GetFederationToken by a user.
func (w *world) federate(c *cred, u *user, at time.Time, name string) *cred {
	key := w.accessKey("ASIA", u.in.id)
	arn := u.in.arn("sts", "federated-user/"+name)
	s := &cred{
		who: identity{
			kind: "FederatedUser", principal: u.in.id + ":" + name, arn: arn, account: u.in.id, key: key,
			created: at.Truncate(time.Second), issuerUser: u, web: "{}",
		},
		in: u.in, region: c.region, ip: c.ip, agent: c.agent, host: true, names: c.by.origin,
	}
	e := w.record(c, at, "sts.amazonaws.com", "GetFederationToken")
	e.readOnly, e.issues = false, true
	e.request = object("name", name, "policy", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	e.response = object("credentials", w.credentials(key, at.Add(12*time.Hour)),
		"federatedUser", object("federatedUserId", s.who.principal, "arn", arn), "packedPolicySize", 4)
	s.by = &actor{parent: c.by, issued: e, key: key}
	return s
}

// assumeRoot is AssumeRoot on a member account, in both accounts' logs.
func (w *world) assumeRoot(c *cred, at time.Time, member *account, task string) *cred {
	key := w.accessKey("ASIA", member.id)
	s := &cred{
		who: identity{
			kind: "Root", principal: member.id, arn: member.arn("iam", "root"), account: member.id, key: key,
			created: at.Truncate(time.Second), web: "{}", assumedRoot: w.chance(50),
		},
		in: member, region: c.region, ip: c.ip, agent: c.agent, host: true,
	}
	e := w.record(c, at, "sts.amazonaws.com", "AssumeRoot")
	e.readOnly, e.issues = false, true
	e.request = object("targetPrincipal", member.id, "taskPolicyArn", object("arn", "arn:aws:iam::aws:policy/root-task/"+task), "durationSeconds", 900)
	e.response = object("credentials", w.credentials(key, at.Add(15*time.Minute)))
	s.by = &actor{parent: c.by, issued: e, key: key}
	s.by.copied = w.copyFor(e, member)
	return s
}

// forward is a call that a service makes with its caller's session: under a key
// of its own that no record issued (linkage.md 3.19).
func (w *world) forward(c *cred, at time.Time, by string, a act) *event {
	f := *c
	f.who.key = w.accessKey("ASIA", c.in.id)
	f.who.invokedBy, f.ip, f.agent, f.host = by, by, by, false
	if f.who.created.IsZero() { // a long-term key: the session begins with the call
		f.who.created, f.who.web = at.Truncate(time.Second), "{}"
		at = at.Add(time.Duration(w.IntN(2)) * time.Second)
	}
	return w.call(&f, at, a)
}

// readAcross is a call on another account's bucket, in both accounts' logs.
func (w *world) readAcross(c *cred, at time.Time, owner *account) *event {
	e := w.call(c, at, named("GetObject"))
	e.resources = array(object("accountId", owner.id, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::shared-"+owner.name))
	return w.copyFor(e, owner)
}
