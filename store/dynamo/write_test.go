package dynamo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

const (
	account   = "111111111111"
	tableARN  = "arn:aws:dynamodb:us-east-1:" + account + ":table/Audit"
	firstFile = "s3://logs/AWSLogs/" + account + "/CloudTrail/us-east-1/2026/01/02/" + account + "_CloudTrail_us-east-1_20260102T1000Z_aaaaaaaaaaaaaaaa.json.gz"
)

// cast is an AWS with a table T, who looks after it, and who may do what.
type cast struct {
	*awstest.AWS
	table         *awstest.Table
	maker, writer aws.Config
}

func newCast(t *testing.T) *cast {
	t.Helper()
	a := stack.Start(t)
	owner := a.Account(account)
	return &cast{
		a, owner.OwnedTable("Audit"),
		owner.User(t, "maker", allow(statement("Make", tableARN, slices.Concat(makeActions, writeActions)))), owner.User(t, "writer", WritePolicy(tableARN)),
	}
}

func (c *cast) make(t *testing.T, o MakeOptions) {
	t.Helper()
	if err := Make(t.Context(), c.maker, "Audit", o); err != nil {
		t.Fatal(err)
	}
}

func (c *cast) open(t *testing.T, cfg aws.Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), cfg, "Audit", Options{Write: true, Note: func(n string) { t.Log(n) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// items are all that is in the table, by key, but the table's own item.
func (c *cast) items(t *testing.T) map[itemKey]item {
	t.Helper()
	all := map[itemKey]item{}
	for _, i := range c.table.Items(t) {
		if k := keyOf(i); k != metaKey {
			all[k] = i
		}
	}
	return all
}

// deliveries hands files to the pump.
type deliveries struct {
	mu    sync.Mutex
	files []synth.File
}

func (d *deliveries) Next(context.Context) (source.Delivery, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.files) == 0 {
		return source.Delivery{}, io.EOF
	}
	f := d.files[0]
	d.files = d.files[1:]
	open := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(f.Gzip())), nil }
	return source.Delivery{Items: []source.Item{{LogFile: cloudtrail.ParseLogFileName("s3://logs/" + f.Name), Open: open}}}, nil
}

func pump(ctx context.Context, s *Store, files []synth.File) (records ingest.Counts, err error) {
	_, records, err = ingest.Pump(ctx, &deliveries{files: slices.Clone(files)}, s, ingest.Options{})
	return records, err
}

// written are the items of a file's records that a watch takes.
func writtenOf(t *testing.T, f synth.File, w *lineage.Watch) (all []written) {
	t.Helper()
	at := cloudtrail.ParseLogFileName("s3://logs/" + f.Name)
	for r, err := range new(cloudtrail.Decoder).Records(f.Body()) {
		if err != nil {
			t.Fatal(err)
		}
		a := adding{store: new(Store), reading: &reading{meta: &meta{watch: w}}, file: at, account: at.Account}
		if e, ok := a.event(r, at.URI); ok {
			all = append(all, e)
		}
	}
	return all
}

// wants are the keys of all items that files make.
func wants(t *testing.T, files []synth.File, w *lineage.Watch) (keys map[itemKey]bool, events int) {
	t.Helper()
	keys = map[itemKey]bool{}
	for _, f := range files {
		for _, e := range writtenOf(t, f, w) {
			if k := keyOf(e.event); !keys[k] {
				keys[k] = true
				events++
			}
			for _, i := range e.facts {
				keys[keyOf(i)] = true
			}
		}
		at := cloudtrail.ParseLogFileName("s3://logs/" + f.Name)
		keys[fileKey(at)] = true
		keys[spanKey(at.Account, at.Region)] = true
	}
	return keys, events
}

// holds fails unless the table has these items and no others.
func (c *cast) holds(t *testing.T, want map[itemKey]bool) {
	t.Helper()
	got := c.items(t)
	for _, k := range slices.SortedFunc(maps.Keys(want), byKey) {
		if got[k] == nil {
			t.Errorf("missing: %s", k)
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(got), byKey) {
		if !want[k] {
			t.Errorf("not wanted: %s", k)
		}
	}
}

func byKey(a, b itemKey) int { return strings.Compare(a.String(), b.String()) }

func organisation() []synth.File {
	return slices.Collect(synth.New(5, synth.Options{Stories: 3}).Files())
}

// logFile is a log file of these records.
func logFile(uri string, records ...string) source.File {
	body := []byte(`{"Records":[` + strings.Join(records, ",") + `]}`)
	return source.File{
		LogFile: cloudtrail.ParseLogFileName(uri), Body: body,
		Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
		Records: func(yield func(*cloudtrail.Record) bool) {
			for r, err := range new(cloudtrail.Decoder).Records(append(bytes.Clone(body), make([]byte, cloudtrail.Padding)...)[:len(body)]) {
				if err == nil && !yield(r) {
					return
				}
			}
		},
	}
}

func add(t *testing.T, s *Store, f source.File) (kept, duplicate int) {
	t.Helper()
	kept, duplicate, err := s.Add(t.Context(), f)
	if err == nil {
		err = s.Finish(t.Context(), f.LogFile, nil)
	}
	if err == nil {
		err = s.Commit(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return kept, duplicate
}

// TestWrite: an organisation is written by who has the permissions of the policy
// and no more, by two at once and again; what is there is what its records say, and
// each event was kept once.
func TestWrite(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	files := organisation()
	want, events := wants(t, files, nil)

	var wg sync.WaitGroup
	var counts [2]ingest.Counts
	for n := range counts {
		s := c.open(t, c.writer)
		wg.Go(func() {
			var err error
			if counts[n], err = pump(t.Context(), s, files); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if kept := counts[0].Kept + counts[1].Kept; kept != events {
		t.Errorf("kept %d (%+v), want each of %d events once", kept, counts, events)
	}
	c.holds(t, want)
	again, err := pump(t.Context(), c.open(t, c.writer), files)
	if err != nil || again.Read != 0 {
		t.Errorf("read again: %+v, %v; want no log file opened", again, err)
	}
	// What a span says is what the names of its files say.
	spans, _ := lineage.Spans(func(yield func(cloudtrail.LogFile, error) bool) {
		for _, f := range files {
			if !yield(cloudtrail.ParseLogFileName("s3://logs/"+f.Name), nil) {
				return
			}
		}
	})
	items := c.items(t)
	for _, s := range spans {
		i := items[spanKey(s.Account, s.Region)]
		if first, newest := timeOf(i, attrFirst), timeOf(i, attrNewest); first != s.First || newest != s.Newest {
			t.Errorf("span of %s %s: %s to %s, want %s to %s", s.Account, s.Region, first, newest, s.First, s.Newest)
		}
	}
	for _, i := range items {
		if r := textOf(i, attrRecord); strings.Contains(r, `"sessionToken":"`) && !strings.Contains(r, "REDACTED") {
			t.Errorf("%s has a session token", keyOf(i))
		}
	}
}

// TestWatched: what the watch does not take is passed over, a file counts as read
// under its watch, and a wider watch reads it again.
func TestWatched(t *testing.T) {
	c := newCast(t)
	watch := &lineage.Watch{Uses: lineage.NoUses}
	c.make(t, MakeOptions{Watch: watch})
	files := organisation()
	want, events := wants(t, files, watch)
	s := c.open(t, c.writer)
	counts, err := pump(t.Context(), s, files)
	if err != nil || counts.Kept != events || counts.PassedOver == 0 || counts.Read != counts.Kept+counts.Duplicate+counts.PassedOver {
		t.Fatalf("%+v, %v; want %d kept, and others passed over", counts, err, events)
	}
	c.holds(t, want)
	first := cloudtrail.ParseLogFileName("s3://logs/" + files[0].Name)
	has := func(want bool) {
		t.Helper()
		if there, err := s.Has(t.Context(), first); err != nil || there != want {
			t.Errorf("has it: %v, %v; want %v", there, err, want)
		}
	}
	has(true)
	if err := s.SetWatch(t.Context(), s.Watch(), nil); err != nil || s.Watch() != nil {
		t.Fatal(s.Watch(), err)
	}
	// What was passed over until now is not missing: it was not wanted.
	if had := s.Before(); len(had) != 1 || had[0].Uses != lineage.NoUses {
		t.Errorf("it had the watches %+v", had)
	}
	has(false)
	if _, err := pump(t.Context(), s, files); err != nil {
		t.Fatal(err)
	}
	all, _ := wants(t, files, nil)
	c.holds(t, all)
	has(true)
	if err := s.SetWatch(t.Context(), s.Watch(), watch); err != nil {
		t.Fatal(err)
	}
	has(true) // all of it was read
	if got := s.Before(); len(got) != 0 {
		t.Errorf("beside its watch it had %d", len(got))
	}
	if got := c.open(t, c.writer).Watch(); got == nil || got.Uses != lineage.NoUses {
		t.Errorf("another finds the watch %+v", got)
	}
}

// TestHostile: nothing that a record may hold makes an item that DynamoDB refuses,
// or one that another record has.
func TestHostile(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	long, bad := strings.Repeat("x", 5000), "\xff\xfe"
	records := []string{
		`{"eventID":"a#b","eventTime":"2026-01-02T10:00:00Z"}`,
		`{"eventID":"` + long + `","eventTime":"2026-01-02T10:00:00Z"}`,
		`{"eventTime":"2026-01-02T10:00:00Z"}`,
		`{"eventID":"","eventTime":"2026-01-02T10:00:00Z","x":1}`,
		`{"eventID":"fact#x"}`, `{"eventID":"crosstrail#"}`, `{"eventID":"id#x"}`,
		`{"eventID":"no time"}`, `{"eventID":"year 1","eventTime":"0001-01-01T00:00:00Z"}`, `{"eventID":"year 9999","eventTime":"9999-12-31T23:59:59Z"}`,
		`{"eventID":"r1","recipientAccountId":"` + long + `"}`, `{"eventID":"r2","recipientAccountId":"a#b#c"}`, `{"eventID":"r2","recipientAccountId":"a#b"}`,
		`{"eventID":"` + bad + `"}`, `{"eventID":"` + bad + bad + `"}`, `{"eventID":"r3","recipientAccountId":"` + bad + `"}`,
		`{"eventID":"nul\u0000","userIdentity":{"type":"IAMUser","principalId":"\u0000","accessKeyId":"\u0000","userName":"\u0000"}}`,
		`{"eventID":"masked","userIdentity":{"type":"IAMUser","principalId":"HIDDEN_DUE_TO_SECURITY_REASONS","accessKeyId":"****"}}`,
		`{"eventID":"colon","userIdentity":{"type":"AssumedRole","principalId":":session"}}`,
		`{"eventID":"keys","userIdentity":{"type":"IAMUser","principalId":"` + long + `","accessKeyId":"` + long + `","userName":"` + long + long + `","arn":"` + bad + `"}}`,
		`{"eventID":"bad","userIdentity":{"type":"IAMUser","principalId":"A` + bad + `:` + bad + `","accessKeyId":"` + bad + `","userName":"` + bad + `"}}`,
		`{"eventID":"surrogate","userIdentity":{"type":"IAMUser","principalId":"\ud800","userName":"\ud800x"}}`,
		`{"eventID":"issued","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","requestParameters":{"roleArn":"` + bad + `","roleSessionName":"` + long + `"},"responseElements":{"credentials":{"accessKeyId":"` + long + `"},"assumedRoleUser":{"assumedRoleId":"` + bad + `:x"}}}`,
		`{"eventID":"role","userIdentity":{"type":"AssumedRole","principalId":"AROA:` + long + `","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA","arn":"` + long + `","userName":"` + bad + `"}}}}`,
		`{"eventID":"large","requestParameters":{"text":"` + strings.Repeat("long ", 100_000) + `"}}`,
	}
	f := logFile(firstFile, records...)
	n := 0 // those that are not in UTF-8 the decoder refuses
	seen := map[itemKey]string{}
	for r := range f.Records {
		n++
		r = r.Clone()
		e := new(Store).items(r, useOf(r, account, lineage.Location{}), "")
		if other, twice := seen[keyOf(e.event)]; twice {
			t.Errorf("%.80s and %.80s have one key", r.Raw, other)
		}
		seen[keyOf(e.event)] = string(r.Raw)
	}
	s := c.open(t, c.writer)
	if kept, duplicate := add(t, s, f); kept != n || duplicate != 0 || n != len(records)-7 {
		t.Errorf("kept %d, duplicate %d, of %d of %d", kept, duplicate, n, len(records))
	}
	if kept, duplicate := add(t, s, f); kept != 0 || duplicate != n {
		t.Errorf("again: kept %d, duplicate %d, of %d", kept, duplicate, n)
	}
	items := c.items(t)
	for k, raw := range seen {
		i := items[k]
		got := []byte(textOf(i, attrRecord))
		if _, packed := i[attrRecord].(*types.AttributeValueMemberB); packed {
			got = unpacked(t, got)
		}
		if string(got) != raw {
			t.Errorf("%s: the record is not what it was: %.100q", k, got)
		}
	}
}

// unpacked is what pack made smaller.
func unpacked(t *testing.T, packed []byte) []byte {
	t.Helper()
	b, err := new(unpacker).unpack(packed)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTooLarge: a record that no item holds stays in its log file, and fails where
// there is none.
func TestTooLarge(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	huge := `{"eventID":"huge","eventTime":"2026-01-02T10:00:00Z","requestParameters":{"text":"` + noise(600_000) + `"}}`
	small := `{"eventID":"small","eventTime":"2026-01-02T10:00:00Z"}`
	s := c.open(t, c.writer)
	f := logFile(firstFile, small, huge)
	f.Version = "an-etag"
	if kept, _ := add(t, s, f); kept != 2 {
		t.Errorf("kept %d of 2", kept)
	}
	for k, i := range c.items(t) {
		if k.partition == "huge" && (i[attrRecord] != nil || textOf(i, attrFile) != firstFile || textOf(i, attrVersion) != "an-etag" || textOf(i, attrOrdinal) != "1") {
			t.Errorf("%s points to %s %s %s", k, textOf(i, attrFile), textOf(i, attrVersion), textOf(i, attrOrdinal))
		}
	}
	// What lies in a folder, or in another table, nobody else who asks can read.
	folder := logFile("/logs/one.json", strings.Replace(huge, "huge", "huge3", 1))
	if kept, _, err := s.Add(t.Context(), folder); kept != 0 || err == nil || !strings.Contains(err.Error(), "by its s3:// address") {
		t.Errorf("in a folder: kept %d, %v", kept, err)
	}
	inline := logFile(source.Stdin, strings.Replace(small, "small", "small2", 1), strings.Replace(huge, "huge", "huge2", 1))
	inline.Open = nil
	kept, _, err := s.Add(t.Context(), inline)
	part, ok := err.(*source.PartError) //nolint:errorlint // Add returns it itself
	if kept != 1 || !ok || part.Records != 1 || part.First.Record != 1 || !strings.Contains(part.Error(), "standard input, record 1") {
		t.Errorf("kept %d, %v", kept, err)
	}
	if err := s.Finish(t.Context(), inline.LogFile, part); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	for k := range c.items(t) {
		if k.partition == partFailed || strings.HasPrefix(k.partition, partFile) && strings.Contains(k.sort, "inline") {
			t.Errorf("standard input has %s", k)
		}
	}
}

// TestEdgeOfItem: sizeOf is never below what DynamoDB counts: an item that it lets
// through is taken.
func TestEdgeOfItem(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	s := c.open(t, c.writer)
	i := itemKey{"edge", "2026-01-02T10:00:00Z#x#0000000000000000"}.attributes()
	i[attrOrdinal] = number(12)
	i[attrRecord] = text("")
	i[attrRecord] = text(strings.Repeat("x", mostItem-sizeOf(i)))
	if fresh, _, err := s.putNew(t.Context(), i); err != nil || !fresh {
		t.Errorf("an item of %d bytes: %v", sizeOf(i), err)
	}
	i[attrTime] = text("2026-01-02T10:00:01Z#x#0000000000000000")
	i[attrRecord] = text(textOf(i, attrRecord) + strings.Repeat("x", 64))
	if _, _, err := s.putNew(t.Context(), i); err == nil {
		t.Errorf("an item of %d bytes was taken: this proves nothing", sizeOf(i))
	}
}

// TestFailedFile: a file that could not be read is noted, without secrets, is read
// again, and is known then.
func TestFailedFile(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	s := c.open(t, c.writer)
	f := cloudtrail.ParseLogFileName(firstFile)
	end := func(err error) {
		t.Helper()
		if err := s.Finish(t.Context(), f, err); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	end(&source.Error{URI: f.URI, Record: -1, Offset: -1, Problem: `it has "sessionToken":"FwoGZXIvYXdzEXAMPLE" ` + strings.Repeat("long ", 1000)})
	i := c.items(t)[failedKey(f)]
	if p := textOf(i, attrProblem); i == nil || strings.Contains(p, "EXAMPLE") || len(p) > mostProblem || readFile(i) != f || textOf(i, attrAt) != fileKey(f).partition {
		t.Errorf("%v", i)
	}
	if there, err := s.Has(t.Context(), f); there || err != nil {
		t.Errorf("has it: %v, %v", there, err)
	}
	end(nil)
	if i := c.items(t)[failedKey(f)]; i[attrExpires] == nil {
		t.Errorf("that it could not be read stays noted: %v", i)
	}
	end(errTooLarge) // read again, by another who may not
	if failed, err := c.open(t, c.Account(account).Config()).Failed(t.Context()); err != nil || len(failed) > 0 {
		t.Errorf("failed: %v, %v", failed, err)
	}
	if i := c.items(t)[fileKey(f)]; i == nil || readFile(i) != f {
		t.Errorf("%v", i)
	}
	if there, err := s.Has(t.Context(), f); !there || err != nil {
		t.Errorf("has it: %v, %v", there, err)
	}
}

// TestDenied: who may not do something is told what, and who is meant.
func TestDenied(t *testing.T) {
	c := newCast(t)
	c.make(t, MakeOptions{})
	denied := func(err error, words ...string) {
		t.Helper()
		for _, w := range words {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%v; want it to say %q", err, w)
			}
		}
	}
	owner := c.Account(account)
	_, err := Open(t.Context(), owner.User(t, "nobody", ""), "Audit", Options{})
	denied(err, "dynamodb://Audit", "user/nobody", "dynamodb:GetItem")
	reader := owner.User(t, "reader", ReadPolicy(tableARN))
	_, _, err = c.open(t, reader).Add(t.Context(), logFile(firstFile, `{"eventID":"a","eventTime":"2026-01-02T10:00:00Z"}`))
	denied(err, "user/reader", "dynamodb:BatchWriteItem", "table/Audit")
	_, err = Open(t.Context(), c.writer, "Other", Options{})
	denied(err, "table/Other")
	for _, missing := range writeActions {
		rest := slices.DeleteFunc(slices.Clone(writeActions), func(a string) bool { return a == missing })
		cfg := owner.User(t, "less-"+missing[len("dynamodb:"):], awstest.Allow(tableARN, rest...))
		s, err := Open(t.Context(), cfg, "Audit", Options{Write: true})
		if err == nil {
			f := logFile(strings.Replace(firstFile, "aaaaaaaaaaaaaaaa", fmt.Sprintf("%016d", len(missing)), 1), `{"eventID":"`+missing+`","eventTime":"2026-01-02T10:00:00Z"}`)
			if _, _, err = s.Add(t.Context(), f); err == nil {
				_ = s.Finish(t.Context(), f.LogFile, nil)
				err = s.Commit(t.Context())
			}
		}
		denied(err, missing)
	}
}
