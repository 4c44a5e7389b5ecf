package deploy_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestMutants: whatever is taken out of a policy, or made wider in it, is seen by a
// question.
func TestMutants(t *testing.T) {
	all := variants()
	byDocument := map[[2]string][]question{}
	for _, q := range questions() {
		at := [2]string{q.of, q.document}
		byDocument[at] = append(byDocument[at], q)
	}
	n := 0
	for at, ask := range byDocument {
		for name, mutant := range mutants(t, documents(t, all[at[0]], placeOf(at[0]))[at[1]]) {
			n++
			if !slices.ContainsFunc(ask, func(q question) bool { return q.judged(t, mutant) != q.may }) {
				t.Errorf("%s, %s: %s is not seen", at[0], at[1], name)
			}
		}
	}
	if n < 150 {
		t.Errorf("%d mutants: there were more", n)
	}
	t.Logf("%d mutants", n)
}

// mutants are documents that somebody changed in one place.
func mutants(t testing.TB, document string) map[string]string {
	t.Helper()
	var root struct {
		Version   string
		Statement any
	}
	if err := json.Unmarshal([]byte(document), &root); err != nil {
		t.Fatal(err)
	}
	statements, ok := root.Statement.([]any)
	if !ok {
		statements = []any{root.Statement}
	}
	out := map[string]string{}
	for i := range statements {
		change := func(name string, by func(s map[string]any)) {
			text, _ := json.Marshal(statements)
			var changed []any
			if err := json.Unmarshal(text, &changed); err != nil {
				t.Fatal(err)
			}
			s := changed[i].(map[string]any)
			by(s)
			if len(s) == 0 {
				changed = slices.Delete(changed, i, i+1)
			}
			text, _ = json.Marshal(map[string]any{"Version": root.Version, "Statement": changed})
			out[fmt.Sprintf("statement %d %v: %s", i, statements[i].(map[string]any)["Sid"], name)] = string(text)
		}
		change("gone", func(s map[string]any) { clear(s) })
		s := statements[i].(map[string]any)
		if s["Resource"] != nil && s["Resource"] != "*" {
			change("any resource", func(s map[string]any) { s["Resource"] = "*" })
		}
		principals(s, change)
		actions(s, change)
		conditions(s, change)
	}
	return out
}

type changer = func(name string, by func(s map[string]any))

func principals(s map[string]any, change changer) {
	if s["Principal"] == nil {
		return
	}
	if s["Principal"] != "*" {
		change("any principal", func(s map[string]any) { s["Principal"] = "*" })
	}
	of, _ := s["Principal"].(map[string]any)
	for kind, who := range of {
		for n := range list(who) {
			if len(list(who)) > 1 {
				change(fmt.Sprintf("principal %d gone", n), func(s map[string]any) {
					p := s["Principal"].(map[string]any)
					p[kind] = slices.Delete(slices.Clone(list(p[kind])), n, n+1)
				})
			}
		}
	}
}

func actions(s map[string]any, change changer) {
	all := list(s["Action"])
	if all == nil {
		all = []any{s["Action"]}
	}
	service, _, _ := strings.Cut(all[0].(string), ":")
	// No other action of these policies' resources has such a key, so that a condition on
	// it names the action too.
	for _, name := range []string{"sts:ExternalId", "sns:Endpoint", "events:eventBusInvocation"} {
		if text, _ := json.Marshal(s["Condition"]); strings.Contains(string(text), name) {
			return
		}
	}
	change("any action", func(s map[string]any) { s["Action"] = service + ":*" })
	if len(all) == 1 {
		return
	}
	for n := range all {
		change(fmt.Sprintf("action %s gone", all[n]), func(s map[string]any) {
			s["Action"] = slices.Delete(slices.Clone(list(s["Action"])), n, n+1)
		})
	}
}

func conditions(s map[string]any, change changer) {
	all, _ := s["Condition"].(map[string]any)
	for operator, keys := range all {
		for name, values := range keys.(map[string]any) {
			of := func(s map[string]any) map[string]any {
				return s["Condition"].(map[string]any)[operator].(map[string]any)
			}
			change("without "+name, func(s map[string]any) {
				delete(of(s), name)
				if len(of(s)) == 0 {
					delete(s["Condition"].(map[string]any), operator)
				}
				if len(s["Condition"].(map[string]any)) == 0 {
					delete(s, "Condition")
				}
			})
			change("another value of "+name, func(s map[string]any) { of(s)[name] = "false" })
			for n := range list(values) {
				change(fmt.Sprintf("without value %d of %s", n, name), func(s map[string]any) {
					of(s)[name] = slices.Delete(slices.Clone(list(of(s)[name])), n, n+1)
				})
			}
		}
	}
}
