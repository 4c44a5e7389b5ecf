package render

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Bounds of what a tree shows of one node; the rest is counted.
const (
	callRows = 8
	childMax = 40
)

// nodes prints the children of a node, or of an origin, under its indent; here
// is the account of the parent.
func (p *page) nodes(indent, here string, nodes []*query.Node) {
	base := strings.TrimSuffix(indent, p.style.glyphs().bar)
	shown := nodes[:min(len(nodes), childMax)]
	for i, n := range shown {
		p.blank(indent)
		first, rest := p.style.branch(i == len(nodes)-1)
		p.node(base+first, base+rest, here, n)
	}
	if more := len(nodes) - len(shown); more > 0 {
		p.blank(indent)
		p.line(base+p.style.glyphs().last, say(faint, fmt.Sprintf("and %s more; crosstrail sessions lists them all", plural(more, "session"))))
	}
}

func (p *page) node(first, rest, here string, n *query.Node) {
	body := rest + p.style.glyphs().none
	if len(n.Children) > 0 {
		body = rest + p.style.glyphs().bar
	}
	if n.Hop == nil {
		who := "itself"
		if n.Caller != "" {
			who = n.Caller
		}
		p.flow(first, body, "  ", say(strong, who))
	} else {
		here = n.Hop.Account
		p.hopHead(first, body, n.Hop, n.Sessions, n.OtherName)
	}
	if n.Events > 0 {
		p.activity(body, n.Activity, [lineage.Unresolved + 1]int{})
	}
	p.elsewhere(body, n)
	p.calls(body, here, n.Calls)
	p.nodes(body, here, n.Children)
}

// hopHead prints a session: mark, role and account, then how it came to be.
func (p *page) hopHead(first, rest string, h *lineage.Hop, sessions int, otherName bool) {
	mark := p.mark(h.Evidence)
	p.flow(first, rest, " ", mark, say(strong, p.style.role(h)), say(ordinary, p.style.inAccount(h.Account)))
	var facts []piece
	fact := func(word, value string) {
		if value != "" {
			facts = append(facts, say(ordinary, word+value))
		}
	}
	if sessions > 1 {
		facts = append(facts, say(ordinary, plural(sessions, "session")))
		if !otherName {
			fact("all named ", p.style.named(sessionName(h)))
		} else {
			fact("the first ", sessionName(h))
		}
	} else {
		fact("session ", p.style.named(sessionName(h)))
	}
	if i := h.Issuance; i != nil {
		if sessions <= 1 {
			fact("key ", i.Grant.AccessKeyID)
		}
		fact("", h.By+" "+stamp(i.Time))
		fact("from ", p.address(i.SourceIP))
		fact("external id ", i.Request.ExternalID)
	} else if h.By != "" {
		fact("", h.By)
	}
	fact("source identity ", h.SourceIdentity)
	if h.Rule != "" {
		facts = append(facts, say(toneOf(h.Evidence), gradeOf(h.Evidence).word+" by "+string(h.Rule)))
	}
	if h.Ambiguous {
		fact("", "one of several issuances to the same origin")
	}
	for _, note := range h.Notes {
		switch note {
		case lineage.NoteHole:
			note += ": log files of that time are lost"
		case lineage.NoteNames:
			note += ": another form of the issuance names its caller otherwise, and somebody may have made one up"
		}
		fact("", note)
	}
	p.flow(rest, rest+"  ", ", ", facts...)
}

// elsewhere prints where a session was used other than where it was issued to.
func (p *page) elsewhere(indent string, n *query.Node) {
	if len(n.OtherAddresses.Most) > 0 {
		p.prose(indent+"! ", indent+"  ", red, fmt.Sprintf("used from %s; issued to %s", p.top(n.OtherAddresses, 3), p.address(n.IssuedToAddress)))
	}
	p.places(indent, n.Places)
	if len(n.OtherAgents.Most) > 0 {
		p.prose(indent+"! ", indent+"  ", red, fmt.Sprintf("used by %s; issued to %s", p.top(n.OtherAgents, 2), n.IssuedToAgent))
	}
}

// places prints that credentials a service was given for a workload were used
// in two places: nobody says where the workload is, but it is in one.
func (p *page) places(indent string, at query.Places) {
	if len(at.Addresses.Most) < 2 {
		return
	}
	text := fmt.Sprintf("one session, used from %d addresses: %s", len(at.Addresses.Most)+at.Addresses.More, p.top(at.Addresses, len(at.Addresses.Most)))
	if programs := at.Programs; len(programs.Most) > 1 {
		text += fmt.Sprintf("; by %d programs: %s", len(programs.Most)+programs.More, p.top(programs, 4))
	}
	p.prose(indent+"! ", indent+"  ", red, text)
}

// calls prints what was done: writes first, each with what it touched.
func (p *page) calls(indent, here string, calls []*query.Call) {
	shown := calls[:min(len(calls), callRows)]
	digits, names := 1, 0
	for _, c := range shown {
		digits = max(digits, len(strconv.Itoa(c.Count)))
		names = max(names, width(Text(apiName(c))))
	}
	names = min(names, p.room(indent)/2)
	for _, c := range shown {
		flags, t := "  ", ordinary
		if c.Write {
			flags, t = "w ", yellow
		}
		if c.Errors > 0 {
			flags, t = flags[:1]+"!", red
		}
		name := pad(p.style.cut(Text(apiName(c)), names), names)
		head := flags + " " + padLeft(strconv.Itoa(c.Count), digits) + "  " + name
		p.line(indent+"  ", piece{t, head}, say(ordinary, "  "), p.callDetail(c, here, p.room(indent+"  ")-width(head)-2))
	}
	if rest := calls[len(shown):]; len(rest) > 0 {
		n := 0
		for _, c := range rest {
			n += c.Count
		}
		p.line(indent+"  ", say(faint, fmt.Sprintf("   and %s of %d other kinds", plural(n, "call"), len(rest))))
	}
}

func apiName(c *query.Call) string { return calledWords(c.EventSource, c.EventName) }

// callDetail is what a call touched, how it failed and who made it for the
// origin, as much as there is room for.
func (p *page) callDetail(c *query.Call, here string, room int) piece {
	var parts []string
	if c.Errors > 0 {
		codes := joinedBy(c.ErrorCodes.Most, " ", func(t query.Counted) string { return t.Value })
		if c.Errors < c.Count {
			codes = fmt.Sprintf("%d failed %s", c.Errors, codes)
		}
		parts = append(parts, codes)
	}
	if c.Via != "" {
		parts = append(parts, "by way of "+service(c.Via))
	}
	line := Text(strings.Join(parts, "  "))
	var touched []string
	for _, t := range c.Touched.Most {
		touched = append(touched, p.style.touched(t.Value, here))
	}
	if line != "" && len(touched) > 0 {
		line += "  "
	}
	return piece{ordinary, p.style.cut(line+p.style.list(touched, c.Touched.More, room-width(line)), max(room, 12))}
}
