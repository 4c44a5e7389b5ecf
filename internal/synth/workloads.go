package synth

import (
	"strings"
	"time"
)

// byService is an AssumeRole that an AWS service makes for a workload.
func (w *world) byService(host string, at time.Time, r *role, name string, o ask) *cred {
	s := w.assume(service(host, r.in), at, r, name, o)
	s.ip, s.agent, s.host = w.address(), agentBoto, true
	return s
}

// withoutRoleID takes assumedRoleUser out of an issuance, as EC2's lack it.
func (w *world) withoutRoleID(s *cred, expires time.Time) {
	s.by.issued.response = object("credentials", w.credentials(s.by.key, expires))
}

// instance is an EC2 instance's role: two credentials in one second under one
// request, for both deliveries (linkage.md 3.17).
func (w *world) instance(at time.Time, r *role, id string) (v1, v2 *cred) {
	origin := "service:ec2.amazonaws.com"
	v1 = w.byService("ec2.amazonaws.com", at, r, id, ask{})
	v2 = w.byService("ec2.amazonaws.com", at, r, id, ask{})
	v2.by.issued.requestID = v1.by.issued.requestID
	v2.ip = v1.ip
	for i, c := range []*cred{v1, v2} {
		w.withoutRoleID(c, at.Add(6*time.Hour+35*time.Minute))
		c.who.ec2 = []string{"1.0", "2.0"}[i]
		c.names = origin
	}
	return v1, v2
}

// function is a Lambda function: its records name it (linkage.md 3.18).
func (w *world) function(at time.Time, r *role, name string) *cred {
	s := w.byService("lambda.amazonaws.com", at, r, name, ask{})
	s.who.scopeType = "AWS::Lambda::Function"
	s.who.scopeARN = "arn:aws:lambda:" + r.in.region + ":" + r.in.id + ":function:" + name
	s.names = "service:lambda.amazonaws.com"
	return s
}

// task is an ECS task: nothing but its credential names it.
func (w *world) task(at time.Time, r *role) *cred {
	s := w.byService("ecs-tasks.amazonaws.com", at, r, w.hex(32), ask{})
	w.withoutRoleID(s, at.Add(6*time.Hour))
	return s
}

// pod is an EKS pod by Pod Identity; with target, EKS goes on to a second role
// (linkage.md 3.5).
func (w *world) pod(at time.Time, r, target *role, cluster, namespace, account, pod string) *cred {
	tags := tagList("eks-cluster-arn", "arn:aws:eks:"+r.in.region+":"+r.in.id+":cluster/"+cluster, "eks-cluster-name", cluster,
		"kubernetes-namespace", namespace, "kubernetes-service-account", account, "kubernetes-pod-name", pod, "kubernetes-pod-uid", w.uuid())
	name := "eks-" + cluster + "-" + strings.TrimRight(pod[:min(len(pod), 12)], "-") + "-" + w.uuid()
	s := w.byService("pods.eks.amazonaws.com", at, r, name[:min(len(name), 64)], ask{tags: tags})
	if target == nil {
		return s
	}
	s.agent = "eks-auth.amazonaws.com"
	t := w.assume(s, at, target, sessionName(s), ask{
		external: r.in.region + "/" + r.in.id + "/" + cluster + "/" + namespace + "/" + account,
		seconds:  3540,
	})
	t.agent = agentGo
	return t
}

// federated is AssumeRoleWithWebIdentity (linkage.md 3.4). provider is what
// follows "oidc-provider/" in its ARN.
func (w *world) federated(at time.Time, r *role, provider, subject, session, agent string) *cred {
	arn := r.in.arn("iam", "oidc-provider/"+provider)
	c := &cred{
		who: identity{kind: "WebIdentityUser", principal: arn + ":sts.amazonaws.com:" + subject, user: subject, idp: arn},
		in:  r.in, region: r.in.region, ip: w.address(), agent: agent, host: true,
		by: &actor{origin: "oidc:" + provider + ":" + subject},
	}
	s := w.session(c, r, session, at, ask{})
	s.who.web = object("federatedProvider", arn, "attributes", raw("{}"))
	e := w.record(c, at, "sts.amazonaws.com", "AssumeRoleWithWebIdentity")
	w.fill(e, c, s, ask{})
	e.response = object("subjectFromWebIdentityToken", subject, "audience", "sts.amazonaws.com", "provider", arn,
		"credentials", w.credentials(s.who.key, at.Add(time.Hour)),
		"assumedRoleUser", object("assumedRoleId", s.who.principal, "arn", s.who.arn))
	s.by.issued = e
	return s
}

// cognito is an app user's identity: everybody has one session name, records
// tell identities apart (linkage.md 3.14).
func (w *world) cognito(at time.Time, r *role, pool, id string) *cred {
	const provider = "cognito-identity.amazonaws.com"
	who := &cred{
		who: identity{kind: "Unknown"}, in: r.in, region: r.in.region, ip: w.address(), agent: agentBrowser, host: true,
		by: &actor{},
	}
	s := w.session(who, r, "CognitoIdentityCredentials", at, ask{})
	s.who.web = object("federatedProvider", provider,
		"attributes", object(provider+":amr", "authenticated", provider+":aud", pool, provider+":sub", id))
	s.names = "oidc:" + provider + ":" + id
	s.by = &actor{origin: s.names}
	if w.chance(50) { // a data event: off unless asked for
		e := w.record(who, at, provider, "GetCredentialsForIdentity")
		e.request = object("identityId", id, "logins", object("cognito-idp."+r.in.region+".amazonaws.com/"+pool, hidden))
		e.response = object("identityId", id, "credentials", w.credentials(s.who.key, at.Add(time.Hour)))
	}
	return s
}

const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// anywhere is a host with a certificate: the key stands inside an array
// (linkage.md 3.15).
func (w *world) anywhere(at time.Time, r *role, session string) *cred {
	host := &cred{
		who: identity{kind: "Unknown", account: r.in.id, principal: ""}, in: r.in, region: r.in.region,
		ip: w.address(), agent: "CredHelper/1.7.0 (go1.24.2; linux; amd64)", host: true,
		by: &actor{origin: "service:rolesanywhere.amazonaws.com"},
	}
	s := w.session(host, r, session, at, ask{})
	e := w.record(host, at, "rolesanywhere.amazonaws.com", "CreateSession")
	e.readOnly, e.issues, e.grants = false, true, host.by.origin
	anchor := "arn:aws:rolesanywhere:" + r.in.region + ":" + r.in.id
	e.request = object("cert", "MIIC"+w.text(60, alnum), "durationSeconds", 3600, "profileArn", anchor+":profile/"+w.uuid(),
		"roleArn", r.arn(), "roleSessionName", session, "trustAnchorArn", anchor+":trust-anchor/"+w.uuid())
	e.response = object("credentialSet", array(object(
		"assumedRoleUser", object("arn", s.who.arn, "assumedRoleId", s.who.principal),
		"credentials", w.credentials(s.who.key, at.Add(time.Hour)), "roleArn", r.arn())),
		"subjectArn", anchor+":subject/"+w.uuid())
	s.by.issued = e
	return s
}

// linked is a service-linked role at work: no key on its records, several
// issuances in one second of one service (linkage.md 3.18).
func (w *world) linked(host string, at time.Time, r *role, issuances int) *cred {
	var s *cred
	var made []*actor
	for range issuances {
		s = w.byService(host, at, r, "SLRManagement", ask{})
		made = append(made, s.by)
	}
	s.by.twins = made
	s.who.key, s.who.invokedBy, s.ip, s.agent, s.host = "", host, host, host, false
	return s
}
