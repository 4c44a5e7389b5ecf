package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source/lookup"
	"github.com/crosstrail/crosstrail/store/remote"
)

// TestWhoCostsNoMore asks a bucket who is behind a key, and asks it again when it
// has become twice as large, by accounts and by days: it takes the same requests.
func TestWhoCostsNoMore(t *testing.T) {
	t.Chdir(t.TempDir())
	load := awstest.OpenLoad("acme-large")
	defer load.Close()
	signIn(t, []string{"AWS_ENDPOINT_URL=" + aws.ToString(load.Config().BaseEndpoint), "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIA", "AWS_SECRET_ACCESS_KEY=x", "AWS_SESSION_TOKEN=", "AWS_PROFILE="})
	put := func(objects iter.Seq[awstest.Object]) {
		for o := range objects {
			load.Put(o)
		}
	}
	if _, stderr, status := runProgram(t, "", "demo"); status != 0 {
		t.Fatal(stderr)
	}
	put(demoObjects(t))
	put(quiet(0, 300, "2026/03/03", "20260303T1340Z"))
	who := func(more ...string) (text, cost string) {
		t.Helper()
		stdout, stderr, status := runProgram(t, "", append([]string{"who", "ASIA6RVFFB7735NGGZN5", "--from", "s3://acme-large", "-o", "json"}, more...)...)
		if status != 0 || !strings.Contains(stdout, `"name":"kim.lee"`) {
			t.Fatalf("exit status %d: %s\n%s", status, stdout, stderr)
		}
		return stdout, regexp.MustCompile(`\d+ pages listed, \d+ objects fetched`).FindString(stderr)
	}
	alert := []string{"--since", "2026-03-03T13:38:00Z", "--until", "2026-03-03T13:44:00Z"}
	text, cost := who(alert...)
	t.Log(cost)
	var lists, gets int
	if _, err := fmt.Sscanf(cost, "%d pages listed, %d objects fetched", &lists, &gets); err != nil || lists > 40 || gets > 40 {
		t.Errorf("it took %q, %v", cost, err)
	}
	put(quiet(300, 600, "2026/03/03", "20260303T1340Z"))
	put(quiet(0, 300, "2026/03/01", "20260301T1340Z"))
	if twice, now := who(alert...); now != cost || twice != text {
		t.Errorf("of twice as much it took %s, not %s", now, cost)
	}

	// Of so many accounts one has to be named, where what is asked tells none.
	_, stderr, status := runProgram(t, "", "who", "1ed77a2c-2d86-44dd-9960-bb71b28158ba", "--from", "s3://acme-large")
	if status != exitUsage || !strings.Contains(stderr, "hint: name the account: --account ID") {
		t.Errorf("exit status %d: %s", status, stderr)
	}
}

// TestBudget: what a log leads to is fetched up to a bound, which only who asks
// can lift.
func TestBudget(t *testing.T) {
	for _, c := range []struct {
		all  remote.Cost
		yes  bool
		over bool
	}{
		{remote.Cost{Lists: manyLists - 1, Files: manyFiles - 1, Bytes: manyBytes - 1}, false, false},
		{remote.Cost{Lists: manyLists}, false, true},
		{remote.Cost{Files: manyFiles}, false, true},
		{remote.Cost{Bytes: manyBytes}, false, true},
		{remote.Cost{Lists: 100 * manyLists, Files: 100 * manyFiles, Bytes: 100 * manyBytes}, true, false},
	} {
		b := budget{ui: &terminal{stdin: strings.NewReader("y\n"), stderr: io.Discard}, yes: c.yes}
		err := b.allow(t.Context(), c.all)
		if _, over := errors.AsType[*overBudget](err); over != c.over {
			t.Errorf("%+v: %v", c.all, err)
		}
		f, _ := errors.AsType[*failure](err)
		if c.over && (f == nil || !strings.Contains(strings.Join(f.hints, " "), "--yes")) {
			t.Errorf("%+v: it does not say how to go on: %v", c.all, err)
		}
	}
}

// demoObjects are the demo's log files.
func demoObjects(t *testing.T) iter.Seq[awstest.Object] {
	return func(yield func(awstest.Object) bool) {
		err := filepath.WalkDir("crosstrail-demo/AWSLogs", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			body, err := os.ReadFile(path)
			if err == nil && !yield(awstest.Object{Key: strings.TrimPrefix(filepath.ToSlash(path), "crosstrail-demo/"), Body: body}) {
				return fs.SkipAll
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// quiet is a log file of some accounts, the demo's among them, in each of 17
// regions.
func quiet(from, until int, day, stamp string) iter.Seq[awstest.Object] {
	return func(yield func(awstest.Object) bool) {
		z := gzip.NewWriter(nil) // the tables of one take a megabyte
		for n := from; n < until; n++ {
			account := fmt.Sprintf("%012d", 500_000_000_000+n)
			if demo := []string{"111111111111", "333333333333", "999999999999"}; n < len(demo) {
				account = demo[n]
			}
			for _, region := range lookup.Common() {
				var b bytes.Buffer
				z.Reset(&b)
				fmt.Fprintf(z, `{"Records":[{"eventVersion":"1.08","userIdentity":{"type":"AWSService","invokedBy":"config.amazonaws.com"},"eventTime":"%s-%s-%sT13:35:00Z","eventSource":"config.amazonaws.com","eventName":"PutEvaluations","awsRegion":%q,"eventID":"%s-%s-%s","recipientAccountId":%q}]}`,
					stamp[:4], stamp[4:6], stamp[6:8], region, account, region, stamp, account)
				_ = z.Close() // into memory
				if !yield(awstest.Object{
					Key:  fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_0123456789abcdef.json.gz", account, region, day, account, region, stamp),
					Body: b.Bytes(),
				}) {
					return
				}
			}
		}
	}
}
