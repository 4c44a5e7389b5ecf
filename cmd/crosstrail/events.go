package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
)

func newEventsCommand(ui *terminal) *cobra.Command {
	follow := false
	cmd := newAsking(ui, &cobra.Command{
		Use:   "events",
		Short: "list records, each with who is behind it",
		Long: `List the records that the filters let through, by time, each with who is behind it.
Several values of one filter mean any of them, several filters all of them.

With --follow it goes on with what comes into the store, until Ctrl-C: each event once,
when it comes, whatever time it is of, with the chain as far as it is known then. What is
there already is left out, or printed first from --since on. A table is looked at every ten
seconds for events of the last 20 minutes, and every five minutes for those of the last three
hours: of a table no event is shown that comes later. What that costs an hour is told.`,
		Example: `  # everything that jsmith is behind, whatever role it was done with
  crosstrail events --origin jsmith

  # what was refused, newest first
  crosstrail events --from AWSLogs/ --errors --newest --limit 20

  # who touched a table, but not by reading it
  crosstrail events --from AWSLogs/ --resource table/ledger --not event-name=GetItem -o csv

  # the last hour, and then what third parties do, as it comes
  crosstrail events --follow --since 1h --third-party`,
	}, func(ctx context.Context, q *question, filter query.Filter) error {
		if follow {
			return q.follow(ctx, filter)
		}
		return q.answer(ctx, q.from, filter, printEvents)
	})
	cmd.Flags().BoolVar(&follow, "follow", false, "go on with what comes into the store, until Ctrl-C")
	return cmd
}
