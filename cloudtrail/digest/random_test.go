package digest_test

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// tamper does something at random to a log, and says what. It does nothing that
// leaves no trace: what is newer than the digests that are left may be gone, and
// nobody can tell.
func tamper(t testing.TB, b *bag, rng *rand.Rand, digests, logs []string) string {
	pick := func(of []string) string { return of[rng.IntN(len(of))] }
	flip := func(key string) {
		o := b.objects[key]
		body := unzip(t, o.body)
		body[rng.IntN(len(body))] ^= byte(1 + rng.IntN(255))
		b.put(key, zip(body), o.meta)
	}
	older := digests[:len(digests)-1]
	switch rng.IntN(9) {
	case 0:
		key := pick(logs)
		flip(key)
		return "a byte of " + key
	case 1:
		key := pick(digests)
		flip(key)
		return "a byte of " + key
	case 2:
		key := pick(logs)
		delete(b.objects, key)
		return "no " + key
	case 3:
		key := pick(older)
		delete(b.objects, key)
		return "no " + key
	case 4:
		x, y := pick(logs), pick(logs)
		if bytes.Equal(b.objects[x].body, b.objects[y].body) {
			return tamper(t, b, rng, digests, logs)
		}
		b.objects[x] = b.objects[y]
		return y + " as " + x
	case 5:
		x, y := pick(digests), pick(digests)
		if x == y {
			return tamper(t, b, rng, digests, logs)
		}
		b.objects[x] = b.objects[y]
		return y + " as " + x
	case 6:
		x, y := pick(digests), pick(digests)
		if x == y {
			return tamper(t, b, rng, digests, logs)
		}
		b.put(x, b.objects[x].body, b.objects[y].meta)
		return "the signature of " + y + " on " + x
	case 7:
		x := pick(digests)
		d := &synth.Digest{Name: x, JSON: unzip(t, b.objects[x].body), Metadata: maps.Clone(b.objects[x].meta)}
		d = rewritten(d, map[string]any{"digestPublicKeyFingerprint": synth.Fingerprint(strange())})
		d.Sign(strange())
		b.putDigest(d)
		return "a stranger's " + x
	}
	// A file of an hour that a digest is of, which is not the newest.
	key := pick(logs)
	f := cloudtrail.ParseLogFileName(key)
	if last, _ := digest.ParseName(digests[len(digests)-1]); f.Delivered > last.End-15*60 {
		return tamper(t, b, rng, digests, logs)
	}
	made := key[:strings.LastIndexByte(key, '_')+1] + fmt.Sprintf("%016d", rng.Uint32()) + ".json.gz"
	b.put(made, b.objects[key].body, nil)
	return "put there: " + made
}

// TestNeverWhole tampers at random, once or more often, with organisations made at
// random, and never finds them whole.
func TestNeverWhole(t *testing.T) {
	rounds := 60
	if race.Detector || testing.Short() {
		rounds = 20
	}
	for _, of := range []*scene{oneTrail(), twoTrails()} {
		whole := trimmed(t, of)
		made, logs := whole.of(whole.busy())
		var digests []string
		for _, d := range made {
			digests = append(digests, d.Name)
		}
		for seed := range uint64(rounds) {
			rng := rand.New(rand.NewPCG(seed, 1))
			b := whole.clone()
			b.copied = rng.IntN(2) == 0
			did := []string{tamper(t, b, rng, digests, logs)}
			if r := verify(t, b, digest.Options{}, keys(t)); r.Whole() || len(r.Findings) == 0 {
				t.Fatalf("seed %d, copied %v: whole after %q: %s", seed, b.copied, did, dump(r))
			}
			// More of it may undo what was done, and must not make it end.
			for range 3 {
				if !slices.ContainsFunc(append(slices.Clone(logs), digests...), func(key string) bool { _, ok := b.objects[key]; return !ok }) {
					did = append(did, tamper(t, b, rng, digests, logs))
				}
			}
			verify(t, b, digest.Options{}, keys(t))
		}
	}
}

// shuffled lists in an order of chance.
type shuffled struct{ *bag }

func (s shuffled) Places(ctx context.Context) ([]digest.Place, error) {
	all, err := s.bag.Places(ctx)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all, err
}

func (s shuffled) Digests(ctx context.Context, p digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return mixed(s.bag.Digests(ctx, p, since, until))
}

func (s shuffled) LogFiles(ctx context.Context, p digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return mixed(s.bag.LogFiles(ctx, p, since, until))
}

func mixed(all iter.Seq2[digest.Object, error]) iter.Seq2[digest.Object, error] {
	var list []digest.Object
	for o := range all {
		list = append(list, o)
	}
	rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return func(yield func(digest.Object, error) bool) {
		for _, o := range list {
			if !yield(o, nil) {
				return
			}
		}
	}
}

// TestOrder: what a listing's order is, and how many objects are read at once,
// changes no word of a report.
func TestOrder(t *testing.T) {
	s := copyOf(t, twoTrails())
	digests, logs := s.of(s.busy())
	delete(s.objects, digests[2].Name)
	delete(s.objects, logs[1])
	s.put(logs[2], zip([]byte("{}")), nil)
	s.putDigest(edited(digests[5], `"logFiles":`, `"logFiles": `))
	want := s.verify(digest.Options{}, keys(t))
	if len(want.Findings) < 4 {
		t.Fatalf("%s", dump(want))
	}
	for _, workers := range []int{1, 3, 32} {
		got, err := digest.Verify(t.Context(), shuffled{s.bag}, keys(t), digest.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d workers: %s", workers, diff)
		}
	}
}
