package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
	"github.com/crosstrail/crosstrail/store/dynamo"
	"github.com/crosstrail/crosstrail/store/local"
)

func newStoreFailedCommand(ui *terminal) *cobra.Command {
	var f *filling
	retry := false
	cmd := &cobra.Command{
		Use:   "failed",
		Short: "list the files that could not be read, or read them again",
		Long: `List the log files that could not be read to their end, or of which records could not
be read, and why. What could be read of them is in the store. As JSON and CSV, records
tells how many could not be read of a file that was read to its end, else 0.

With --retry they are read again from where they were: those that can be read now leave
the list.`,
		Example: `  crosstrail store failed

  # after they have been fetched again
  crosstrail store failed --retry`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.onlyFolder(cmd, "wait"); err != nil {
				return err
			}
			if retry {
				return runStoreRetry(cmd.Context(), f)
			}
			return runStoreFailed(cmd.Context(), f)
		},
	}
	f = newFilling(ui, cmd)
	cmd.Flags().BoolVar(&retry, "retry", false, "read them again")
	return cmd
}

func runStoreFailed(ctx context.Context, f *filling) error {
	failed, err := f.failed(ctx)
	if err != nil {
		return err
	}
	err = f.ui.print(func(w io.Writer) error {
		if render.Form(f.form) == render.Table {
			return tellFailed(w, failed)
		}
		list := []flat{}
		for _, one := range failed {
			list = append(list, failedOf(&one))
		}
		return printList(w, render.Form(f.form), failedOf(&source.FailedFile{}), list)
	})
	if err != nil || render.Form(f.form) != render.Table {
		return err
	}
	if len(failed) == 0 {
		fmt.Fprintln(f.ui.stderr, "every log file was read, and every record of it")
		return nil
	}
	f.ui.say("hint", "once they have been fetched again: crosstrail store failed --retry"+f.flags())
	return nil
}

// failed are the log files that a store has which could not be read.
func (f *filling) failed(ctx context.Context) ([]source.FailedFile, error) {
	name, err := f.store.table()
	if err != nil {
		return nil, err
	}
	if name != "" {
		t, err := f.aws.table(ctx, f.ui, name, dynamo.Options{})
		if err != nil {
			return nil, err
		}
		if t.Foreign() {
			return nil, usage(fmt.Errorf("%s is as AWS's text on auditing cross-account roles makes it: nothing in it tells which log files its program could not read", t),
				"to have it kept: crosstrail ingest "+quoteShell(t.String())+f.flags())
		}
		return t.Failed(ctx)
	}
	r, _, err := openToRead(ctx, &f.store)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // only read from
	return r.Failed(ctx)
}

func failedOf(f *source.FailedFile) flat {
	return flat{
		{"file", f.URI},
		{"version", f.Version},
		{"accountId", f.Account},
		{"region", f.Region},
		{"problem", problemOf(f)},
		{"records", f.Records},
		{"at", moment(f.At)},
		{"times", f.Times},
	}
}

// problemOf is what was wrong, without the name of the file before it.
func problemOf(f *source.FailedFile) string {
	if f.URI == source.Stdin {
		return f.Problem
	}
	return strings.TrimLeft(strings.TrimPrefix(f.Problem, f.URI), ":, ")
}

// moment is a time, zero where it is not known.
func moment(t time.Time) cloudtrail.Time {
	if t.IsZero() {
		return 0
	}
	return cloudtrail.TimeOf(t)
}

func tellFailed(w io.Writer, failed []source.FailedFile) error {
	var b strings.Builder
	for _, f := range failed {
		fmt.Fprintf(&b, "%s: %s\n", render.Text(f.URI), render.Text(problemOf(&f)))
		if f.At.IsZero() { // a table does not tell
			continue
		}
		times := ""
		if f.Times > 1 {
			times = fmt.Sprintf(", tried %d times", f.Times)
		}
		fmt.Fprintf(&b, "  %s%s\n", f.At.UTC().Format(time.RFC3339), times)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func runStoreRetry(ctx context.Context, f *filling) error {
	if name, err := f.store.table(); err != nil {
		return err
	} else if name == "" { // what is not there would be made
		if _, err := f.store.existing(ctx); err != nil {
			return err
		}
	}
	s, err := f.openStore(ctx, local.Options{})
	if err != nil {
		return err
	}
	failed, err := s.Failed(ctx)
	if err != nil {
		return err
	}
	var paths []string
	for _, one := range failed {
		paths = append(paths, one.URI)
	}
	files := &again{failed: failed, reached: &reached{ui: f.ui, aws: &f.aws}}
	if err := f.pump(ctx, paths, files, s); err != nil {
		return err
	}
	if err := dropSuperseded(ctx, s, files.version); err != nil {
		return err
	}
	if err := f.print(); err != nil {
		return err
	}
	return f.end()
}

// again hands out files that failed, from where they were.
type again struct {
	failed  []source.FailedFile
	reached *reached
	now     map[string]string // versions of what lies in buckets, by URI
}

var _ ingest.Source = (*again)(nil)

func (a *again) Next(ctx context.Context) (source.Delivery, error) {
	if len(a.failed) == 0 {
		return source.Delivery{}, io.EOF
	}
	file := a.failed[0].LogFile
	a.failed = a.failed[1:]
	if file.URI == source.Stdin {
		return source.Delivery{Items: []source.Item{{
			LogFile: file, PassOver: "it came on standard input",
			Note: "standard input cannot be had again: give it to crosstrail ingest - anew, whole",
		}}}, nil
	}
	if bucket.Is(file.URI) {
		return source.Delivery{Items: []source.Item{a.inBucket(ctx, file)}}, nil
	}
	item := source.Item{}
	paths, err := source.NewPaths([]string{file.URI}, nil)
	if err == nil {
		var d source.Delivery
		if d, err = paths.Next(ctx); err == nil {
			item = d.Items[0]
		}
	}
	if err != nil {
		if _, gone := os.Stat(file.URI); gone != nil {
			err = gone // it tells the same, without the file's name
		}
		item.Open = func(context.Context) (io.ReadCloser, error) { return nil, err }
	}
	if version := fileVersion(file.URI); file.Version != "" && version != "" {
		file.Version = version // it may have been fetched again
	}
	item.LogFile = file
	return source.Delivery{Items: []source.Item{item}}, nil
}

// inBucket is a file as it lies in its bucket now.
func (a *again) inBucket(ctx context.Context, file cloudtrail.LogFile) source.Item {
	item, err := a.reached.item(ctx, file.URI)
	if err != nil {
		return source.Item{LogFile: file, Open: func(context.Context) (io.ReadCloser, error) { return nil, err }}
	}
	if a.now == nil {
		a.now = map[string]string{}
	}
	a.now[file.URI] = item.Version
	return item
}

// version is that of a file as it is now, "" where that is not known.
func (a *again) version(uri string) string {
	if bucket.Is(uri) {
		return a.now[uri]
	}
	return fileVersion(uri)
}
