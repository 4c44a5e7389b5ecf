//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/install"
)

// TestCredentialProcess has AWS's own command line take its credentials from this
// program, as credential_process in a profile.
func TestCredentialProcess(t *testing.T) {
	python, err := awstest.CommandLine(t.Context())
	if err != nil {
		install.Missing(t, "aws with credential_process", err)
	}
	stand := stack.Start(t)
	b := stand.Account(hubAccount).Bucket(t, "acme-lent")
	b.Put(t, awstest.Object{Key: "AWSLogs/x.json", Body: []byte(`{"Records":[]}`)})
	role := stand.Account(hubAccount).Role(t, "lent", awstest.Trust("3414", readerAccount), `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::acme-lent"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-lent/*"}]}`)
	kim, err := stand.Account(readerAccount).User(t, "kim", awstest.Allow(role, "sts:AssumeRole")).Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("crosstrail")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	configured := func(profile string) string {
		return fmt.Sprintf("[profile me]\naws_access_key_id = %s\naws_secret_access_key = %s\n\n[profile acme-logs]\ncredential_process = %s share fetch --role-arn %s --external-id 3414 %s --credential-process\n",
			kim.AccessKeyID, kim.SecretAccessKey, program, role, profile)
	}
	aws := func(config string, args ...string) (string, error) {
		path := filepath.Join(dir, "config")
		if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), python, append([]string{"-m", "awscli", "--endpoint-url", stand.Endpoint}, args...)...)
		cmd.Env = []string{"AWS_ENDPOINT_URL=" + stand.Endpoint, "AWS_DEFAULT_REGION=us-east-1", "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE=" + path, "AWS_PROFILE=acme-logs", "HOME=" + dir, "PATH=/usr/bin:/bin", "GORACE=atexit_sleep_ms=0"}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := aws(configured("--profile me"), "s3", "cp", "s3://acme-lent/AWSLogs/x.json", "-"); err != nil || out != `{"Records":[]}` {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := aws(configured("--profile me"), "sts", "get-caller-identity"); err != nil || !strings.Contains(out, ":assumed-role/lent/crosstrail") {
		t.Errorf("%v\n%s", err, out)
	}
	// A profile that is its own caller is told, and does not start itself for ever.
	if out, err := aws(configured(""), "sts", "get-caller-identity"); err == nil || !strings.Contains(out, "credential_process calls itself") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestStopped: whatever ends a run, Ctrl-C or kill -9, the same command ends it,
// with the same bytes and nothing fetched twice.
func TestStopped(t *testing.T) {
	stand := stack.Start(t)
	t.Chdir(t.TempDir())
	b := stand.Account(hubAccount).Bucket(t, "acme-killed")
	want := beingFetched{}
	source := rand.NewChaCha8([32]byte{})
	for n := range 24 {
		body := make([]byte, 200<<10)
		if n == 20 {
			body = make([]byte, 6<<20)
		}
		_, _ = source.Read(body) // never fails
		want[fmt.Sprintf("day-%d/%d.json.gz", n%3, n)] = body
		b.Put(t, awstest.Object{Key: fmt.Sprintf("AWSLogs/day-%d/%d.json.gz", n%3, n), Body: body})
	}
	faults := stand.Faults(t)
	faults.Set(t, awstest.Fault{Service: "s3", Operation: "GetObject", Resource: "20.json.gz", Pace: 2 << 20})
	command := func() *exec.Cmd {
		cmd := exec.Command("crosstrail", "share", "fetch", "s3://acme-killed/AWSLogs", "logs", "--endpoint-url", faults.Endpoint)
		cmd.Env = append(os.Environ(), append(stand.Environment(t, stand.Account(hubAccount).Config()), "GORACE=atexit_sleep_ms=0")...)
		return cmd
	}

	status, out := want.stop(t, command(), os.Interrupt, 0)
	files, whole, _ := want.there()
	if status != exitFailed || files != whole || !strings.Contains(out, "note: stopping: ") || !strings.Contains(out, "fetched "+number(files, "file")+", ") ||
		!strings.HasSuffix(out, "note: what was fetched until now is in logs; the same command goes on from there\nerror: interrupted\n") {
		t.Errorf("Ctrl-C: exit status %d, %d files have their names, %d are whole: %s", status, files, whole, out)
	}
	want.stop(t, command(), os.Kill, 2<<20)
	files, whole, size := want.there()
	if files != whole || files == len(want) {
		t.Fatalf("kill -9: %d files have their names, %d of them are whole", files, whole)
	}
	faults.Clear(t)
	before := stand.Requests(t)["s3:GetObject"]
	told, err := command().CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, told)
	}
	if _, whole, _ := want.there(); whole != len(want) {
		t.Errorf("%d files are whole in the end", whole)
	}
	missing := len(want) - files
	if again := stand.Requests(t)["s3:GetObject"] - before; again != missing {
		t.Errorf("%d were missing, and %d were fetched", missing, again)
	}
	if !strings.Contains(string(told), fmt.Sprintf("fetched %s, 4.0 MiB; there already %d; failed 0", number(missing, "file"), files)) && size >= 2<<20 {
		t.Errorf("with %d bytes of the large one there it says %s", size, told)
	}
}

// beingFetched are the files that a run fetches into the folder logs.
type beingFetched map[string][]byte

// there is how many have their names, and are whole, and how much there is of the
// largest that is coming.
func (b beingFetched) there() (files, whole int, size int64) {
	for name, body := range b {
		got, err := os.ReadFile(filepath.Join("logs", name))
		if err == nil {
			files++
		}
		if err == nil && bytes.Equal(got, body) {
			whole++
		}
	}
	parts, _ := filepath.Glob("logs/.crosstrail-fetch/*.part")
	for _, part := range parts {
		if info, err := os.Stat(part); err == nil {
			size = max(size, info.Size())
		}
	}
	return files, whole, size
}

// stop ends a run once much of it is there, and so much of a file that is coming.
func (b beingFetched) stop(t *testing.T, cmd *exec.Cmd, by os.Signal, coming int64) (status int, out string) {
	t.Helper()
	var told bytes.Buffer
	cmd.Stderr = &told
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		files, _, size := b.there()
		if files > 10 && size > coming {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatal("it does not get on: ", files, size, told.String())
		}
	}
	if err := cmd.Process.Signal(by); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was stopped
	return cmd.ProcessState.ExitCode(), told.String()
}
