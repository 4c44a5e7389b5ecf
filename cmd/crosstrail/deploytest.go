package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// newDeployTestCommand is deploy test.
func newDeployTestCommand(*terminal) *cobra.Command {
	return &cobra.Command{
		Use:               "test",
		Short:             "assume the role as the other side does, and see both records arrive",
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitFinding),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return errors.New("it is not there yet") },
	}
}
