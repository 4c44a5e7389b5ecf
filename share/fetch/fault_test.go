package fetch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/share/fetch"
	"github.com/crosstrail/crosstrail/source/bucket"
)

func withExternalID(id string) func(*sts.AssumeRoleInput) {
	return func(in *sts.AssumeRoleInput) { in.ExternalId = aws.String(id) }
}

// TestFaults: what goes away is fetched all the same, and what stays is named, and
// leaves nothing under a file's own name.
func TestFaults(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "trails")
	small, large := awstest.Object{Key: "small.json.gz", Body: random(4000, 1)}, awstest.Object{Key: "large.json.gz", Body: random(4<<20, 2)}
	b.Put(t, small, large)
	faults := stand.Faults(t)
	cfg := eager(faults.Through(stand.Account(owner).Config()))
	get := awstest.Fault{Service: "s3", Operation: "GetObject"}
	for _, c := range []struct {
		name  string
		fault func(f *awstest.Fault)
		wrong string // of each file; empty: it is fetched
	}{
		{"throttled", func(f *awstest.Fault) { f.Error, f.Times = "SlowDown", 3 }, ""},
		{"cut", func(f *awstest.Fault) { f.CutAfter, f.Times = 0.4, 3 }, ""},
		{"changed on the way", func(f *awstest.Fault) { f.Corrupt, f.Times = 3, 2 }, ""},
		{"slow", func(f *awstest.Fault) { f.Latency = 300 * time.Millisecond }, ""},
		{"always changed", func(f *awstest.Fault) { f.Corrupt = 3 }, "it came with other bytes than S3 has a checksum of"},
		{"always refused", func(f *awstest.Fault) { f.Error, f.Status = "AccessDenied", 403 }, "refused: "},
		{"always throttled", func(f *awstest.Fault) { f.Error = "SlowDown" }, "S3 says that there are too many requests"},
		{"archived", func(f *awstest.Fault) { f.Error, f.Status = "InvalidObjectState", 403 }, "it is archived (Glacier)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fault := get
			c.fault(&fault)
			faults.Set(t, fault)
			defer faults.Clear(t)
			dir := t.TempDir()
			out := intoFolder(t, reach(t, cfg, b.URI("")), dir)
			if c.wrong == "" {
				out.is(t, 2, 0, 0)
				same(t, files(t, dir), "", small, large)
				return
			}
			out.is(t, 0, 0, 2)
			for uri, text := range out.failed {
				if !strings.HasPrefix(text, c.wrong) {
					t.Errorf("%s: %s", uri, text)
				}
			}
			if len(files(t, dir)) != 0 {
				t.Error("a file that did not come whole has its name")
			}
		})
	}
}

// TestGoesOn: a large file that was cut, in whatever run, goes on where it was; and
// not where what is there is not what it was.
func TestGoesOn(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "trails")
	large := awstest.Object{Key: "large.json.gz", Body: random(4<<20, 2)}
	b.Put(t, large)
	faults := stand.Faults(t)
	cfg := eager(faults.Through(stand.Account(owner).Config()))
	stopped := func(t *testing.T, dir string) (part string) {
		return stoppedInTheMiddle(t, faults, reach(t, cfg, b.URI("")), dir)
	}
	t.Run("with the rest", func(t *testing.T) {
		dir := t.TempDir()
		part := stopped(t, dir)
		info, err := os.Stat(part)
		if err != nil {
			t.Fatal(err)
		}
		out := intoFolder(t, reach(t, cfg, b.URI("")), dir)
		out.is(t, 1, 0, 0)
		same(t, files(t, dir), "", large)
		if want := int64(len(large.Body)) - info.Size(); out.Bytes != want {
			t.Errorf("%d bytes came, and %d were missing", out.Bytes, want)
		}
		if _, err := os.Stat(part); !os.IsNotExist(err) {
			t.Error("the part is still there")
		}
	})
	t.Run("a damaged part", func(t *testing.T) {
		dir := t.TempDir()
		part := stopped(t, dir)
		text, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		text[100] ^= 1
		write(t, part, string(text))
		intoFolder(t, reach(t, cfg, b.URI("")), dir).is(t, 1, 0, 0)
		same(t, files(t, dir), "", large)
	})
	t.Run("changed meanwhile", func(t *testing.T) {
		dir := t.TempDir()
		stopped(t, dir)
		large.Body = random(4<<20, 5)
		b.Put(t, large)
		intoFolder(t, reach(t, cfg, b.URI("")), dir).is(t, 1, 0, 0)
		same(t, files(t, dir), "", large)
	})
	t.Run("changed since it was listed", func(t *testing.T) {
		dir := t.TempDir()
		to, err := fetch.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer to.Close()
		said := ""
		job := fetch.Job{From: reach(t, cfg, b.URI("")), To: to, Failed: func(_ string, err error) { said = err.Error() }}
		if _, err := job.Survey(t.Context()); err != nil {
			t.Fatal(err)
		}
		large.Body = random(4<<20, 6)
		b.Put(t, large)
		if c, err := job.Run(t.Context()); err != nil || c.Failed != 1 || !strings.HasPrefix(said, "it has changed since it was listed: the same command again") {
			t.Error(c, err, said)
		}
	})
}

// TestGoesOnInParts: so does one of which S3 tells no MD5, where its part was synced
// when it was stopped; with the bytes of the same object alone.
func TestGoesOnInParts(t *testing.T) {
	stand := stack.Start(t)
	b := stand.Account(owner).Bucket(t, "parts")
	large := awstest.Object{Key: "large.json.gz", Body: random(4<<20, 2)}
	inParts(t, b, large)
	faults := stand.Faults(t)
	cfg := eager(faults.Through(stand.Account(owner).Config()))
	for name, kept := range map[string]bool{"stopped": true, "cut off": false} {
		dir := t.TempDir()
		part := stoppedInTheMiddle(t, faults, reach(t, cfg, b.URI("")), dir)
		want := int64(len(large.Body))
		if info, err := os.Stat(part); err != nil {
			t.Fatal(err)
		} else if kept {
			want -= info.Size()
		}
		if !kept { // as a part that nobody synced is
			if err := os.Chtimes(part, time.Now(), time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		out := intoFolder(t, reach(t, cfg, b.URI("")), dir)
		out.is(t, 1, 0, 0)
		same(t, files(t, dir), "", large)
		if out.Bytes != want {
			t.Errorf("%s: %d bytes came of %d", name, out.Bytes, want)
		}
	}
	dir := t.TempDir()
	stoppedInTheMiddle(t, faults, reach(t, cfg, b.URI("")), dir)
	large.Body = random(4<<20, 7)
	inParts(t, b, large)
	intoFolder(t, reach(t, cfg, b.URI("")), dir).is(t, 1, 0, 0)
	same(t, files(t, dir), "", large)
}

// stoppedInTheMiddle fetches one large file, and is stopped when a part is there.
func stoppedInTheMiddle(t *testing.T, faults *awstest.Faults, from *bucket.Log, dir string) (part string) {
	t.Helper()
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetObject", Pace: 4 << 20})
	defer faults.Clear(t)
	to, err := fetch.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	ctx, cancel := context.WithCancel(t.Context())
	job := fetch.Job{From: from, To: to}
	if _, err := job.Survey(ctx); err != nil {
		t.Fatal(err)
	}
	go func() {
		for job.Counts().Bytes < 2<<20 && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	if c, err := job.Run(ctx); !errors.Is(err, context.Canceled) || c.Fetched+c.Failed != 0 {
		t.Fatal(c, err)
	}
	parts, _ := filepath.Glob(filepath.Join(dir, ".crosstrail-fetch", "*.part"))
	if len(parts) != 1 || len(files(t, dir)) != 0 {
		t.Fatal(parts)
	}
	return parts[0]
}
