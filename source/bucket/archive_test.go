package bucket_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// A log is verified wherever its bucket keeps it, and one that was copied to
// another bucket too.
func TestArchive(t *testing.T) {
	aws := stack.Start(t)
	key := synth.SigningKey(1)
	from := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	var keys digest.KeySet
	if err := keys.ReadKeys(bytes.NewReader(synth.PublicKeys(from, from.AddDate(0, 1, 0), key))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		prefix, below string // where the trail delivers, and what of it is verified
		plain         func(key string) string
		written       string // the bucket that the digests name
	}{
		"top":        {},
		"prefix":     {prefix: "logs/of acme/"},
		"account":    {below: "AWSLogs/999999999999/"},
		"region":     {below: "AWSLogs/999999999999/CloudTrail/us-east-1/"},
		"day":        {below: "AWSLogs/999999999999/CloudTrail/us-east-1/2026/03/03/"},
		"replicated": {written: "acme-original"},
	} {
		t.Run(name, func(t *testing.T) {
			id := "archive-" + name
			written := id
			if c.written != "" {
				written = c.written
			}
			b := aws.Account(owner).Bucket(t, id)
			files := func(yield func(synth.File) bool) {
				for f := range synth.Demo().Files() {
					f.Name = c.prefix + f.Name
					if !f.Delivered.Before(from) && !yield(f) {
						return
					}
				}
			}
			var all []awstest.Object
			var packer synth.Packer
			want := 0
			for f := range files {
				all = append(all, awstest.Object{Key: f.Name, Body: packer.Pack(f.Body())})
				if c.below == "" || strings.Contains(f.Name, "/999999999999/") {
					want++
				}
			}
			digests := synth.Digests(files, synth.Trail{Bucket: written, Key: key})
			for _, d := range digests {
				all = append(all, awstest.Object{Key: d.Name, Body: packer.Pack(d.JSON), Metadata: d.Metadata})
			}
			b.Put(t, all...)
			log, err := bucket.Open(t.Context(), aws.Account(owner).Config(), "s3://"+id+"/"+c.prefix+c.below, bucket.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := digest.Verify(t.Context(), log.Archive(), &keys, digest.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !r.Whole() || !r.Complete() || r.Files[digest.Verified] != want || r.Files.All() != want {
				t.Fatalf("%d log files: %v, %+v, %v, %+v", want, r.Files, r.Digests, r.Findings, r.Unchecked)
			}
			copied := slices.ContainsFunc(r.Unchecked, func(o digest.Omission) bool { return o.Reason == digest.Copied })
			if copied != (c.written != "") {
				t.Errorf("copied: %v, %+v", copied, r.Unchecked)
			}
		})
	}
}

// A prefix with files that are not laid out in folders is read by their names.
func TestArchiveOfPlainFiles(t *testing.T) {
	aws := stack.Start(t)
	key := synth.SigningKey(1)
	from := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	b := aws.Account(owner).Bucket(t, "archive-plain")
	var all []awstest.Object
	var packer synth.Packer
	for f := range synth.Demo().Files() {
		if !f.Delivered.Before(from) {
			all = append(all, awstest.Object{Key: "case 7/" + f.Name[strings.LastIndexByte(f.Name, '/')+1:], Body: packer.Pack(f.Body())})
		}
	}
	logs := len(all)
	for _, d := range synth.Digests(synth.Demo().Files(), synth.Trail{Bucket: "archive-plain", Key: key, From: from}) {
		all = append(all, awstest.Object{Key: "case 7/" + d.Name[strings.LastIndexByte(d.Name, '/')+1:], Body: packer.Pack(d.JSON), Metadata: d.Metadata})
	}
	b.Put(t, all...)
	var keys digest.KeySet
	if err := keys.ReadKeys(bytes.NewReader(synth.PublicKeys(from, from.AddDate(0, 1, 0), key))); err != nil {
		t.Fatal(err)
	}
	log, err := bucket.Open(t.Context(), aws.Account(owner).Config(), "s3://archive-plain/case 7/", bucket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := digest.Verify(t.Context(), log.Archive(), &keys, digest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// In a bucket a key is a key: CloudTrail put them elsewhere.
	if r.Digests.Bad != len(all)-logs || r.Files.All() == 0 || slices.ContainsFunc(r.Findings, func(f digest.Finding) bool { return f.Kind != digest.MovedDigest }) {
		t.Errorf("%v, %+v, %v", r.Files, r.Digests, r.Findings)
	}
}
