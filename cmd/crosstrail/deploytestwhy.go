package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/lineage"
)

// eventCauses are what is seen that keeps the assumption from arriving as an event, what
// is certain first.
func (t *trial) eventCauses() []cause {
	all := append(t.blindCauses(), t.logCauses()...)
	all = append(all, t.watchCauses(true)...)
	all = append(all, t.spoke.causes(t.seen, t.as.Region)...)
	all = append(all, t.pattern...)
	all = append(all, t.hubCauses("bus", "bus-rule", "topic", "queue-policy")...)
	return sureFirst(append(all, t.hubCauses(onTheWay...)...))
}

// useCauses are what keeps the call from arriving by a log file. waited: it is some time
// since it was made.
func (t *trial) useCauses(waited bool) []cause {
	all := append(t.blindCauses(), t.watchCauses(false)...)
	all = append(all, t.hubCauses("trigger", "queue-policy")...)
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
var onTheWay = []string{"queue", "event-source", "function", "function-table", "function-errors", "dead-letter", "dead-letters"}

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
	for _, r := range t.seen.rows(&t.d.deployFlags, time.Now()) {
		if r.level != levelFault || !slices.Contains(parts, r.part) {
			continue
		}
		gone := r.state == "not there" || r.state == "gone" || r.state == "off" || r.state == "another" || r.part == "bus-rule" || r.part == "queue-policy" || r.part == "event-source" && r.state != "Enabled"
		text := r.text
		if r.part == "dead-letter" {
			text = "the dead letter " + r.name + ": " + text
		}
		all = append(all, cause{sure: gone, text: text, do: r.do})
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

// logCauses is that it is in the table, but by a log file alone.
func (t *trial) logCauses() []cause {
	if !t.logged.arrived() {
		return nil
	}
	return []cause{{true, "it is in the table by a log file of account " + t.asAccount + " alone (" + t.logged.file + "): no event came", ""}}
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

// patternCauses are rules that do not take such an event, the spoke's and the hub's:
// EventBridge itself judges.
func (t *trial) patternCauses(ctx context.Context) (all []cause) {
	e := assumption{account: t.asAccount, region: t.as.Region, caller: t.asName, role: t.d.role, session: t.session, externalID: t.d.externalID, at: t.issuedOrNow()}
	takes := func(s *site.Site, region string, r *site.Rule) bool {
		if r == nil || r.Pattern == "" {
			return true
		}
		is, err := s.Matches(ctx, region, r.Pattern, e.event())
		return err != nil || is // where it cannot be asked, nothing is said
	}
	with := "without an external id"
	if t.d.externalID != "" {
		with = "with the external id " + t.d.externalID
	}
	if one := t.spoke.regions[t.as.Region]; one != nil && !takes(site.New(t.as), t.as.Region, one.rule) {
		all = append(all, cause{
			true, fmt.Sprintf("the rule %s in %s does not take an assumption of %s %s: its pattern is %s", one.rule.Name, t.regionText(), t.d.role, with, one.rule.Pattern),
			t.seen.upSpoke(t.asAccount, t.spoke.as) + " --role-arn " + t.d.role,
		})
	}
	if r := t.seen.rule; !takes(site.New(t.hub), "", r) {
		all = append(all, cause{true, "the rule " + r.Name + " of the hub's event bus does not take it: its pattern is " + r.Pattern, "what it is to be: crosstrail deploy template hub"})
	}
	return all
}

// trailCauses is that no trail logs where the buckets were listed, into the bucket that
// the hub reads.
func (t *trial) trailCauses() []cause {
	bucket := t.seen.bucket()
	switch {
	case bucket == "" && t.seen.function != nil:
		return []cause{{true, "the hub reads no log files: what is done in sessions is not told", "crosstrail deploy up hub --bucket BUCKET" + t.d.flag()}}
	case t.written == nil || t.written.Trail != "":
		return nil
	}
	c := cause{sure: t.written.Sure, text: t.written.Why}
	if others := t.written.Others; len(others) > 0 && !c.sure {
		c.text += "; there are " + join(others)
	}
	return []cause{c}
}
