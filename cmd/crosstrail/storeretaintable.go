package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// forever is what keeps all events of a table.
const forever = "forever"

// daysOf is how many days events of a table are kept, 0 for ever.
func daysOf(text string) (int, error) {
	if text == forever {
		return 0, nil
	}
	for unit, days := range map[string]int{"d": 1, "w": 7} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			if n, err := strconv.Atoi(n); err == nil && n > 0 && n <= 100_000/days {
				return n * days, nil
			}
		}
	}
	return 0, usage(fmt.Errorf("%q: a table lets go of events by their age, in days: 400d, 52w, or forever", text), "for example: crosstrail store retain 400d --store dynamodb://TABLE")
}

// changedUnits is about what giving an item another end takes, with its indexes.
const changedUnits = 4

// table sets how long a table keeps its events.
func (r *retention) table(ctx context.Context, name, text string) error {
	days, err := daysOf(text)
	if err != nil {
		return err
	}
	if r.wait {
		return r.store.refuse("--wait: any number may write to a table at once: there is nothing to wait for")
	}
	t, err := r.aws.table(ctx, r.ui, name, dynamo.Options{Write: true})
	if err != nil {
		return err
	}
	i, err := t.Info(ctx)
	if err != nil {
		return r.aws.explained(err)
	}
	what := "events go " + number(days, "day") + " after they happened, for good, and what links later events to people two days later"
	if days == 0 {
		what = "events stay for ever: those that are still there"
	}
	fmt.Fprintf(r.ui.stderr, "%s: %s\nall of it is read, and each item given its end: %s, up to %s; DynamoDB deletes what is over within days\n",
		t, what, number(i.Items, "item"), dollars(float64(i.Items)*changedUnits*dynamo.DollarsAWrite+float64(i.Bytes)/4096*dynamo.DollarsARead))
	if i.Expiry == dynamo.Off && days > 0 {
		return hinted(errors.New("the table's expiry (TTL) is off, or by another attribute: nothing would go"),
			"its owner turns it on: aws dynamodb update-time-to-live --table-name "+name+" --time-to-live-specification Enabled=true,AttributeName=expires")
	}
	if err := r.ui.agreed(ctx, r.yes); err != nil {
		return err
	}
	if err := t.SetRetention(ctx, days); err != nil {
		return r.aws.explained(err)
	}
	if render.Form(r.form) == render.Table {
		return nil
	}
	return r.ui.print(func(w io.Writer) error {
		return printOne(w, render.Form(r.form), flat{{"store", t.String()}, {"retainDays", days}})
	})
}
