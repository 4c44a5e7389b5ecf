package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// stack is the AWS that the tests of the program share.
var stack awstest.Stack

// signIn gives the program's own process the credentials of a caller.
func signIn(t *testing.T, environment []string) {
	t.Helper()
	for _, entry := range environment {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value)
		}
	}
}

// TestNamesFromAWS: the demo's organisation as AWS lists it, asked for by a
// question, and kept in a store for those who may not ask.
func TestNamesFromAWS(t *testing.T) {
	aws := stack.Start(t)
	t.Chdir(t.TempDir())
	management := aws.Account("222222222222")
	organization := management.Organization(t, "payer", map[string]string{
		"111111111111": "dev", "333333333333": "security", "444444444444": "data", "999999999999": "prod", "555555555555": "sandbox",
	})
	identityCenter := management.IdentityCenter(t, awstest.Person{UserID: "d8942619-e0eb-4e1e-8c93-bf12b0a51e59", UserName: "maria", DisplayName: "María García"})
	all := awstest.Allow("*", "organizations:DescribeOrganization", "organizations:ListAccounts", "sso:ListInstances", "identitystore:ListUsers")
	for _, args := range [][]string{{"demo"}, {"ingest", "crosstrail-demo", "--store", "s"}} {
		if _, stderr, status := runProgram(t, "", args...); status != 0 {
			t.Fatal(stderr)
		}
	}
	ask := func(wanted int, args ...string) (stdout, stderr string) {
		t.Helper()
		stdout, stderr, status := runProgram(t, "", args...)
		if status != wanted {
			t.Fatalf("%q: exit status %d, want %d: %s", args, status, wanted, stderr)
		}
		return stdout, stderr
	}
	says := func(text string, all ...string) {
		t.Helper()
		for _, want := range all {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in:\n%s", want, text)
			}
		}
	}

	// A member may not list accounts: it is told who may, and how else.
	signIn(t, aws.Environment(t, aws.Account("111111111111").User(t, "kim", all)))
	_, stderr := ask(exitFailed, "coverage", "--from", "crosstrail-demo", "--organization")
	says(stderr, "error: --organization: list the accounts of "+organization+": ", "hint: AWS lists accounts for the management account, 222222222222, ",
		"hint: or let somebody there list them, and give the file: aws organizations list-accounts")
	_, stderr = ask(exitFailed, "who", "AKIAEXAMPLE", "--from", "crosstrail-demo", "--identity-center")
	says(stderr, "error: --identity-center: find the Identity Center: there is none in us-east-1", "hint: name the region that it is in: --aws-region REGION")

	// Whoever is of the management account may, by a role as well.
	role := management.Role(t, "Names", awstest.Trust("", "111111111111"), all)
	signIn(t, aws.Environment(t, aws.Account("111111111111").User(t, "lee", awstest.Allow(role, "sts:AssumeRole"))))
	stdout, _ := ask(exitDone, "coverage", "--from", "crosstrail-demo", "--organization", "--role-arn", role)
	says(stdout, "NEVER SENT  accounts of "+organization, "555555555555  sandbox")
	stdout, _ = ask(exitDone, "events", "--from", "crosstrail-demo", "--identity-center", "--role-arn", role, "--origin", "maría garcía", "--limit", "1", "-o", "jsonl")
	says(stdout, `"displayName":"maria"`)

	// Beside log files of a bucket, by one caller.
	logs := management.Bucket(t, "acme-logs")
	err := filepath.WalkDir("crosstrail-demo/AWSLogs", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(name)
		logs.Put(t, awstest.Object{Key: strings.TrimPrefix(filepath.ToSlash(name), "crosstrail-demo/"), Body: body})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	analyst := management.User(t, "analyst", awstest.Allow("*", "s3:ListBucket", "s3:GetObject", "s3:GetBucketLocation", "organizations:DescribeOrganization", "organizations:ListAccounts"))
	signIn(t, aws.Environment(t, analyst))
	stdout, _ = ask(exitDone, "access", "--from", "s3://acme-logs", "--organization", "--account", "prod", "--third-party", "--yes")
	says(stdout, "INTO 999999999999 (prod)", "third party, from 666666666666")
	signIn(t, aws.Environment(t, aws.Account("111111111111").User(t, "ana", awstest.Allow(role, "sts:AssumeRole"))))

	// Once they are kept nobody needs to ask AWS.
	stdout, _ = ask(exitDone, "store", "names", "--store", "s", "--organization", "--identity-center", "--role-arn", role)
	says(stdout, "6 accounts of "+organization+" (management account 222222222222), as of 20", "1 user of "+identityCenter+", as of 20")
	signIn(t, []string{"AWS_ENDPOINT_URL=http://127.0.0.1:9", "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY="})
	stdout, _ = ask(exitDone, "coverage", "--store", "s")
	says(stdout, "555555555555  sandbox")
	stdout, _ = ask(exitDone, "access", "--store", "s", "--third-party", "-o", "jsonl")
	if strings.Count(stdout, "\n") != 1 || !strings.Contains(stdout, `"fromAccountId":"666666666666"`) {
		t.Errorf("third parties:\n%s", stdout)
	}
}

// TestNamesInPart: what AWS gives is kept, though it does not give the rest.
func TestNamesInPart(t *testing.T) {
	aws := stack.Start(t)
	t.Setenv(storeVariable, filepath.Join(t.TempDir(), "store"))
	t.Chdir(t.TempDir())
	management := aws.Account("222222222222")
	organization := management.Organization(t, "payer", map[string]string{"999999999999": "prod"})
	management.IdentityCenter(t, awstest.Person{UserID: "d8942619-e0eb-4e1e-8c93-bf12b0a51e59", UserName: "maria"})
	ask(t, exitDone, "demo")
	ask(t, exitDone, "ingest", "crosstrail-demo")
	names := []string{"store", "names", "--organization", "--identity-center"}

	signIn(t, aws.Environment(t, management.User(t, "none", awstest.Allow("*", "s3:ListBucket"))))
	stdout, stderr := ask(t, exitFailed, names...)
	if stdout != "" || !strings.Contains(stderr, "error: --organization: ") || !strings.Contains(stderr, "error: --identity-center: ") {
		t.Errorf("of nothing there is nothing to keep: %s%s", stdout, stderr)
	}
	signIn(t, aws.Environment(t, management.User(t, "half", awstest.Allow("*", "organizations:DescribeOrganization", "organizations:ListAccounts"))))
	stdout, stderr = ask(t, exitPart, names...)
	if !strings.Contains(stdout, "2 accounts of "+organization) || !strings.Contains(stderr, "error: --identity-center: find the Identity Center: ") ||
		!strings.Contains(stderr, "hint: the caller needs sso:ListInstances and identitystore:ListUsers") {
		t.Errorf("half of it: %s%s", stdout, stderr)
	}
}
