package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// tomsCall is one of two calls that gave out the session ci in one second.
const tomsCall = "a368b2a7-7d5c-48b0-ac12-15930772241e"

// TestLate takes one record out of the demo's log and has it delivered late: by
// less than an hour it is found, and later than that it is said how far was looked.
func TestLate(t *testing.T) {
	aws := stack.Start(t)
	t.Chdir(t.TempDir())
	signIn(t, aws.Environment(t, aws.Account(hubAccount).Config()))
	ask(t, exitDone, "demo")
	for name, stamp := range map[string]string{"acme-late": "20260303T1110Z", "acme-later": "20260303T1150Z"} {
		b := aws.Account(hubAccount).Bucket(t, name)
		b.PutAll(t, delayed(t, stamp))
	}
	const key = "ASIARTXV5AHDU4P7UAI2"
	alert := []string{"--since", "2026-03-03T10:26:00Z", "--until", "2026-03-03T10:36:00Z"}
	who := func(bucket string, more ...string) (out, told string) {
		return ask(t, exitDone, append([]string{"who", key, "--from", "s3://" + bucket}, more...)...)
	}

	if out, _ := who("acme-late", append(alert, "-o", "json")...); !strings.Contains(out, `"evidence":"contested"`) {
		t.Errorf("40 minutes late: %s", out)
	}
	out, _ := who("acme-later", append(alert, "-o", "json")...)
	for _, want := range []string{`"evidence":"strong"`, `"name":"ana"`, `"notes":["delivered-until"]`, `"deliveredUntil":"2026-03-03T11:30:00Z"`} {
		if !strings.Contains(out, want) {
			t.Errorf("80 minutes late, %s is missing: %s", want, out)
		}
	}
	if out, _ := who("acme-later", alert...); !strings.Contains(strings.Join(strings.Fields(out), " "), "no other issuance fits, of what was delivered until 2026-03-03T11:30:00Z") {
		t.Errorf("the proof does not say how far was looked: %s", out)
	}

	// What is in the span that is asked for is there, and what may not be is said.
	for _, c := range []struct {
		bucket string
		there  bool
	}{{"acme-late", true}, {"acme-later", false}} {
		out, told := ask(t, exitDone, append([]string{"events", "--from", "s3://" + c.bucket, "-o", "jsonl"}, alert...)...)
		if strings.Contains(out, tomsCall) != c.there || !strings.Contains(told, "note: log files delivered until 2026-03-03T11:36:00Z are read") {
			t.Errorf("events of %s: %s%s", c.bucket, out, told)
		}
	}
	t.Setenv(storeVariable, t.TempDir()+"/store")
	_, told := ask(t, exitDone, append([]string{"ingest", "s3://acme-late"}, alert...)...)
	if out, _ := ask(t, exitDone, "who", key, "-o", "json"); !strings.Contains(out, `"evidence":"contested"`) || !strings.Contains(told, "delivered until") {
		t.Errorf("of a store of that time: %s%s", out, told)
	}
}

// delayed are the demo's log files, with one record in a file of its own.
func delayed(t *testing.T, stamp string) func(func(awstest.Object) bool) {
	return func(yield func(awstest.Object) bool) {
		for o := range demoObjects(t) {
			all := records(t, o.Body)
			at := slices.IndexFunc(all, func(r json.RawMessage) bool { return bytes.Contains(r, []byte(tomsCall)) })
			if at >= 0 {
				key := strings.Replace(o.Key, "20260303T1040Z", stamp, 1)
				if key == o.Key || !yield(awstest.Object{Key: key, Body: logOf(t, all[at:at+1])}) {
					t.Errorf("%s is not moved", o.Key)
					return
				}
				o.Body = logOf(t, slices.Delete(all, at, at+1))
			}
			if !yield(o) {
				return
			}
		}
	}
}

func records(t *testing.T, body []byte) []json.RawMessage {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	var file struct{ Records []json.RawMessage }
	if err != nil || json.Unmarshal(plain, &file) != nil {
		t.Fatal("not a log file", err)
	}
	return file.Records
}

func logOf(t *testing.T, records []json.RawMessage) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"Records": records})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(text); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestNewIsUnknown: of a bucket nothing before --since is read, so nothing tells
// which ways are new; of a folder of the same files it is told.
func TestNewIsUnknown(t *testing.T) {
	aws := stack.Start(t)
	t.Chdir(t.TempDir())
	signIn(t, aws.Environment(t, aws.Account(hubAccount).Config()))
	ask(t, exitDone, "demo")
	b := aws.Account(hubAccount).Bucket(t, "acme-ways")
	b.PutAll(t, demoObjects(t))
	for _, form := range []string{"jsonl", "csv"} {
		access := func(from string) (out, told string) {
			return ask(t, exitDone, "access", "--since", "2026-03-03T12:00:00Z", "--from", from, "-o", form)
		}
		whole, told := access("crosstrail-demo/AWSLogs")
		if strings.Contains(told, "which ways are new") || !strings.Contains(whole, map[string]string{"jsonl": `"firstTime":true`, "csv": ",true,"}[form]) {
			t.Errorf("of a folder: %s%s", whole, told)
		}
		out, told := access("s3://acme-ways")
		unknown := !strings.Contains(out, `"firstTime"`)
		if form == "csv" {
			rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
			if err != nil || len(rows) < 2 {
				t.Fatal(err, out)
			}
			at := slices.Index(rows[0], "firstTime")
			unknown = at > 0 && !slices.ContainsFunc(rows[1:], func(row []string) bool { return row[at] != "" })
		}
		if !unknown || !strings.Contains(told, "note: nothing tells here which ways are new") || strings.Count(out, "\n") != strings.Count(whole, "\n") {
			t.Errorf("of a bucket, as %s: %s%s", form, out, told)
		}
	}
}

// TestEventOfNoAccount: where nothing tells whose log an event is in, it is said
// that all are looked through, and that is bounded.
func TestEventOfNoAccount(t *testing.T) {
	aws := stack.Start(t)
	t.Chdir(t.TempDir())
	signIn(t, aws.Environment(t, aws.Account(hubAccount).Config()))
	b := aws.Account(hubAccount).Bucket(t, "acme-many")
	b.PutAll(t, quiet(0, 24, "2026/03/03", "20260303T1340Z"))
	_, told := ask(t, exitFailed, "who", "1ed77a2c-2d86-44dd-9960-bb71b28158ba", "--from", b.URI(""))
	for _, want := range []string{
		"all 24 accounts are looked through", "error: the next step makes it 1,", " parts of the log looked into, ", "about ",
		"nobody can be asked here whether that is wanted", "hint: to look less far: --account",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is not told: %s", want, told)
		}
	}
}
