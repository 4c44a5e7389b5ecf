package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/local"
)

// filling is what the commands share that read log files into the store.
type filling struct {
	ui     *terminal
	store  storeValue
	limits limits
	aws    awsFlags
	wait   bool
	form   formValue

	yes       bool              // do not ask before a table is made, or much is fetched
	makes     bool              // a table that is not there
	tells     func(note string) // of the table; nil: to the terminal at once
	completes bool              // the table that is read: what it lacks is added
	onDemand  bool              // the table is to be paid by request

	files, records ingest.Counts
	part           bool // there are folders in buckets that were not looked into
	unlisted       bool // what fails leaves nothing that could be read again
}

func newFilling(ui *terminal, cmd *cobra.Command) *filling {
	f := &filling{ui: ui}
	addStore(cmd, &f.store)
	f.limits.forStore()
	f.limits.add(cmd)
	addWait(cmd, &f.wait)
	addForm(cmd, &f.form)
	f.aws.add(cmd)
	return f
}

func addWait(cmd *cobra.Command, wait *bool) {
	cmd.Flags().BoolVar(wait, "wait", false, "if something else writes to the store, wait for it to end")
}

// filled is a store that log files are read into.
type filled interface {
	ingest.Store
	// Failed are those that could not be read, in whole or in part.
	Failed(ctx context.Context) ([]source.FailedFile, error)
	// Variants is how many there are.
	Variants(ctx context.Context) (int, error)
}

// openStore opens the store for writing. Where there is none, one is made.
func (f *filling) openStore(ctx context.Context, o local.Options) (filled, error) {
	if err := f.limits.check(); err != nil {
		return nil, err
	}
	table, err := f.store.table()
	if err != nil {
		return nil, err
	}
	if table != "" {
		return f.openTable(ctx, table)
	}
	dir, err := f.store.folder()
	if err != nil {
		return nil, err
	}
	o.MaxFile, o.Fetch = int64(f.limits.maxFile), f.aws.fetch(f.ui)
	return openToWrite(ctx, f.ui, &f.store, dir, f.wait, o)
}

// openToWrite opens a store for writing and has it closed at the end. Who waits
// is told for whom.
func openToWrite(ctx context.Context, ui *terminal, store *storeValue, dir string, wait bool, o local.Options) (*local.Store, error) {
	s, err := local.Open(ctx, dir, o)
	if locked, ok := errors.AsType[*local.LockedError](err); ok && wait {
		ui.say("note", locked.Error()+": waiting for it to end")
		o.Wait = true
		s, err = local.Open(ctx, dir, o)
	}
	if err != nil {
		return nil, store.opened(err, dir)
	}
	ui.atEnd(s.Close)
	return s, nil
}

// flags is how a command that is printed names the store, and reaches a table as this
// one did.
func (f *filling) flags() string { return f.store.tableFlags(&f.aws) }

// onlyFolder refuses flags that mean nothing where the store is a table.
func (f *filling) onlyFolder(cmd *cobra.Command, flags ...string) error {
	for _, name := range flags {
		if !cmd.Flags().Changed(name) {
			continue
		}
		why := map[string]string{
			"keep":  "a table keeps no copies of log files: the records themselves are in it",
			"again": "a table keeps no copies of log files that could be damaged; log files that it has not to the end are read again without it",
			"wait":  "any number may write to a table at once: there is nothing to wait for",
		}[name]
		if err := f.store.refuse("--" + name + ": " + why); err != nil {
			return err
		}
	}
	return nil
}

// pump reads log files into the store, and tells what became of them.
func (f *filling) pump(ctx context.Context, sources []string, from ingest.Source, to filled) error {
	before, err := to.Variants(ctx)
	if err != nil {
		return err
	}
	f.files, f.records, err = f.limits.pump(ctx, f.ui, sources, from, to)
	variants := before
	if err == nil {
		variants, err = to.Variants(ctx)
	}
	told := "read " + counted(f.files, "file") + "; " + counted(f.records, "record") + keptVariants(max(variants-before, 0))
	failed, ok := errors.AsType[*ingest.StoreError](err)
	if !ok {
		fmt.Fprintln(f.ui.stderr, told)
		return err
	}
	fmt.Fprintln(f.ui.stderr, told+"; then the store failed, and does not hold all of that")
	return hinted(failed, "how much it holds: crosstrail store info"+f.flags(), "once that has been mended, the same command again")
}

// print prints the counts for programs, if it was asked for.
func (f *filling) print() error {
	if render.Form(f.form) == render.Table {
		return nil
	}
	return f.ui.print(func(w io.Writer) error {
		return printOne(w, render.Form(f.form), flat{{"files", countsOf(f.files)}, {"records", countsOf(f.records)}})
	})
}

func countsOf(c ingest.Counts) flat {
	return flat{{"read", c.Read}, {"kept", c.Kept}, {"duplicate", c.Duplicate}, {"passedOver", c.PassedOver}, {"failed", c.Failed}}
}

// end is the exit status of a run that came to its end.
func (f *filling) end() error {
	if f.files.Failed+f.records.Failed > 0 && !f.unlisted {
		f.ui.say("hint", "the files that failed, in whole or in part, are kept in a list: crosstrail store failed"+f.flags())
	}
	if f.part || f.files.Failed+f.records.Failed > 0 {
		return silent(exitPart)
	}
	return nil
}
