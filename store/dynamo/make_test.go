package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/lineage"
)

func TestTableOf(t *testing.T) {
	for uri, want := range map[string]string{
		"dynamodb://CrossAccountAuditing":                 "CrossAccountAuditing",
		"dynamodb://a.b-c_9":                              "a.b-c_9",
		"dynamodb://ab":                                   "!3 to 255",
		"dynamodb://":                                     "!3 to 255",
		"dynamodb://a/b":                                  "!3 to 255",
		"dynamodb://t\x1b[2J":                             "!\\x1b", // quoted
		"dynamodb://" + strings.Repeat("x", 256):          "!3 to 255",
		"dynamodb://arn:aws:dynamodb:us-east-1:1:table/T": "!--profile",
		"s3://bucket":                                     "!write dynamodb://TABLE",
		"dynamodb://" + strings.Repeat("x", 255):          strings.Repeat("x", 255),
	} {
		got, err := TableOf(uri)
		if problem, refused := strings.CutPrefix(want, "!"); refused != (err != nil) || refused && !strings.Contains(err.Error(), problem) || !refused && got != want {
			t.Errorf("%.50q: %q, %v; want %q", uri, got, err, want)
		}
	}
	if !Is("dynamodb://T") || Is("/dynamodb://T") {
		t.Error("what is a table?")
	}
}

// TestNew: a table that was made for a writer, as a hub's template makes it, is ready
// with what that writer may do; one that is not said to be so is refused. What is ready
// stays as it is.
func TestNew(t *testing.T) {
	c := newCast(t)
	m := &maker{Store: newStore(c.maker, "Audit", Options{})}
	if err := m.create(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), c.writer, "Audit", Options{Write: true}); !errors.Is(err, ErrForeign) {
		t.Errorf("taken: %v", err)
	}
	if s, err := Open(t.Context(), c.writer, "Audit", Options{New: true}); err != nil || !s.Foreign() {
		t.Errorf("written to by who reads: %v", err)
	}
	ids := make([]string, 4)
	var all sync.WaitGroup
	for n := range ids {
		all.Go(func() {
			s, err := Open(t.Context(), c.writer, "Audit", Options{Write: true, New: n%2 == 0 || n > 1})
			if err == nil {
				ids[n] = s.meta.Load().id
			} else if n != 1 || !errors.Is(err, ErrForeign) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if ids[0] == "" || ids[0] != ids[2] || ids[0] != ids[3] || ids[1] != "" && ids[1] != ids[0] {
		t.Errorf("made ready more than once: %q", ids)
	}
	c.make(t, MakeOptions{Watch: &lineage.Watch{}})
	if s := c.open(t, c.writer); s.meta.Load().id != ids[0] || s.Watch() != nil {
		t.Errorf("made ready again: %+v", s.meta.Load())
	}
}

// TestMake: a table is made as it must be by who has the permissions, once.
func TestMake(t *testing.T) {
	c := newCast(t)
	if _, err := Open(t.Context(), c.maker, "Audit", Options{}); !errors.Is(err, ErrNoTable) || !strings.Contains(err.Error(), "crosstrail ingest SOURCE --store dynamodb://Audit") {
		t.Errorf("opened what is not there: %v", err)
	}
	watch := &lineage.Watch{Roles: []string{"arn:aws:iam::999999999999:role/CrossAccountTest"}, Uses: lineage.WatchedOnly}
	c.TableTime(t, 500*time.Millisecond)
	var notes []string
	c.make(t, MakeOptions{Watch: watch, Note: func(n string) { notes = append(notes, n) }})
	if all := strings.Join(notes, "\n"); !strings.Contains(all, "making the table Audit\nwaiting for the table, which is CREATING") {
		t.Errorf("told %q", all)
	}
	c.make(t, MakeOptions{}) // keeps its watch
	s := c.open(t, c.writer)
	if w := s.Watch(); w == nil || !slices.Equal(w.Roles, watch.Roles) || w.Uses != watch.Uses {
		t.Errorf("watch %+v, want %+v", w, watch)
	}
	i, err := Look(t.Context(), c.maker, "Audit")
	if err != nil || i.Foreign || !i.OnDemand || len(i.Missing) > 0 || i.PointInTime != On || i.Expiry != On || !i.DeletionProtection || i.Format != format || i.Status != "ACTIVE" || i.Watch == nil {
		t.Errorf("%+v, %v", i, err)
	}
	d := c.table.Describe(t)
	for _, x := range indexes() {
		if err := (&maker{Store: s}).check(x, indexOf(d, x)); err != nil {
			t.Error(err)
		}
	}
}

// TestMakeAtOnce: several who make one table make one table, and one of AWS's text
// ours.
func TestMakeAtOnce(t *testing.T) {
	c := newCast(t)
	c.table = c.Account(account).Table(t, "Audit")
	c.table.Put(t, foreign(t, "ASIAJJQOJ64OAM7C65AA", "2016-04-05T20:39:39Z", "099ff820-00f2-4500-94fc-2b9da26d576f", seedUse))
	c.TableTime(t, 300*time.Millisecond)
	for _, name := range []string{"Audit", "New"} {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := Make(t.Context(), c.Account(account).Config(), name, MakeOptions{}); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		wg.Wait()
		if i, err := Look(t.Context(), c.Account(account).Config(), name); err != nil || i.Foreign || len(i.Missing) > 0 {
			t.Errorf("%+v, %v", i, err)
		}
	}
}

// TestNotOurs: a table of another shape, of a newer format, without an index.
func TestNotOurs(t *testing.T) {
	c := newCast(t)
	owner := c.Account(account)
	owner.Table(t, "Other", func(in *dynamodb.CreateTableInput) {
		in.AttributeDefinitions = []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeN}}
		in.KeySchema = []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}}
	})
	_, opened := Open(t.Context(), owner.Config(), "Other", Options{})
	for _, err := range []error{opened, Make(t.Context(), owner.Config(), "Other", MakeOptions{})} {
		if e, ok := errors.AsType[*ShapeError](err); !ok || e.Has != "id (N), partition" || !strings.HasPrefix(err.Error(), "dynamodb://Other has another shape: its key is") {
			t.Errorf("another shape: %v", err)
		}
	}
	owner.Table(t, "Indexed", func(in *dynamodb.CreateTableInput) {
		in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{{
			IndexName: &indexSession.name, KeySchema: keySchema(attrTime, attrEvent), Projection: indexSession.projection(),
			ProvisionedThroughput: in.ProvisionedThroughput,
		}}
	})
	if err := Make(t.Context(), owner.Config(), "Indexed", MakeOptions{}); err == nil || !strings.HasPrefix(err.Error(), "dynamodb://Indexed has an index bySession that is none of crosstrail's") {
		t.Errorf("an index of our name: %v", err)
	}
	c.make(t, MakeOptions{Unprotected: true})
	c.table.Put(t, `{"eventID":"crosstrail#","eventTime":"table","format":2}`)
	if _, err := Open(t.Context(), c.writer, "Audit", Options{Write: true}); err == nil || !strings.Contains(err.Error(), "install a newer one") {
		t.Errorf("a newer format: %v", err)
	}
	_, err := c.table.Owner.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &c.table.Name, GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{
		{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String(indexSession.name)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c.table.Put(t, `{"eventID":"crosstrail#","eventTime":"table","format":1}`)
	if i, err := Look(t.Context(), c.maker, "Audit"); err != nil || !slices.Equal(i.Missing, []string{"bySession"}) {
		t.Errorf("without an index: %+v, %v", i, err)
	}
	c.make(t, MakeOptions{})
	if i, err := Look(t.Context(), c.maker, "Audit"); err != nil || len(i.Missing) > 0 || !i.DeletionProtection {
		t.Errorf("mended: %+v, %v", i, err)
	}
}

// foreign is an item as the program in AWS's text puts it.
func foreign(t *testing.T, key, at, id, record string) string {
	t.Helper()
	text, err := json.Marshal(map[string]string{"accessKeyId": key, "eventTime": at, "eventID": id, "record": record})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const (
	seedUse    = `{"eventVersion":"1.03","userIdentity":{"type":"AssumedRole","principalId":"AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount","accessKeyId":"ASIAJJQOJ64OAM7C65AA","accountId":"999999999999","sessionContext":{"attributes":{"creationDate":"2016-04-05T20:39:37Z"}}},"eventTime":"2016-04-05T20:39:39Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","eventID":"099ff820-00f2-4500-94fc-2b9da26d576f","recipientAccountId":"999999999999"}`
	seedIssued = `{"version":"0","id":"c204c067","detail-type":"AWS API Call via CloudTrail","source":"aws.sts","account":"111111111111","time":"2016-04-05T20:39:37Z","region":"us-east-1","detail":{"eventVersion":"1.04","userIdentity":{"type":"IAMUser","principalId":"AIDAIDVUOOO7V6R6HKL6E","accountId":"111111111111","accessKeyId":"AKIAIVTEST"},"eventTime":"2016-04-05T20:39:37Z","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","requestParameters":{"roleArn":"arn:aws:iam::999999999999:role/CrossAccountTest","roleSessionName":"TestSessionCrossAccount","externalId":"3414"},"responseElements":{"credentials":{"accessKeyId":"ASIAJJQOJ64OAM7C65AA","sessionToken":"SECRET"}},"eventID":"e5a09871-7d0c-4f3e-8c3a-b9e9b1d1a8e5"}}`
)

// TestAdopt: the table that AWS's text makes and its program fills becomes ours, and
// keeps all that it had; stopped anywhere it is that of the text, and a repeat ends it.
func TestAdopt(t *testing.T) {
	c := newCast(t)
	c.table = c.Account(account).Table(t, "Audit")
	c.table.Put(t, foreign(t, "ASIAJJQOJ64OAM7C65AA", "2016-04-05T20:39:39Z", "099ff820-00f2-4500-94fc-2b9da26d576f", seedUse),
		foreign(t, "ASIAJJQOJ64OAM7C65AA", "2016-04-05T20:39:37Z", "e5a09871-7d0c-4f3e-8c3a-b9e9b1d1a8e5", seedIssued),
		foreign(t, "x", "2016-04-05T20:39:37Z", "broken", "{no record"),
		foreign(t, "x", "2016-04-05T20:39:39Z", "another's", seedUse),
		`{"eventID":"somebody's","eventTime":"note","text":"keep me"}`)
	before := c.items(t)
	c.TableTime(t, 150*time.Millisecond)
	if _, err := Open(t.Context(), c.writer, "Audit", Options{Write: true}); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "crosstrail ingest dynamodb://Audit --store dynamodb://Audit") {
		t.Errorf("opened for writing: %v", err)
	}
	if i, err := Look(t.Context(), c.maker, "Audit"); err != nil || !i.Foreign || len(i.Missing) != 3 || i.WriteUnits != 1 {
		t.Errorf("%+v, %v", i, err)
	}
	// Stopped at each thing that it tells of.
	var notes []string
	for stop := 0; ; stop++ {
		ctx, cancel := context.WithCancel(t.Context())
		notes = nil
		err := Make(ctx, c.maker, "Audit", MakeOptions{Note: func(n string) {
			if notes = append(notes, n); len(notes) == stop+1 {
				cancel()
			}
		}})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) || stop > 20 {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), c.writer, "Audit", Options{Write: true}); !errors.Is(err, ErrForeign) {
			t.Errorf("half made, and opened: %v", err)
		}
	}
	for _, words := range []string{"keeps its provisioned capacity, 1 read and 1 write", "left as it is: item broken", "left as it is: item another's 2016-04-05T20:39:39Z: its record is of event", "2 that cannot be read"} {
		if all := strings.Join(notes, "\n"); !strings.Contains(all, words) {
			t.Errorf("told %q, want %q", all, words)
		}
	}
	s := c.open(t, c.writer)
	after := c.items(t)
	for k, i := range before {
		if !equal(after[k], i) {
			t.Errorf("%s was %v, is %v", k, i, after[k])
		}
	}
	var events, facts int
	for k, i := range after {
		switch {
		case before[k] != nil:
		case strings.HasPrefix(k.partition, partFact):
			facts++
		case k.partition == partDays:
		default:
			events++
			if textOf(i, attrKey) != "ASIAJJQOJ64OAM7C65AA" || strings.Contains(textOf(i, attrRecord), "SECRET") {
				t.Errorf("%v", i)
			}
		}
	}
	if events != 2 || facts == 0 {
		t.Errorf("%d events, %d facts: %v", events, facts, after)
	}
	if i, err := s.Info(t.Context()); err == nil {
		t.Errorf("a writer may describe: %+v", i)
	}
	c.make(t, MakeOptions{OnDemand: true})
	if i, err := Look(t.Context(), c.maker, "Audit"); err != nil || i.Foreign || len(i.Missing) > 0 || !i.OnDemand || i.PointInTime != On || i.Expiry != On {
		t.Errorf("%+v, %v", i, err)
	}
}

func equal(a, b item) bool {
	if len(a) != len(b) {
		return false
	}
	for name := range b {
		if textOf(a, name) != textOf(b, name) {
			return false
		}
	}
	return true
}
