package main

import (
	"github.com/spf13/cobra"
)

func newEventsCommand(ui *terminal) *cobra.Command {
	return newFiltered(ui, &cobra.Command{
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
	}, printEvents)
}
