package share_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// mutant is a document that somebody widened in one place.
type mutant struct {
	name  string
	doc   *policy.Document
	index int      // of the statement that was changed; -1: it is gone
	codes []string // one of which verify has to give
}

// mutants are all that can be made of some statements of a document.
func mutants(t testing.TB, d *policy.Document, ours func(policy.Statement) bool) []mutant {
	t.Helper()
	var out []mutant
	for i, s := range d.Statements {
		if !ours(s) {
			continue
		}
		add := func(name string, codes string, change func(*policy.Statement)) {
			changed := copied(s)
			change(&changed)
			all := slices.Clone(d.Statements)
			all[i] = changed
			out = append(out, mutant{name, rebuilt(t, d.Version, all), i, strings.Fields(codes)})
		}
		if s.Effect == policy.Deny {
			out = append(out, mutant{"the Deny removed", rebuilt(t, d.Version, slices.Delete(slices.Clone(d.Statements), i, i+1)), -1, []string{"deny-gone"}})
			add("the Deny held to a condition", "deny-gone", func(s *policy.Statement) {
				s.Condition["StringEquals"] = map[string]policy.Strings{"aws:PrincipalTag/x": {"y"}}
			})
			add("the Deny of less", "deny-gone", func(s *policy.Statement) { s.Action = policy.Strings{"s3:*"} })
			add("the Deny later", "deny-gone", func(s *policy.Statement) {
				for _, keys := range s.Condition {
					keys["aws:CurrentTime"] = policy.Strings{"2099-01-01T00:00:00Z"}
				}
			})
			continue
		}
		conditionMutants(s, add)
		actionMutants(s, add)
		principalMutants(s, add)
		resourceMutants(s, add)
	}
	if len(out) == 0 {
		return nil // of a key that leaves it to IAM
	}
	for name, more := range map[string]policy.Statement{
		"odd":        {Effect: "allow", Action: policy.Strings{"*"}, Resource: policy.Strings{"*"}},
		"denies not": {Effect: "deny", Action: policy.Strings{"*"}, Resource: policy.Strings{"*"}},
		"nobody":     {Effect: policy.Allow, Action: policy.Strings{"s3:GetObject"}, Resource: policy.Strings{"*"}, Principal: &policy.Principal{}},
		"all":        {Effect: policy.Allow, Action: policy.Strings{"*"}, Resource: policy.Strings{"*"}},
		"NotAction":  {Effect: policy.Allow, NotAction: policy.Strings{"iam:*"}, Resource: policy.Strings{"*"}},
		"one key":    {Effect: policy.Allow, Action: policy.Strings{"s3:GetObject"}, Resource: policy.Strings{"arn:aws:s3:::acme-logs/audit/AWSLogs"}},
		"a stranger": {Effect: policy.Allow, Action: policy.Strings{"sts:AssumeRole"}, Principal: &policy.Principal{AWS: policy.Strings{"555555555555"}}},
	} {
		last := d.Statements[len(d.Statements)-1]
		more.Sid = last.Sid
		if more.Principal == nil {
			more.Principal = last.Principal
		}
		all := append(slices.Clone(d.Statements), more)
		out = append(out, mutant{"one more statement: " + name, rebuilt(t, d.Version, all), len(d.Statements), []string{
			"more-actions", "not-action", "other-principal", "wider-resource", "other-prefix", "other-bucket", "foreign-statement", "list-open", "end", "mfa", "organization", "key-open", "condition", "external-id", "session-name", "wildcard-principal",
		}})
	}
	return out
}

// copied has nothing of how it was read.
func copied(s policy.Statement) policy.Statement {
	c := policy.Statement{
		Sid: s.Sid, Effect: s.Effect, Action: slices.Clone(s.Action), NotAction: slices.Clone(s.NotAction), Resource: slices.Clone(s.Resource),
		NotResource: slices.Clone(s.NotResource), Condition: policy.Condition{},
	}
	if s.Principal != nil {
		p := *s.Principal
		c.Principal = &p
	}
	for operator, keys := range s.Condition {
		c.Condition[operator] = map[string]policy.Strings{}
		for key, values := range keys {
			c.Condition[operator][key] = slices.Clone(values)
		}
	}
	return c
}

func rebuilt(t testing.TB, version string, statements []policy.Statement) *policy.Document {
	t.Helper()
	d, err := policy.Parse((&policy.Document{Version: version, Statements: statements}).String())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// codesOf are what a loosened condition may be called.
var codesOf = map[string]string{
	"sts:ExternalId": "external-id", "aws:MultiFactorAuthPresent": "mfa", "aws:CurrentTime": "end", "aws:PrincipalOrgID": "organization",
	"sts:RoleSessionName": "session-name", "kms:ViaService": "key-open", "s3:prefix": "list-open",
}

type adder = func(name, codes string, change func(*policy.Statement))

func conditionMutants(s policy.Statement, add adder) {
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
			code, values := codesOf[key], s.Condition[operator][key]
			named := func(name string) string { return name + " of " + operator + " " + key }
			become := func(name, operator2 string, change func(policy.Strings) policy.Strings) {
				add(named(name), code, func(s *policy.Statement) {
					values := change(s.Condition[operator][key])
					delete(s.Condition[operator], key)
					if s.Condition[operator2] == nil {
						s.Condition[operator2] = map[string]policy.Strings{}
					}
					s.Condition[operator2][key] = values
				})
			}
			same := func(v policy.Strings) policy.Strings { return v }
			add(named("drop"), code, func(s *policy.Statement) { delete(s.Condition[operator], key) })
			add(named("another alphabet"), code, func(s *policy.Statement) {
				s.Condition[operator][strings.Replace(key, "s", "ſ", 1)] = s.Condition[operator][key]
				delete(s.Condition[operator], key)
			})
			become("IfExists", operator+"IfExists", same)
			become("ForAllValues", "ForAllValues:"+operator, same)
			switch operator {
			case "StringEquals", "StringLike":
				become("any value", "StringLike", func(policy.Strings) policy.Strings { return policy.Strings{"*"} })
				become("itself", operator, func(policy.Strings) policy.Strings { return policy.Strings{"${" + key + "}"} })
				become("one more value", operator, func(v policy.Strings) policy.Strings { return append(v, "another") })
				become("no case", "StringEqualsIgnoreCase", same)
				become("another value", operator, func(policy.Strings) policy.Strings { return policy.Strings{"o-anotherorgid"} })
				become("not", "StringNotEquals", func(policy.Strings) policy.Strings { return policy.Strings{"x"} })
				for n := range values {
					for _, short := range shortened(values[n]) {
						become("shorter "+values[n], "StringLike", func(v policy.Strings) policy.Strings { v[n] = short; return v })
					}
				}
			case "Bool":
				become("either", "Bool", func(policy.Strings) policy.Strings { return policy.Strings{"true", "false"} })
				become("false", "Bool", func(policy.Strings) policy.Strings { return policy.Strings{"false"} })
				become("there", "Null", func(policy.Strings) policy.Strings { return policy.Strings{"false"} })
			case "DateLessThan":
				become("a second later", operator, func(v policy.Strings) policy.Strings {
					at, _ := time.Parse(time.RFC3339, v[0])
					return policy.Strings{at.Add(time.Second).Format(time.RFC3339)}
				})
				become("equal", "DateLessThanEquals", same)
				become("greater", "DateGreaterThan", same)
				for _, date := range []string{"2098", "202612", "02027", "1700000000000", "-170000000"} {
					become(date, operator, func(policy.Strings) policy.Strings { return policy.Strings{date} })
				}
			}
		}
	}
}

// shortened are patterns that begin as one does, and leave out more and more of it:
// a sign, a segment.
func shortened(pattern string) []string {
	var out []string
	stem := strings.TrimSuffix(pattern, "*")
	if len(stem) > 1 {
		out = append(out, stem[:len(stem)-1]+"*")
	}
	if segment := strings.LastIndex(strings.TrimSuffix(stem, "/"), "/"); segment > 0 {
		out = append(out, stem[:segment+1]+"*")
	}
	for at, digits := range map[string]string{"222222222222": "22222222222?", "111111111111": "444444444444"} {
		if strings.Contains(pattern, "/"+at+"/") {
			out = append(out, strings.Replace(pattern, "/"+at+"/", "/"+digits+"/", 1), strings.Replace(pattern, "/"+at+"/", "/*/", 1))
		}
	}
	if strings.Contains(pattern, "${aws:PrincipalAccount}") {
		out = append(out, strings.Replace(pattern, "${aws:PrincipalAccount}", "*", 1), strings.Replace(pattern, "${aws:PrincipalAccount}", "${aws:username}", 1))
	}
	return out
}

func actionMutants(s policy.Statement, add adder) {
	for n, action := range s.Action {
		service, _, _ := strings.Cut(action, ":")
		wider := []string{"*", service + ":*", strings.TrimSuffix(action, "*")[:len(strings.TrimSuffix(action, "*"))-1] + "*"}
		if !strings.HasSuffix(action, "*") {
			wider = append(wider, action+"*")
		}
		for _, w := range wider {
			add("action "+w, "more-actions", func(s *policy.Statement) { s.Action[n] = w })
		}
	}
	for _, more := range []string{"s3:PutObject", "s3:DeleteObject", "s3:GetBucketPolicy", "s3:*", "s3:GetObjectVersion", "kms:*", "sts:TagSession", "iam:PassRole"} {
		if more == "s3:GetBucketPolicy" || more == "s3:GetObjectVersion" { // the seed's s3:Get* has them
			if slices.Contains(s.Action, "s3:Get*") {
				continue
			}
		}
		add("one more action "+more, "more-actions", func(s *policy.Statement) { s.Action = append(s.Action, more) })
	}
	add("NotAction", "not-action", func(s *policy.Statement) { s.Action, s.NotAction = nil, policy.Strings{"iam:*"} })
}

func principalMutants(s policy.Statement, add adder) {
	if s.Principal == nil {
		return
	}
	set := func(name, codes string, p policy.Principal) {
		add("principal "+name, codes, func(s *policy.Statement) { s.Principal = &p })
	}
	add("NotPrincipal", "not-principal", func(s *policy.Statement) {
		s.Principal, s.NotPrincipal = nil, &policy.Principal{AWS: policy.Strings{"arn:aws:iam::555555555555:root"}}
	})
	if s.Principal.Everyone {
		return // of an organisation: its condition holds it
	}
	set("*", "wildcard-principal", policy.Principal{Everyone: true})
	set("another account", "other-principal", policy.Principal{AWS: policy.Strings{"555555555555"}})
	set("one more", "other-principal", policy.Principal{AWS: append(slices.Clone(s.Principal.AWS), "arn:aws:iam::555555555555:role/x")})
	set("a service", "other-principal", policy.Principal{AWS: s.Principal.AWS, Service: policy.Strings{"ec2.amazonaws.com"}})
	set("a federation", "other-principal", policy.Principal{AWS: s.Principal.AWS, Federated: policy.Strings{"arn:aws:iam::111111111111:saml-provider/x"}})
	set("nobody", "wildcard-principal", policy.Principal{})
	set("gone", "principal-gone", policy.Principal{AWS: policy.Strings{"AROAEXAMPLEEXAMPLE123"}})
	if who := s.Principal.AWS[0]; !strings.HasSuffix(who, ":root") {
		account := strings.Split(who, ":")[4]
		code := "whole-account"
		if account == owner { // a key's statement for the role
			code = "other-principal"
		}
		set("its whole account", code, policy.Principal{AWS: policy.Strings{account}})
		set("its root", code, policy.Principal{AWS: policy.Strings{"arn:aws:iam::" + account + ":root"}})
		set("another of it", "other-principal", policy.Principal{AWS: policy.Strings{who + "x"}})
	}
}

func resourceMutants(s policy.Statement, add adder) {
	const wider = "other-accounts other-days other-prefix other-bucket wider-resource"
	for n, resource := range s.Resource {
		if resource == "*" {
			continue // of a key's policy, which is about itself
		}
		set := func(to, codes string) {
			add("resource "+to, codes, func(s *policy.Statement) { s.Resource[n] = to })
		}
		set("*", wider)
		set("arn:aws:s3:::*", wider)
		if !strings.HasSuffix(resource, "*") {
			set(resource+"*", wider)
		}
		if strings.Contains(resource, "/") && strings.Contains(resource, ":s3:") {
			for _, short := range shortened(resource) {
				set(short, wider)
			}
			set(strings.Replace(resource, "AWSLogs/", "", 1), wider)
			set(strings.Replace(resource, "AWSLogs/", "*AWSLogs/", 1), wider)
			if strings.Contains(resource, "audit/") {
				set(strings.Replace(resource, "audit/", "", 1), "other-prefix")
				set(strings.Replace(resource, "audit/", "audi?/", 1), "other-prefix")
			}
		}
	}
	if len(s.Resource) > 0 && s.Resource[0] != "*" {
		add("one more resource", wider, func(s *policy.Statement) { s.Resource = append(s.Resource, "arn:aws:s3:::other/*") })
		add("NotResource", "not-resource", func(s *policy.Statement) {
			s.Resource, s.NotResource = nil, policy.Strings{"arn:aws:s3:::other/*"}
		})
	}
}
