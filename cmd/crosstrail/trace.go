package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

func newTraceCommand(ui *terminal) *cobra.Command {
	var q *question
	var filter query.Filter
	cmd := &cobra.Command{
		Use:   "trace SOURCE...",
		Short: "read log files and tell who really did what",
		Long: `Read CloudTrail log files, tie every call to the one who is behind it, and tell who
did what: grouped by origin, hop by hop, then what is not resolved and what to
collect to resolve it. Nothing is stored, and for files on this machine no AWS account
is needed.

A SOURCE is a log file, a folder of them with all below it (.json.gz, .json, .jsonl,
.ndjson), s3://bucket/prefix, dynamodb://TABLE, lookup-events (what CloudTrail itself
keeps for 90 days of the account that you call from), or - for standard input. Of a bucket only the log files
are listed and fetched that may hold events of --account, --region, --since and --until;
then what their chains need besides, hop by hop. The files may be what CloudTrail wrote,
an array, JSON lines, one record, lookup-events output or EventBridge events.

How sure each answer is, best first: = exact, ~ strong, i inferred, c claimed,
? contested, . unresolved.`,
		Example: `  # a folder of log files
  crosstrail trace AWSLogs/

  # an hour of one account, from the bucket
  crosstrail trace s3://acme-trail --account 111111111111 --since 1h

  # what AWS holds of the last hours, without any log file
  crosstrail trace lookup-events --since 6h

  # who changed something across accounts since the 4th of May
  crosstrail trace AWSLogs/ --since 2026-05-04 --cross-account --writes

  # every event with its chain, one JSON object a line
  crosstrail trace AWSLogs/ -o jsonl | jq -r '[.eventTime, .origin.name, .eventName] | @tsv'`,
		Annotations: exits(exitDone, exitFailed, exitUsage, exitPart),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(errors.New("trace needs a SOURCE: a log file, a folder of them, s3://bucket/prefix, dynamodb://TABLE, or - for standard input"),
					"for example: crosstrail trace AWSLogs/", "nothing at hand? crosstrail demo")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return runTrace(cmd.Context(), q, filter, args) },
	}
	q = newQuestion(ui, cmd, false)
	addFilters(cmd, &filter, time.Now())
	return cmd
}

func runTrace(ctx context.Context, q *question, filter query.Filter, sources []string) error {
	return q.answer(ctx, sources, filter, func(ctx context.Context, q *question, c *corpus, filter query.Filter, style render.Style) error {
		style.Program = programName()
		for _, s := range sources {
			style.From = strings.TrimLeft(style.From+" --from "+quoteShell(s), " ")
		}
		if slices.ContainsFunc(sources, isApart) {
			style.From += q.aws.reach()
		}
		if render.Form(q.form) != render.Table {
			return printEvents(ctx, q, c, filter, style)
		}
		return printSummary(ctx, q, c, filter, style)
	})
}

func printSummary(ctx context.Context, q *question, c *corpus, filter query.Filter, style render.Style) error {
	s, err := query.Summarize(ctx, c, c.resolver, filter)
	if err != nil {
		return err
	}
	return q.print(func(w io.Writer) error { return render.Trace(w, s, style) })
}

// printEvents prints every event with its chain, in any form.
func printEvents(ctx context.Context, q *question, c *corpus, filter query.Filter, style render.Style) error {
	return q.print(func(w io.Writer) error {
		lines := render.NewLines(w, render.Form(q.form), style)
		if _, err := query.Print(ctx, c, c.resolver, filter, 0, lines.Append, lines); err != nil {
			return fmt.Errorf("print events: %w", err)
		}
		return lines.Close()
	})
}
