// Command up runs the AWS of the tests in the foreground, with the log files and
// the accounts of crosstrail demo in it, and says what to type: make aws-up.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
)

const (
	management = "222222222222"
	vault      = "333333333333" // owns the bucket
	analysts   = "111111111111"
	bucketName = "acme-logs"
	externalID = "3414"
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
		if f, ok := recover().(failure); ok {
			err = f.error
		}
		if closed := aws.Close(); err == nil {
			err = closed
		}
	}()
	fill(hand{ctx: ctx}, aws, out)
	<-ctx.Done()
	return nil
}

// fill puts the demo there, and says what to type.
func fill(h hand, aws *awstest.AWS, out io.Writer) {
	org := synth.Demo()
	members := map[string]string{}
	for _, name := range org.Names {
		if len(name.ID) == len(management) && strings.Trim(name.ID, "0123456789") == "" && name.ID != management {
			members[name.ID] = name.Name
		}
	}
	aws.Account(management).Organization(h, "management", members)

	logs := aws.Account(vault).Bucket(h, bucketName)
	history := awstest.History{}
	var newest time.Time
	for f := range org.Files() {
		logs.Put(h, awstest.Object{Key: f.Name, Body: f.Gzip()})
		for _, r := range f.Records {
			history.Records = append(history.Records, json.RawMessage(r))
		}
		newest = later(newest, f.Delivered)
	}
	history.Now = newest
	aws.History(h, history)

	role := aws.Account(vault).Role(h, "LogReader", awstest.Trust(externalID, analysts),
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],
		"Resource":["arn:aws:s3:::`+bucketName+`","arn:aws:s3:::`+bucketName+`/*"]}]}`)
	analyst := aws.Account(analysts).User(h, "analyst", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+role+`"},{"Effect":"Allow","Action":"cloudtrail:LookupEvents","Resource":"*"}]}`)

	fmt.Fprintf(out, "\nAWS runs at %s. Ctrl-C ends it, and all that is in it is gone.\nIn another terminal, as the IAM user analyst of account %s:\n\n", aws.Endpoint, analysts)
	for _, entry := range aws.Environment(h, analyst) {
		if strings.HasPrefix(entry, "AWS_") { // the proxies would hold up other programs of that terminal
			fmt.Fprintf(out, "    export %s\n", entry)
		}
	}
	fmt.Fprintf(out, `
The log files of crosstrail demo are in s3://%[1]s, which the role LogReader of
account %[2]s may read:

    go run ./cmd/crosstrail trace s3://%[1]s --yes --role-arn %[3]s --external-id %[4]s

As root of the account that owns the bucket, whom no policy binds:

    export AWS_ACCESS_KEY_ID=%[2]s AWS_SECRET_ACCESS_KEY=test AWS_SESSION_TOKEN=
    go run ./cmd/crosstrail trace s3://%[1]s --yes
`, bucketName, vault, role, externalID)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// hand is what awstest reports to where there is no test: its first failure ends
// the program.
type hand struct {
	testing.TB
	ctx context.Context
}

type failure struct{ error }

func (h hand) Helper()                           {}
func (h hand) Context() context.Context          { return h.ctx }
func (h hand) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }
