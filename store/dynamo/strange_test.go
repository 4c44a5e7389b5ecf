package dynamo

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

const (
	tableIssued = `{"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLEUSERALICE1","arn":"arn:aws:iam::111111111111:user/alice","accountId":"111111111111","accessKeyId":"AKIAEXAMPLEALICE0001","userName":"alice"},` +
		`"eventTime":"2026-01-02T10:00:00Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1","requestParameters":{"roleArn":"arn:aws:iam::111111111111:role/admin","roleSessionName":"ops"},` +
		`"responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLE000000001","sessionToken":"SECRET","expiration":"Jan 2, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLEROLEADMIN1:ops","arn":"arn:aws:sts::111111111111:assumed-role/admin/ops"}},` +
		`"eventID":"issued","recipientAccountId":"111111111111"}`
	tableUse = `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEROLEADMIN1:ops","arn":"arn:aws:sts::111111111111:assumed-role/admin/ops","accountId":"111111111111","accessKeyId":"ASIAEXAMPLE000000001",` +
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEROLEADMIN1","arn":"arn:aws:iam::111111111111:role/admin","accountId":"111111111111","userName":"admin"},"attributes":{"creationDate":"2026-01-02T10:00:00Z"}}},` +
		`"eventTime":"2026-01-02T10:05:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","eventID":"use","recipientAccountId":"111111111111"}`
)

// heard gathers notes.
type heard struct {
	mu    sync.Mutex
	notes []string
}

func (h *heard) note(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.notes = append(h.notes, text)
}

func (h *heard) all() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.notes, "\n")
}

// TestStrangeItems: what anybody may have put who may write to the table is named
// and left out; all else is answered as before, and nothing links by it.
func TestStrangeItems(t *testing.T) {
	cfg := stack.Start(t).Account(account).Config()
	w := fresh(t, cfg, Options{Write: true})
	add(t, w, logFile(firstFile, tableIssued, tableUse))
	asked := []string{"use", "issued", "ASIAEXAMPLE000000001", "AROAEXAMPLEROLEADMIN1:ops@2026-01-02T10:00:00Z"}
	before := answers(t, opened(t, cfg, w.table, Options{}), asked)
	if !strings.Contains(before[0]+before[1], `"iam:111111111111:AIDAEXAMPLEUSERALICE1"`) {
		t.Fatalf("nobody is found: %q", before)
	}
	use, issued := itemOf(t, w, "use"), itemOf(t, w, "issued")
	key := factPartition("kASIAEXAMPLE000000001")
	var bomb bytes.Buffer
	z := zlib.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 8*mostRecord))
	_ = z.Close()
	strange := map[string]item{
		"no time":          changed(use, attrTime, text("zzz#x")),
		"a bomb":           changed(use, attrTime, text("2026-01-02T10:05:00Z#111111111111#00000000000000ff"), attrRecord, &types.AttributeValueMemberB{Value: bomb.Bytes()}),
		"no zlib":          changed(use, attrTime, text("2026-01-02T10:05:00Z#111111111111#00000000000000fe"), attrRecord, &types.AttributeValueMemberB{Value: []byte("x")}),
		"a number":         changed(use, attrTime, text("2026-01-02T10:05:00Z#111111111111#00000000000000fd"), attrRecord, number(7)),
		"no JSON":          changed(use, attrTime, text("2026-01-02T10:05:00Z#111111111111#00000000000000fc"), attrRecord, text("{")),
		"two records":      changed(use, attrTime, text("2026-01-02T10:05:00Z#111111111111#00000000000000fb"), attrRecord, text(tableUse+"\n"+tableUse)),
		"another account":  changed(use, attrTime, text("2026-01-02T10:05:00Z#222222222222#00000000000000fa")),
		"another moment":   changed(use, attrTime, text("2026-01-02T10:06:00Z#111111111111#00000000000000fa")),
		"another event":    changed(use, attrEvent, text("other")),
		"another form":     changed(use, attrTime, text("2026-01-02T10:05:00Z#111111111111#ff000000000000f8")),
		"another day":      changed(use, attrTime, text("2026-01-02T10:05:00Z#111111111111#ff000000000000f9"), attrDay, text(strings.Replace(textOf(issued, attrDay), "01-02", "01-03", 1))),
		"nowhere":          {attrEvent: text(key), attrTime: text("2026-01-02T10:00:00Z#1#0#gone"), attrAt: text("gone")},
		"no pointer":       {attrEvent: text(key), attrTime: text("2026-01-02T10:00:01Z#1#0#gone"), attrAt: text("here")},
		"another's fact":   {attrEvent: text(key), attrTime: text(textOf(use, attrTime) + "#use"), attrAt: text("use")},
		"a name of others": {attrEvent: text(factPartition("pAIDAEXAMPLEUSERALICE1")), attrTime: text("2026-01-02T00:00:00Z#name#0011223344556677"), attrID: text("AIDAEXAMPLEUSERALICE1"), attrName: text("mallory")},
		"no day":           {attrEvent: text(partDays), attrTime: text("2026-01-0x#111111111111"), attrAccount: text("111111111111")},
		"no span":          {attrEvent: text(partSpans), attrTime: text("x"), attrAccount: text("111111111111"), attrRegion: text("us-east-1"), attrNewest: number(1 << 40)},
		"no file":          {attrEvent: text(filePartition("111111111111", "us-east-1")), attrTime: text("x"), attrFile: text("y")},
		"no failure":       {attrEvent: text(partFailed), attrTime: text("x"), attrFile: number(1)},
	}
	for name, i := range strange {
		if _, err := w.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &w.table, Item: i}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	var h heard
	sameLines(t, "with strange items", answers(t, opened(t, cfg, w.table, Options{Note: h.note}), asked), before)
	if failed, err := opened(t, cfg, w.table, Options{}).Failed(t.Context()); err != nil || len(failed) > 0 {
		t.Errorf("failed: %v, %v", failed, err)
	}
	names, err := opened(t, cfg, w.table, Options{Note: h.note}).Facts(t.Context(), []lineage.Key{"pAIDAEXAMPLEUSERALICE1"}, 0, 0)
	if err != nil || len(names) != 1 || names[0].Detail.Name != "alice" {
		t.Errorf("%v, %v", names, err)
	}
	told := h.all()
	for name, i := range strange {
		silent := name == "nowhere" // a pointer is there before its event is
		if k := keyOf(i).String(); strings.Contains(told, k+" is left out: ") == silent {
			t.Errorf("%s: %s in %s", name, k, told)
		}
	}
	checkNames(t, opened(t, cfg, w.table, Options{}), strange["no day"], strange["no span"], strange["no file"])
	// By their own names they are not found either.
	h = heard{}
	r := opened(t, cfg, w.table, Options{Note: h.note})
	for row, err := range r.Rows(t.Context(), query.Selection{EventIDs: []string{"other"}}) {
		t.Errorf("%v, %v", row, err)
	}
	if told := h.all(); !strings.Contains(told, `item other 2026-01-02T10:05:00Z#`) {
		t.Errorf("told %q", told)
	}
	out := memory.New()
	files, _ := pourTelling(t, opened(t, cfg, w.table, Options{}).Source(), out, func(err error) { h.note(err.Error()) })
	if told := h.all(); files.Failed != 10 || !strings.Contains(told, "/other/2026-01-02T10:05:00Z#") {
		t.Errorf("%+v, told %q", files, told)
	}
	if got := eventIDs(t, out); !slices.Equal(got, []string{"issued", "use"}) {
		t.Errorf("as a source it has %q", got)
	}
}

// checkNames fails for items that a check does not name.
func checkNames(t *testing.T, s *Store, items ...item) {
	t.Helper()
	named := map[string]bool{}
	if _, err := s.Check(t.Context(), func(f Finding) { named[f.Item] = true }); err != nil {
		t.Fatal(err)
	}
	for _, i := range items {
		if k := keyOf(i).String(); !named[k] {
			t.Errorf("check does not name %s: %v", k, named)
		}
	}
}

// eventIDs are those of all events, in their order.
func eventIDs(t *testing.T, r query.Reader) (all []string) {
	t.Helper()
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, row.ID.Event)
	}
	return all
}

// itemOf is the item of an event that was written.
func itemOf(t *testing.T, s *Store, id string) item {
	t.Helper()
	for page, err := range s.pages(t.Context(), span{partition: id}) {
		if err != nil {
			t.Fatal(err)
		}
		return page[0]
	}
	t.Fatalf("no event %s", id)
	return nil
}

// changed is an item with other attributes, given by name and value.
func changed(i item, pairs ...any) item {
	c := item{}
	for name, value := range i {
		c[name] = value
	}
	for n := 0; n < len(pairs); n += 2 {
		c[pairs[n].(string)] = pairs[n+1].(types.AttributeValue)
	}
	return c
}

// TestTextsTable: a table that the commands of AWS's text made and its program
// filled is read as it is; what in it is no record is named.
func TestTextsTable(t *testing.T) {
	owner := stack.Start(t).Account(account)
	owner.Table(t, "CrossAccountAuditing").Put(t,
		foreign(t, "ASIAJJQOJ64OAM7C65AA", "2016-04-05T20:39:39Z", "099ff820-00f2-4500-94fc-2b9da26d576f", seedUse),
		foreign(t, "ASIAJJQOJ64OAM7C65AA", "2016-04-05T20:39:37Z", "e5a09871-7d0c-4f3e-8c3a-b9e9b1d1a8e5", seedIssued),
		foreign(t, "x", "2016-04-05T20:39:37Z", "broken", "{no record"),
		`{"eventID":"somebody's","eventTime":"note","text":"keep me"}`)
	var h heard
	s := opened(t, owner.Config(), "CrossAccountAuditing", Options{Note: h.note})
	if c, err := s.Estimate(t.Context()); err != nil || c.Much() {
		t.Errorf("%v, %v", c, err)
	}
	in := memory.New()
	tell := func(err error) { h.note(err.Error()) }
	if files, records := pourTelling(t, s.Source(), in, tell); records.Kept != 2 || records.Read != 2 || files.Failed != 1 {
		t.Errorf("%+v, %+v", files, records)
	}
	for _, words := range []string{"/broken/2016-04-05T20:39:37Z: cannot be opened: its record cannot be read", "item somebody's note is left out: it holds no record"} {
		if !strings.Contains(h.all(), words) {
			t.Errorf("told %q, want %q", h.all(), words)
		}
	}
	who, err := query.Who(t.Context(), in, lineage.NewResolver(in, nil), "099ff820-00f2-4500-94fc-2b9da26d576f")
	if err != nil || len(who.Answers) != 1 || who.Answers[0].Chain.Evidence != lineage.Exact || who.Answers[0].Chain.Origin.PrincipalID != "AIDAIDVUOOO7V6R6HKL6E" {
		t.Fatalf("%+v, %v", who, err)
	}
	for row, err := range in.Rows(t.Context(), query.Selection{}) {
		raw, err2 := in.Raw(t.Context(), row.Location)
		if err := errors.Join(err, err2); err != nil || bytes.Contains(raw, []byte("SECRET")) {
			t.Errorf("%s, %v", raw, err)
		}
	}
	// An index that is not there is named.
	_, err = s.Uses(t.Context(), "AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount", 0, 0)
	if missing, ok := errors.AsType[*IndexError](err); !ok || missing.Index != "bySession" {
		t.Errorf("without indexes: %v", err)
	}
	// Made ours, and the program goes on: what it puts is found by event and key.
	if err := Make(t.Context(), owner.Config(), "CrossAccountAuditing", MakeOptions{}); err != nil {
		t.Fatal(err)
	}
	h = heard{}
	s = opened(t, owner.Config(), "CrossAccountAuditing", Options{Write: true, Note: h.note})
	if n := len(answers(t, s, []string{"099ff820-00f2-4500-94fc-2b9da26d576f"})); n == 0 || h.all() != "" {
		t.Errorf("%d lines, told %q", n, h.all())
	}
	later := strings.NewReplacer("099ff820", "099ff821", "20:39:39Z", "20:40:00Z").Replace(seedUse)
	owner.OwnedTable("CrossAccountAuditing").Put(t, foreign(t, "ASIAJJQOJ64OAM7C65AA", "2016-04-05T20:40:00Z", "099ff821-00f2-4500-94fc-2b9da26d576f", later))
	for name, sel := range map[string]query.Selection{"event": {EventIDs: []string{"099ff821-00f2-4500-94fc-2b9da26d576f"}}, "key": {AccessKeys: []string{"ASIAJJQOJ64OAM7C65AA"}}} {
		found := 0
		for row, err := range s.Rows(t.Context(), sel) {
			if err != nil {
				t.Fatal(err)
			}
			if row.ID.Event == "099ff821-00f2-4500-94fc-2b9da26d576f" {
				found++
			}
		}
		if found != 1 || !strings.Contains(h.all(), "crosstrail ingest dynamodb://CrossAccountAuditing --store dynamodb://CrossAccountAuditing") {
			t.Errorf("by %s found %d times, told %q", name, found, h.all())
		}
	}
	// One whose sort key is no time is completed too, and then it is not to be.
	odd := strings.Replace(later, "099ff821", "099ff822", 1)
	owner.OwnedTable("CrossAccountAuditing").Put(t, foreign(t, "ASIAJJQOJ64OAM7C65AA", "run 7", "099ff822-00f2-4500-94fc-2b9da26d576f", odd))
	for _, others := range []int{2, 0} {
		if c, err := s.Check(t.Context(), func(Finding) {}); err != nil || c.Others != others {
			t.Errorf("%d are to be completed, not %d: %v", c.Others, others, err)
		}
		if others == 0 {
			break
		}
		if _, records := pourTelling(t, s.Strays(), s, tell); records.Kept != 2 || records.Duplicate != 2 {
			t.Errorf("completed: %+v", records)
		}
	}
}

// TestRecordInItsFile: a record that is too large for an item is read from its log
// file, and named where that cannot be; what its key leads to is asked for.
func TestRecordInItsFile(t *testing.T) {
	cfg := stack.Start(t).Account(account).Config()
	w := fresh(t, cfg, Options{Write: true})
	huge := strings.Replace(tableUse, `"eventID"`, `"requestParameters":{"text":"`+noise(600_000)+`"},"eventID"`, 1)
	f := logFile(firstFile, tableIssued, huge)
	add(t, w, f)
	var asked cloudtrail.LogFile
	r := opened(t, cfg, w.table, Options{Fetch: func(_ context.Context, f cloudtrail.LogFile) (io.ReadCloser, error) {
		asked = f
		return io.NopCloser(strings.NewReader(`{"Records":[` + tableIssued + "," + huge + `]}`)), nil
	}})
	lines := answers(t, r, []string{"use"}, "sha256")
	if asked.URI != firstFile || !strings.Contains(strings.Join(lines, ""), `"rule":"access-key"`) {
		t.Errorf("asked for %v: %q", asked, lines)
	}
	var h heard
	r = opened(t, cfg, w.table, Options{Note: h.note})
	n := 0
	for _, err := range r.Rows(t.Context(), query.Selection{}) {
		if n++; err != nil {
			t.Fatal(err)
		}
	}
	if n != 1 || !strings.Contains(h.all(), firstFile) {
		t.Errorf("%d rows, told %q", n, h.all())
	}
}

// noise is text that does not compress to less than three quarters.
func noise(length int) string {
	raw := make([]byte, length*3/4)
	_, _ = rand.NewChaCha8([32]byte{}).Read(raw) // which never fails
	return base64.StdEncoding.EncodeToString(raw)
}

// TestMayRead: who asks for much is asked before, with what it will cost; a key, an
// event and a session are small.
func TestMayRead(t *testing.T) {
	var costs []Cost
	no := errors.New("no")
	s := &Store{options: Options{Allow: func(_ context.Context, c Cost) error {
		if costs = append(costs, c); len(costs) > 2 {
			return no
		}
		return nil
	}}}
	read := func(units float64) error {
		err := s.mayRead(t.Context())
		s.reads.purse.pay(types.ConsumedCapacity{CapacityUnits: &units})
		return err
	}
	s.reads.purse.expect(func(context.Context) float64 { return 500_000 })
	for range 100 {
		if err := read(100); err != nil {
			t.Fatal(err)
		}
	}
	if len(costs) > 0 {
		t.Errorf("asked for what is small: %v", costs)
	}
	for range 20 {
		if err := read(100_000); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(read(1e9), read(1e9)); !errors.Is(err, no) || len(costs) != 3 || costs[0].Units != 500_000 || costs[0].Dollars != 0.0625 {
		t.Errorf("%v, asked %v", err, costs)
	}
	if err := read(1); !errors.Is(err, no) || len(costs) != 3 {
		t.Errorf("refused once, and then %v, asked %v", err, costs)
	}
}

// TestWindows: of a table as a source only what windows hold is read.
func TestWindows(t *testing.T) {
	cfg := stack.Start(t).Account(account).Config()
	w := fresh(t, cfg, Options{Write: true})
	bare := strings.NewReplacer(`,"recipientAccountId":"111111111111"`, "", `"eventID":"use"`, `"eventID":"bare"`).Replace(tableUse)
	add(t, w, logFile(strings.ReplaceAll(firstFile, "111111111111", "222222222222"), bare, strings.Replace(bare, `,"eventID":"bare"`, "", 1)))
	add(t, w, logFile(firstFile, tableIssued, tableUse))
	moment := func(s string) cloudtrail.Time { m, _ := cloudtrail.ParseTime(s); return m }
	for name, test := range map[string]struct {
		windows []source.Window
		want    []string
	}{
		"all":        {nil, []string{"bare@222222222222", "issued@111111111111", "sha256:@222222222222", "use@111111111111"}},
		"an account": {[]source.Window{{Account: "222222222222"}}, []string{"bare@222222222222", "sha256:@222222222222"}},
		"a minute":   {[]source.Window{{Since: moment("2026-01-02T10:01:00Z"), Until: moment("2026-01-02T10:05:00Z"), Account: "111111111111"}}, []string{"use@111111111111"}},
		"another":    {[]source.Window{{Region: "eu-west-1"}}, nil},
		"two":        {[]source.Window{{Until: moment("2026-01-02T10:01:00Z")}, {Account: "222222222222", Since: moment("2026-01-02T10:04:00Z")}}, []string{"bare@222222222222", "issued@111111111111", "sha256:@222222222222"}},
	} {
		in := memory.New()
		pour(t, opened(t, cfg, w.table, Options{}).Source(test.windows...), in)
		var got []string
		for row, err := range in.Rows(t.Context(), query.Selection{}) {
			if err != nil {
				t.Fatal(err)
			}
			id, _, _ := strings.Cut(row.ID.Event, ":")
			if id == "sha256" {
				id += ":"
			}
			got = append(got, id+"@"+row.ID.Recipient)
		}
		if slices.Sort(got); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	// What no key may hold is asked for, and not there.
	for _, id := range []string{"AROAEXAMPLEROLEADMIN1:\xff", "\xff:\xff", "AROAEXAMPLEROLEADMIN1:" + strings.Repeat("x", 3000)} {
		n, err := count(opened(t, cfg, w.table, Options{}).Rows(t.Context(), query.Selection{Principals: []string{id}}))
		if n != 0 || err != nil {
			t.Errorf("%.30q has %d events, %v", id, n, err)
		}
	}
}
