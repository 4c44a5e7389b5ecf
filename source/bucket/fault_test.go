package bucket_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source/bucket"
)

func withPolicy(policy string) func(*sts.AssumeRoleInput) {
	return func(in *sts.AssumeRoleInput) { in.Policy = aws.String(policy) }
}

// eager is a caller that tries again without much waiting.
func eager(cfg aws.Config) aws.Config {
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = 6, 20*time.Millisecond })
	}
	return cfg
}

// TestFaults: what goes away is tried again, and what stays is named.
func TestFaults(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "trails")
	k := key("", "", member, "us-east-1", "2026-03-05T12:03")
	b.Put(t, objects(k)...)
	faults := stand.Faults(t)
	cfg := eager(faults.Through(stand.Account(owner).Config()))
	const good = `{"Records":`
	for _, c := range []struct {
		name  string
		fault awstest.Fault
		want  string
		cost  func(bucket.Cost) bool
	}{
		{"throttled lists", awstest.Fault{Service: "s3", Operation: "ListObjectsV2", Error: "SlowDown", Times: 3}, good, func(c bucket.Cost) bool { return c.Throttled == 3 }},
		{"throttled objects", awstest.Fault{Service: "s3", Operation: "GetObject", Error: "SlowDown", Times: 3}, good, func(c bucket.Cost) bool { return c.Throttled == 3 && c.Gets == 4 }},
		{"500", awstest.Fault{Service: "s3", Operation: "GetObject", Error: "InternalError", Times: 2}, good, func(c bucket.Cost) bool { return c.Gets == 3 }},
		{"a reset connection", awstest.Fault{Service: "s3", Operation: "GetObject", Reset: true, Times: 3}, good, func(c bucket.Cost) bool { return c.Gets > 1 }},
		{"a cut body", awstest.Fault{Service: "s3", Operation: "GetObject", CutAfter: 0.5, Times: 2}, good, func(c bucket.Cost) bool { return c.Gets == 3 && c.Retries == 2 }},
		{"always cut", awstest.Fault{Service: "s3", Operation: "GetObject", CutAfter: 0.5}, "failed: " + b.URI(k) + ": cannot be opened: asked for 4 times, and each time it did not come whole: ", func(c bucket.Cost) bool { return c.Gets == 4 }},
		{"always throttled", awstest.Fault{Service: "s3", Operation: "GetObject", Error: "SlowDown"}, "failed: " + b.URI(k) + ": cannot be opened: S3 says that there are too many requests", func(c bucket.Cost) bool { return c.Throttled == 6 }},
		{"archived", awstest.Fault{Service: "s3", Operation: "GetObject", Error: "InvalidObjectState", Status: 403}, "failed: " + b.URI(k) + ": cannot be opened: it is archived", func(c bucket.Cost) bool { return c.Gets == 1 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			faults.Set(t, c.fault)
			defer faults.Clear(t)
			l := open(t, cfg, b.URI("AWSLogs/"), bucket.Options{})
			all, err := read(t.Context(), l.Within())
			if err != nil || !strings.HasPrefix(all[b.URI(k)], c.want) {
				t.Errorf("%v: %v", all, err)
			}
			if cost := l.Cost(); !c.cost(cost) {
				t.Errorf("%+v", cost)
			}
		})
	}
	t.Run("lists that fail are named, and are no end", func(t *testing.T) {
		l := open(t, cfg, b.URI("AWSLogs/"), bucket.Options{})
		faults.Set(t, awstest.Fault{Service: "s3", Operation: "ListObjectsV2", Error: "SlowDown"})
		defer faults.Clear(t)
		all, err := read(t.Context(), l.Within())
		want := "failed: " + b.URI("AWSLogs/"+member+"/CloudTrail/") + ": cannot be opened: S3 says that there are too many requests"
		if got := all[b.URI("AWSLogs/"+member+"/CloudTrail/")]; err != nil || !strings.HasPrefix(got, want) {
			t.Error(all, err)
		}
	})
}

// TestNoWay: where nothing answers, it says that, and not what the SDK says of it.
func TestNoWay(t *testing.T) {
	cfg := aws.Config{Region: "us-east-1", BaseEndpoint: aws.String("http://127.0.0.1:1"), Credentials: aws.AnonymousCredentials{}}
	_, err := bucket.Open(t.Context(), eager(cfg), "s3://trails", bucket.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "s3://trails/: S3 cannot be reached: ") || !strings.Contains(err.Error(), "127.0.0.1:1") || strings.Contains(err.Error(), "operation error") {
		t.Error(err)
	}
}

// TestChanged: an object is read as it was listed, or not at all.
func TestChanged(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "trails")
	k := key("", "", member, "us-east-1", "2026-03-05T12:03")
	b.Put(t, objects(k)...)
	l := open(t, stand.Account(owner).Config(), b.URI(""), bucket.Options{})
	var listed bucket.Object
	for o, err := range l.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		listed = o
	}
	if _, err := l.Open(t.Context(), listed); err != nil || listed.Version == "" {
		t.Fatal(listed, err)
	}
	if _, err := l.Fetch(t.Context(), listed.LogFile); err != nil {
		t.Fatal(err)
	}
	b.Put(t, awstest.Object{Key: k, Body: logFile("another"), Metadata: map[string]string{"signature": "abc"}})
	if _, err := l.Open(t.Context(), listed); err == nil || !strings.Contains(err.Error(), "has changed since it was listed") {
		t.Error(err)
	}
	if _, err := l.Fetch(t.Context(), listed.LogFile); err == nil || err.Error() != "what was read of it is not there any more, and the bucket keeps no version with those bytes" {
		t.Error(err)
	}
	body, meta, err := l.Get(t.Context(), k)
	if err != nil || meta["signature"] != "abc" {
		t.Fatal(meta, err)
	}
	if all, err := io.ReadAll(body); err != nil || !bytes.Equal(all, logFile("another")) {
		t.Error(err)
	}
	b.Delete(t, k)
	if _, err := l.Open(t.Context(), listed); err == nil || !strings.Contains(err.Error(), "it was deleted after it was listed") {
		t.Error(err)
	}
	if _, err := l.Fetch(t.Context(), listed.LogFile); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// TestFetchVersion: in a bucket that keeps versions a log file is there as it was
// read, though it was replaced, and deleted; where the caller may look.
func TestFetchVersion(t *testing.T) {
	stand := stack.Start(t)
	hub := stand.Account(owner)
	b := hub.Bucket(t, "trails")
	b.Versioned(t)
	k := key("", "", member, "us-east-1", "2026-03-05T12:03")
	b.Put(t, objects(k)...)
	b.Put(t, objects(k+".other")...) // begins with the same name
	read := cloudtrail.LogFile{URI: b.URI(k)}
	for o, err := range open(t, hub.Config(), b.URI(""), bucket.Options{}).List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if o.Key == k {
			read = o.LogFile
		}
	}
	role := hub.Role(t, "reader", awstest.Trust("", member), awstest.Allow("*", "s3:*"))
	policy, err := bucket.LeastPolicy(role, b.URI(""))
	if err != nil {
		t.Fatal(err)
	}
	caller := stand.Account(member).User(t, "caller", awstest.Allow(role, "sts:AssumeRole"))
	least, err := bucket.Reach(stand.Assume(t, caller, role, withPolicy(policy)), b.URI(""), bucket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	few, err := bucket.Reach(hub.User(t, "few", awstest.Allow("*", "s3:ListBucket", "s3:GetObject")), b.URI(""), bucket.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b.Put(t, awstest.Object{Key: k, Body: logFile("another")})
	for range 2 {
		body, err := least.Fetch(t.Context(), read)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := io.ReadAll(body); err != nil || !bytes.Equal(all, logFile(k)) {
			t.Errorf("%q, %v", all, err)
		}
		if _, err := few.Fetch(t.Context(), read); err == nil || !strings.Contains(err.Error(), "the caller needs s3:ListBucketVersions and s3:GetObjectVersion") {
			t.Error(err)
		}
		b.Delete(t, k)
	}
}

// TestLong: what is too large to be held goes on where it was cut.
func TestLong(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "trails")
	large := make([]byte, 9<<20)
	if _, err := rand.Read(large); err != nil {
		t.Fatal(err)
	}
	b.Put(t, awstest.Object{Key: "x/large.json", Body: large})
	faults := stand.Faults(t)
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetObject", CutAfter: 0.4, Times: 2})
	l := open(t, eager(faults.Through(stand.Account(owner).Config())), b.URI("x/"), bucket.Options{})
	for o, err := range l.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		body, err := l.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if all, err := io.ReadAll(body); err != nil || !bytes.Equal(all, large) {
			t.Errorf("%d bytes of %d: %v", len(all), len(large), err)
		}
	}
	if c := l.Cost(); c.Retries != 2 {
		t.Errorf("%+v", c)
	}
}

// TestSessionEnds: the session of an assumed role ends while the run goes on, and
// is renewed.
func TestSessionEnds(t *testing.T) {
	stand := stack.Start(t)
	hub := stand.Account(owner)
	b := hub.Bucket(t, "trails")
	var files []string
	for n := range 100 {
		files = append(files, key("", orgID, member, "us-east-1", fmt.Sprintf("2026-03-05T%02d:%02d", n/60, n%60)))
	}
	b.Put(t, objects(files...)...)
	role := hub.Role(t, "reader", awstest.Trust("3414", member), everything)
	for _, entry := range stand.Environment(t, stand.Account(member).User(t, "caller", awstest.Allow(role, "sts:AssumeRole"))) {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	options := awscfg.Options{RoleARN: role, ExternalID: "3414"}
	caller, err := awscfg.Load(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	cfg := options.Assume(caller, "")
	stand.SessionLife(t, 2*time.Minute+2*time.Second) // it is renewed two minutes ahead
	defer stand.SessionLife(t, 0)
	lister := open(t, cfg, b.URI(""), bucket.Options{Gets: 1}).Within()
	read := 0
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	all, err := readSlowly(ctx, lister, func() {
		if read++; read == 20 {
			time.Sleep(3 * time.Second)
			stand.Expire(t, role)
			// What was issued from here on is good.
		}
	})
	if err != nil || len(all) != len(files) {
		t.Error(len(all), err)
	}
	for uri, text := range all {
		if strings.HasPrefix(text, "failed") {
			t.Fatal(uri, text)
		}
	}
	if n := stand.Requests(t)["sts:AssumeRole"]; n < 2 {
		t.Errorf("the role was assumed %d times", n)
	}
}
