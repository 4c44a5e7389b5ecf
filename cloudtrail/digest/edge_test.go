package digest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/race"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// listingToo is the newest digest of the busiest place as CloudTrail would have
// signed it, had it delivered some more.
func listingToo(s *scene, more ...map[string]any) {
	digests, _ := s.of(s.busy())
	newest := digests[len(digests)-1]
	var d struct{ LogFiles []any }
	if err := json.Unmarshal(newest.JSON, &d); err != nil {
		s.t.Fatal(err)
	}
	for _, m := range more {
		d.LogFiles = append(d.LogFiles, m)
	}
	e := rewritten(newest, map[string]any{"logFiles": d.LogFiles})
	e.Sign(ours())
	s.putDigest(e)
}

func entry(inBucket, key string, body []byte) map[string]any {
	sum := sha256.Sum256(body)
	return map[string]any{
		"s3Bucket": inBucket, "s3Object": key, "hashValue": hex.EncodeToString(sum[:]), "hashAlgorithm": "SHA-256",
		"oldestEventTime": "2026-01-01T00:00:00Z", "newestEventTime": "2026-01-01T00:00:01Z",
	}
}

// A digest may list files that no listing of log files has.
func TestListedFilesOfOtherKinds(t *testing.T) {
	s := trimmed(t, oneTrail())
	_, logs := s.of(s.busy())
	insight := strings.ReplaceAll(logs[len(logs)-1], "/CloudTrail/", "/CloudTrail-Insight/")
	insight = strings.ReplaceAll(insight, "_CloudTrail_", "_CloudTrail-Insight_")
	body := []byte(`{"Records":[]}`)
	listingToo(s, entry(bucket, insight, body))
	for _, copied := range []bool{false, true} {
		s.copied = copied
		delete(s.objects, insight)
		if r := s.verify(digest.Options{}, keys(t)); !slices.Equal(kinds(r), []digest.Kind{digest.MissingFile}) {
			t.Errorf("copied %v, missing: %s", copied, dump(r))
		}
		if copied {
			continue // a copy is looked into by [source.Archive]
		}
		s.put(insight, zip(body), nil)
		if r := s.verify(digest.Options{}, keys(t)); !r.Whole() || r.Files[digest.Verified] != len(logs)+1 {
			t.Errorf("%s", dump(r))
		}
	}
}

// What is in another bucket is not looked for, and not missing.
func TestListedFilesElsewhere(t *testing.T) {
	s := trimmed(t, oneTrail())
	_, logs := s.of(s.busy())
	listingToo(s, entry("another-bucket", logs[0], nil))
	r := s.verify(digest.Options{}, keys(t))
	if r.Verdict() != digest.Unproved || len(r.Unchecked) != 1 || r.Unchecked[0].Reason != digest.Elsewhere || r.Unchecked[0].Files != 1 {
		t.Errorf("%s", dump(r))
	}
}

func TestListedTwice(t *testing.T) {
	s := trimmed(t, oneTrail())
	_, logs := s.of(s.busy())
	listingToo(s, entry(bucket, logs[0], []byte("other")))
	r := s.verify(digest.Options{}, keys(t))
	if !slices.Contains(kinds(r), digest.ListedTwice) {
		t.Errorf("%s", dump(r))
	}
	// The same hash twice is no harm.
	s = trimmed(t, oneTrail())
	listingToo(s, entry(bucket, logs[0], unzip(t, s.objects[logs[0]].body)))
	if r := s.verify(digest.Options{}, keys(t)); !r.Whole() {
		t.Errorf("%s", dump(r))
	}
}

// A key of CloudTrail's proves nothing about a time in which it was not used.
func TestKeyOutOfTime(t *testing.T) {
	s := trimmed(t, oneTrail())
	var set digest.KeySet
	early := keyStart.AddDate(-1, 0, 0)
	if err := set.ReadKeys(bytes.NewReader(synth.PublicKeys(early, early.AddDate(0, 1, 0), ours()))); err != nil {
		t.Fatal(err)
	}
	r := s.verify(digest.Options{}, &set)
	if !slices.Equal(kinds(r), []digest.Kind{digest.KeyOutOfTime}) || r.Digests.Verified != 0 {
		t.Errorf("%s", dump(r))
	}
}

// A trail that was led to another bucket has its older digests there.
func TestChainFromElsewhere(t *testing.T) {
	s := trimmed(t, oneTrail())
	digests, _ := s.of(s.busy())
	var before *synth.Digest
	for i, d := range digests {
		switch {
		case i < 2:
			delete(s.objects, d.Name)
			continue
		case i == 2:
			d = rewritten(d, map[string]any{"previousDigestS3Bucket": "the-old-bucket"})
		default:
			d = behind(d, before)
		}
		d.Sign(ours())
		s.putDigest(d)
		before = d
	}
	r := s.verify(digest.Options{}, keys(t))
	if r.Verdict() != digest.Unproved || !slices.ContainsFunc(r.Unchecked, func(o digest.Omission) bool { return o.Reason == digest.Elsewhere && o.Digests == 1 }) {
		t.Errorf("%s", dump(r))
	}
}

// Windows that lie side by side have each log file once between them.
func TestWindowsAddUp(t *testing.T) {
	s := trimmed(t, twoTrails())
	logs := 0
	var first, last cloudtrail.Time
	for key := range s.objects {
		if f := cloudtrail.ParseLogFileName(key); f.Kind == cloudtrail.LogFileKind {
			logs++
			if first.IsZero() || f.Delivered < first {
				first = f.Delivered
			}
			last = max(last, f.Delivered)
		}
	}
	lengths := []cloudtrail.Time{90_000, 5 * 3600, 1800}
	if race.Detector {
		lengths = lengths[:2]
	}
	for _, long := range lengths {
		sum := 0
		for at := first - 100; at <= last; at += long {
			r := s.verify(digest.Options{Since: at, Until: at + long - 1}, keys(t))
			if !r.Whole() {
				t.Fatalf("%s to %s: %s", at, at+long-1, dump(r))
			}
			sum += r.Files[digest.Verified]
		}
		if sum != logs {
			t.Errorf("windows of %d seconds have %d log files of %d", long, sum, logs)
		}
	}
}

// Where there is no digest at all nothing is checked, and nothing found.
func TestNoDigests(t *testing.T) {
	s := trimmed(t, oneTrail())
	_, logs := s.of(s.busy())
	for key := range s.objects {
		if _, is := digest.ParseName(key); is {
			delete(s.objects, key)
		}
	}
	r := s.verify(digest.Options{}, keys(t))
	if r.Verdict() != digest.Unproved || r.Files[digest.Unchecked] != len(logs) || len(r.Unchecked) != 1 || r.Unchecked[0].Reason != digest.NoDigests {
		t.Errorf("%s", dump(r))
	}
}

// Of two log files that were exchanged each is told to be the other.
func TestExchanged(t *testing.T) {
	s := trimmed(t, oneTrail())
	_, logs := s.of(s.busy())
	s.objects[logs[0]], s.objects[logs[1]] = s.objects[logs[1]], s.objects[logs[0]]
	s.put(logs[2], zip([]byte("{}")), nil)
	r := s.verify(digest.Options{}, keys(t))
	told := map[string]string{}
	for _, f := range r.Findings {
		told[f.File] = f.Text
	}
	for file, want := range map[string]string{logs[0]: ", but those of " + s.object(logs[1]).URI, logs[1]: ", but those of " + s.object(logs[0]).URI, logs[2]: "delivered"} {
		if got := told[s.object(file).URI]; !strings.HasSuffix(got, want) {
			t.Errorf("%s: %q, want it to end with %q", file, got, want)
		}
	}
}
