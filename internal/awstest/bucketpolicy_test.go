package awstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// reads is a bucket policy.
func reads(effect, principal, action, resource, more string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"` + effect + `","Principal":` + principal + `,"Action":"` + action + `","Resource":"` + resource + `"` + more + `}]}`
}

// TestBucketPolicies: those that S3 takes and refuses.
func TestBucketPolicies(t *testing.T) {
	logs := stack.Start(t).Account(prod).Bucket(t, "logs")
	const account, objects, wrong = `{"AWS":"` + dev + `"}`, "arn:aws:s3:::logs/*", "MalformedPolicy"
	for what, c := range map[string]struct{ policy, want string }{
		"whole":                  {reads("Allow", account, "s3:GetObject", objects, ""), "ok"},
		"no JSON":                {`{"`, wrong},
		"no statement":           {`{}`, wrong},
		"another bucket":         {reads("Allow", account, "s3:GetObject", "arn:aws:s3:::logs2/*", ""), wrong},
		"every resource":         {reads("Allow", account, "s3:GetObject", "*", ""), wrong},
		"a role that is not":     {reads("Allow", `{"AWS":"arn:aws:iam::`+dev+`:role/ghost"}`, "s3:GetObject", objects, ""), wrong},
		"of another service":     {reads("Allow", account, "iam:GetRole", objects, ""), wrong},
		"an object's, on bucket": {reads("Allow", account, "s3:GetObject", "arn:aws:s3:::logs", ""), wrong},
		"a bucket's, on objects": {reads("Allow", account, "s3:ListBucket", objects, ""), wrong},
		"effect in small":        {reads("allow", account, "s3:GetObject", objects, ""), wrong},
		"unknown operator":       {reads("Allow", account, "s3:GetObject", objects, `,"Condition":{"StringIs":{"aws:PrincipalOrgID":"o-1"}}`), wrong},
		"more than 20 KB":        {reads("Allow", account, "s3:GetObject", objects, `,"Sid":"`+strings.Repeat("x", 20<<10)+`"`), "PolicyTooLarge"},
		"public":                 {reads("Allow", `"*"`, "s3:GetObject", objects, ""), "AccessDenied"},
		"of an organization":     {reads("Allow", `"*"`, "s3:GetObject", objects, `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-aaaaaaaaaa"}}`), "ok"},
		"a denial to all":        {reads("Deny", `"*"`, "s3:*", objects, `,"Condition":{"Bool":{"aws:SecureTransport":"false"}}`), "ok"},
	} {
		_, err := logs.Owner.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &logs.Name, Policy: &c.policy})
		if code(err) != c.want {
			t.Errorf("%s: %v, not %s", what, err, c.want)
		}
	}
	status, err := logs.Owner.GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: &logs.Name})
	if err != nil || *status.PolicyStatus.IsPublic {
		t.Errorf("%v, %v", status, err)
	}
	if _, err := logs.Owner.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &logs.Name}); err != nil {
		t.Fatal(err)
	}
	logs.Policy(t, reads("Allow", `"*"`, "s3:GetObject", objects, ""))
	status, err = logs.Owner.GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: &logs.Name})
	if err != nil || !*status.PolicyStatus.IsPublic {
		t.Errorf("a public one: %v, %v", status, err)
	}
}

// TestSCP: a service control policy denies what every policy of the account
// allows; the refusal says so, and names the resource.
func TestSCP(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	logs := account.Bucket(t, "logs")
	admin := s3.NewFromConfig(account.User(t, "admin", awstest.Allow("*", "*")))
	nobody := s3.NewFromConfig(account.User(t, "nobody", ""))
	policy := reads("Allow", `{"AWS":"`+dev+`"}`, "s3:GetObject", "arn:aws:s3:::logs/*", "")
	put := func(client *s3.Client) error {
		_, err := client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &logs.Name, Policy: &policy})
		return err
	}
	if err := put(admin); err != nil {
		t.Fatal(err)
	}
	account.SCP(t, awstest.Deny("arn:aws:s3:::logs", "s3:PutBucketPolicy"))
	for _, c := range []struct {
		who    string
		client *s3.Client
		why    string
	}{
		{"admin", admin, "with an explicit deny in a service control policy"},
		{"nobody", nobody, "with an explicit deny in a service control policy"},
	} {
		want := "User: arn:aws:iam::" + prod + ":user/" + c.who + ` is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::logs" ` + c.why
		if err := put(c.client); code(err) != "AccessDenied" || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, not %s", c.who, err, want)
		}
	}
	_, err := nobody.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &logs.Name})
	if want := `s3:GetBucketPolicy on resource: "arn:aws:s3:::logs" because no identity-based policy allows the s3:GetBucketPolicy action`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, not %s", err, want)
	}
	_, err = nobody.ListBuckets(t.Context(), nil)
	if want := "s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, not %s", err, want)
	}
	if _, err := admin.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &logs.Name}); err != nil {
		t.Errorf("what is not denied: %v", err)
	}
}

// TestBefore: somebody else writes between a read and the second write.
func TestBefore(t *testing.T) {
	stand := stack.Start(t)
	logs := stand.Account(prod).Bucket(t, "logs")
	var seen []string
	stand.Before(t, "s3:PutBucketPolicy", 2, func() {
		out, err := logs.Owner.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: &logs.Name})
		if err != nil {
			t.Error(err)
			return
		}
		seen = append(seen, *out.Policy)
		_, err = logs.Owner.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: &logs.Name})
		if err != nil {
			t.Error(err)
		}
	})
	for i, name := range []string{"first", "second", "third"} {
		logs.Policy(t, reads("Allow", `{"AWS":"arn:aws:iam::`+dev+`:root"}`, "s3:GetObject", "arn:aws:s3:::logs/"+name, ""))
		if want := min(i, 1); len(seen) != want {
			t.Errorf("at the %s it was done %d times, not %d", name, len(seen), want)
		}
	}
	if len(seen) == 1 && !strings.Contains(seen[0], "logs/first") {
		t.Errorf("it ran after the write: %s", seen[0])
	}
}
