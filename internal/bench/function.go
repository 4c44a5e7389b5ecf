package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

// programs are what is measured, built as they are deployed.
type programs struct{ crosstrail, lambda string }

func build(ctx context.Context, folder string) (p programs, err error) {
	p = programs{filepath.Join(folder, "crosstrail"), filepath.Join(folder, "bootstrap")}
	for program, args := range map[string][]string{p.crosstrail: {"./cmd/crosstrail"}, p.lambda: {"-tags", "lambda.norpc", "-ldflags=-s -w", "./cmd/crosstrail-lambda"}} {
		cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-trimpath", "-o", program}, args...)...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := cmd.CombinedOutput(); err != nil {
			return p, fmt.Errorf("go build: %w\n%s", err, said)
		}
	}
	return p, nil
}

// environment leads a program to the stand-ins, and to nothing else.
func environment(logs *awstest.Load, queue, table string) []string {
	return []string{
		"AWS_ENDPOINT_URL_S3=" + aws.ToString(logs.Config().BaseEndpoint), "AWS_ENDPOINT_URL_SQS=" + queue, "AWS_ENDPOINT_URL_DYNAMODB=" + table,
		"AWS_ENDPOINT_URL=http://127.0.0.1:9", "AWS_REGION=" + awstest.Region, "AWS_ACCESS_KEY_ID=load", "AWS_SECRET_ACCESS_KEY=load", "AWS_EC2_METADATA_DISABLED=true",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "NO_PROXY=127.0.0.1", "HOME=" + os.TempDir(),
	}
}

// notice is what S3 tells of an object.
func notice(o awstest.Object) string {
	key := strings.ReplaceAll(url.QueryEscape(o.Key), "%2F", "/")
	return fmt.Sprintf(`{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"us-east-1","eventTime":"2026-03-03T10:05:00.000Z","eventName":"ObjectCreated:Put",`+
		`"s3":{"s3SchemaVersion":"1.0","bucket":{"name":"acme-trail","arn":"arn:aws:s3:::acme-trail"},"object":{"key":%q,"size":%d}}}]}`, key, len(o.Body))
}

// batches is what Lambda hands over of a queue, ten messages at once.
func batches(notices []string) (events []string) {
	for n := 0; n < len(notices); n += 10 {
		var records []string
		for i, body := range notices[n:min(n+10, len(notices))] {
			records = append(records, fmt.Sprintf(`{"messageId":"m%d","receiptHandle":"r","body":%s,"attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1772532300000"},"messageAttributes":{},`+
				`"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:us-east-1:000000000000:trail","awsRegion":"us-east-1"}`, i, strconv.Quote(body)))
		}
		events = append(events, `{"Records":[`+strings.Join(records, ",")+`]}`)
	}
	return events
}

// function is an execution environment of Lambda: a process of the function, and
// what hands it events (Lambda Developer Guide, "Using the Lambda runtime API for
// custom runtimes").
type function struct {
	cmd     *exec.Cmd
	api     *httptest.Server
	events  chan string
	answers chan error
	log     strings.Builder
	ended   chan struct{}
}

func startFunction(program string, memory int, env []string) (*function, error) {
	f := &function{events: make(chan string), answers: make(chan error), ended: make(chan struct{})}
	f.api = httptest.NewServer(f)
	f.cmd = exec.Command(program)
	f.cmd.Env = append(env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(f.api.URL, "http://"), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(memory))
	f.cmd.Stdout, f.cmd.Stderr = &f.log, &f.log
	if err := f.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = f.cmd.Wait() // it is killed
		close(f.ended)
	}()
	return f, nil
}

// ServeHTTP is the runtime API.
func (f *function) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/next") {
		select {
		case event := <-f.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "r")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(5*time.Minute).UnixMilli(), 10))
			_, _ = io.WriteString(w, event)
		case <-r.Context().Done():
		case <-f.ended:
		}
		return
	}
	answer, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	var err error
	if strings.HasSuffix(r.URL.Path, "/error") || strings.Contains(string(answer), "itemIdentifier") {
		err = fmt.Errorf("the function failed: %s", answer)
	}
	select {
	case f.answers <- err:
	case <-f.ended:
	}
}

// invoke calls the function once.
func (f *function) invoke(event string) error {
	select {
	case f.events <- event:
	case <-f.ended:
		return errors.New("the function ended: " + f.log.String())
	}
	select {
	case err := <-f.answers:
		return err
	case <-f.ended:
		return errors.New("the function ended: " + f.log.String())
	}
}

// peak is the most memory that it had, in MiB.
func (f *function) peak() (mib int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", f.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	_, err = fmt.Sscanf(rest, "%d kB", &mib)
	return mib >> 10, err
}

func (f *function) stop() {
	_ = f.cmd.Process.Kill() // it may have ended
	<-f.ended
	f.api.CloseClientConnections()
	f.api.Close()
}
