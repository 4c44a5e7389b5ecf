package main

import (
	"errors"

	"github.com/spf13/cobra"
)

// newDeployStatusCommand is deploy status.
func newDeployStatusCommand(*terminal) *cobra.Command {
	return &cobra.Command{
		Use:               "status",
		Short:             "tell what is sent, what is missing and what went wrong",
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitFinding),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return errors.New("it is not there yet") },
	}
}
