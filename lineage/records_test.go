package lineage

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Records in AWS's shape (linkage.md section 3), all of one day. Later fields
// overwrite earlier ones, as in any JSON object.

const (
	dev  = "111111111111"
	prod = "222222222222"
	hub  = "333333333333"
)

// on is a moment of the day that the cases play on.
func on(clock string) string { return "2024-05-01T" + clock + "Z" }

func at(clock string) cloudtrail.Time {
	t, ok := cloudtrail.ParseTime(on(clock))
	if !ok {
		panic(clock)
	}
	return t
}

// call is one record.
func call(id, clock, recipient, source, name, who string, more ...string) string {
	fields := append([]string{fmt.Sprintf(`"eventVersion":"1.08","eventID":%q,"eventTime":%q,"eventSource":"%s.amazonaws.com","eventName":%q,`+
		`"awsRegion":"us-east-1","sourceIPAddress":"198.51.100.7","userAgent":"aws-cli/2.15 md/x","requestID":"req-%s",`+
		`"eventType":"AwsApiCall","recipientAccountId":%q,"userIdentity":%s`, id, on(clock), source, name, id, recipient, who)}, more...)
	return "{" + strings.Join(fields, ",") + "}"
}

// use is a call that only looks at something.
func use(id, clock, recipient, who string, more ...string) string {
	return call(id, clock, recipient, "s3", "ListBuckets", who, more...)
}

// user is an IAM user with a long-term key.
func user(account, name string, more ...string) string {
	up := strings.ToUpper(name)
	return object(fmt.Sprintf(`"type":"IAMUser","principalId":"AIDA%s","arn":"arn:aws:iam::%s:user/%s","accountId":%q,"accessKeyId":"AKIA%s","userName":%q`,
		up, account, name, account, up, name), more...)
}

// console is an IAM user's session: a console's, or GetSessionToken's.
func console(account, name, key, created string, more ...string) string {
	return user(account, name, append([]string{
		fmt.Sprintf(`"accessKeyId":%q,"sessionContext":{"attributes":{"creationDate":%q,"mfaAuthenticated":"true"}}`, key, on(created)),
	}, more...)...)
}

// role is a role's session. Its id is AROA and the role's name.
func role(account, name, session, key, created string, more ...string) string {
	return object(fmt.Sprintf(`"type":"AssumedRole","principalId":"AROA%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s","accountId":%q,"accessKeyId":%q,`+
		`"sessionContext":%s`, strings.ToUpper(name), session, account, name, session, account, key, within(account, name, created)), more...)
}

func within(account, name, created string, more ...string) string {
	return object(fmt.Sprintf(`"attributes":{"creationDate":%q,"mfaAuthenticated":"false"},"sessionIssuer":{"type":"Role","principalId":"AROA%s",`+
		`"arn":"arn:aws:iam::%s:role/%s","accountId":%q,"userName":%q}`, on(created), strings.ToUpper(name), account, name, account, name), more...)
}

// owner is a caller as the other account is told.
func owner(account, principal string) string {
	return object(fmt.Sprintf(`"type":"AWSAccount","principalId":%q,"accountId":%q`, principal, account))
}

// host is an AWS service.
func host(name string) string { return object(fmt.Sprintf(`"type":"AWSService","invokedBy":%q`, name)) }

func object(fields string, more ...string) string {
	return "{" + strings.Join(append([]string{fields}, more...), ",") + "}"
}

// grant is what an AssumeRole asks for and hands out, for an hour.
func grant(account, name, session, key, clock string) string {
	return fmt.Sprintf(`"requestParameters":{"roleArn":"arn:aws:iam::%[1]s:role/%[2]s","roleSessionName":%[3]q},`+
		`"responseElements":{"credentials":{"accessKeyId":%[4]q,"expiration":%[5]q,"sessionToken":"SECRET"},`+
		`"assumedRoleUser":{"assumedRoleId":"AROA%[6]s:%[3]s","arn":"arn:aws:sts::%[1]s:assumed-role/%[2]s/%[3]s"}}`,
		account, name, session, key, (at(clock) + 3600).Time().Format("Jan 2, 2006, 3:04:05 PM"), strings.ToUpper(name))
}

// assumeRole is an AssumeRole.
func assumeRole(id, clock, recipient, who, account, name, session, key string, more ...string) string {
	return call(id, clock, recipient, "sts", "AssumeRole", who, append([]string{grant(account, name, session, key, clock)}, more...)...)
}

// keyless is an issuance that names no session, as services get: EC2's.
func keyless(id, clock, recipient, service, account, name, session, key string, more ...string) string {
	return call(id, clock, recipient, "sts", "AssumeRole", host(service), append([]string{
		fmt.Sprintf(`"requestParameters":{"roleArn":"arn:aws:iam::%s:role/%s","roleSessionName":%q},`+
			`"responseElements":{"credentials":{"accessKeyId":%q,"expiration":%q}}`,
			account, name, session, key, (at(clock) + 6*3600).Time().Format("Jan 2, 2006, 3:04:05 PM")),
	}, more...)...)
}

// words tells a chain in one line, all but what repeats the records.
func words(c *Chain) string {
	if c == nil {
		return "no chain"
	}
	var w []string
	say := func(format string, args ...any) { w = append(w, fmt.Sprintf(format, args...)) }
	say("%s %s", grades[c.Evidence], originWords(c.Origin))
	for i := range c.Hops {
		say("> %s", hopWords(&c.Hops[i]))
	}
	for _, v := range c.Via {
		switch {
		case v.Hop != nil:
			say("via %s", hopWords(v.Hop))
		case v.Call != nil:
			say("via %s after %s", v.Service, v.Call.ID.Event)
		default:
			say("via %s%s", v.Service, v.AccountID)
		}
	}
	for _, x := range c.Candidates {
		event := "-"
		if x.Event != nil {
			event = x.Event.ID.Event
		}
		say("? %s %s", event, originWords(x.Origin))
	}
	for _, x := range c.Conflicts {
		say("! %s %s", x.Says, originWords(x.Origin))
	}
	for _, g := range c.Gaps {
		say("gap %s@%s", g.Reason, g.AccountID)
	}
	if c.CrossAccount {
		say("cross")
	}
	return strings.Join(w, " ")
}

var grades = [...]string{"?", "exact", "strong", "inferred", "claimed", "contested", "unresolved"}

func originWords(o *Origin) string {
	if o == nil {
		return "-"
	}
	s := o.ID + " by " + string(o.Rule)
	if o.Workload != "" {
		s += " on " + o.Workload
	}
	if o.SignIn != nil {
		s += " in " + o.SignIn.Event.ID.Event
	}
	return s
}

func hopWords(h *Hop) string {
	event := "-"
	if h.Issuance != nil {
		event = h.Issuance.ID.Event
	}
	for _, c := range h.Copies {
		event += "+" + c.ID.Event
	}
	s := fmt.Sprintf("%s[%s %s", lastPart(h.SessionARN), event, grades[h.Evidence])
	if h.Rule != "" {
		s += " " + string(h.Rule)
	}
	if h.Ambiguous {
		s += " ambiguous"
	}
	for _, n := range h.Notes {
		s += " " + n
	}
	for _, r := range h.Proof.RuledOut {
		s += " not " + r.Issuance.ID.Event + ":" + r.Guard
	}
	return s + "]"
}

// vector is one named case: records, and what must come out for some of them.
type vector struct {
	name    string
	records []string
	want    map[string]string // by event id
	horizon Horizon
}

func (v *vector) entries(t testing.TB) []entry {
	var out []entry
	for i, r := range v.records {
		out = append(out, decode(t, r, fmt.Sprintf("%d.json", i))...)
	}
	return out
}

// answers resolves a case and tells the chains asked for.
func (v *vector) answers(t testing.TB, entries []entry, without switches) map[string]string {
	s := newSet(entries)
	r := NewResolver(s, v.horizon)
	r.without = without
	got := map[string]string{}
	for i, c := range resolveAll(t, r, s) {
		id := s.uses[i].ID.Event
		if _, asked := v.want[id]; !asked {
			continue
		}
		if said, twice := got[id]; twice && said != words(c) {
			got[id] += " AND " + words(c)
			continue
		}
		got[id] = words(c)
	}
	return got
}
