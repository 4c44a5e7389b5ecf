package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runProgram runs the program as main does, with streams of its own.
func runProgram(t *testing.T, stdin string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	t.Setenv(storeVariable, filepath.Join(t.TempDir(), "no-store")) // not the one of who runs the tests
	var out, err bytes.Buffer
	status = run(args, strings.NewReader(stdin), &out, &err)
	return out.String(), err.String(), status
}

// line is what these tests read of a line of -o jsonl.
type line struct {
	EventID            string
	Evidence           string
	CrossAccount       bool
	RecipientAccountID string
	Origin             *struct{ ID, Kind, Name, Rule, AccessKeyID string }
	Chain              []struct {
		ID, By, Rule, Evidence, EventID, ExternalID, AccessKeyID, Credential string
		Copies                                                               []string
	}
	Candidates []json.RawMessage
	Gaps       []struct{ Reason string }
}

func readLines(t *testing.T, jsonl string) []line {
	t.Helper()
	var lines []line
	for text := range strings.Lines(jsonl) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		lines = append(lines, l)
	}
	return lines
}

func withID(t *testing.T, lines []line, id string) line {
	t.Helper()
	for _, l := range lines {
		if l.EventID == id {
			return l
		}
	}
	t.Fatalf("no line of event %s", id)
	return line{}
}

const (
	listBucketsID = "099ff820-00f2-4500-94fc-2b9da26d576f"
	assumeRoleID  = "e5a09871-dc41-4979-8cd3-e6e0fdf5ebaf"
)

// checkJSmith holds the line of ListBuckets to what the seed text concludes.
func checkJSmith(t *testing.T, l line) {
	t.Helper()
	if l.Origin == nil || l.Origin.Name != "jsmith" || l.Origin.Kind != "IAMUser" || l.Origin.AccessKeyID != "AKIAJ2DZP3QVQ3D6VJBQ" {
		t.Errorf("origin %+v, want jsmith with his key", l.Origin)
	}
	if l.Evidence != "exact" || !l.CrossAccount {
		t.Errorf("evidence %q, cross-account %t; want exact, true", l.Evidence, l.CrossAccount)
	}
	if len(l.Chain) != 1 {
		t.Fatalf("%d hops, want 1", len(l.Chain))
	}
	hop := l.Chain[0]
	if hop.Rule != "access-key" || hop.By != "AssumeRole" || hop.EventID != assumeRoleID || hop.ExternalID != "3414" || hop.AccessKeyID != "ASIAJJQOJ64OAM7C65AA" {
		t.Errorf("hop %+v", hop)
	}
	if len(l.Gaps) > 0 || len(l.Candidates) > 0 {
		t.Errorf("gaps %v, candidates %s", l.Gaps, l.Candidates)
	}
}

// TestSeedStory: whichever way the two records of the seed text come, they tell
// of jsmith. A third one, the same call under another bus's account, adds no
// doubt and no second issuance.
func TestSeedStory(t *testing.T) {
	buckets, bridge, other := seedStory(t)
	compact := func(s string) string {
		var b bytes.Buffer
		if err := json.Compact(&b, []byte(s)); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	detail := func(s string) string {
		var e struct{ Detail json.RawMessage }
		if err := json.Unmarshal([]byte(s), &e); err != nil {
			t.Fatal(err)
		}
		return string(e.Detail)
	}
	for _, c := range []struct {
		name  string
		files map[string]string // name in the folder: body
		stdin string
	}{
		{name: "split over files", files: map[string]string{"1.json": buckets, "2.json": bridge}},
		{name: "the other file first", files: map[string]string{"1.json": bridge, "2.json": buckets}},
		{name: "one after the other", files: map[string]string{"1.json": buckets + "\n" + bridge}},
		{name: "backwards", files: map[string]string{"1.json": bridge + "\n" + buckets}},
		{name: "JSON lines", files: map[string]string{"1.jsonl": compact(buckets) + "\n" + compact(bridge) + "\n"}},
		{name: "an array", files: map[string]string{"1.json": "[" + bridge + "," + buckets + "]"}},
		{name: "a log file", files: map[string]string{"1.json": `{"Records":[` + buckets + "," + bridge + "]}"}},
		{name: "the call without its envelope", files: map[string]string{"1.json": `{"Records":[` + buckets + "," + detail(bridge) + "]}"}},
		{name: "both in envelopes", files: map[string]string{"1.json": `{"account":"999999999999","detail-type":"AWS API Call via CloudTrail","detail":` + buckets + "}", "2.json": bridge}},
		{name: "twice", files: map[string]string{"1.json": buckets + bridge, "2.json": bridge + buckets}},
		{name: "standard input", stdin: buckets + "\n" + bridge},
		{name: "standard input backwards", stdin: compact(bridge) + "\n" + compact(buckets)},
		{name: "with the other envelope", files: map[string]string{"1.json": buckets, "2.json": bridge, "3.json": other}},
		{name: "with the other envelope first", stdin: other + buckets + bridge},
	} {
		t.Run(c.name, func(t *testing.T) {
			from := "-"
			if c.files != nil {
				from = t.TempDir()
				for name, body := range c.files {
					if err := os.WriteFile(filepath.Join(from, name), []byte(body), 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			stdout, stderr, status := runProgram(t, c.stdin, "trace", from, "-o", "jsonl")
			if status != 0 {
				t.Fatalf("exit status %d: %s", status, stderr)
			}
			checkJSmith(t, withID(t, readLines(t, stdout), listBucketsID))

			for _, asked := range []string{listBucketsID, "ASIAJJQOJ64OAM7C65AA", "TestSessionCrossAccount"} {
				stdout, stderr, status = runProgram(t, c.stdin, "who", asked, "--from", from, "-o", "json")
				if status != 0 {
					t.Fatalf("who %s: exit status %d: %s", asked, status, stderr)
				}
				checkWho(t, stdout)
			}
			if c.stdin != "" {
				stdout, stderr, status = runProgram(t, c.stdin, "who", "-", "-o", "json")
			} else {
				stdout, stderr, status = runProgram(t, buckets, "who", "-", "--from", from, "-o", "json")
			}
			if status != 0 {
				t.Fatalf("who -: exit status %d: %s", status, stderr)
			}
			checkWho(t, stdout)

			stdout, stderr, status = runProgram(t, c.stdin, "trace", from)
			if status != 0 || !strings.Contains(stdout, "jsmith") || strings.Contains(stdout, "FQoDYXdzEH4aDLnt4a") {
				t.Fatalf("table: exit status %d: %s\n%s", status, stderr, stdout)
			}
		})
	}
}

// checkWho finds ListBuckets, or its session, among the answers.
func checkWho(t *testing.T, text string) {
	t.Helper()
	var answer struct {
		Answers []struct {
			line
			Proof []struct {
				Rule     string
				Equal    map[string]string
				Issuance struct{ EventID string }
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if strings.Contains(text, "FQoDYXdzEH4aDLnt4a") {
		t.Error("the session token is printed")
	}
	for _, a := range answer.Answers {
		if len(a.Chain) == 0 {
			continue // the AssumeRole call itself, where it was pasted too
		}
		checkJSmith(t, a.line)
		if len(a.Proof) != 1 || a.Proof[0].Rule != "access-key" || a.Proof[0].Issuance.EventID != assumeRoleID || a.Proof[0].Equal["accessKeyId"] != "ASIAJJQOJ64OAM7C65AA" {
			t.Errorf("proof %+v", a.Proof)
		}
		return
	}
	t.Errorf("no answer with a chain in %s", text)
}

// TestSeedStoryIsOneAnswer: the line is the same to the letter, but for the file
// and ordinal, whichever way the records come.
func TestSeedStoryIsOneAnswer(t *testing.T) {
	buckets, bridge, other := seedStory(t)
	var first string
	for _, input := range []string{buckets + bridge + other, other + bridge + buckets, bridge + buckets + other + other} {
		stdout, _, _ := runProgram(t, input, "trace", "-", "-o", "jsonl")
		var all []string
		for text := range strings.Lines(stdout) {
			all = append(all, withoutPlace(t, text))
		}
		if got := strings.Join(all, "\n"); first == "" {
			first = got
		} else if diff := cmp.Diff(first, got); diff != "" {
			t.Error(diff)
		}
	}
}

// withoutPlace takes out file and record, at any depth.
func withoutPlace(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	var strip func(v any)
	strip = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "file")
			delete(v, "record")
			for _, x := range v {
				strip(x)
			}
		case []any:
			for _, x := range v {
				strip(x)
			}
		}
	}
	strip(v)
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
