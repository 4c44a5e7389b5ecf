package storetest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

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
