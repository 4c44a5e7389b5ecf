package local_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
	"github.com/crosstrail/crosstrail/store/memory"
)

// organisation are the files of a small one, in the order they arrive.
func organisation(seed uint64, o synth.Options) []synth.File {
	return slices.Collect(synth.New(seed, o).Files())
}

// deliveries hands files to the pump, each a delivery. settled is told of each
// that was settled; nil: they are not to be settled.
type deliveries struct {
	files   []synth.File
	settled func(name string)
	packer  synth.Packer
}

func (d *deliveries) Next(context.Context) (source.Delivery, error) {
	if len(d.files) == 0 {
		return source.Delivery{}, io.EOF
	}
	f := d.files[0]
	d.files = d.files[1:]
	body := f.Body()
	if len(f.Records)%2 == 1 {
		body = d.packer.Pack(body)
	}
	open := func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	one := source.Delivery{Items: []source.Item{{LogFile: cloudtrail.ParseLogFileName(f.Name), Open: open}}}
	if d.settled != nil {
		one.Settle = func(_ context.Context, err error) error {
			if err == nil {
				d.settled(f.Name)
			}
			return err
		}
	}
	return one, nil
}

// pump reads files into a store, and fails where one cannot be read.
func pump(t *testing.T, to ingest.Store, workers int, files []synth.File) ingest.Counts {
	t.Helper()
	_, records, err := ingest.Pump(t.Context(), &deliveries{files: files}, to, ingest.Options{Workers: workers, OnError: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// inMemory is the store that the embedded one is held against.
func inMemory(t *testing.T, files []synth.File) *memory.Store {
	t.Helper()
	s := memory.New()
	pump(t, s, 2, files)
	return s
}

// fill ingests files into a folder, in as many openings as there are parts.
func fill(t *testing.T, dir string, o local.Options, parts ...[]synth.File) {
	t.Helper()
	for _, files := range parts {
		s, err := local.Open(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		pump(t, s, 2, files)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// read opens a store for reading; what is damaged is told to damaged.
func read(t *testing.T, dir string, damaged func(string, error)) *local.Reader {
	t.Helper()
	r, err := local.OpenReader(t.Context(), dir, local.Options{Damaged: damaged})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() }) // only read from
	return r
}

// told is all that files tell, read without a store.
type told struct {
	ids   map[string]map[cloudtrail.ID]bool // of the events, by file
	raws  map[cloudtrail.ID][]string        // the records
	forms map[string]bool                   // every form of every event
	facts map[string]map[lineage.Key]string // every fact, by the name of its file and its keys
	keys  []lineage.Key
	who   []string // principal ids
}

func tell(t *testing.T, files []synth.File) *told {
	t.Helper()
	all := &told{ids: map[string]map[cloudtrail.ID]bool{}, raws: map[cloudtrail.ID][]string{}, forms: map[string]bool{}, facts: map[string]map[lineage.Key]string{}}
	keys, who := map[lineage.Key]bool{}, map[string]bool{}
	for _, f := range files {
		name := cloudtrail.ParseLogFileName(f.Name)
		all.ids[f.Name], all.facts[f.Name] = map[cloudtrail.ID]bool{}, map[lineage.Key]string{}
		var d cloudtrail.Decoder
		for r, err := range d.Records(f.Body()) {
			if err != nil {
				t.Fatal(err)
			}
			r = r.Clone()
			caller := lineage.NewIdentity(&r.UserIdentity)
			use := lineage.NewUse(r, r.ID(name.Account), &caller, lineage.Location{})
			row := query.NewRow(r, use)
			all.ids[f.Name][use.ID] = true
			all.raws[use.ID] = append(all.raws[use.ID], string(r.Raw))
			all.forms[rowText(&row)] = true
			who[caller.PrincipalID] = true
			for _, fact := range lineage.Facts(r, use) {
				for _, k := range fact.Keys() {
					keys[k] = true
					if fact.Kind != lineage.Name {
						all.facts[f.Name][k] = factText(&fact)
					}
				}
			}
		}
	}
	delete(who, "") // nobody asks for those without one
	all.keys, all.who = slices.Sorted(maps.Keys(keys)), slices.Sorted(maps.Keys(who))
	return all
}

// rowText is a row but for where its record stands.
func rowText(r *query.Row) string {
	c := *r
	c.Caller, c.Location = nil, lineage.Location{}
	if len(c.Resources) == 0 {
		c.Resources = nil
	}
	return fmt.Sprintf("%+v by %+v", c, *r.Caller)
}

func factText(f *lineage.Fact) string {
	c := *f
	c.Caller, c.Location = nil, lineage.Location{}
	return fmt.Sprintf("%+v by %+v", c, *f.Caller)
}

func useText(u *lineage.Use) string {
	c := *u
	c.Caller, c.Location = nil, lineage.Location{}
	return fmt.Sprintf("%+v by %+v", c, *u.Caller)
}

// answers are what a store says to all that it can be asked, as texts, but for
// where records stand.
type answers struct {
	Rows, Back, Tallies, Uses, Spans []string
	Facts                            map[lineage.Key][]string
}

func ask(t *testing.T, r query.Reader, of *told) *answers {
	t.Helper()
	a := &answers{Facts: map[lineage.Key][]string{}}
	a.Rows = rowTexts(t, r, query.Selection{})
	a.Back = rowTexts(t, r, query.Selection{Newest: true})
	slices.Reverse(a.Back)
	a.Tallies = tallyTexts(t, r.Tallies(t.Context(), query.Selection{}))
	for _, k := range of.keys {
		a.Facts[k] = factTexts(t, r, k)
	}
	for _, who := range of.who {
		uses, err := r.Uses(t.Context(), who, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for i := range uses {
			texts = append(texts, useText(&uses[i]))
		}
		slices.Sort(texts)
		a.Uses = append(a.Uses, slices.Compact(texts)...)
	}
	spans, err := r.Spans(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range spans {
		a.Spans = append(a.Spans, fmt.Sprintf("%+v", s))
	}
	slices.Sort(a.Spans)
	return a
}

func rowTexts(t *testing.T, r query.Reader, sel query.Selection) []string {
	t.Helper()
	var texts []string
	for row, err := range r.Rows(t.Context(), sel) {
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, rowText(row))
	}
	return texts
}

func factTexts(t *testing.T, r lineage.Index, k lineage.Key) []string {
	t.Helper()
	facts, err := r.Facts(t.Context(), []lineage.Key{k}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, f := range facts {
		texts = append(texts, factText(f))
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// tallyTexts sums tallies: stores cut them as they like.
func tallyTexts(t *testing.T, tallies func(func(*query.Tally, error) bool)) []string {
	t.Helper()
	type sum struct {
		events, writes, errors int
		first, last            cloudtrail.Time
	}
	sums := map[string]sum{}
	for y, err := range tallies {
		if err != nil {
			t.Fatal(err)
		}
		hour := int64(y.Time) / 3600
		if y.Time < 0 {
			hour = -1
		}
		alone := ""
		if y.EventName != "" {
			alone = useText(&y.Use)
		}
		key := fmt.Sprintf("%d %s %s %s %+v", hour, y.ID.Recipient, y.Region, alone, *y.Caller)
		s, ok := sums[key]
		if !ok {
			s.first, s.last = y.Time, y.Last
		}
		s = sum{s.events + y.Events, s.writes + y.Writes, s.errors + y.Errors, min(s.first, y.Time), max(s.last, y.Last)}
		sums[key] = s
	}
	var texts []string
	for key, s := range sums {
		texts = append(texts, fmt.Sprintf("%s: %+v", key, s))
	}
	slices.Sort(texts)
	return texts
}

// same holds answers against those that are right.
func same(t *testing.T, what string, got, want *answers) {
	t.Helper()
	for _, c := range []struct {
		name      string
		got, want []string
	}{
		{"rows", got.Rows, want.Rows},
		{"rows, newest first", got.Back, want.Back},
		{"tallies", got.Tallies, want.Tallies},
		{"uses", got.Uses, want.Uses},
		{"spans", got.Spans, want.Spans},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %s differ: %s", what, c.name, difference(c.got, c.want))
		}
	}
	for k, facts := range want.Facts {
		if !slices.Equal(got.Facts[k], facts) {
			t.Errorf("%s: the facts of %q differ: %s", what, k, difference(got.Facts[k], facts))
		}
	}
}

// difference tells of the first texts that one list has and the other has not.
func difference(got, want []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d for %d", len(got), len(want))
	for _, side := range []struct {
		sign    string
		has, in []string
	}{{"-", want, got}, {"+", got, want}} {
		there := map[string]int{}
		for _, s := range side.in {
			there[s]++
		}
		n := 0
		for _, s := range side.has {
			if there[s]--; there[s] < 0 && n < 2 {
				fmt.Fprintf(&b, "\n%s %s", side.sign, s)
				n++
			}
		}
	}
	return b.String()
}
