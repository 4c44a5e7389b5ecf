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
	chains  map[trail]*chain
	refs    map[string][]*ref // by the stem of the log file, until it is settled
	odd     map[string]Object // by URI: log files under names that CloudTrail does not give
	behind  Omission          // the log files long after the newest digest
	origins map[string]bool   // the buckets that digests say they were delivered to
	roots   map[string]bool   // of log files,
	example string            // of which this is one

	first  cloudtrail.Time // of what trusted digests cover
	newest *checked        // of those that are trusted
	until  cloudtrail.Time // its end
	walked bool            // all digests, so that first is the first
}

func (v *verifier) place(ctx context.Context, at Place) error {
	p := &place{
		v: v, Place: at, listed: map[string]bool{}, chains: map[trail]*chain{}, refs: map[string][]*ref{}, odd: map[string]Object{},
		origins: map[string]bool{}, roots: map[string]bool{},
	}
	if err := p.list(ctx); err != nil {
		return err
	}
	if err := p.months(ctx); err != nil {
		return err
	}
	if err := p.rest(ctx); err != nil {
		return err
	}
	p.ended()
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
		if !ok || p.Place != (Place{n.Account, n.Region}) || !between(n.End, since, until) {
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

// between reports whether a time is in a span. Zero is open.
func between(t, since, until cloudtrail.Time) bool {
	return (since.IsZero() || t >= since) && (until.IsZero() || t <= until)
}

// months walks through the digests and the log files of their time, a month in
// memory at a time. Each step takes a digest at least, whatever time its name
// tells, and no log files before the newest digest that is trusted is known.
func (p *place) months(ctx context.Context) error {
	o := &p.v.options
	top := o.Until
	for todo := p.digests; ; {
		n := 0
		if len(todo) > 0 {
			n, _ = slices.BinarySearchFunc(todo, todo[0].End-month, func(d *checked, t cloudtrail.Time) int { return cmp.Compare(t, d.End) })
		}
		if err := p.walk(ctx, todo[:n]); err != nil {
			return err
		}
		todo = todo[n:]
		if len(todo) == 0 {
			p.endChains()
			p.walked = true
			if !top.IsZero() && top < o.Since {
				return nil
			}
			return p.files(ctx, o.Since, top)
		}
		// The digest that lists a file may end before the file's stamp.
		bottom := todo[0].End + hour
		if p.newest == nil || !top.IsZero() && bottom > top || bottom < o.Since {
			continue
		}
		if err := p.files(ctx, bottom, top); err != nil {
			return err
		}
		top = bottom - 1
	}
}

// ended is a finding: digests are expected, and do not come any more.
func (p *place) ended() {
	if p.behind.Files > 0 {
		p.v.find(Finding{
			Kind: ChainEnded, Place: p.Place, From: p.behind.From, Until: p.behind.Until, Digest: p.newest.URI,
			Text: fmt.Sprintf("log files were delivered until %s (%d of them), and the newest digest that can be believed is of %s: later ones were removed or forged, or validation was turned off",
				p.behind.Until, p.behind.Files, p.until),
		})
	}
}

// told puts the chains into the report. Digests that are copies are what a copied
// bucket has; beside others, somebody may have put them there.
func (p *place) told() {
	p.v.mu.Lock()
	defer p.v.mu.Unlock()
	for i := range p.v.report.Unchecked {
		if u := &p.v.report.Unchecked[i]; u.Reason == Copied && u.Place == p.Place {
			u.Expected = len(p.origins) == 1
		}
	}
	for _, c := range p.chains {
		if c.digests > 0 && !c.of.backfill {
			p.v.report.Chains = append(p.v.report.Chains, Chain{Place: p.Place, Trail: c.of.name, Digests: c.digests, From: c.from, Until: c.until})
		}
	}
	p.v.ends = append(p.v.ends, p.ends())
}
