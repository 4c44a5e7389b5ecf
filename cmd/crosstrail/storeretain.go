package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/local"
)

// retention is one run of store retain.
type retention struct {
	ui    *terminal
	store storeValue
	form  formValue
	aws   awsFlags
	wait  bool
	yes   bool
}

func newStoreRetainCommand(ui *terminal) *cobra.Command {
	r := retention{ui: ui}
	cmd := &cobra.Command{
		Use:   "retain DURATION|DATE",
		Short: "let go of the events before a day, for good",
		Long: `Let go of the events before a day: of those older than a DURATION (400d, 52w) or before
a DATE (2026-01-01, or a time). They are deleted. What links later events to people stays
48 hours longer, names stay for ever, and so do events of no known time. From then on
older events are passed over when log files are read.

Copies of log files lie in packs, one or more for each month of delivery. A pack is
deleted when nothing in it is newer than 48 hours before that day: until then, what the
old log files held can be read in it by whoever can read the folder. crosstrail store
info tells how much that is.

A DynamoDB table lets go of events by their age: of those older than a DURATION in days
or weeks; forever keeps them again. All of the table is read for it, and its items given
an end, by which DynamoDB deletes them.

It says what will go and asks; where nobody can be asked, it wants --yes.`,
		Example: `  crosstrail store retain 400d

  # from a timer
  crosstrail store retain 400d --yes`,
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Args:              oneArgument("DURATION or DATE", "crosstrail store retain 400d"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, args []string) error { return r.run(cmd.Context(), args[0], time.Now()) },
	}
	addStore(cmd, &r.store)
	cmd.Flags().BoolVar(&r.yes, "yes", false, "do it without asking")
	addWait(cmd, &r.wait)
	addForm(cmd, &r.form)
	r.aws.add(cmd)
	return cmd
}

// floorOf is the moment before which events go. How long ago in days and weeks
// is meant in whole days: a day that is partly wanted stays.
func floorOf(text string, now time.Time) (cloudtrail.Time, error) {
	floor, err := parseMoment(text, now, 0)
	if err != nil {
		return 0, usage(fmt.Errorf("%q: %w", text, err), "for example: crosstrail store retain 400d")
	}
	if strings.HasSuffix(text, "d") || strings.HasSuffix(text, "w") {
		floor = cloudtrail.TimeOf(floor.Time().Truncate(24 * time.Hour))
	}
	if floor > cloudtrail.TimeOf(now) {
		return 0, usage(fmt.Errorf("%s is still to come: nothing would be left", floor), "for example: crosstrail store retain 400d")
	}
	return floor, nil
}

func (r *retention) run(ctx context.Context, text string, now time.Time) error {
	name, err := r.store.table()
	if err != nil {
		return err
	}
	if name != "" {
		return r.table(ctx, name, text)
	}
	floor, err := floorOf(text, now)
	if err != nil {
		return err
	}
	dir, info, going, err := r.look(ctx, floor)
	if err != nil {
		return err
	}
	if floor <= 0 { // no event is from before 1970
		fmt.Fprintf(r.ui.stderr, "no event is from before %s: nothing to do\n", time.Unix(int64(floor), 0).UTC().Format(time.RFC3339))
		return r.print(local.Retained{Floor: info.Floor})
	}
	if floor <= info.Floor {
		fmt.Fprintf(r.ui.stderr, "the store begins at %s already: nothing to do\n", info.Floor)
		return r.print(local.Retained{Floor: info.Floor})
	}
	if err := r.agree(ctx, dir, floor, going, info.Events+info.Variants); err != nil {
		return err
	}
	s, err := openToWrite(ctx, r.ui, &r.store, dir, r.wait, local.Options{})
	if err != nil {
		return err
	}
	gone, err := s.Retain(ctx, floor)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.ui.stderr, "gone: %s, %s, %s, %s; the store begins at %s\n",
		number(gone.Events, "event"), number(gone.Facts, "fact"), number(gone.Files, "log file"), bytesText(gone.Bytes), gone.Floor)
	return r.print(gone)
}

// look tells what there is and how much of it would go. Opening the store to
// write would make one.
func (r *retention) look(ctx context.Context, floor cloudtrail.Time) (dir string, info local.Info, going int64, err error) {
	reader, dir, err := openToRead(ctx, &r.store)
	if err != nil {
		return "", info, 0, err
	}
	defer reader.Close() //nolint:errcheck // only read from
	if info, err = reader.Info(ctx); err != nil {
		return "", info, 0, err
	}
	going, err = reader.Before(ctx, floor)
	return dir, info, going, err
}

// agree says what will go, and is an error unless that is wanted.
func (r *retention) agree(ctx context.Context, dir string, floor cloudtrail.Time, going, all int64) error {
	verb, they := "are", "they go"
	if going == 1 {
		verb, they = "is", "it goes"
	}
	fmt.Fprintf(r.ui.stderr, "%s of %s in the store at %s %s before %s: %s for good, and the packs of copies of log files in which all is 48 hours older\n",
		number(going, "event"), thousands(int(all)), render.Text(dir), verb, floor, they)
	return r.ui.wanted(ctx, r.yes, "nothing was deleted")
}

// print prints what went for programs, if it was asked for.
func (r *retention) print(gone local.Retained) error {
	if render.Form(r.form) == render.Table {
		return nil
	}
	return r.ui.print(func(w io.Writer) error {
		return printOne(w, render.Form(r.form), flat{{"floor", gone.Floor}, {"events", gone.Events}, {"facts", gone.Facts}, {"files", gone.Files}, {"bytes", gone.Bytes}})
	})
}
