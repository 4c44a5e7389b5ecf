package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// noArguments refuses arguments in our own words.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("%s takes no argument, but was given %q", cmd.CommandPath(), args[0]), "see: "+cmd.CommandPath()+" --help")
	}
	return nil
}

// oneArgument wants exactly one, which what names.
func oneArgument(what, example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return usage(fmt.Errorf("%s needs one %s", cmd.CommandPath(), what), "for example: "+example)
		case 1:
			return nil
		}
		return usage(fmt.Errorf("%s takes one argument, but was given %d: %q", cmd.CommandPath(), len(args), args), "for example: "+example)
	}
}

// someArguments wants one or more, which what names.
func someArguments(what, example string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usage(fmt.Errorf("%s needs a %s", cmd.CommandPath(), what), "for example: "+example)
		}
		return nil
	}
}
