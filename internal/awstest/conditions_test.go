package awstest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestConditions: the conditions of shared access, in trust policies, in the
// policies of roles whose sessions go on, and in a bucket's.
func TestConditions(t *testing.T) {
	stand := stack.Start(t)
	kim := stand.Account(dev).User(t, "kim", awstest.Allow("*", "*"))
	who, err := iam.NewFromConfig(stand.Account(dev).Config()).GetUser(t.Context(), &iam.GetUserInput{UserName: aws.String("kim")})
	if err != nil {
		t.Fatal(err)
	}
	logs := stand.Account(prod).Bucket(t, "logs")
	logs.Put(t, awstest.Object{Key: "one"})
	at := func(d time.Duration) string { return time.Now().Add(d).UTC().Format(time.RFC3339) }
	const ok, denied = "ok", "AccessDenied"
	for i, c := range []struct{ operator, key, value, want string }{
		{"DateLessThan", "aws:CurrentTime", at(time.Hour), ok},
		{"DateLessThan", "aws:CurrentTime", at(-time.Hour), denied},
		{"StringEquals", "sts:RoleSessionName", "session", ok},
		{"StringEquals", "sts:RoleSessionName", "other", denied},
		{"StringEquals", "aws:userid", *who.User.UserId, ok},
		{"StringEquals", "aws:userid", "AIDAOTHER", denied},
		{"ArnEquals", "aws:PrincipalArn", "arn:aws:iam::" + dev + ":user/kim", ok},
		{"ArnEquals", "aws:PrincipalArn", "arn:aws:iam::" + dev + ":user/lee", denied},
		{"IpAddress", "aws:SourceIp", "127.0.0.0/8", ok},
		{"IpAddress", "aws:SourceIp", "192.0.2.0/24", denied},
		{"Bool", "aws:SecureTransport", "true", denied},
	} {
		condition := fmt.Sprintf(`"Condition":{%q:{%q:%q}}`, c.operator, c.key, c.value)
		trust := `{"Statement":[{"Effect":"Allow","Principal":{"AWS":"` + dev + `"},"Action":"sts:AssumeRole",` + condition + `}]}`
		role := stand.Account(prod).Role(t, fmt.Sprintf("R%d", i), trust, "")
		if got := assume(t, kim, role); got != c.want {
			t.Errorf("trust, %s: %s, not %s", condition, got, c.want)
		}
		if strings.HasPrefix(c.key, "sts:") {
			continue
		}
		logs.Policy(t, reads("Allow", `{"AWS":"`+dev+`"}`, "s3:GetObject", "arn:aws:s3:::logs/*", ","+condition))
		if _, err := get(t, kim, "logs", "one"); code(err) != c.want {
			t.Errorf("bucket, %s: %v, not %s", condition, err, c.want)
		}
	}

	role := stand.Account(prod).Role(t, "Live", awstest.Trust("", dev), awstest.Allow("*", "s3:GetObject"))
	ids := iam.NewFromConfig(stand.Account(prod).Config())
	live, err := ids.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("Live")})
	if err != nil {
		t.Fatal(err)
	}
	session := stand.Assume(t, kim, role)
	for _, c := range []struct{ operator, key, value, want string }{
		{"DateLessThan", "aws:TokenIssueTime", at(time.Minute), denied},
		{"DateLessThan", "aws:TokenIssueTime", at(-time.Minute), ok},
		{"DateGreaterThan", "aws:CurrentTime", at(-time.Minute), denied},
		{"StringEquals", "aws:userid", *live.Role.RoleId + ":awstest", denied},
		{"StringEquals", "aws:userid", *live.Role.RoleId + ":other", ok},
	} {
		policy := fmt.Sprintf(`{"Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{%q:{%q:%q}}}]}`, c.operator, c.key, c.value)
		if _, err := ids.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("Live"), PolicyName: aws.String("deny"), PolicyDocument: &policy}); err != nil {
			t.Fatal(err)
		}
		if _, err := get(t, session, "logs", "one"); code(err) != c.want {
			t.Errorf("a session that goes on, %s: %v, not %s", policy, err, c.want)
		}
	}
}

// TestListRoles: in pages, below a path, and without their tags.
func TestListRoles(t *testing.T) {
	account := stack.Start(t).Account(prod)
	for i := range 3 {
		account.Role(t, fmt.Sprintf("R%d", i), awstest.Trust("", dev), "", func(in *iam.CreateRoleInput) {
			in.Path, in.Tags = aws.String("/crosstrail/"), []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
		})
	}
	account.Role(t, "Other", awstest.Trust("", dev), "")
	client := iam.NewFromConfig(account.Config())
	pages, found, turned := iam.NewListRolesPaginator(client, &iam.ListRolesInput{PathPrefix: aws.String("/crosstrail/"), MaxItems: aws.Int32(2)}), 0, 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		turned++
		for _, r := range page.Roles {
			found += 1 + len(r.Tags)
		}
	}
	if found != 3 || turned != 2 {
		t.Errorf("%d roles and tags in %d pages, not 3 in 2", found, turned)
	}
	if one, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("R1")}); err != nil || len(one.Role.Tags) != 1 {
		t.Errorf("%v, %v", one, err)
	}
}
