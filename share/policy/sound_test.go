package policy_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share/policy"
)

// TestSound: where Beyond names nothing, no request that one document allows is one
// that the other does not, of all that can be made of a few signs.
func TestSound(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	list := func(of ...string) string {
		var out []string
		for range 1 + random.IntN(2) {
			out = append(out, `"`+pick(of...)+`"`)
		}
		return "[" + strings.Join(out, ",") + "]"
	}
	rolls := []func() string{
		func() string {
			return `"` + pick("Action", "Action", "Action", "NotAction") + `":` + list("s3:Get*", "s3:GetObject", "S3:getobject", "s3:*", "s3:GetObjec?", "s3:PutObject")
		},
		func() string {
			return `"` + pick("Resource", "Resource", "Resource", "NotResource") + `":` + list("b/x", "b/*", "b/?", "*", "b/x*", "b/${aws:username}")
		},
		func() string {
			return `"` + pick("Principal", "Principal", "Principal", "Principal", "NotPrincipal") + `":` + pick(`"*"`, `{"AWS":`+list("222222222222", "arn:aws:iam::222222222222:role/r", "arn:aws:iam::222222222222:root", "111111111111")+`}`)
		},
		func() string {
			if random.IntN(6) == 0 {
				return `"Condition":{"Null":{"k":` + list("true", "false") + `}}`
			}
			operator := pick("StringEquals", "StringLike", "StringNotEquals", "StringNotLike", "StringEqualsIgnoreCase") + pick("", "", "IfExists")
			return `"Condition":{"` + operator + `":{"` + pick("k", "K", "k", "l") + `":` + list("a", "b", "A", "a*", "*", "?") + `}}`
		},
	}
	document := func(parts []string) *policy.Document {
		return parse(t, `{"Version":"`+pick("2012-10-17", "2012-10-17", "2008-10-17")+`","Statement":[{"Effect":"Allow",`+strings.Join(parts, ",")+`}]}`)
	}
	requests := someRequests()
	covered := 0
	for range 1000 {
		var parts []string
		for _, roll := range rolls {
			parts = append(parts, roll())
		}
		is := document(parts)
		again := random.IntN(len(rolls)) // most often alike: two of chance hardly ever are
		parts[again] = rolls[again]()
		meant := document(parts)
		if len(is.Beyond(meant)) > 0 {
			continue
		}
		covered++
		for _, q := range requests {
			if allows(is, q) == policy.Yes && allows(meant, q) == policy.No {
				t.Fatalf("%s\nis called no more than\n%s\nand allows %v", is, meant, q)
			}
		}
	}
	if covered < 150 {
		t.Errorf("only %d of the documents are covered", covered)
	}
}

func allows(d *policy.Document, q policy.Request) policy.Answer {
	answer := policy.No
	for i := range d.Statements {
		answer = max(answer, d.Answer(i, q))
	}
	return answer
}

func someRequests() []policy.Request {
	var out []policy.Request
	for _, who := range []string{"222222222222", "111111111111", "333333333333"} {
		for _, role := range []string{"r", "s"} {
			for _, action := range []string{"s3:GetObject", "s3:PutObject", "s3:GetObjectAcl", "iam:PassRole"} {
				for _, resource := range []string{"b/x", "b/y", "b/xy", "b", "c"} {
					for _, value := range []string{"", "a", "b", "A", "ab"} {
						q := policy.Request{Principals: []string{fmt.Sprintf("arn:aws:iam::%s:role/%s", who, role)}, Account: who, Action: action, Resource: policy.Exactly(resource, false), Known: map[string][]string{"k": {value}, "l": {"a"}}}
						if value == "" {
							q.Known["k"] = nil
						}
						out = append(out, q)
					}
				}
			}
		}
	}
	return out
}
