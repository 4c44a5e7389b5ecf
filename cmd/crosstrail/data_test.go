package main

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRealRecords holds the answers about the public sets of real records to
// what their README says of the sets.
func TestRealRecords(t *testing.T) {
	for _, c := range []struct {
		set  string
		want map[string]int // rule of the last hop of events of type AssumedRole, "" where none; "ambiguous" beside it
	}{
		{set: "invictus", want: map[string]int{"access-key": 70, "session": 6, "ambiguous": 3}},
		{set: "stratus", want: map[string]int{"access-key": 47, "": 21}},
		{set: "otrf", want: map[string]int{"access-key": 11}},
		{set: "umccr", want: map[string]int{"": 7}},
	} {
		t.Run(c.set, func(t *testing.T) {
			folder := filepath.Join(sharedFolder(t, "data"), c.set)
			assumed := assumedRoleEvents(t, folder)
			stdout, stderr, status := runProgram(t, "", "trace", folder, "-o", "jsonl")
			if status != 0 {
				t.Fatalf("exit status %d: %s", status, stderr)
			}
			got := map[string]int{}
			for _, l := range readLines(t, stdout) {
				if !assumed[l.EventID] {
					continue
				}
				rule := ""
				if n := len(l.Chain); n > 0 {
					rule = l.Chain[n-1].Rule
					if l.Chain[n-1].Credential == "ambiguous" {
						got["ambiguous"]++
					}
				}
				got[rule]++
				if l.Evidence == "contested" {
					got["contested"]++
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("rules (-README +answers):\n%s", diff)
			}
		})
	}
}

// TestHardRecords holds single answers to what the README says of the records.
func TestHardRecords(t *testing.T) {
	for _, c := range []struct {
		set, id, about string
		origin         string // "" for none
		evidence       string
		rule           string // of the last hop, "" without hops
		issuance       string
	}{
		{set: "invictus", id: "a6e2c503-7c14-4aca-b20f-0b34957b7279", about: "three issuances in one second", origin: "service:rds.amazonaws.com", evidence: "strong", rule: "session"},
		{set: "invictus", id: "d810582d-f50c-4816-b231-a693a20995a1", about: "two issuances in one second", origin: "service:rds.amazonaws.com", evidence: "strong", rule: "session"},
		{set: "invictus", id: "f4574dc5-9747-435c-bb53-22f2454be3b7", about: "used in an earlier file than it was issued in", origin: "iam:123837392027:AIDATFQR7NSC5AU2ZV3IE", evidence: "exact", rule: "access-key", issuance: "9182290d-3afa-407b-8628-3130627af412"},
		{set: "invictus", id: "3bcc9d61-5936-429a-8b49-d5cb8e7b0e06", about: "a session without a key", origin: "service:inspector2.amazonaws.com", evidence: "strong", rule: "session"},
		{set: "invictus", id: "895dc875-cb08-45a5-b8c2-9158838741c0", about: "userIdentity without type", origin: "service:ec2.amazonaws.com", evidence: "exact"},
		{set: "invictus", id: "b58e2c0b-f75b-4f05-a0e9-15e9b9bfecef", about: "members that differ by case only", origin: "iam:123837392027:AIDATFQR7NSC5AU2ZV3IE", evidence: "exact"},
		{set: "invictus", id: "e4bad408-6272-4892-bf47-bd41b435ce40", about: "denied", origin: "iam:123837392027:AIDATFQR7NSC5AU2ZV3IE", evidence: "exact"},
		{set: "stratus", id: "91529247-c4c4-4793-afc8-d70bbcfe9d19", about: "a federated user", origin: "iam:742491224508:AIDAN7SEM6PEVTNQR8M4", evidence: "exact", rule: "access-key"},
		{set: "boogy-clp", id: "ca1e8ec5-ccf6-53a7-d86c-4feb321034ba", about: "a chained call under a masked key", evidence: "unresolved"},
		{set: "umccr", id: "c2635a22-6b39-4f21-94b2-738e8cdf134b", about: "31 kB", origin: "iam:811596193553:AIDADO2GQD0K8TEF7KW1V", evidence: "exact"},
	} {
		t.Run(c.set+" "+c.about, func(t *testing.T) {
			folder := filepath.Join(sharedFolder(t, "data"), c.set)
			stdout, stderr, status := runProgram(t, "", "who", c.id, "--from", folder, "-o", "jsonl")
			if status != 0 {
				t.Fatalf("exit status %d: %s", status, stderr)
			}
			l := withID(t, readLines(t, stdout), c.id)
			origin, rule, issuance := "", "", ""
			if l.Origin != nil {
				origin = l.Origin.ID
			}
			if n := len(l.Chain); n > 0 {
				rule, issuance = l.Chain[n-1].Rule, l.Chain[n-1].EventID
			}
			if origin != c.origin || l.Evidence != c.evidence || rule != c.rule || c.issuance != "" && issuance != c.issuance {
				t.Errorf("origin %q, %s, rule %q, issuance %s; want %q, %s, %q, %s", origin, l.Evidence, rule, issuance, c.origin, c.evidence, c.rule, c.issuance)
			}
		})
	}
}

// TestMaskedKeysLinkNothing: one masked value stands for every key of the set.
func TestMaskedKeysLinkNothing(t *testing.T) {
	stdout, stderr, status := runProgram(t, "", "trace", filepath.Join(sharedFolder(t, "data"), "boogy-clp"), "-o", "jsonl")
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, stderr)
	}
	lines := readLines(t, stdout)
	if len(lines) != 1685 {
		t.Errorf("%d events, want 1,685", len(lines))
	}
	for _, l := range lines {
		for _, hop := range l.Chain {
			if hop.Rule != "" {
				t.Errorf("%s: a hop by %s to %s", l.EventID, hop.Rule, hop.EventID)
			}
		}
	}
}

// assumedRoleEvents reads a set without this program: the ids of events of type
// AssumedRole.
func assumedRoleEvents(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.json.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", folder, len(files), err)
	}
	ids := map[string]bool{}
	type record struct {
		EventID      string `json:"eventID"`
		UserIdentity struct{ Type string }
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		var raw json.RawMessage
		if err := json.NewDecoder(z).Decode(&raw); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		f.Close()
		var log struct{ Records []record }
		if json.Unmarshal(raw, &log) != nil || log.Records == nil {
			if err := json.Unmarshal(raw, &log.Records); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		for _, r := range log.Records {
			if r.UserIdentity.Type == "AssumedRole" {
				ids[r.EventID] = true
			}
		}
	}
	return ids
}
