package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/lineage"
)

// eventCauses are what is seen that keeps the assumption from arriving as an event, what
// is certain first.
func (t *trial) eventCauses() []cause {
	all := append(t.blindCauses(), t.watchCauses(true)...)
	all = append(all, t.spoke.causes(t.seen, t.as.Region)...)
	all = append(all, t.pattern...)
	all = append(all, t.hubCauses("bus", "bus-rule", "topic")...)
	return sureFirst(append(all, t.hubCauses(onTheWay...)...))
}

// useCauses are what keeps the call from arriving by a log file. waited: it is some time
// since it was made.
func (t *trial) useCauses(waited bool) []cause {
	all := append(t.blindCauses(), t.watchCauses(false)...)
	all = append(all, t.hubCauses("trigger")...)
	all = append(all, t.trailCauses()...)
	all = append(all, t.hubCauses(onTheWay...)...)
	if waited {
		since := time.Since(t.used).Truncate(time.Second)
		all = append(all, cause{text: fmt.Sprintf("CloudTrail may not have delivered the log file yet, %s after the call: it takes 5 minutes on average, and 15 or more at worst", since), do: "wait longer: --timeout 40m; or look later: crosstrail who " + t.key + " --store " + t.table.String() + t.d.aws.flag()})
	}
	return sureFirst(all)
}

// blindCauses is that the last look failed.
func (t *trial) blindCauses() []cause {
	if t.blind == nil {
		return nil
	}
	return []cause{{text: "the last look failed, and what is told is from before: " + t.blind.Error()}}
}

// onTheWay are the parts of a hub that both records pass.
var onTheWay = []string{"queue", "event-source", "function", "function-errors", "dead-letter", "dead-letters"}

func sureFirst(all []cause) []cause {
	slices.SortStableFunc(all, func(a, b cause) int {
		switch {
		case a.sure == b.sure:
			return 0
		case a.sure:
			return -1
		}
		return 1
	})
	return all
}

// hubCauses are the faults of some parts of the hub.
func (t *trial) hubCauses(parts ...string) (all []cause) {
	for _, r := range t.seen.rows(t.d.flag(), time.Now()) {
		if r.level != levelFault || !slices.Contains(parts, r.part) {
			continue
		}
		gone := r.state == "not there" || r.state == "gone" || r.state == "off" || r.part == "bus-rule" || r.part == "event-source" && r.state != "Enabled"
		all = append(all, cause{sure: gone, text: r.text, do: r.do})
	}
	if q := t.seen.queue; q != nil && slices.Contains(parts, "queue") && q.Waiting+q.InFlight+q.Delayed > 0 {
		all = append(all, cause{text: fmt.Sprintf("%s in the queue, %d of them with the function: it may be among them", number(q.Waiting+q.InFlight+q.Delayed, "message"), q.InFlight)})
	}
	for _, l := range t.seen.lines {
		if slices.Contains(parts, "function") && l.Time.After(t.issuedOrNow().Add(-time.Minute)) {
			all = append(all, cause{text: "the function said: " + l.Text})
		}
	}
	for _, part := range parts {
		if why := t.seen.unseen[part]; why != "" {
			all = append(all, cause{text: why})
		}
	}
	return all
}

func (t *trial) issuedOrNow() time.Time {
	if t.issued.IsZero() {
		return time.Now()
	}
	return t.issued
}

// watchCauses are what the table's watch leaves out: the issuance, or the call.
func (t *trial) watchCauses(issuance bool) []cause {
	w := t.table.Watch()
	if w == nil {
		return nil
	}
	change := "crosstrail store watch --store " + t.table.String() + t.d.aws.flag() + " --watch-role " + t.d.role
	if issuance {
		limited := len(w.Roles)+len(w.ExternalIDs)+len(w.Accounts) > 0
		if !limited || slices.Contains(w.Roles, t.d.role) || t.d.externalID != "" && slices.Contains(w.ExternalIDs, t.d.externalID) ||
			slices.Contains(w.Accounts, t.asAccount) || slices.Contains(w.Accounts, t.roleAccount()) {
			return nil
		}
		return []cause{{true, "the watch of " + t.table.String() + " leaves it out (" + watchText(w) + ")", change}}
	}
	if w.Uses == lineage.AllUses || w.Uses == lineage.WatchedOnly && slices.Contains(w.Roles, t.d.role) {
		return nil
	}
	return []cause{{true, "the watch of " + t.table.String() + " leaves calls of the role's sessions out (" + watchText(w) + ")", change}}
}

// patternCauses is that the rule does not take such an event: EventBridge itself judges.
func (t *trial) patternCauses(ctx context.Context) []cause {
	one := t.spoke.regions[t.as.Region]
	if one == nil || one.rule == nil || one.rule.Pattern == "" {
		return nil
	}
	takes, err := site.New(t.as).Matches(ctx, t.as.Region, one.rule.Pattern, t.sample())
	if err != nil || takes {
		return nil // it is one cause among others, and no fault of the deployment's
	}
	with := "without an external id"
	if t.d.externalID != "" {
		with = "with the external id " + t.d.externalID
	}
	return []cause{{
		true, fmt.Sprintf("the rule %s in %s does not take an assumption of %s %s: its pattern is %s", one.rule.Name, t.regionText(), t.d.role, with, one.rule.Pattern),
		"in account " + t.asAccount + ": crosstrail deploy up spoke --role-arn " + t.d.role,
	}}
}

// sample is the event of an assumption as this one, as far as patterns look at it.
func (t *trial) sample() string {
	parameters := map[string]any{"roleArn": t.d.role, "roleSessionName": t.session, "durationSeconds": 900}
	if t.d.externalID != "" {
		parameters["externalId"] = t.d.externalID
	}
	text, err := json.Marshal(map[string]any{
		"id": "00000000-0000-0000-0000-000000000000", "version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.sts",
		"account": t.asAccount, "time": t.issuedOrNow().UTC().Format(time.RFC3339), "region": t.as.Region, "resources": []string{},
		"detail": map[string]any{
			"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "eventType": "AwsApiCall", "awsRegion": t.as.Region, "recipientAccountId": t.asAccount,
			"userIdentity": map[string]any{"arn": t.asName, "accountId": t.asAccount}, "requestParameters": parameters,
		},
	})
	if err != nil {
		panic(err) // of texts
	}
	return string(text)
}

// trailCauses is that no trail logs where the buckets were listed, into the bucket that
// the hub reads.
func (t *trial) trailCauses() []cause {
	bucket := t.seen.bucket()
	switch {
	case bucket == "" && t.seen.function != nil:
		return []cause{{true, "the hub reads no log files: what is done in sessions is not told", "crosstrail deploy up hub --bucket BUCKET"}}
	case t.written == nil || t.written.Trail != "":
		return nil
	}
	c := cause{sure: t.written.Sure, text: t.written.Why}
	if others := t.written.Others; len(others) > 0 && !c.sure {
		c.text += "; there are " + join(others)
	}
	return []cause{c}
}
