//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/klauspost/compress/gzip"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/store/local"
)

// fleet is a bucket of live-sized log files, and what is in them.
type fleet struct {
	bucket *awstest.Load
	keys   []string
	events map[cloudtrail.ID]bool
}

// liveFleet puts so many log files into a bucket, of which one in five holds what
// another does. Making them costs more than reading them: so a part is made, and the
// rest is that with other event ids. most is how many records a file has.
func liveFleet(t *testing.T, files, most int) *fleet {
	t.Helper()
	f := &fleet{bucket: awstest.OpenLoad("trail"), events: map[cloudtrail.ID]bool{}}
	t.Cleanup(f.bucket.Close)
	const copies = 10
	var packed bytes.Buffer
	level := gzip.BestSpeed
	if most < 100 { // what they take is little
		level = gzip.NoCompression
	}
	z, err := gzip.NewWriterLevel(&packed, level)
	if err != nil {
		t.Fatal(err)
	}
	var d cloudtrail.Decoder
	id := regexp.MustCompile(`"eventID":"`)
	for file := range synth.Corpus(synth.Live, 42, 1<<30) {
		file.Records = file.Records[:min(len(file.Records), most)]
		body := file.Body()
		at := id.FindAllIndex(body, -1)
		account := cloudtrail.ParseLogFileName(file.Name).Account
		var ids []cloudtrail.ID
		for r, err := range d.Records(body) {
			if err != nil {
				t.Fatal(err)
			}
			id := r.ID(account)
			ids = append(ids, cloudtrail.ID{Event: strings.Clone(id.Event), Recipient: strings.Clone(id.Recipient)})
		}
		for i := range min(copies, files-len(f.keys)) {
			mark := fmt.Sprintf("%04x", i)
			for _, span := range at {
				copy(body[span[1]:], mark)
			}
			packed.Reset()
			z.Reset(&packed)
			if _, err := z.Write(body); err != nil || z.Close() != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(file.Name, ".json.gz") + strconv.Itoa(i) + ".json.gz"
			f.bucket.Put(awstest.Object{Key: name, Body: bytes.Clone(packed.Bytes())})
			f.keys = append(f.keys, name)
			for _, id := range ids {
				f.events[cloudtrail.ID{Event: mark + id.Event[len(mark):], Recipient: id.Recipient}] = true
			}
		}
		if len(f.keys) == files {
			break
		}
	}
	return f
}

// messages announce files as S3 and CloudTrail do, some of several files, some
// twice, in another order than that they were delivered in.
func (f *fleet) messages(r *rand.Rand) (all []string) {
	for keys := f.keys; len(keys) > 0; {
		n := 1
		if r.IntN(2) == 0 {
			n = min(1+r.IntN(12), len(keys))
		}
		if n > 1 && r.IntN(2) == 0 {
			body, _ := json.Marshal(map[string]any{"s3Bucket": "trail", "s3ObjectKey": keys[:n]})
			all = append(all, string(body))
		} else {
			all = append(all, created("trail", keys[:n]...))
		}
		if r.IntN(10) == 0 {
			all = append(all, all[len(all)-1])
		}
		keys = keys[n:]
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// created is S3's notice of new objects.
func created(bucket string, keys ...string) string {
	var records []any
	for _, key := range keys {
		records = append(records, map[string]any{
			"eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
			"s3": map[string]any{"bucket": map[string]any{"name": bucket}, "object": map[string]any{"key": key}},
		})
	}
	body, _ := json.Marshal(map[string]any{"Records": records})
	return string(body)
}

// follower is the program at work.
type follower struct {
	*exec.Cmd
	out    bytes.Buffer
	err    growing
	ended  chan struct{}
	status int
}

// startFollow starts the program as a process. A message that it leaves behind comes
// again soon: so does one that the stand-in hands to who asked for it, and has ended
// since.
func startFollow(t *testing.T, environment []string, args ...string) *follower {
	t.Helper()
	return startFollowOf(t, "crosstrail", environment, args...)
}

// startFollowOf is startFollow of another program.
func startFollowOf(t *testing.T, program string, environment []string, args ...string) *follower {
	t.Helper()
	f := &follower{Cmd: exec.Command(program, append([]string{"follow", "--yes", "--visible", "5s"}, args...)...), ended: make(chan struct{})}
	f.Env = append(append(os.Environ(), environment...), "GORACE=atexit_sleep_ms=0")
	f.Stdout, f.Stderr = &f.out, &f.err
	if err := f.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = f.Wait() // the exit status tells
		f.status = f.ProcessState.ExitCode()
		close(f.ended)
	}()
	t.Cleanup(func() {
		_ = f.Process.Kill()
		<-f.ended
		if t.Failed() {
			t.Logf("follow %s said:\n%.4000s", strings.Join(args, " "), f.err.String())
		}
	})
	return f
}

// stop ends it, and tells how long that took.
func (f *follower) stop(t *testing.T, s syscall.Signal) time.Duration {
	t.Helper()
	begun := time.Now()
	if err := f.Process.Signal(s); err != nil {
		t.Fatal(err, f.err.String())
	}
	select {
	case <-f.ended:
	case <-time.After(30 * time.Second):
		t.Fatalf("it does not end: %s", f.err.String())
	}
	return time.Since(begun)
}

// get asks what it answers by HTTP.
func (f *follower) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	var at string
	await(t, "the address", func() bool {
		m := regexp.MustCompile(`answering on (http://[^/]+)/healthz`).FindStringSubmatch(f.err.String())
		if m != nil {
			at = m[1]
		}
		return m != nil
	})
	resp, err := http.Get(at + path) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// metric is a value of /metrics, -1 where there is none.
func metric(text, name string) float64 {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			if err == nil {
				return v
			}
		}
	}
	return -1
}

// loads are the settings by which queues and objects are those of this process.
func loads(q *awstest.LoadQueue, b *awstest.Load) []string {
	return []string{
		"AWS_ENDPOINT_URL_SQS=" + aws.ToString(q.Config().BaseEndpoint), "AWS_ENDPOINT_URL_S3=" + aws.ToString(b.Config().BaseEndpoint),
		"AWS_ACCESS_KEY_ID=load", "AWS_SECRET_ACCESS_KEY=load", "AWS_SESSION_TOKEN=", "AWS_PROFILE=", "AWS_REGION=" + awstest.Region,
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
		"HTTPS_PROXY=http://127.0.0.1:9", "NO_PROXY=127.0.0.1",
	}
}

// sqsAndLoad are the settings by which queues are the stand-in's, and objects those
// of a Load.
func sqsAndLoad(t *testing.T, stand *awstest.AWS, owner awstest.Account, load *awstest.Load) []string {
	t.Helper()
	environment := stand.Environment(t, owner.Config())
	if load != nil {
		environment = append(environment, "AWS_ENDPOINT_URL_S3="+aws.ToString(load.Config().BaseEndpoint))
	}
	return environment
}

// eventsIn are the events of a store in a folder.
func eventsIn(t *testing.T, dir string) map[cloudtrail.ID]int {
	t.Helper()
	r, err := local.OpenReader(t.Context(), dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // only read from
	all := map[cloudtrail.ID]int{}
	for row, err := range r.Rows(t.Context(), query.Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		all[row.ID]++
	}
	return all
}
