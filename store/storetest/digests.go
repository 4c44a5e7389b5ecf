package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// Keeper is a store that keeps what a verification learned.
type Keeper interface {
	Store
	KeepDigests(ctx context.Context, d source.Digests) error
	// Hold reads what is needed to tell of every log file that digests list.
	Hold(ctx context.Context) error
}

// RunDigests holds a store to what it must do with digest files.
func RunDigests(t *testing.T, open func(t *testing.T) Keeper) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, open func(t *testing.T) Keeper)
	}{
		{"log files are held to what digests list", digestsTell},
		{"the order of log files and digests does not matter", digestsInAnyOrder},
		{"a file that comes again with other bytes stays altered", alteredStays},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open) })
	}
}

// neverVerified: of a set that nobody verified nothing is told.
func neverVerified(t *testing.T, s Store) {
	files := ordinary()
	add(t, s, files...)
	commit(t, s)
	want := digestAnswer{Integrity: map[string]cloudtrail.Integrity{}}
	for _, f := range files {
		want.Integrity[f.URI] = ""
	}
	if d := gocmp.Diff(want, told(t, s, files)); d != "" {
		t.Errorf("never verified (-want +got)\n%s", d)
	}
}

// digestAnswer is all that a store tells by digests.
type digestAnswer struct {
	Integrity map[string]cloudtrail.Integrity
	Sealed    []query.Sealed
	Lost      []lineage.Lost
	Altered   int
}

func told(t *testing.T, s Store, files []source.File) digestAnswer {
	t.Helper()
	a := digestAnswer{Integrity: map[string]cloudtrail.Integrity{}}
	for range 2 { // the second time from memory
		for _, f := range files {
			i, err := s.Integrity(t.Context(), f.URI)
			if err != nil {
				t.Fatal(err)
			}
			a.Integrity[f.URI] = i
		}
	}
	lack, err := s.Lack(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a.Lost, a.Altered = lack.Lost, lack.Altered; len(a.Lost) == 0 {
		a.Lost = nil
	}
	if a.Sealed, err = s.Sealed(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(a.Sealed, func(x, y query.Sealed) int { return int(x.From - y.From) })
	return a
}

// hourly is the digest file of an hour of dev in us-east-1, which lists these.
func hourly(hour int, files ...source.File) source.Digest {
	stamp := fmt.Sprintf("2026-01-02T%02d:00:00Z", hour)
	end := fmt.Sprintf("2026-01-02T%02d:00:00Z", hour+1)
	var logs []string
	for _, f := range files {
		sum := sha256.Sum256(f.Body)
		logs = append(logs, fmt.Sprintf(`{"s3Bucket":"b","s3Object":"%s","hashValue":"%s","hashAlgorithm":"SHA-256","oldestEventTime":"2026-01-02T%02d:10:00Z","newestEventTime":"2026-01-02T%02d:20:00Z"}`,
			f.URI, hex.EncodeToString(sum[:]), hour, hour))
	}
	uri := digestURI(hour)
	body := fmt.Sprintf(`{"awsAccountId":"%s","digestStartTime":"%s","digestEndTime":"%s","digestS3Bucket":"b","digestS3Object":"%s","digestPublicKeyFingerprint":"f","digestSignatureAlgorithm":"SHA256withRSA",`+
		`"previousDigestS3Bucket":null,"previousDigestS3Object":null,"previousDigestHashValue":null,"previousDigestHashAlgorithm":null,"previousDigestSignature":null,"logFiles":[%s]}`,
		dev, stamp, end, strings.TrimPrefix(uri, "s3://b/"), strings.Join(logs, ","))
	if !json.Valid([]byte(body)) {
		panic("the test's own digest is no JSON")
	}
	return source.Digest{URI: uri, Body: []byte(body), Metadata: map[string]string{"signature": "00"}}
}

func digestURI(hour int) string {
	return fmt.Sprintf("s3://b/AWSLogs/%[1]s/CloudTrail-Digest/us-east-1/2026/01/02/%[1]s_CloudTrail-Digest_us-east-1_trail_us-east-1_20260102T%02d0000Z.json.gz", dev, hour+1)
}

// hours is a log file of each of some hours.
func hours(n int) (files []source.File) {
	for hour := range n {
		at := fmt.Sprintf("2026-01-02T%02d:15:00Z", hour)
		files = append(files, file(uri(dev, "us-east-1", fmt.Sprintf("%02d20", hour), fmt.Sprintf("%016d", hour)), issued(hour, at, "ops", fmt.Sprintf("ASIAEXAMPLE%09d", hour))))
	}
	return files
}

// tampered is the file with other bytes.
func tampered(f source.File) source.File {
	f.Body = append(slices.Clone(f.Body), '\n')
	return f
}

func moment(text string) cloudtrail.Time {
	t, _ := cloudtrail.ParseTime("2026-01-02T" + text + "Z")
	return t
}

func digestsTell(t *testing.T, open func(t *testing.T) Keeper) {
	s := open(t)
	f := hours(6)
	add(t, s, f[0], tampered(f[1]), f[3], f[4]) // f[2] is lost, f[4]'s digest is missing, f[5] is neither here nor listed
	commit(t, s)
	keep(t, s, source.Digests{
		Good:    []source.Digest{hourly(0, f[0]), hourly(1, f[1]), hourly(2, f[2]), hourly(3, f[3])},
		Missing: []source.MissingDigest{{URI: digestURI(4), From: moment("04:00:00"), Until: moment("05:00:00")}},
	})
	hold(t, s)
	lost := func(from, until string, files int, uri string) lineage.Lost {
		return lineage.Lost{Account: dev, Region: "us-east-1", From: moment(from), Until: moment(until), Files: files, File: uri}
	}
	want := digestAnswer{
		Integrity: map[string]cloudtrail.Integrity{
			f[0].URI: cloudtrail.Verified, f[1].URI: cloudtrail.Altered, f[2].URI: cloudtrail.Unverified,
			f[3].URI: cloudtrail.Verified, f[4].URI: cloudtrail.Unverified, f[5].URI: cloudtrail.Unverified,
		},
		Sealed: []query.Sealed{{Account: dev, Region: "us-east-1", From: moment("00:00:00"), Until: moment("03:59:59")}},
		Lost: []lineage.Lost{
			lost("01:10:00", "01:20:00", 1, "s3://b/"+f[1].URI),
			lost("02:10:00", "02:20:00", 1, "s3://b/"+f[2].URI),
			lost("03:45:00", "05:00:00", 0, digestURI(4)),
		},
		Altered: 1,
	}
	if d := gocmp.Diff(want, told(t, s, f)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	// What was delivered after the newest log file here is not lost, but to come.
	keep(t, s, source.Digests{Good: []source.Digest{hourly(5, f[5])}})
	want.Sealed = append(want.Sealed, query.Sealed{Account: dev, Region: "us-east-1", From: moment("05:00:00"), Until: moment("05:59:59")})
	if d := gocmp.Diff(want, told(t, s, f)); d != "" {
		t.Errorf("with a digest of after the newest (-want +got)\n%s", d)
	}
	// What is found again is not lost.
	add(t, s, f[2])
	commit(t, s)
	keep(t, s, source.Digests{Good: []source.Digest{hourly(4, f[4])}})
	hold(t, s)
	want.Integrity[f[2].URI], want.Integrity[f[4].URI] = cloudtrail.Verified, cloudtrail.Verified
	want.Lost, want.Sealed = want.Lost[:1], want.Sealed[:1]
	want.Sealed[0].Until = moment("05:59:59")
	if d := gocmp.Diff(want, told(t, s, f)); d != "" {
		t.Errorf("after what was lost came (-want +got)\n%s", d)
	}
}

func keep(t *testing.T, s Keeper, d source.Digests) {
	t.Helper()
	if err := s.KeepDigests(t.Context(), d); err != nil {
		t.Fatalf("KeepDigests: %v", err)
	}
}

func hold(t *testing.T, s Keeper) {
	t.Helper()
	if err := s.Hold(t.Context()); err != nil {
		t.Fatalf("Hold: %v", err)
	}
}

// digestsInAnyOrder does the same things in many orders, some twice.
func digestsInAnyOrder(t *testing.T, open func(t *testing.T) Keeper) {
	f := hours(8)
	var steps []func(t *testing.T, s Keeper)
	for i := range f {
		one := f[i]
		switch i {
		case 2: // lost
			continue
		case 3, 5:
			one = tampered(one)
		}
		steps = append(steps, func(t *testing.T, s Keeper) { add(t, s, one) })
	}
	for hour := range f {
		switch hour {
		case 6:
			missing := source.MissingDigest{URI: digestURI(6), From: moment("06:00:00"), Until: moment("07:00:00")}
			steps = append(steps, func(t *testing.T, s Keeper) { keep(t, s, source.Digests{Missing: []source.MissingDigest{missing}}) })
		case 4: // it was missing, and is found: in whichever order
			missing := source.MissingDigest{URI: digestURI(4), From: moment("04:00:00"), Until: moment("05:00:00")}
			steps = append(steps, func(t *testing.T, s Keeper) { keep(t, s, source.Digests{Missing: []source.MissingDigest{missing}}) })
			fallthrough
		default:
			steps = append(steps, func(t *testing.T, s Keeper) { keep(t, s, source.Digests{Good: []source.Digest{hourly(hour, f[hour])}}) })
		}
	}
	var first digestAnswer
	for round := range 12 {
		random := rand.New(rand.NewPCG(7, uint64(round)))
		all := slices.Concat(steps, steps[:random.IntN(len(steps))])
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		if round == 0 {
			all = steps // as they come: log files first
		}
		s := open(t)
		for _, step := range all {
			step(t, s)
			switch random.IntN(4) {
			case 0:
				commit(t, s)
			case 1:
				hold(t, s)
			}
		}
		commit(t, s)
		hold(t, s)
		got := told(t, s, f)
		if round == 0 {
			first = got
			if len(got.Lost) != 4 || got.Integrity[f[3].URI] != cloudtrail.Altered || got.Integrity[f[0].URI] != cloudtrail.Verified {
				t.Fatalf("as they come: %+v", got)
			}
			continue
		}
		if d := gocmp.Diff(first, got); d != "" {
			t.Fatalf("round %d (-in order +shuffled)\n%s", round, d)
		}
	}
}

// alteredStays: what the events came from was altered, whatever was read later.
func alteredStays(t *testing.T, open func(t *testing.T) Keeper) {
	f := hours(1)
	for name, order := range map[string][]source.File{"altered first": {tampered(f[0]), f[0]}, "altered last": {f[0], tampered(f[0])}} {
		s := open(t)
		keep(t, s, source.Digests{Good: []source.Digest{hourly(0, f[0])}})
		for _, one := range order {
			add(t, s, one)
			commit(t, s)
		}
		hold(t, s)
		got := told(t, s, f)
		if got.Integrity[f[0].URI] != cloudtrail.Altered || got.Altered != 1 || len(got.Lost) != 0 {
			t.Errorf("%s: %+v: its events are of both", name, got)
		}
	}
}
