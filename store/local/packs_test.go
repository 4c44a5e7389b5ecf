package local_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// packsOf are the packs of a store.
func packsOf(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	months, err := os.ReadDir(filepath.Join(dir, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, month := range months {
		packs, err := os.ReadDir(filepath.Join(dir, "logs", month.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range packs {
			names = append(names, filepath.Join(dir, "logs", month.Name(), p.Name()))
		}
	}
	if len(names) == 0 {
		t.Fatal("no packs")
	}
	return names
}

func size(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func findings(t *testing.T, dir string) []local.Finding {
	t.Helper()
	var all []local.Finding
	c, err := local.Check(t.Context(), dir, local.Options{}, func(f local.Finding) { all = append(all, f) })
	if err != nil || c.Findings != len(all) {
		t.Errorf("check: %+v, %v", c, err)
	}
	return all
}

// TestTornPack: what was written behind the last commit is cut off; where
// something is missing it is named, and the rest answers and can be added to.
func TestTornPack(t *testing.T) {
	t.Parallel()
	dir, all, files := filled(t, local.Options{})
	want := lines(t, dir, all)
	name := packsOf(t, dir)[0]
	whole1, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, slices.Concat(whole1, []byte("\x00crosstrail-copy {\"uri\":\"half"), bytes.Repeat([]byte{7}, 5000)))
	sameTexts(t, "with a tail", lines(t, dir, all), want)
	fill(t, dir, local.Options{}, nil)
	if n := size(t, name); n != int64(len(whole1)) {
		t.Errorf("%d bytes, %d were committed", n, len(whole1))
	}
	whole(t, dir)

	write(t, name, whole1[:len(whole1)-100])
	found := findings(t, dir)
	if len(found) == 0 || !strings.HasSuffix(name, found[0].File) || found[0].Remedy != local.RemedyReadAgain {
		t.Errorf("a torn pack: %+v", found)
	}
	same(t, "torn", ask(t, read(t, dir, nil), all), ask(t, inMemory(t, files), all))
	raw, torn := 0, 0
	r := read(t, dir, nil)
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		if b, err := r.Raw(t.Context(), row.Location); err == nil {
			if raw++; !slices.Contains(all.raws[row.ID], string(b)) {
				t.Errorf("%v: %s", row.Location, b)
			}
		} else if torn++; !strings.Contains(err.Error(), row.File) && !strings.Contains(err.Error(), "pack") {
			t.Errorf("%v: it is not said what is torn: %v", row.Location, err)
		}
	}
	if raw == 0 || torn == 0 {
		t.Errorf("%d records can be read, %d cannot", raw, torn)
	}
	// It is not added to; another is.
	more := organisation(6, synth.Options{Stories: 3})
	for i := range more { // in the same month
		more[i].Name = strings.Replace(more[i].Name, "AWSLogs", "more/AWSLogs", 1)
	}
	again := slices.Clone(files)
	for i := range again {
		again[i].Name = "again/" + again[i].Name
		again[i].Records = again[i].Records[:1]
	}
	fill(t, dir, local.Options{}, more, again)
	if n := size(t, name); n != int64(len(whole1))-100 {
		t.Errorf("a torn pack was written to: %d bytes", n)
	}

	// The torn one is mended; now the later one of its month is torn.
	write(t, name, whole1)
	if found := findings(t, dir); len(found) > 0 {
		t.Errorf("mended: %+v", found)
	}
	later := ""
	for _, other := range packsOf(t, dir) {
		if filepath.Dir(other) == filepath.Dir(name) && other > name {
			later = other
		}
	}
	body, err := os.ReadFile(later)
	if err != nil {
		t.Fatal(err)
	}
	write(t, later, body[:len(body)-10])
	for i := range again {
		again[i].Name = "once more/" + again[i].Name
		again[i].Records = append([][]byte{[]byte(`{"eventID":"new-` + fmt.Sprint(i) + `"}`)}, again[i].Records...)
	}
	fill(t, dir, local.Options{}, again)
	if found := findings(t, dir); len(found) == 0 || !strings.HasSuffix(later, found[0].File) {
		t.Errorf("%s is torn: %+v", later, found)
	}
}

// TestRebuildOfPieces: files that came in pieces, read by several workers at
// once, so that their pieces lie between those of others.
func TestRebuildOfPieces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := local.Open(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var from items
	for f := range 4 {
		var b strings.Builder
		for i := range 60 {
			fmt.Fprintf(&b, `{"eventID":"%d-%d","eventTime":"2026-03-03T10:00:00Z","eventName":"ListBuckets","pad":"%s"}`+"\n", f, i, strings.Repeat("x", 1000+f))
		}
		body := b.String()
		from = append(from, source.Item{LogFile: cloudtrail.LogFile{URI: fmt.Sprintf("/logs/%d.jsonl", f)}, Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(body)), nil
		}})
	}
	o := ingest.Options{Workers: 4, MaxFile: 20 << 10, OnError: func(err error) { t.Error(err) }}
	if _, _, err := ingest.Pump(t.Context(), &from, s, o); err != nil {
		t.Fatal(err)
	}
	tell := func(r query.Reader) (texts []string) {
		for row, err := range r.Rows(t.Context(), query.Selection{}) {
			if err != nil {
				t.Fatal(err)
			}
			raw, err := r.Raw(t.Context(), row.Location)
			if err != nil || !strings.Contains(string(raw), `"`+row.ID.Event+`"`) {
				t.Errorf("%v at %v: %.60s, %v", row.ID, row.Location, raw, err)
			}
			texts = append(texts, fmt.Sprint(row.Location, rowText(row)))
		}
		return texts
	}
	want := tell(s)
	if err := s.Close(); err != nil || len(want) != 240 {
		t.Fatal(len(want), err)
	}
	for _, lost := range []bool{false, true} {
		if lost {
			if err := os.Remove(filepath.Join(dir, "catalogue.db")); err != nil {
				t.Fatal(err)
			}
		}
		err := local.Rebuild(t.Context(), dir, local.Options{}, func(from *local.Copies, to *local.Store) error {
			_, _, err := ingest.Pump(t.Context(), from, to, ingest.Options{Workers: 2, MaxFile: 20 << 10, OnError: func(err error) { t.Error(err) }})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		sameTexts(t, fmt.Sprintf("rebuilt, catalogue lost: %v", lost), tell(read(t, dir, nil)), want)
		whole(t, dir)
	}
}

// items hands out each as a delivery.
type items []source.Item

func (s *items) Next(context.Context) (source.Delivery, error) {
	if len(*s) == 0 {
		return source.Delivery{}, io.EOF
	}
	one := (*s)[0]
	*s = (*s)[1:]
	return source.Delivery{Items: []source.Item{one}}, nil
}

// TestRebuildOfTwins: a file of the same bytes as another shares its copy, and
// is there after a rebuild, with all that its name tells.
func TestRebuildOfTwins(t *testing.T) {
	t.Parallel()
	files := organisation(5, synth.Options{Stories: 6})
	twins := slices.Clone(files)
	for i := range twins {
		twins[i].Name = "second/" + twins[i].Name
	}
	dir := t.TempDir()
	fill(t, dir, local.Options{}, files, twins)
	all := tell(t, files)
	want := ask(t, read(t, dir, nil), all)
	for _, lost := range []bool{false, true} {
		if lost {
			if err := os.Remove(filepath.Join(dir, "catalogue.db")); err != nil {
				t.Fatal(err)
			}
		}
		if err := rebuild(t, dir); err != nil {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("rebuilt, catalogue lost: %v", lost), ask(t, read(t, dir, nil), all), want)
		s, err := local.Open(t.Context(), dir, local.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range slices.Concat(files, twins) {
			if has, err := s.Has(t.Context(), cloudtrail.ParseLogFileName(f.Name)); err != nil || !has {
				t.Errorf("catalogue lost: %v: %s is not there any more, %v", lost, f.Name, err)
				break
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("closed twice: %v", err)
		}
	}
}
