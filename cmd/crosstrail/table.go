package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crosstrail/crosstrail/store/dynamo"
)

// table is a table that is asked or filled.
type table struct {
	*dynamo.Store
	ui   *terminal
	aws  *awsFlags
	name string
}

func (t *table) String() string { return dynamo.Scheme + t.name }

// table opens one. Whoever assumes a role for it gets no more than that needs.
func (a *awsFlags) table(ctx context.Context, ui *terminal, name string, o dynamo.Options) (*table, error) {
	cfg, err := a.tableConfig(ctx, ui, name, o.Write)
	if err != nil {
		return nil, err
	}
	o.Fetch = a.fetch(ui)
	if o.Note == nil {
		o.Note = func(text string) { ui.say("note", text) }
	}
	s, err := dynamo.Open(ctx, cfg, name, o)
	if err != nil {
		return nil, a.tableError(ctx, cfg, name, err)
	}
	return &table{Store: s, ui: ui, aws: a, name: name}, nil
}

func (a *awsFlags) tableConfig(ctx context.Context, ui *terminal, name string, write bool) (aws.Config, error) {
	policy := ""
	if a.o.RoleARN != "" {
		policy = dynamo.LeastPolicy(a.o.RoleARN, name, write)
	}
	return a.config(ctx, ui, policy)
}

// tableFlags is how a command that is printed names the store and, of a table, reaches
// it as this one did.
func (v *storeValue) tableFlags(a *awsFlags) string {
	if name, err := v.table(); err != nil || name == "" {
		return v.flag()
	}
	return v.flag() + a.reach()
}

// reach is [awsFlags.flag] with the external id that the role wants.
func (a *awsFlags) reach() string {
	if a.o.ExternalID == "" {
		return a.flag()
	}
	return a.flag() + " --external-id " + quoteShell(a.o.ExternalID)
}

// tableError puts errors of opening a table into words.
func (a *awsFlags) tableError(ctx context.Context, cfg aws.Config, name string, err error) error {
	flags := " --store " + quoteShell(dynamo.Scheme+name) + a.reach()
	switch {
	case errors.Is(err, dynamo.ErrNoTable):
		hints := []string{"is it in another region, or another account? --aws-region, --profile"}
		if there, failed := dynamo.Tables(ctx, cfg); failed == nil && len(there) > 0 {
			hints = append([]string{"there are: " + someOf(there)}, hints...)
		} else if failed == nil {
			hints = append([]string{"there are no tables at all"}, hints...)
		}
		return usage(&tableMissing{err, fmt.Sprintf("there is no table %s in %s%s", name, cfg.Region, accountOf(ctx, cfg))},
			append(hints, "to make it: crosstrail ingest SOURCE"+flags)...)
	case errors.Is(err, dynamo.ErrForeign):
		return hinted(&tableMissing{err, dynamo.Scheme + name + " is a table as AWS's text on auditing cross-account roles makes it, and has not what this needs"},
			"to add it, and complete what is there: crosstrail ingest "+quoteShell(dynamo.Scheme+name)+flags)
	}
	return a.explained(err)
}

// tableMissing is a table that is not there, or not yet ours, in other words.
type tableMissing struct {
	err  error
	text string
}

func (e *tableMissing) Error() string { return e.text }
func (e *tableMissing) Unwrap() error { return e.err }

// accountOf names the account that was called, if that can be told: everybody may ask
// who he is (STS API Reference, GetCallerIdentity).
func accountOf(ctx context.Context, cfg aws.Config) string {
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return ""
	}
	return " of account " + aws.ToString(me.Account)
}

// costText says what reading comes to.
func costText(c dynamo.Cost) string {
	units := int64(c.Units + 0.999)
	return fmt.Sprintf("%s, %s, %s", number(units, "read unit"), bytesText(c.Bytes), dollars(c.Dollars))
}

// dollars is an amount that one should not have to count zeros of.
func dollars(d float64) string {
	switch {
	case d < 0.01:
		return "less than a cent"
	case d < 10:
		return fmt.Sprintf("about $%.2f", d)
	}
	return "about $" + thousands(int(d+0.5))
}

// mayRead is [dynamo.Options.Allow]: it says what reading comes to, and asks. Where
// nobody can be asked nothing is read: nobody has said that it may be paid.
func (t *terminal) mayRead(yes bool) func(context.Context, dynamo.Cost) error {
	return func(ctx context.Context, all dynamo.Cost) error {
		if !yes {
			fmt.Fprintln(t.stderr, "to answer it takes "+costText(all))
		}
		return t.wanted(ctx, yes, "it was not answered", readLess)
	}
}

const readLess = "to read less: --since, --until, --account, or ask for a key, session or event"
