package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/local"
)

func newShowCommand(ui *terminal) *cobra.Command {
	var q *question
	cmd := &cobra.Command{
		Use:   "show EVENT",
		Short: "print a record itself, where it stands, and its chain",
		Long: `Print the record itself as AWS wrote it (session tokens are replaced by REDACTED), the
log file it stands in with the hash of its bytes, and who is behind it.

EVENT is an event id; <event id>@<account> where two accounts hold one event id; or
sha256:… for a record without an id.`,
		Example: `  crosstrail show 099ff820-00f2-4500-94fc-2b9da26d576f

  # only the record
  crosstrail show 099ff820-00f2-4500-94fc-2b9da26d576f --from AWSLogs/ -o json | jq .record`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args:              oneArgument("EVENT: an event id", "crosstrail show 099ff820-00f2-4500-94fc-2b9da26d576f --from AWSLogs/"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := q.needFrom(cmd); err != nil {
				return err
			}
			return runShow(cmd.Context(), q, args[0])
		},
	}
	q = newQuestion(ui, cmd, true)
	q.addWhere(cmd)
	return cmd
}

func runShow(ctx context.Context, q *question, asked string) error {
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
	a, err := query.Show(ctx, c, c.resolver, asked)
	if lost, ok := errors.AsType[*local.CopyError](err); ok {
		return hinted(lost, "all that is damaged, and what to do: crosstrail store check"+q.store.flag())
	}
	if err != nil {
		return err
	}
	style.Integrity = c.sealed.integrity(ctx)
	err = q.print(func(w io.Writer) error { return render.Show(w, a, render.Form(q.form), style) })
	return q.answered(c, err, a.Absent != nil)
}
