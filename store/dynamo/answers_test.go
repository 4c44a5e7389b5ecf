package dynamo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/memory"
	"github.com/crosstrail/crosstrail/store/storetest"
)

// arriving hands out the files of an organisation.
type arriving struct{ files []synth.File }

func (a *arriving) Next(context.Context) (source.Delivery, error) {
	if len(a.files) == 0 {
		return source.Delivery{}, io.EOF
	}
	f := a.files[0]
	a.files = a.files[1:]
	body := f.Body()
	open := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return source.Delivery{Items: []source.Item{{LogFile: cloudtrail.ParseLogFileName(f.Name), Open: open}}}, nil
}

func pour(t *testing.T, from ingest.Source, to ingest.Store) (files, records ingest.Counts) {
	t.Helper()
	return pourTelling(t, from, to, func(err error) { t.Error(err) })
}

func pourTelling(t *testing.T, from ingest.Source, to ingest.Store, tell func(error)) (files, records ingest.Counts) {
	t.Helper()
	files, records, err := ingest.Pump(t.Context(), from, to, ingest.Options{OnError: tell})
	if err != nil {
		t.Fatal(err)
	}
	return files, records
}

// answers are what every question says, a line of JSON each, with its proofs, but
// for where records stand.
func answers(t *testing.T, r query.Reader, asked []string, without ...string) []string {
	t.Helper()
	ctx := t.Context()
	spans, err := r.Spans(ctx)
	lack, err2 := r.Lack(ctx)
	if err = errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	resolver := lineage.NewResolver(r, lineage.NewHorizon(spans, lack.Lost...).Under(lack.Watch, lack.Before...))
	var b bytes.Buffer
	say := func(what string, err error) {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for _, newest := range []bool{false, true} {
		lines := render.NewLines(&b, render.JSONL, render.Style{})
		_, err = query.Print(ctx, r, resolver, query.Filter{Newest: newest}, 0, lines.Append, lines)
		say("events", errors.Join(err, lines.Close()))
	}
	sessions, err := query.Sessions(ctx, r, resolver, query.Filter{})
	say("sessions", errors.Join(err, render.Sessions(&b, sessions, render.JSONL, render.Style{})))
	access, err := query.Access(ctx, r, resolver, query.Filter{})
	say("access", errors.Join(err, render.Access(&b, access, render.JSONL, render.Style{})))
	cover, err := query.Coverage(ctx, r, resolver, query.Filter{}, nil, 0)
	say("coverage", errors.Join(err, render.Coverage(&b, cover, render.JSONL, render.Style{})))
	for _, one := range asked {
		who, err := query.Who(ctx, r, resolver, one)
		say("who "+one, errors.Join(err, render.Who(&b, who, render.JSONL, render.Style{})))
		reach, err := query.Reach(ctx, r, resolver, one, query.ReachOptions{})
		say("reach "+one, errors.Join(err, render.Reach(&b, reach, render.JSON, render.Style{})))
		show, err := query.Show(ctx, r, resolver, one)
		say("show "+one, errors.Join(err, render.Show(&b, show, render.JSONL, render.Style{})))
	}
	var texts []string
	for line := range strings.Lines(b.String()) {
		texts = append(texts, storetest.LeaveOut(t, line, without))
	}
	return texts
}

// sameLines holds answers to those that are right.
func sameLines(t *testing.T, what string, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("%s: %d lines for %d; line %d is\n%s\nand must be\n%s", what, len(got), len(want), i, at(got, i), at(want, i))
			return
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(none)"
}

// some are things to ask for: events, keys and sessions.
func some(t *testing.T, r query.Reader) (asked []string) {
	t.Helper()
	keys, sessions := map[string]bool{}, map[string]bool{}
	n := 0
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%61 == 0 {
			asked = append(asked, row.ID.Event)
		}
		who := row.Caller
		if who.AccessKeyID != "" && !keys[who.AccessKeyID] {
			if keys[who.AccessKeyID] = true; len(keys)%7 == 1 {
				asked = append(asked, who.AccessKeyID)
			}
		}
		if id := fmt.Sprintf("%s@%s", who.PrincipalID, who.Created); !who.Created.IsZero() && !sessions[id] {
			if sessions[id] = true; len(sessions)%7 == 1 {
				asked = append(asked, id)
			}
		}
	}
	return asked
}

// TestAnswersAreThoseOfOtherStores: one organisation, shuffled and repeated, is
// answered alike by memory, by the embedded store and by a table, and by the
// embedded store that was filled from the table.
func TestAnswersAreThoseOfOtherStores(t *testing.T) {
	owner := stack.Start(t).Account("999999999999")
	cfg := owner.Config()
	seed := storetest.Seed(t)
	files := slices.Collect(synth.New(seed, synth.Options{Stories: 3}).Files())
	inMemory := memory.New()
	pour(t, &arriving{files}, inMemory)

	random := rand.New(rand.NewPCG(seed, 1))
	files = slices.Concat(files, files[:len(files)/3])
	random.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
	table := fresh(t, cfg, Options{Write: true, Note: func(note string) { t.Errorf("told: %s", note) }})
	_, records := pour(t, &arriving{files}, table)
	folder := t.TempDir()
	embedded, err := local.Open(t.Context(), folder, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer embedded.Close()
	pour(t, &arriving{files}, embedded)

	fields := []string{"file", "record", "ordinal", "sha256", "files"}
	asked := some(t, inMemory)
	// Who remembers nothing of the writing, and may read alone.
	reader := opened(t, owner.User(t, "reader", ReadPolicy("arn:aws:dynamodb:us-east-1:999999999999:table/"+table.table)), table.table, Options{})
	got := answers(t, reader, asked, fields...)
	t.Logf("%d records, %d lines of answers, %v", records.Kept, len(got), reader.Spent())
	want := answers(t, inMemory, asked, fields...)
	sameLines(t, "the table", got, want)
	var f reluctant
	slow, few := opened(t, f.through(t, cfg), table.table, Options{}), asked[:min(len(asked), 2)]
	sameLines(t, "the table, reluctantly", answers(t, slow, few, fields...), answers(t, inMemory, few, fields...))
	if f.given.Load() == 0 || f.refused.Load() == 0 {
		t.Errorf("%d batches cut, %d queries refused: this proves nothing", f.given.Load(), f.refused.Load())
	}
	sameLines(t, "the embedded store", answers(t, embedded, asked, fields...), want)
	raws(t, reader, files)

	copied, err := local.Open(t.Context(), t.TempDir(), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	read, kept := pour(t, reader.Source(), copied)
	if kept.Kept != records.Kept || kept.Failed+kept.Duplicate > 0 {
		t.Errorf("copied out of the table: %+v, of %+v", kept, records)
	}
	sameLines(t, "a copy of the table", answers(t, copied, asked, append(fields, "nameless", "named")...), answers(t, inMemory, asked, append(fields, "nameless", "named")...))
	again, _ := pour(t, reader.Source(), copied)
	if again.Duplicate+again.PassedOver != read.Read {
		t.Errorf("a second time %+v, of %+v", again, read)
	}
}

// raws holds the records that a store hands out to those of the files. Those of one
// event that differ in no link field may differ elsewhere.
func raws(t *testing.T, r query.Reader, files []synth.File) {
	t.Helper()
	right := map[cloudtrail.ID]map[string]bool{}
	var d cloudtrail.Decoder
	for _, f := range files {
		for record, err := range d.Records(f.Body()) {
			if err != nil {
				t.Fatal(err)
			}
			id := record.ID(cloudtrail.ParseLogFileName(f.Name).Account)
			id = cloudtrail.ID{Event: strings.Clone(id.Event), Recipient: strings.Clone(id.Recipient)}
			if right[id] == nil {
				right[id] = map[string]bool{}
			}
			right[id][string(query.Redact([]byte(record.Raw)))] = true
		}
	}
	n := 0
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%5 != 0 {
			continue
		}
		if got, err := r.Raw(t.Context(), row.Location); err != nil || !right[row.ID][string(got)] {
			t.Errorf("%v, %v is %s, %v", row.ID, row.Location, got, err)
		}
	}
}
