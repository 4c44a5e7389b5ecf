package render

import (
	"slices"
	"strconv"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// naming is the record that names an answer's origin itself, and the fields by
// which it does.
type naming struct {
	at     int // the hop whose session the record shows in use
	words  string
	rule   lineage.Rule
	use    *lineage.Use
	fields []lineage.Equal
}

// namedBy finds it where the issuances do not show it: the record that was asked
// about, another of its session or the other copy of it, or an issuing call made
// in a session that names the person.
func namedBy(a query.Answer) (naming, bool) {
	c := a.Chain
	if c == nil || c.Origin == nil {
		return naming{}, false
	}
	n := naming{at: max(0, len(c.Hops)-1), rule: lineage.NamedOnRecord, words: ruleWords(lineage.NamedOnRecord)}
	if c.Origin.Rule == lineage.SourceIdentity {
		n.rule, n.words = c.Origin.Rule, ruleWords(c.Origin.Rule)
	}
	if a.Row != nil && !a.Unused && n.shows(&a.Row.Use, c.Origin) {
		return n, true
	}
	if u := c.Origin.NamedBy; u != nil && n.shows(u, c.Origin) {
		n.words = "another record of the same session names who it is"
		if a.Row != nil && a.Row.Caller.Type == "AWSAccount" {
			n.words = "the caller's own copy of the call names who it is"
		}
		return n, true
	}
	for i, h := range slices.Backward(numberedHops(a)) {
		if by := h.hop.Issuance; by != nil && inSession(by.Caller) && n.shows(&by.Use, c.Origin) {
			n.at, n.words = max(0, i-1), "the session that the next one was made in names who it is"
			return n, true
		}
	}
	return naming{}, false
}

// inSession reports whether a caller is a role's or a federated user's session,
// whose ARN names nobody.
func inSession(id *lineage.Identity) bool {
	return id.Type == "AssumedRole" || id.Type == "FederatedUser"
}

func (n *naming) shows(u *lineage.Use, o *lineage.Origin) bool {
	n.use, n.fields = u, u.Caller.Names(o)
	return n.fields != nil
}

// members adds the members of the proof that names the origin.
func (n *naming) members(e *Encoder, dst []byte, o *lineage.Origin) []byte {
	dst = number(dst, "hop", n.at)
	dst = text(dst, "rule", string(n.rule))
	dst = text(dst, "names", o.ID)
	return equals(e.evidenceOf(dst, "use", n.use), n.fields)
}

// named prints it.
func (p *page) named(n naming, o *lineage.Origin) {
	p.flow("", "  ", "  ", say(strong, "origin"), say(strong, p.style.titled(o)), say(faint, string(n.rule)))
	p.prose("  ", "  ", ordinary, n.words)
	fields := []field{{name: "eventID", use: n.use.ID.Event}, {name: "eventTime", use: n.use.Time.String()}, {name: "event", use: called(*n.use)}}
	for _, q := range n.fields {
		fields = append(fields, field{name: q.Field, use: q.Value})
	}
	p.record("record", fields, func(f field) string { return f.use })
	p.place("in ", n.use.Location)
	p.blank("")
}

// fits prints the issuances of which each may have made the session: a few of
// them whole, of the rest where they are.
func (p *page) fits(n numbered) {
	all := n.hop.Proof.Fits
	for i, f := range all {
		if i < mostWhole {
			word := "issued, candidate " + strconv.Itoa(i+1) + " of " + strconv.Itoa(len(all))
			p.record(word, proofFields(n, f), func(f field) string { return f.issuance })
		} else {
			p.flow("  ", "    ", "  ", say(ordinary, f.ID.Event), say(ordinary, caller(f.Caller)))
		}
		p.place("candidate in ", f.Location)
	}
}

// mostWhole is how many candidates are printed with all their fields.
const mostWhole = 4
