// Command crosstrail tells who really did what across AWS accounts: it ties
// every CloudTrail record made with temporary credentials to the call that
// issued them, hop by hop, to the origin, with proof.
package main

import (
	"cmp"
	"context"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the program: arguments and streams in, exit status out.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first Ctrl-C stops cleanly; a second one is for who cannot wait. One that
	// comes with the first is no second: a wrapper passes on what the terminal sent too.
	context.AfterFunc(ctx, func() { time.AfterFunc(atOnce, stop) })

	ui := newTerminal(stdin, stdout, stderr)
	root := newRootCommand(ui)
	root.SetArgs(args)
	root.SetIn(stdin)
	out := &heedful{out: stdout}
	root.SetOut(out)
	root.SetErr(stderr)
	return ui.finish(ctx, cmp.Or(root.ExecuteContext(ctx), ui.close(), out.err))
}

// atOnce is how soon after another no person presses Ctrl-C.
const atOnce = 300 * time.Millisecond

func newRootCommand(ui *terminal) *cobra.Command {
	version := false
	cmd := &cobra.Command{
		Use:   "crosstrail",
		Short: "who really did what across AWS accounts",
		Long: `crosstrail reads CloudTrail log files and tells who is behind each call made with
temporary credentials: hop by hop, across roles and accounts, to the person or
workload it began with, with the proof for every hop.`,
		Example: `  # a small made-up organisation: see what crosstrail does, with nothing configured
  crosstrail demo

  # your own log files, as CloudTrail wrote them
  crosstrail trace logs/

  # what AWS holds of the last 90 days, without any log file
  aws cloudtrail lookup-events --output json | crosstrail trace -

  # read once into a store, then ask as often as you like
  crosstrail ingest logs/
  crosstrail who ASIAJJQOJ64OAM7C65AA`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Args:              cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			if version {
				return printVersion(ui)
			}
			return cmd.Help()
		},
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.SetUsageTemplate(usageTemplate)
	cmd.SetHelpCommand(newHelpCommand())
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		hints := []string{"see: " + cmd.CommandPath() + " --help"}
		if cmd.Name() == "trace" && strings.HasSuffix(err.Error(), "unknown flag: --from") {
			hints = append([]string{"trace takes its sources as arguments: crosstrail trace logs/"}, hints...)
		}
		return usage(err, hints...)
	})
	cmd.Flags().BoolVar(&version, "version", false, "print version, commit and Go version")
	cmd.PersistentFlags().IntVar(&ui.width, "width", 0, "columns to write for (default: the terminal's, $COLUMNS, or 80)")
	must(cmd.PersistentFlags().MarkHidden("width"))
	cmd.AddCommand(
		newTraceCommand(ui),
		newWhoCommand(ui),
		newReachCommand(ui),
		newShowCommand(ui),
		newEventsCommand(ui),
		newSessionsCommand(ui),
		newAccessCommand(ui),
		newCoverageCommand(ui),
		newIngestCommand(ui),
		newFollowCommand(ui),
		newVerifyCommand(ui),
		newStoreCommand(ui),
		newShareCommand(ui),
		newDeployCommand(ui),
		newDemoCommand(ui),
		newVersionCommand(ui),
		newCompletionCommand(),
	)
	keepFlagOrder(cmd)
	return cmd
}

// keepFlagOrder lets helps list flags in the order in which they were added,
// which means something.
func keepFlagOrder(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		c.Flags().SortFlags = false
		keepFlagOrder(c)
	}
}
