package queue_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/notice"
	"github.com/crosstrail/crosstrail/source/queue"
)

func etagOf(t *testing.T, s *site, key string) string {
	t.Helper()
	out, err := s.logs.Owner.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &s.logs.Name, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(*out.ETag, `"`)
}

func versionOf(t *testing.T, s *site, key string) string {
	t.Helper()
	out, err := s.logs.Owner.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &s.logs.Name, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.VersionId)
}

// one is the only item that a message names.
func one(t *testing.T, o *queue.Opener, body string) source.Item {
	t.Helper()
	d, err := o.Delivery(t.Context(), notice.Message{Body: []byte(body)})
	if err != nil || len(d.Items) != 1 || d.Settle != nil {
		t.Fatalf("%+v, %v", d, err)
	}
	return d.Items[0]
}

func whole(id string) string { return `{"Records":[` + record(id) + `]}` }

// TestObjects: an object that was written twice, deleted, or is not what was told,
// in a bucket that keeps versions and in one that does not.
func TestObjects(t *testing.T) {
	s := newSite(t)
	byTrail := func(key string) string { return `{"s3Bucket":"acme-logs","s3ObjectKey":["` + key + `"]}` }
	write := func(n int, id string) (etag, version string, size int) {
		s.logs.Put(t, awstest.Object{Key: key(n), Body: logFile(id)})
		return etagOf(t, s, key(n)), versionOf(t, s, key(n)), len(logFile(id))
	}
	for name, ahead := range map[string]int64{"ahead": 0, "later": -1} {
		t.Run(name, func(t *testing.T) {
			opener := queue.NewOpener(s.caller, queue.OpenerOptions{Ahead: ahead})
			check := func(what string, item source.Item, etag, want string) {
				t.Helper()
				if got := text(t, item); item.Version != etag || got != want && (want == "" || !strings.HasPrefix(got, want)) {
					t.Errorf("%s: %s %.300s\nwant %s %s", what, item.Version, got, etag, want)
				}
				if want := text(t, item); !strings.HasPrefix(want, "failed") && text(t, item) != want {
					t.Errorf("%s: opened again it is %s", what, text(t, item))
				}
			}
			first, _, size := write(1, "one")
			check("as told", one(t, opener, put("acme-logs", key(1), first, "", size)), first, whole("one"))
			check("by the trail's notice", one(t, opener, byTrail(key(1))), first, whole("one"))
			check("of a forged size", one(t, opener, put("acme-logs", key(1), first, "", 3)), first, whole("one"))
			second, _, _ := write(1, "the second")
			check("overwritten", one(t, opener, put("acme-logs", key(1), first, "", size)), second, whole("the second"))
			s.logs.Delete(t, key(1))
			const gone = "failed: it was announced and is not there any more, and the bucket keeps no"
			if item := one(t, opener, put("acme-logs", key(1), first, "", size)); !strings.HasPrefix(text(t, item), gone) {
				t.Errorf("deleted: %s", text(t, item))
			}
			if item := one(t, opener, byTrail(key(1))); !strings.HasPrefix(text(t, item), gone) {
				t.Errorf("deleted: %s", text(t, item))
			}
			if item := one(t, opener, put("acme-logs", strings.ReplaceAll(key(1), "CloudTrail", "CloudTrail-Digest"), first, "", size)); item.PassOver != "a digest file" {
				t.Errorf("%+v", item)
			}
			if item := one(t, opener, put("acme-logs", key(1)[:40]+"/picture.png", "", "", 7)); item.PassOver != "not a log file by its name" {
				t.Errorf("%+v", item)
			}
		})
	}
	s.logs.Versioned(t)
	for name, ahead := range map[string]int64{"versions, ahead": 0, "versions, later": -1} {
		t.Run(name, func(t *testing.T) {
			opener := queue.NewOpener(s.caller, queue.OpenerOptions{Ahead: ahead})
			first, id, size := write(2, "one")
			second, id2, size2 := write(2, "the second")
			if item := one(t, opener, put("acme-logs", key(2), first, id, size)); text(t, item) != whole("one") || item.Version != first {
				t.Errorf("%s", text(t, item))
			}
			if item := one(t, opener, put("acme-logs", key(2), second, id, size)); text(t, item) == whole("one") && item.Version == second {
				t.Error("a forged ETag is taken for that of another version's bytes")
			}
			s.logs.Delete(t, key(2)) // leaves a marker
			if item := one(t, opener, put("acme-logs", key(2), second, id2, size2)); text(t, item) != whole("the second") {
				t.Errorf("%s", text(t, item))
			}
			if item := one(t, opener, byTrail(key(2))); text(t, item) != whole("the second") || item.Version != second {
				t.Errorf("by its newest version: %s %s", item.Version, text(t, item))
			}
			if item := one(t, opener, put("acme-logs", key(2), first, "", size)); ahead == 0 && text(t, item) != whole("one") {
				t.Errorf("by its ETag: %s %s", item.Version, text(t, item))
			}
			if _, err := s.logs.Owner.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: &s.logs.Name, Key: aws.String(key(2)), VersionId: &id}); err != nil {
				t.Fatal(err)
			}
			if item := one(t, opener, put("acme-logs", key(2), first, id, size)); !strings.HasPrefix(text(t, item), "failed: it was announced and is not there any more, that version of it was deleted") {
				t.Errorf("%s", text(t, item))
			}
		})
	}
}

// TestBodies: a body that is cut is asked for again.
func TestBodies(t *testing.T) {
	s := newSite(t)
	faults := s.aws.Faults(t)
	s.logs.Put(t, awstest.Object{Key: key(1), Body: logFile("a")})
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetObject", CutAfter: 0.5, Times: 2})
	opener := queue.NewOpener(faults.Through(s.caller), queue.OpenerOptions{})
	if got := text(t, one(t, opener, put("acme-logs", key(1), etagOf(t, s, key(1)), "", len(logFile("a"))))); got != whole("a") {
		t.Errorf("%s", got)
	}
	if n := len(faults.Fired(t)); n != 2 {
		t.Errorf("%d faults", n)
	}
}

// TestElsewhere: a bucket of another region, one that is not there, many of them.
func TestElsewhere(t *testing.T) {
	s := newSite(t)
	far := s.owner.Bucket(t, "far-logs", awstest.In("eu-west-1"))
	there := s.owner.Config()
	there.Region = "eu-west-1"
	if _, err := s3.NewFromConfig(there, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &far.Name, Key: aws.String(key(1)), Body: bytes.NewReader(logFile("far")),
	}); err != nil {
		t.Fatal(err)
	}
	opener := queue.NewOpener(s.owner.Config(), queue.OpenerOptions{})
	if got := text(t, one(t, opener, put("far-logs", key(1), "", "", 0))); got != whole("far") {
		t.Errorf("%s", got)
	}
	for n := range 100 { // more than are remembered
		if got := text(t, one(t, opener, put(fmt.Sprint("nobody-s-", n), key(1), "", "", 0))); !strings.HasPrefix(got, "failed: it was announced and is not there any more, and neither is the bucket nobody-s-") {
			t.Fatalf("%s", got)
		}
	}
	for prefix, allowed := range map[string]bool{
		"s3://far-logs": true, "s3://far-logs/AWSLogs/": true, "s3://far-logs/" + key(1)[:20]: true,
		"s3://far-log": false, "s3://far-logs/awslogs/": false, "s3://far-logs-2": false, "s3://far-logs/" + key(2): false,
	} {
		o := queue.NewOpener(s.owner.Config(), queue.OpenerOptions{From: []string{"s3://none/", prefix}, Ahead: -1})
		_, err := o.Delivery(t.Context(), notice.Message{Body: []byte(put("far-logs", key(1), "0123", "1", 9))})
		if _, refused := err.(*notice.Error); refused == allowed {
			t.Errorf("%s: %v", prefix, err)
		}
	}
}
