package synth

import (
	"crypto/sha1"
	"encoding/base64"
	"time"
)

const (
	agentCLI       = "aws-cli/2.27.41 md/awscrt#0.26.1 ua/2.1 os/linux#6.8.0-60-generic md/arch#x86_64 lang/python#3.13.3 cfg/retry-mode#standard md/command#s3.ls"
	agentBoto      = "Boto3/1.38.27 md/Botocore#1.38.27 ua/2.1 os/linux#6.1.140 md/arch#x86_64 lang/python#3.12.10 cfg/retry-mode#legacy"
	agentGo        = "aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.24.3 md/GOOS#linux md/GOARCH#arm64 api/s3#1.79.4 m/E"
	agentJava      = "aws-sdk-java/2.31.50 md/io#async md/http#NettyNio ua/2.1 os/Linux#5.10.237 lang/java#21.0.7"
	agentTerraform = "APN/1.0 HashiCorp/1.0 Terraform/1.12.1 (+https://www.terraform.io) terraform-provider-aws/5.99.1 aws-sdk-go-v2/1.36.3 ua/2.1 os/linux lang/go#1.23.8"
	agentBrowser   = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36"
	agentSignIn    = "AWS Signin, aws-internal/3 aws-sdk-java/1.12.783 Linux/5.10.237"
)

var agents = []string{agentCLI, agentBoto, agentGo, agentJava, agentTerraform}

// console is a console session of a user after ConsoleLogin: many keys, one
// creation date (linkage.md 3.10).
func (w *world) console(u *user, at time.Time, mfa bool) *cred {
	c := w.longTerm(u, agentBrowser)
	c.who.key, c.who.mfa, c.console = "", mfa, true
	e := w.record(c, at, "signin.amazonaws.com", "ConsoleLogin")
	e.kind, e.region, e.readOnly, e.console = "AwsConsoleSignIn", "us-east-1", false, false
	e.response = object("ConsoleLogin", "Success")
	e.extra = object("LoginTo", "https://console.aws.amazon.com/console/home?state=hashArgs%23&isauthcode=true", "MobileVersion", "No", "MFAUsed", yesNo(mfa))
	c.who.created, c.who.web = e.at, "{}"
	return w.rekey(c)
}

func yesNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

// rekey is the same session under another key, as consoles show.
func (w *world) rekey(c *cred) *cred {
	n := *c
	n.who.key = w.accessKey("ASIA", c.in.id)
	return &n
}

// switchRole is the console's role switch: AssumeRole by AWS for the user, a
// SwitchRole record in the role's account, and a session under keys that no
// record issued (linkage.md 3.11).
func (w *world) switchRole(c *cred, at time.Time, r *role, name string) *cred {
	internal := *c
	internal.who.invokedBy, internal.ip, internal.agent, internal.console, internal.host = "AWS Internal", "AWS Internal", agentSignIn, false, false
	s := w.assume(&internal, at, r, name, ask{})
	s.ip, s.agent, s.host, s.console = c.ip, c.agent, true, true
	shown := *s
	shown.who.key, shown.who.created, shown.console = "", time.Time{}, false
	e := w.record(&shown, at, "signin.amazonaws.com", "SwitchRole")
	e.kind, e.region, e.readOnly = "AwsConsoleSignIn", "us-east-1", false
	e.response = object("SwitchRole", "Success")
	e.extra = object("SwitchFrom", c.who.arn, "RedirectTo", "https://console.aws.amazon.com/console/home")
	s.by.switched = e
	return w.rekey(s)
}

// portal is an Identity Center instance.
type portal struct {
	in    *account
	store string
}

// person is an Identity Center user.
type person struct {
	portal   *portal
	id, name string
	address  string
}

func (p *person) origin() string { return "idc:" + p.portal.store + ":" + p.id }

func (p *portal) arn() string {
	return p.in.arn("identitystore", "identitystore/"+p.store)
}

func (w *world) person(p *portal, name string) *person {
	return &person{portal: p, id: w.uuid(), name: name, address: w.address()}
}

func (w *world) permissionSet(in *account, name string) *role {
	return w.role(in, "aws-reserved/sso.amazonaws.com/"+in.region+"/AWSReservedSSO_"+name+"_"+w.hex(16))
}

// signIn is how a person of Identity Center comes by a role session: the
// portal's record, the SAML issuance, and a session under another key than the
// one issued (linkage.md 3.9).
func (w *world) signIn(p *person, at time.Time, r *role, agent string) *cred {
	issuer := "https://portal.sso." + r.in.region + ".amazonaws.com/saml/assertion/" +
		base64.RawStdEncoding.EncodeToString([]byte(p.portal.in.id+"_ins-"+p.portal.store[2:]+"000000"))
	provider := "AWSSSO_" + p.portal.store[2:] + "_DO_NOT_DELETE"
	idp := nameQualifier(issuer, r.in, provider)
	subject := &cred{
		who: identity{kind: "SAMLUser", principal: idp + ":" + p.name, user: p.name, idp: idp},
		in:  r.in, region: r.in.region, ip: p.address, agent: agentSignIn, names: "saml:" + idp + ":" + p.name,
		by: &actor{origin: p.origin(), also: []string{"saml:" + idp + ":" + p.name}},
	}
	get := &cred{
		who: identity{
			kind: "IdentityCenterUser", account: p.portal.in.id, behalfUser: p.id, behalfStore: p.portal.arn(),
			credentialID: w.hex(40),
		},
		in: p.portal.in, region: p.portal.in.region, ip: p.address, agent: agentBrowser, by: subject.by, names: p.origin(),
	}
	asked := w.record(get, at, "sso.amazonaws.com", "GetRoleCredentials")
	asked.kind, asked.version = "AwsServiceEvent", "1.11"
	asked.details = object("role_name", r.name[len("AWSReservedSSO_"):len(r.name)-17], "account_id", r.in.id)

	s := w.session(subject, r, p.name, at, ask{})
	e := w.record(subject, at, "sts.amazonaws.com", "AssumeRoleWithSAML")
	w.fillSAML(e, s, issuer, provider, "persistent")
	s.by.issued, s.by.portal = e, asked
	s.agent, s.host = agent, true
	return w.rekey(s)
}

// nameQualifier is the identityProvider of a SAMLUser, as AWS works it out
// (linkage.md 3.3).
func nameQualifier(issuer string, in *account, provider string) string {
	sum := sha1.Sum([]byte(issuer + in.id + "/" + provider))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func (w *world) fillSAML(e *event, s *cred, issuer, provider, format string) {
	r := s.who.issuer
	e.issues = true
	provider = r.in.arn("iam", "saml-provider/"+provider)
	e.request = object("sAMLAssertionID", "_"+w.uuid(), "roleSessionName", sessionName(s), "roleArn", r.arn(),
		"principalArn", provider, "durationSeconds", 43200)
	e.response = object("credentials", w.credentials(s.by.key, e.at.Add(12*time.Hour-time.Second)),
		"assumedRoleUser", object("assumedRoleId", s.who.principal, "arn", s.who.arn),
		"subject", e.who.user, "subjectType", format, "issuer", issuer,
		"audience", "https://signin.aws.amazon.com/saml", "nameQualifier", e.who.idp)
	e.resources = array(object("accountId", r.in.id, "type", "AWS::IAM::Role", "ARN", r.arn()),
		object("accountId", r.in.id, "type", "AWS::IAM::SAMLProvider", "ARN", provider))
}

// onBehalf marks records of a person's session as services that log the person do.
func (p *person) onBehalf(events ...*event) {
	for _, e := range events {
		e.who.behalfUser, e.who.behalfStore = p.id, p.portal.arn()
		e.names = p.origin()
		e.by.named = append(e.by.named, e)
	}
}

// saml is a person of an outside identity provider who calls STS directly.
func (w *world) saml(at time.Time, r *role, subject, session string) *cred {
	issuer := "http://www.okta.example/" + w.hex(20)
	idp := nameQualifier(issuer, r.in, "corporate")
	id := "saml:" + idp + ":" + subject
	c := &cred{
		who: identity{kind: "SAMLUser", principal: idp + ":" + subject, user: subject, idp: idp},
		in:  r.in, region: r.in.region, ip: w.address(), agent: agentBoto, host: true,
		by: &actor{origin: id},
	}
	s := w.session(c, r, session, at, ask{})
	e := w.record(c, at, "sts.amazonaws.com", "AssumeRoleWithSAML")
	w.fillSAML(e, s, issuer, "corporate", pick(w.dice, []string{"persistent", "transient", "unspecified"}))
	s.by.issued = e
	return s
}

// loginAgent is `aws login` for an agent: its grant names a sign-in session, and
// so do the calls that come of it, under keys that change (linkage.md 3.12).
func (w *world) loginAgent(c *cred, at time.Time) *cred {
	s := w.login(c, at)
	grant := w.events[len(w.events)-1]
	s.who.signIn = "arn:aws:signin:us-east-1:" + c.in.id + ":session/" + w.uuid()
	s.who.invokedBy, s.ip, s.agent = "aws-mcp.amazonaws.com", "aws-mcp.amazonaws.com", "aws-mcp.amazonaws.com"
	grant.extra = object("success", "true", "signInSessionArn", s.who.signIn)
	grant.request = object("client_id", "arn:aws:signin:::devtools/same-device", "grant_type", "authorization_code",
		"resource", "https://aws-mcp.us-east-1.api.aws/mcp")
	return s
}

// login is `aws login`: an OAuth grant under a console session, then a key that
// no record issued, of the same session (linkage.md 3.12).
func (w *world) login(c *cred, at time.Time) *cred {
	shown := *c
	shown.who.key, shown.agent = "", agentCLI
	e := w.record(&shown, at, "signin.amazonaws.com", "CreateOAuth2Token")
	e.kind, e.region, e.readOnly = "AwsConsoleSignIn", "us-east-1", false
	e.request = object("client_id", "arn:aws:signin:::devtools/same-device", "grant_type", "authorization_code")
	e.extra = object("success", "true")
	s := w.rekey(c)
	s.agent, s.console = agentCLI, false
	return s
}
