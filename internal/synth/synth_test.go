package synth_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
)

func TestNewIsDeterministic(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		a, b := contents(synth.New(seed, synth.Options{})), contents(synth.New(seed, synth.Options{}))
		if !bytes.Equal(a, b) {
			t.Errorf("seed %d made two organisations", seed)
		}
		if bytes.Equal(a, contents(synth.New(seed+1, synth.Options{}))) {
			t.Errorf("seeds %d and %d made one organisation", seed, seed+1)
		}
	}
}

func contents(o *synth.Org) []byte {
	var b []byte
	for f := range o.Files() {
		b = append(append(b, f.Name...), f.Body()...)
	}
	return b
}

func TestEveryRecordIsJSONWithTruth(t *testing.T) {
	t.Parallel()
	told := map[string]bool{}
	seeds := uint64(40)
	if race.Detector {
		seeds = 10
	}
	for seed := range seeds {
		o := synth.New(seed, synth.Options{})
		seen := map[string]bool{}
		for f := range o.Files() {
			for _, record := range f.Records {
				if f.Lines {
					var envelope struct{ Detail json.RawMessage }
					if err := json.Unmarshal(record, &envelope); err != nil {
						t.Fatalf("seed %d, %s: %v\n%s", seed, f.Name, err, record)
					}
					record = envelope.Detail
				}
				var r struct {
					EventID, EventName, EventTime, RecipientAccountID string
					RequestParameters, ResponseElements               map[string]any
				}
				if err := json.Unmarshal(record, &r); err != nil {
					t.Fatalf("seed %d, %s: %v\n%s", seed, f.Name, err, record)
				}
				if r.RecipientAccountID == "" {
					continue
				}
				id := r.EventID + "@" + r.RecipientAccountID
				truth, ok := o.Truth[id]
				if !ok {
					t.Errorf("seed %d: no truth of %s %s", seed, r.EventName, id)
				}
				if truth.Knowable && truth.Origin == "" {
					t.Errorf("seed %d: %s %s is knowable and has no origin", seed, r.EventName, id)
				}
				told[truth.Best] = true
				seen[id] = true
			}
		}
		if len(seen) < 100 {
			t.Errorf("seed %d: only %d events", seed, len(seen))
		}
	}
	for _, word := range []string{"exact", "strong", "inferred", "claimed", "contested", "unresolved"} {
		if !told[word] {
			t.Errorf("no truth anywhere is %s", word)
		}
	}
}

func TestDemoIsSmallAndTellsItsTales(t *testing.T) {
	o := synth.Demo()
	events, accounts := 0, map[string]bool{}
	for f := range o.Files() {
		events += len(f.Records)
		accounts[f.Name[len("AWSLogs/"):len("AWSLogs/")+12]] = true
	}
	if events < 80 || events > 150 || len(accounts) < 5 {
		t.Errorf("%d events in %d accounts; a newcomer should see 80 to 150 in 5 or 6", events, len(accounts))
	}
	want := map[string]string{
		"Where it began":                    "exact",
		"Who deleted the ledger?":           "exact",
		"A person of Identity Center":       "exact",
		"A role switched to in the console": "strong",
		"A release":                         "exact",
		"An instance that is in two places": "exact",
		"A vendor":                          "exact",
		"A trail that stops short":          "unresolved",
		"Two people, one name, one second":  "contested",
	}
	for _, tale := range o.Tales {
		best := ""
		for id, truth := range o.Truth {
			if len(id) > 36 && id[:36] == tale.EventID {
				best = truth.Best
			}
		}
		if best != want[tale.Title] {
			t.Errorf("%q is %q at best, want %q", tale.Title, best, want[tale.Title])
		}
		delete(want, tale.Title)
	}
	for title := range want {
		t.Errorf("no tale %q", title)
	}
}
