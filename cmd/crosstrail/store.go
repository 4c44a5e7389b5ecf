package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func newStoreCommand(ui *terminal) *cobra.Command {
	return group(&cobra.Command{
		Use:   "store",
		Short: "look after the store: what it holds, is it whole, what failed",
		Long: `Look after the store that crosstrail ingest fills: tell what it holds, look whether it
is whole, build it anew from its copies of the log files, list the files that could not
be read, let go of what is too old, and keep the names of accounts and people.`,
		Example: `  # what is in it, how large it is, how it grew
  crosstrail store info

  # is every file of it whole?
  crosstrail store check

  # read again what could not be read
  crosstrail store failed --retry`,
	},
		newStoreInfoCommand(ui),
		newStoreCheckCommand(ui),
		newStoreRebuildCommand(ui),
		newStoreFailedCommand(ui),
		newStoreRetainCommand(ui),
		newStoreNamesCommand(ui),
		newStoreWatchCommand(ui),
	)
}

// number writes a count with its noun: 1 event, 2,000 events.
func number[N int | int64](n N, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(int(n)) + " " + noun
}

// lines collects what a command prints for people, a label and a value each.
type lines struct{ strings.Builder }

func (l *lines) add(label, format string, args ...any) {
	fmt.Fprintf(l, "%-10s %s\n", label, fmt.Sprintf(format, args...))
}
