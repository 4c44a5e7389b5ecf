package digest_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/synth"
)

const bucket = "acme-logs"

// Three keys: two that CloudTrail uses, and a stranger's.
var (
	ours     = sync.OnceValue(func() *rsa.PrivateKey { return synth.SigningKey(1) })
	strange  = sync.OnceValue(func() *rsa.PrivateKey { return synth.SigningKey(2) })
	keyStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

func keys(t testing.TB) *digest.KeySet {
	t.Helper()
	var set digest.KeySet
	if err := set.ReadKeys(bytes.NewReader(synth.PublicKeys(keyStart, keyStart.AddDate(1, 0, 0), ours()))); err != nil {
		t.Fatal(err)
	}
	return &set
}

// object is one object of a bucket.
type object struct {
	body []byte
	meta map[string]string
}

// bag is a bucket in memory, or what was copied of it: then keys are paths and
// nothing tells the bucket.
type bag struct {
	objects map[string]object
	copied  bool
	broken  map[string]error // what cannot be read
	packer  synth.Packer
	opened  sync.Map
}

func (b *bag) clone() *bag {
	return &bag{objects: maps.Clone(b.objects), copied: b.copied, broken: maps.Clone(b.broken)}
}

func (b *bag) put(key string, body []byte, meta map[string]string) {
	b.objects[key] = object{body, maps.Clone(meta)}
}

func (b *bag) putDigest(d *synth.Digest) { b.put(d.Name, b.packer.Pack(d.JSON), d.Metadata) }

func (b *bag) object(key string) digest.Object {
	if b.copied {
		return digest.Object{Key: key[strings.LastIndex(key, "AWSLogs/"):], URI: "copy/" + key}
	}
	return digest.Object{Bucket: bucket, Key: key, URI: "s3://" + bucket + "/" + key}
}

func (b *bag) list(p digest.Place, kind cloudtrail.FileKind) iter.Seq2[digest.Object, error] {
	return func(yield func(digest.Object, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(b.objects)) {
			f := cloudtrail.ParseLogFileName(key)
			if f.Kind == kind && f.Account == p.Account && f.Region == p.Region && !yield(b.object(key), nil) {
				return
			}
		}
	}
}

func (b *bag) Places(context.Context) ([]digest.Place, error) {
	seen := map[digest.Place]bool{}
	for key := range b.objects {
		f := cloudtrail.ParseLogFileName(key)
		seen[digest.Place{Account: f.Account, Region: f.Region}] = true
	}
	var all []digest.Place
	for p := range seen {
		all = append(all, p)
	}
	return all, nil
}

func (b *bag) Digests(_ context.Context, p digest.Place, _, _ cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return b.list(p, cloudtrail.DigestFile)
}

func (b *bag) LogFiles(_ context.Context, p digest.Place, _, _ cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return b.list(p, cloudtrail.LogFileKind)
}

func (b *bag) Open(_ context.Context, o digest.Object) (io.ReadCloser, map[string]string, error) {
	key := o.Key
	if b.copied {
		key = strings.TrimPrefix(o.URI, "copy/")
	}
	if err := b.broken[key]; err != nil {
		return nil, nil, err
	}
	x, ok := b.objects[key]
	if !ok || o.Bucket != bucket && !b.copied {
		return nil, nil, fmt.Errorf("%s: %w", o.URI, fs.ErrNotExist)
	}
	b.opened.Store(key, true)
	return io.NopCloser(bytes.NewReader(x.body)), x.meta, nil
}

// scene is the log of one made-up organisation.
type scene struct {
	*bag
	t       testing.TB
	digests []synth.Digest
	logs    []string // keys
	trail   synth.Trail
}

func newScene(t testing.TB, org *synth.Org, trail synth.Trail) *scene {
	trail.Bucket = bucket
	if trail.Key == nil {
		trail.Key = ours()
	}
	s := &scene{bag: &bag{objects: map[string]object{}, broken: map[string]error{}}, t: t, trail: trail}
	for f := range org.Files() {
		if strings.Contains(f.Name, "/CloudTrail/") {
			s.put(f.Name, s.packer.Pack(f.Body()), nil)
		}
	}
	s.logs = slices.Sorted(maps.Keys(s.objects))
	s.digests = synth.Digests(org.Files(), trail)
	for i := range s.digests {
		s.putDigest(&s.digests[i])
	}
	return s
}

// The logs of two organisations: one trail each, and two into one bucket.
var (
	oneTrail  = sync.OnceValue(func() *scene { return newScene(nil, synth.New(4, synth.Options{}), synth.Trail{}) })
	twoTrails = sync.OnceValue(func() *scene { return newScene(nil, synth.New(3, synth.Options{}), synth.Trail{}) })
)

// copyOf is a scene to be tampered with.
func copyOf(t testing.TB, whole *scene) *scene {
	s := *whole
	s.t, s.bag = t, whole.clone()
	return &s
}

// trimmed is the busiest place of a scene alone.
func trimmed(t testing.TB, whole *scene) *scene {
	s := copyOf(t, whole)
	at := s.busy()
	for key := range s.objects {
		if f := cloudtrail.ParseLogFileName(key); f.Account != at.Account || f.Region != at.Region {
			delete(s.objects, key)
		}
	}
	return s
}

// verify runs the engine, and holds its sums to what is there.
func (s *scene) verify(o digest.Options, keys digest.Keys) *digest.Report {
	s.t.Helper()
	return verify(s.t, s.bag, o, keys)
}

func verify(t testing.TB, b *bag, o digest.Options, keys digest.Keys) *digest.Report {
	t.Helper()
	told := 0
	o.OnFile = func(digest.FileState) { told++ }
	r, err := digest.Verify(t.Context(), b, keys, o)
	if err != nil {
		t.Fatal(err)
	}
	if told != r.Files.All() {
		t.Errorf("told of %d log files, and counted %d", told, r.Files.All())
	}
	return r
}

// kinds are the kinds of a report's findings, each once.
func kinds(r *digest.Report) []digest.Kind {
	var all []digest.Kind
	for _, f := range r.Findings {
		all = append(all, f.Kind)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func dump(r *digest.Report) string {
	short := *r
	short.Chains = nil
	text, _ := json.Marshal(short)
	return string(text)
}

// busy is a place with log files in several hours: the one with the most.
func (s *scene) busy() digest.Place {
	count := map[digest.Place]int{}
	var best digest.Place
	for _, key := range s.logs {
		f := cloudtrail.ParseLogFileName(key)
		p := digest.Place{Account: f.Account, Region: f.Region}
		if count[p]++; count[p] > count[best] || count[p] == count[best] && p.Account+p.Region < best.Account+best.Region {
			best = p
		}
	}
	return best
}

// of are the standard digests of one trail of a place, oldest first, and the log
// files that it delivered there.
func (s *scene) of(p digest.Place) (digests []*synth.Digest, logs []string) {
	prefix := ""
	for i := range s.digests {
		d := &s.digests[i]
		n, ok := digest.ParseName(d.Name)
		if !ok || n.Backfill || n.Account != p.Account || n.Region != p.Region {
			continue
		}
		if len(digests) == 0 {
			prefix = d.Name[:strings.LastIndex(d.Name, "AWSLogs/")]
		}
		if strings.HasPrefix(d.Name, prefix+"AWSLogs/") {
			digests = append(digests, d)
		}
	}
	for _, key := range s.logs {
		f := cloudtrail.ParseLogFileName(key)
		if f.Account == p.Account && f.Region == p.Region && strings.HasPrefix(key, prefix+"AWSLogs/") {
			logs = append(logs, key)
		}
	}
	return digests, logs
}
