// Command up runs the AWS of the tests in the foreground, with the log files and
// the accounts of crosstrail demo in it, and says what to type: make aws-up.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

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
	fill(hand{ctx: ctx}, aws, dir, out)
	<-ctx.Done()
	return nil
}

// fill puts the demo there, and says what to type.
func fill(h hand, aws *awstest.AWS, dir string, out io.Writer) {
	d := demo.Fill(h, aws)
	profiles := filepath.Join(dir, "config")
	if err := os.WriteFile(profiles, []byte(demo.Sharing(h, aws)), 0o600); err != nil {
		panic(failure{err})
	}
	fmt.Fprintf(out, "\nAWS runs at %s. Ctrl-C ends it, and all that is in it is gone.\nThe log files of crosstrail demo, with their digest files, are in s3://%s.\n", aws.Endpoint, demo.Bucket)
	fmt.Fprintf(out, "\nIn another terminal, as the IAM user analyst of account %s, who may read the\nbucket as the role LogReader of account %s:\n\n", demo.Analysts, demo.Owner)
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
`, demo.Bucket, demo.Owner, d.Role, demo.ExternalID, profiles, demo.Analysts)
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
