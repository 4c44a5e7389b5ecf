package main

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/share/policy"
)

// bus judges the event bus, and its rule into the queue.
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
		case len(j.h.kept()) > 0:
			level, text = levelFault, "its policy does not let "+someOf(j.h.kept())+" put events there, which the hub was made for"
		case len(b.Refused) > 0:
			level, text = levelFault, "its policy names "+someOf(b.Refused)+", and does not let it put what a spoke sends there"
		case len(who) == 0:
			level, text = levelNote, "its policy lets no other account put events"
		}
		j.add("bus", level, b.Name, "", text)
	}
	if b == nil {
		return
	}
	j.unseen("bus-rule-pattern")
	switch {
	case j.unseen("bus-rule"):
	case r == nil:
		j.add("bus-rule", levelFault, j.h.name.Rule(), "not there", "the rule of the bus is not there: what spokes send goes nowhere", j.up)
	case !r.Enabled():
		j.add("bus-rule", levelFault, r.Name, r.State, "the rule of the bus is off: what spokes send goes nowhere", onFully(r, j.cli))
	case j.h.queue != nil && !targets(r, j.h.queue.ARN):
		j.add("bus-rule", levelFault, r.Name, r.State, "the rule of the bus does not send to the queue", j.up)
	case len(j.h.untaken) > 0:
		j.add("bus-rule", levelFault, r.Name, r.State, "the rule of the bus does not take what is sent by "+someOf(j.h.untaken)+": its pattern is "+r.Pattern, "what it is to be: crosstrail deploy template hub")
	case r.State != fullyOn:
		j.add("bus-rule", levelNote, r.Name, r.State, "calls that only read, by their name, are left out", onFully(r, j.cli))
	default:
		j.add("bus-rule", levelOK, r.Name, r.State, "")
	}
}

// kept are the senders that the hub was made for, and that the bus's policy does not let.
func (h *hubLook) kept() (all []string) {
	hub := h.settings()
	if hub == nil || h.bus == nil {
		return nil
	}
	for _, account := range hub.Senders.Accounts {
		if h.bus.Lets(account) == policy.No {
			all = append(all, account)
		}
	}
	if o := hub.Senders.Organization; o != "" && !slices.Contains(h.bus.Organizations, o) {
		all = append(all, o)
	}
	return all
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
		n, level, text := *j.otherNotice(), levelFault, "the bucket tells the queue of other objects than new log files: "
		if n.ID = j.h.notice().ID; (deploy.Notifications{All: []deploy.Notification{n}}).Has(j.h.notice()) {
			level, text = levelNote, "the bucket tells the queue, by a rule of another's: "
		}
		j.add("trigger", level, bucket, "notification", text+j.otherNotice().Text(), j.up)
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

// queuePolicy judges whether all that sends to the queue may.
func (j *judged) queuePolicy() {
	q := j.h.queue
	if q == nil {
		return
	}
	may := func(what, service, source string) {
		if q.Lets(service, source) == policy.No {
			j.add("queue-policy", levelFault, q.Name, "refuses", "the queue's policy does not let "+what+" send: "+source, j.up)
		}
	}
	if r := j.h.rule; r != nil {
		may("the rule of the bus", "events.amazonaws.com", r.ARN)
	}
	if r := j.h.files; r != nil {
		may("the rule for new log files", "events.amazonaws.com", r.ARN)
	}
	if told := j.h.told; told != nil && told.Has(j.h.notice()) {
		partition, _, _ := strings.Cut(strings.TrimPrefix(q.ARN, "arn:"), ":")
		may("the bucket", "s3.amazonaws.com", "arn:"+partition+":s3:::"+j.h.bucket())
	}
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
