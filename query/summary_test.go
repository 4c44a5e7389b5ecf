package query

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// event is one line of a made-up log for the tallies.
type event struct {
	at      int
	name    string
	write   bool
	err     string
	ip      string
	agent   string
	touched []string
}

func lineOf(caller *lineage.Identity, c *lineage.Chain, e event) Line {
	readOnly := cloudtrail.True
	if e.write {
		readOnly = cloudtrail.False
	}
	return Line{Chain: c, Row: &Row{
		Use: lineage.Use{
			ID: cloudtrail.ID{Event: fmt.Sprint("e", e.at), Recipient: "222222222222"}, Time: cloudtrail.Time(e.at), Caller: caller,
			EventSource: "s3.amazonaws.com", EventName: e.name, ErrorCode: e.err, SourceIP: e.ip, UserAgent: e.agent,
		},
		ReadOnly: readOnly, Resources: e.touched,
	}}
}

func hopOf(role, session string, issued event) lineage.Hop {
	return lineage.Hop{
		ID: "AROA" + role + ":" + session + fmt.Sprintf("@%d", issued.at), SessionARN: "arn:aws:sts::222222222222:assumed-role/" + role + "/" + session,
		RoleARN: "arn:aws:iam::222222222222:role/" + role, Account: "222222222222", By: "AssumeRole", Evidence: lineage.Exact,
		Issuance: &lineage.Fact{Use: lineage.Use{Time: cloudtrail.Time(issued.at), SourceIP: issued.ip, UserAgent: issued.agent}},
	}
}

var (
	jsmith = &lineage.Origin{ID: "iam:111111111111:AIDA1", Kind: lineage.IAMUser, Name: "jsmith"}
	ec2    = &lineage.Origin{ID: "service:ec2.amazonaws.com", Kind: lineage.AWSService}
)

func chainOf(o *lineage.Origin, hops ...lineage.Hop) *lineage.Chain {
	return &lineage.Chain{Evidence: lineage.Exact, Origin: o, Hops: hops}
}

// outline writes a tree as text: depth, session, sessions folded, calls.
func outline(nodes []*Node, indent string) string {
	var b strings.Builder
	for _, n := range nodes {
		name := n.Caller
		if n.Hop != nil {
			name = afterLast(n.Hop.RoleARN, '/') + "/" + afterLast(n.Hop.SessionARN, '/')
		}
		fmt.Fprintf(&b, "%s%s", indent, name)
		if n.Sessions > 1 {
			fmt.Fprintf(&b, " x%d", n.Sessions)
		}
		if n.OtherName {
			b.WriteString(" …")
		}
		for _, c := range n.Calls {
			fmt.Fprintf(&b, " %s=%d", c.EventName, c.Count)
			if c.Via != "" {
				b.WriteString("(" + c.Via + ")")
			}
		}
		for _, t := range n.OtherAddresses.Most {
			b.WriteString(" elsewhere:" + t.Value)
		}
		for _, t := range n.OtherAgents.Most {
			b.WriteString(" other:" + t.Value)
		}
		b.WriteString("\n" + outline(n.Children, indent+"  "))
	}
	return b.String()
}

func TestSummaryTree(t *testing.T) {
	user, session := &lineage.Identity{Type: "IAMUser"}, &lineage.Identity{Type: "AssumedRole"}
	issued := event{at: 10, ip: "192.0.2.1", agent: "aws-cli/2.1 Python/3.9"}
	first := hopOf("Hub", "jo", issued)
	second := hopOf("Writer", "jo", event{at: 20, ip: "192.0.2.1", agent: "aws-cli/2.1 Python/3.9"})
	direct, hub, writer := chainOf(jsmith), chainOf(jsmith, first), chainOf(jsmith, first, second)
	forwarded := chainOf(jsmith, first, second)
	forwarded.Via = []lineage.Via{{Service: "athena.amazonaws.com"}}
	b := newSummaryBook()
	for _, l := range []Line{
		lineOf(user, direct, event{at: 5, name: "ListBuckets", ip: "192.0.2.1"}),
		lineOf(session, hub, event{at: 20, name: "AssumeRole", ip: "192.0.2.1", agent: "aws-cli/2.2 Python/3.11"}),
		lineOf(session, writer, event{at: 21, name: "GetObject", ip: "192.0.2.1", agent: "aws-cli/2.1"}),
		lineOf(session, writer, event{at: 22, name: "GetObject", ip: "198.51.100.9", agent: "Boto3/1.26", err: "AccessDenied"}),
		lineOf(session, writer, event{at: 23, name: "PutObject", write: true, ip: "s3.amazonaws.com", agent: "AWS Internal"}),
		lineOf(session, forwarded, event{at: 24, name: "GetObject", ip: "athena.amazonaws.com", agent: "athena.amazonaws.com"}),
	} {
		b.add(l)
	}
	s := b.summary()
	want := ` ListBuckets=1
Hub/jo AssumeRole=1
  Writer/jo PutObject=1 GetObject=2 GetObject=1(athena.amazonaws.com) elsewhere:198.51.100.9 other:Boto3/1.26
`
	if diff := cmp.Diff(want, outline(s.Origins[0].Nodes, "")); diff != "" {
		t.Errorf("tree (-want +got):\n%s", diff)
	}
	o := s.Origins[0]
	if o.Events != 6 || o.Writes != 1 || o.Errors != 1 || o.First != 5 || o.Last != 24 || o.Evidence[lineage.Exact] != 6 {
		t.Errorf("totals of the origin: %+v", o)
	}
	if tt := s.Totals; tt.Events != 6 || tt.Sessions != 2 || tt.Origins != 1 || tt.ByEvidence[lineage.Exact] != 6 || tt.First != 5 || tt.Last != 24 {
		t.Errorf("totals: %+v", tt)
	}
}

func TestSummaryFolds(t *testing.T) {
	b := newSummaryBook()
	for i := range 40 {
		at := event{at: i, name: "GetObject"}
		b.add(lineOf(&lineage.Identity{}, chainOf(ec2, hopOf("Instance", fmt.Sprintf("i-%d", i%2), at)), at)) // a service's
		b.add(lineOf(&lineage.Identity{}, chainOf(jsmith, hopOf("Daily", "jo", at)), at))                     // one name
		b.add(lineOf(&lineage.Identity{}, chainOf(jsmith, hopOf("Batch", fmt.Sprintf("run-%02d", i), at)), at))
	}
	s := b.summary()
	got := outline(s.Origins[0].Nodes, "")
	if n := strings.Count(got, "Batch/"); n != mostNames+1 {
		t.Errorf("%d lines for 40 session names, want 6 and one for the rest:\n%s", n, got)
	}
	if !strings.Contains(got, "Daily/jo x40 GetObject=40\n") || !strings.Contains(got, "Batch/run-06 x34 … GetObject=34\n") {
		t.Errorf("jsmith:\n%s", got)
	}
	if diff := cmp.Diff("Instance/i-0 x40 … GetObject=40\n", outline(s.Origins[1].Nodes, "")); diff != "" {
		t.Errorf("a service's sessions (-want +got):\n%s", diff)
	}
}

func TestSummaryOrder(t *testing.T) {
	b := newSummaryBook()
	add := func(c *lineage.Chain, n int, write bool) {
		for range n {
			b.add(lineOf(&lineage.Identity{ARN: "arn:aws:sts::1:assumed-role/x/y"}, c, event{at: 1, name: "X", write: write}))
		}
	}
	person := func(id string) *lineage.Chain {
		return chainOf(&lineage.Origin{ID: id, Kind: lineage.SAMLUser})
	}
	add(chainOf(ec2), 50, true)
	add(person("saml:p:quiet"), 9, false)
	add(person("saml:p:b"), 3, true)
	add(person("saml:p:a"), 3, true)
	add(&lineage.Chain{Evidence: lineage.Unresolved, Gaps: []lineage.Gap{{Reason: lineage.Pending, AccountID: "1", From: 7, Until: 9}}}, 2, false)
	add(&lineage.Chain{Evidence: lineage.Unresolved, Gaps: []lineage.Gap{{Reason: lineage.Pending, AccountID: "1", From: 3, Until: 4}}}, 1, false)
	add(&lineage.Chain{Evidence: lineage.Unresolved, Gaps: []lineage.Gap{{Reason: lineage.NoIssuerLog, AccountID: "2"}}}, 1, false)
	partial := person("saml:p:partial")
	partial.Gaps = []lineage.Gap{{Reason: lineage.NoIssuerLog, AccountID: "2"}}
	add(partial, 1, false)
	a, c := person("a").Origin, person("c").Origin
	add(&lineage.Chain{Evidence: lineage.Contested, Candidates: []lineage.Candidate{{Origin: c}, {Origin: a}, {Origin: c}}}, 1, false)
	add(&lineage.Chain{Evidence: lineage.Contested, Candidates: []lineage.Candidate{{Origin: a}, {Origin: c}}}, 1, false)
	s := b.summary()
	var got []string
	for _, o := range s.Origins {
		got = append(got, fmt.Sprint(o.Origin.ID, " ", o.Events))
	}
	for _, d := range s.Contested {
		for _, candidate := range d.Candidates {
			got = append(got, fmt.Sprint("contested ", candidate.Origin.ID, " ", d.Activity.Events))
		}
	}
	for _, g := range s.Unresolved {
		got = append(got, fmt.Sprintf("%s %s %d-%d: %d of %d", g.Gap.Reason, g.Gap.AccountID, g.Gap.From, g.Gap.Until, g.Activity.Events, g.Events))
	}
	want := []string{
		"saml:p:a 3", "saml:p:b 3", "saml:p:quiet 9", "saml:p:partial 1", "service:ec2.amazonaws.com 50",
		"contested a 2", "contested c 2",
		"pending 1 3-9: 3 of 3", "no-issuer-log 2 0-0: 1 of 2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}

// What is remembered of a call's million resources is bounded, and does not
// depend on more than the order of the events.
func TestCounterIsBounded(t *testing.T) {
	var c counter
	for i := range 100_000 {
		c.add("often")
		c.add(fmt.Sprint("once ", i))
	}
	top := c.top()
	if len(c.list) != mostKept || len(top.Most) != mostShown || top.More != mostKept-mostShown || !top.Many {
		t.Errorf("%d kept, %d shown, %d more, many %v", len(c.list), len(top.Most), top.More, top.Many)
	}
	if diff := cmp.Diff([]Counted{{"often", 100_000}, {"once 0", 1}}, top.Most[:2]); diff != "" {
		t.Errorf("most (-want +got):\n%s", diff)
	}
}

// What only some chains of an origin began with is not the origin's.
func TestOneOrigin(t *testing.T) {
	signIn := func(id string) *lineage.SignInInfo {
		return &lineage.SignInInfo{By: "ConsoleLogin", Event: lineage.Use{ID: cloudtrail.ID{Event: id}}}
	}
	for _, tt := range []struct {
		name  string
		tells []lineage.Origin
		want  string
	}{
		{"one", []lineage.Origin{{ID: "a", AccessKeyID: "k", SignIn: signIn("1"), Workload: "i-1"}}, "a  k 1 i-1"},
		{"together more", []lineage.Origin{{ID: "a"}, {ID: "a", Name: "jo", AccessKeyID: "k"}, {ID: "a", SignIn: signIn("1")}}, "a jo k 1 "},
		{"not agreed", []lineage.Origin{{ID: "a", AccessKeyID: "k", SignIn: signIn("1"), Workload: "i-1"}, {ID: "a", AccessKeyID: "l", SignIn: signIn("2"), Workload: "i-2"}}, "a    "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var o oneOrigin
			for i := range tt.tells {
				o.add(&tt.tells[i])
			}
			all, event := o.origin(), ""
			if all.SignIn != nil {
				event = all.SignIn.Event.ID.Event
			}
			if got := fmt.Sprint(all.ID, " ", all.Name, " ", all.AccessKeyID, " ", event, " ", all.Workload); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestSummaryPlaces: of many sessions of one workload's role in one line, the
// one that was in two places is told.
func TestSummaryPlaces(t *testing.T) {
	b := newSummaryBook()
	for i, from := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.2", "203.0.113.66", "192.0.2.3"} {
		issued := event{at: []int{10, 20, 20, 20, 30}[i], ip: "ec2.amazonaws.com", agent: "ec2.amazonaws.com"}
		c := chainOf(ec2, hopOf("app", "i-1", issued))
		b.add(lineOf(&lineage.Identity{}, c, event{at: 100 + i, name: "GetObject", ip: from, agent: "Boto3/1 x"}))
	}
	node := b.summary().Origins[0].Nodes[0]
	want := Places{
		Addresses: Top{Most: []Counted{{"192.0.2.2", 2}, {"203.0.113.66", 1}}},
		Programs:  Top{Most: []Counted{{"boto3", 3}}},
	}
	if diff := cmp.Diff(want, node.Places); diff != "" || node.Sessions != 3 {
		t.Errorf("%d sessions (-want +got):\n%s", node.Sessions, diff)
	}
}
