package deploy_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/deploy"
)

var (
	kindForm   = regexp.MustCompile(`(?m)^ +Type: (AWS::\w+::\w+)`)
	actionForm = regexp.MustCompile(`^[a-z0-9]+:[A-Z]\w+$`)
)

// TestPermissions: each kind of resource of the templates has its actions, and no
// other kind has.
func TestPermissions(t *testing.T) {
	for work, file := range map[deploy.Work]string{deploy.WorkHub: "hub", deploy.WorkSpoke: "spoke", deploy.WorkRole: "role"} {
		text, err := os.ReadFile("templates/" + file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		var kinds []string
		for _, m := range kindForm.FindAllStringSubmatch(string(text), -1) {
			kinds = append(kinds, m[1])
		}
		slices.Sort(kinds)
		listed := deploy.Kinds(work)
		slices.Sort(listed)
		if kinds = slices.Compact(kinds); !slices.Equal(kinds, listed) {
			t.Errorf("%s: the template has %s, the permissions are for %s", work, kinds, listed)
		}
		may := deploy.Permissions(work)
		for _, kind := range kinds {
			service := strings.ToLower(strings.Split(kind, "::")[1])
			if !slices.ContainsFunc(may, func(a string) bool { return strings.HasPrefix(a, service+":") }) {
				t.Errorf("%s: nothing of %s", work, kind)
			}
			// CloudFormation puts the stack's tags on what takes any.
			if tag := service + ":Tag"; kind != "AWS::SNS::Subscription" && !slices.ContainsFunc(may, func(a string) bool { return strings.HasPrefix(a, tag) }) {
				t.Errorf("%s: %s cannot be tagged", work, kind)
			}
		}
	}
	all := deploy.Permissions(deploy.WorkLook, deploy.WorkForecast, deploy.WorkNotify, deploy.WorkUpload, deploy.WorkHub, deploy.WorkSpoke, deploy.WorkRole)
	if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("not sorted, or told twice: %s", all)
	}
	down := deploy.PermissionsDown(deploy.WorkLook, deploy.WorkForecast, deploy.WorkNotify, deploy.WorkUpload, deploy.WorkHub, deploy.WorkSpoke, deploy.WorkRole)
	makes := regexp.MustCompile(`:(Create|Attach|Tag|Untag|Subscribe|PassRole|Update|Put)`)
	for _, a := range down {
		if !slices.Contains(all, a) || makes.MatchString(a) && a != "s3:PutBucketNotification" {
			t.Errorf("to take down: %s", a)
		}
	}
	for _, a := range all {
		if !actionForm.MatchString(a) || strings.ContainsAny(a, "*") {
			t.Errorf("%s is no action", a)
		}
	}
}
