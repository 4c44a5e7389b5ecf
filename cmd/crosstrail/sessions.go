package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

func newSessionsCommand(ui *terminal) *cobra.Command {
	return newFiltered(ui, &cobra.Command{
		Use:   "sessions",
		Short: "list sessions with their origins",
		Long: `List the sessions in which something was done, with who is behind each and how much
was done. The filters choose among the calls; --limit counts sessions.`,
		Example: `  # every session of a role
  crosstrail sessions --role CrossAccountTest

  # sessions of people whose calls changed something, as CSV
  crosstrail sessions --from AWSLogs/ --writes --not kind=AWSService -o csv`,
	}, answerSessions)
}

func answerSessions(ctx context.Context, q *question, c *corpus, filter query.Filter, style render.Style) error {
	all, err := query.Sessions(ctx, c, c.resolver, filter)
	if err != nil {
		return err
	}
	return q.print(func(w io.Writer) error { return render.Sessions(w, all, render.Form(q.form), style) })
}
