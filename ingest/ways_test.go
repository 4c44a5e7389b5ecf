package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/dynamo"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/memory"
)

// stack is the AWS that the tests of this package share.
var stack awstest.Stack

// kept is a store that is filled, and how it is asked after that.
type kept struct {
	ingest.Store
	asked func(t *testing.T) query.Reader
	watch *lineage.Watch // what it takes, where what is asked does not tell
}

// Add leaves out what the watch does, where the store itself knows of none.
func (k kept) Add(ctx context.Context, f source.File) (added, duplicate int, err error) {
	if all := f.Records; k.watch != nil {
		f.Records = func(yield func(*cloudtrail.Record) bool) {
			for r := range all {
				who := lineage.NewIdentity(&r.UserIdentity)
				use := lineage.NewUse(r, r.ID(f.Account), &who, lineage.Location{})
				if k.watch.Takes(r, &use) && !yield(r) {
					return
				}
			}
		}
	}
	return k.Store.Add(ctx, f)
}

func openMemory() kept {
	s := memory.New()
	return kept{Store: s, asked: func(*testing.T) query.Reader { return s }}
}

func openLocal(t *testing.T) kept {
	t.Helper()
	dir := t.TempDir()
	s, err := local.Open(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return kept{Store: s, asked: func(t *testing.T) query.Reader {
		t.Helper()
		r, err := local.OpenReader(t.Context(), dir, local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		return r
	}}
}

func openTable(t *testing.T, cfg aws.Config, name string, watch *lineage.Watch) kept {
	t.Helper()
	if err := dynamo.Make(t.Context(), cfg, name, dynamo.MakeOptions{Watch: watch}); err != nil {
		t.Fatal(err)
	}
	s, err := dynamo.Open(t.Context(), cfg, name, dynamo.Options{Write: true})
	if err != nil {
		t.Fatal(err)
	}
	return kept{Store: s, asked: func(*testing.T) query.Reader { return s }}
}

// fill pumps deliveries into a store, and holds the counts to their sums.
func fill(t *testing.T, to kept, from ingest.Source) {
	t.Helper()
	files, records, err := ingest.Pump(t.Context(), from, to, ingest.Options{OnError: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]ingest.Counts{"files": files, "records": records} {
		if c.Read != c.Kept+c.Duplicate+c.PassedOver+c.Failed {
			t.Errorf("%s do not add up: %+v", what, c)
		}
	}
}

// place is where a record stands: the one thing that may depend on what came first.
var place = regexp.MustCompile(`"file":"[^"]*"(,"record":\d+)?`)

// told is what a store answers: every event with its chain, the sessions, what each
// person reached, what the logs cover.
func told(t *testing.T, s kept) string {
	t.Helper()
	ctx, r := t.Context(), s.asked(t)
	spans, err := r.Spans(ctx)
	if err != nil {
		t.Fatal(err)
	}
	lack, err := r.Lack(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if s.watch != nil {
		lack.Watch = s.watch
	}
	resolver := lineage.NewResolver(r, lineage.NewHorizon(spans, lack.Lost...).Under(lack.Watch, lack.Before...))
	var out bytes.Buffer
	lines := render.NewLines(&out, render.JSONL, render.Style{})
	people := map[string]bool{}
	for line, err := range query.Lines(ctx, r, resolver, query.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		out.Write(lines.Append(nil, line))
		if o := line.Chain.Origin; o != nil {
			people[o.ID] = true
		}
	}
	sessions, err := query.Sessions(ctx, r, resolver, query.Filter{})
	if err == nil {
		err = render.Sessions(&out, sessions, render.JSONL, render.Style{})
	}
	if err != nil {
		t.Fatal(err)
	}
	coverage, err := query.Coverage(ctx, r, resolver, query.Filter{}, query.NewNames(), 0)
	if err == nil {
		err = render.Coverage(&out, coverage, render.JSONL, render.Style{})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range slices.Sorted(maps.Keys(people)) {
		reached, err := query.Reach(ctx, r, resolver, id, query.ReachOptions{})
		if err == nil {
			err = render.Reach(&out, reached, render.JSONL, render.Style{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return place.ReplaceAllString(out.String(), `"file":""`)
}

// differs names the first lines that one has and the other has not.
func differs(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	var text strings.Builder
	for _, side := range []struct {
		sign    string
		has, in []string
	}{{"-", b, a}, {"+", a, b}} {
		n := 0
		for _, line := range side.has {
			if !slices.Contains(side.in, line) && n < 3 {
				fmt.Fprintf(&text, "\n%s %s", side.sign, line)
				n++
			}
		}
	}
	if text.Len() == 0 && got != want {
		return "the order of lines"
	}
	return text.String()
}
