package iam_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
	"github.com/crosstrail/crosstrail/share/policy"
)

// TestValidate: no stand-in has Access Analyzer, so this answers in its form (Access
// Analyzer API Reference, ValidatePolicy).
func TestValidate(t *testing.T) {
	t.Parallel()
	var asked []string
	answer := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]string
		if r.URL.Path != "/policy/validation" || json.NewDecoder(r.Body).Decode(&in) != nil || !json.Valid([]byte(in["policyDocument"])) {
			t.Errorf("%s: %v", r.URL, in)
		}
		asked = append(asked, in["policyType"]+" "+in["validatePolicyResourceType"])
		w.Header().Set("Content-Type", "application/json")
		if answer == "" {
			w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"message":"no"}`)
			return
		}
		fmt.Fprint(w, answer)
	}))
	defer server.Close()
	d, err := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny"},{"Sid":"x","Effect":"Allow"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	documents := []share.Document{{Kind: share.TrustDocument, After: d}, {Kind: share.PermissionsDocument, After: d}, {Kind: share.BucketDocument, After: d}, {Kind: share.KeyDocument, After: d}, {Kind: share.ReaderDocument}}
	validate := func(endpoint string) []share.Finding {
		t.Helper()
		client := iam.Open(aws.Config{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "x", "")})
		all, err := client.Validate(t.Context(), documents)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got := validate(server.URL); len(got) != 1 || got[0].Code != "not-validated" || got[0].Level != share.Note || !strings.Contains(got[0].Text, "access-analyzer:ValidatePolicy") {
		t.Errorf("%+v", got)
	}
	asked = nil
	answer = `{"findings":[{"findingType":"ERROR","issueCode":"INVALID_ACTION","findingDetails":"The action is invalid.","learnMoreLink":"https://docs.aws.amazon.com/x","locations":[{"path":[{"value":"Statement"},{"index":1},{"value":"Action"}],"span":{"start":{"line":1,"column":1,"offset":1},"end":{"line":1,"column":2,"offset":2}}}]},
		{"findingType":"SUGGESTION","issueCode":"EMPTY","findingDetails":"d","learnMoreLink":"","locations":[]}]}`
	got := validate(server.URL)
	if len(got) != 8 || got[0].Level != share.Fault || got[0].Index != 1 || got[0].Sid() != "x" || got[1].Level != share.Note || got[4].Index != -1 || got[4].Sid() != "x" {
		t.Errorf("%+v", got)
	}
	if all := strings.Join(asked, ","); all != "RESOURCE_POLICY AWS::IAM::AssumeRolePolicyDocument,IDENTITY_POLICY ,RESOURCE_POLICY AWS::S3::Bucket,RESOURCE_POLICY " {
		t.Error(all)
	}
	server.Close()
	if got := validate(server.URL); len(got) != 1 || !strings.Contains(got[0].Text, "cannot be reached") {
		t.Errorf("%+v", got)
	}
}
