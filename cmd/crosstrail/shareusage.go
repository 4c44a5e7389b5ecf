package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

func newShareUsageCommand(ui *terminal) *cobra.Command {
	var q *question
	var filter query.Filter
	var target shareTarget
	cmd := &cobra.Command{
		Use:   "usage [GRANT...]",
		Short: "tell who used what is shared, and what was read",
		Long: `Tell of each grant who used it, by the log: who is behind each session in its role, from
which account, with MFA or without, with which external id; how much was done, when first
and last, from where; what was refused; and which grants nobody used. A grant that has
ended, or ends within 30 days, is marked.

The use of a grant is one of

  used        by whom it is for
  maybe-used  by somebody who need not be that one: of another account's user or role S3
              logs an id, and nothing here tells whose it is
  taken       its role was, and no call shows the session in use
  outside     whom it is for was let through, but on nothing that is of the grant
  refused     somebody asked, and was
  unused      the owner's log tells so, for the time and in the regions that are named: of
              a role in us-east-1 and the bucket's region, of a statement of the bucket's
              policy in the bucket's region, for as long as it has S3's data events. A
              role asked for at the endpoint of another region is logged there
  not-told    that log is not here, or has holes; or IAM says that the role was used at a
              time that the log does not show it. Why says which

An hour without a log file is a hole, unless digest files prove that there was nothing to
log: crosstrail verify.

Which objects were read is told by S3's data events. A trail logs those only where it is
told to; without them nothing tells what was read, nor who used a grant that is a
statement of the bucket's policy.

Who asks for a role and is refused is logged in the account that the call came from, and
nowhere else: -o json tells of when the reader's log is here (readerLog).

A GRANT is its id, as share list prints it, or the ARN of its role; without any, it is
all of them. For an ARN AWS is not called: what the grant is a grant of, and when it
ends, is then not known.`,
		Example: `  # every grant, by the log files in the store
  crosstrail share usage

  # one role, from log files, without calling AWS
  crosstrail share usage --from AWSLogs/ \
    arn:aws:iam::999999999999:role/crosstrail/crosstrail-333333333333-kq4mz5d2xw7a

  # what nobody used
  crosstrail share usage -o jsonl | jq -r 'select(.use=="unused") | .grant'`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.needFrom(cmd); err != nil {
				return err
			}
			return runShareUsage(cmd.Context(), q, &target, args, filter)
		},
	}
	q = newQuestion(ui, cmd, true)
	addFilters(cmd, &filter, time.Now(), "since", "until")
	target.add(cmd)
	return cmd
}

func runShareUsage(ctx context.Context, q *question, target *shareTarget, asked []string, filter query.Filter) error {
	grants, err := q.shared(ctx, target, asked)
	if err != nil {
		return err
	}
	style, err := q.style(ctx, q.from)
	if err != nil {
		return err
	}
	filter.Accounts = accountsOf(grants)
	c, err := q.readWindows(ctx, q.from, windowsOf(&filter))
	if err != nil {
		return err
	}
	lines, err := query.Usage(ctx, c, c.resolver, grants, filter, cloudtrail.TimeOf(time.Now()))
	if c.far && len(filter.Accounts) > 0 {
		q.ui.say("note", "who was refused a role is looked for in the log of "+someOf(filter.Accounts)+" alone; to look in all, read them into a store: crosstrail ingest "+quoteShell(q.from[0]))
	}
	if err == nil {
		err = q.print(func(w io.Writer) error { return render.Usage(w, lines, render.Form(q.form), style) })
	}
	return q.done(c, err)
}
