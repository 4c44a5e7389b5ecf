package main

import (
	"context"
	"io"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// tableInfo is what store info tells of a table.
type tableInfo struct {
	dynamo.Info
	spans  []lineage.Span
	failed int
}

// infoOfTable prints what a table is and holds.
func infoOfTable(ctx context.Context, ui *terminal, aws *awsFlags, store *storeValue, name string, form render.Form) error {
	t, err := aws.table(ctx, ui, name, dynamo.Options{})
	if err != nil {
		return err
	}
	i := tableInfo{}
	if i.Info, err = t.Info(ctx); err != nil {
		return aws.explained(err)
	}
	if !i.Foreign {
		if i.spans, err = t.Spans(ctx); err != nil {
			return aws.explained(err)
		}
		failed, err := t.Failed(ctx)
		if err != nil {
			return aws.explained(err)
		}
		i.failed = len(failed)
	}
	return ui.print(func(w io.Writer) error {
		if form == render.Table {
			return i.tell(w, store.tableFlags(aws))
		}
		return printOne(w, form, i.flat())
	})
}

func (i *tableInfo) flat() flat {
	spans := []flat{}
	for _, s := range i.spans {
		spans = append(spans, flat{{"accountId", s.Account}, {"region", s.Region}, {"first", s.First}, {"newest", s.Newest}})
	}
	billing := "on-demand"
	if !i.OnDemand {
		billing = "provisioned"
	}
	return flat{
		{"store", dynamo.Scheme + i.Table},
		{"arn", i.ARN},
		{"region", i.Region},
		{"status", i.Status},
		{"created", moment(i.Created)},
		{"format", i.Format},
		{"adopted", !i.Foreign},
		{"items", i.Items},
		{"bytes", i.Bytes},
		{"billing", billing},
		{"readUnits", i.ReadUnits},
		{"writeUnits", i.WriteUnits},
		{"missingIndexes", i.Missing},
		{"pointInTimeRecovery", string(i.PointInTime)},
		{"expiry", string(i.Expiry)},
		{"deletionProtection", i.DeletionProtection},
		{"retainDays", i.Retain},
		{"watch", watchOf(i.Watch)},
		{"failed", i.failed},
		{"logs", spans},
	}
}

func (i *tableInfo) tell(w io.Writer, flags string) error {
	var l lines
	l.add("store", "%s", dynamo.Scheme+i.Table)
	l.add("table", "%s, %s since %s", render.Text(i.ARN), i.Status, i.Created.UTC().Format(time.RFC3339))
	l.add("holds", "%s, %s, as DynamoDB last counted them (it does every six hours)", number(i.Items, "item"), bytesText(i.Bytes))
	if i.Foreign {
		l.add("made", "as AWS's text on auditing cross-account roles has it: read as it is, all of it")
		l.add("", "to have it indexed and linked: crosstrail ingest %s%s", dynamo.Scheme+i.Table, flags)
	} else {
		l.add("format", "%d", i.Format)
		i.tellLogs(&l)
		l.add("watch", "%s", render.Text(watchText(i.Watch)))
	}
	if i.failed > 0 {
		l.add("failed", "%s: crosstrail store failed%s", number(i.failed, "file"), flags)
	}
	if i.OnDemand {
		l.add("billing", "by request")
	} else {
		l.add("billing", "by the hour: %s and %s a second", number(i.ReadUnits, "read unit"), number(i.WriteUnits, "write unit"))
	}
	for _, missing := range i.Missing {
		if !i.Foreign {
			l.add("LACKS", "the index %s: crosstrail ingest %s%s adds it", missing, dynamo.Scheme+i.Table, flags)
		}
	}
	kept := "for ever"
	if i.Retain > 0 {
		kept = number(i.Retain, "day")
	}
	if !i.Foreign {
		l.add("kept", "%s; expiry (TTL) is %s", kept, i.Expiry)
	}
	protected := "off"
	if i.DeletionProtection {
		protected = "on"
	}
	l.add("safety", "point-in-time recovery is %s, protection against deletion %s", i.PointInTime, protected)
	_, err := io.WriteString(w, l.String())
	return err
}

// tellLogs tells of which accounts there are log files, and since when.
func (i *tableInfo) tellLogs(l *lines) {
	accounts, regions := map[string]bool{}, map[string]bool{}
	var first, newest cloudtrail.Time
	for _, s := range i.spans {
		if s.Account == "" {
			continue
		}
		accounts[s.Account], regions[s.Region] = true, true
		if s.First != 0 && (first == 0 || s.First < first) {
			first = s.First
		}
		newest = max(newest, s.Newest)
	}
	l.add("of", "%s, %s", number(len(accounts), "account"), number(len(regions), "region"))
	if newest != 0 {
		l.add("from", "log files delivered from %s to %s", first, newest)
	}
}
