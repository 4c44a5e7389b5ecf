package share_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// TestTemplate: a stack makes what the calls make.
func TestTemplate(t *testing.T) {
	s := surroundings(t, key(false, owner, `{"Statement":[]}`))
	var plans []*share.Plan
	for _, w := range []share.Want{{To: member}, {Organization: true}, {To: outside, ExternalID: "acme-1", Logs: share.Logs{All: true}}, {To: member, Policy: share.ManagedReadOnly}} {
		p, err := share.NewPlan(w, s, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p)
	}
	body, left, warnings := share.Template(plans)
	var template struct {
		Resources map[string]struct {
			Type           string
			DeletionPolicy string
			Properties     struct {
				RoleName                 string
				PolicyDocument           *policy.Document
				AssumeRolePolicyDocument *policy.Document
				Policies                 []struct{ PolicyDocument *policy.Document }
				ManagedPolicyArns        []string
			}
		}
	}
	if err := json.Unmarshal(body, &template); err != nil {
		t.Fatal(err)
	}
	if len(template.Resources) != 3 || len(left) != 1 || len(warnings) != 2 {
		t.Errorf("%s\n%v", body, warnings)
	}
	kept := template.Resources["BucketPolicy"]
	if d := kept.Properties.PolicyDocument; len(d.Statements) != 6 || kept.DeletionPolicy != "Retain" || d.Version != policy.Version2012 {
		t.Errorf("%s", d)
	}
	outsider := template.Resources["Role"+plans[2].Grant.ID].Properties
	if outsider.RoleName != plans[2].Grant.RoleName() || !policy.Equal(outsider.AssumeRolePolicyDocument, plans[2].Grant.Trust()) || !policy.Equal(outsider.Policies[0].PolicyDocument, plans[2].Documents[1].After) {
		t.Errorf("%+v", outsider)
	}
	if got := template.Resources["Role"+plans[3].Grant.ID].Properties.ManagedPolicyArns; len(got) != 1 {
		t.Error(got)
	}
}

// TestTemplateKeys: of a key that several grants need one policy is told, with the
// statements of all.
func TestTemplateKeys(t *testing.T) {
	s := surroundings(t, key(false, owner, iamKey))
	var plans []*share.Plan
	for _, w := range []share.Want{{To: member}, {To: "999999999999"}} {
		p, err := share.NewPlan(w, s, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		plans = append(plans, p)
	}
	_, left, _ := share.Template(plans)
	if len(left) != 1 || !strings.Contains(left[0].After.String(), plans[0].Grant.Sid("Decrypt")) || !strings.Contains(left[0].After.String(), plans[1].Grant.Sid("Decrypt")) {
		t.Errorf("%+v", left)
	}
}
