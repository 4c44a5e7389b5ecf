package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

const (
	hubQueueARN   = "arn:aws:sqs:us-east-1:999999999999:crosstrail"
	hubRuleARN    = "arn:aws:events:us-east-1:999999999999:rule/crosstrail/crosstrail"
	hubBusARN     = "arn:aws:events:us-east-1:999999999999:event-bus/crosstrail"
	spokeTopicARN = "arn:aws:sns:eu-west-1:111111111111:crosstrail"
	on            = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
)

// well is a hub of which nothing is to be said.
func well() *hubLook {
	rule := func(bus string) *site.Rule {
		return &site.Rule{Name: "crosstrail", Bus: bus, ARN: hubRuleARN, State: on, Targets: []site.Target{{ARN: hubQueueARN}}}
	}
	return &hubLook{
		name: deploy.DefaultName, caller: site.Caller{Account: "999999999999"},
		stack: &cfn.Found{Name: "crosstrail-hub", Status: "UPDATE_COMPLETE"},
		queue: queueFor(hubRuleARN, "arn:aws:s3:::logs"), dead: &site.Queue{Name: "crosstrail-dead-letters"},
		function: &site.Function{
			Name: "crosstrail", State: "Active", Store: "dynamodb://CrossAccountAuditing", From: "s3://logs/AWSLogs/",
			Sources: []site.EventSource{{ARN: hubQueueARN, State: "Enabled", Partial: true}},
		},
		bus: busOf(`{"AWS":"111111111111"}`, ""), rule: rule("crosstrail"),
		told: &deploy.Notifications{All: []deploy.Notification{deploy.Notify("crosstrail-hub", hubQueueARN, "AWSLogs/")}}, alarms: alarmsOf("OK"),
		topics: map[string]site.Subscription{}, unseen: map[string]string{}, measured: map[int]float64{},
	}
}

// made is the template of a hub for these senders.
func made(senders []string) []byte {
	return (&deploy.Hub{Name: deploy.DefaultName, Table: deployTable, Senders: deploy.Senders{Accounts: senders}}).Template()
}

// alarmsOf are the hub's, in one state.
func alarmsOf(state string) (all []site.Alarm) {
	for _, name := range deploy.Name(deploy.DefaultName).Alarms() {
		all = append(all, site.Alarm{Name: name, State: state})
	}
	return all
}

// queueFor is the hub's queue, whose policy lets these sources send.
func queueFor(sources ...string) *site.Queue {
	var statements []string
	for _, source := range sources {
		service := map[string]string{"s3": "s3.amazonaws.com", "events": "events.amazonaws.com"}[strings.Split(source, ":")[2]]
		statements = append(statements, `{"Effect":"Allow","Principal":{"Service":"`+service+`"},"Action":"sqs:SendMessage","Resource":"`+hubQueueARN+`","Condition":{"ArnEquals":{"aws:SourceArn":"`+source+`"},"StringEquals":{"aws:SourceAccount":"999999999999"}}}`)
	}
	return site.QueueOf("crosstrail", hubQueueARN, `{"Version":"2012-10-17","Statement":[`+strings.Join(statements, ",")+`]}`)
}

// busOf is a bus whose policy lets these, on a condition.
func busOf(principal, condition string) *site.Bus {
	b, err := site.BusOf("crosstrail", hubBusARN, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":`+principal+`,"Action":"events:PutEvents","Resource":"`+hubBusARN+`"`+condition+`}]}`)
	if err != nil {
		panic(err)
	}
	return b
}

const ofOrganization = `,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`

// faultsIn are the rows that are no ok, each level, part, state and text.
func faultsIn(rows []statusRow) (all []string) {
	for _, r := range rows {
		if r.level != levelOK {
			all = append(all, strings.Join(nonEmpty([]string{r.level, r.part, r.region, r.state, r.text}), " "))
		}
	}
	return all
}

// Each thing that may be wrong with a hub is told, and nothing else is.
func TestHubJudged(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		wrong func(h *hubLook)
		want  string // parts of the rows that are not ok, "|" between rows
	}{
		"nothing":                {func(*hubLook) {}, ""},
		"no stack":               {func(h *hubLook) { h.stack = nil }, "note stack not there"},
		"a stack half-way":       {func(h *hubLook) { h.stack.Status = "UPDATE_IN_PROGRESS" }, "note stack UPDATE_IN_PROGRESS"},
		"a stack that failed":    {func(h *hubLook) { h.stack.Status = "UPDATE_ROLLBACK_FAILED" }, "fault stack UPDATE_ROLLBACK_FAILED"},
		"no queue":               {func(h *hubLook) { h.queue = nil; h.function.Sources = nil }, "fault queue not there|fault event-source not there"},
		"young messages":         {func(h *hubLook) { h.queue.Waiting = 3; h.measured[ofOldest] = 60 }, ""},
		"old messages":           {func(h *hubLook) { h.queue.Waiting = 3; h.measured[ofOldest] = 901 }, "fault queue 3 messages: 3 wait, 0 handed out; the oldest for 15m1s"},
		"dead letters refused":   {func(h *hubLook) { h.dead = nil; h.unseen["dead-letters"] = "no leave" }, "note dead-letters not looked at no leave"},
		"no dead letters' queue": {func(h *hubLook) { h.dead = nil }, "fault dead-letters not there"},
		"no function":            {func(h *hubLook) { h.function = nil }, "fault function not there"},
		"a failed function":      {func(h *hubLook) { h.function.State, h.function.StateReason = "Failed", "its key is gone" }, "fault function Failed its key is gone"},
		"messages not taken":     {func(h *hubLook) { h.function.Sources[0].State = "Disabled" }, "fault event-source Disabled"},
		"messages lost":          {func(h *hubLook) { h.function.Sources[0].Partial = false }, "fault event-source Enabled it has no ReportBatchItemFailures"},
		"a role that is gone":    {func(h *hubLook) { h.function.Sources[0].Last = "PROBLEM: Function call failed" }, "fault event-source Enabled Lambda says: PROBLEM"},
		"errors":                 {func(h *hubLook) { h.measured[ofErrors], h.measured[ofThrottles] = 2, 3 }, "fault function-errors 2 calls|note function-throttles 3 calls"},
		"no bus":                 {func(h *hubLook) { h.bus, h.rule = nil, nil }, "fault bus not there"},
		"no bus, but topics":     {func(h *hubLook) { h.bus = nil; h.topics[spokeTopicARN] = site.Subscribed }, "note bus not there"},
		"another table":          {func(h *hubLook) { h.stack.Template = made(nil); h.function.Store = "dynamodb://Other" }, "fault function-table another the function writes to dynamodb://Other, and the hub's table is CrossAccountAuditing"},
		"a sender let no more":   {func(h *hubLook) { h.stack.Template = made([]string{"111111111111", "222222222222"}) }, "fault bus its policy does not let 222222222222 put events there, which the hub was made for"},
		"a policy that is gone": {func(h *hubLook) {
			h.stack.Template = made([]string{"111111111111"})
			h.bus, _ = site.BusOf("crosstrail", hubBusARN, "")
		}, "fault bus its policy does not let 111111111111"},
		"a bus for everybody":       {func(h *hubLook) { h.bus = busOf(`"*"`, "") }, "fault bus its policy lets every account"},
		"a bus for nobody":          {func(h *hubLook) { h.bus, _ = site.BusOf("crosstrail", hubBusARN, "") }, "note bus its policy lets no other account"},
		"no rule of the bus":        {func(h *hubLook) { h.rule = nil }, "fault bus-rule not there"},
		"that is off":               {func(h *hubLook) { h.rule.State = "DISABLED" }, "fault bus-rule DISABLED"},
		"that sends elsewhere":      {func(h *hubLook) { h.rule.Targets[0].ARN += "2" }, "fault bus-rule " + on + " the rule of the bus does not send to the queue"},
		"no notice":                 {func(h *hubLook) { h.told = &deploy.Notifications{} }, "fault trigger gone the bucket logs has no notice"},
		"a notice of another's":     {func(h *hubLook) { h.told.All[0].ID = "mine" }, "note trigger notification the bucket tells the queue, by a rule of another's: mine ("},
		"a notice of other objects": {func(h *hubLook) { h.told.All[0].Filter[0].Value = "other/" }, "fault trigger notification the bucket tells the queue of other objects than new log files: crosstrail-hub ("},
		"a notice of other events":  {func(h *hubLook) { h.told.All[0].Events = []string{"s3:ObjectRemoved:*"} }, "fault trigger notification the bucket tells the queue of other objects"},
		"the queue lets no rule":    {func(h *hubLook) { h.queue = queueFor("arn:aws:s3:::logs") }, "fault queue-policy refuses the queue's policy does not let the rule of the bus send"},
		"nor the bucket":            {func(h *hubLook) { h.queue = queueFor(hubRuleARN, "arn:aws:s3:::other") }, "fault queue-policy refuses the queue's policy does not let the bucket send: arn:aws:s3:::logs"},
		"a rule that takes less":    {func(h *hubLook) { h.untaken = []string{"111111111111"} }, "fault bus-rule " + on + " the rule of the bus does not take what is sent by 111111111111"},
		"a rule without what reads": {func(h *hubLook) { h.rule.State = "ENABLED" }, "note bus-rule ENABLED calls that only read"},
		"a bus that leaves sts out": {func(h *hubLook) {
			h.bus = busOf(`{"AWS":"111111111111"}`, `,"Condition":{"StringEquals":{"events:source":"aws.sso"}}`)
		}, "fault bus its policy names 111111111111, and does not let it"},
		"topics refused":      {func(h *hubLook) { h.unseen["topics"] = "no leave"; h.queue.Waiting = 1; h.measured[ofOldest] = 9000 }, "fault queue|note topics not looked at"},
		"EventBridge":         {func(h *hubLook) { h.told = &deploy.Notifications{EventBridge: true}; h.files = h.rule }, ""},
		"EventBridge no more": {func(h *hubLook) { h.told = &deploy.Notifications{}; h.files = h.rule }, "fault trigger gone the bucket logs does not tell EventBridge"},
		"the log files' rule off": {func(h *hubLook) {
			h.told = &deploy.Notifications{EventBridge: true}
			h.files = &site.Rule{Name: "x", ARN: hubRuleARN, State: "DISABLED"}
		}, "fault trigger off the rule x"},
		"by the trail's topic": {func(h *hubLook) {
			h.told = &deploy.Notifications{}
			h.topics["arn:aws:sns:us-east-1:999999999999:trail"] = site.Subscribed
		}, ""},
		"not confirmed":  {func(h *hubLook) { h.topics[spokeTopicARN] = site.NotYetSubscribed }, "fault topic pending"},
		"not subscribed": {func(h *hubLook) { h.topics[spokeTopicARN] = site.NotSubscribed }, "fault topic none"},
		"no log files":   {func(h *hubLook) { h.function.From = "" }, "note trigger none"},
		"an alarm":       {func(h *hubLook) { h.alarms[0].State = "ALARM" }, "fault alarm ALARM"},
		"an alarm less":  {func(h *hubLook) { h.alarms = h.alarms[:4] }, "note alarm not there"},
	} {
		t.Run(name, func(t *testing.T) {
			h := well()
			c.wrong(h)
			held(t, faultsIn(h.rows(&deployFlags{name: deploy.DefaultName}, now)), c.want)
		})
	}
	for age, want := range map[time.Duration]string{time.Hour: levelOK, 3 * time.Hour: levelFault} {
		if r := well().logRow(cloudtrail.TimeOf(now.Add(-age)), now); r.level != want {
			t.Errorf("a newest log file of %s ago is told as %s", age, r.level)
		}
	}
}

// held compares rows with how they are to begin.
func held(t *testing.T, got []string, want string) {
	t.Helper()
	wanted := strings.Split(want, "|")
	if want == "" {
		wanted = nil
	}
	if len(got) != len(wanted) {
		t.Fatalf("%d rows, want %d:\n%s", len(got), len(wanted), strings.Join(got, "\n"))
	}
	for i, w := range wanted {
		if !strings.HasPrefix(got[i], w) {
			t.Errorf("row %d is %q, want %q", i, got[i], w)
		}
	}
}

// judgedSpoke is what is seen of a spoke, and what is to be told of it.
type judgedSpoke struct {
	wrong func(h *hubLook, l *spokeLook, one *regionLook)
	lines []query.ForwardedLine
	blind bool // nobody looks there
	want  string
}

const spokeRole = "arn:aws:iam::111111111111:role/sender"

func (c *judgedSpoke) judge(t *testing.T) {
	h := well()
	one := &regionLook{
		rule:  &site.Rule{Name: "crosstrail", State: on, Pattern: string((&deploy.Spoke{}).Pattern()), Targets: []site.Target{{ARN: hubBusARN, Role: spokeRole}}},
		hears: &site.Hears{Region: "eu-west-1", Trail: "arn:trail", Sure: true}, roles: map[string]bool{spokeRole: true},
	}
	l := &spokeLook{caller: site.Caller{Account: "111111111111"}, regions: map[string]*regionLook{"eu-west-1": one}}
	if c.wrong != nil {
		c.wrong(h, l, one)
	}
	if c.blind {
		l = nil
	}
	if got := spokeRows(h, l, nil, nil); len(got) > 0 && got[0].state != "not looked at" {
		t.Errorf("where the table was not looked at: %+v", got)
	}
	held(t, faultsIn(spokeRows(h, l, &query.ForwardedAnswer{Lines: c.lines}, nil)), c.want)
}

// ofCalls is what came of account 111111111111 in eu-west-1.
func ofCalls(both, lost int, last cloudtrail.Time) query.ForwardedLine {
	l := query.ForwardedLine{Account: "111111111111", Region: "eu-west-1", Both: both, Lost: lost, LastEvent: last}
	for range lost {
		l.Missing = append(l.Missing, query.LostEvent{Time: last + 1, ID: cloudtrail.ID{Event: "e", Recipient: "999999999999"}, Location: lineage.Location{File: "x"}})
	}
	return l
}

// Each thing that may be wrong with a spoke is told, by region.
func TestSpokeJudged(t *testing.T) {
	for name, c := range map[string]judgedSpoke{
		"all comes":             {lines: []query.ForwardedLine{ofCalls(9, 0, 5)}},
		"nothing came yet":      {want: "note spoke silent"},
		"no rule":               {wrong: func(_ *hubLook, _ *spokeLook, one *regionLook) { one.rule = nil }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "fault region eu-west-1 no rule"},
		"no rule was asked for": {wrong: func(_ *hubLook, l *spokeLook, one *regionLook) { one.rule, l.wanted = nil, []string{"us-east-1"} }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "note region eu-west-1 no rule no rule was asked for"},
		"not to be looked at":   {wrong: func(_ *hubLook, _ *spokeLook, one *regionLook) { one.rule, one.unseen = nil, "no leave" }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "note region eu-west-1 not looked at what is there in eu-west-1 could not be looked at: no leave"},
		"off":                   {wrong: func(_ *hubLook, _ *spokeLook, one *regionLook) { one.rule.State = "DISABLED" }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "fault region eu-west-1 DISABLED"},
		"another pattern": {wrong: func(_ *hubLook, l *spokeLook, one *regionLook) {
			l.spoke = &deploy.Spoke{Name: deploy.DefaultName, Match: deploy.Match{ExternalIDs: []string{"3414"}}}
			one.rule.Pattern = strings.Replace(string(l.spoke.Pattern()), "3414", "3415", 1)
		}, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "fault region eu-west-1 " + on + " the rule crosstrail in eu-west-1 does not take what its stack says"},
		"its own pattern": {wrong: func(_ *hubLook, l *spokeLook, one *regionLook) {
			l.spoke = &deploy.Spoke{Name: deploy.DefaultName, Match: deploy.Match{ExternalIDs: []string{"3414"}}}
			one.rule.Pattern = strings.ReplaceAll(string(l.spoke.Pattern()), ":", " : ")
		}, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}},
		"plain ENABLED":           {wrong: func(_ *hubLook, _ *spokeLook, one *regionLook) { one.rule.State = "ENABLED" }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "note region eu-west-1 ENABLED the rule crosstrail in eu-west-1 is ENABLED: calls that only read"},
		"no target":               {wrong: func(_ *hubLook, _ *spokeLook, one *regionLook) { one.rule.Targets = nil }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "fault region eu-west-1 " + on + " the rule crosstrail in eu-west-1 of account 111111111111 has no target"},
		"elsewhere":               {wrong: func(_ *hubLook, _ *spokeLook, one *regionLook) { one.rule.Targets[0].ARN = "arn:x" }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "fault region eu-west-1 " + on + " the rule crosstrail in eu-west-1 of account 111111111111 sends elsewhere: arn:x"},
		"no role":                 {wrong: func(_ *hubLook, _ *spokeLook, one *regionLook) { one.roles[spokeRole] = false }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "fault region eu-west-1 " + on + " the role " + spokeRole},
		"the bus does not let it": {wrong: func(h *hubLook, _ *spokeLook, _ *regionLook) { h.bus = busOf(`{"AWS":"222222222222"}`, "") }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "fault region eu-west-1 " + on + " the policy of the hub's event bus does not let account 111111111111|note spoke silent"},
		"the organisation's bus": {wrong: func(h *hubLook, _ *spokeLook, _ *regionLook) {
			h.bus = busOf(`"*"`, ofOrganization)
		}, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}},
		"no trail": {wrong: func(_ *hubLook, _ *spokeLook, one *regionLook) {
			one.hears = &site.Hears{Why: "no trail logs there", Sure: true}
		}, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "fault region eu-west-1 " + on + " EventBridge is told of no calls in eu-west-1 of account 111111111111: no trail logs there"},
		"not delivered": {wrong: func(_ *hubLook, _ *spokeLook, one *regionLook) { one.failed = 2 }, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "note region eu-west-1 " + on + " the rule crosstrail in eu-west-1 could not deliver 2 events"},
		"a topic not subscribed to": {wrong: func(h *hubLook, _ *spokeLook, one *regionLook) {
			one.rule.Targets[0].ARN = spokeTopicARN
			h.topics[spokeTopicARN] = site.NotSubscribed
		}, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, want: "fault region eu-west-1 " + on + " the hub's queue is not subscribed to the topic " + spokeTopicARN},
	} {
		t.Run(name, c.judge)
	}
}

// Calls that are logged alone are a fault where it is seen that a rule sends them, and there
// are several.
func TestLostJudged(t *testing.T) {
	for name, c := range map[string]judgedSpoke{
		"one of many lost":            {lines: []query.ForwardedLine{ofCalls(99, 1, 5)}, want: "note lost eu-west-1 lost 1 call of 100 logged are without an event"},
		"one of few lost":             {lines: []query.ForwardedLine{ofCalls(0, 1, 5)}, want: "note lost eu-west-1 lost 1 call of 1"},
		"few of many lost":            {lines: []query.ForwardedLine{ofCalls(97, 3, 5)}, want: "note lost eu-west-1 lost 3 calls of 100"},
		"many lost, and events since": {lines: []query.ForwardedLine{func() query.ForwardedLine { l := ofCalls(9, 3, 5); l.Missing[2].Time = 4; return l }()}, want: "note lost eu-west-1 lost 3 calls of 12 logged are without an event: who was behind them, the log of account 111111111111 tells alone; events came since"},
		"many lost":                   {lines: []query.ForwardedLine{ofCalls(9, 3, 5)}, want: "fault lost eu-west-1 lost 3 calls of 12"},
		"none ever came":              {lines: []query.ForwardedLine{ofCalls(0, 3, 0)}, want: "note spoke silent|fault lost eu-west-1 lost 3 calls of 3"},
		"not seen":                    {lines: []query.ForwardedLine{ofCalls(9, 9, 5)}, blind: true, want: "note lost eu-west-1 lost 9 calls of 18 logged are without an event: who was behind them, the log of account 111111111111 tells alone; whether a rule there is to send them is not seen from here"},
		"a StackSet's":                {wrong: setOf("eu-west-1"), lines: []query.ForwardedLine{ofCalls(0, 3, 5)}, blind: true, want: "fault lost eu-west-1"},
		"its other region":            {wrong: setOf("us-east-1"), lines: []query.ForwardedLine{ofCalls(0, 3, 5)}, blind: true, want: "note lost eu-west-1"},
		"a member's": {wrong: func(h *hubLook, _ *spokeLook, _ *regionLook) {
			h.bus, h.members = busOf(`"*"`, ofOrganization), map[string]bool{"111111111111": true}
		}, lines: []query.ForwardedLine{ofCalls(0, 3, 5)}, want: "fault lost eu-west-1"},
		"no member's": {wrong: func(h *hubLook, _ *spokeLook, _ *regionLook) {
			h.bus, h.members = busOf(`"*"`, ofOrganization), map[string]bool{"222222222222": true}
		}, lines: []query.ForwardedLine{{Account: "111111111111", Region: "eu-west-1", Others: 3}}, blind: true, want: "note spoke no sender 3 calls by it"},
		"a stranger's": {wrong: func(h *hubLook, _ *spokeLook, _ *regionLook) { h.bus, _ = site.BusOf("crosstrail", hubBusARN, "") }, lines: []query.ForwardedLine{{Account: "111111111111", Region: "eu-west-1", Others: 3}}, blind: true, want: "note spoke no sender 3 calls by it went into roles that are logged here"},
		"perhaps a stranger's": {wrong: func(h *hubLook, _ *spokeLook, _ *regionLook) {
			h.bus = busOf(`"*"`, ofOrganization)
		}, lines: []query.ForwardedLine{ofCalls(0, 2, 0)}, blind: true, want: "note spoke silent|note lost"},
		"its own log is here": {lines: []query.ForwardedLine{{Account: "111111111111", Region: "eu-west-1", Own: 3}}, blind: true},
		"a StackSet's that failed": {wrong: func(h *hubLook, _ *spokeLook, _ *regionLook) {
			h.set = &cfn.FoundSet{Instances: []cfn.Instance{{Account: "111111111111", Region: "ap-south-1", Status: "FAILED", Reason: "an SCP"}}}
		}, lines: []query.ForwardedLine{ofCalls(9, 0, 5)}, blind: true, want: "fault region ap-south-1 stack FAILED the StackSet has not made the rule there as it should be: an SCP"},
	} {
		t.Run(name, c.judge)
	}
}

// setOf is that the hub's account has a StackSet of spokes with the account's in a region.
func setOf(region string) func(h *hubLook, _ *spokeLook, _ *regionLook) {
	return func(h *hubLook, _ *spokeLook, _ *regionLook) {
		spoke := deploy.Spoke{Name: deploy.DefaultName, Hub: hubBusARN}
		h.set = &cfn.FoundSet{Template: spoke.Template(), Instances: []cfn.Instance{{Account: "111111111111", Region: region, Status: "CURRENT"}}}
	}
}

// What a hub is to be sent is what its senders send of what its watch takes: of nobody
// else's anything is missed, and of an organisation's accounts where they are known.
func TestSentBy(t *testing.T) {
	const dev, other, hub = "111111111111", "222222222222", "999999999999"
	roles, ids := []string{"arn:aws:iam::999999999999:role/Ops"}, []string{"3414"}
	for name, c := range map[string]struct {
		senders string
		members map[string]bool
		watch   *lineage.Watch
		want    []query.Sent
	}{
		"one sender":                {`{"AWS":"111111111111"}`, nil, nil, []query.Sent{{Accounts: []string{dev, hub}}}},
		"a watch":                   {`{"AWS":"111111111111"}`, nil, &lineage.Watch{Roles: roles, ExternalIDs: ids}, []query.Sent{{Accounts: []string{dev, hub}, Roles: roles}, {Accounts: []string{dev, hub}, ExternalIDs: ids}}},
		"a watch of accounts":       {`{"AWS":"111111111111"}`, nil, &lineage.Watch{Roles: roles, Accounts: []string{hub}}, []query.Sent{{Accounts: []string{dev, hub}}}},
		"whoever an organisation":   {`"*"`, nil, nil, []query.Sent{{}}},
		"whom it is known to be of": {`"*"`, map[string]bool{other: true}, nil, []query.Sent{{Accounts: []string{other, hub}}}},
	} {
		h := well()
		condition := ""
		if c.senders == `"*"` {
			condition = ofOrganization
		}
		h.bus, h.members = busOf(c.senders, condition), c.members
		if diff := cmp.Diff(c.want, sentBy(h, nil, c.watch)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What a rule sends is asked of the rule itself, of its own region, by what the copy of the
// role's owner tells.
func TestSeenRules(t *testing.T) {
	const dev, other = "111111111111", "222222222222"
	rule := func(m deploy.Match) *regionLook {
		return &regionLook{rule: &site.Rule{Pattern: string((&deploy.Spoke{Match: m}).Pattern())}}
	}
	field := func(path, value string) deploy.Match {
		return deploy.Match{Fields: []deploy.Field{{Path: path, Values: []string{value}}}}
	}
	l := &spokeLook{caller: site.Caller{Account: dev}, wanted: []string{"us-east-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-west-3", "ap-south-1"}, regions: map[string]*regionLook{
		"us-east-1": rule(deploy.Match{ExternalIDs: []string{"3414"}}), "us-west-2": rule(deploy.Match{ExternalIDs: []string{"9999"}}), "eu-west-1": rule(field("userIdentity.type", "FederatedUser")),
		"eu-west-2": rule(field("requestParameters.durationSeconds", "3600")), "eu-west-3": {}, "eu-north-1": {}, "ap-south-1": {unseen: "no leave"},
	}}
	s := &seenRules{well(), l}
	for name, c := range map[string]struct {
		account, region, externalID string
		want                        query.Taken
	}{
		"it":                          {dev, "us-east-1", "3414", query.SurelyTaken},
		"old records' region":         {dev, "global", "9999", query.NotTaken},
		"another id":                  {dev, "us-east-1", "9999", query.NotTaken},
		"of another region":           {dev, "us-west-2", "9999", query.SurelyTaken},
		"who called is not told":      {dev, "eu-west-1", "3414", query.PerhapsTaken},
		"a number":                    {dev, "eu-west-2", "3414", query.SurelyTaken},
		"a rule that is gone":         {dev, "eu-west-3", "3414", query.PerhapsTaken}, // as that of eu-west-1
		"a region that was not asked": {dev, "eu-north-1", "3414", query.NotTaken},
		"not to be looked at":         {dev, "ap-south-1", "9999", query.SurelyTaken},
		"another account":             {other, "us-east-1", "9999", query.SurelyTaken},
	} {
		f := &lineage.Fact{Use: lineage.Use{EventSource: "sts.amazonaws.com", EventName: "AssumeRole", Region: c.region}, Request: lineage.Request{RoleARN: "arn:aws:iam::999999999999:role/R", ExternalID: c.externalID, Duration: 3600}}
		if got := s.takes(c.account, f); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
