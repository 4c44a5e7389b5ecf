package local_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// trailed is an organisation's log files, and what a verification learns of them:
// the same for all tests, since to sign them takes a second, in lists of their own.
func trailed() ([]synth.File, source.Digests) {
	files, d := signed()
	d.Good = slices.Clone(d.Good)
	return slices.Clone(files), d
}

var signed = sync.OnceValues(func() ([]synth.File, source.Digests) {
	files := distinct(organisation(25, synth.Options{Stories: 10, Days: 2}))
	key := synth.SigningKey(1)
	d := source.Digests{Keys: []source.PublicKey{{DER: x509.MarshalPKCS1PublicKey(&key.PublicKey)}}}
	var packer synth.Packer
	for _, one := range synth.Digests(slices.Values(files), synth.Trail{Bucket: "acme-trail", Key: key}) {
		d.Good = append(d.Good, source.Digest{URI: "s3://acme-trail/" + one.Name, Body: packer.Pack(one.JSON), Metadata: one.Metadata})
	}
	return files, d
})

// distinct leaves out saved envelopes, and what is delivered twice.
func distinct(files []synth.File) []synth.File {
	met := map[string]bool{}
	return slices.DeleteFunc(files, func(f synth.File) bool {
		again := met[f.Name]
		met[f.Name] = true
		return again || !strings.Contains(f.Name, "/CloudTrail/")
	})
}

// digested is all that a store tells by digests.
type digested struct {
	Integrity map[cloudtrail.Integrity]int
	Altered   []string
	Sealed    []query.Sealed
	Lost      []lineage.Lost
	Held      local.Held
}

// hold holds the log files to their digests, and returns what is told then.
func hold(t *testing.T, s *local.Store) digested {
	t.Helper()
	d := digested{Integrity: map[cloudtrail.Integrity]int{}}
	var err error
	if d.Held, err = s.HoldFiles(t.Context(), func(file string, err error) { t.Errorf("%s: %v", file, err) }); err != nil {
		t.Fatal(err)
	}
	for f, err := range s.LogFiles(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		i, err := s.Integrity(t.Context(), f.URI)
		if err != nil {
			t.Fatal(err)
		}
		if d.Integrity[i]++; i == cloudtrail.Altered {
			d.Altered = append(d.Altered, f.URI)
		}
	}
	slices.Sort(d.Altered)
	lack, err := s.Lack(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if lack.Altered != len(d.Altered) {
		t.Errorf("lacks %d altered files, of which %d are", lack.Altered, len(d.Altered))
	}
	d.Lost = lack.Lost
	if d.Sealed, err = s.Sealed(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// tamper changes one event of a log file.
func tamper(f synth.File) synth.File {
	f.Records = slices.Clone(f.Records)
	f.Records[0] = bytes.Replace(f.Records[0], []byte(`"eventVersion"`), []byte(`"forged":"","eventVersion"`), 1)
	return f
}

func keepDigests(t *testing.T, s *local.Store, d source.Digests) {
	t.Helper()
	if err := s.KeepDigests(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// verified verifies what a store keeps as verify does.
func verified(t *testing.T, s *local.Store) *digest.Report {
	t.Helper()
	var keys digest.KeySet
	kept, err := s.PublicKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kept {
		key, err := digest.NewPublicKey(k.DER, k.From, k.Until)
		if err != nil {
			t.Fatal(err)
		}
		keys.Add(key)
	}
	r, err := digest.Verify(t.Context(), s.Archive(), &keys, digest.Options{OnError: func(o digest.Object, err error) { t.Errorf("%s: %v", o.URI, err) }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestArchive verifies what a store keeps against the digests that it keeps.
func TestArchive(t *testing.T) {
	files, d := trailed()
	s := open(t, t.TempDir(), local.Options{})
	pump(t, s, 2, files)
	keepDigests(t, s, d)
	if r := verified(t, s); !r.Whole() || r.Files[digest.Verified] != len(files) || r.Digests.Verified != len(d.Good) {
		t.Errorf("files %v of %d, digests %+v of %d, findings %+v", r.Files, len(files), r.Digests, len(d.Good), r.Findings)
	}
	whole := hold(t, s)
	if whole.Integrity[cloudtrail.Verified] != len(files) || len(whole.Lost) > 0 || whole.Held != (local.Held{Verified: len(files)}) {
		t.Errorf("all is there, yet %+v", whole)
	}

	s = open(t, t.TempDir(), local.Options{})
	pump(t, s, 2, append([]synth.File{tamper(files[4])}, slices.Concat(files[:4], files[6:])...))
	keepDigests(t, s, d)
	var found []string
	for _, f := range verified(t, s).Findings {
		found = append(found, string(f.Kind)+" "+filepath.Base(f.File))
	}
	slices.Sort(found)
	want := []string{"altered-file " + filepath.Base(files[4].Name), "missing-file " + filepath.Base(files[5].Name)}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("findings (-want +got)\n%s", diff)
	}
	told := hold(t, s)
	if len(told.Altered) != 1 || told.Integrity[cloudtrail.Verified] != len(files)-2 || len(told.Lost) == 0 {
		t.Errorf("one altered, one lost, yet %+v", told)
	}
}

// TestDigestsOutlive: what a verification left is there after a rebuild, even
// where the catalogue was lost, and check and retain know of it.
func TestDigestsOutlive(t *testing.T) {
	files, d := trailed()
	d.Missing = []source.MissingDigest{{URI: d.Good[3].URI, From: 1e9, Until: 1e9 + 3600}, {URI: strings.Replace(d.Good[3].URI, "_main_", "_other_", 1), From: 1e9, Until: 1e9 + 3600}}
	dir := t.TempDir()
	s := reopened(t, dir)
	pump(t, s, 2, append([]synth.File{tamper(files[4])}, slices.Concat(files[:4], files[6:len(files)/2])...))
	keepDigests(t, s, d)
	pump(t, s, 2, files[len(files)/2:])
	want := hold(t, s)
	closed(t, s)
	whole(t, dir)
	for _, lose := range []bool{false, true} {
		if lose {
			for _, suffix := range []string{"", "-wal", "-shm"} {
				_ = os.Remove(filepath.Join(dir, "catalogue.db"+suffix))
			}
		}
		if err := local.Rebuild(t.Context(), dir, local.Options{}, pumpCopies(t.Context())); err != nil {
			t.Fatal(err)
		}
		s = reopened(t, dir)
		if diff := cmp.Diff(want, hold(t, s)); diff != "" {
			t.Errorf("rebuilt, catalogue lost: %v (-before +after)\n%s", lose, diff)
		}
		if n, err := s.Digests(t.Context()); err != nil || n != int64(len(d.Good)) {
			t.Errorf("%d digests, %v; want %d", n, err, len(d.Good))
		}
		if r := verified(t, s); r.Digests.Verified != len(d.Good) {
			t.Errorf("digests %+v", r.Digests)
		}
		closed(t, s)
		whole(t, dir)
	}

	// A floor lets go of what is older, and what is left is not called lost.
	s = reopened(t, dir)
	last := files[len(files)-1].Delivered.Unix()
	if _, err := s.Retain(t.Context(), cloudtrail.Time(last)+30*24*3600); err != nil {
		t.Fatal(err)
	}
	told := hold(t, s)
	if n, err := s.Digests(t.Context()); err != nil || n != 0 || len(told.Lost)+len(told.Sealed) > 0 {
		t.Errorf("all was let go, yet %d digests, %v, %+v", n, err, told)
	}
	keepDigests(t, s, d)
	if told := hold(t, s); len(told.Lost) > 0 {
		t.Errorf("kept again after all was let go: %+v", told)
	}
	closed(t, s)
	whole(t, dir)
}

// reopened opens a store that the test closes itself.
func reopened(t *testing.T, dir string) *local.Store {
	t.Helper()
	s, err := local.Open(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t *testing.T, s *local.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedDigest: a digest file that is damaged in its pack is named, also
// after a rebuild, until it is kept again.
func TestDamagedDigest(t *testing.T) {
	files, d := trailed()
	dir := t.TempDir()
	s := reopened(t, dir)
	pump(t, s, 2, files)
	keepDigests(t, s, d)
	want := hold(t, s)
	closed(t, s)
	spoil(t, dir, d.Good[5].Body)
	name := func(when string) {
		t.Helper()
		found := findings(t, dir)
		if len(found) != 1 || found[0].Remedy != local.RemedyVerify || !strings.Contains(found[0].Problem, d.Good[5].URI) {
			t.Errorf("%s: %+v", when, found)
		}
	}
	name("damaged")
	if err := local.Rebuild(t.Context(), dir, local.Options{}, pumpCopies(t.Context())); err != nil {
		t.Fatal(err)
	}
	name("rebuilt")
	s = reopened(t, dir)
	keepDigests(t, s, d)
	if diff := cmp.Diff(want, hold(t, s)); diff != "" {
		t.Errorf("kept again (-before +after)\n%s", diff)
	}
	closed(t, s)
	whole(t, dir)
}

// spoil changes a byte of what packs hold.
func spoil(t *testing.T, dir string, body []byte) {
	t.Helper()
	for _, name := range packsOf(t, dir) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(text, body); at >= 0 {
			text[at+len(body)/2] ^= 1
			if err := os.WriteFile(name, text, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("no pack holds it")
}

// TestHoldReferences: where no copy is kept the files themselves are read, and
// one that is gone is not verified.
func TestHoldReferences(t *testing.T) {
	files, d := trailed()
	lost := filepath.Base(files[2].Name)
	bodies := map[string][]byte{}
	var packer synth.Packer
	for _, f := range files {
		bodies[f.Name] = f.Body()
		if len(f.Records)%2 == 1 {
			bodies[f.Name] = packer.Pack(f.Body())
		}
	}
	s := open(t, t.TempDir(), local.Options{Keep: local.KeepReference, Fetch: func(_ context.Context, f cloudtrail.LogFile) (io.ReadCloser, error) {
		body, ok := bodies[strings.TrimPrefix(f.URI, "s3://acme-trail/")]
		if !ok || filepath.Base(f.URI) == lost {
			return nil, os.ErrNotExist
		}
		return io.NopCloser(bytes.NewReader(body)), nil
	}})
	for i := range files {
		files[i].Name = "s3://acme-trail/" + files[i].Name
	}
	pump(t, s, 2, files)
	keepDigests(t, s, d)
	var unread []string
	held, err := s.HoldFiles(t.Context(), func(file string, err error) { unread = append(unread, fmt.Sprint(filepath.Base(file), ": ", err)) })
	if err != nil || held != (local.Held{Verified: len(files) - 1, Unread: 1}) || len(unread) != 1 || !strings.HasPrefix(unread[0], lost) {
		t.Errorf("%+v, %v, %q", held, err, unread)
	}
	lack, err := s.Lack(t.Context())
	if i, failed := s.Integrity(t.Context(), files[2].Name); failed != nil || i != cloudtrail.Unverified || err != nil || len(lack.Lost) > 0 {
		t.Errorf("what could not be read is %q, %v; lacking %+v, %v", i, failed, lack, err)
	}
}
