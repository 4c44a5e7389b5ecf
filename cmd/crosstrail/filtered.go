package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

// answer prints what is asked of a corpus, whose filter knows accounts by id.
type answer func(ctx context.Context, q *question, c *corpus, filter query.Filter, style render.Style) error

// newFiltered makes the command of a question that has filters and no arguments:
// those filters that only names or, without any, all.
func newFiltered(ui *terminal, cmd *cobra.Command, answer answer, only ...string) *cobra.Command {
	return newAsking(ui, cmd, func(ctx context.Context, q *question, filter query.Filter) error {
		return q.answer(ctx, q.from, filter, answer)
	}, only...)
}

// newAsking is newFiltered for a question that sees for itself to what it reads.
func newAsking(ui *terminal, cmd *cobra.Command, run func(context.Context, *question, query.Filter) error, only ...string) *cobra.Command {
	var filter query.Filter
	cmd.Annotations = exits(exitDone, exitFailed, exitUsage, exitPart)
	cmd.Args, cmd.ValidArgsFunction = noArguments, cobra.NoFileCompletions
	q := newQuestion(ui, cmd, true)
	addFilters(cmd, &filter, time.Now(), only...)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := q.needFrom(cmd); err != nil {
			return err
		}
		return run(cmd.Context(), q, filter)
	}
	return cmd
}

// answer reads what is asked and has it answered.
func (q *question) answer(ctx context.Context, sources []string, filter query.Filter, answer answer) error {
	style, err := q.named(ctx, sources, &filter)
	if err != nil {
		return err
	}
	c, err := q.readWindows(ctx, sources, windowsOf(&filter))
	if err != nil {
		return err
	}
	style.Integrity = c.sealed.integrity(ctx)
	filter.NoHistory = c.since
	return q.done(c, answer(ctx, q, c, filter, style))
}

// named reads the names, and lets the filter know by id who is named in it.
func (q *question) named(ctx context.Context, sources []string, filter *query.Filter) (render.Style, error) {
	style, err := q.style(ctx, sources)
	if err != nil {
		return style, err
	}
	if err := nameAccounts(filter, style.Names); err != nil {
		return style, err
	}
	namePeople(filter, style.Names)
	filter.OwnAccounts = style.Names.Members()
	return style, nil
}
