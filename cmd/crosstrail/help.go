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
		exitFinding: "what was asked for is not there; what the logs cover is said instead",
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

A command is explained by: {{.CommandPath}} help COMMAND{{end}}
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
			if len(args) == 0 {
				for _, c := range cmd.Root().Commands() {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, rest, err := cmd.Root().Find(args)
			if err != nil || asked == cmd.Root() && len(rest) > 0 {
				return unknownCommand(cmd.Root(), args[0])
			}
			asked.InitDefaultHelpFlag()
			return asked.Help()
		},
	}
}

// unknownCommand names what is there instead, nearest first.
func unknownCommand(root *cobra.Command, name string) error {
	hint := "the commands are listed by: crosstrail help"
	if near := root.SuggestionsFor(name); len(near) > 0 {
		hint = "did you mean: crosstrail " + strings.Join(near, ", crosstrail ")
	}
	return usage(fmt.Errorf("there is no command %q", name), hint)
}
