package digest

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// place is one account and region while it is verified, from the newest digest
// back: each vouches for the one before.
type place struct {
	v *verifier
	Place
	digests []*checked // newest first
	listed  map[string]bool
	chains  map[string]*chain
	refs    map[string][]*ref // by the stem of the log file, until it is settled
	odd     map[string]Object // by URI: log files under names that CloudTrail does not give

	first, newest cloudtrail.Time // of what the digests cover
	walked        bool            // all digests, so that first is the first
}

func (v *verifier) place(ctx context.Context, at Place) error {
	p := &place{v: v, Place: at, listed: map[string]bool{}, chains: map[string]*chain{}, refs: map[string][]*ref{}, odd: map[string]Object{}}
	if err := p.list(ctx); err != nil {
		return err
	}
	if len(p.digests) == 0 {
		reason := NoDigests
		if at.Account == "" {
			reason = Nameless
		}
		return p.unchecked(ctx, reason, v.options.Since, v.options.Until)
	}
	if err := p.months(ctx); err != nil {
		return err
	}
	if err := p.beyond(ctx); err != nil {
		return err
	}
	if err := p.rest(ctx); err != nil {
		return err
	}
	p.told()
	return nil
}

// list finds the names of the digests, newest first. Those about the window are
// of use too: the signature of the newest stands in the one after it.
func (p *place) list(ctx context.Context) error {
	since, until := p.v.options.Since, p.v.options.Until
	if !since.IsZero() {
		since -= digestLate
	}
	if !until.IsZero() {
		until += hour + digestLate
	}
	for o, err := range p.v.archive.Digests(ctx, p.Place, since, until) {
		if err != nil {
			return err
		}
		n, ok := ParseName(o.Key)
		if !ok || p.Place != (Place{n.Account, n.Region}) || n.End < since || !until.IsZero() && n.End > until {
			continue
		}
		p.digests = append(p.digests, &checked{Object: o, Name: n})
		p.listed[stem(o.Key)] = true
	}
	slices.SortFunc(p.digests, func(a, b *checked) int {
		return cmp.Or(cmp.Compare(b.End, a.End), cmp.Compare(b.Key, a.Key), cmp.Compare(b.URI, a.URI))
	})
	return nil
}

// months walks through the digests and the log files of their time, a month in
// memory at a time.
func (p *place) months(ctx context.Context) error {
	p.newest = p.digests[0].End
	oldest := p.digests[len(p.digests)-1].End
	todo := p.digests
	for top := p.newest + digestLate; ; top -= month {
		bottom := top - month + 1
		last := bottom <= oldest-digestLate
		n := len(todo)
		if !last {
			// The digest that lists a file may end before the file's stamp.
			n, _ = slices.BinarySearchFunc(todo, bottom-hour, func(d *checked, t cloudtrail.Time) int { return cmp.Compare(t, d.End) })
		}
		if err := p.walk(ctx, todo[:n]); err != nil {
			return err
		}
		todo = todo[n:]
		if last {
			p.endChains()
			p.walked = true
			bottom = p.begin() - settling
		}
		if err := p.files(ctx, max(bottom, p.v.options.Since), top); err != nil || last {
			return err
		}
	}
}

// begin is the start of the oldest digest, as far as it is known.
func (p *place) begin() cloudtrail.Time {
	if !p.walked || p.first.IsZero() {
		return p.digests[len(p.digests)-1].End - hour
	}
	return p.first
}

// beyond tells of the log files before the first digest, and behind the newest.
func (p *place) beyond(ctx context.Context) error {
	o := &p.v.options
	before := p.begin() - settling - 1
	if before >= o.Since {
		if err := p.unchecked(ctx, BeforeFirst, o.Since, before); err != nil {
			return err
		}
	}
	behind := p.newest + digestLate + 1
	if !o.Until.IsZero() && o.Until < behind {
		return nil
	}
	return p.unchecked(ctx, BehindNewest, max(o.Since, behind), o.Until)
}

// unchecked passes over the log files of a span. Where digests are expected and
// do not come any more, that is a finding.
func (p *place) unchecked(ctx context.Context, reason Reason, since, until cloudtrail.Time) error {
	var all Omission
	for o, err := range p.v.archive.LogFiles(ctx, p.Place, since, until) {
		if err != nil {
			return err
		}
		stamp := stampOf(o.Key)
		if stamp.IsZero() && len(p.digests) > 0 {
			p.keepOdd(o)
			continue
		}
		if !stamp.IsZero() && (stamp < since || !until.IsZero() && stamp > until) {
			continue
		}
		if refs := p.of(o); len(refs) > 0 {
			// A back-fill digest may tell of it, long after.
			p.settle(ctx, o, refs)
			continue
		}
		p.v.file(FileState{File: o, State: Unchecked, Place: p.Place})
		p.v.omit(Omission{Reason: reason, Place: p.Place, Files: 1, From: stamp, Until: stamp, Example: o.URI})
		if all.Files++; all.From.IsZero() || stamp < all.From {
			all.From = stamp
		}
		all.Until = max(all.Until, stamp)
	}
	if reason == BehindNewest && all.Files > 0 {
		p.v.find(Finding{
			Kind: ChainEnded, Place: p.Place, From: all.From, Until: all.Until, Digest: p.digests[0].URI,
			Text: fmt.Sprintf("log files were delivered until %s (%d of them), and the newest digest is of %s: later ones were removed, or validation was turned off", all.Until, all.Files, p.newest),
		})
	}
	return nil
}

// told puts the chains into the report.
func (p *place) told() {
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	for _, c := range p.chains {
		if c.digests > 0 && !c.backfill {
			p.v.report.Chains = append(p.v.report.Chains, Chain{Place: p.Place, Trail: c.trail, Digests: c.digests, From: c.from, Until: c.until})
		}
	}
}
