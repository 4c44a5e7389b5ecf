package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/dynamo"
	"github.com/crosstrail/crosstrail/store/local"
)

func newStoreCheckCommand(ui *terminal) *cobra.Command {
	var store storeValue
	var form formValue
	var aws awsFlags
	yes := false
	cmd := &cobra.Command{
		Use:   "check",
		Short: "look whether every file of the store is whole",
		Long: `Read every file of the store and look whether it is what was written. Each damaged one
is named, with what to do about it; nothing is changed. Log files that the store keeps
no copy of (--keep reference) are read where they came from.

A DynamoDB table is read whole, which it says the cost of, and asks where that is much:
whether each record can be read and is of the event that it stands for, is found by all
its keys, and each key leads to an event; whether the day of each event and the span of
each log file are noted; and whether the indexes are there.`,
		Example: `  crosstrail store check

  # for a monitor: exit status 4 and a list, if anything is damaged
  crosstrail store check -o json`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			name, err := store.table()
			if err != nil {
				return err
			}
			c := checking{ui: ui, store: &store, aws: &aws, form: render.Form(form)}
			if name != "" {
				return c.table(cmd.Context(), name, yes)
			}
			return c.folder(cmd.Context())
		},
	}
	addStore(cmd, &store)
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask before much is read from a table")
	addForm(cmd, &form)
	aws.add(cmd)
	return cmd
}

// checking is one run of store check.
type checking struct {
	ui    *terminal
	store *storeValue
	aws   *awsFlags
	form  render.Form

	found  []flat
	people lines
}

// find takes a finding.
func (c *checking) find(file, problem, remedy string) {
	c.found = append(c.found, findingOf(file, problem, remedy))
	fmt.Fprintf(&c.people, "%s: %s\n  %s\n", render.Text(file), render.Text(problem), render.Text(remedy))
}

func findingOf(file, problem, remedy string) flat {
	return flat{{"file", file}, {"problem", problem}, {"remedy", remedy}}
}

func (c *checking) print() error {
	return c.ui.print(func(w io.Writer) error {
		if c.form == render.Table {
			_, err := io.WriteString(w, c.people.String())
			return err
		}
		return printList(w, c.form, findingOf("", "", ""), c.found)
	})
}

func (c *checking) folder(ctx context.Context) error {
	dir, err := c.store.folder()
	if err != nil {
		return err
	}
	checked, err := local.Check(ctx, dir, local.Options{Fetch: c.aws.fetch(c.ui)}, func(f local.Finding) {
		c.find(f.File, f.Problem, remedyFor(f.Remedy, c.store))
	})
	if err != nil {
		return c.store.opened(err, dir)
	}
	if err := c.print(); err != nil {
		return err
	}
	told := "checked " + number(checked.Files, "file") + " of the store, " + number(checked.Events, "event") + ", " + bytesText(checked.Bytes) + ": "
	unread := number(checked.Unread, "log file") + " could not be fetched"
	switch {
	case len(c.found) > 0 && checked.Unread > 0:
		told += number(len(c.found), "finding") + ", " + unread
		err = silent(exitFinding)
	case len(c.found) > 0:
		told += number(len(c.found), "finding")
		err = silent(exitFinding)
	case checked.Unread > 0:
		told += unread + ", all else is whole"
		err = silent(exitPart)
	default:
		told += "all is whole"
	}
	fmt.Fprintln(c.ui.stderr, told)
	if checked.Unread > 0 {
		c.ui.complain(c.aws.explained(checked.Why))
	}
	return err
}

// table checks a table.
func (c *checking) table(ctx context.Context, name string, yes bool) error {
	t, err := c.aws.table(ctx, c.ui, name, dynamo.Options{Allow: func(ctx context.Context, all dynamo.Cost) error {
		fmt.Fprintf(c.ui.stderr, "%s is read whole, and again should something in it not fit together: at most %s\n", dynamo.Scheme+name, costText(all))
		return c.ui.wanted(ctx, yes, "nothing was checked")
	}})
	if err != nil {
		return err
	}
	if t.Foreign() {
		return usage(fmt.Errorf("%s is as AWS's text on auditing cross-account roles makes it: there is nothing that its items could be held to", t),
			"to have them indexed and linked: crosstrail ingest "+t.String()+c.store.tableFlags(c.aws))
	}
	checked, err := t.Check(ctx, func(f dynamo.Finding) { c.find(f.Item, f.Problem, c.tableRemedy(f, t)) })
	if err != nil {
		return c.aws.explained(err)
	}
	if err := c.print(); err != nil {
		return err
	}
	told := "checked " + number(checked.Items, "item") + " of the table, " + number(checked.Events, "event") + ", " + number(checked.Pointers, "key") + " to find them by, " + number(checked.Files, "log file") + ": "
	if len(c.found) > 0 {
		told += number(len(c.found), "finding")
		err = silent(exitFinding)
	} else {
		told += "all is whole"
	}
	fmt.Fprintln(c.ui.stderr, told)
	t.spent()
	if checked.Others > 0 {
		c.ui.say("note", number(checked.Others, "item")+" of the program of AWS's text: they are found by event and key, and link nothing; to complete them: "+c.complete(t))
	}
	return err
}

func (c *checking) complete(t *table) string {
	return "crosstrail ingest " + t.String() + c.store.tableFlags(c.aws)
}

// tableRemedy says what to type.
func (c *checking) tableRemedy(f dynamo.Finding, t *table) string {
	switch f.Remedy {
	case dynamo.RemedyComplete:
		return "have it added: " + c.complete(t)
	case dynamo.RemedyReplace:
		return "delete that item, and read the log file of the event again: crosstrail ingest s3://BUCKET/PREFIX" + c.store.tableFlags(c.aws)
	case dynamo.RemedyReadAgain:
		return "read the log files of that time again, which adds what is missing: crosstrail ingest s3://BUCKET/PREFIX" + c.store.tableFlags(c.aws)
	case dynamo.RemedyPut:
		return "put it there: aws dynamodb put-item --table-name " + quoteShell(t.name) + " --item " + quoteShell(f.Put)
	case dynamo.RemedyNone:
	}
	return "nothing reads it: delete it, or leave it"
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
