package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/local"
)

func newStoreInfoCommand(ui *terminal) *cobra.Command {
	var store storeValue
	var form formValue
	var aws awsFlags
	cmd := &cobra.Command{
		Use:   "info",
		Short: "tell what the store holds, how large it is and how it grew",
		Long: `Tell what the store holds, of which accounts and times, how large it is, and how it
grew from day to day; of a DynamoDB table what it is, which records it takes, and of
which accounts it has log files. Items and bytes are as DynamoDB last counted them.`,
		Example: `  crosstrail store info

  # how it grew, day by day
  crosstrail store info -o json | jq -r '.grew[] | [.day, .events, .bytes] | @tsv'`,
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, err := store.table()
			if err != nil {
				return err
			}
			if name != "" {
				return infoOfTable(cmd.Context(), ui, &aws, &store, name, render.Form(form))
			}
			return runStoreInfo(cmd.Context(), ui, &store, render.Form(form))
		},
	}
	addStore(cmd, &store)
	addForm(cmd, &form)
	aws.add(cmd)
	return cmd
}

func runStoreInfo(ctx context.Context, ui *terminal, store *storeValue, form render.Form) error {
	r, _, err := openToRead(ctx, store)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // only read from
	i, err := r.Info(ctx)
	if err != nil {
		return err
	}
	return ui.print(func(w io.Writer) error {
		if form == render.Table {
			return tellInfo(w, &i, store)
		}
		return printOne(w, form, infoOf(&i))
	})
}

// openToRead opens the store for a command that only reads it and closes it itself.
func openToRead(ctx context.Context, store *storeValue) (*local.Reader, string, error) {
	dir, err := store.folder()
	if err != nil {
		return nil, "", err
	}
	r, err := local.OpenReader(ctx, dir, local.Options{})
	if err != nil {
		return nil, "", store.opened(err, dir)
	}
	return r, dir, nil
}

// existing is the folder of a store that is there: opening one to write would make it.
func (v *storeValue) existing(ctx context.Context) (dir string, err error) {
	r, dir, err := openToRead(ctx, v)
	if err != nil {
		return "", err
	}
	return dir, r.Close()
}

func infoOf(i *local.Info) flat {
	days := []flat{}
	for _, d := range i.Days {
		days = append(days, flat{{"day", dayOf(d.Day)}, {"files", d.Files}, {"events", d.Events}, {"bytes", d.Bytes}})
	}
	names := []flat{}
	for n := range i.Directories {
		names = append(names, namesOf(&i.Directories[n]))
	}
	return flat{
		{"store", i.Dir},
		{"format", i.Format},
		{"floor", i.Floor},
		{"events", i.Events},
		{"facts", i.Facts},
		{"logFiles", i.LogFiles},
		{"copies", i.Copies},
		{"failed", i.Failed},
		{"accounts", i.Accounts},
		{"regions", i.Regions},
		{"variants", i.Variants},
		{"first", i.First},
		{"last", i.Last},
		{"timeless", i.Timeless},
		{"newest", i.Newest},
		{"segments", i.Segments},
		{"digests", i.Digests},
		{"lacking", i.Lacking},
		{"names", names},
		{"bytes", flat{{"events", i.EventBytes}, {"catalogue", i.CatalogueBytes}, {"copies", i.CopyBytes}, {"spare", i.SpareBytes}}},
		{"grew", days},
	}
}

func dayOf(t cloudtrail.Time) string { return t.Time().Format("2006-01-02") }

// mostDays is how many days of growth people are shown.
const mostDays = 14

func tellInfo(w io.Writer, i *local.Info, store *storeValue) error {
	var l lines
	kept := "copies of all log files"
	if i.Copies < i.LogFiles {
		kept = fmt.Sprintf("copies of %s of the log files", thousands(int(i.Copies)))
	}
	l.add("store", "%s (format %d, %s)", render.Text(i.Dir), i.Format, kept)
	events := number(i.Events, "event")
	if i.Variants > 0 {
		events += " and " + number(i.Variants, "variant")
	}
	l.add("holds", "%s of %s, %s", events, number(i.LogFiles, "log file"), number(i.Facts, "fact"))
	l.add("of", "%s, %s", number(i.Accounts, "account"), number(i.Regions, "region"))
	if i.First != 0 {
		l.add("from", "%s to %s", i.First, i.Last)
	}
	if i.Timeless > 0 {
		l.add("no time", "%s: no floor lets go of them", number(i.Timeless, "event"))
	}
	if i.Newest != 0 {
		l.add("newest", "delivery at %s", i.Newest)
	}
	if i.Floor != 0 {
		l.add("floor", "%s: older events are not kept", i.Floor)
	}
	if i.Failed > 0 {
		l.add("failed", "%s: crosstrail store failed%s", number(i.Failed, "file"), store.flag())
	}
	if i.Digests > 0 {
		l.add("digests", "%s, by which log files are verified", number(i.Digests, "digest file"))
	}
	if i.Lacking > 0 {
		l.add("lacking", "%s that they list: crosstrail coverage%s", number(i.Lacking, "log file"), store.flag())
	}
	l.add("size", "%s on disk: events %s (%s), catalogue %s, log copies %s",
		bytesText(i.EventBytes+i.CatalogueBytes+i.CopyBytes), bytesText(i.EventBytes), number(i.Segments, "segment"),
		bytesText(i.CatalogueBytes), bytesText(i.CopyBytes))
	if i.SpareBytes > 0 {
		l.add("", "%s of the copies are of log files that were let go, or were replaced: they stay until all in their pack may go", bytesText(i.SpareBytes))
	}
	for n := range i.Directories {
		l.add("names", "%s", namesText(&i.Directories[n], time.Now()))
	}
	days := i.Days
	if len(days) > mostDays {
		days = days[len(days)-mostDays:]
		l.add("", "the newest %d of %d days; all of them: crosstrail store info%s -o json", mostDays, len(i.Days), store.flag())
	}
	for n, d := range days {
		label := ""
		if n == 0 {
			label = "grew"
		}
		l.add(label, "%s  %s, %s, from %s of log files", dayOf(d.Day), number(d.Files, "file"), number(d.Events, "event"), bytesText(d.Bytes))
	}
	_, err := io.WriteString(w, l.String())
	return err
}
