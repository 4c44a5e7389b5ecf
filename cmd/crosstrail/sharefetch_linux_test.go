package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// TestFetchAsks: before much is fetched it says how much, and asks on a terminal,
// where it then shows how far it is.
func TestFetchAsks(t *testing.T) {
	load := awstest.OpenLoad("acme-much")
	defer load.Close()
	const files = 1100
	for n := range files {
		load.Put(awstest.Object{Key: fmt.Sprintf("AWSLogs/%d.json", n), Body: []byte(`{"Records":[]}`)})
	}
	credentials, err := load.Config().Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", credentials.AccessKeyID)
	t.Setenv("AWS_SECRET_ACCESS_KEY", credentials.SecretAccessKey)
	t.Setenv("AWS_SESSION_TOKEN", credentials.SessionToken)
	t.Chdir(t.TempDir())
	const says = "s3://acme-much/AWSLogs/: 1,100 files, 15.0 KiB; to be fetched: 1,100 files, 15.0 KiB, about 1s"
	for _, c := range []struct {
		answer string
		more   []string
		status int
		asked  bool
		says   string
		gets   int64
	}{
		{"\n", nil, exitFailed, true, "error: nothing was fetched", 0},
		{"y\n", nil, exitDone, true, "fetched 1,100 files, 15.0 KiB; there already 0; failed 0", files},
		{"", nil, exitDone, false, "fetched 0 files, 0 B; there already 1,100; failed 0", 0},
		{"", []string{"--yes"}, exitDone, false, "there already 1,100", 0},
	} {
		before := load.Served().Gets
		command := append([]string{"share", "fetch", "s3://acme-much/AWSLogs/", "logs", "--endpoint-url", aws.ToString(load.Config().BaseEndpoint)}, c.more...)
		seen, status := asked(t, c.answer, command...)
		if status != c.status || strings.Contains(seen, "go on? [y/N]") != c.asked || strings.Contains(seen, says) != c.asked || !strings.Contains(seen, c.says) {
			t.Errorf("%q %v: exit status %d, %q", c.answer, c.more, status, seen)
		}
		if gets := load.Served().Gets - before; gets != c.gets {
			t.Errorf("%q %v: %d objects were fetched, want %d", c.answer, c.more, gets, c.gets)
		}
	}
}
