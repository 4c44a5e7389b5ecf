package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
)

func newEventsCommand(ui *terminal) *cobra.Command {
	var q *question
	var filter query.Filter
	cmd := &cobra.Command{
		Use:   "events",
		Short: "list records, each with who is behind it",
		Long: `List the records that the filters let through, by time, each with who is behind it.
Several values of one filter mean any of them, several filters all of them.`,
		Example: `  # everything that jsmith is behind, whatever role it was done with
  crosstrail events --origin jsmith

  # what was refused, newest first
  crosstrail events --from AWSLogs/ --errors --newest --limit 20

  # who touched a table, but not by reading it
  crosstrail events --from AWSLogs/ --resource table/ledger --not event-name=GetItem -o csv`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := q.needFrom(cmd); err != nil {
				return err
			}
			return runEvents(cmd.Context(), q, filter)
		},
	}
	q = newQuestion(ui, cmd, true)
	addFilters(cmd, &filter, time.Now())
	return cmd
}

func runEvents(ctx context.Context, q *question, filter query.Filter) error {
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
	return q.done(c, q.printEvents(ctx, c, filter, style))
}
