// Command up runs the AWS of the tests in the foreground, with the log files and
// the accounts of crosstrail demo and of AWS's text on auditing in it, and says what to type: make aws-up.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/awstest/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "aws-up:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, told io.Writer) (err error) {
	fmt.Fprintln(told, "starting AWS; the first time, what it needs is installed below .cache")
	aws, err := awstest.Open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		thrown := recover()
		closed := aws.Close()
		switch f, ok := thrown.(failure); {
		case ok:
			err = f.error
		case thrown != nil:
			panic(thrown)
		case err == nil:
			err = closed
		}
	}()
	dir, err := os.MkdirTemp("", "aws-up-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // in the system's folder for what is temporary
	h := hand{ctx: ctx, dir: dir}
	fmt.Fprintln(told, "building the Lambda function")
	program := awstest.Build(h, "./cmd/crosstrail-lambda")
	var text bytes.Buffer
	fill(h, aws, program, &text)
	aws.Record(h)
	go io.Copy(out, &text) //nolint:errcheck // whoever reads slowly has what is typed meanwhile delivered
	return deliver(h, aws)
}

// live play AWS's text, beside those in which crosstrail deploy does the same.
var live = demo.Pair{Production: "888888888888", Development: "666666666666"}

// deliver has CloudTrail write log files of Production, and of the account that plays it,
// every few seconds, until the end: on AWS it takes minutes. The demo's bucket stays as
// the pages have it.
func deliver(h hand, aws *awstest.AWS) error {
	for {
		select {
		case <-h.ctx.Done():
			return nil
		case <-time.After(2 * time.Second):
			aws.Deliver(h, demo.Production, live.Production)
		}
	}
}

// fill puts all there, and says what to type.
func fill(h hand, aws *awstest.AWS, program string, out io.Writer) {
	d := demo.Fill(h, aws)
	sharing := h.file("sharing/config", []byte(demo.Sharing(h, aws)))
	deploying := h.file("deploy/config", []byte(demo.Deploying(h, aws)))
	aws.Twin(h, program)
	fmt.Fprintf(out, "\nAWS runs at %s. Ctrl-C ends it, and all that is in it is gone.\nThe log files of crosstrail demo, with their digest files, are in s3://%s.\n", aws.Endpoint, demo.Bucket)
	sayDeploy(out, deploying)
	fmt.Fprintf(out, "\nAs the IAM user analyst of account %s, who may read the bucket as the role LogReader\nof account %s, in a terminal of its own:\n\n", demo.Analysts, demo.Owner)
	for _, entry := range aws.Environment(h, d.Analyst) {
		if strings.HasPrefix(entry, "AWS_") { // the proxies would hold up other programs of that terminal
			fmt.Fprintf(out, "    export %s\n", entry)
		}
	}
	fmt.Fprintf(out, `
    go run ./cmd/crosstrail trace s3://%[1]s --role-arn %[3]s --external-id %[4]s

As root of the account that owns the bucket, whom no policy binds, the incident of
docs/incident.md:

    export AWS_ACCESS_KEY_ID=%[2]s AWS_SECRET_ACCESS_KEY=test AWS_SESSION_TOKEN=
    go run ./cmd/crosstrail who ASIA6RVFFB7735NGGZN5 --from s3://%[1]s

With the profiles logs, dev, jsmith and auditor, the sharing of docs/sharing.md:

    unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    export AWS_CONFIG_FILE=%[5]s
    go run ./cmd/crosstrail share plan --to %[6]s --profile logs
`, demo.Bucket, demo.Owner, d.Role, demo.ExternalID, sharing, demo.Analysts)
	profiles := h.file("live/config", []byte(demo.Profiles(h, aws, live)))
	demo.FillPythonTable(h, aws.Account(live.Production))
	sayLive(h, demo.Auditing(h, aws, live, program), profiles, out)
}

// sayDeploy says how the text's walk is done by crosstrail deploy: the README's session.
func sayDeploy(out io.Writer, profiles string) {
	fmt.Fprintf(out, `
Set up in AWS, docs/deploy.md: the accounts %[1]s (profile prod), %[2]s
(dev, its user is jsmith) and a third party's, %[3]s (vendor, alice), each with a
trail, and nothing set up yet. In another terminal, here, where the repository is:

    make build
    export PATH=$PWD:$PATH AWS_CONFIG_FILE=%[4]s

    crosstrail deploy up hub --profile prod --account %[2]s --watch-role arn:aws:iam::%[1]s:role/CrossAccountTest
    crosstrail deploy up role CrossAccountTest --profile prod --to %[2]s --external-id %[5]s
    crosstrail deploy up spoke --profile dev --hub arn:aws:events:us-east-1:%[1]s:event-bus/crosstrail --external-id %[5]s
    crosstrail deploy test --profile prod --as dev --role-arn arn:aws:iam::%[1]s:role/CrossAccountTest --external-id %[5]s
    crosstrail deploy status --profile prod --as dev

and down again:

    crosstrail deploy down spoke --profile dev
    crosstrail deploy down role CrossAccountTest --profile prod
    crosstrail deploy down hub --profile prod
`, demo.Production, demo.Development, demo.Outsider, profiles, demo.ExternalID)
}

// sayLive puts down what the text on auditing has, and says how to send it.
func sayLive(h hand, a *demo.Audit, profiles string, out io.Writer) {
	f := demo.ListBucketsFile()
	h.file(filepath.Join("logs", f.Name), f.Gzip())
	event := h.file("event.json", demo.AssumeRoleEvent)
	f = demo.VendorFile()
	h.file(filepath.Join("vendor", f.Name), f.Gzip())
	h.file("vendor.json", demo.VendorEvent)
	fmt.Fprintf(out, `
As it happens, docs/live.md, whose files are in %[10]s: the two functions of AWS's text on auditing cross-account
roles are there, with its rule and topic in account %[1]s, its table, trail and
bucket in %[2]s; the page has the text's own accounts. With AWS's command line:

    export AWS_CONFIG_FILE=%[11]s
%[3]s    aws s3 cp --profile prod --recursive %[4]s s3://%[5]s
    aws sns publish --profile dev --topic-arn %[6]s --message file://%[7]s

are the log file with the text's first record, and the event that EventBridge sends of
the call before it. A second later:

    go run ./cmd/crosstrail who 099ff820-00f2-4500-94fc-2b9da26d576f --store dynamodb://%[8]s --profile prod

For a call of your own, which CloudTrail records, EventBridge sends to the topic, and a
log file has some seconds later, jsmith assumes the role (profile session):

    aws s3api list-buckets --profile session
    go run ./cmd/crosstrail events --event-name ListBuckets --since 1h --store dynamodb://%[8]s --profile prod

What both functions are told comes into a queue, too:

    go run ./cmd/crosstrail follow --queue %[9]s --from s3://%[5]s --store ./followed --profile prod --yes
`, live.Development, live.Production, commandLine(h), filepath.Join(h.dir, "logs"), demo.TrailBucket, a.Topic.ARN, event, demo.AuditTable, a.Queue.URL, h.dir, profiles)
}

// commandLine is what the terminal needs to have AWS's command line: nothing where it
// has one.
func commandLine(h hand) string {
	if exec.CommandContext(h.ctx, "aws", "--version").Run() == nil {
		return ""
	}
	python, err := awstest.CommandLine(h.ctx)
	if err != nil {
		panic(failure{err})
	}
	program := h.file(filepath.Join("bin", "aws"), []byte("#!/bin/sh\nexec '"+python+"' -m awscli \"$@\"\n"))
	if err := os.Chmod(program, 0o700); err != nil {
		panic(failure{err})
	}
	return "    export PATH=" + filepath.Dir(program) + ":$PATH\n"
}

// hand is what awstest reports to where there is no test: its first failure ends
// the program.
type hand struct {
	testing.TB
	ctx context.Context
	dir string
}

// file writes one below the folder of this run.
func (h hand) file(name string, body []byte) string {
	name = filepath.Join(h.dir, name)
	err := os.MkdirAll(filepath.Dir(name), 0o700)
	if err == nil {
		err = os.WriteFile(name, body, 0o600)
	}
	if err != nil {
		panic(failure{err})
	}
	return name
}

type failure struct{ error }

func (h hand) Helper()                           {}
func (h hand) TempDir() string                   { return h.dir }
func (h hand) Context() context.Context          { return h.ctx }
func (h hand) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }
