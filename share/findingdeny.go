package share

import (
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// deed is what a reader has to be able to do.
type deed struct {
	action   string
	resource policy.Pattern
	known    map[string][]string
}

// shutOut names each Deny, whoever wrote it, that keeps the reader from what was
// meant: for sure, or perhaps, where it hangs on what is not known here.
func (j *judge) shutOut() {
	if !j.g.Expires.IsZero() && !j.g.Expires.After(j.now) {
		return
	}
	principals, account := []string{j.g.RoleARN()}, j.g.Owner
	if j.g.Means == BucketPolicy {
		principals, account = []string{j.g.principalARN()}, j.g.account()
	}
	if j.g.To == j.g.Organization && j.g.To != "" {
		principals, account = nil, ""
	}
	seen := map[string]bool{}
	hold := func(h held, deeds []deed) {
		for _, d := range deeds {
			for i, s := range statementsOf(h.is) {
				if s.Effect != policy.Deny || seen[s.String()] {
					continue
				}
				q := policy.Request{Principals: principals, Account: account, Action: d.action, Resource: d.resource, Known: d.known}
				if h.kind == TrustDocument {
					q.Principals, q.Account = []string{j.g.principalARN()}, j.g.account()
				}
				if answer := h.is.Answer(i, q); answer != policy.No {
					seen[s.String()] = true
					j.add(h.finding(j.denied(h, d, answer), i, s))
				}
			}
		}
	}
	objects, keys := j.deeds()
	if r := j.f.Role; r != nil {
		if !j.shut() { // else it is told once that nobody gets in
			hold(held{kind: TrustDocument, resource: r.ARN, is: r.Trust}, []deed{{"sts:AssumeRole", nil, j.context(j.g.account(), j.g.principalARN())}})
		}
		for name, d := range r.Inline {
			hold(held{kind: PermissionsDocument, resource: r.ARN, name: name, is: d}, append(objects, keys...))
		}
	}
	hold(held{kind: BucketDocument, resource: j.g.bucketARN(), is: j.s.Bucket.Policy}, objects)
	for _, k := range j.s.Keys {
		hold(held{kind: KeyDocument, resource: k.ARN, is: k.Policy}, keys)
	}
}

func (j *judge) denied(h held, d deed, answer policy.Answer) Finding {
	switch {
	case h.name == revokeName:
		return Finding{Code: "sessions-revoked", Level: Note, Text: "sessions that began before this moment are cut off", Remedy: "who may still read begins a new one"}
	case answer == policy.Yes:
		return Finding{Code: "shut-out", Level: Fault, Text: "it keeps the reader from " + d.action + ", which was meant", Remedy: "ask who wrote it to except the reader, or share in another way"}
	}
	return Finding{Code: "may-shut-out", Level: Note, Text: "it may keep the reader from " + d.action + ": it hangs on what cannot be seen here", Remedy: "let the reader try: crosstrail share selftest"}
}

// revokeName is how AWS names the policy that cuts off sessions (IAM User Guide,
// "Revoking IAM role temporary security credentials").
const revokeName = "AWSRevokeOlderSessions"

// deeds are what a reader does to the bucket, and with its keys.
func (j *judge) deeds() (objects, keys []deed) {
	_, least := j.scopes()
	account, arn := j.g.Owner, j.g.RoleARN()
	if j.g.Means == BucketPolicy {
		account, arn = j.g.account(), j.g.principalARN()
	}
	known := j.context(account, arn)
	objects = append(objects, deed{"s3:ListBucket", policy.Wild(j.g.bucketARN(), true), known})
	for _, arn := range j.g.keyARNs(least) {
		objects = append(objects, deed{"s3:GetObject", policy.Wild(arn, true), known})
	}
	for _, arn := range j.s.customerKeys() {
		keys = append(keys, deed{"kms:Decrypt", policy.Exactly(arn, false), known})
	}
	return objects, keys
}

// context is what is known of a reader's requests.
func (j *judge) context(account, arn string) map[string][]string {
	known := map[string][]string{
		"aws:securetransport": {"true"}, "aws:currenttime": {j.now.UTC().Format(time.RFC3339)},
		"aws:resourceaccount": {j.g.Owner}, "s3:resourceaccount": {j.g.Owner},
		"aws:principalisawsservice": {"false"}, "s3:dataaccesspointarn": nil,
	}
	if IsAccount(account) {
		known["aws:principalaccount"] = []string{account}
	}
	if policy.AccountOf(arn) == "" && arn != "" && IsAccount(account) {
		known["aws:principalarn"] = []string{arn}
	}
	if o := j.s.Organization; o != nil && (account == j.g.Owner || j.g.Organization == o.ID) {
		known["aws:principalorgid"] = []string{o.ID}
	}
	return known
}
