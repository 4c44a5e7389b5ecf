package awstest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestValidatePolicy: the findings of the fixture.
func TestValidatePolicy(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	may := account.User(t, "may", awstest.Allow("*", "access-analyzer:ValidatePolicy"))
	validate := func(user string, policy string) (int, []string) {
		t.Helper()
		caller := may
		if user != "may" {
			caller = account.User(t, user, "")
		}
		body, err := json.Marshal(map[string]string{"policyDocument": policy, "policyType": "IDENTITY_POLICY"})
		if err != nil {
			t.Fatal(err)
		}
		status, text := signed(t, stand, caller, "access-analyzer", http.MethodPost, "/policy/validation", map[string]string{"Content-Type": "application/json"}, body)
		var answer struct {
			Findings []struct{ FindingType, IssueCode string }
		}
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatalf("%d %s", status, text)
		}
		var found []string
		for _, f := range answer.Findings {
			found = append(found, f.FindingType+" "+f.IssueCode)
		}
		return status, found
	}
	for policy, want := range map[string]string{
		awstest.Allow("arn:aws:s3:::logs/*", "s3:GetObject"):                        "",
		awstest.Allow("arn:aws:s3:::logs/*", "s3:GetObjekt"):                        "ERROR INVALID_ACTION",
		awstest.Allow("*", "iam:PassRole"):                                          "SECURITY_WARNING PASS_ROLE_WITH_STAR_IN_RESOURCE",
		`{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`: "WARNING MISSING_VERSION",
		reads("Allow", `"*"`, "s3:GetObject", "arn:aws:s3:::logs/*", ""):            "ERROR UNSUPPORTED_PRINCIPAL",
		`{`: "ERROR JSON_SYNTAX_ERROR",
	} {
		if status, found := validate("may", policy); status != http.StatusOK || strings.Join(found, " ") != want {
			t.Errorf("%s: %d %v, not %s", policy, status, found, want)
		}
	}
	if status, _ := validate("nobody", "{}"); status != http.StatusForbidden {
		t.Errorf("who may not: %d", status)
	}
}

// TestAccessPoints: another way to read a bucket, with a policy of its own.
func TestAccessPoints(t *testing.T) {
	stand := stack.Start(t)
	account := stand.Account(prod)
	account.Bucket(t, "logs")
	nobody := account.User(t, "nobody", "")
	ask := func(caller aws.Config, method, path, body string) (int, string) {
		status, text := signed(t, stand, caller, "s3", method, "/v20180820/accesspoint"+path, map[string]string{"X-Amz-Account-Id": prod}, []byte(body))
		return status, string(text)
	}
	const create = `<CreateAccessPointRequest xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><Bucket>logs</Bucket></CreateAccessPointRequest>`
	if status, text := ask(account.Config(), http.MethodPut, "/open", create); status != http.StatusOK {
		t.Fatal(status, text)
	}
	if status, text := ask(account.Config(), http.MethodGet, "/open/policy", ""); status != http.StatusNotFound || !strings.Contains(text, "NoSuchAccessPointPolicy") {
		t.Errorf("the policy that it has not: %d %s", status, text)
	}
	policy, err := json.Marshal(reads("Allow", `{"AWS":"`+dev+`"}`, "s3:GetObject", "arn:aws:s3:us-east-1:"+prod+":accesspoint/open/object/*", ""))
	if err != nil {
		t.Fatal(err)
	}
	put := `<PutAccessPointPolicyRequest xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><Policy>` + strings.Trim(strings.ReplaceAll(string(policy), `\"`, "&quot;"), `"`) + `</Policy></PutAccessPointPolicyRequest>`
	if status, text := ask(account.Config(), http.MethodPut, "/open/policy", put); status != http.StatusOK {
		t.Fatal(status, text)
	}
	for path, want := range map[string]string{"?bucket=logs": "<Name>open</Name>", "?bucket=other": "", "/open/policy": "s3:GetObject"} {
		if status, text := ask(account.Config(), http.MethodGet, path, ""); status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %d %s", path, status, text)
		}
		if status, text := ask(nobody, http.MethodGet, path, ""); status != http.StatusForbidden {
			t.Errorf("%s, who may not: %d %s", path, status, text)
		}
	}
}
