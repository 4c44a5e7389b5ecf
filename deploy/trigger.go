package deploy

import (
	"fmt"
	"slices"
	"strings"
)

// Listening is what is known of the ways by which a hub may hear of new log files.
type Listening struct {
	Account, Region             string // the hub's
	Bucket                      string
	BucketAccount, BucketRegion string         // the account "" where it is not known: another one
	Notifications               *Notifications // nil: they could not be read
	Ours                        Notification   // what would be put there
	Topic                       string         // ARN of the topic that the trail tells, "" for none

	Has    Trigger            // the hub's stack has it already, "" for none
	Denied map[Trigger]string // what AWS would refuse, and in which words
}

// Choice is a trigger, and why it is that one.
type Choice struct {
	Trigger Trigger
	Why     string
	Refused []Refusal // those that would have been taken before
}

// Refusal is a trigger that cannot be had.
type Refusal struct {
	Trigger Trigger
	Why     string
	Do      string // what would help, "" for nothing
}

// NoTriggerError is that a hub cannot hear of new log files.
type NoTriggerError struct {
	Bucket  string
	Refused []Refusal
}

func (e *NoTriggerError) Error() string {
	var why []string
	for _, r := range e.Refused {
		why = append(why, string(r.Trigger)+": "+r.Why)
	}
	return fmt.Sprintf("nothing tells of new log files in the bucket %s: %s", e.Bucket, strings.Join(why, "; "))
}

// ChooseTrigger takes the trigger that is wanted, or with "" the first of these that
// can be had: what the hub has already; the bucket's own rule; EventBridge, to which
// every bucket may tell beside its rules; the trail's topic. All need the hub to be
// where the bucket is, but for the topic (S3 User Guide, "Supported event
// destinations": the same Region; EventBridge: the default bus of the bucket's account
// and Region). The error is a [*NoTriggerError].
func ChooseTrigger(l Listening, want Trigger) (Choice, error) {
	order := []Trigger{TriggerNotification, TriggerEventBridge, TriggerSNS}
	switch {
	case want != "":
		order = []Trigger{want}
	case l.Has != "":
		order = append([]Trigger{l.Has}, slices.DeleteFunc(order, func(t Trigger) bool { return t == l.Has })...)
	}
	var c Choice
	for _, t := range order {
		why, do := l.refuses(t)
		if why == "" {
			c.Trigger, c.Why = t, l.why(t, want)
			return c, nil
		}
		c.Refused = append(c.Refused, Refusal{t, why, do})
	}
	return c, &NoTriggerError{l.Bucket, c.Refused}
}

// why says what speaks for a trigger that can be had.
func (l Listening) why(t, want Trigger) string {
	switch {
	case t == want:
		return "it was asked for"
	case t == l.Has:
		return "the hub has it"
	case t == TriggerNotification && l.Notifications != nil && len(l.Notifications.All) > 0:
		return "what the bucket tells others is of other objects"
	case t == TriggerNotification:
		return "the bucket tells nobody else"
	case t == TriggerEventBridge && l.Notifications.EventBridge:
		return "the bucket tells EventBridge already"
	case t == TriggerEventBridge:
		return "a bucket may tell EventBridge beside its rules"
	}
	return "the trail tells its topic of every log file"
}

// refuses says why a trigger cannot be had, and what to do about it; "" where it can.
func (l Listening) refuses(t Trigger) (why, do string) {
	switch t {
	case TriggerNotification:
		return l.refusesNotification()
	case TriggerEventBridge:
		return l.refusesEventBridge()
	case TriggerSNS:
		return l.refusesTopic()
	}
	return "there is no such trigger: " + string(t), "auto, notification, eventbridge or sns"
}

func (l Listening) refusesNotification() (why, do string) {
	if why, do = l.apart(); why != "" {
		return why, do
	}
	if l.Notifications != nil && l.Notifications.Has(l.Ours) {
		return "", ""
	}
	if l.BucketAccount == "" && l.Notifications != nil { // the queue's policy has to name it
		return "it is not known whose the bucket is, and so whom the queue may take messages from", "let " + l.owner() + " set up the hub"
	}
	if d := l.Denied[TriggerNotification]; d != "" {
		return d, l.theirs()
	}
	if l.Notifications == nil {
		return "the bucket's notifications cannot be read", "leave to call s3:GetBucketNotification"
	}
	if _, err := l.Notifications.With(l.Ours); err != nil {
		return err.Error(), ""
	}
	return "", ""
}

func (l Listening) refusesEventBridge() (why, do string) {
	if why, do = l.apart(); why != "" {
		return why, do
	}
	if l.BucketAccount != l.Account {
		return "the bucket is of " + l.owner() + ", and tells that account's event bus", "a hub in the bucket's account"
	}
	if l.Notifications != nil && l.Notifications.EventBridge {
		return "", ""
	}
	if d := l.Denied[TriggerEventBridge]; d != "" {
		return d, "have whoever may turn on EventBridge in the bucket's properties"
	}
	if l.Notifications == nil {
		return "the bucket's notifications cannot be read", "leave to call s3:GetBucketNotification"
	}
	if err := l.Notifications.whole(); err != nil {
		return err.Error(), "turn on EventBridge in the bucket's properties by hand"
	}
	return "", ""
}

func (l Listening) refusesTopic() (why, do string) {
	if l.Topic == "" {
		return "the trail tells no topic", "give it one: aws cloudtrail update-trail --name TRAIL --sns-topic-name TOPIC"
	}
	if d := l.Denied[TriggerSNS]; d != "" {
		return d, "have the topic's owner let the account " + l.Account + " subscribe: sns:Subscribe in the policy of " + l.Topic
	}
	return "", ""
}

// apart says that the hub is not where the bucket is.
func (l Listening) apart() (why, do string) {
	if l.BucketRegion == "" || l.BucketRegion == l.Region {
		return "", ""
	}
	return "the bucket is in " + l.BucketRegion + ", the hub in " + l.Region, "a hub there: --aws-region " + l.BucketRegion
}

// theirs says what the owner of another account's bucket can do.
func (l Listening) theirs() string {
	if l.BucketAccount == l.Account {
		return ""
	}
	return "have " + l.owner() + " add the rule to the bucket's notifications: " + l.Ours.Text()
}

func (l Listening) owner() string {
	if l.BucketAccount == "" {
		return "another account"
	}
	return "the account " + l.BucketAccount
}
