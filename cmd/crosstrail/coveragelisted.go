package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// coverageListed tells what buckets hold by listing them.
func (q *question) coverageListed(ctx context.Context, filter query.Filter) error {
	style, err := q.named(ctx, q.from, &filter)
	if err != nil {
		return err
	}
	logs, err := q.aws.buckets(ctx, q.ui, q.from)
	if err != nil {
		return err
	}
	l := listing{ui: q.ui, aws: &q.aws, logs: logs, windows: deliveredIn(&filter), meter: startMeter(ctx, q.ui.stderr, nil)}
	accounts, err := l.accounts(ctx)
	if err != nil {
		return err
	}
	a, err := query.CoverageByNames(l.files(ctx), accounts, filter, style.Names, clockOf(time.Now()))
	l.meter.clear()
	if err != nil {
		return q.aws.explained(err)
	}
	err = q.print(func(w io.Writer) error { return render.Coverage(w, a, render.Form(q.form), style) })
	for _, log := range logs {
		q.ui.toldBucket(log, isNarrow(l.windows))
	}
	if render.Form(q.form) != render.Table { // which says so itself
		q.ui.say("note", "by listing alone: no log file was read; who changed trails, and what the holes leave unexplained, needs the events: crosstrail ingest "+quoteShell(q.from[0]))
	}
	if err == nil && l.failed > 0 {
		return silent(exitPart)
	}
	return err
}

// deliveredIn are windows of the time of delivery, which is what coverage tells of.
func deliveredIn(f *query.Filter) []source.Window {
	windows := windowsOf(f)
	for i := range windows {
		if w := &windows[i]; w.Until > w.Late {
			w.Until -= w.Late
		}
	}
	return windows
}

// listing is buckets being listed. A folder that cannot be is told, and the rest
// goes on.
type listing struct {
	ui      *terminal
	aws     *awsFlags
	logs    []*bucket.Log
	windows []source.Window
	meter   *meter
	listed  int
	failed  int
}

func (l *listing) accounts(ctx context.Context) ([]string, error) {
	var all []string
	for _, log := range l.logs {
		some, err := log.Accounts(ctx)
		if err != nil {
			return nil, l.aws.explained(err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// files are the log files of the windows, and those on either side of them that
// tell since when and until when there are any.
func (l *listing) files(ctx context.Context) iter.Seq2[cloudtrail.LogFile, error] {
	return func(yield func(cloudtrail.LogFile, error) bool) {
		for _, log := range l.logs {
			if l.ui.warnUnseen(log) {
				l.failed++
			}
			for _, objects := range []iter.Seq2[bucket.Object, error]{log.Ends(ctx, l.windows...), log.List(ctx, l.windows...)} {
				for o, err := range objects {
					switch {
					case ctx.Err() != nil:
						yield(cloudtrail.LogFile{}, ctx.Err())
						return
					case err != nil:
						l.failed++
						l.meter.clear()
						l.ui.say("error", err.Error())
						continue
					case source.PassOver(o.LogFile) != "":
						continue
					}
					if l.listed++; l.listed%5000 == 0 {
						l.meter.show(fmt.Sprintf("listing: %s files, %s requests", thousands(l.listed), thousands(log.Cost().Lists)))
					}
					if !yield(o.LogFile, nil) {
						return
					}
				}
			}
		}
	}
}
