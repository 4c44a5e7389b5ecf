package local_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// reading is a log file as it was at one time.
type reading struct {
	version string
	body    []byte
}

func readAs(t *testing.T, s *local.Store, name string, r reading) {
	t.Helper()
	item := source.Item{LogFile: cloudtrail.ParseLogFileName(name), Open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(r.body)), nil
	}}
	item.Version = r.version
	if _, _, err := ingest.Pump(t.Context(), &items{item}, s, ingest.Options{Workers: 1, OnError: func(err error) { t.Error(err) }}); err != nil {
		t.Fatal(err)
	}
}

// forged are other bytes under a log file's name.
func forged(f *synth.File, times int) []byte {
	other := *f
	for range times {
		other = tamper(other)
	}
	return other.Gzip()
}

// committing fills a store that is rebuilt, and commits after each file.
func committing(ctx context.Context) func(*local.Copies, *local.Store) error {
	return func(from *local.Copies, to *local.Store) error {
		for {
			d, err := from.Next(ctx)
			if err == io.EOF {
				return nil
			}
			one := items(d.Items)
			if err == nil {
				_, _, err = ingest.Pump(ctx, &one, to, ingest.Options{Workers: 1})
			}
			if err = errors.Join(err, to.Commit(ctx)); err != nil {
				return err
			}
		}
	}
}

// TestReadings: each reading under one name is verified by its own bytes, in
// whichever order they came, and named apart.
func TestReadings(t *testing.T) {
	t.Parallel()
	files, d := trailed()
	f := &files[4]
	good, bad, worse := f.Gzip(), forged(f, 1), forged(f, 2)
	for name, c := range map[string]struct {
		readings []reading
		altered  int
	}{
		"put back":       {[]reading{{"", bad}, {"", good}}, 1},
		"put back, S3":   {[]reading{{"1", bad}, {"2", good}}, 1},
		"altered, S3":    {[]reading{{"1", good}, {"2", bad}}, 1},
		"three, S3":      {[]reading{{"1", bad}, {"2", good}, {"3", worse}}, 2},
		"S3 and a copy":  {[]reading{{"", bad}, {"2", good}}, 1},
		"never the good": {[]reading{{"1", bad}, {"2", worse}}, 2},
	} {
		if race.Detector && name != "three, S3" && name != "S3 and a copy" {
			continue // nothing more is done at once in them
		}
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := local.Open(t.Context(), dir, local.Options{Again: true})
			if err != nil {
				t.Fatal(err)
			}
			keepDigests(t, s, d)
			pump(t, s, 2, slices.Concat(files[:4], files[5:]))
			for _, r := range c.readings {
				readAs(t, s, f.Name, r)
			}
			held, err := s.HoldFiles(t.Context(), func(file string, err error) { t.Error(file, err) })
			want := local.Held{Verified: len(files) - 1 + len(c.readings) - c.altered, Altered: c.altered}
			if err != nil || held != want {
				t.Errorf("held %+v, %v; want %+v", held, err, want)
			}
			named, err := s.Altered(t.Context(), 10)
			if err != nil {
				t.Fatal(err)
			}
			r := verified(t, s)
			var found []string
			for _, f := range r.Findings {
				found = append(found, string(f.Kind)+" "+f.File)
			}
			for i := range named {
				named[i] = string(digest.AlteredFile) + " " + named[i]
			}
			slices.Sort(found)
			if diff := cmp.Diff(named, found); diff != "" || len(slices.Compact(found)) != c.altered {
				t.Errorf("findings (-the store's +verification's)\n%s", diff)
			}
			if r.Files[digest.Verified] != want.Verified || r.Files[digest.Altered] != want.Altered {
				t.Errorf("files %v, want %+v", r.Files, want)
			}
			closed(t, s)
			if err := local.Rebuild(t.Context(), dir, local.Options{}, committing(t.Context())); err != nil {
				t.Fatal(err)
			}
			s = reopened(t, dir)
			if held, err := s.HoldFiles(t.Context(), nil); err != nil || held != want {
				t.Errorf("rebuilt, held %+v, %v", held, err)
			}
			closed(t, s)
		})
	}
}

// TestChangedReference: of a log file without a copy that is not what was read,
// what it is now is verified; where that is what was delivered, nothing was.
func TestChangedReference(t *testing.T) {
	t.Parallel()
	files, d := trailed()
	f := &files[4]
	good, bad := f.Gzip(), forged(f, 1)
	for name, c := range map[string]struct {
		read, now []byte
		state     digest.State
		finding   digest.Kind
	}{
		"as it was": {good, good, digest.Verified, ""},
		"altered":   {good, bad, digest.Altered, digest.AlteredFile},
		"restored":  {bad, good, digest.Unread, ""},
		"gone":      {good, nil, digest.Missing, digest.MissingFile},
	} {
		t.Run(name, func(t *testing.T) {
			there := map[string][]byte{"1": c.read} // by version; that which was read may be there no more
			s := open(t, t.TempDir(), local.Options{Keep: local.KeepReference, Fetch: func(_ context.Context, f cloudtrail.LogFile) (io.ReadCloser, error) {
				body := there[f.Version]
				if body == nil {
					return nil, fs.ErrNotExist
				}
				return io.NopCloser(bytes.NewReader(body)), nil
			}})
			keepDigests(t, s, d)
			readAs(t, s, "s3://acme-trail/"+f.Name, reading{"1", c.read})
			there = map[string][]byte{"": c.now}
			var keys digest.KeySet
			key, err := digest.NewPublicKey(d.Keys[0].DER, 0, 0)
			if err != nil {
				t.Fatal(err)
			}
			keys.Add(key)
			var states []string
			stamp := cloudtrail.ParseLogFileName(f.Name).Delivered
			r, err := digest.Verify(t.Context(), s.Archive(), &keys, digest.Options{
				Since: stamp, Until: stamp, Accounts: []string{cloudtrail.ParseLogFileName(f.Name).Account}, Workers: 1,
				OnFile: func(s digest.FileState) {
					if filepath.Base(s.File.Key) == filepath.Base(f.Name) {
						states = append(states, fmt.Sprint(s.State))
					}
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			var kinds []digest.Kind
			for _, found := range r.Findings {
				if filepath.Base(found.File) == filepath.Base(f.Name) {
					kinds = append(kinds, found.Kind)
				}
			}
			want := []digest.Kind{c.finding}
			if c.finding == "" {
				want = nil
			}
			if !slices.Equal(states, []string{fmt.Sprint(c.state)}) || !slices.Equal(kinds, want) {
				t.Errorf("%v, findings %q; want %v, %q", states, kinds, c.state, c.finding)
			}
		})
	}
}

// TestHoldTwins: of many log files of the same bytes, as empty ones are, each is
// held to its digest.
func TestHoldTwins(t *testing.T) {
	t.Parallel()
	files, _ := trailed()
	one := files[4]
	var all []synth.File
	for i := range 600 {
		f := one
		f.Name = fmt.Sprintf("%s%016d.json.gz", one.Name[:len(one.Name)-len("0123456789abcdef.json.gz")], i)
		all = append(all, f)
	}
	key := synth.SigningKey(1)
	var d source.Digests
	for _, one := range synth.Digests(slices.Values(all), synth.Trail{Bucket: "acme-trail", Key: key}) {
		d.Good = append(d.Good, source.Digest{URI: "s3://acme-trail/" + one.Name, Body: one.Gzip(), Metadata: one.Metadata})
	}
	s := open(t, t.TempDir(), local.Options{})
	pump(t, s, 2, all)
	keepDigests(t, s, d)
	held, err := s.HoldFiles(t.Context(), func(file string, err error) { t.Error(file, err) })
	if err != nil || held != (local.Held{Verified: len(all)}) {
		t.Errorf("%+v, %v", held, err)
	}
}
