package deploy_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/deploy"
)

// TestNames: no two deployments, and no two roles of one, have a part by the same name.
func TestNames(t *testing.T) {
	for name, want := range map[deploy.Name]bool{
		"crosstrail": true, "a": true, "hub": true, "spoke": true, "my-hubs": true, "role": true, "prod-logs": true, "role-hub-x": true,
		"crosstrail-dead-letters": false, "crosstrail-log-files": false, "x-hub": false, "x-spoke": false, "x-role-a": true, "-hub": false, "": false, "a_b": false,
	} {
		if err := name.Check(); (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}

	// Names of queues and rules that would meet without the checks.
	names := []deploy.Name{"crosstrail", "a", "hub", "my-hubs", "role-hub-x", "crosstrail-dead-letters", "crosstrail-log-files", "a-hub", "a-spoke", "a-role", "a-role-b", "a-role-x"}
	roles := []string{
		"CrossAccountTest", "a_b", "a.b", "a@b", "a-b", "a+b", "hub", "spoke", "x-hub", "x-spoke", "dead-letters", "log-files", "role-r", "r", "b-role-c", "c", "role-hub", "1a", strings.Repeat("r", 64), strings.Repeat("_", 64),
	}
	for _, role := range roles { // and what was made of them is a role's name too
		roles = append(roles, strings.TrimPrefix(deploy.Name("a").RoleStack(role), "a-role-"))
	}
	of := map[string]string{}
	has := func(kind, part, owner string) {
		t.Helper()
		if other, taken := of[kind+" "+part]; taken && other != owner {
			t.Errorf("the %s %s is of %s and of %s", kind, part, other, owner)
		}
		of[kind+" "+part] = owner
	}
	form := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)
	for _, name := range names {
		if name.Check() != nil {
			continue
		}
		owner := string(name)
		has("queue", name.Queue(), owner)
		has("queue", name.DeadLetters(), owner)
		has("rule", name.Rule(), owner)
		has("rule", name.LogFileRule(), owner)
		has("stack", name.HubStack(), owner+"'s hub")
		has("stack", name.SpokeStack(), owner+"'s spoke")
		for _, role := range roles {
			stack := name.RoleStack(role)
			has("stack", stack, owner+"'s "+role)
			if !form.MatchString(stack) {
				t.Errorf("the stack of the role %s is called %s", role, stack)
			}
		}
	}
	if got := deploy.DefaultName; deploy.Name(got).RoleStack("CrossAccountTest") != "crosstrail-role-CrossAccountTest" {
		t.Error("the name of the role's stack is another")
	}
}

// TestHead: a stack that somebody makes as a template's head says is the one that
// crosstrail looks for, and takes for its own.
func TestHead(t *testing.T) {
	const two = deploy.Name("two")
	for stack, of := range map[string]interface{ Template() []byte }{
		two.HubStack():       &deploy.Hub{Name: two, Table: "T"},
		two.SpokeStack():     &deploy.Spoke{Name: two},
		two.RoleStack("R"):   &deploy.Role{Deployment: two, Name: "R", To: "111111111111"},
		two.RoleStack("a_b"): &deploy.Role{Deployment: two, Name: "a_b", To: "111111111111"},
	} {
		text := string(of.Template())
		head := text[:strings.Index(text, "\nMetadata:")]
		for _, want := range []string{`--stack-name "` + stack + `"`, `--tags "Key=crosstrail,Value=two"`} {
			if !strings.Contains(head, want) {
				t.Errorf("%s: no %s in\n%s", stack, want, head)
			}
		}
	}
}
