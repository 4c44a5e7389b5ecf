package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

func newIngestCommand(ui *terminal) *cobra.Command {
	var f *filling
	var filter query.Filter
	keep := keepValue(local.KeepCopy)
	again := false
	cmd := &cobra.Command{
		Use:   "ingest SOURCE...",
		Short: "read log files into the store, to be asked as often as you like",
		Long: `Read CloudTrail log files into the store. It may be stopped at any moment and run
again: it goes on from there. Files that are in the store are not read again, and an
event that stands in several files is kept once.

A SOURCE is a log file, a folder of them with all below it, s3://bucket/prefix,
dynamodb://TABLE, lookup-events (what CloudTrail itself keeps for 90 days of the account
that you call from), or - for standard input. A prefix may lie above AWSLogs or anywhere below it.
Before much is fetched from a bucket, it says how much, and asks on a terminal. --since,
--until, --account and --region keep to the log files that may hold such events, going by
their names; of a bucket no others are listed. What lies in one beside AWSLogs, and is not
read, is named.

What cannot be read is named, and kept in a list (crosstrail store failed); all the
rest is in the store: a folder, by default crosstrail in your data folder. What it holds
only you can read. It keeps a copy of each log file, so that records can be shown, and
the store rebuilt, when the files have gone (--keep=copy).

With --again the copies of the files that are in the store already are held to their
hashes. A file whose copy is missing or damaged is read again, and the store has a copy
of it once more. So is one that was not as CloudTrail delivered it, when it was read
(crosstrail verify --store): its records are then there beside the others.

With --store dynamodb://TABLE they are read into a DynamoDB table, beside what a Lambda
function or crosstrail follow puts there: what both bring is there once. Where there is
no such table it is made, and the table of AWS's text on auditing cross-account roles
gets what it lacks; what that is and costs is said, and asked. Records that the table's
watch leaves out (crosstrail store watch) are passed over and counted. A table that its
own first program still fills is completed by ingest dynamodb://TABLE --store dynamodb://TABLE.`,
		Example: `  crosstrail ingest AWSLogs/

  # a store of its own, which refers to the files instead of keeping copies
  crosstrail ingest AWSLogs/ --store ./case-17 --keep=reference

  # the last week of one account, from the bucket of somebody else's trail
  crosstrail ingest s3://acme-trail --account 111111111111 --since 7d \
    --role-arn arn:aws:iam::999999999999:role/log-reader --external-id 3414

  # the months before the Lambda function, into its table
  crosstrail ingest s3://acme-trail --since 2026-01-01 --store dynamodb://CrossAccountAuditing

  # what AWS holds of the last day, where no bucket can be read
  crosstrail ingest lookup-events --since 1d`,
		Annotations: exits(exitDone, exitFailed, exitUsage, exitPart),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage(errors.New("ingest needs a SOURCE: a log file, a folder of them, s3://bucket/prefix, dynamodb://TABLE, or - for standard input"), "for example: crosstrail ingest AWSLogs/")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			windows, err := ingestWindows(filter)
			if err != nil {
				return err
			}
			if err := f.onlyFolder(cmd, "keep", "again", "wait"); err != nil {
				return err
			}
			return runIngest(cmd.Context(), f, local.Options{Keep: local.Keep(keep), Again: again}, args, windows)
		},
	}
	f = newFilling(ui, cmd)
	f.makes = true
	addFilters(cmd, &filter, time.Now(), "since", "until", "account", "region")
	addYes(cmd, &f.yes)
	cmd.Flags().BoolVar(&f.onDemand, "on-demand", false, "have a table of AWS's text, which is paid by the hour, paid by request from now on")
	cmd.Flags().Var(&keep, "keep", "what the store keeps of each log file: copy or reference")
	cmd.Flags().BoolVar(&again, "again", false, "read files again whose copy in the store is missing or damaged, or not as digest files list it")
	must(cmd.RegisterFlagCompletionFunc("keep", cobra.FixedCompletions([]string{"copy", "reference"}, cobra.ShellCompDirectiveNoFileComp)))
	return cmd
}

// ingestWindows are what is asked for; nil: all.
func ingestWindows(filter query.Filter) ([]source.Window, error) {
	if filter.Since == 0 && filter.Until == 0 && len(filter.Accounts)+len(filter.Regions) == 0 {
		return nil, nil
	}
	for _, a := range filter.Accounts {
		if strings.Trim(a, "0123456789") != "" {
			return nil, usage(fmt.Errorf("--account %s: here it is the number of an account, as the names of log files have it", a))
		}
	}
	return windowsOf(&filter), nil
}

func runIngest(ctx context.Context, f *filling, o local.Options, args []string, windows []source.Window) error {
	args = absolute(args)
	f.unlisted = len(args) == 1 && args[0] == source.Stdin
	place, err := f.store.place()
	if err != nil {
		return err
	}
	open := func() (*fromSources, error) {
		return openSources(ctx, f.ui, &f.aws, args, windows, &into{place, func(paths ingest.Source) ingest.Source {
			return lasting{chosen{paths, windows}}
		}})
	}
	from, err := open()
	if err != nil {
		return err
	}
	f.part = from.part
	f.completes = slices.Contains(args, place)
	store, err := f.openStore(ctx, o)
	if err != nil {
		return err
	}
	if f.completes { // it is another since it was made ready
		if from, err = open(); err != nil {
			return err
		}
	}
	from.known(store.Has)
	if err := from.agree(ctx, f.yes); err != nil {
		return err
	}
	if err := f.agreeWrites(ctx, args, from); err != nil {
		return err
	}
	err = f.pump(ctx, args, from, store)
	from.spent()
	if err != nil {
		if _, failed := errors.AsType[*ingest.StoreError](err); ctx.Err() != nil && !failed {
			f.ui.say("note", "what was read until now is in the store; the same command goes on from there")
		}
		return f.aws.explained(err)
	}
	if err := dropSuperseded(ctx, store, fileVersion); err != nil {
		return err
	}
	if err := f.print(); err != nil {
		return err
	}
	switch {
	case f.records.Read+f.files.Duplicate+f.files.Failed > 0:
	case f.completes:
		fmt.Fprintln(f.ui.stderr, "there is nothing in the table that another program put there and that is not complete")
	default:
		f.ui.warnNothing(from.nothing())
	}
	if render.Form(f.form) == render.Table && f.records.Kept+f.records.Duplicate+f.files.Duplicate > 0 {
		fmt.Fprintf(f.ui.stderr, "in the store at %s\n", render.Text(place))
		f.ui.say("hint", "who is in it: crosstrail sessions"+f.flags()+"; who is behind a key or an event: crosstrail who KEY"+f.flags())
	}
	return f.end()
}

// absolute makes paths absolute: a store outlives the folder that it was filled
// from, and logs/ here is not logs/ there.
func absolute(args []string) []string {
	var all []string
	for _, arg := range args {
		if _, err := os.Stat(arg); err == nil && arg != source.Stdin {
			if abs, err := filepath.Abs(arg); err == nil {
				arg = abs
			}
		}
		all = append(all, arg)
	}
	return all
}

// keepValue is --keep (pflag.Value).
type keepValue local.Keep

func (v *keepValue) Type() string { return "WHAT" }
func (v *keepValue) String() string {
	return keepWord(local.Keep(*v))
}

func (v *keepValue) Set(s string) error {
	for _, k := range []local.Keep{local.KeepCopy, local.KeepReference} {
		if s == keepWord(k) {
			*v = keepValue(k)
			return nil
		}
	}
	return errors.New("it is copy or reference")
}

func keepWord(k local.Keep) string {
	if k == local.KeepReference {
		return "reference"
	}
	return "copy"
}
