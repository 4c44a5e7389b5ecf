package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/local"
)

func newStoreCheckCommand(ui *terminal) *cobra.Command {
	var store storeValue
	var form formValue
	var aws awsFlags
	cmd := &cobra.Command{
		Use:   "check",
		Short: "look whether every file of the store is whole",
		Long: `Read every file of the store and look whether it is what was written. Each damaged one
is named, with what to do about it; nothing is changed. Log files that the store keeps
no copy of (--keep reference) are read where they came from.`,
		Example: `  crosstrail store check

  # for a monitor: exit status 4 and a list, if anything is damaged
  crosstrail store check -o json`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runStoreCheck(cmd.Context(), ui, &store, &aws, render.Form(form))
		},
	}
	addStore(cmd, &store)
	addForm(cmd, &form)
	aws.add(cmd)
	return cmd
}

func runStoreCheck(ctx context.Context, ui *terminal, store *storeValue, aws *awsFlags, form render.Form) error {
	dir, err := store.folder()
	if err != nil {
		return err
	}
	found := []flat{}
	var people lines
	checked, err := local.Check(ctx, dir, local.Options{Fetch: aws.fetch(ui)}, func(f local.Finding) {
		found = append(found, findingOf(f, store))
		fmt.Fprintf(&people, "%s: %s\n  %s\n", render.Text(f.File), render.Text(f.Problem), render.Text(remedyFor(f.Remedy, store)))
	})
	if err != nil {
		return store.opened(err, dir)
	}
	err = ui.print(func(w io.Writer) error {
		if form == render.Table {
			_, err := io.WriteString(w, people.String())
			return err
		}
		return printList(w, form, findingOf(local.Finding{}, store), found)
	})
	if err != nil {
		return err
	}
	told := "checked " + number(checked.Files, "file") + " of the store, " + number(checked.Events, "event") + ", " + bytesText(checked.Bytes) + ": "
	unread := number(checked.Unread, "log file") + " could not be fetched"
	switch {
	case len(found) > 0 && checked.Unread > 0:
		told += number(len(found), "finding") + ", " + unread
		err = silent(exitFinding)
	case len(found) > 0:
		told += number(len(found), "finding")
		err = silent(exitFinding)
	case checked.Unread > 0:
		told += unread + ", all else is whole"
		err = silent(exitPart)
	default:
		told += "all is whole"
	}
	fmt.Fprintln(ui.stderr, told)
	if checked.Unread > 0 {
		ui.complain(aws.explained(checked.Why))
	}
	return err
}

func findingOf(f local.Finding, store *storeValue) flat {
	return flat{{"file", f.File}, {"problem", f.Problem}, {"remedy", remedyFor(f.Remedy, store)}}
}

// remedyFor says what to type.
func remedyFor(r local.Remedy, store *storeValue) string {
	switch r {
	case local.RemedyReadAgain:
		return "read the log files again from where they came from, which replaces what is missing or damaged: crosstrail ingest --again AWSLogs/" + store.flag()
	case local.RemedyVerify:
		return "verify the log files again where they came from, which keeps their digest files anew: crosstrail verify s3://BUCKET/PREFIX" + orStore(store.flag())
	case local.RemedyBringBack:
		return "bring the file back to where it was: the store keeps no copy of it (--keep reference)"
	}
	return "make events and catalogue anew from the copies of the log files: crosstrail store rebuild" + store.flag()
}
