package main

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

func newSessionsCommand(ui *terminal) *cobra.Command {
	var q *question
	var filter query.Filter
	cmd := &cobra.Command{
		Use:   "sessions",
		Short: "list sessions with their origins",
		Long: `List the sessions in which something was done, with who is behind each and how much
was done. The filters choose among the calls; --limit counts sessions.`,
		Example: `  # every session of a role
  crosstrail sessions --role CrossAccountTest

  # sessions of people whose calls changed something, as CSV
  crosstrail sessions --from AWSLogs/ --writes --not kind=AWSService -o csv`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := q.needFrom(cmd); err != nil {
				return err
			}
			return runSessions(cmd.Context(), q, filter)
		},
	}
	q = newQuestion(ui, cmd, true)
	addFilters(cmd, &filter, time.Now())
	return cmd
}

func runSessions(ctx context.Context, q *question, filter query.Filter) error {
	style, err := q.style()
	if err != nil {
		return err
	}
	if err := nameAccounts(&filter, style.Names); err != nil {
		return err
	}
	c, err := q.read(ctx, q.from)
	if err != nil {
		return err
	}
	all, err := query.Sessions(ctx, c, c.resolver, filter)
	if err != nil {
		return err
	}
	err = q.print(func(w io.Writer) error { return render.Sessions(w, all, render.Form(q.form), style) })
	return q.done(c, err)
}
