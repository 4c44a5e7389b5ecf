package digest_test

import (
	"context"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// forged is a digest with other members under another name, that nobody signed.
func forged(d *synth.Digest, name string, members map[string]any) *synth.Digest {
	members["digestS3Object"] = name
	f := rewritten(d, members)
	f.Name, f.Metadata = name, nil
	return f
}

// at is the name of a digest with another end, and perhaps of another trail.
func at(d *synth.Digest, end cloudtrail.Time, trail string) string {
	old := "_main_us-east-1_" + named(d).End.Time().Format("20060102T150405Z")
	return strings.Replace(d.Name, old, "_"+trail+"_us-east-1_"+end.Time().Format("20060102T150405Z"), 1)
}

// inserted is a log file that somebody put beside another one.
func inserted(s *scene, log string) string {
	key := log[:len(log)-len("AAAAAAAAAAAAAAAA.json.gz")] + "0000000000000000.json.gz"
	s.put(key, zip([]byte(`{"Records":[]}`)), nil)
	return key
}

// forgeries are what somebody does with digests that nobody signed: each makes no
// better of a log than it is without them.
var forgeries = []struct {
	name string
	does func(s *scene, digests []*synth.Digest, logs []string)
	want digest.Kind
}{
	{"one digest in place of the newest, of log files that were altered", func(s *scene, digests []*synth.Digest, logs []string) {
		var entries []any
		cut := len(digests) - 12
		for _, key := range logs {
			if cloudtrail.ParseLogFileName(key).Delivered > named(digests[cut]).End {
				s.put(key, zip([]byte(`{"Records":[{}]}`)), nil)
				entries = append(entries, entry(bucket, key, []byte(`{"Records":[{}]}`)))
			}
		}
		newest := digests[len(digests)-1]
		d := forged(behind(newest, digests[cut]), newest.Name, map[string]any{
			"digestStartTime": named(digests[cut]).End.String(), "previousDigestS3Object": digests[cut].Name, "logFiles": entries,
		})
		for _, d := range digests[cut+1:] {
			delete(s.objects, d.Name)
		}
		s.putDigest(d)
	}, digest.ChainEnded},
	{"a trail that lists what was put there", func(s *scene, digests []*synth.Digest, logs []string) {
		key := inserted(s, logs[len(logs)/2])
		d := listing(digests, logs[len(logs)/2])
		s.putDigest(forged(d, at(d, named(d).End, "evil"), map[string]any{"logFiles": []any{entry(bucket, key, []byte(`{"Records":[]}`))}}))
	}, digest.UnlistedFile},
	{"a back-fill digest that lists what was put there", func(s *scene, digests []*synth.Digest, logs []string) {
		key := inserted(s, logs[len(logs)/2])
		d := listing(digests, logs[len(logs)/2])
		name := strings.Replace(d.Name, ".json", "_backfill.json", 1)
		s.putDigest(forged(d, name, map[string]any{"logFiles": []any{entry(bucket, key, []byte(`{"Records":[]}`))}}))
	}, digest.UnlistedFile},
	{"a newer digest that lists what was put there", func(s *scene, digests []*synth.Digest, logs []string) {
		key := inserted(s, logs[len(logs)/2])
		newest := digests[len(digests)-1]
		s.putDigest(forged(behind(newest, newest), at(newest, named(newest).End+3600, "main"), map[string]any{
			"digestStartTime": named(newest).End.String(), "digestEndTime": (named(newest).End + 3600).String(),
			"previousDigestS3Object": newest.Name, "logFiles": []any{entry(bucket, key, []byte(`{"Records":[]}`))},
		}))
	}, digest.UnlistedFile},
	{"digests that end, and one of another trail behind them", func(s *scene, digests []*synth.Digest, _ []string) {
		newest := digests[len(digests)-1]
		for _, d := range digests[len(digests)-12:] {
			delete(s.objects, d.Name)
		}
		s.putDigest(forged(newest, at(newest, named(newest).End+7200, "evil"), map[string]any{"logFiles": []any{}}))
	}, digest.ChainEnded},
	{"a digest of the far future", func(s *scene, digests []*synth.Digest, _ []string) {
		newest := digests[len(digests)-1]
		for _, d := range digests[len(digests)-12:] {
			delete(s.objects, d.Name)
		}
		s.putDigest(forged(newest, strings.Replace(newest.Name, named(newest).End.Time().Format("20060102T150405Z"), "99991231T235959Z", 1), map[string]any{"digestEndTime": "9999-12-31T23:59:59Z"}))
	}, digest.ChainEnded},
}

// TestForgeries: in a copy a signature may be not at hand, in a bucket it always is.
func TestForgeries(t *testing.T) {
	whole := trimmed(t, oneTrail())
	digests, logs := whole.of(whole.busy())
	for _, c := range forgeries {
		for _, copied := range []bool{false, true} {
			s := copyOf(t, whole)
			s.copied = copied
			c.does(s, digests, logs)
			r := s.verify(digest.Options{}, keys(t))
			if !slices.Contains(kinds(r), c.want) || !copied && !slices.Contains(kinds(r), digest.UnsignedDigest) {
				t.Errorf("%s, copied %v: found %q: %s", c.name, copied, kinds(r), dump(r))
			}
			for _, chain := range r.Chains {
				if end := named(digests[len(digests)-1]).End; chain.Until > end {
					t.Errorf("%s, copied %v: the digests are believed until %s", c.name, copied, chain.Until)
				}
			}
		}
	}
}

// Where the digests of a place, and its log files, were cut off nothing is left to be
// found, and it is not called whole.
func TestCutOff(t *testing.T) {
	s := copyOf(t, oneTrail())
	digests, logs := s.of(s.busy())
	cut := named(digests[len(digests)-12]).End
	for _, d := range digests[len(digests)-11:] {
		delete(s.objects, d.Name)
	}
	for _, key := range logs {
		if cloudtrail.ParseLogFileName(key).Delivered > cut-3600 {
			delete(s.objects, key)
		}
	}
	reasonOf := func(o digest.Options) (digest.Reason, digest.Verdict) {
		r := s.verify(o, keys(t))
		for _, u := range r.Unchecked {
			if u.Place == s.busy() && (u.Reason == digest.EndEarly || u.Reason == digest.BeginLate) && u.From < u.Until {
				return u.Reason, r.Verdict()
			}
		}
		return "", r.Verdict()
	}
	last, first := named(digests[len(digests)-1]).End, named(digests[0]).End
	alone := []string{s.busy().Account}
	for _, c := range []struct {
		o      digest.Options
		reason digest.Reason
	}{
		{digest.Options{}, digest.EndEarly},
		{digest.Options{Until: last}, digest.EndEarly},
		{digest.Options{Until: last, Accounts: alone, Regions: []string{s.busy().Region}}, digest.EndEarly},
		{digest.Options{Until: cut - 3600}, ""},
		{digest.Options{Since: first - 86400, Until: cut - 3600}, digest.BeginLate},
	} {
		// What was delivered in the last hour is gone too, and a digest lists it.
		reason, verdict := reasonOf(c.o)
		if reason != c.reason || verdict == digest.Whole && reason != "" {
			t.Errorf("%+v: %q, %s", c.o, reason, verdict)
		}
	}
}

// A place that lost all its digests is told from a trail that never had any.
func TestDigestsOfAPlaceRemoved(t *testing.T) {
	s := copyOf(t, oneTrail())
	digests, _ := s.of(s.busy())
	for _, d := range digests {
		delete(s.objects, d.Name)
	}
	r := s.verify(digest.Options{}, keys(t))
	if got := kinds(r); !slices.Equal(got, []digest.Kind{digest.WithoutDigests}) || r.Findings[0].Place != s.busy() || len(r.Findings) != 1 {
		t.Errorf("found %q: %s", got, dump(r))
	}
}

// What was asked for and is not there at all is not whole.
func TestNothingOfAnAccount(t *testing.T) {
	s := trimmed(t, oneTrail())
	for _, o := range []digest.Options{{Accounts: []string{s.busy().Account, "123456789012"}}, {Regions: []string{s.busy().Region, "sa-east-1"}}} {
		if r := s.verify(o, keys(t)); r.Verdict() != digest.Unproved || len(r.Unchecked) != 1 || r.Unchecked[0].Reason != digest.NoDigests {
			t.Errorf("%+v: %s", o, dump(r))
		}
	}
}

// A digest that ended just before what was asked for may list files that were
// asked for.
func TestHoleAtTheBorder(t *testing.T) {
	s := trimmed(t, oneTrail())
	digests, logs := s.of(s.busy())
	d := listing(digests, logs[len(logs)/2])
	delete(s.objects, d.Name)
	for _, after := range []cloudtrail.Time{180, 360} {
		if r := s.verify(digest.Options{Since: named(d).End + after, Until: named(d).End + 4*3600}, keys(t)); !slices.Contains(kinds(r), digest.MissingDigest) {
			t.Errorf("%d s behind its end: %s", after, dump(r))
		}
	}
}

// Genuine digests prove nothing where they were not delivered.
func TestGenuineDigestsElsewhere(t *testing.T) {
	whole := trimmed(t, oneTrail())
	digests, _ := whole.of(whole.busy())
	newest := digests[len(digests)-1]
	t.Run("under a newer name", func(t *testing.T) {
		s := copyOf(t, whole)
		s.put(at(newest, named(newest).End+3600, "main"), digests[3].Gzip(), digests[3].Metadata)
		if r := s.verify(digest.Options{}, keys(t)); !slices.Equal(kinds(r), []digest.Kind{digest.ReplayedDigest}) || r.Digests.Bad != 1 {
			t.Errorf("%s", dump(r))
		}
	})
	t.Run("of another place", func(t *testing.T) {
		s := copyOf(t, whole)
		name := strings.ReplaceAll(newest.Name, s.busy().Region, "sa-east-1")
		s.put(name, newest.Gzip(), newest.Metadata)
		if r := s.verify(digest.Options{}, keys(t)); !slices.Contains(kinds(r), digest.MovedDigest) {
			t.Errorf("%s", dump(r))
		}
	})
	t.Run("of another bucket, beside those of this one", func(t *testing.T) {
		s := copyOf(t, whole)
		name := at(newest, named(newest).End, "evil")
		d := rewritten(newest, map[string]any{"digestS3Bucket": "evil-logs", "digestS3Object": name, "logFiles": []any{}})
		d.Name = name
		d.Sign(ours())
		s.putDigest(d)
		r := s.verify(digest.Options{}, keys(t))
		if r.Verdict() == digest.Whole || !slices.ContainsFunc(r.Unchecked, func(o digest.Omission) bool { return o.Reason == digest.Copied && !o.Expected }) {
			t.Errorf("%s", dump(r))
		}
	})
}

// counting counts how often it is listed.
type counting struct {
	*bag
	lists int
}

func (c *counting) LogFiles(ctx context.Context, p digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	c.lists++
	return c.bag.LogFiles(ctx, p, since, until)
}

// What digests say costs no more than they are.
func TestForgedDigestsAreBounded(t *testing.T) {
	s := trimmed(t, oneTrail())
	digests, _ := s.of(s.busy())
	newest := digests[len(digests)-1]
	for _, name := range []string{at(newest, -2_000_000_000, "main"), at(newest, 250_000_000_000, "evil")} {
		s.putDigest(forged(newest, name, map[string]any{}))
	}
	c := &counting{bag: s.bag}
	r, err := digest.Verify(t.Context(), c, keys(t), digest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.lists > 4 || r.Digests.Bad != 2 {
		t.Errorf("%d lists: %s", c.lists, dump(r))
	}
	// One name many times: in time that grows with its square it would take minutes.
	times := 120_000
	if race.Detector {
		times = 30_000
	}
	one := `{"s3Bucket":"b","s3Object":"x","hashValue":"0","hashAlgorithm":"SHA-256"}`
	d := edited(newest, `"logFiles":[`, `"logFiles":[`+strings.Repeat(one+",", times)+one+`],"x":[`)
	d.Sign(ours())
	s.putDigest(d)
	start := time.Now()
	r = s.verify(digest.Options{}, keys(t))
	if took := time.Since(start); took > 15*time.Second || !slices.ContainsFunc(r.Unchecked, func(o digest.Omission) bool { return o.Reason == digest.Elsewhere }) {
		t.Errorf("%s: %s", took, dump(r))
	}
}

// A log file that is larger than any is not read to its end.
func TestLargeLogFile(t *testing.T) {
	s := trimmed(t, oneTrail())
	_, logs := s.of(s.busy())
	s.put(logs[1], zip(make([]byte, 40<<20)), nil)
	var told []string
	r := s.verify(digest.Options{MaxFile: 1 << 20, OnError: func(o digest.Object, err error) { told = append(told, o.Key+": "+err.Error()) }}, keys(t))
	if r.Files[digest.Unread] != 1 || r.Verdict() != digest.Unproved || r.Bytes > 4<<20 || len(told) != 1 || !strings.Contains(told[0], "1048576 bytes") {
		t.Errorf("%q: %s", told, dump(r))
	}
}

// An account's own trail and that of its organisation may have one name and deliver
// to one bucket.
func TestTrailsOfOneName(t *testing.T) {
	s := trimmed(t, oneTrail())
	_, logs := s.of(s.busy())
	org := func(yield func(synth.File) bool) {
		for f := range synth.New(4, synth.Options{}).Files() {
			f.Name = strings.Replace(f.Name, "AWSLogs/", "AWSLogs/o-abcdefghij/", 1)
			if at := cloudtrail.ParseLogFileName(f.Name); at.Account == s.busy().Account && at.Region == s.busy().Region && !yield(f) {
				return
			}
		}
	}
	for f := range org {
		s.put(f.Name, f.Gzip(), nil)
	}
	more := synth.Digests(org, synth.Trail{Bucket: bucket, Key: ours()})
	for i := range more {
		s.putDigest(&more[i])
	}
	if r := s.verify(digest.Options{}, keys(t)); !r.Whole() || r.Files[digest.Verified] != 2*len(logs) || len(r.Chains) != 2 {
		t.Errorf("%d log files twice: %s", len(logs), dump(r))
	}
	inserted(s, logs[len(logs)/2])
	delete(s.objects, more[len(more)-3].Name)
	if r := s.verify(digest.Options{}, keys(t)); !slices.Contains(kinds(r), digest.MissingDigest) || !slices.Contains(kinds(r), digest.UnlistedFile) {
		t.Errorf("%s", dump(r))
	}
}
