package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

// end says what came of it.
func (t *trial) end(ctx context.Context) error {
	whole := t.event.arrived() && t.use.arrived()
	var event, use []cause
	if !whole {
		if err := t.lookAgain(ctx); err != nil {
			return err
		}
		if !t.event.arrived() {
			event = t.eventCauses()
		}
		if !t.use.arrived() {
			use = t.useCauses(true)
		}
	}
	err := t.d.ui.print(func(w io.Writer) error {
		if form := render.Form(t.d.form); form != render.Table {
			return t.printFlat(w, form, event, use)
		}
		return t.tell(w, event, use)
	})
	t.table.spent()
	if err == nil && !whole {
		return silent(exitFinding)
	}
	return err
}

func (t *trial) tell(w io.Writer, event, use []cause) error {
	p := told{w, t.d.ui.columns()}
	p.say("", "  ", fmt.Sprintf("LEGS  session %s of %s, key %s", t.session, t.d.role, t.key))
	p.leg(t.eventLeg(), &t.event, event)
	p.leg(t.useLeg(), &t.use, use)
	if t.who == nil || len(t.who.Answers) == 0 {
		return nil
	}
	fmt.Fprintln(w)
	return render.Who(w, t.who, render.Table, t.style())
}

// eventLeg and useLeg are the legs in words.
func (t *trial) eventLeg() string {
	return "AssumeRole by " + t.asAccount + ", " + t.as.Region + " → event → table"
}

func (t *trial) useLeg() string {
	return "ListBuckets in " + t.roleAccount() + ", " + t.hub.Region + " → log file → table"
}

func (t *trial) style() render.Style {
	return render.Style{Width: t.d.ui.columns(), Color: t.d.ui.colour(), ASCII: asciiOnly()}
}

// leg prints one, and why it may not have arrived.
func (p told) leg(what string, l *leg, causes []cause) {
	if l.arrived() {
		p.say("  ok     ", "         ", what+": "+secondsText(l.took)+", "+l.way())
		return
	}
	p.say("  fault  ", "         ", what+": it did not arrive; it may be that")
	p.causes(causes)
	if len(causes) == 0 {
		p.say("         - ", "           ", "nothing is seen that would keep it: EventBridge is best effort, and loses some")
	}
}

// causes prints why something does not arrive, and what to do.
func (p told) causes(causes []cause) {
	for _, c := range causes {
		first := "         - "
		if c.sure {
			first = "         ! "
		}
		p.say(first, "           ", query.RedactText(c.text))
		if c.do != "" {
			fmt.Fprintln(p.w, "           do: "+render.Text(c.do)) // to be pasted: a line of its own
		}
	}
}

// rawJSON is JSON that is printed as it is.
type rawJSON string

func (t *trial) printFlat(w io.Writer, form render.Form, event, use []cause) error {
	legs := []flat{t.legFlat("event", &t.event, t.asAccount, t.as.Region, event), t.legFlat("log-file", &t.use, t.roleAccount(), t.hub.Region, use)}
	if form == render.CSV {
		return printList(w, form, legs[0], legs)
	}
	var who bytes.Buffer
	if t.who != nil {
		if err := render.Who(&who, t.who, render.JSON, t.style()); err != nil {
			return err
		}
	}
	one := flat{{"roleArn", t.d.role}, {"sessionName", t.session}, {"accessKeyId", t.key}, {"refused", t.refused}, {"legs", legs}}
	if who.Len() > 0 {
		one = append(one, member{"who", rawJSON(strings.TrimSpace(who.String()))})
	}
	return printOne(w, form, one)
}

func (t *trial) legFlat(name string, l *leg, account, region string, causes []cause) flat {
	var seconds, delivered any = "", ""
	if l.arrived() {
		seconds = float64(l.took.Round(100*time.Millisecond)) / float64(time.Second)
	}
	if l.stamp > 0 {
		delivered = l.stamp.Seconds()
	}
	why := []flat{}
	for _, c := range causes {
		why = append(why, flat{{"certain", c.sure}, {"text", query.RedactText(c.text)}, {"remedy", c.do}})
	}
	return flat{
		{"leg", name},
		{"arrived", l.arrived()},
		{"accountId", account},
		{"region", region},
		{"eventID", l.id.Event},
		{"eventTime", l.at},
		{"seconds", seconds},
		{"deliveredSeconds", delivered},
		{"asEvent", l.arrived() && l.byMessage()},
		{"file", l.file},
		{"causes", why},
	}
}
