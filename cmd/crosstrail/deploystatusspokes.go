package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/share/policy"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// cause is why something may not have come.
type cause struct {
	sure     bool // it is seen to be so: nothing comes before that is set right
	text, do string
}

// causes are what is seen to be wrong with a spoke in a region, as far as both sides
// could be looked at.
func (l *spokeLook) causes(h *hubLook, region string) (all []cause) {
	sure := func(text string, do ...string) { all = append(all, cause{true, text, strings.Join(do, "; ")}) }
	account, one := l.caller.Account, l.regions[region]
	up := h.upSpoke(account, l.as)
	switch {
	case one == nil:
		return nil
	case one.unseen != "" && one.rule == nil:
		return []cause{{text: "what is there in " + region + " could not be looked at: " + one.unseen}}
	case one.rule == nil:
		sure("there is no rule "+h.name.Rule()+" in "+region+" of account "+account+": what STS does there is not told", up)
		return all
	}
	r := one.rule
	reach := " --region " + region
	if l.as != nil {
		reach = l.as.cli(region)
	}
	switch {
	case !r.Enabled():
		sure("the rule "+r.Name+" in "+region+" of account "+account+" is "+r.State, onFully(r, reach))
	case r.State != fullyOn:
		all = append(all, cause{text: "the rule " + r.Name + " in " + region + " is " + r.State + ": calls that only read, by their name, are left out", do: onFully(r, reach)})
	}
	if l.spoke != nil && !sameJSON(r.Pattern, string(l.spoke.Pattern())) {
		sure("the rule "+r.Name+" in "+region+" does not take what its stack says: its pattern was changed, and is "+r.Pattern, "what it is to be: crosstrail deploy template spoke, with what it was made with")
	}
	l.targetCauses(h, region, sure, up)
	if h := one.hears; h != nil && h.Trail == "" {
		all = append(all, cause{h.Sure, "EventBridge is told of no calls in " + region + " of account " + account + ": " + h.Why, "a trail of every region has to log there, reading too"})
	}
	if one.failed > 0 {
		all = append(all, cause{text: fmt.Sprintf("the rule %s in %s could not deliver %s", r.Name, region, number(one.failed, "event"))})
	}
	return all
}

// sameJSON reports whether two texts say the same as JSON.
func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}

// upSpoke is the command that sets a spoke right. What it sends was said when it was made.
func (h *hubLook) upSpoke(account string, as *awsFlags) string {
	text := "crosstrail deploy up spoke"
	if as == nil {
		text = "in account " + account + ": " + text
	} else {
		text += as.flag()
	}
	if h.name != deploy.DefaultName {
		text += " --name " + quoteShell(string(h.name))
	}
	if h.bus != nil {
		text += " --hub " + h.bus.ARN
	}
	return text
}

// onFully is the command that turns a rule on for all that a hub is to hear: a plain
// ENABLED leaves out what only reads (EventBridge API Reference, PutRule: what is not
// given is taken away, so the pattern is).
func onFully(r *site.Rule, reach string) string {
	text := "aws events put-rule --name " + r.Name
	if r.Bus != "default" {
		text += " --event-bus-name " + r.Bus
	}
	return text + " --state " + fullyOn + " --event-pattern " + quoteShell(r.Pattern) + reach
}

const fullyOn = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"

// targetCauses are what is wrong with where the rule sends to.
func (l *spokeLook) targetCauses(h *hubLook, region string, sure func(text string, do ...string), up string) {
	r, account := l.regions[region].rule, l.caller.Account
	sends := false
	for _, t := range r.Targets {
		switch {
		case h.bus != nil && t.ARN == h.bus.ARN:
			sends = true
			if h.bus.Lets(account) == policy.No {
				sure("the policy of the hub's event bus does not let account "+account+" put events there", h.upHub+" --account "+account)
			}
			if there, asked := l.regions[region].roles[t.Role]; asked && !there {
				sure("the role "+t.Role+", which EventBridge takes to send to the hub, is not there", up)
			}
		case strings.Contains(t.ARN, ":sns:"):
			if h.topics[t.ARN] == site.Subscribed {
				sends = true
			} else if is := h.topics[t.ARN]; is != "" {
				sends = true
				sure("the hub's queue is not subscribed to the topic "+t.ARN+" ("+string(is)+")", h.upHub+" --topic "+t.ARN)
			}
		}
	}
	switch {
	case sends:
	case len(r.Targets) == 0:
		sure("the rule "+r.Name+" in "+region+" of account "+account+" has no target", up)
	case h.bus != nil:
		sure("the rule "+r.Name+" in "+region+" of account "+account+" sends elsewhere: "+r.Targets[0].ARN, up)
	}
}

// spokeRows are what is to be told of who sends, or should. An answer of nil: the table
// was not looked at.
func spokeRows(h *hubLook, l *spokeLook, a *query.ForwardedAnswer, last map[string]cloudtrail.Time) []statusRow {
	accounts, _ := h.senders()
	if l != nil {
		accounts = append(accounts, l.caller.Account)
	}
	known := a != nil
	if !known {
		a = &query.ForwardedAnswer{}
	}
	for i := range a.Lines {
		accounts = append(accounts, a.Lines[i].Account)
	}
	if h.set != nil {
		for _, i := range h.set.Instances {
			accounts = append(accounts, i.Account)
		}
	}
	var all []statusRow
	for _, account := range unique(accounts) {
		s := spokeOf{h: h, account: account, sends: h.takesFrom(account), looked: l, known: known}
		if l != nil && l.caller.Account != account {
			s.looked = nil
		}
		s.takeInstances()
		for i := range a.Lines {
			if a.Lines[i].Account == account {
				s.lines = append(s.lines, &a.Lines[i])
			}
		}
		all = append(all, s.rows(last[account])...)
	}
	return all
}

// spokeOf is what is known of one account.
type spokeOf struct {
	h       *hubLook
	account string
	sends   bool // the hub takes its events
	known   bool // what came of it was looked at
	looked  *spokeLook
	lines   []*query.ForwardedLine
	stacks  map[string]cfn.Instance // of a StackSet, by region
}

func (s *spokeOf) takeInstances() {
	s.stacks = map[string]cfn.Instance{}
	if s.h.set == nil {
		return
	}
	for _, i := range s.h.set.Instances {
		if i.Account == s.account {
			s.stacks[i.Region] = i
		}
	}
}

func (s *spokeOf) rows(last cloudtrail.Time) []statusRow {
	head := statusRow{part: "spoke", level: levelOK, account: s.account, last: last, state: "sends"}
	sent, missed, own := 0, 0, 0
	for _, l := range s.lines {
		sent += forwarded(l)
		missed += l.Others + l.Unsure
		own += l.Own
		head.last = max(head.last, l.LastEvent)
	}
	switch {
	case !s.known:
		head.state, head.level = "not looked at", levelNote
	case sent == 0 && own > 0:
		head.state, head.text = "its own log is read", "log files tell all of it, with or without events"
	case !s.sends && sent == 0:
		head.state, head.level = "no sender", levelNote
		head.text = fmt.Sprintf("%s by it went into roles that are logged here, and the hub takes no events of it: who was behind them, only its own log tells", number(missed+s.lost(), "call"))
		head.do = s.h.upHub + " --account " + s.account + ", and a spoke there"
	case head.last == 0:
		head.level, head.state = levelNote, "silent"
		head.text = "no event of it came yet"
	}
	all := []statusRow{head}
	regions := map[string]bool{}
	for _, l := range s.lines {
		regions[l.Region] = true
	}
	for region := range s.stacks {
		regions[region] = true
	}
	if s.looked != nil {
		if why := s.looked.unseen["regions"]; why != "" {
			all = append(all, statusRow{part: "region", level: levelNote, account: s.account, state: "not looked at", text: why})
		}
		for region := range s.looked.regions {
			regions[region] = true
		}
	}
	for _, region := range sortedOf(regions) {
		all = append(all, s.region(region)...)
	}
	return all
}

func (s *spokeOf) lost() (n int) {
	for _, l := range s.lines {
		n += l.Lost
	}
	return n
}

// region tells of a region: its rule, where that was looked at, and what came.
func (s *spokeOf) region(region string) []statusRow {
	r := statusRow{part: "region", level: levelOK, account: s.account, region: region, state: "not looked at"}
	for _, l := range s.lines {
		if l.Region == region {
			r.line, r.last = l, l.LastEvent
		}
	}
	var more []statusRow
	if i, ok := s.stacks[region]; ok {
		r.state = "stack " + i.Status
		if i.Status == "FAILED" || i.Status == "CANCELLED" || i.Status == "INOPERABLE" || i.Status == "OUTDATED" {
			r.level, r.text, r.do = levelFault, "the StackSet has not made the rule there as it should be: "+orElse(i.Reason, i.Status), "crosstrail deploy up spoke --organization"
		}
	}
	if s.looked != nil {
		if one := s.looked.regions[region]; one != nil {
			r.state = ruleState(one)
		}
		for i, c := range s.looked.causes(s.h, region) {
			level := levelFault
			if !c.sure {
				level = levelNote
			}
			if i == 0 {
				r.level, r.text, r.do = level, c.text, c.do
			} else {
				more = append(more, statusRow{part: "region", level: level, account: s.account, region: region, state: r.state, text: c.text, do: c.do})
			}
		}
		if w := s.looked.wanted; w != nil && !slices.Contains(w, region) && r.state == noRule {
			r.level, r.text, r.do = levelNote, "no rule was asked for there", ""
		}
	}
	if r.line != nil && r.line.Lost > 0 && s.sends {
		more = append(more, s.lostRow(&r))
	}
	return append([]statusRow{r}, more...)
}

const noRule = "no rule"

func ruleState(one *regionLook) string {
	switch {
	case one.unseen != "" && one.rule == nil:
		return "not looked at"
	case one.rule == nil:
		return noRule
	}
	return one.rule.State
}

// guessed reports whether nothing tells that the account is to send, but that those of an
// organisation may.
func (s *spokeOf) guessed() bool {
	named, _ := s.h.senders()
	return !slices.Contains(named, s.account) && s.h.members == nil && len(s.stacks) == 0 && s.looked == nil &&
		!slices.ContainsFunc(s.lines, func(l *query.ForwardedLine) bool { return l.LastEvent != 0 })
}

// lostRow tells of calls that are logged and that no event came of.
func (s *spokeOf) lostRow(r *statusRow) statusRow {
	l := r.line
	row := statusRow{
		part: "lost", level: levelNote, account: s.account, region: r.region, state: "lost", count: &l.Lost, line: l,
		text: fmt.Sprintf("%s of %d logged are without an event: who was behind them, the log of account %s tells alone", number(l.Lost, "call"), l.Lost+l.Both, s.account),
		do:   "crosstrail show " + eventsOf(l)[0] + " --store " + dynamo.Scheme + s.h.table() + s.h.reach,
	}
	switch {
	case s.guessed():
		row.text += "; whether it is an account of the organisation, and to send, is not known here"
	case !s.seen(r.region):
		row.text += "; whether a rule there is to send them is not seen from here"
		row.do = "--as PROFILE of that account looks; " + row.do
	case len(l.Missing) == l.Lost && l.Missing[l.Lost-1].Time < l.LastEvent:
		row.text += "; events came since"
	case l.Lost >= leastLost && l.Lost*fewLost > l.Lost+l.Both:
		row.level = levelFault
		row.text += fmt.Sprintf("; EventBridge is best effort, but these are %d and more, and more than one in %d", leastLost, fewLost)
	default:
		row.text += fmt.Sprintf(" (EventBridge is best effort, and loses some: from %d on, if that is more than one in %d, it is a fault)", leastLost, fewLost)
	}
	if l.LastEvent == 0 {
		row.text += "; none ever came from " + r.region
	}
	return row
}

// seen reports whether it was seen what the rule of a region sends.
func (s *spokeOf) seen(region string) bool {
	pattern, none := (&seenRules{s.h, s.looked}).pattern(s.account, region)
	return pattern != "" || none
}

func instanceOf(account, region string) func(cfn.Instance) bool {
	return func(i cfn.Instance) bool { return i.Account == account && i.Region == region }
}
