package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

func newCompletionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:         "completion SHELL",
		Short:       "print a completion script for bash, zsh, fish or powershell",
		Long:        "Print the script that makes a shell complete commands and flags.",
		Annotations: exits(exitDone, exitFailed, exitUsage),
		Example: `  # bash, for this shell; put the line into ~/.bashrc for every shell
  source <(crosstrail completion bash)

  # zsh
  crosstrail completion zsh > "${fpath[1]}/_crosstrail"

  # fish
  crosstrail completion fish > ~/.config/fish/completions/crosstrail.fish

  # PowerShell
  crosstrail completion powershell | Out-String | Invoke-Expression`,
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return usage(fmt.Errorf("completion takes the name of one shell: %s", strings.Join(shells, ", ")), "for example: crosstrail completion bash")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, out := cmd.Root(), cmd.OutOrStdout()
			switch args[0] {
			case "zsh":
				return root.GenZshCompletion(out)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			}
			return root.GenBashCompletionV2(out, true)
		},
	}
}
