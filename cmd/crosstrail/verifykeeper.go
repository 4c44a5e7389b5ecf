package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// keeper is a source whose digest files are kept as they are verified, with the
// keys by which they were.
type keeper struct {
	digest.Archive
	store *local.Store
	keys  digest.Keys

	mu     sync.Mutex // guards what follows
	met    map[string]source.Digest
	good   []source.Digest
	asked  map[string]source.PublicKey // by fingerprint
	used   map[string]source.PublicKey // those of digests that are genuine
	failed error
}

// Open implements [digest.Archive]: it takes note of what is read of digest files.
func (k *keeper) Open(ctx context.Context, o digest.Object) (io.ReadCloser, map[string]string, error) {
	body, meta, err := k.Archive.Open(ctx, o)
	if _, is := digest.ParseName(o.Key); err != nil || !is {
		return body, meta, err
	}
	whole, err := io.ReadAll(io.LimitReader(body, digest.MaxSize))
	if err := errors.Join(err, body.Close()); err != nil {
		return nil, nil, err
	}
	d := source.Digest{URI: o.URI, Body: whole, Metadata: map[string]string{}}
	for name, value := range meta {
		d.Metadata[strings.ToLower(name)] = value
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.met[o.URI] = d
	return io.NopCloser(bytes.NewReader(whole)), meta, nil
}

// Key implements [digest.Keys]: it takes note of the keys that are there.
func (k *keeper) Key(ctx context.Context, region, fingerprint string, around cloudtrail.Time) (*digest.PublicKey, error) {
	key, err := k.keys.Key(ctx, region, fingerprint, around)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked[fingerprint] = source.PublicKey{DER: key.DER(), From: key.From, Until: key.Until}
	return key, nil
}

// keptAtOnce is how many digest files are kept in one commit.
const keptAtOnce = 512

// digest takes a digest file that was judged.
func (k *keeper) digest(o digest.Object, f *digest.File, good bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, ok := k.met[o.URI]
	delete(k.met, o.URI)
	if !ok || !good || k.failed != nil {
		return
	}
	if key, ok := k.asked[f.Fingerprint]; ok {
		k.used[f.Fingerprint] = key
	}
	if k.good = append(k.good, d); len(k.good) == keptAtOnce {
		k.failed = k.store.KeepDigests(context.Background(), k.gathered()) // what is kept can be verified, though the program ends here
		k.good = k.good[:0]
	}
}

// gathered are digest files to be kept, and the keys by which they were told.
func (k *keeper) gathered() source.Digests {
	return source.Digests{Good: k.good, Keys: slices.Collect(maps.Values(k.used))}
}

// end keeps what is left: also which digest files are missing, or are not what
// CloudTrail delivered.
func (k *keeper) end(ctx context.Context, r *digest.Report) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed != nil {
		return k.failed
	}
	d := k.gathered()
	for _, f := range r.Findings {
		if m, ok := missingDigest(&f); ok {
			d.Missing = append(d.Missing, m)
		}
	}
	return k.store.KeepDigests(ctx, d)
}

// missingDigest is the digest file that a finding says is not there, or that is
// not what was delivered: then the name tells what it should be of.
func missingDigest(f *digest.Finding) (source.MissingDigest, bool) {
	m := source.MissingDigest{URI: f.Digest, From: f.From, Until: f.Until}
	switch f.Kind {
	case digest.MissingDigest:
		return m, !m.Until.IsZero()
	case digest.DamagedDigest, digest.ReplayedDigest, digest.MovedDigest, digest.WrongAlgorithm, digest.UnknownKey, digest.KeyOutOfTime, digest.AlteredDigest, digest.BadSignature, digest.UnsignedDigest:
		name, ok := digest.ParseName(f.Digest)
		m.From, m.Until = name.End-3600, name.End
		return m, ok && !name.Backfill
	}
	return m, false
}
