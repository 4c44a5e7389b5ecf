package digest

// trust is whether what a digest says may be believed.
//
// Only a digest that is trusted covers time, excuses a log file, or moves the
// newest end: whoever can write to a bucket can put a digest there that fits.
type trust uint8

const (
	unproved trust = iota // nothing speaks against it, but its signature was not checked
	good                  // signed, or vouched for by a newer one that is good
	bad
)

// trusted reports whether a digest counts. Where there are no keys at all nothing
// is proved, and what does not fit is found all the same.
func (v *verifier) trusted(d *checked) bool {
	return d.trust == good || d.trust == unproved && v.keys == nil
}

// awaited reports whether the signature of a digest is not at hand because it is
// the newest of a copy: the next one would have it.
func (p *place) awaited(d *checked) bool {
	c := p.chainOf(d)
	return d == c.newest && d.why == NoSignature && !c.until.IsZero() && d.End <= c.until+digestLate
}
