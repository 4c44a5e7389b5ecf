package render

import (
	"fmt"
	"strconv"

	"github.com/crosstrail/crosstrail/query"
)

// mostForms is how many other forms of one event people are told where to find.
const mostForms = 4

// otherForms says that there are records of the event which tell it otherwise,
// and where each is.
func (p *page) otherForms(indent string, l query.Line) {
	n := len(l.Variants)
	if n == 0 {
		if l.Row.Forms > 0 {
			p.prose(indent+"! ", indent+"  ", yellow, formsWords(l.Row.Forms, l.Row.Variant)+" crosstrail show EVENT tells where")
		}
		return
	}
	p.prose(indent+"! ", indent+"  ", yellow, formsWords(n, l.Row.Variant))
	for _, v := range l.Variants[:min(n, mostForms)] {
		p.flow(indent+"  ", indent+"    ", "  ", say(yellow, calledWords(v.EventSource, v.EventName)), say(ordinary, stamp(v.Time)),
			say(ordinary, v.File), say(faint, "record "+strconv.Itoa(v.Record)))
	}
	if n > mostForms {
		p.line(indent+"  ", say(faint, fmt.Sprintf("and %d more: -o json names them", n-mostForms)))
	}
}

func formsWords(n int, variant bool) string {
	words := fmt.Sprintf("%d other forms of this event", n)
	if n == 1 {
		words = "1 other form of this event"
	}
	if variant {
		return "a variant, not the form that is shown elsewhere; " + words + ":"
	}
	return words + ", of one id and account, told otherwise:"
}
