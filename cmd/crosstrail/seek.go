package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/lookup"
	"github.com/crosstrail/crosstrail/store/remote"
)

// addWhere puts the flags on a command that say where in a log that lies
// elsewhere to look for what is asked.
func (q *question) addWhere(cmd *cobra.Command) {
	addFilters(cmd, &q.where, time.Now(), "since", "until", "account", "region")
	cmd.Long += `

From a bucket (s3://bucket/prefix), and from lookup-events, no more is fetched than the
chain needs: where what is asked was seen, then hop by hop the minute and account of each
issuance. A key tells the account to begin with; --account, --since, --until and --region
say better where to look. What no record names the account of may be missing: how a
person of Identity Center signed in at its portal. lookup-events is CloudTrail's own history of the account that
you call from: 90 days of management events.`
}

// anywhere refuses the flags that say where to look, where all is looked through.
func (q *question) anywhere() error {
	w := &q.where
	if w.Since == 0 && w.Until == 0 && len(w.Accounts)+len(w.Regions) == 0 {
		return nil
	}
	return usage(errors.New("--since, --until, --account and --region say where to look in one bucket or lookup-events; all that is asked here is looked through"),
		"leave them away, or ask the bucket: --from s3://bucket/prefix")
}

// readFor makes ready what something is asked of: one bucket or the event
// history, of which it fetches what the answer needs, or all of the sources.
func (q *question) readFor(ctx context.Context, asked string) (*corpus, error) {
	f, err := q.openFar(ctx, q.from)
	if err != nil {
		return nil, err
	}
	if f == nil {
		if err := q.anywhere(); err != nil {
			return nil, err
		}
		return q.read(ctx, q.from)
	}
	if err := f.seek(ctx, asked); err != nil {
		return nil, q.aws.explained(err)
	}
	return f.settled(ctx, f.AskWho(asked))
}

// seek fetches where what is asked for was seen.
func (f *far) seek(ctx context.Context, asked string) error {
	w := &f.q.where
	if f.history != nil {
		pages, err := f.history.Find(ctx, asked, source.Window{Since: w.Since, Until: w.Until})
		if err != nil {
			return err
		}
		var bytes int64
		for _, p := range pages {
			bytes += p.Size
		}
		f.q.ui.say("looked into", fmt.Sprintf("%s, by what the history knows of %s: %s, %s", f.history.Account(), asked, number(len(pages), "page"), bytesText(bytes)))
		return f.Take(ctx, pages)
	}
	in := remote.Search{Accounts: w.Accounts, Regions: w.Regions, Since: w.Since, Until: w.Until}
	if in.Until == 0 {
		in.Until = cloudtrail.TimeOf(time.Now())
	}
	hint := query.WhereaboutsOf(asked)
	hinted := len(in.Accounts) == 0 && hint.Account != ""
	if hinted {
		in.Accounts = []string{hint.Account}
	}
	if len(in.Accounts) == 0 {
		few, err := f.Few(ctx)
		if err != nil {
			return err
		}
		if len(few) == 0 {
			return usage(fmt.Errorf("nothing in %s tells in which account it was seen, and %s has the logs of many", asked, f.name),
				"name the account: --account ID; and about when: --since, --until",
				"or paste a record of it: crosstrail who - --from "+quoteShell(f.name)+" < record.json")
		}
		if len(few) > 1 && w.Since == 0 && hint.Created == 0 {
			f.q.ui.say("note", "nothing in "+asked+" tells account or time: all "+number(len(few), "account")+" are looked through, from the newest log file back; faster: --account, --since, --until")
		}
		in.Accounts = few
	}
	found := f.Found(asked)
	if hint.Created != 0 {
		in.Since, in.Until, in.Forward = max(in.Since, hint.Created-2), min(in.Until, hint.Created+12*60*60), true
		found = f.Used(asked)
	}
	if ok, err := f.Seek(ctx, in, found); ok || err != nil {
		return err
	}
	if w.Until != 0 { // before it is said not to be there
		in.Late = true
		if ok, err := f.Seek(ctx, in, found); ok || err != nil {
			return err
		}
	}
	if in.Forward { // it may have been issued, and not used
		if ok, err := f.Found(asked)(ctx); ok || err != nil {
			return err
		}
	}
	for _, account := range in.Accounts {
		if err := f.Measure(ctx, account); err != nil {
			return err
		}
	}
	note := "it is not in the log of " + someOf(in.Accounts)
	if hinted {
		note += ", which is the account that it names itself: where to look first, and no proof of where it was used"
	}
	f.q.ui.say("note", note)
	f.q.ui.say("hint", "to look elsewhere: --account ID; at another time: --since, --until")
	return nil
}

// readReach is readFor for what somebody reached. A key or session is looked for
// as who does, and followed from there; of a person, role or address the log is
// read where and when the flags say.
func (q *question) readReach(ctx context.Context, asked string, o query.ReachOptions) (*corpus, error) {
	f, err := q.openFar(ctx, q.from)
	if err != nil {
		return nil, err
	}
	w := &q.where
	if f == nil {
		if len(w.Accounts)+len(w.Regions) > 0 {
			return nil, usage(errors.New("--account and --region say where to look in one bucket or lookup-events; all that is asked here is looked through"))
		}
		return q.read(ctx, q.from)
	}
	hint := query.WhereaboutsOf(asked)
	if short := hint.Created != 0 || strings.HasPrefix(asked, "ASIA"); short {
		if err := f.seek(ctx, asked); err != nil {
			return nil, q.aws.explained(err)
		}
		return f.settled(ctx, f.AskReach(asked, o))
	}
	if w.Since == 0 {
		return nil, usage(fmt.Errorf("how far back is %s to be followed? All that %s has since then is read", asked, f.name),
			"for example: --since 7d", "a session or a temporary key is followed from where it was seen, without")
	}
	if len(w.Accounts) == 0 && hint.Account != "" {
		w.Accounts = []string{hint.Account}
	}
	windows := windowsOf(w)
	if f.bucket != nil {
		f.q.ui.toldLate(windows)
	}
	return f.settled(ctx, f.AskReach(asked, o, windows...))
}

// readWindows makes ready what the filters' accounts, regions and time hold.
func (q *question) readWindows(ctx context.Context, sources []string, windows []source.Window) (*corpus, error) {
	c, err := q.readWithin(ctx, sources, windows)
	if c != nil {
		c.since = slices.ContainsFunc(sources, isApart) && slices.ContainsFunc(windows, func(w source.Window) bool { return w.Since != 0 })
	}
	return c, err
}

// readWithin reads it. Of one bucket, or the event history, of which the windows
// leave something out, it follows the chains of these events to where they do not
// reach.
func (q *question) readWithin(ctx context.Context, sources []string, windows []source.Window) (*corpus, error) {
	if slices.ContainsFunc(windows, func(w source.Window) bool { return w == source.Window{} }) {
		return q.read(ctx, sources, windows...)
	}
	q.where.Regions = regionsIn(windows)
	if slices.Contains(sources, lookup.Source) && (!isTerminal(q.ui.stdin) || !isTerminal(q.ui.stderr)) {
		q.yes = true // nothing tells beforehand how much there is of it, and who wrote the script meant it
	}
	f, err := q.openFar(ctx, sources)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return q.read(ctx, sources, windows...)
	}
	from := f.all(windows)
	if err := from.agree(ctx, q.yes); err != nil {
		return nil, err
	}
	if err := f.pump(ctx, from, f.Store); err != nil {
		return nil, q.aws.explained(err)
	}
	if err := f.Hold(ctx, windows...); err != nil {
		return nil, q.aws.explained(err)
	}
	c, err := f.settled(ctx, f.AskWithin(windows...))
	if over, ok := errors.AsType[*overBudget](err); ok {
		resolver, err := f.Resolver(ctx)
		if err != nil {
			return nil, err
		}
		q.ui.warn("not every chain is followed to its end: %s", over)
		q.ui.say("hint", "to follow them whatever it takes: --yes")
		c = f.corpus(resolver)
	} else if err != nil {
		return nil, err
	}
	c.part = f.part
	return c, nil
}
