package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// oneDigest is an archive of one digest file.
type oneDigest struct {
	digest.Archive
	synth.Digest
}

func (o oneDigest) Open(context.Context, digest.Object) (io.ReadCloser, map[string]string, error) {
	return io.NopCloser(bytes.NewReader(o.Gzip())), o.Metadata, nil
}

// TestKeptUntilKilled: what a verification kept before it was killed can be
// verified: the keys are there with the first of the digest files.
func TestKeptUntilKilled(t *testing.T) {
	s, err := local.Open(t.Context(), filepath.Join(t.TempDir(), "store"), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	key := synth.SigningKey(1)
	k := &keeper{store: s, met: map[string]source.Digest{}, asked: map[string]source.PublicKey{}, used: map[string]source.PublicKey{}}
	n := 0
	logs := func(yield func(synth.File) bool) {
		for f := range synth.New(3, synth.Options{Stories: 5, Days: 9}).Files() {
			if strings.Contains(f.Name, "/CloudTrail/") && !yield(f) {
				return
			}
		}
	}
	for _, one := range synth.Digests(logs, synth.Trail{Bucket: "acme-trail", Key: key}) {
		k.Archive = oneDigest{nil, one}
		o := digest.Object{URI: "s3://acme-trail/" + one.Name, Bucket: "acme-trail", Key: one.Name}
		body, _, err := k.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		f, err := digest.Read(body)
		if err != nil {
			t.Fatal(err)
		}
		k.asked[f.Fingerprint] = source.PublicKey{DER: []byte("a key")}
		k.digest(o, f, true)
		n++
	}
	kept, err := s.Digests(t.Context())
	keys, failed := s.PublicKeys(t.Context())
	if err != nil || failed != nil || n < keptAtOnce || int(kept) != n/keptAtOnce*keptAtOnce || !slices.ContainsFunc(keys, func(k source.PublicKey) bool { return string(k.DER) == "a key" }) {
		t.Errorf("of %d digest files %d are kept, %v, with %d keys, %v", n, kept, err, len(keys), failed)
	}
}
