package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source/bucket"
	"github.com/crosstrail/crosstrail/source/queue"
)

func newFollowCommand(ui *terminal) *cobra.Command {
	f := &following{}
	cmd := &cobra.Command{
		Use:   "follow --queue URL",
		Short: "keep reading into the store what S3, SNS and EventBridge announce on an SQS queue",
		Long: `Read log files and records into the store as they are announced, for as long as it runs:
S3's notices of new objects, CloudTrail's own, and records that EventBridge sends, each as
it is or by way of SNS, on one SQS queue or several. A message is deleted once all that it
names is in the store, at the latest a second or so after that was read; what fails comes
again. It may be stopped and killed at any moment, and begun again: nothing is lost, and an
event that comes several times is kept once. Any number may fill one table at once; a
folder is filled by one.

--from says where log files may lie: who may send to a queue could name any object that
you may read. A message that names another, and one that can never be read, is put into
the queue's dead-letter queue with its reason, and so is one that failed as often as the
queue allows (maxReceiveCount). Where the queue has none it is left to come again.

Ctrl-C, or SIGTERM, ends it within seconds: what is in work is finished, the rest is given
back to the queue, and the exit status is 0. While AWS or the store cannot be reached, or
credentials have expired, it goes on trying, and says so once.

With --listen it answers /metrics, for Prometheus, and /healthz: 503 once a queue could not
be received from, or what is in work not be committed, for five minutes, or the store has
failed, or S3 refuses what messages name. A port alone is of this machine only. It asks before it begins, since what it
takes from a queue nobody else gets; where nobody can be asked, it wants --yes. With that it
makes no table: crosstrail ingest does, or store watch.`,
		Example: `  # a queue that the bucket of the trail tells of new log files
  crosstrail follow --queue https://sqs.us-east-1.amazonaws.com/999999999999/trail \
    --from s3://acme-trail

  # as a service: into a table, watched by Prometheus
  crosstrail follow --queue https://sqs.us-east-1.amazonaws.com/999999999999/trail \
    --from s3://acme-trail --store dynamodb://CrossAccountAuditing --listen 9464 --yes

  # beside it, what comes
  crosstrail events --follow`,
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		PreRunE:           func(cmd *cobra.Command, _ []string) error { return f.check(cmd) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return f.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.queues, "queue", nil, "the `URL` of an SQS queue (repeatable)")
	flags.StringArrayVar(&f.from, "from", nil, "read only objects below `s3://bucket/prefix` (repeatable; default: whatever a message names)")
	f.filling = newFilling(ui, cmd)
	flags.StringVar(&f.listen, "listen", "", "answer /healthz and /metrics on `ADDR`: a port of this machine, or ADDRESS:PORT")
	cmd.Flags().BoolVar(&f.yes, "yes", false, "do not ask before it begins")
	flags.DurationVar(&f.visible, "visible", 0, "how long a message is kept from others before that is renewed")
	must(flags.MarkHidden("visible"))
	for _, name := range []string{"queue", "from", "listen"} {
		must(cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions))
	}
	return cmd
}

// following is one run of follow.
type following struct {
	*filling
	queues, from []string
	listen       string
	visible      time.Duration // hidden: for tests that kill it

	address  string // of --listen
	followed *followed
	metrics  *followMetrics
	health   *health
	teller   *teller
	slow     slowdown
	current  current
	coming   *coming // nil: the queues are not open
}

func (f *following) check(cmd *cobra.Command) (err error) {
	if len(f.queues) == 0 {
		return usage(errors.New("follow needs a queue: --queue URL"), "which there are: aws sqs list-queues")
	}
	for i, q := range f.queues {
		if err := queue.Check(q); err != nil {
			return usage(fmt.Errorf("--queue: %w", err), "the URL of one: aws sqs get-queue-url --queue-name NAME")
		}
		if slices.Contains(f.queues[:i], q) {
			return usage(fmt.Errorf("--queue %s is named twice", q))
		}
	}
	for _, from := range f.from {
		if _, _, err := bucket.Split(from); err != nil {
			return usage(fmt.Errorf("--from: %w", err))
		}
	}
	if err := f.onlyFolder(cmd, "wait"); err != nil {
		return err
	}
	if err := f.limits.check(); err != nil {
		return err
	}
	if f.listen != "" {
		f.address, err = listenAddress(f.listen)
	}
	return err
}

func (f *following) run(ctx context.Context) error {
	if err := f.agree(ctx); err != nil {
		return err
	}
	f.followed = newFollowed(f.queues)
	f.metrics, f.health = newFollowMetrics(f.followed), newHealth(f.followed, time.Now)
	f.teller = startTeller(ctx, f.ui, f.followed)
	defer f.teller.end()
	f.tells = f.teller.note
	f.makes = !f.yes // --yes is said of the queues: nobody is there who knows the table by its name
	if f.address != "" {
		at, err := f.serve(ctx, f.address)
		if err != nil {
			return err
		}
		f.note("answering on http://" + at + "/healthz and http://" + at + "/metrics")
	}
	err := f.keepOn(ctx)
	f.teller.end()
	if err != nil {
		return f.aws.explained(err)
	}
	told := "read " + counted(f.files, "file") + "; " + counted(f.records, "record")
	if n := f.followed.deadLetters(); n > 0 {
		told += "; " + number(n, "message") + " sent to the dead letters"
	}
	fmt.Fprintln(f.ui.stderr, told)
	if err := f.print(); err != nil {
		return err
	}
	if f.files.Failed+f.records.Failed > 0 {
		f.ui.say("hint", "what failed, and did not come again, is kept in a list: crosstrail store failed"+f.flags())
	}
	return nil
}

// agree says what it will do, and is an error unless that is wanted.
func (f *following) agree(ctx context.Context) error {
	for _, q := range f.queues {
		fmt.Fprintln(f.ui.stderr, render.Text("it takes messages from "+q+" and deletes those that are stored: nobody else gets them; SQS costs about $0.40 for a million requests"))
	}
	if len(f.from) == 0 {
		f.ui.warn("without --from it reads whatever object a message names, of any bucket that it may read: say which are yours with --from s3://bucket/prefix")
	}
	return f.ui.agreed(ctx, f.yes)
}

func (f *following) note(text string) { f.teller.aside(func() { f.ui.say("note", text) }) }
func (f *following) warn(text string) { f.teller.aside(func() { f.ui.warn("%s", text) }) }
