package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// exitNote is the annotation that holds the last paragraph of a help text.
const exitNote = "exit"

// exits is what a command can end with, for its help text.
func exits(statuses ...int) map[string]string {
	meaning := []string{
		exitDone:    "done, even if nothing matched",
		exitFailed:  "failed",
		exitUsage:   "the command line was wrong",
		exitPart:    "done in part: what could not be read is named on standard error, everything else is complete",
		exitFinding: "it ran and found something wrong, or the one thing asked for is not there",
	}
	var b strings.Builder
	for _, s := range statuses {
		fmt.Fprintf(&b, "  %d  %s\n", s, meaning[s])
	}
	return map[string]string{exitNote: b.String()}
}

// usageTemplate is what follows the description in every help text.
const usageTemplate = `Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}

Examples:
{{.Example}}
{{- if .HasAvailableSubCommands}}

Commands:
{{- range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}{{end}}
{{- with index .Annotations "` + exitNote + `"}}

Exit status:
{{. | trimTrailingWhitespaces}}{{end}}
{{- if .HasAvailableSubCommands}}

A command is explained by: {{if and .HasParent .Parent.HasParent}}{{.CommandPath}} COMMAND --help{{else}}{{.Root.CommandPath}} help {{if .HasParent}}{{.Name}} {{end}}COMMAND{{end}}{{end}}
`

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:         "help [COMMAND]",
		Short:       "tell how a command is used",
		Long:        "Tell how a command is used: what it takes, examples, exit status.",
		Annotations: exits(exitDone, exitFailed, exitUsage),
		Example: `  crosstrail help
  crosstrail help trace`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if asked, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, c := range asked.Commands() {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, rest, err := cmd.Root().Find(args)
			if err != nil {
				return unknownCommand(cmd.Root(), args[0])
			}
			if asked.HasSubCommands() && len(rest) > 0 {
				return unknownCommand(asked, rest[0])
			}
			asked.InitDefaultHelpFlag()
			return asked.Help()
		},
	}
}

// unknownCommand names what is there instead, nearest first.
func unknownCommand(parent *cobra.Command, name string) error {
	path := parent.CommandPath()
	within := strings.TrimSpace(strings.TrimPrefix(path, parent.Root().CommandPath()) + " " + name)
	hint := "the commands are listed by: " + strings.TrimSpace(parent.Root().CommandPath()+" help"+strings.TrimPrefix(path, parent.Root().CommandPath()))
	if near := parent.SuggestionsFor(name); len(near) > 0 {
		hint = "did you mean: " + path + " " + strings.Join(near, ", "+path+" ")
	}
	return usage(fmt.Errorf("there is no command %q", within), hint)
}

// group makes a command of those that have something in common.
func group(cmd *cobra.Command, commands ...*cobra.Command) *cobra.Command {
	cmd.Annotations = exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding)
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		return cmd.Help()
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(commands...)
	return cmd
}
