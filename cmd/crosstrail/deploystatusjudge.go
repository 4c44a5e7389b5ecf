package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
)

// What is taken to be wrong.
const (
	oldMessage = 15 * time.Minute // as the alarm has it
	oldLogFile = 2 * time.Hour    // CloudTrail delivers within minutes, and the hub's own calls are in it
	fewLost    = 20               // EventBridge is best effort: one in so many is no fault
)

// rows are what is to be told of a hub. flags reach it in commands that are printed.
func (h *hubLook) rows(flags string, now time.Time) []statusRow {
	j := &judged{h: h, up: "crosstrail deploy up hub" + flags}
	j.stack()
	j.queue(now)
	j.deadLetters()
	j.function()
	j.bus()
	j.trigger()
	j.topics()
	j.alarms()
	return j.all
}

// judged collects the rows of a hub.
type judged struct {
	h   *hubLook
	up  string // the command that sets it right
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
		"set the reason right, and have them read again: aws sqs start-message-move-task --source-arn "+d.ARN).count = &n
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

func (j *judged) function() {
	f := j.h.function
	name := j.h.name.Function()
	switch {
	case j.unseen("function") && f == nil:
		return
	case f == nil:
		j.add("function", levelFault, name, "not there", "the function is not there: messages wait, and after 14 days they are lost", j.up)
		return
	case f.Off:
		j.add("function", levelFault, name, "off", "its reserved concurrency is zero: no call of it is let run", "aws lambda delete-function-concurrency --function-name "+name)
	case f.State == "Failed" || f.State == "Inactive" || f.LastUpdate == "Failed":
		j.add("function", levelFault, name, f.State, orElse(f.StateReason, f.LastUpdateReason), j.up)
	default:
		j.add("function", levelOK, name, f.State, "writes to "+f.Store)
	}
	j.source(f)
	errors, throttles := int(j.h.measured[ofErrors]), int(j.h.measured[ofThrottles])
	if errors > 0 {
		j.add("function-errors", levelFault, name, "", number(errors, "call")+" of it ended in an error", "its log: aws logs tail "+j.h.name.LogGroup()).count = &errors
	}
	if throttles > 0 {
		j.add("function-throttles", levelNote, name, "", number(throttles, "call")+" of it had to wait: the account's concurrency is used up, or reserved").count = &throttles
	}
	if n := int(j.h.measured[ofWrites]); n > 0 {
		j.add("table-throttles", levelNote, j.h.table(), "", number(n, "write")+" to the table had to wait for capacity; they were made again").count = &n
	}
	j.unseen("function-log")
	for _, l := range j.h.lines {
		j.add("function-log", levelNote, j.h.name.LogGroup(), "", l.Text).last = moment(l.Time)
	}
}

// source judges how the function gets the queue's messages.
func (j *judged) source(f *site.Function) {
	name := j.h.name.Queue()
	for _, e := range f.Sources {
		if j.h.queue != nil && e.ARN != j.h.queue.ARN {
			continue
		}
		switch {
		case e.State != "Enabled" && e.State != "Creating" && e.State != "Updating" && e.State != "Enabling":
			j.add("event-source", levelFault, name, e.State, "Lambda takes no messages of the queue for the function", j.up)
		case !e.Partial:
			j.add("event-source", levelFault, name, e.State, "it has no ReportBatchItemFailures: messages that the function wants again are lost", j.up)
		case strings.HasPrefix(e.Last, "PROBLEM"):
			j.add("event-source", levelFault, name, e.State, "Lambda says: "+e.Last)
		default:
			j.add("event-source", levelOK, name, e.State, "")
		}
		return
	}
	if !j.h.blind("function") {
		j.add("event-source", levelFault, name, "not there", "nothing gives the queue's messages to the function", j.up)
	}
}

func (j *judged) bus() {
	b, r := j.h.bus, j.h.rule
	switch {
	case j.unseen("bus"):
	case b == nil && len(j.h.topics) > 0:
		j.add("bus", levelNote, j.h.name.Bus(), "not there", "there is no event bus: spokes send by topics alone")
	case b == nil:
		j.add("bus", levelFault, j.h.name.Bus(), "not there", "the event bus is not there: no spoke can send", j.up)
	default:
		var who []string
		who = append(append(who, b.Accounts...), b.Organizations...)
		level, text := levelOK, "takes events of "+someOf(who)
		switch {
		case b.Anybody:
			level, text = levelFault, "its policy lets every account put events: anybody may make up who got credentials"
		case len(who) == 0:
			level, text = levelNote, "its policy lets no other account put events"
		}
		j.add("bus", level, b.Name, "", text)
	}
	if b == nil {
		return
	}
	switch {
	case j.unseen("bus-rule"):
	case r == nil:
		j.add("bus-rule", levelFault, j.h.name.Rule(), "not there", "the rule of the bus is not there: what spokes send goes nowhere", j.up)
	case !r.Enabled():
		j.add("bus-rule", levelFault, r.Name, r.State, "the rule of the bus is off: what spokes send goes nowhere", "aws events enable-rule --event-bus-name "+r.Bus+" --name "+r.Name)
	case j.h.queue != nil && !targets(r, j.h.queue.ARN):
		j.add("bus-rule", levelFault, r.Name, r.State, "the rule of the bus does not send to the queue", j.up)
	default:
		j.add("bus-rule", levelOK, r.Name, r.State, "")
	}
}

func targets(r *site.Rule, arn string) bool {
	for _, t := range r.Targets {
		if t.ARN == arn {
			return true
		}
	}
	return false
}

// trigger judges how the hub hears of new log files.
func (j *judged) trigger() {
	bucket, told, rule := j.h.bucket(), j.h.told, j.h.files
	if bucket == "" {
		if j.h.function != nil {
			j.add("trigger", levelNote, "", "none", "no log files are read: what is done in sessions is not told")
		}
		return
	}
	listens := rule != nil && rule.Enabled() && j.h.queue != nil && targets(rule, j.h.queue.ARN)
	switch {
	case j.unseen("trigger") || told == nil || j.h.queue == nil:
	case told.Has(j.h.notice()):
		j.add("trigger", levelOK, bucket, "notification", "")
	case listens && told.EventBridge:
		j.add("trigger", levelOK, bucket, "eventbridge", "")
	case rule != nil && !told.EventBridge && !j.byTopic():
		j.add("trigger", levelFault, bucket, "gone", "the bucket "+bucket+" does not tell EventBridge of new objects any more: new log files are not read", j.up)
	case rule != nil && !listens && !j.byTopic():
		j.add("trigger", levelFault, bucket, "off", "the rule "+rule.Name+" for new log files is off, or does not send to the queue: new log files are not read", j.up)
	case j.byTopic():
		j.add("trigger", levelOK, bucket, "sns", "")
	case j.otherNotice() != nil:
		j.add("trigger", levelNote, bucket, "notification", "the bucket tells the queue, by a rule that is not as crosstrail makes it: "+j.otherNotice().Text())
	default:
		j.add("trigger", levelFault, bucket, "gone", "the bucket "+bucket+" has no notice to the queue any more: new log files are not read", j.up)
	}
}

// otherNotice is a rule of the bucket to the queue that another made.
func (j *judged) otherNotice() *deploy.Notification {
	for i := range j.h.told.All {
		if j.h.told.All[i].To == j.h.queue.ARN {
			return &j.h.told.All[i]
		}
	}
	return nil
}

// byTopic reports whether the hub may hear of log files by a topic: that of the trail is
// the hub's account's, or of none that sends events.
func (j *judged) byTopic() bool {
	for topic, is := range j.h.topics {
		if is == site.Subscribed && (strings.Contains(topic, ":"+j.h.caller.Account+":") || j.h.stack != nil && j.h.stack.Outputs[deploy.OutputTrigger] == string(deploy.TriggerSNS)) {
			return true
		}
	}
	return false
}

func (j *judged) topics() {
	j.unseen("topics")
	for _, topic := range sortedOf(j.h.topics) {
		switch j.h.topics[topic] {
		case site.Subscribed:
			j.add("topic", levelOK, topic, "confirmed", "")
		case site.NotYetSubscribed:
			j.add("topic", levelFault, topic, "pending", "the subscription of the queue is not confirmed: nothing comes from there", j.up)
		default:
			j.add("topic", levelFault, topic, "none", "the queue is not subscribed to it: nothing comes from there", j.up)
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
	if len(j.h.alarms) == 0 {
		j.add("alarm", levelNote, "", "none", "there are no alarms: nobody is told of dead letters but who asks", j.up)
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
