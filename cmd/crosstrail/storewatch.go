package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// watching is one run of store watch.
type watching struct {
	ui    *terminal
	store storeValue
	flags watchFlags
	form  formValue
	aws   awsFlags
	yes   bool
}

func newStoreWatchCommand(ui *terminal) *cobra.Command {
	w := watching{ui: ui}
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "tell or change which records a DynamoDB table takes",
		Long: `Tell which records a DynamoDB table takes of those that it is given, by a Lambda
function, crosstrail follow or crosstrail ingest; or change it. A table that was made
without a watch takes every record.

Issuances are taken that any of --watch-role, --watch-external-id and --watch-account
names, or all where there is none of them; of the calls that are made in sessions, those
that --uses says. ARNs and ids are compared whole. What else tells who somebody is, as
sign-ins do, is taken always.

What is in the table stays. What was left out until now is not there: crosstrail ingest
brings it from log files. A Lambda function goes by the new watch from its next
invocation on, crosstrail follow and crosstrail ingest within a second. Where there is no such table, it is made.`,
		Example: `  crosstrail store watch --store dynamodb://CrossAccountAuditing

  # one role: who assumes it, and what is done with it
  crosstrail store watch --store dynamodb://CrossAccountAuditing \
    --watch-role arn:aws:iam::999999999999:role/CrossAccountTest

  # who comes into an account, and nothing of what is done there
  crosstrail store watch --store dynamodb://CrossAccountAuditing --watch-account 999999999999 --uses none

  crosstrail store watch --store dynamodb://CrossAccountAuditing --everything`,
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return w.run(cmd.Context()) },
	}
	addStore(cmd, &w.store)
	w.flags.add(cmd)
	cmd.Flags().BoolVar(&w.yes, "yes", false, "change it without asking")
	addForm(cmd, &w.form)
	w.aws.add(cmd)
	return cmd
}

func (w *watching) run(ctx context.Context) error {
	name, err := w.store.table()
	if err != nil {
		return err
	}
	if name == "" {
		return usage(fmt.Errorf("a store in a folder takes every record: a watch is what a table has"), "name one: --store dynamodb://TABLE")
	}
	wanted, err := w.flags.watch()
	if err != nil {
		return err
	}
	t, err := w.aws.table(ctx, w.ui, name, dynamo.Options{Write: w.flags.isGiven()})
	if errors.Is(err, dynamo.ErrNoTable) && w.flags.isGiven() {
		m := making{ui: w.ui, aws: &w.aws, yes: w.yes, watch: wanted}
		if _, err := m.ready(ctx, name, err); err != nil {
			return err
		}
		t, err = w.aws.table(ctx, w.ui, name, dynamo.Options{})
	}
	if err != nil {
		return err
	}
	if t.Foreign() {
		w.ui.say("note", t.String()+" is as AWS's text on auditing cross-account roles makes it: what its own program watches is written in that program")
		return nil
	}
	if w.flags.isGiven() {
		if err := w.change(ctx, t, wanted); err != nil {
			return err
		}
	}
	return w.ui.print(func(out io.Writer) error {
		if form := render.Form(w.form); form != render.Table {
			return printOne(out, form, append(flat{{"store", t.String()}}, watchOf(t.Watch())...))
		}
		var l lines
		l.add("watch", "%s", render.Text(watchText(t.Watch())))
		_, err := io.WriteString(out, l.String())
		return err
	})
}

func (w *watching) change(ctx context.Context, t *table, wanted *lineage.Watch) error {
	was := t.Watch()
	if reflect.DeepEqual(was, wanted) {
		fmt.Fprintln(w.ui.stderr, "the table has this watch already: nothing to do")
		return nil
	}
	fmt.Fprintf(w.ui.stderr, "%s\n  until now  %s\n  from now   %s\n", t, render.Text(watchText(was)), render.Text(watchText(wanted)))
	if err := w.ui.agreed(ctx, w.yes); err != nil {
		return err
	}
	if err := t.SetWatch(ctx, was, wanted); errors.Is(err, dynamo.ErrWatchChanged) {
		return hinted(fmt.Errorf("%w: nothing was changed", err), "it takes now: "+watchText(t.Watch()), "look at that, and do it again")
	} else if err != nil {
		return w.aws.explained(err)
	}
	if was != nil {
		w.ui.say("note", "what the watch left out until now is not in the table")
		w.ui.say("hint", "to bring it, from the log files: crosstrail ingest s3://BUCKET/PREFIX"+w.store.tableFlags(&w.aws))
	}
	return nil
}
