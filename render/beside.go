package render

import (
	"strconv"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// besideFrom is the width from which two records stand side by side.
const besideFrom = 100

// field is one field of the two records of a proof.
type field struct {
	name          string
	issuance, use string
	equal         bool
}

// proof prints what one hop rests on.
func (p *page) proof(n numbered) {
	h := n.hop
	word := "hop " + strconv.Itoa(n.at+1)
	if n.in == "via" {
		word = "by way of " + strconv.Itoa(n.at+1)
	}
	p.flow("", "  ", "  ", say(strong, word), say(strong, roleName(h)), say(toneOf(h.Evidence), gradeOf(h.Evidence).mark+" "+gradeOf(h.Evidence).word),
		say(toneOf(h.Evidence), string(h.Rule)))
	if h.Rule != "" {
		p.prose("  ", "  ", ordinary, ruleMeans(h))
	}
	used := n.use.ID.Event != ""
	switch fields := proofFields(n, h.Issuance); {
	case len(fields) == 0:
	case len(h.Proof.Fits) > 0:
		p.fits(n)
		if used {
			p.record("used", fields, func(f field) string { return f.use })
		}
	case h.Issuance != nil && used && p.style.columns() >= besideFrom:
		p.beside(fields)
	default:
		if h.Issuance != nil {
			p.record("issued", fields, func(f field) string { return f.issuance })
		}
		if used {
			p.record("used", fields, func(f field) string { return f.use })
		}
	}
	if h.Issuance != nil {
		if len(h.Proof.Fits) == 0 {
			p.place("issuance in ", h.Issuance.Location)
		}
		for _, c := range h.Copies {
			p.flow("  copy ", "    ", " ", say(ordinary, copyID(h, c)), say(ordinary, p.style.inAccount(c.ID.Recipient)))
			p.place("  in ", c.Location)
		}
	}
	if used {
		p.place("use in ", n.use.Location)
	}
	for i, r := range h.Proof.RuledOut {
		if i == 0 {
			p.line("  ", say(faint, "considered, and fell out:"))
		}
		if r.Issuance != nil {
			p.flow("    ", "      ", "  ", say(ordinary, r.Issuance.ID.Event), say(ordinary, guardMeans(r.Guard)), say(faint, "("+r.Guard+")"))
		}
	}
	p.blank("")
}

// place prints a file whole, whatever its length, and the ordinal in it.
func (p *page) place(word string, at lineage.Location) {
	if at.File == "" {
		return
	}
	p.line("  ", say(faint, word), say(ordinary, at.File), say(faint, ", record "), say(ordinary, strconv.Itoa(at.Record)), p.integrity(at.File, ", "))
	p.shout("  ", at.File)
}

// shout says once what it means that a log file is altered.
func (p *page) shout(indent, file string) {
	if !p.altered && p.style.integrity(file) == cloudtrail.Altered {
		p.altered = true
		p.prose(indent+"! ", indent+"  ", red, "ALTERED: this log file is not what CloudTrail delivered: what stands in it may have been changed, added or taken away")
	}
}

// integrity is what digest files tell of a log file, behind sep.
func (p *page) integrity(file, sep string) piece {
	i := p.style.integrity(file)
	switch i {
	case "":
		return piece{}
	case cloudtrail.Altered:
		return say(red, sep+"ALTERED")
	case cloudtrail.Verified:
		return say(green, sep+string(i))
	}
	return say(faint, sep+string(i))
}

func (s Style) integrity(file string) cloudtrail.Integrity {
	if s.Integrity == nil || file == "" {
		return ""
	}
	return s.Integrity(file)
}

// proofFields are what is equal, then what else tells the two records apart.
func proofFields(n numbered, issuance *lineage.Fact) []field {
	h, u := n.hop, n.use
	var fields []field
	for _, q := range h.Proof.Equal {
		fields = append(fields, field{q.Field, q.Value, q.Value, true})
	}
	var i lineage.Use
	if issuance != nil {
		i = issuance.Use
	}
	add := func(name, issuance, use string) {
		if issuance != "" || use != "" {
			fields = append(fields, field{name: name, issuance: issuance, use: use})
		}
	}
	add("eventID", i.ID.Event, u.ID.Event)
	add("eventTime", i.Time.String(), u.Time.String())
	add("event", called(i), called(u))
	add("account", i.ID.Recipient, u.ID.Recipient)
	add("caller", caller(i.Caller), caller(u.Caller))
	add("caller's key", key(i.Caller), key(u.Caller))
	if issuance != nil {
		add("role asked for", issuance.Request.RoleARN, "")
		add("session name", issuance.Request.SessionName, "")
		add("external id", issuance.Request.ExternalID, "")
		add("expires", issuance.Grant.Expires.String(), "")
	}
	add("address", i.SourceIP, u.SourceIP)
	add("agent", i.UserAgent, u.UserAgent)
	return fields
}

func called(u lineage.Use) string {
	if u.EventName == "" {
		return ""
	}
	return calledWords(u.EventSource, u.EventName)
}

func caller(id *lineage.Identity) string {
	switch {
	case id == nil:
		return ""
	case id.ARN != "":
		return id.ARN
	}
	return callerWords(id)
}

func key(id *lineage.Identity) string {
	if id == nil {
		return ""
	}
	return id.AccessKeyID
}

// fieldWidth is the column of the names of fields.
const fieldWidth = len("role asked for")

// beside prints the two records in two columns. Values are broken, not cut.
func (p *page) beside(fields []field) {
	col := (p.style.columns() - 2 - 2 - fieldWidth - 4) / 2
	p.line("    ", say(faint, pad("", fieldWidth+2)+pad("ISSUED", col)+"  USED"))
	for _, f := range fields {
		left, right := broken(Text(f.issuance), col), broken(Text(f.use), col)
		for i := range max(len(left), len(right)) {
			name, mark := "", " "
			if i == 0 {
				name = f.name
				if f.equal {
					mark = gradeOf(lineage.Exact).mark
				}
			}
			t := toneFor(f)
			p.line("  ", piece{green, mark + " "}, say(faint, pad(name, fieldWidth)), piece{ordinary, "  "},
				piece{t, pad(at0(left, i), col)}, piece{ordinary, "  "}, piece{t, at0(right, i)})
		}
	}
}

// record prints one of the two records, a field a line.
func (p *page) record(word string, fields []field, value func(field) string) {
	p.line("  ", say(faint, word))
	names := fieldWidth
	for _, f := range fields {
		names = max(names, width(f.name))
	}
	indent := "    " + pad("", names+2)
	for _, f := range fields {
		if value(f) == "" {
			continue
		}
		mark := " "
		if f.equal {
			mark = gradeOf(lineage.Exact).mark
		}
		for i, part := range broken(Text(value(f)), p.room(indent)) {
			if i > 0 {
				p.line(indent, piece{toneFor(f), part})
				continue
			}
			p.line("  ", piece{green, mark + " "}, say(faint, pad(f.name, names)), piece{ordinary, "  "}, piece{toneFor(f), part})
		}
	}
}

func toneFor(f field) tone {
	if f.equal {
		return green
	}
	return ordinary
}

// broken cuts a value into parts of n columns.
func broken(s string, n int) []string {
	var parts []string
	for width(s) > n {
		head := prefix(s, n)
		if head == "" {
			break
		}
		parts = append(parts, head)
		s = s[len(head):]
	}
	if s == "" {
		return parts
	}
	return append(parts, s)
}

func at0(parts []string, i int) string {
	if i < len(parts) {
		return parts[i]
	}
	return ""
}
