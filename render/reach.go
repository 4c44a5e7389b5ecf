package render

import (
	"fmt"
	"io"

	"github.com/crosstrail/crosstrail/query"
)

// reachTable prints what was reached as trees: sessions under the session they
// were made from, then the keys and roles made on the way.
func reachTable(w io.Writer, a *query.ReachAnswer, style Style) error {
	p := &page{style: style}
	if a.Absent != nil && len(a.Sessions) == 0 {
		p.absent(a.Asked, a.Absent)
		return p.writeTo(w)
	}
	if a.Outside {
		p.flow("", "  ", " ", say(strong, a.Asked), say(ordinary, "is in these logs, but did nothing in this span of time"))
		return p.writeTo(w)
	}
	live, accounts := 0, map[string]bool{}
	under := map[int][]int{}
	for i := range a.Sessions {
		s := &a.Sessions[i]
		under[s.Under] = append(under[s.Under], i)
		accounts[s.Hop.Account] = true
		if s.Live {
			live++
		}
	}
	p.flow("", "  ", " ", say(strong, a.Asked), say(ordinary, "reached"), say(strong, plural(len(a.Sessions), "session")),
		say(ordinary, "in"), say(ordinary, plural(len(accounts), "account")+","), liveWords(live), say(faint, "at "+stamp(a.AsOf)))
	p.ahead(a.Ahead)
	p.blank("")
	for i, o := range a.Origins {
		p.originHead(o, style.glyphs().dot, "")
		if i < len(a.Origins)-1 || len(a.Sessions) > 0 {
			p.blank(style.glyphs().bar)
		}
	}
	p.reached("", a, under, -1)
	p.minted(a)
	return p.writeTo(w)
}

func liveWords(n int) piece {
	if n == 0 {
		return say(ordinary, "none still live")
	}
	return say(red, fmt.Sprintf("%d still live", n))
}

// ahead says what was left out of that moment, and why.
func (p *page) ahead(left query.Ahead) {
	if left.Files > 0 {
		p.prose("  ", "  ", yellow, "Left out: "+stampsAhead(left.Files)+".")
	}
	if left.Event != 0 {
		p.prose("  ", "  ", yellow, "Left out: events that claim to be later than this machine's clock, the latest "+stamp(left.Event)+".")
	}
}

// stampsAhead is files whose names claim a time that has not come.
func stampsAhead(files int) string {
	if files == 1 {
		return "1 log file whose name has a stamp later than this machine's clock"
	}
	return fmt.Sprintf("%d log files whose names have a stamp later than this machine's clock", files)
}

// reached prints the sessions under a parent.
func (p *page) reached(indent string, a *query.ReachAnswer, under map[int][]int, parent int) {
	for i, at := range under[parent] {
		s := &a.Sessions[at]
		first, rest := p.style.branch(i == len(under[parent])-1)
		body := indent + rest + p.style.glyphs().none
		if len(under[at]) > 0 {
			body = indent + rest + p.style.glyphs().bar
		}
		p.hopHead(indent+first, body, &s.Hop, 1, false)
		var state piece
		switch {
		case s.Live && s.Expires.IsZero():
			state = say(red, "live, end not known")
		case s.Live && s.Expires <= a.AsOf: // a console session, or one of a key that its issuance does not name
			state = say(red, "may be live, though the key that was issued ended "+stamp(s.Expires))
		case s.Live:
			state = say(red, "live until "+stamp(s.Expires))
		case s.BeganAfter(a.AsOf):
			state = say(yellow, "began after that")
		case !s.Expires.IsZero():
			state = say(faint, "ended "+stamp(s.Expires))
		}
		facts := []piece{state, say(ordinary, plural(s.Calls, "call")), count0(s.Writes, "write", yellow), count0(s.Errors, "error", red)}
		if s.Calls > 0 {
			facts = append(facts, say(ordinary, span(s.First, s.Last)))
		}
		facts = append(facts, keysSeen(s)...)
		p.flow(body, body+"  ", ", ", facts...)
		if s.Hop.ID != "" {
			p.line(body, say(faint, s.Hop.ID))
		}
		p.reached(indent+rest, a, under, at)
	}
}

// keysMax bounds the keys listed of one session: a console shows one a service.
const keysMax = 6

// keysSeen are the keys of a session beyond the one that was issued.
func keysSeen(s *query.ReachedSession) []piece {
	var pieces []piece
	for _, k := range s.Keys {
		if s.Hop.Issuance == nil || k != s.Hop.Issuance.Grant.AccessKeyID {
			pieces = append(pieces, say(ordinary, "key "+k))
		}
	}
	if n := len(pieces); n > keysMax {
		pieces = append(pieces[:keysMax], say(faint, fmt.Sprintf("and %d more keys", n-keysMax)))
	}
	return pieces
}

func count0(n int, thing string, t tone) piece {
	if n == 0 {
		return piece{}
	}
	return say(t, plural(n, thing))
}

// minted prints the long-term keys and roles that were made on the way: what
// outlives the sessions.
func (p *page) minted(a *query.ReachAnswer) {
	if len(a.Keys)+len(a.Roles) == 0 {
		return
	}
	p.blank("")
	p.heading("LEFT BEHIND", "keys and roles made or changed on the way, which outlive sessions")
	row := func(what string, f query.LeftBehind) {
		state := piece{}
		if f.Deleted != 0 {
			state = say(faint, "deleted "+stamp(f.Deleted))
		}
		more := piece{}
		if f.Calls > 1 {
			more = say(ordinary, fmt.Sprintf("and %d more", f.Calls-1))
		}
		p.flow("  ", "    ", "  ", say(strong, what), say(yellow, service(f.EventSource)+":"+f.EventName), more, say(ordinary, stamp(f.Time)), state,
			say(ordinary, p.style.inAccount(f.ID.Recipient)), say(faint, f.ID.Event))
	}
	for _, f := range a.Keys {
		row("key "+f.Detail.Key, f)
	}
	for _, f := range a.Roles {
		row(f.Detail.ARN, f)
	}
}
