package digest

import (
	"context"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// checked is one digest file and what is known of it.
type checked struct {
	Object
	Name
	file      *File  // nil where it could not be read, and once the walk is past it
	origin    string // the bucket that it says it was delivered to
	trust     trust
	why       Reason // nothing proves it, where that is so,
	cause     string // and what went wrong, if something did
	err       error
	signature string // of the metadata
	algorithm string
	generated cloudtrail.Time // of a back-fill digest
}

// chain is the digests of one trail, the standard or the back-fill ones.
type chain struct {
	of          trail
	newest      *checked  // the first of the walk
	newer       *checked  // the one that came before in the walk: it tells of the next
	link        *Previous // what the one before that told of newer,
	vouched     bool      // and whether it is to be believed
	start       cloudtrail.Time
	spans       []span // that trusted digests cover, newest first
	digests     int
	from, until cloudtrail.Time // of those that are trusted
	low, high   cloudtrail.Time // of all that those say there should be
}

// span is one or several hours without a break.
type span struct{ from, until cloudtrail.Time }

// covers reports whether a log file of that stamp has to be in a digest. Stamps
// are rounded, so that at both ends it may be in one that is not here.
func (c *chain) covers(stamp cloudtrail.Time) bool {
	for _, s := range c.spans {
		if stamp >= s.from+settling && stamp <= s.until-settling {
			return true
		}
	}
	return false
}

// gap reports whether a log file of that stamp may be in a digest of this chain
// that is not here, or cannot be believed.
func (c *chain) gap(stamp cloudtrail.Time) bool {
	high := c.high
	if c.newest.End > high && !high.IsZero() {
		high += hour // of one that cannot be believed, at the end of those that can
	}
	return stamp > c.low-settling && stamp < high+settling && !c.covers(stamp)
}

func (p *place) chainOf(d *checked) *chain {
	of := trail{rootOf(d.Key), d.Trail, d.Home, d.Backfill}
	c := p.chains[of]
	if c == nil {
		c = &chain{of: of, newest: d}
		p.chains[of] = c
	}
	return c
}

// atOnce is how many digests are held with all that they list: a day of them.
const atOnce = 24

// walk reads digests, and follows their chains back. They are newest first.
func (p *place) walk(ctx context.Context, digests []*checked) error {
	for some := range slices.Chunk(digests, atOnce) {
		if err := p.v.each(ctx, len(some), func(i int) { p.v.fetch(ctx, some[i]) }); err != nil {
			return err
		}
		for _, d := range some {
			p.step(ctx, d)
			p.collect(d)
			if d.file != nil {
				d.file.Logs = nil // they are in refs
			}
		}
	}
	return nil
}

// step takes the next older digest of its chain.
func (p *place) step(ctx context.Context, d *checked) {
	c := p.chainOf(d)
	if c.newer != nil && c.newer.End == d.End && c.newer.Object.Key == d.Key {
		p.examine(ctx, c, d) // a second copy of it
		return
	}
	c.digests++
	previous := c.expected()
	if previous != nil && !d.at(c.newer.here(previous.Bucket), previous.Object) {
		c.link, c.vouched = nil, false
		p.examine(ctx, c, d)
		if p.unlinked(c, d, previous) {
			return
		}
		c.passed(p, d, previous)
		return
	}
	c.link, c.vouched = previous, previous != nil && c.newer.trust == good
	if previous != nil && p.v.trusted(c.newer) {
		c.reach(d.End-hour, d.End)
	}
	p.examine(ctx, c, d)
	c.passed(p, d, previous)
}

// reach notes that there should be digests of a span.
func (c *chain) reach(from, until cloudtrail.Time) {
	if c.low.IsZero() || from < c.low {
		c.low = from
	}
	c.high = max(c.high, until)
}

// expected is what the digest before in the walk says of the next one, nil where
// it says nothing, or is not to be believed.
func (c *chain) expected() *Previous {
	if c.newer == nil || c.newer.file == nil || c.newer.trust == bad {
		return nil
	}
	return c.newer.file.Previous
}

// here is the bucket to look in for what a digest says is in a bucket: where all
// was copied to another one, it is there.
func (d *checked) here(bucket string) string {
	if d.Bucket != "" && bucket == d.origin {
		return d.Bucket
	}
	return bucket
}

// unlinked is a digest that is not the one which the newer one tells of. It
// reports whether that one is still to come.
func (p *place) unlinked(c *chain, d *checked, previous *Previous) (toCome bool) {
	named, _ := ParseName(previous.Object)
	switch {
	case c.of.backfill:
		p.absent(c, previous, 0)
	case named.End < d.End:
		if d.trust != bad && d.file != nil {
			p.v.find(Finding{
				Kind: UnlinkedDigest, Place: p.Place, Trail: c.of.name, Digest: d.URI, From: d.file.Start, Until: d.file.End,
				Text: "no newer digest leads to it: the next newer one names an older digest as the one before it",
			})
		}
		return true
	case named.End == d.End && p.listed[stem(previous.Object)]:
		return true // d is a copy of it, in another place
	default:
		p.absent(c, previous, d.End)
	}
	return false
}

// absent is a digest that a newer one tells of and that is not the next one. The
// next older one that is there ends at older.
func (p *place) absent(c *chain, previous *Previous, older cloudtrail.Time) {
	if p.listed[stem(previous.Object)] {
		return
	}
	newer := c.newer
	named, ok := ParseName(previous.Object)
	uri := uriOf(previous.Bucket, previous.Object)
	note := Omission{Place: p.Place, Trail: c.of.name, Digests: 1, From: named.End, Until: named.End, Example: uri}
	switch {
	case previous.Bucket != newer.file.Bucket || head(previous.Object) != head(newer.file.Object):
		note.Reason = Elsewhere
		p.v.omit(note)
		return
	case ok && !p.v.options.Since.IsZero() && named.End < p.v.options.Since-settling:
		return // not asked for
	}
	from, until := older, newer.file.Start
	if from.IsZero() {
		from = until - hour
	}
	if c.of.backfill {
		from, until = named.End-hour, named.End
	}
	if p.v.trusted(newer) {
		c.reach(from, until)
	}
	p.v.find(Finding{
		Kind: MissingDigest, Place: p.Place, Trail: c.of.name, Digest: uri, From: from, Until: until,
		Text: fmt.Sprintf("the digest of %s tells of it, and it is not there: nothing tells which log files were delivered then", newer.End),
	})
	if !c.of.backfill {
		p.v.lost(Lost{p.Account, p.Region, from, until})
	}
	p.v.count(func(n *Digests) { n.Missing++ })
}

// passed makes a digest the one that tells of the next.
func (c *chain) passed(p *place, d *checked, previous *Previous) {
	newer := c.newer
	c.newer = d
	if newer != nil {
		// A year has nine thousand digests: no more than one of a chain is held.
		defer func() { newer.file, newer.signature = nil, "" }()
	}
	if d.file == nil || d.trust == bad {
		return
	}
	f := d.file
	if p.v.trusted(d) {
		p.span(c, d)
	}
	if c.of.backfill {
		return
	}
	if newer != nil && !c.start.IsZero() && f.End < c.start {
		p.hole(c, newer, d, previous)
	}
	c.start = f.Start
}

// span notes what a digest covers that is trusted.
func (p *place) span(c *chain, d *checked) {
	f := d.file
	if c.until.IsZero() {
		c.until = f.End
	}
	c.from = f.Start
	if c.of.backfill {
		return
	}
	c.reach(f.Start, f.End)
	if p.newest == nil {
		p.newest, p.until = d, f.End
	}
	if p.first.IsZero() || f.Start < p.first {
		p.first = f.Start
	}
	if n := len(c.spans); n > 0 && f.End >= c.spans[n-1].from {
		c.spans[n-1].from = min(c.spans[n-1].from, f.Start)
		return
	}
	c.spans = append(c.spans, span{f.Start, f.End})
}

// hole is a time that no digest is of: d ends, and the next newer one that can
// be believed starts later. That two overlap harms nobody: each is signed.
func (p *place) hole(c *chain, newer, d *checked, previous *Previous) {
	until := c.start
	switch {
	case newer.file == nil || newer.trust == bad:
		if newer.err == nil || !unreadable(newer.err) {
			p.v.lost(Lost{p.Account, p.Region, d.file.End, until})
		}
	case previous == nil, d.at(newer.here(previous.Bucket), previous.Object):
		p.v.find(Finding{
			Kind: Gap, Place: p.Place, Trail: c.of.name, Digest: newer.URI, From: d.file.End, Until: until,
			Text: "no digest was made then: logging or log file validation was stopped, and nothing tells what happened or was delivered",
		})
	}
}

// endChains looks at what the oldest digests tell of, which is not there, and at
// the newest ones that nothing proves.
func (p *place) endChains() {
	for _, c := range p.chains {
		if c.newest.trust == unproved && c.newest.why != "" {
			p.omitDigest(c, c.newest)
		}
		if previous := c.expected(); previous != nil {
			p.absent(c, previous, 0)
		}
	}
}
