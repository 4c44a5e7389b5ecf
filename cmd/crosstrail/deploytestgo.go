package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/crosstrail/crosstrail/render"
)

// mostEvent is how long an event is waited for where nothing else is: it takes seconds.
const mostEvent = 5 * time.Minute

// sureOf are those that are certain.
func sureOf(all []cause) (sure []cause) {
	for _, c := range all {
		if c.sure {
			sure = append(sure, c)
		}
	}
	return sure
}

// sensible is an error where it is seen, before anything is done, that a record will not
// arrive, and nobody wants to go on all the same.
func (t *trial) sensible(ctx context.Context) error {
	event, use := sureOf(t.eventCauses()), sureOf(t.useCauses(false))
	if len(event)+len(use) == 0 {
		return nil
	}
	if !t.d.yes && !t.d.ui.canAsk() {
		return t.notGone(event, use)
	}
	for _, leg := range []struct {
		what   string
		causes []cause
	}{{"the event of the assumption", event}, {"the record of the call", use}} {
		for _, c := range leg.causes {
			t.d.ui.warn("%s will not arrive: %s", leg.what, c.text)
			if c.do != "" {
				t.d.ui.say("do", c.do)
			}
		}
	}
	if t.d.yes {
		return nil
	}
	wanted, err := t.d.ui.confirm(ctx)
	if err == nil && !wanted {
		err = notTried()
	}
	return err
}

// notGone tells why it is not tried, where nobody can be asked.
func (t *trial) notGone(event, use []cause) error {
	t.session = "" // there is none
	err := t.d.ui.print(func(w io.Writer) error {
		if form := render.Form(t.d.form); form != render.Table {
			return t.printFlat(w, form, event, use)
		}
		p := told{w, t.d.ui.columns()}
		p.say("", "  ", "LEGS  "+t.d.role+" was not assumed")
		p.willNot(t.eventLeg(), event)
		p.willNot(t.useLeg(), use)
		return nil
	})
	return errors.Join(err, notTried())
}

func notTried() error {
	return &failure{
		err: errors.New("the role was not assumed: a record would not arrive"), status: exitFinding,
		hints: []string{"set that right first; to go on all the same, without being asked: --yes"},
	}
}

// willNot prints a leg that was not tried.
func (p told) willNot(what string, causes []cause) {
	if len(causes) == 0 {
		p.say("  note   ", "         ", what+": not tried")
		return
	}
	p.say("  fault  ", "         ", what+": it will not arrive")
	p.causes(causes)
}

// hopeless reports whether what is missing cannot come: what is wrong was seen; or where
// nothing but an event is waited for, which is late.
func (t *trial) hopeless(now time.Time) bool {
	event, use := t.event.arrived(), t.use.arrived()
	noUse := use || anySure(t.useCauses(true))
	if !event && noUse && now.Sub(t.used) > mostEvent {
		return true
	}
	return noUse && (event || anySure(t.eventCauses()))
}

func anySure(all []cause) bool { return slices.ContainsFunc(all, func(c cause) bool { return c.sure }) }
