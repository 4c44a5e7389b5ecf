package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/deploy"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// operating has the commands of a test work as a user of an account who may do anything.
func operating(t *testing.T, stand *awstest.AWS, account string) (awstest.Account, func(args ...string) (int, string)) {
	t.Helper()
	a := stand.Account(account)
	for _, v := range stand.Environment(t, a.User(t, "operator", awstest.Allow("*", "*"))) {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value)
		}
	}
	return a, func(args ...string) (int, string) {
		var out bytes.Buffer
		status := run(append([]string{"deploy"}, args...), strings.NewReader(""), &out, &out)
		return status, out.String()
	}
}

// TestDeployTogether: of operators who change one hub, one spoke and one role at the same
// time, each one's account, watched role, external id and policy is there in the end, or
// he is told that somebody else came between.
func TestDeployTogether(t *testing.T) {
	stand := stack.Start(t)
	prod, do := operating(t, stand, "560000000001")
	code := t.TempDir() + "/bootstrap"
	writeProgram(t, code)
	account := func(i int) string { return fmt.Sprintf("56000000001%d", i) }
	watched := func(i int) string { return fmt.Sprintf("arn:aws:iam::560000000001:role/R%d", i) }
	id := func(i int) string { return fmt.Sprintf("id-%d", i) }
	policies := []string{"SecurityAudit", "ViewOnlyAccess", "ReadOnlyAccess", "AmazonS3ReadOnlyAccess"}
	hub := func(i int) []string {
		return []string{"up", "hub", "--no-logs", "--function", code, "--account", account(i), "--watch-role", watched(i), "--yes"}
	}
	spoke := func(i int) []string {
		return []string{"up", "spoke", "--region", "us-east-1", "--external-id", id(i), "--hub", "arn:aws:events:us-east-1:560000000001:event-bus/crosstrail", "--yes"}
	}
	role := func(i int) []string {
		return []string{"up", "role", "Shared", "--to", account(0), "--policy-arn", policies[i], "--yes"}
	}
	at := cfn.New(prod.Config())
	template := func(name string) []byte {
		found, err := at.Find(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return found.Template
	}
	for _, part := range []struct {
		name string
		up   func(int) []string
		has  func() func(int) bool
	}{
		{"hub", hub, func() func(int) bool {
			h, err := deploy.ReadHub(template("crosstrail-hub"))
			s, failed := dynamo.Open(t.Context(), prod.Config(), deploy.DefaultTable, dynamo.Options{})
			if err != nil || failed != nil {
				t.Fatal(err, failed)
			}
			return func(i int) bool {
				return slices.Contains(h.Senders.Accounts, account(i)) && slices.Contains(s.Watch().Roles, watched(i))
			}
		}},
		{"spoke", spoke, func() func(int) bool {
			s, err := deploy.ReadSpoke(template("crosstrail-spoke"))
			if err != nil {
				t.Fatal(err)
			}
			return func(i int) bool { return slices.Contains(s.Match.ExternalIDs, id(i)) }
		}},
		{"role", role, func() func(int) bool {
			r, err := deploy.ReadRole(template("crosstrail-role-Shared"))
			if err != nil {
				t.Fatal(err)
			}
			return func(i int) bool { return slices.Contains(r.Policies, policies[i]) }
		}},
	} {
		if status, said := do(part.up(0)...); status != exitDone {
			t.Fatalf("%s: exit status %d: %s", part.name, status, said)
		}
		stand.StackTime(t, 20*time.Millisecond)
		var wg sync.WaitGroup
		var statuses [4]int
		var said [4]string
		for i := 1; i < len(said); i++ {
			wg.Go(func() { statuses[i], said[i] = do(part.up(i)...) })
		}
		wg.Wait()
		stand.StackTime(t, 0)
		has := part.has()
		for i := range said {
			t.Logf("%s %d: exit status %d", part.name, i, statuses[i])
			switch {
			case statuses[i] == exitDone && !has(i):
				t.Errorf("%s: what operator %d gave is lost: %s", part.name, i, said[i])
			case statuses[i] != exitDone && !strings.Contains(said[i], "somebody else"):
				t.Errorf("%s: operator %d: exit status %d: %s", part.name, i, statuses[i], said[i])
			}
		}
	}
}
