package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// What an event costs in a table that takes everything, about: docs/cost.md, to which a
// test holds what is written. An item is 0.75 KB, and 2.1 KB with its indexes.
const (
	unitsToWrite   = 4
	dollarsToWrite = unitsToWrite * dynamo.DollarsAWrite
	dollarsToKeep  = 2100*dynamo.DollarsAByte + 750*dynamo.DollarsToRecover
	million        = 1e6
)

// making is what a table is made by, or given what it lacks.
type making struct {
	ui       *terminal
	aws      *awsFlags
	yes      bool
	onDemand bool           // have a table that is paid by the hour paid by request
	watch    *lineage.Watch // of a new one
}

// ready makes the table where there is none, or adds what it lacks: opened is why it
// could not be opened until now. It says what will be done and what it costs, and asks.
func (m *making) ready(ctx context.Context, name string, opened error) (made bool, err error) {
	cfg, err := m.aws.tableConfig(ctx, m.ui, name, true)
	if err != nil {
		return false, err
	}
	text := fmt.Sprintf("%v: it will be made, paid by request, with three indexes, point-in-time recovery and protection against deletion\n"+
		"it costs nothing while it is empty; a million events %s to write and %s a month to keep (list prices of us-east-1)",
		opened, dollars(million*dollarsToWrite), dollars(million*dollarsToKeep))
	if m.watch != nil {
		text += "\nit takes " + watchText(m.watch)
	}
	if !errors.Is(opened, dynamo.ErrNoTable) {
		info, err := dynamo.Look(ctx, cfg, name)
		if err != nil {
			return false, m.aws.tableError(ctx, cfg, name, err)
		}
		switch {
		case info.Foreign:
			text = adoption(&info, m.onDemand)
		case len(info.Missing) == 0:
			return false, nil
		default:
			text = fmt.Sprintf("%s lacks the index %s: it will be added, and filled from the %s that are there, for %s",
				dynamo.Scheme+name, strings.Join(info.Missing, ", "), number(info.Items, "item"), dollars(float64(info.Items*int64(len(info.Missing)))*2*dynamo.DollarsAWrite))
		}
	}
	for line := range strings.Lines(text) {
		fmt.Fprintln(m.ui.stderr, render.Text(strings.TrimSpace(line)))
	}
	if err := m.ui.agreed(ctx, m.yes); err != nil {
		return false, err
	}
	err = dynamo.Make(ctx, cfg, name, dynamo.MakeOptions{Watch: m.watch, OnDemand: m.onDemand, Note: func(text string) { m.ui.say("note", text) }})
	if err != nil {
		return false, m.aws.tableError(ctx, cfg, name, err)
	}
	return true, nil
}

// adoption says what becomes of a table as AWS's text makes it.
func adoption(i *dynamo.Info, onDemand bool) string {
	text := fmt.Sprintf("%s is a table as AWS's text on auditing cross-account roles makes it, with %s, %s, as DynamoDB last counted them\n"+
		"it gets three indexes, expiry, point-in-time recovery and protection against deletion; its items stay as they are, and each gets one of crosstrail's beside it: %s to write, and %s a month more",
		dynamo.Scheme+i.Table, number(i.Items, "item"), bytesText(i.Bytes), dollars(float64(i.Items)*dollarsToWrite), dollars(float64(i.Items)*dollarsToKeep))
	switch {
	case i.OnDemand:
	case onDemand:
		text += "\nit will be paid by request, and no longer by the hour"
	default:
		text += fmt.Sprintf("\nits capacity stays as it is, %s a second, and an event takes %d of them: to have the table paid by request, and as fast as need be: --on-demand", number(i.WriteUnits, "write unit"), unitsToWrite)
	}
	return text
}
