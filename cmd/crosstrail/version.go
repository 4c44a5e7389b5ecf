package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newVersionCommand(ui *terminal) *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "print version, commit and Go version",
		Long:              "Print the version, the commit it was built from, and the Go version.",
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Example:           `  crosstrail version`,
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(*cobra.Command, []string) error { return printVersion(ui) },
	}
}

func printVersion(ui *terminal) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return runVersion(info, ui.stdout)
}

// runVersion prints what the toolchain noted when it built the program.
func runVersion(info *debug.BuildInfo, out io.Writer) error {
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "development build"
	}
	commit := cmp.Or(setting["vcs.revision"], "unknown (built without -buildvcs=true, or outside of a git checkout)")
	if setting["vcs.modified"] == "true" {
		commit += " (dirty)"
	}
	if t := setting["vcs.time"]; t != "" {
		commit += " of " + t
	}
	_, err := fmt.Fprintf(out, "crosstrail %s\ncommit %s\n%s %s/%s\n",
		version, commit, cmp.Or(info.GoVersion, runtime.Version()), runtime.GOOS, runtime.GOARCH)
	return err
}
