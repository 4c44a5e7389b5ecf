package digest_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// everyThird leaves a third of the log files to back-fill digests.
func everyThird(name string) bool { return name[len(name)-len("X.json.gz")]%3 == 0 }

func TestBackfill(t *testing.T) {
	whole := newScene(t, synth.New(4, synth.Options{}), synth.Trail{Late: everyThird})
	r := whole.verify(digest.Options{}, keys(t))
	if !r.Whole() || r.Files[digest.Verified] != len(whole.logs) || r.Digests.Verified != len(whole.digests) {
		t.Fatalf("%d log files, %d digests: %s", len(whole.logs), len(whole.digests), dump(r))
	}
	// Two, one behind the other in a chain.
	var filled []*synth.Digest
	for i := range whole.digests {
		d := &whole.digests[i]
		n := named(d)
		if !n.Backfill {
			continue
		}
		if len(filled) == 1 && (named(filled[0]).Trail != n.Trail || named(filled[0]).Account != n.Account || named(filled[0]).Region != n.Region) {
			filled = nil
		}
		if filled = append(filled, d); len(filled) == 2 {
			break
		}
	}
	late := func(at string) *synth.Digest {
		d := rewritten(filled[0], nil)
		d.Metadata["backfill-generation-timestamp"] = at
		return d
	}
	for name, c := range map[string]struct {
		does func(s *bag)
		want []digest.Kind
	}{
		"removed":          {func(s *bag) { delete(s.objects, filled[0].Name) }, []digest.Kind{digest.MissingDigest, digest.UnlistedFile}},
		"without its time": {func(s *bag) { d := late(""); d.Sign(ours()); s.putDigest(d) }, []digest.Kind{digest.DamagedDigest}},
		"made when no key was": {func(s *bag) {
			s.putDigest(&synth.Digest{Name: filled[0].Name, JSON: filled[0].JSON, Metadata: late("2031-01-01T00:00:00Z").Metadata})
		}, nil},
		"changed": {func(s *bag) { s.putDigest(edited(filled[0], `"logFiles":`, `"logFiles": `)) }, []digest.Kind{digest.AlteredDigest}},
		"signed by somebody else": {func(s *bag) {
			d := rewritten(filled[0], map[string]any{"digestPublicKeyFingerprint": "00"})
			s.putDigest(d)
		}, []digest.Kind{digest.UnknownKey}},
		"replaced by a later one": {func(s *bag) { d := filled[1]; s.put(filled[0].Name, d.Gzip(), d.Metadata) }, []digest.Kind{digest.ReplayedDigest}},
	} {
		t.Run(name, func(t *testing.T) {
			b := whole.clone()
			c.does(b)
			r := verify(t, b, digest.Options{}, keys(t))
			for _, want := range c.want {
				if !slices.Contains(kinds(r), want) {
					t.Errorf("found %q, want %q: %s", kinds(r), want, dump(r))
				}
			}
			if r.Whole() != (len(c.want) == 0) {
				t.Errorf("whole: %v: %s", r.Whole(), dump(r))
			}
		})
	}
}

// Where validation was off nothing is proved, and nothing is found of what was
// delivered then.
func TestGap(t *testing.T) {
	s := newScene(t, synth.New(4, synth.Options{}), synth.Trail{Off: func(end time.Time) bool { return end.Hour() == 12 || end.Hour() == 13 }})
	r := s.verify(digest.Options{}, keys(t))
	if got := kinds(r); !slices.Equal(got, []digest.Kind{digest.Gap}) {
		t.Fatalf("found %q: %s", got, dump(r))
	}
	for _, f := range r.Findings {
		if f.Until-f.From != 2*3600 {
			t.Errorf("a gap from %s to %s", f.From, f.Until)
		}
	}
	if r.Files[digest.Verified]+r.Files[digest.Unchecked] != len(s.logs) || r.Files[digest.Unchecked] == 0 {
		t.Errorf("log files: %v of %d", r.Files, len(s.logs))
	}
	if len(r.Lost) > 0 {
		t.Errorf("nothing proves a loss: %v", r.Lost)
	}
}

// What is lost is told as spans of events.
func TestLost(t *testing.T) {
	s := copyOf(t, oneTrail())
	digests, logs := s.of(s.busy())
	delete(s.objects, logs[1])
	r := s.verify(digest.Options{}, keys(t))
	if len(r.Lost) != 1 || r.Lost[0].Account != s.busy().Account || r.Lost[0].From != r.Findings[0].From || r.Lost[0].Until != r.Findings[0].Until {
		t.Errorf("a log file is missing: %s", dump(r))
	}
	delete(s.objects, digests[2].Name)
	delete(s.objects, digests[3].Name)
	r = s.verify(digest.Options{}, keys(t))
	first, last := named(digests[1]), named(digests[3])
	if !slices.ContainsFunc(r.Lost, func(l digest.Lost) bool { return l.From <= first.End && l.Until >= last.End }) {
		t.Errorf("no digest from %s to %s: %s", first.End, last.End, dump(r))
	}
}

func named(d *synth.Digest) digest.Name {
	n, _ := digest.ParseName(d.Name)
	return n
}

// What cannot be read is neither whole nor wrong.
func TestUnread(t *testing.T) {
	s := copyOf(t, oneTrail())
	digests, logs := s.of(s.busy())
	s.broken[logs[1]], s.broken[digests[1].Name] = errors.New("403"), errors.New("403")
	var told []string
	r := s.verify(digest.Options{OnError: func(o digest.Object, _ error) { told = append(told, o.Key) }}, keys(t))
	if r.Complete() || r.Verdict() != digest.Unproved || r.Files[digest.Unread] < 1 || r.Digests.Unread != 1 {
		t.Errorf("%s", dump(r))
	}
	slices.Sort(told)
	if want := []string{digests[1].Name, logs[1]}; !slices.Equal(told, slices.Sorted(slices.Values(want))) {
		t.Errorf("told of %q, want %q", told, want)
	}
}

// A window asks for the log files of its time, and of no other.
func TestWindow(t *testing.T) {
	s := copyOf(t, oneTrail())
	_, logs := s.of(s.busy())
	at := cloudtrail.ParseLogFileName(logs[len(logs)/2]).Delivered
	o := digest.Options{Since: at - 3600, Until: at + 3600, Accounts: []string{s.busy().Account}, Regions: []string{s.busy().Region}}
	want := 0
	for _, key := range logs {
		if f := cloudtrail.ParseLogFileName(key); f.Delivered >= o.Since && f.Delivered <= o.Until {
			want++
		}
	}
	r := s.verify(o, keys(t))
	if !r.Whole() || r.Files[digest.Verified] != want || r.Files.All() != want {
		t.Errorf("%d log files are of that time: %s", want, dump(r))
	}
	delete(s.objects, logs[len(logs)/2])
	if r := s.verify(o, keys(t)); !slices.Equal(kinds(r), []digest.Kind{digest.MissingFile}) {
		t.Errorf("%s", dump(r))
	}
	o.Until = at - 60
	if r := s.verify(o, keys(t)); !r.Whole() {
		t.Errorf("%s", dump(r))
	}
}

// Without keys nothing is proved, and what does not fit shows all the same.
func TestWithoutKeys(t *testing.T) {
	s := copyOf(t, oneTrail())
	r := s.verify(digest.Options{}, nil)
	if r.Verdict() != digest.Unproved || r.Files[digest.Unchecked] != len(s.logs) || r.Digests.Unchecked != len(s.digests) {
		t.Errorf("%s", dump(r))
	}
	_, logs := s.of(s.busy())
	s.put(logs[1], zip([]byte(`{"Records":[]}`)), nil)
	if r := s.verify(digest.Options{}, nil); !slices.Equal(kinds(r), []digest.Kind{digest.AlteredFile}) {
		t.Errorf("%s", dump(r))
	}
}

// Of a copy without metadata each signature stands in the next digest, and that
// of the newest nowhere.
func TestWithoutMetadata(t *testing.T) {
	s := copyOf(t, oneTrail())
	s.copied = true
	chains := map[digest.Place]bool{}
	for _, d := range s.digests {
		s.put(d.Name, d.JSON, nil) // decompressed, too
		n := named(&d)
		chains[digest.Place{Account: n.Account, Region: n.Region}] = true
	}
	r := s.verify(digest.Options{}, keys(t))
	if !r.Whole() || r.Digests.Unchecked != len(chains) || r.Digests.Verified != len(s.digests)-len(chains) {
		t.Errorf("%d chains: %s", len(chains), dump(r))
	}
}
