package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/store/local"
)

func newStoreRebuildCommand(ui *terminal) *cobra.Command {
	var f *filling
	var yes bool
	cmd := &cobra.Command{
		Use:   "rebuild",
		Short: "build the store anew from its copies of the log files",
		Long: `Build the catalogue and the events of the store anew, from the copies that it keeps of
the log files. Every answer is afterwards what it was before. The old ones stay until
the new ones are whole, so it may be stopped, and needs room for both.

Where fewer events would be left than there are, as with copies that are damaged or
were not kept, it changes nothing, unless --yes says so. A copy is held to the hash of
the file as it was delivered; nothing is taken from one that is not as it was.`,
		Example:           `  crosstrail store rebuild`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return runStoreRebuild(cmd.Context(), f, yes) },
	}
	f = newFilling(ui, cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "go on even if fewer events are left")
	return cmd
}

func runStoreRebuild(ctx context.Context, f *filling, yes bool) error {
	if err := f.limits.check(); err != nil {
		return err
	}
	if err := f.store.refuse("a table is no copy that could be built anew: it is made of its events themselves",
		"to look whether it is whole: crosstrail store check"+f.store.tableFlags(&f.aws),
		"to read log files into it that it lacks: crosstrail ingest s3://BUCKET/PREFIX"+f.store.tableFlags(&f.aws)); err != nil {
		return err
	}
	dir, err := f.store.folder()
	if err != nil {
		return err
	}
	held, err := eventsHeld(ctx, dir)
	if err != nil {
		return f.store.opened(err, dir)
	}
	build := func(o local.Options) error {
		return local.Rebuild(ctx, dir, o, func(from *local.Copies, to *local.Store) error {
			if err := f.pump(ctx, nil, from, to); err != nil {
				return err
			}
			after, err := to.Info(ctx)
			if err == nil && after.Events+after.Variants < held && !yes {
				err = hinted(fmt.Errorf("nothing was changed: %s would be left of the %s that there are", number(after.Events+after.Variants, "event"), thousands(int(held))),
					"what is damaged, and what to do: crosstrail store check"+f.store.flag(), "to go on all the same: --yes")
			}
			return err
		})
	}
	damaged := func(file string, err error) {
		f.part = f.part || !errors.Is(err, local.ErrUnread) // which may be no loss at all
		f.ui.say("warning", file+": "+strings.TrimPrefix(err.Error(), file+": "))
	}
	o := local.Options{Damaged: damaged, MaxFile: int64(f.limits.maxFile), Fetch: f.aws.fetch(f.ui)}
	err = build(o)
	if locked, ok := errors.AsType[*local.LockedError](err); ok && f.wait {
		f.ui.say("note", locked.Error()+": waiting for it to end")
		o.Wait = true
		err = build(o)
	}
	if ctx.Err() != nil {
		f.ui.say("note", "the store is as it was before")
	}
	if err != nil {
		return f.store.opened(err, dir)
	}
	if err := f.print(); err != nil {
		return err
	}
	if f.files.Failed > 0 {
		f.ui.say("hint", "what was kept of them is not as it was; to have them from where they came from: crosstrail ingest --again AWSLogs/"+f.store.flag())
	}
	return f.end()
}

// eventsHeld is how many events there are, their variants too, as far as can be told: a store may
// be rebuilt because it cannot be read.
func eventsHeld(ctx context.Context, dir string) (int64, error) {
	r, err := local.OpenReader(ctx, dir, local.Options{Damaged: func(string, error) {}})
	switch {
	case errors.Is(err, local.ErrNoStore):
		return 0, err
	case err != nil:
		return 0, nil
	}
	i, err := r.Info(ctx)
	if err != nil {
		i.Events, i.Variants = 0, 0
	}
	return i.Events + i.Variants, r.Close()
}
