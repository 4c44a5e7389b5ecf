package ingest_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// write puts a file into a folder.
func write(t *testing.T, dir, name, body string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run is a pump run over paths, with what it told.
type run struct {
	store          *memory.Store
	files, records ingest.Counts
	errors, notes  []string
}

func pump(t *testing.T, o ingest.Options, stdin string, args ...string) run {
	t.Helper()
	paths, err := source.NewPaths(args, strings.NewReader(stdin))
	if err != nil {
		t.Fatal(err)
	}
	r := run{store: memory.New()}
	o.OnError = func(err error) { r.errors = append(r.errors, err.Error()) }
	o.OnNote = func(n string) { r.notes = append(r.notes, n) }
	r.files, r.records, err = ingest.Pump(t.Context(), paths, r.store, o)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]ingest.Counts{"files": r.files, "records": r.records} {
		if c.Read != c.Kept+c.Duplicate+c.PassedOver+c.Failed {
			t.Errorf("%s do not add up: %+v", what, c)
		}
	}
	slices.Sort(r.errors)
	return r
}

func (r *run) rows(t *testing.T) []query.Row {
	t.Helper()
	var all []query.Row
	for row, err := range r.store.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, *row)
	}
	return all
}

const (
	one   = `{"eventVersion":"1.08","eventID":"00000000-0000-4000-8000-000000000001","eventTime":"2026-01-02T10:00:00Z","recipientAccountId":"111111111111"}`
	two   = `{"eventVersion":"1.08","eventID":"00000000-0000-4000-8000-000000000002","eventTime":"2026-01-02T10:00:00Z","recipientAccountId":"111111111111"}`
	three = `{"eventVersion":"1.08","eventID":"00000000-0000-4000-8000-000000000003","eventTime":"2026-01-02T10:00:00Z","recipientAccountId":"111111111111"}`
)

func TestPumpCounts(t *testing.T) {
	dir := t.TempDir()
	packed := string(source.Pack([]byte(`{"Records":[` + one + `,` + two + `]}`)))
	write(t, dir, "a.json", `{"Records":[`+one+`,"no record",`+two+`]}`)
	write(t, dir, "b.json.gz", packed)
	write(t, dir, "c-cut.json", `{"Records":[`+three+`,`+one[:50])
	write(t, dir, "d-crc.json.gz", packed[:len(packed)-8]+"\x00\x00\x00\x00"+packed[len(packed)-4:])
	write(t, dir, "e-empty.json", "")
	write(t, dir, "f-none.json", `{"Records":[]}`)
	write(t, dir, "g-null.json", `{"Records":null}`)
	write(t, dir, "h.json.gz", `{"Records":[`+one+`]}`)
	write(t, dir, "i-notgzip.json.gz", `<Error><Code>AccessDenied</Code></Error>`)
	write(t, dir, "README.md", "# logs")
	r := pump(t, ingest.Options{}, "", dir)
	want := run{
		files:   ingest.Counts{Read: 10, Kept: 4, PassedOver: 1, Failed: 5},
		records: ingest.Counts{Read: 9, Kept: 3, Duplicate: 5, Failed: 1},
	}
	if r.files != want.files || r.records != want.records {
		t.Errorf("files %+v, records %+v\nwant %+v, %+v", r.files, r.records, want.files, want.records)
	}
	if n := len(r.rows(t)); n != 3 {
		t.Errorf("%d rows", n)
	}
	if len(r.notes) != 1 || !strings.Contains(r.notes[0], "h.json.gz: is not compressed") {
		t.Errorf("notes: %q", r.notes)
	}
	for _, want := range []string{
		"a.json, record 1, byte ", "c-cut.json", "d-crc.json.gz: gzip checksum (CRC) is wrong",
		"e-empty.json: empty", "i-notgzip.json.gz: neither gzip",
	} {
		if !slices.ContainsFunc(r.errors, func(e string) bool { return strings.HasPrefix(e, dir) && strings.Contains(e, want) }) {
			t.Errorf("no error says %q: %q", want, r.errors)
		}
	}
	if len(r.errors) != r.files.Failed+r.records.Failed {
		t.Errorf("%d errors for %d files and %d records: %q", len(r.errors), r.files.Failed, r.records.Failed, r.errors)
	}
}

// TestPumpCutGzip keeps the records before a cut and tells one error, with what
// to do.
func TestPumpCutGzip(t *testing.T) {
	dir := t.TempDir()
	var records []string
	for i := range 500 {
		records = append(records, strings.Replace(one, "000000000001", string(rune('a'+i%6))+strings.Repeat("0", 8)+string(rune('0'+i/100))+string(rune('0'+i/10%10))+string(rune('0'+i%10)), 1))
	}
	packed := source.Pack([]byte(`{"Records":[` + strings.Join(records, ",") + `]}`))
	write(t, dir, "cut.json.gz", string(packed[:len(packed)/2]))
	r := pump(t, ingest.Options{}, "", dir)
	if r.files != (ingest.Counts{Read: 1, Failed: 1}) || r.records.Kept < 50 || r.records.Kept >= 500 || r.records.Kept != r.records.Read {
		t.Errorf("files %+v, records %+v", r.files, r.records)
	}
	want := filepath.Join(dir, "cut.json.gz") + ": gzip cut short; the records before that were read: fetch the file again"
	if d := gocmp.Diff([]string{want}, r.errors); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestPumpStdin(t *testing.T) {
	body := one + "\n" + two + "\n\n" + `"no record"` + "\n" + three
	for name, stdin := range map[string]string{"plain": body, "gzip": string(source.Pack([]byte(body)))} {
		r := pump(t, ingest.Options{}, stdin, "-")
		if r.records != (ingest.Counts{Read: 4, Kept: 3, Failed: 1}) {
			t.Errorf("%s: %+v", name, r.records)
		}
		if len(r.errors) != 1 || !strings.HasPrefix(r.errors[0], "standard input, record 2, byte ") {
			t.Errorf("%s: %q", name, r.errors)
		}
		raw, err := r.store.Raw(t.Context(), lineage.Location{File: source.Stdin, Record: 3})
		if err != nil || string(raw) != three {
			t.Errorf("%s: the last record: %q, %v", name, raw, err)
		}
	}
	if r := pump(t, ingest.Options{}, "", "-"); len(r.errors) != 1 || !strings.HasPrefix(r.errors[0], "standard input: empty") {
		t.Errorf("nothing on standard input: %q", r.errors)
	}
}

// TestPumpPieces reads JSON lines larger than the cap: ordinals, offsets and the
// records themselves are those of the whole.
func TestPumpPieces(t *testing.T) {
	var body strings.Builder
	offsets := []int{}
	for i := range 6000 {
		offsets = append(offsets, body.Len())
		if i == 4321 {
			body.WriteString("17\n")
			continue
		}
		body.WriteString(strings.Replace(one, "000000000001", "00000000"+string([]byte{byte('0' + i/1000), byte('0' + i/100%10), byte('0' + i/10%10), byte('0' + i%10)}), 1))
		body.WriteString("\n")
	}
	dir := t.TempDir()
	write(t, dir, "big.jsonl", body.String())
	path := filepath.Join(dir, "big.jsonl")
	for _, name := range []string{path, source.Stdin} {
		r := pump(t, ingest.Options{MaxFile: 300 << 10, Workers: 2}, body.String(), name)
		if r.records != (ingest.Counts{Read: 6000, Kept: 5999, Failed: 1}) {
			t.Fatalf("%s: %+v", name, r.records)
		}
		if e := r.errors[0]; !strings.Contains(e, ", record 4321, byte ") {
			t.Errorf("%s: %s", name, e)
		}
		for _, row := range r.rows(t) {
			raw, err := r.store.Raw(t.Context(), row.Location)
			if err != nil || !strings.Contains(string(raw), row.ID.Event) {
				t.Fatalf("%v: %q, %v", row.Location, raw, err)
			}
			if at := body.String()[offsets[row.Record]:]; !strings.HasPrefix(at, string(raw)) {
				t.Fatalf("%v: not the record of that ordinal", row.Location)
			}
		}
		files := 0
		for f, err := range r.store.LogFiles(t.Context()) {
			if err != nil || f.URI != name {
				t.Errorf("%+v, %v", f, err)
			}
			files++
		}
		if files != 1 {
			t.Errorf("%s is %d files", name, files)
		}
	}
}

// given hands out items as one delivery after another.
type given []source.Delivery

func (g *given) Next(context.Context) (source.Delivery, error) {
	if len(*g) == 0 {
		return source.Delivery{}, io.EOF
	}
	d := (*g)[0]
	*g = (*g)[1:]
	return d, nil
}

func text(uri, body string) source.Item {
	return source.Item{
		LogFile: cloudtrail.LogFile{URI: uri},
		Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(body)), nil
		},
	}
}

// watched is a store that tells when it commits, and fails as it is told to.
type watched struct {
	*memory.Store
	log      *[]string
	add, com error
}

func (w watched) Add(ctx context.Context, f source.File) (int, int, error) {
	if w.add != nil {
		return 0, 0, w.add
	}
	return w.Store.Add(ctx, f)
}

func (w watched) Commit(ctx context.Context) error {
	*w.log = append(*w.log, "commit")
	return cmp.Or(w.com, w.Store.Commit(ctx))
}

func TestPumpSettlesAfterCommit(t *testing.T) {
	down := errors.New("disk full")
	for _, test := range []struct {
		name     string
		add, com error
		log      []string
		fails    bool
	}{
		{name: "all is well", log: []string{"commit", "first: ", "second: bad: cannot be opened: io: read/write on closed pipe"}},
		{name: "Add fails: nothing is committed or settled", add: down, fails: true},
		{name: "Commit fails: nothing is settled", com: down, log: []string{"commit"}, fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log []string
			settle := func(name string) func(context.Context, error) error {
				return func(_ context.Context, err error) error {
					text := name + ": "
					if err != nil {
						text += err.Error()
					}
					log = append(log, text)
					return nil
				}
			}
			bad := text("bad", "")
			bad.Open = func(context.Context) (io.ReadCloser, error) { return nil, io.ErrClosedPipe }
			from := &given{
				{Items: []source.Item{text("a", one), text("b", two)}, Settle: settle("first")},
				{Items: []source.Item{bad, text("c", three)}, Settle: settle("second")},
				{Items: []source.Item{text("d", three)}},
			}
			_, _, err := ingest.Pump(t.Context(), from, watched{memory.New(), &log, test.add, test.com}, ingest.Options{})
			if test.fails != errors.Is(err, down) || !test.fails && err != nil {
				t.Errorf("error: %v", err)
			}
			slices.Sort(log) // they are settled in the order in which they were done
			if d := gocmp.Diff(test.log, log); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestPumpSameFileTwice(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.json", one)
	path := filepath.Join(dir, "a.json")
	r := pump(t, ingest.Options{}, "", path, path, path)
	if r.files != (ingest.Counts{Read: 3, Kept: 1, Duplicate: 2}) || r.records != (ingest.Counts{Read: 1, Kept: 1}) {
		t.Errorf("%+v, %+v", r.files, r.records)
	}
}
