package query

import (
	"context"
	"fmt"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// opened collects the calls by which ways were opened, used afterwards or not:
// the AssumeRole of a role in another account. Which role that was is read for
// many at once.
type opened struct {
	r     Reader
	calls []openedBy
	each  func(wayKey, openedBy, *lineage.Fact)
}

// openedBy is one such call, with its chain.
type openedBy struct {
	use   lineage.Use
	tally Tally
	chain *lineage.Chain
	from  string
}

const mostOpened = 1024 // that are read for at once

// add takes a call, if it is one. It returns an error of reading for those
// before it.
func (o *opened) add(ctx context.Context, t *Tally, c *lineage.Chain) error {
	from := callerAccount(t.Caller)
	if !issues(t) || t.EventName != "AssumeRole" || t.Errors > 0 || from == "" || t.Caller.Type == "AWSService" {
		return nil
	}
	o.calls = append(o.calls, openedBy{t.Use, *t, c, from})
	if len(o.calls) < mostOpened {
		return nil
	}
	return o.flush(ctx)
}

func (o *opened) flush(ctx context.Context) error {
	if len(o.calls) == 0 {
		return nil
	}
	var keys []lineage.Key
	from, to := o.calls[0].use.Time, o.calls[0].use.Time
	for i := range o.calls {
		u := &o.calls[i].use
		keys = append(keys, u.IssuanceKeys()...)
		from, to = min(from, u.Time), max(to, u.Time)
	}
	facts, err := o.r.Facts(ctx, keys, from, to)
	if err != nil {
		return fmt.Errorf("reading which roles were taken: %w", err)
	}
	byEvent := map[cloudtrail.ID]*lineage.Fact{}
	for _, f := range facts {
		if f.Kind != lineage.Issuance || f.Request.RoleARN == "" {
			continue
		}
		if other := byEvent[f.ID]; other == nil || compareFacts(f, other) < 0 { // of variants one
			byEvent[f.ID] = f
		}
	}
	for _, call := range o.calls {
		f := byEvent[call.use.ID]
		if f == nil {
			continue
		}
		if into := accountOf(f.Request.RoleARN); into != "" && into != call.from {
			key := wayKey{who: whoOf(call.chain), from: call.from, role: f.Request.RoleARN, to: into}
			o.each(key, call, f)
		}
	}
	o.calls = o.calls[:0]
	return nil
}

// callerAccount is the account that a caller belongs to.
func callerAccount(id *lineage.Identity) string {
	for _, account := range [...]string{id.AccountID, id.IssuerAccount, accountOf(id.ARN)} {
		if account != "" {
			return account
		}
	}
	return ""
}
