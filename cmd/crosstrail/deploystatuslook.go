package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// hubLook is what was seen of a hub. What is not there is nil; what could not be looked
// at is nil too, and unseen says why.
type hubLook struct {
	name     deploy.Name
	caller   site.Caller
	stack    *cfn.Found
	set      *cfn.FoundSet // of spokes, where this account may see it
	queue    *site.Queue
	dead     *site.Queue
	letters  []site.DeadLetter
	function *site.Function
	lines    []site.LogLine
	bus      *site.Bus
	rule     *site.Rule            // of the bus, into the queue
	files    *site.Rule            // of new log files
	told     *deploy.Notifications // of the bucket of the log files
	topics   map[string]site.Subscription
	alarms   []site.Alarm
	untaken  []string        // senders whose events the rule of the bus does not take
	members  map[string]bool // of the organisation that may send; nil: not known
	measured map[int]float64 // by the places below
	metrics  []site.Metric

	upHub string // the command that sets it right
	reach string // how a command that is printed reaches it

	mu     sync.Mutex
	unseen map[string]string // by part: why it could not be looked at
}

// The places of what is measured of a hub.
const (
	ofOldest = iota
	ofErrors
	ofThrottles
	ofWrites
)

// How much is looked at.
const (
	mostLetters   = 50
	mostLogLines  = 5
	mostLogLooked = 100
	looksAtOnce   = 8
	mostRowEvents = 10 // event ids that people are shown, of a line
)

// sees runs one look. What AWS would not tell is no end of the others.
func (h *hubLook) sees(part string, look func() error) func() error {
	return func() error {
		if err := look(); err != nil {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.unseen[part] = err.Error()
		}
		return nil
	}
}

// blind reports whether a part could not be looked at.
func (h *hubLook) blind(part string) bool { _, ok := h.unseen[part]; return ok }

// lookAtHub looks at all that a hub is made of.
func lookAtHub(ctx context.Context, s *site.Site, stacks *cfn.Client, name deploy.Name, since time.Time) (*hubLook, error) {
	h := &hubLook{name: name, unseen: map[string]string{}, topics: map[string]site.Subscription{}}
	var err error
	if h.caller, err = s.Caller(ctx); err != nil {
		return nil, err
	}
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	look := func(part string, f func() error) { group.Go(h.sees(part, f)) }
	look("stack", func() (err error) {
		if h.stack, err = stacks.Find(ctx, name.HubStack()); errors.Is(err, cfn.ErrNone) {
			err = nil
		}
		return err
	})
	look("stackset", func() error {
		for _, delegated := range []bool{false, true} { // most accounts are neither, and are told so
			if set, err := stacks.FindSet(ctx, name.SpokeStack(), delegated); err == nil {
				h.set = set
				break
			}
		}
		return nil
	})
	look("queue", func() (err error) {
		h.queue, err = s.Queue(ctx, name.Queue())
		return err
	})
	look("dead-letters", func() (err error) {
		if h.dead, err = s.Queue(ctx, name.DeadLetters()); err != nil || h.dead == nil || h.dead.Waiting == 0 {
			return err
		}
		h.letters, err = s.DeadLetters(ctx, h.dead, mostLetters)
		return err
	})
	look("function", func() (err error) { h.function, err = s.Function(ctx, name.Function()); return err })
	look("function-log", func() error {
		lines, err := s.FailureLines(ctx, name.LogGroup(), since, mostLogLooked)
		h.lines = failuresIn(lines)
		return err
	})
	look("bus", func() (err error) { h.bus, err = s.Bus(ctx, name.Bus()); return err })
	look("bus-rule", func() (err error) { h.rule, err = s.Rule(ctx, "", name.Bus(), name.Rule()); return err })
	look("log-file-rule", func() (err error) { h.files, err = s.Rule(ctx, "", "", name.LogFileRule()); return err })
	look("alarms", func() (err error) { h.alarms, err = s.Alarms(ctx, name.Alarms()...); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return h, h.lookOn(ctx, s, since)
}

// lookOn looks at what the first look led to.
func (h *hubLook) lookOn(ctx context.Context, s *site.Site, since time.Time) error {
	h.metrics = []site.Metric{ofOldest: site.OldestMessage(h.name.Queue()), ofErrors: site.FunctionErrors(h.name.Function()), ofThrottles: site.FunctionThrottles(h.name.Function())}
	if table := h.table(); table != "" {
		h.metrics = append(h.metrics, site.WriteThrottles(table))
	}
	_ = h.sees("metrics", func() (err error) {
		h.measured, err = s.Measure(ctx, "", since, h.metrics...)
		return err
	})()
	_ = h.sees("bus-rule-pattern", func() error { return h.lookAtPattern(ctx, s) })()
	if h.bus != nil && len(h.bus.Organizations) > 0 && !h.bus.Anybody {
		if members, err := s.Members(ctx, h.bus.Organizations); err == nil { // else it is guessed, and told so
			h.members = members
		}
	}
	_ = h.sees("topics", func() error { return h.lookAtTopics(ctx, s) })()
	if bucket, _ := h.logsAt(); bucket != "" && h.queue != nil {
		_ = h.sees("trigger", func() (err error) { h.told, err = s.Notifications(ctx, bucket); return err })()
	}
	return ctx.Err()
}

func (h *hubLook) lookAtTopics(ctx context.Context, s *site.Site) error {
	if h.queue == nil {
		return nil
	}
	for _, topic := range h.queue.Topics {
		is, err := s.SubscribedTo(ctx, topic, h.queue.ARN)
		if err != nil {
			return err
		}
		h.topics[topic] = is
	}
	return nil
}

// mostSenders is for how many accounts it is asked whether the bus's rule takes their
// events: all are named in one pattern.
const mostSenders = 5

// lookAtPattern asks EventBridge whether the rule of the bus takes what spokes send.
func (h *hubLook) lookAtPattern(ctx context.Context, s *site.Site) error {
	senders, _ := h.senders()
	if h.rule == nil || h.rule.Pattern == "" {
		return nil
	}
	for _, account := range senders[:min(len(senders), mostSenders)] {
		e := assumption{account: account, region: h.caller.Region, role: "arn:aws:iam::" + h.caller.Account + ":role/crosstrail", at: time.Now()}
		takes, err := s.Matches(ctx, "", h.rule.Pattern, e.event())
		if err != nil {
			return err
		}
		if !takes {
			h.untaken = append(h.untaken, account)
		}
	}
	return nil
}

// settings is what the hub was made with; nil: its stack does not tell.
func (h *hubLook) settings() *deploy.Hub {
	if h.stack == nil {
		return nil
	}
	hub, err := deploy.ReadHub(h.stack.Template)
	if err != nil {
		return nil
	}
	return hub
}

// table is that of the hub, or where its stack does not tell that of the function; ""
// where it is not known.
func (h *hubLook) table() string {
	if hub := h.settings(); hub != nil && hub.Table != "" {
		return hub.Table
	}
	return h.written()
}

// written is the table that the function writes to.
func (h *hubLook) written() string {
	if h.function == nil {
		return ""
	}
	name, err := dynamo.TableOf(h.function.Store)
	if err != nil {
		return ""
	}
	return name
}

// bucket is that of the log files, "" where none are read.
func (h *hubLook) bucket() string { bucket, _ := h.logsAt(); return bucket }

// logsAt is where the log files are, and how their keys begin.
func (h *hubLook) logsAt() (bucket, prefix string) {
	if h.function == nil {
		return "", ""
	}
	from, _, _ := strings.Cut(h.function.From, ",")
	rest, ok := strings.CutPrefix(strings.TrimSpace(from), "s3://")
	if !ok {
		return "", ""
	}
	bucket, prefix, _ = strings.Cut(rest, "/")
	return bucket, prefix
}

// notice is the hub's own rule of the bucket.
func (h *hubLook) notice() deploy.Notification {
	_, prefix := h.logsAt()
	return deploy.Notify(h.name.NotificationID(), h.queue.ARN, prefix)
}

// nothing reports whether there is no hub of that name at all.
func (h *hubLook) nothing() bool {
	return h.stack == nil && h.queue == nil && h.function == nil && h.bus == nil && len(h.unseen) == 0
}

// senders are the accounts that may send, by the bus and by topics; all is true where
// that is not told by numbers.
func (h *hubLook) senders() (accounts []string, all bool) {
	if h.bus != nil {
		accounts, all = slices.Clone(h.bus.Accounts), h.bus.Anybody || len(h.bus.Organizations) > 0
	}
	for topic := range h.topics {
		if parts := strings.SplitN(topic, ":", 6); len(parts) == 6 {
			accounts = append(accounts, parts[4])
		}
	}
	return unique(accounts), all
}
