package main

import (
	"context"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
)

func newWhoCommand(ui *terminal) *cobra.Command {
	var q *question
	cmd := &cobra.Command{
		Use:   "who EVENT|KEY|SESSION|-",
		Short: "tell who is behind an event, key or session, with proof",
		Long: `Tell who is behind it, hop by hop, with the proof for every hop: the two records side by
side, the fields that are equal, the rule in words, both files, and what else was
considered and fell out.

An EVENT is an event id, or <event id>@<account> where two accounts hold one event id;
a KEY an access key id; a SESSION a session id, its ARN or its name. A name that fits
several lists them. With - the question is a record pasted on standard input; where
there is neither a store nor --from, what was pasted is all the logs there are.`,
		Example: `  crosstrail who 099ff820-00f2-4500-94fc-2b9da26d576f

  # an access key from an alert
  crosstrail who ASIAJJQOJ64OAM7C65AA --from AWSLogs/

  # the same at minute 0: straight from the bucket of the trail, around the alert
  crosstrail who ASIAJJQOJ64OAM7C65AA --from s3://acme-trail --since 2026-05-04T17:00:00Z --until 2026-05-04T17:30:00Z

  # or where no bucket can be read
  crosstrail who ASIAJJQOJ64OAM7C65AA --from lookup-events

  # a record copied from somewhere
  crosstrail who - --from AWSLogs/ < record.json`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args:              oneArgument("EVENT, KEY or SESSION, or - for a record on standard input", "crosstrail who ASIAJJQOJ64OAM7C65AA --from AWSLogs/"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.needFrom(cmd); err != nil {
				return err
			}
			if args[0] == source.Stdin {
				return runWhoPasted(cmd.Context(), q)
			}
			return runWho(cmd.Context(), q, args[0])
		},
	}
	q = newQuestion(ui, cmd, true)
	q.addWhere(cmd)
	return cmd
}

func runWho(ctx context.Context, q *question, asked string) error {
	style, err := q.style(ctx, q.from)
	if err != nil {
		return err
	}
	if err := nameAccounts(&q.where, style.Names); err != nil {
		return err
	}
	c, err := q.readFor(ctx, asked)
	if err != nil {
		return err
	}
	style.Integrity = c.sealed.integrity(ctx)
	a, err := query.Who(ctx, c, c.resolver, asked)
	return q.printWho(c, a, err, style)
}

func (q *question) printWho(c *corpus, a *query.WhoAnswer, err error, style render.Style) error {
	if err != nil {
		return err
	}
	if c.far && slices.ContainsFunc(a.Answers, func(a query.Answer) bool { return a.Session != nil }) {
		q.ui.say("note", "the calls of a session are counted in the log files that were fetched, not in all of the log")
	}
	err = q.print(func(w io.Writer) error { return render.Who(w, a, render.Form(q.form), style) })
	return q.answered(c, err, a.Absent != nil)
}
