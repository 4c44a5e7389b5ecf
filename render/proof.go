package render

import (
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// numbered is a hop with its place, in chain ("hop") or in via, and the record
// that shows its session in use.
type numbered struct {
	in  string
	at  int
	hop *lineage.Hop
	use lineage.Use // without an event id where no record shows it
}

// numberedHops are the hops of an answer. A chain is shared by all events of
// its session, so the record that shows the last session in use is the one that
// was asked about: of the actor where somebody acted for the person.
func numberedHops(a query.Answer) []numbered {
	var all []numbered
	for i := range a.Chain.Hops {
		h := &a.Chain.Hops[i]
		all = append(all, numbered{"hop", i, h, h.Proof.Use})
	}
	for i, v := range a.Chain.Via {
		if v.Hop != nil {
			all = append(all, numbered{"via", i, v.Hop, v.Hop.Proof.Use})
		}
	}
	if n := len(all); n > 0 && a.Row != nil && !a.Unused && all[n-1].use.ID.Event == "" {
		all[n-1].use = a.Row.Use
	}
	return all
}

// answer adds the members of one answer of who: the line, the session where one
// was asked for, and the proof of every hop.
func (e *Encoder) answer(dst []byte, a query.Answer) []byte {
	if a.Row != nil {
		dst = e.members(dst, a.Line)
	}
	if a.Unused {
		dst = boolean(dst, "unused", true)
	}
	if a.Session != nil {
		dst = append(member(dst, "session"), '{')
		dst = append(e.session(dst, *a.Session), '}')
	}
	if a.Chain == nil {
		return dst
	}
	proofs := numberedHops(a)
	n, named := namedBy(a)
	if len(proofs) == 0 && !named {
		return dst
	}
	dst = append(member(dst, "proof"), '[')
	for _, h := range proofs {
		dst = append(e.hopProof(append(element(dst), '{'), h), '}')
	}
	if named {
		dst = append(n.members(e, append(element(dst), '{'), a.Chain.Origin), '}')
	}
	return append(dst, ']')
}

func (e *Encoder) hopProof(dst []byte, n numbered) []byte {
	h := n.hop
	dst = number(dst, n.in, n.at)
	dst = text(dst, "rule", string(h.Rule))
	dst = text(dst, "evidence", gradeOf(h.Evidence).word)
	if n.use.ID.Event != "" {
		dst = e.evidenceOf(dst, "use", &n.use)
	}
	if h.Issuance != nil {
		dst = e.evidenceOf(dst, "issuance", &h.Issuance.Use)
	}
	dst = array(dst, "candidates", h.Proof.Fits, func(dst []byte, f *lineage.Fact) []byte {
		return e.recordOf(dst, &f.Use)
	})
	dst = equals(dst, h.Proof.Equal)
	dst = moment(dst, "deliveredUntil", h.Proof.Delivered)
	return array(dst, "ruledOut", h.Proof.RuledOut, func(dst []byte, r lineage.RuledOut) []byte {
		if r.Issuance != nil {
			dst = text(dst, "eventID", r.Issuance.ID.Event)
		}
		return text(dst, "guard", r.Guard)
	})
}

// evidenceOf adds one of the two records that a hop rests on.
func (e *Encoder) evidenceOf(dst []byte, key string, u *lineage.Use) []byte {
	return append(e.recordOf(append(member(dst, key), '{'), u), '}')
}

func (e *Encoder) recordOf(dst []byte, u *lineage.Use) []byte {
	dst = text(dst, "eventID", u.ID.Event)
	dst = moment(dst, "eventTime", u.Time)
	dst = text(dst, "recipientAccountId", u.ID.Recipient)
	return e.location(dst, u.Location)
}

func equals(dst []byte, fields []lineage.Equal) []byte {
	if len(fields) == 0 {
		return dst
	}
	dst = append(member(dst, "equal"), '{')
	for _, q := range fields {
		dst = pair(dst, q.Field, q.Value)
	}
	return append(dst, '}')
}

// absence adds what the data covers, where it does not have what was asked for.
func (e *Encoder) absence(dst []byte, a *query.Absence) []byte {
	if a == nil {
		return dst
	}
	dst = append(member(dst, "absent"), '{')
	dst = text(dst, "accountId", a.Account)
	dst = text(dst, "accountName", e.names.Of(a.Account))
	dst = text(dst, "organization", e.names.Organization(a.Account))
	dst = moment(dst, "eventTime", a.Time)
	if !a.Some {
		dst = number(dst, "files", a.Files)
	}
	dst = e.lack(dst, a.Lack)
	dst = array(dst, "coverage", a.Spans, func(dst []byte, s lineage.Span) []byte {
		dst = text(dst, "accountId", s.Account)
		dst = text(dst, "accountName", e.names.Of(s.Account))
		dst = text(dst, "region", s.Region)
		if s.Files > 0 {
			dst = number(dst, "files", s.Files)
		}
		dst = moment(dst, "first", s.First)
		return moment(dst, "newest", s.Newest)
	})
	return append(dst, '}')
}

// lack is what the set lacks, as far as it lacks anything.
func (e *Encoder) lack(dst []byte, l query.Lack) []byte {
	if l.Failed > 0 {
		dst = number(dst, "failed", l.Failed)
	}
	if l.Partly > 0 {
		dst = number(dst, "failedInPart", l.Partly)
	}
	if l.Altered > 0 {
		dst = number(dst, "altered", l.Altered)
	}
	dst = array(dst, "lost", l.Lost, func(dst []byte, x lineage.Lost) []byte {
		dst = text(text(dst, "accountId", x.Account), "region", x.Region)
		dst = moment(moment(dst, "from", x.From), "until", x.Until)
		if x.Files > 0 {
			return text(number(text(dst, "reason", missingFile), "files", x.Files), "listed", x.File)
		}
		return text(text(dst, "reason", missingDigest), "digest", x.File)
	})
	return moment(dst, "floor", l.Floor)
}

// copyID is the other account's copy of an issuance, as EVENT names it: with the
// account where both copies bear one event id.
func copyID(h *lineage.Hop, c *lineage.Fact) string {
	if h.Issuance != nil && c.ID.Event == h.Issuance.ID.Event && c.ID.Recipient != "" {
		return c.ID.Event + "@" + c.ID.Recipient
	}
	return c.ID.Event
}
