package deploy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/deploy"
)

// hostile are templates of values that would change them, were they not quoted. Check
// refuses each.
func hostile() map[string]made {
	all := map[string]made{}
	for i, v := range []string{
		`3414"`, "3414'", "3414\nResources: {}", "3414\r\n  Evil:\n    Type: AWS::IAM::User", "!Ref AWS::AccountId", "${AWS::AccountId}", "{{.}}", "a: b", "a #b", "- a", "*", "&a", "|", ">", "%", "@", "`",
		`\`, `\n`, `"]}, "Evil": {"`, "\u0085", "\u2028", "\ufeff", "\x00", "\x07", "\x7f", "\u009b31m", "\U0001f600", "\xff", "\u202e", "yes", "null", "~", "0x10", "1e3", strings.Repeat("x", 2000), "", " ", "\t",
	} {
		all[fmt.Sprintf("spoke %d", i)] = &deploy.Spoke{
			Name: deploy.DefaultName, Hub: bus,
			Match: deploy.Match{ExternalIDs: []string{v}, Roles: []string{v}, Fields: []deploy.Field{{Path: "userAgent", Values: []string{v}}}},
		}
	}
	return all
}

// TestHostile: a value stays a value, whatever is in it: what is read is the template
// of a value without harm but for that value.
func TestHostile(t *testing.T) {
	plain := &deploy.Spoke{Name: deploy.DefaultName, Hub: bus, Match: deploy.Match{ExternalIDs: []string{"V"}, Roles: []string{"V"}, Fields: []deploy.Field{{Path: "userAgent", Values: []string{"V"}}}}}
	for name, v := range hostile() {
		s := v.(*deploy.Spoke)
		value := s.Match.ExternalIDs[0]
		if err := s.Check(); err == nil && !slices.Contains([]string{"yes", "null", "0x10", "1e3"}, value) {
			t.Errorf("%q passes", value)
		}
		text := s.Template()
		if i := slices.IndexFunc([]rune(string(text)), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }); i >= 0 {
			t.Errorf("%s: %q in the template", name, text[i])
		}
		got, want := parse(t, text), parse(t, plain.Template())
		detail := got.Resources["Rule"].Properties["EventPattern"].(map[string]any)["detail"].(map[string]any)
		asked := detail["requestParameters"].(map[string]any)
		valid := strings.ToValidUTF8(value, "\ufffd")
		for _, of := range []any{asked["externalId"], asked["roleArn"], detail["userAgent"]} {
			if fmt.Sprint(of) != fmt.Sprint([]any{valid}) {
				t.Errorf("%q came as %q", value, of)
			}
		}
		// What Check refuses is refused when it is read, too.
		if kept, err := deploy.ReadSpoke(text); kept == nil || kept.Match.ExternalIDs[0] != valid || (err != nil) != (kept.Check() != nil) {
			t.Errorf("%q is kept as %+v, %v", value, kept, err)
		}
		asked["externalId"], asked["roleArn"], detail["userAgent"], got.Metadata = []any{"V"}, []any{"V"}, []any{"V"}, want.Metadata
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q changed the template (-want +got):\n%s", value, diff)
		}
	}
	hostileEverywhere(t)
	// What stands for more than itself in a policy.
	h := variants()["hub with all"].(*deploy.Hub)
	h.Logs.Prefix = "a*b?c$d${aws:username}'\"#!/AWSLogs/"
	if err := h.Check(); err != nil {
		t.Error(err)
	}
	got := parse(t, h.Template())
	function := inProd.resolved(t, got, got.Resources["FunctionRole"].Properties)
	if text := fmt.Sprint(function); !strings.Contains(text, `arn:aws:s3:::cloudtrailbucket/a${*}b${?}c${$}d${$}{aws:username}'"#!/AWSLogs/*`) {
		t.Error(text)
	}
	if from := fmt.Sprint(got.Resources["Function"].Properties["Environment"]); !strings.Contains(from, "s3://cloudtrailbucket/"+h.Logs.Prefix+" ") {
		t.Error(from)
	}
}

// hostileEverywhere: no text of a hub or of a role adds to what they are made of, though
// Check would refuse it.
func hostileEverywhere(t *testing.T) {
	kinds := func(v made) string {
		p := parse(t, v.Template())
		var all []string
		for id, r := range p.Resources {
			if strings.HasPrefix(id, "Topic") {
				id = "Topic"
			}
			all = append(all, id+" "+r.Type)
		}
		slices.Sort(all)
		return fmt.Sprint(all, sorted(p.Outputs), sorted(p.Parameters), sorted(p.Metadata))
	}
	hub := func(v string) made {
		return &deploy.Hub{
			Name: deploy.Name(v), Region: v, Table: v, MakeTable: true, Senders: deploy.Senders{Accounts: []string{v}, Organization: v + "x"}, Topics: []string{v, "arn:aws:sns:" + v + ":1:x"},
			Logs:    &deploy.Logs{Bucket: v, Prefix: v, Owner: v + "x", Trigger: deploy.TriggerSNS, Topic: v + "x", Key: v + "x", Trail: v},
			Code:    deploy.Code{Bucket: v, Key: v, Architecture: v},
			AlarmTo: v + "x",
		}
	}
	role := func(v string) made {
		return &deploy.Role{Name: v, To: v, ExternalID: v + "x", Policies: []string{v, "arn:" + v}}
	}
	hubs, roles := kinds(hub("V")), kinds(role("V"))
	for _, v := range hostile() {
		value := v.(*deploy.Spoke).Match.ExternalIDs[0]
		if got := kinds(hub(value)); got != hubs {
			t.Errorf("%q made of a hub %s", value, got)
		}
		if got := kinds(role(value)); got != roles {
			t.Errorf("%q made of a role %s", value, got)
		}
	}
}

type check struct {
	of   made
	want string // "": it is good
}

// TestCheck: what AWS would refuse, or would not mean what was said, is refused here.
func TestCheck(t *testing.T) {
	for _, c := range append(hubChecks(), otherChecks()...) {
		if err := c.of.Check(); (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
}

func hubChecks() []check {
	all := variants()
	hub := func(change func(*deploy.Hub)) made {
		h := *all["hub"].(*deploy.Hub)
		l := *h.Logs
		h.Logs = &l
		change(&h)
		return &h
	}
	accounts := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("%012d", i+1)
		}
		return list
	}
	return []check{
		{hub(func(h *deploy.Hub) { h.Name = "x y" }), "no name of a deployment"},
		{hub(func(h *deploy.Hub) { h.Name = deploy.Name(strings.Repeat("x", 41)) }), "no name of a deployment"},
		{hub(func(h *deploy.Hub) { h.Name = deploy.Name(strings.Repeat("x", 40)) }), ""},
		{hub(func(h *deploy.Hub) { h.Table = "ab" }), "no name of a table"},
		{hub(func(h *deploy.Hub) { h.Region = "Virginia" }), "no region"},
		{hub(func(h *deploy.Hub) { h.Senders.Accounts = []string{"1111111111111"} }), "twelve digits"},
		{hub(func(h *deploy.Hub) { h.Senders.Accounts = []string{dev, dev} }), "twice"},
		{hub(func(h *deploy.Hub) { h.Senders.Accounts = accounts(128) }), ""},
		{hub(func(h *deploy.Hub) { h.Senders.Accounts = accounts(129) }), "event pattern, which has room for 128: take their organisation"},
		{hub(func(h *deploy.Hub) { h.Senders = deploy.Senders{Accounts: accounts(230), Organization: org} }), ""},
		{hub(func(h *deploy.Hub) { h.Senders = deploy.Senders{Accounts: accounts(240), Organization: org} }), "event bus's policy"},
		{hub(func(h *deploy.Hub) { h.Senders.Organization = "acme" }), "organisation's id"},
		{hub(func(h *deploy.Hub) { h.Topics = []string{queue} }), "no ARN of a topic"},
		{hub(func(h *deploy.Hub) { h.Topics = []string{milan, milan} }), "twice"},
		{hub(func(h *deploy.Hub) {
			for i := range 60 {
				h.Topics = append(h.Topics, fmt.Sprintf("%s%d", milan, i))
			}
		}), "the template has"},
		{hub(func(h *deploy.Hub) { h.AlarmTo = "me@example.com" }), "alarms could tell"},
		{hub(func(h *deploy.Hub) { h.Code.Architecture = "amd64" }), "arm64 or x86_64"},
		{hub(func(h *deploy.Hub) { h.Code.Bucket = "B" }), "no name of a bucket"},
		{hub(func(h *deploy.Hub) { h.Function.MemoryMB = 64 }), "128 to 10240"},
		{hub(func(h *deploy.Hub) { h.Function.LogDays = 31 }), "1 3 5 7 14 30"},
		{hub(func(h *deploy.Hub) { h.Logs.Bucket = "arn:aws:s3:::b" }), "no name of a bucket"},
		{hub(func(h *deploy.Hub) { h.Logs.Prefix = "a,s3://b" }), "no prefix"},
		{hub(func(h *deploy.Hub) { h.Logs.Owner = "me" }), "twelve digits"},
		{hub(func(h *deploy.Hub) { h.Logs.Key = "alias/trail" }), "no ARN of a key"},
		{hub(func(h *deploy.Hub) { h.Logs.Trigger = "" }), "no trigger"},
		{hub(func(h *deploy.Hub) { h.Logs.Trigger = deploy.TriggerSNS }), "trail's topic"},
		{hub(func(h *deploy.Hub) { h.Logs.Trigger, h.Logs.Owner = deploy.TriggerEventBridge, dev }), "notification or sns"},
	}
}

func otherChecks() []check {
	spoke := func(m deploy.Match) made { return &deploy.Spoke{Name: deploy.DefaultName, Hub: bus, Match: m} }
	role := func(change func(*deploy.Role)) made {
		r := &deploy.Role{Name: "R", To: dev}
		change(r)
		return r
	}
	return []check{
		{&deploy.Spoke{Name: deploy.DefaultName, Hub: queue}, "no ARN of an event bus"},
		{&deploy.Spoke{Name: deploy.DefaultName, Hub: bus, ByTopic: true}, "no ARN of a queue"},
		{&deploy.Spoke{Name: deploy.DefaultName, Hub: bus, Regions: []string{"*"}}, "no region"},
		{spoke(deploy.Match{ExternalIDs: []string{"x"}}), "no external id"},
		{spoke(deploy.Match{ExternalIDs: []string{strings.Repeat("x", 1225)}}), "no external id"},
		{spoke(deploy.Match{Roles: []string{"CrossAccountTest"}}), "no ARN of a role"},
		{spoke(deploy.Match{Fields: []deploy.Field{{Path: "a..b", Values: []string{"x"}}}}), "no field"},
		{spoke(deploy.Match{Fields: []deploy.Field{{Path: "a"}}}), "given no value"},
		{spoke(deploy.Match{Fields: []deploy.Field{{Path: "a", Values: []string{"\xff"}}}}), "no text"},
		{spoke(deploy.Match{Fields: []deploy.Field{{Path: "a.b", Values: []string{"x"}}, {Path: "a", Values: []string{"x"}}}}), "asked for twice"},
		{spoke(deploy.Match{ExternalIDs: []string{"3414"}, Fields: []deploy.Field{{Path: "requestParameters.externalId", Values: []string{"x"}}}}), "asked for twice"},
		{spoke(deploy.Match{ExternalIDs: []string{"3414"}, Fields: []deploy.Field{{Path: "requestParameters", Values: []string{"x"}}}}), "asked for twice"},
		{spoke(deploy.Match{ExternalIDs: []string{strings.Repeat("x", 1000), strings.Repeat("y", 1000)}}), "name fewer"},
		{role(func(r *deploy.Role) { r.Name = "a/b" }), "no name of a role"},
		{role(func(r *deploy.Role) { r.To = "*" }), "neither an account"},
		{role(func(r *deploy.Role) { r.To = "arn:aws:sts::" + dev + ":assumed-role/a/b" }), "neither an account"},
		{role(func(r *deploy.Role) { r.ExternalID = "a b" }), "no external id"},
		{role(func(r *deploy.Role) { r.Session = 60 }), "no length of a session"},
		{role(func(r *deploy.Role) { r.Policies = []string{"a b"} }), "neither the ARN of a managed policy"},
		{role(func(r *deploy.Role) { r.Policies = slices.Repeat([]string{"A"}, 11) }), "11 policies"},
	}
}

// TestSettings: what a template was made of is read back out of it, and of another's
// that there is none.
func TestSettings(t *testing.T) {
	for name, v := range variants() {
		var got any
		var err error
		switch v.(type) {
		case *deploy.Hub:
			got, err = deploy.ReadHub(v.Template())
		case *deploy.Spoke:
			got, err = deploy.ReadSpoke(v.Template())
		case *deploy.Role:
			got, err = deploy.ReadRole(v.Template())
		}
		if diff := cmp.Diff(any(v), got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		// YAML has the same.
		asYAML, _ := json.Marshal(parse(t, v.Template()).Metadata)
		if _, text, _ := strings.Cut(string(v.Template()), "  Crosstrail: "); !json.Valid([]byte(strings.SplitN(text, "\n", 2)[0])) || !strings.Contains(string(asYAML), `"version":1`) {
			t.Errorf("%s: %s", name, asYAML)
		}
	}
	hub, role := variants()["hub"].Template(), variants()["role"].Template()
	if _, err := deploy.ReadHub(role); !errors.Is(err, deploy.ErrNoSettings) {
		t.Error(err)
	}
	if _, err := deploy.ReadSpoke([]byte("Resources: {}")); !errors.Is(err, deploy.ErrNoSettings) {
		t.Error(err)
	}
	for _, c := range []struct{ from, to, want string }{{`"version":1`, `"version":2`, "newer crosstrail"}, {`"version":1`, `"version":`, "cannot be read"}} {
		if _, err := deploy.ReadHub([]byte(strings.Replace(string(hub), c.from, c.to, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v; want %q", err, c.want)
		}
	}
}

// TestReadable: every resource has a comment, no ARN names a partition, and nothing is
// of a region.
func TestReadable(t *testing.T) {
	files, err := filepath.Glob("templates/*.yaml")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(os.DirFS("."), file)
		if err != nil {
			t.Fatal(err)
		}
		if found := regexp.MustCompile(`arn:aws[a-z-]*:|us-[a-z]+-\d|amazonaws\.com\.cn`).FindAll(regexp.MustCompile(`(?m)^ *AllowedPattern:.*$`).ReplaceAll(text, nil), -1); found != nil {
			t.Errorf("%s: %q", file, found)
		}
	}
	for name, v := range variants() {
		lines := strings.Split(string(v.Template()), "\n")
		for i, line := range lines {
			if strings.HasPrefix(line, "    Type: AWS::") && !strings.HasPrefix(lines[i-2], "  # ") {
				t.Errorf("%s: no comment: %s %s", name, lines[i-1], line)
			}
			if strings.TrimRight(line, " ") != line || line == "" && i < len(lines)-1 && strings.HasPrefix(lines[i+1], "   ") {
				t.Errorf("%s: line %d has spaces at its end, or is empty within a resource", name, i+1)
			}
		}
	}
}

// TestPartition: in China what AWS calls itself by is China's.
func TestPartition(t *testing.T) {
	for name, v := range variants() {
		p := parse(t, v.Template())
		for id, r := range p.Resources {
			text := fmt.Sprint(place{"aws-cn", prod, "cn-north-1", nil}.resolved(t, p, r.Properties))
			for _, found := range regexp.MustCompile(`arn:aws:[a-z0-9]+:[^ \]]*`).FindAllString(text, -1) {
				if given := []string{bus, queue, key, milan, strings.Replace(key, prod, vendor, 1)}; !slices.Contains(given, found) && !strings.Contains(string(v.Template()), `"`+found+`"`) {
					t.Errorf("%s, %s: %s", name, id, found)
				}
			}
			if strings.Contains(text, "s3.us-east-1.amazonaws.com]") {
				t.Errorf("%s, %s: %s", name, id, text)
			}
		}
	}
}
