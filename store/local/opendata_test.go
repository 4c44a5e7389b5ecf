package local_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/install"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// openEvents is how many events of a busy company are in the store that the
// examples are run on: more than a row group holds.
const openEvents = 34_000

// pythonForExamples is an interpreter with the packages of testdata/requirements.txt.
func pythonForExamples(t *testing.T) string {
	t.Helper()
	requirements, err := os.ReadFile("testdata/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	interpreter, err := install.Python(t.Context(), requirements)
	if err != nil {
		install.Missing(t, "the examples of README.md", err)
	}
	return interpreter
}

// TestOpenData holds README.md to the Parquet files, and these to what the store
// itself tells: the documented columns are those that are there, and its examples
// give what the store says.
func TestOpenData(t *testing.T) {
	interpreter := pythonForExamples(t)
	doc := readGuide(t)
	dir := t.TempDir()
	want := fillOpen(t, dir)

	steps := []step{{"sql", "describe select * from 'events/*.parquet'"}, {"sql", "select name, repetition_type from parquet_schema('events/*.parquet')"}}
	for _, name := range []string{"event", "deleted", "addresses", "errors", "touched"} {
		steps = append(steps, step{"sql", doc.example(t, "duckdb", name)})
	}
	steps = append(steps,
		step{"sql", "select * from event"},
		step{"python", doc.example(t, "python", "deleted")},
		step{"python", doc.example(t, "python", "files")},
		// Athena's types, by another name.
		step{"sql", `create view crosstrail_events as select * replace (event_time at time zone 'UTC' as event_time,
			session_created at time zone 'UTC' as session_created) from 'events/*.parquet'`},
		step{"sql", doc.example(t, "athena", "event")},
		step{"sql", doc.example(t, "athena", "deleted")},
		step{"sql", frontPageQuery(t)},
		step{"sql", "select max(num_row_groups) from parquet_file_metadata('events/*.parquet')"},
	)
	filters := len(steps)
	steps = append(steps, filterSteps(want)...)
	got := runSteps(t, interpreter, dir, steps)

	if n := got[filters-1].Rows[0][0].(json.Number); n < "2" {
		t.Errorf("no file has more than %s row group", n)
	}
	t.Run("columns", func(t *testing.T) { doc.hasColumns(t, got[0], got[1]) })
	t.Run("athena columns", func(t *testing.T) { doc.hasAthenaColumns(t, got[0]) })
	t.Run("every value", func(t *testing.T) { sameEvents(t, got[7], want) })
	t.Run("filters", func(t *testing.T) { sameCounts(t, steps[filters+1:], got[filters+1:]) })
	t.Run("page index", func(t *testing.T) { bounded(t, dir) })
	t.Run("deleted", func(t *testing.T) { sameRows(t, got[3], wantDeleted(want)) })
	t.Run("addresses", func(t *testing.T) { sameRows(t, got[4], wantAddresses(want)) })
	t.Run("errors", func(t *testing.T) { sameRows(t, got[5], wantFailures(want)) })
	t.Run("touched", func(t *testing.T) { sameRows(t, got[6], wantTouched(want)) })
	t.Run("pandas", func(t *testing.T) { sameRows(t, got[8].sorted(), sortRows(wantDeleted(want))) })
	t.Run("log files", func(t *testing.T) { sameFiles(t, got[9], want) })
	t.Run("front page", func(t *testing.T) {
		if len(got[13].Rows) == 0 {
			t.Error("gives nothing")
		}
	})
	t.Run("athena", func(t *testing.T) { sameRows(t, got[12], wantDeleted(want)) })
}

// fillOpen fills a store, in several commits, and returns what it tells. Among
// the events is one that has variants.
func fillOpen(t *testing.T, dir string) []query.Row {
	t.Helper()
	logs := t.TempDir()
	put := func(part string, f *synth.File) {
		path := filepath.Join(logs, part, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		// Not compressed, and no copy kept below: with -race that takes longer than all the rest.
		if err := os.WriteFile(path, f.Body(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for f := range synth.Demo().Files() {
		put("a", &f)
	}
	for f := range synth.Corpus(synth.Bulk, 11, openEvents) {
		put("b", &f)
	}
	const account = "111111111111"
	const odd = "c\xff" // a path need not be UTF-8
	put(odd, &synth.File{Name: "AWSLogs/" + account + "/CloudTrail/us-east-1/2026/03/04/" + account + "_CloudTrail_us-east-1_20260304T1200Z_abcdefghijklmnop.json.gz", Records: openVariants()})
	s, err := local.Open(t.Context(), dir, local.Options{Keep: local.KeepReference})
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{odd, "a", "b"} {
		from, err := source.NewPaths([]string{filepath.Join(logs, part)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := ingest.Pump(t.Context(), from, s, ingest.Options{Workers: 1, OnError: func(err error) { t.Error(err) }}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return openRows(t, dir)
}

// frontPageQuery is what the repository's README shows.
func frontPageQuery(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?s)duckdb -c "([^"]*)"`).FindSubmatch(doc)
	if m == nil {
		t.Fatal("README.md of the repository has no query for DuckDB")
	}
	return strings.ReplaceAll(string(m[1]), "'STORE/", "'")
}

// manyForms is the event that variants are of.
const manyForms = "0c0ffee0-0000-4000-8000-000000000001"

// openVariants are records that no other has the like of: one event in four forms,
// two of them of one fingerprint and one of another hour, and an event of which
// hardly anything is known. They are all null somewhere.
func openVariants() [][]byte {
	form := func(time, more, agent string) []byte {
		return fmt.Appendf(nil, `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSERALICE1","accessKeyId":"AKIAEXAMPLEALICE0001"%s},`+
			`"eventTime":"%s","eventSource":"s3.amazonaws.com","eventName":"DeleteBucket","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.7","userAgent":"%s",`+
			`"eventID":"%s","readOnly":false,"recipientAccountId":"111111111111"}`, more, time, agent, manyForms)
	}
	whole := `,"arn":"arn:aws:iam::111111111111:user/alice","accountId":"111111111111","userName":"alice"`
	return [][]byte{
		form("2026-03-04T11:59:59Z", "", "b"),
		form("2026-03-04T11:59:59Z", whole, `b\u0000 \u2028 'quoted' \"twice\"`),
		form("2026-03-04T11:59:59Z", whole, "a"),
		form("2026-03-04T12:00:01Z", `,"userName":"alice"`, "c"),
		[]byte(`{"eventName":"","userIdentity":{"arn":"HIDDEN_DUE_TO_SECURITY_REASONS","sessionContext":{"sourceIdentity":"alice"}},"eventID":"0c0ffee0-0000-4000-8000-000000000002"}`),
		[]byte(`{"eventTime":"2026-03-04T11:00:00Z","eventName":"DeleteTrail","recipientAccountId":"222222222222","sessionCredentialFromConsole":false,` +
			`"requestParameters":{"name":"x"},"errorCode":{"odd":true},"userAgent":"\ud800","eventID":"0c0ffee0-0000-4000-8000-000000000003"}`),
	}
}

func openRows(t *testing.T, dir string) []query.Row {
	t.Helper()
	r, err := local.OpenReader(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}()
	var all []query.Row
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *row)
	}
	if len(all) < openEvents/2 {
		t.Fatalf("%d events", len(all))
	}
	return all
}

// step is an example, and the language it is in.
type step struct{ language, text string }

func (s step) MarshalJSON() ([]byte, error) { return json.Marshal([]string{s.language, s.text}) }

// answer is what an example gave.
type answer struct {
	Columns []string
	Types   []string
	Rows    [][]any
}

func (g answer) sorted() answer { return answer{g.Columns, g.Types, sortRows(g.Rows)} }

func runSteps(t *testing.T, interpreter, dir string, steps []step) []answer {
	t.Helper()
	script, err := filepath.Abs("testdata/opendata.py")
	if err != nil {
		t.Fatal(err)
	}
	in, err := json.Marshal(steps)
	if err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), interpreter, script)
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, bytes.NewReader(in), &complaint
	cmd.Env = append(os.Environ(), "TZ=Asia/Kathmandu") // no example may lean on the machine's
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaint.String())
	}
	var got []answer
	d := json.NewDecoder(bytes.NewReader(out))
	d.UseNumber()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Token(); err != io.EOF || len(got) != len(steps) {
		t.Fatalf("%d steps gave %d results", len(steps), len(got))
	}
	return got
}

// sameEvents compares every column of every event.
func sameEvents(t *testing.T, got answer, want []query.Row) {
	if len(got.Rows) != len(want) {
		t.Errorf("%d events, want %d", len(got.Rows), len(want))
	}
	at := map[string]int{}
	for i, name := range got.Columns {
		at[name] = i
	}
	rows := map[[2]any][]any{}
	for _, r := range got.Rows {
		rows[[2]any{r[at["event_id"]], r[at["recipient_account_id"]]}] = r
	}
	wrong, filled := map[string]int{}, map[string]int{}
	for i := range want {
		w := openRow(&want[i])
		r := rows[[2]any{w["event_id"], w["recipient_account_id"]}]
		if r == nil {
			t.Errorf("%s is not there", want[i].ID)
			continue
		}
		for name, value := range w {
			if value != nil && !reflect.DeepEqual(value, []any{}) {
				filled[name]++
			}
			if tied := want[i].ID.Event == manyForms && (name == "user_agent" || name == "record"); tied {
				continue // forms of one fingerprint: either may be shown
			}
			if g := r[at[name]]; !reflect.DeepEqual(g, value) {
				if wrong[name]++; wrong[name] <= 3 {
					t.Errorf("%s: %s is %#v, want %#v", want[i].ID, name, g, value)
				}
			}
		}
		if len(w)+1 != len(r) {
			t.Fatalf("%d columns, compared %d", len(r), len(w))
		}
	}
	for _, name := range got.Columns {
		if filled[name] == 0 && name != "log_file" {
			t.Errorf("%s has no value in any event: nothing was compared", name)
		}
	}
}

// sameFiles compares where events were read.
func sameFiles(t *testing.T, got answer, want []query.Row) {
	at := map[string]int{}
	for i, name := range got.Columns {
		at[name] = i
	}
	there := map[string]bool{}
	for _, r := range got.Rows {
		there[fmt.Sprint(r[at["event_id"]], r[at["recipient_account_id"]], r[at["fingerprint"]], r[at["uri"]], r[at["record"]])] = true
		if sum, _ := r[at["sha256"]].(string); len(sum) != 64 {
			t.Fatalf("sha256 is %v", r[at["sha256"]])
		}
	}
	for i := range want {
		w := &want[i]
		if key := fmt.Sprint(orNull(w.ID.Event), orNull(w.ID.Recipient), uint64(w.Fingerprint), strings.ReplaceAll(w.File, "\xff", `\xff`), w.Record); !there[key] {
			t.Fatalf("%s is not there", key)
		}
	}
	if len(got.Rows) <= len(want) {
		t.Errorf("%d rows of %d events: the variants are missing", len(got.Rows), len(want))
	}
}

func sameRows(t *testing.T, got answer, want [][]any) {
	t.Helper()
	if len(want) == 0 {
		t.Fatal("nothing to compare")
	}
	if len(got.Rows) != len(want) {
		t.Errorf("%d rows, want %d", len(got.Rows), len(want))
	}
	for i := range min(len(got.Rows), len(want)) {
		if !reflect.DeepEqual(got.Rows[i], want[i]) {
			t.Fatalf("row %d is %v, want %v", i, got.Rows[i], want[i])
		}
	}
}
