package query_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// madeUp is a reader of rows made on the fly: user n%3's call at second n, that
// touched thing n. As a Reader may, it overwrites all it can of each row.
type madeUp struct {
	n      int
	fail   int           // yields an error instead of this row, if not 0
	read   *atomic.Int64 // rows yielded, if not nil
	people [3]*lineage.Identity
}

func newMadeUp(n int) *madeUp {
	m := &madeUp{n: n, read: new(atomic.Int64)}
	for i := range m.people {
		name := fmt.Sprint("user", i)
		m.people[i] = &lineage.Identity{
			Type: "IAMUser", PrincipalID: "AIDA" + name, AccountID: "111111111111", UserName: name,
			ARN: "arn:aws:iam::111111111111:user/" + name, AccessKeyID: "AKIA" + name,
		}
	}
	return m
}

var errBroken = errors.New("the disk is gone")

func (m *madeUp) Rows(_ context.Context, s query.Selection) iter.Seq2[*query.Row, error] {
	return func(yield func(*query.Row, error) bool) {
		var row query.Row
		touched := make([]string, 1)
		for i := range m.n {
			if s.Newest {
				i = m.n - 1 - i
			}
			if i != 0 && i == m.fail {
				yield(nil, errBroken)
				return
			}
			touched[0] = fmt.Sprint("thing", i)
			row = query.Row{
				Use: lineage.Use{
					ID: cloudtrail.ID{Event: fmt.Sprintf("e%09d", i), Recipient: "111111111111"}, Time: cloudtrail.Time(i + 1),
					Caller: m.people[i%3], EventSource: "s3.amazonaws.com", EventName: "GetObject", Location: lineage.Location{File: "f", Record: i},
				},
				ReadOnly: cloudtrail.True, Resources: touched,
			}
			m.read.Add(1)
			if !yield(&row, nil) {
				return
			}
		}
	}
}

func (m *madeUp) LogFiles(context.Context) iter.Seq2[cloudtrail.LogFile, error] {
	return func(func(cloudtrail.LogFile, error) bool) {}
}

func (m *madeUp) Lack(context.Context) (query.Lack, error) { return query.Lack{}, nil }

func (m *madeUp) Integrity(context.Context, string) (cloudtrail.Integrity, error) { return "", nil }

func (m *madeUp) Sealed(context.Context) ([]query.Sealed, error) { return nil, nil }

func (m *madeUp) Spans(context.Context) ([]lineage.Span, error) { return nil, nil }

func (m *madeUp) Tallies(ctx context.Context, s query.Selection) iter.Seq2[*query.Tally, error] {
	return query.TallyRows(m.Rows(ctx, s))
}

func (m *madeUp) Accounts(context.Context) ([]string, error) { return []string{"111111111111"}, nil }

func (m *madeUp) Raw(_ context.Context, at lineage.Location) ([]byte, error) {
	return fmt.Appendf(nil, `{"eventName":"GetObject","requestParameters":{"bucketName":"bucket%d"}}`, at.Record), nil
}

func (m *madeUp) Facts(context.Context, []lineage.Key, cloudtrail.Time, cloudtrail.Time) ([]*lineage.Fact, error) {
	return nil, nil
}

func (m *madeUp) Uses(context.Context, string, cloudtrail.Time, cloudtrail.Time) ([]lineage.Use, error) {
	return nil, nil
}

func (m *madeUp) resolver() *lineage.Resolver { return lineage.NewResolver(m, nil) }

// encode is a line as the tests print it.
func encode(dst []byte, l query.Line) []byte {
	origin := "-"
	if l.Chain.Origin != nil {
		origin = l.Chain.Origin.ID
	}
	return fmt.Appendf(dst, "%s %s %s\n", l.Row.ID.Event, origin, strings.Join(l.Row.Resources, ","))
}

func TestPrintIsLinesInOrder(t *testing.T) {
	for name, f := range map[string]query.Filter{
		"all":              {},
		"newest":           {Newest: true},
		"first 10":         {Limit: 10},
		"newest 1025":      {Newest: true, Limit: 1025},
		"more than all":    {Limit: 100_000},
		"one person's":     {Origins: []string{"user1"}},
		"none":             {EventNames: []string{"PutObject"}},
		"from the record":  {Resources: []string{"bucket77", "thing4000"}},
		"a span, filtered": {Since: 100, Until: 4000, Not: []query.Filter{{Keys: []string{"AKIAuser0"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMadeUp(5000)
			var want []byte
			lines := 0
			for l, err := range query.Lines(t.Context(), m, m.resolver(), f) {
				if err != nil {
					t.Fatal(err)
				}
				want = encode(want, l)
				lines++
			}
			for _, workers := range []int{0, 1, 7} {
				var got bytes.Buffer
				n, err := query.Print(t.Context(), m, m.resolver(), f, workers, encode, &got)
				if err != nil || n != lines {
					t.Fatalf("%d workers: %d lines and %v, want %d", workers, n, err, lines)
				}
				if diff := cmp.Diff(string(want), got.String()); diff != "" {
					t.Fatalf("%d workers (-lines +print):\n%.2000s", workers, diff)
				}
			}
			if name == "all" && (lines != 5000 || !bytes.HasPrefix(want, []byte("e000000000 iam:111111111111:AIDAuser0 thing0\ne000000001 iam:111111111111:AIDAuser1 thing1\n"))) {
				t.Errorf("%d lines: %.200s", lines, want)
			}
			if name == "from the record" && lines != 2 || name == "none" && lines != 0 {
				t.Errorf("%d lines:\n%.500s", lines, want)
			}
		})
	}
}

func TestLimitReadsLittle(t *testing.T) {
	m := newMadeUp(60_000)
	if _, err := query.Print(t.Context(), m, m.resolver(), query.Filter{Limit: 5}, 2, encode, io.Discard); err != nil {
		t.Fatal(err)
	}
	if n := m.read.Load(); n > 10_000 {
		t.Errorf("%d rows were read to print 5", n)
	}
}

// gate is a writer that waits before its first write.
type gate struct{ open chan struct{} }

func (g gate) Write(p []byte) (int, error) {
	<-g.open
	return len(p), nil
}

func TestSlowWriterHoldsReadingBack(t *testing.T) {
	m := newMadeUp(60_000)
	g := gate{make(chan struct{})}
	done := make(chan error)
	go func() {
		_, err := query.Print(t.Context(), m, m.resolver(), query.Filter{}, 2, encode, g)
		done <- err
	}()
	for last := int64(-1); last != m.read.Load(); time.Sleep(200 * time.Millisecond) {
		last = m.read.Load()
	}
	if n := m.read.Load(); n == 0 || n > 8*1024 {
		t.Errorf("%d rows were read while nothing could be written", n)
	}
	close(g.open)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := m.read.Load(); n != 60_000 {
		t.Errorf("%d rows were read in all", n)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestPrintEndsOnErrors(t *testing.T) {
	broken := newMadeUp(100_000)
	broken.fail = 50_000
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, run := range map[string]func() error{
		"the writer's": func() error {
			m := newMadeUp(100_000)
			_, err := query.Print(t.Context(), m, m.resolver(), query.Filter{}, 2, encode, brokenWriter{})
			return err
		},
		"the reader's": func() error {
			_, err := query.Print(t.Context(), broken, broken.resolver(), query.Filter{}, 2, encode, io.Discard)
			return err
		},
		"the reader's, line by line": func() error {
			for _, err := range query.Lines(t.Context(), broken, broken.resolver(), query.Filter{}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"the filter's": func() error {
			_, err := query.Print(t.Context(), broken, broken.resolver(), query.Filter{Limit: -1}, 2, encode, io.Discard)
			return errors.Join(err, map[bool]error{true: errBroken}[err != nil])
		},
		"the context's": func() error {
			m := newMadeUp(100_000)
			_, err := query.Print(cancelled, m, m.resolver(), query.Filter{}, 2, encode, io.Discard)
			if !errors.Is(err, context.Canceled) {
				return err
			}
			return errBroken
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := run(); !errors.Is(err, errBroken) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestEarlyBreakEndsTheReading(t *testing.T) {
	m := newMadeUp(100_000)
	var got []string
	for l, err := range query.Lines(t.Context(), m, m.resolver(), query.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, l.Row.ID.Event); len(got) == 3 {
			break
		}
	}
	if diff := cmp.Diff([]string{"e000000000", "e000000001", "e000000002"}, got); diff != "" || m.read.Load() > 1000 {
		t.Errorf("%s; %d rows read", diff, m.read.Load())
	}
}

func TestSummaryOfMany(t *testing.T) {
	m := newMadeUp(60_000)
	s, err := query.Summarize(t.Context(), m, m.resolver(), query.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Totals.Events != 60_000 || len(s.Origins) != 3 {
		t.Fatalf("%d events of %d origins", s.Totals.Events, len(s.Origins))
	}
	top := s.Origins[0].Nodes[0].Calls[0].Touched
	if len(top.Most) > 8 || !top.Many || !slices.IsSortedFunc(top.Most, func(a, b query.Counted) int { return b.Count - a.Count }) {
		t.Errorf("touched: %+v", top)
	}
}
