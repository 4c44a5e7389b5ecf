package main

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source/bucket"
)

func newCoverageCommand(ui *terminal) *cobra.Command {
	return newAsking(ui, &cobra.Command{
		Use:   "coverage",
		Short: "tell which logs are there, the holes, and what they leave unexplained",
		Long: `Tell, by the names of the log files, what is there of each account and region: how many
files, from when until when, in how many hours; which hours between have none; which
accounts of the organisation (--organization), or else of --names, never sent any. Then
who stopped, started, changed or deleted a trail or the bucket that it writes to, and
which sessions each hole may explain, with what to collect.

A silent hour is one in which no file was delivered, from a log's first file to the
newest of any account: a log that stopped is silent since. Where nothing happens,
CloudTrail delivers nothing. Once the store holds digest files (crosstrail verify
s3://… --store) it is known: an hour is quiet where they tell that nothing was
delivered, and lost where they list a log file that is not here, or not as it was
delivered, or are themselves missing; each lost span names the sessions that it may
explain. A bucket is known to be a trail's where log files were read from it by
s3://, or where a CreateTrail or UpdateTrail in the logs names it.

Of buckets (--from s3://bucket/prefix) the names are listed and no file is fetched, a
year of hundreds of accounts in minutes: then who changed trails, and what holes leave
unexplained, is not told, for the events tell that. They do where a folder is named
too, or once the bucket has been read into the store (crosstrail ingest).

--since and --until bound the hours, the changes and what is left unexplained; the
first and newest file are of all files. As JSON and CSV each row has a kind: log,
silent, quiet, lost, altered (how many log files are not what CloudTrail delivered),
events (an account that only its events tell of), missing, unusable (an account of the
organisation that is suspended or closed: it is not missed), change, gap, listed (how
many files there are, where none of them was read), or ahead (files whose names have a
stamp later than this machine's clock, which counts for nothing); and failed,
failed-in-part or floor, where log files could not be read or the store does not keep
what is older.`,
		Example: `  crosstrail coverage --from AWSLogs/ --names accounts.csv

  # which accounts of the organisation are silent?
  crosstrail coverage --from AWSLogs/ --organization -o jsonl | jq 'select(.kind=="missing")'

  # which accounts stopped sending, by listing their trail's bucket
  crosstrail coverage --from s3://acme-trail --since 30d --organization

  # what to collect, as commands
  crosstrail coverage --from AWSLogs/ -o jsonl | jq -r 'select(.kind=="gap").get'

  # what digest files prove to be lost, and the sessions that it leaves open
  crosstrail coverage -o jsonl | jq 'select(.kind=="lost")'

  # did anybody touch the trails this week?
  crosstrail coverage --from AWSLogs/ --since 7d -o jsonl | jq 'select(.kind=="change")'`,
	}, runCoverage, "since", "until", "account", "region")
}

func runCoverage(ctx context.Context, q *question, filter query.Filter) error {
	if len(q.from) > 0 && !slices.ContainsFunc(q.from, func(s string) bool { return !bucket.Is(s) }) {
		return q.coverageListed(ctx, filter)
	}
	return q.answer(ctx, q.from, filter, answerCoverage)
}

func answerCoverage(ctx context.Context, q *question, c *corpus, filter query.Filter, style render.Style) error {
	a, err := query.Coverage(ctx, c, c.resolver, filter, style.Names, clockOf(time.Now()))
	if err != nil {
		return err
	}
	return q.print(func(w io.Writer) error { return render.Coverage(w, a, render.Form(q.form), style) })
}
