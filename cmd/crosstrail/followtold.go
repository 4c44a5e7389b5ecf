package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/crosstrail/crosstrail/ingest"
)

// teller tells people how a follow is getting on: on a terminal by a meter, else by
// a line a minute while something happens. It runs for months, so that what fails
// is named only so often.
type teller struct {
	ui     *terminal
	meter  *meter
	queues *followed
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu             sync.Mutex // guards what follows
	files, records ingest.Counts
	active         map[string]bool // what was said, and is not over
	named          int             // in this minute
}

// namedAMinute is how many errors and notes are told one by one.
const namedAMinute = 20

func startTeller(ctx context.Context, ui *terminal, queues *followed) *teller {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t := &teller{ui: ui, meter: startMeter(ctx, ui.stderr, nil), queues: queues, cancel: cancel, active: map[string]bool{}}
	t.done.Go(func() { t.run(ctx) })
	return t
}

// end takes the meter away.
func (t *teller) end() {
	t.cancel()
	t.done.Wait()
	t.meter.clear()
}

func (t *teller) run(ctx context.Context) {
	second, minute := time.NewTicker(time.Second), time.NewTicker(time.Minute)
	defer second.Stop()
	defer minute.Stop()
	var before, recordsBefore ingest.Counts // at the last line
	var last int
	for {
		select {
		case <-ctx.Done():
			return
		case <-second.C:
			if t.meter.out != nil {
				_, records := t.read()
				t.meter.show(t.line("following: ", records.Read-last))
				last = records.Read
			}
		case <-minute.C:
			unnamed := t.unnamed()
			files, records := t.read()
			if t.meter.out == nil && (files != before || records != recordsBefore) {
				t.aside(func() { t.ui.say("note", t.line("", (records.Read-recordsBefore.Read)/60)) })
			}
			before, recordsBefore = files, records
			if unnamed > 0 {
				t.aside(func() { t.ui.say("note", fmt.Sprintf("%s more like these in the last minute", thousands(unnamed))) })
			}
		}
	}
}

// line is how far it has come.
func (t *teller) line(before string, rate int) string {
	files, records := t.read()
	text := before + counted(files, "file") + "; " + counted(records, "record") + fmt.Sprintf("; %s/s", thousands(rate))
	var lag time.Duration
	hands := 0
	for _, q := range t.queues.counts() {
		lag, hands = max(lag, q.counts.Behind, q.counts.Lag), hands+q.counts.InHand
	}
	if hands > 0 {
		text += fmt.Sprintf("; %s in work, %s behind", number(hands, "message"), lag.Round(time.Second))
	}
	return text
}

func (t *teller) read() (files, records ingest.Counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.files, t.records
}

// progress notes what was done since the beginning.
func (t *teller) progress(files, records ingest.Counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files, t.records = files, records
}

// error tells of something that failed, if there was not much to tell.
func (t *teller) error(err error) {
	if t.isNamed() {
		t.aside(func() { t.ui.complain(err) })
	}
}

// note tells of something that is worth a line, if there was not much to tell.
func (t *teller) note(text string) {
	if t.isNamed() {
		t.aside(func() { t.ui.say("note", text) })
	}
}

func (t *teller) isNamed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.named++
	return t.named <= namedAMinute
}

// unnamed is how much of the last minute was not told.
func (t *teller) unnamed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := max(t.named-namedAMinute, 0)
	t.named = 0
	return n
}

// once warns of something, and not again before it is over.
func (t *teller) once(what, text string) {
	t.mu.Lock()
	said := t.active[what]
	t.active[what] = true
	t.mu.Unlock()
	if !said {
		t.aside(func() { t.ui.warn("%s", text) })
	}
}

// over tells that something is over, if it was said.
func (t *teller) over(what, text string) {
	t.mu.Lock()
	said := t.active[what]
	delete(t.active, what)
	t.mu.Unlock()
	if said {
		t.aside(func() { t.ui.say("note", text) })
	}
}

func (t *teller) aside(say func()) { t.meter.aside(say) }
