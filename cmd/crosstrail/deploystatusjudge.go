package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/deploy/site"
)

// What is taken to be wrong.
const (
	oldMessage = 15 * time.Minute // as the alarm has it
	oldLogFile = 2 * time.Hour    // CloudTrail delivers within minutes, and the hub's own calls are in it
	fewLost    = 20               // EventBridge is best effort: one in so many is no fault
	leastLost  = 3                // nor are fewer than these, of however few calls
)

// rows are what is to be told of a hub, which was reached so.
func (h *hubLook) rows(by *deployFlags, now time.Time) []statusRow {
	h.upHub = "crosstrail deploy up hub" + by.flag()
	h.reach = by.aws.flag()
	j := &judged{h: h, up: h.upHub, cli: by.aws.cli("")}
	j.stack()
	j.queue(now)
	j.deadLetters()
	j.function()
	j.bus()
	j.trigger()
	j.topics()
	j.queuePolicy()
	j.alarms()
	return j.all
}

// judged collects the rows of a hub.
type judged struct {
	h   *hubLook
	up  string // the command that sets it right
	cli string // how an aws command reaches it
	all []statusRow
}

func (j *judged) add(part, level, name, state, text string, do ...string) *statusRow {
	j.all = append(j.all, statusRow{
		part: part, level: level, account: j.h.caller.Account, region: j.h.caller.Region, name: name, state: state, text: text, do: strings.Join(do, "; "),
	})
	return &j.all[len(j.all)-1]
}

// unseen tells that a part could not be looked at, and is false where it could.
func (j *judged) unseen(part string) bool {
	why, ok := j.h.unseen[part]
	if ok {
		j.add(part, levelNote, "", "not looked at", why)
	}
	return ok
}

func (j *judged) stack() {
	name := j.h.name.HubStack()
	switch s := j.h.stack; {
	case j.unseen("stack"):
	case s == nil:
		j.add("stack", levelNote, name, "not there", "there is no stack "+name+" here: what is told below was found by its name")
	case strings.HasSuffix(s.Status, "_IN_PROGRESS"):
		j.add("stack", levelNote, name, s.Status, "it is being changed")
	case strings.Contains(s.Status, "FAILED") || s.Status == "ROLLBACK_COMPLETE":
		j.add("stack", levelFault, name, s.Status, orElse(s.Reason, "it was not made whole"), j.up)
	default:
		j.add("stack", levelOK, name, s.Status, "")
	}
}

func (j *judged) queue(now time.Time) {
	q := j.h.queue
	switch {
	case j.unseen("queue"):
		return
	case q == nil:
		j.add("queue", levelFault, j.h.name.Queue(), "not there", "the queue is not there: nothing reaches the function", j.up)
		return
	}
	n := q.Waiting + q.InFlight + q.Delayed
	age := time.Duration(j.h.measured[ofOldest]) * time.Second
	level, text, do := levelOK, "nothing waits", ""
	if n > 0 {
		text = fmt.Sprintf("%s: %d wait, %d handed out", number(n, "message"), q.Waiting+q.Delayed, q.InFlight)
	}
	if n > 0 && age > 0 {
		text += "; the oldest for " + age.String()
	}
	if n > 0 && age > oldMessage {
		level, do = levelFault, "see what is told of the function; if it only cannot keep up, give it more: --memory-size"
	}
	r := j.add("queue", level, q.Name, "", text, do)
	r.count, r.age = &n, int(age.Seconds())
	j.unseen("metrics")
}

func (j *judged) deadLetters() {
	d := j.h.dead
	switch {
	case d == nil && j.unseen("dead-letters"):
		return
	case d == nil:
		j.add("dead-letters", levelFault, j.h.name.DeadLetters(), "not there", "the queue of dead letters is not there: what cannot be read is lost", j.up)
		return
	}
	n := d.Waiting + d.InFlight
	if n == 0 {
		j.add("dead-letters", levelOK, d.Name, "", "there are none").count = &n
		return
	}
	text := number(n, "message") + " could not be read or delivered, and wait there for 14 days"
	if d.Waiting == 0 {
		text += "; somebody else is looking at them just now"
	}
	j.add("dead-letters", levelFault, d.Name, "", text,
		"set the reason right, and have them read again: aws sqs start-message-move-task --source-arn "+d.ARN+j.cli).count = &n
	j.unseen("dead-letters")
	for _, g := range lettersByReason(j.h.letters) {
		n := len(g.letters)
		r := j.add("dead-letter", levelFault, g.letters[0].ID, g.by, g.reason)
		if n > 1 {
			r.text = fmt.Sprintf("%s (%d of them)", r.text, n)
		}
		r.count, r.last = &n, moment(g.letters[n-1].Sent)
		if about := aboutLetter(&g.letters[0]); about != "" {
			r.text += ": " + about
		}
	}
}

func (j *judged) alarms() {
	if j.unseen("alarms") {
		return
	}
	for _, a := range j.h.alarms {
		switch a.State {
		case "ALARM":
			j.add("alarm", levelFault, a.Name, a.State, orElse(a.Description, a.Reason)).last = moment(a.Since)
		case "INSUFFICIENT_DATA":
			j.add("alarm", levelOK, a.Name, a.State, "no data yet")
		default:
			j.add("alarm", levelOK, a.Name, a.State, "")
		}
	}
	for _, name := range j.h.name.Alarms() {
		if !slices.ContainsFunc(j.h.alarms, func(a site.Alarm) bool { return a.Name == name }) {
			j.add("alarm", levelNote, name, "not there", "nobody is told of it but who asks", j.up)
		}
	}
}

// logRow tells how far log files reach.
func (h *hubLook) logRow(newest cloudtrail.Time, now time.Time) *statusRow {
	if h.bucket() == "" {
		return nil
	}
	r := &statusRow{part: "log", level: levelOK, account: h.caller.Account, region: h.caller.Region, name: h.bucket(), last: newest}
	switch {
	case newest == 0:
		r.level, r.state, r.text = levelNote, "none", "no log file was read yet: CloudTrail delivers one within 5 to 15 minutes of a call"
	case now.Sub(newest.Time()) > oldLogFile:
		r.level, r.state, r.text, r.do = levelFault, "old", "no log file was read that was delivered after "+minuteText(newest), "does the trail log, and does the bucket tell the hub? aws cloudtrail get-trail-status --name TRAIL"
	default:
		r.text = "read until " + minuteText(newest)
	}
	return r
}
