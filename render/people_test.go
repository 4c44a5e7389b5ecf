package render

import (
	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// story is a small day for people to look at: jsmith goes on from his role to
// a second account, somewhere else; a service; two who fit; an account whose
// log is not there. One name is hostile.
func story() *query.Summary {
	line := jsmith()
	first := &line.Chain.Hops[0]
	second := lineage.Hop{
		ID:         "AROAPAYMENTS00000001:nightly@2016-04-05T20:45:00Z",
		SessionARN: "arn:aws:sts::333333333333:assumed-role/PaymentsAdmin/nightly", RoleARN: "arn:aws:iam::333333333333:role/ops/PaymentsAdmin",
		Account: "333333333333", By: "AssumeRole", Rule: lineage.Session, Evidence: lineage.Strong, CallerAccountID: "999999999999",
		SourceIdentity: "jsmith", Notes: []string{"console-session"},
		Issuance: &lineage.Fact{Kind: lineage.Issuance, Use: lineage.Use{
			ID: cloudtrail.ID{Event: "77777777-0000-4000-8000-000000000001", Recipient: "999999999999"}, Time: at("2016-04-05T20:45:00Z"), SourceIP: "198.51.100.9",
		}},
	}
	payments := &query.Node{
		Hop: &second, Evidence: lineage.Strong, Sessions: 3, Activity: did(11, 7, 2, "2016-04-05T20:45:20Z", "2016-04-05T21:02:10Z", "203.0.113.77"),
		IssuedToAddress: "198.51.100.9", OtherAddresses: query.Top{Most: []query.Counted{{Value: "203.0.113.77", Count: 11}}},
		Calls: []*query.Call{
			{EventSource: "dynamodb.amazonaws.com", EventName: "PutItem", Write: true, Count: 5, Touched: touched(0, "table/ledger")},
			{EventSource: "iam.amazonaws.com", EventName: "AttachRolePolicy", Write: true, Count: 2, Errors: 2, ErrorCodes: touched(0, "AccessDenied"), Touched: touched(0, "role/PaymentsAdmin")},
			{
				EventSource: "s3.amazonaws.com", EventName: "GetObject", Count: 4, Via: "athena.amazonaws.com",
				Touched: touched(12, "arn:aws:s3:::acme-payments-archive/2016/04/05/ledger-000000000001.parquet", "arn:aws:s3:::acme-payments-archive/2016/04/05/ledger-000000000002.parquet"),
			},
		},
	}
	cross := &query.Node{
		Hop: first, Evidence: lineage.Exact, Sessions: 1, Activity: did(2, 0, 0, "2016-04-05T20:39:39Z", "2016-04-05T20:45:00Z", "72.21.196.66"),
		Calls: []*query.Call{
			{EventSource: "s3.amazonaws.com", EventName: "ListBuckets", Count: 1},
			{EventSource: "sts.amazonaws.com", EventName: "AssumeRole", Count: 1, Touched: touched(0, "role/ops/PaymentsAdmin")},
		},
		Children: []*query.Node{payments},
	}
	itself := &query.Node{
		Evidence: lineage.Exact, Activity: did(1, 0, 0, "2016-04-05T20:39:37Z", "2016-04-05T20:39:37Z", "72.21.196.66"),
		Calls: []*query.Call{{EventSource: "sts.amazonaws.com", EventName: "AssumeRole", Count: 1, Touched: touched(0, "role/CrossAccountTest")}},
	}
	person := &query.OriginSummary{
		Origin: line.Chain.Origin, Activity: did(14, 7, 2, "2016-04-05T20:39:37Z", "2016-04-05T21:02:10Z", "203.0.113.77", "72.21.196.66"),
		Nodes: []*query.Node{itself, cross},
	}
	person.Evidence[lineage.Exact], person.Evidence[lineage.Strong] = 3, 11
	ec2 := &query.OriginSummary{
		Origin: &lineage.Origin{
			ID: "service:ec2.amazonaws.com", Kind: lineage.AWSService, Rule: lineage.NamedOnRecord, Workload: "i-0dbc91f429e48eeed",
		},
		Activity: did(1, 1, 0, "2016-04-05T20:50:00Z", "2016-04-05T20:50:00Z", "10.0.0.7"),
		Nodes: []*query.Node{{
			Hop:      &lineage.Hop{ID: "AROAAPP0000000000001:i-0dbc91f429e48eeed@2016-04-05T18:00:00Z", SessionARN: "arn:aws:sts::333333333333:assumed-role/app/i-0dbc91f429e48eeed", RoleARN: "arn:aws:iam::333333333333:role/app", Account: "333333333333", Evidence: lineage.Exact, Rule: lineage.NamedOnRecord},
			Evidence: lineage.Exact, Sessions: 1, Activity: did(1, 1, 0, "2016-04-05T20:50:00Z", "2016-04-05T20:50:00Z", "10.0.0.7"),
			Calls: []*query.Call{{EventSource: "s3.amazonaws.com", EventName: "PutObject", Write: true, Count: 1, Touched: touched(0, "acme-logs\u202e/gpj.exe\x1b[2J")}},
		}},
	}
	ec2.Evidence[lineage.Exact] = 1
	sum := &query.Summary{
		Origins: []*query.OriginSummary{person, ec2}, Contested: []*query.ContestedSummary{dispute(first.Issuance, second.Issuance)}, Unresolved: []*query.GapSummary{missing()},
		Totals: query.Totals{
			Events: 18, Writes: 9, Errors: 3, Origins: 2, Sessions: 7, Files: 4, Accounts: []string{"111111111111", "222222222222", "333333333333", "999999999999"},
			First: at("2016-04-05T20:30:00Z"), Last: at("2016-04-05T21:02:10Z"),
		},
	}
	sum.Totals.ByEvidence = [...]int{0, 4, 11, 0, 0, 1, 2}
	return sum
}

func whoAnswer() *query.WhoAnswer {
	l := jsmith()
	h := &l.Chain.Hops[0]
	h.Copies = []*lineage.Fact{{Use: lineage.Use{
		ID: cloudtrail.ID{Event: "40b4d219-0000-4000-8000-000000000000", Recipient: "999999999999"}, Time: h.Issuance.Time,
		Location: lineage.Location{File: "s3://acme-trail/AWSLogs/999999999999/CloudTrail/us-east-1/2016/04/05/999999999999_CloudTrail_us-east-1_20160405T2045Z_AbCdEfGhIjKlMnOp.json.gz", Record: 0},
	}}}
	h.Proof.RuledOut = []lineage.RuledOut{
		{Issuance: &lineage.Fact{Use: lineage.Use{ID: cloudtrail.ID{Event: "0b50da11-0000-4000-8000-000000000000"}}}, Guard: "expiry"},
		{Issuance: &lineage.Fact{Use: lineage.Use{ID: cloudtrail.ID{Event: "1b50da11-0000-4000-8000-000000000000"}}}, Guard: "session-name"},
	}
	open := query.Line{Row: &query.Row{Use: l.Row.Use}, Chain: &lineage.Chain{
		Evidence: lineage.Unresolved,
		Hops:     []lineage.Hop{{ID: h.ID, SessionARN: h.SessionARN, RoleARN: h.RoleARN, Account: h.Account, Evidence: lineage.Unresolved}},
		Gaps: []lineage.Gap{{
			Reason: lineage.BeforeCoverage, AccountID: "999999999999", Region: "us-east-1", From: at("2016-04-05T20:39:37Z"), Until: at("2016-04-06T00:10:00Z"),
		}},
	}}
	open.Row.ID.Event = "199ff820-00f2-4500-94fc-2b9da26d576f"
	open.Row.ErrorCode, open.Row.ErrorMessage = "AccessDenied", "User: arn:aws:sts::999999999999:assumed-role/CrossAccountTest/TestSessionCrossAccount is not authorized to perform: s3:ListAllMyBuckets"
	return &query.WhoAnswer{Asked: "099ff820-00f2-4500-94fc-2b9da26d576f", As: query.AsEvent, Answers: []query.Answer{{Line: l}, {Line: open}}}
}

func absentAnswer() *query.WhoAnswer {
	return &query.WhoAnswer{Asked: "ASIAGONE", As: query.AsKey, Absent: &query.Absence{
		Files: 3, Spans: []lineage.Span{
			{Account: "111111111111", Region: "us-east-1", Files: 2, First: at("2016-04-05T20:40:00Z"), Newest: at("2016-04-05T21:40:00Z")},
			{Account: "999999999999", Region: "eu-west-1", Files: 1},
		},
	}}
}

func reachAnswer() *query.ReachAnswer {
	sum := story()
	first, second := sum.Origins[0].Nodes[1].Hop, sum.Origins[0].Nodes[1].Children[0].Hop
	third := *second
	third.ID, third.Ambiguous = "AROAPAYMENTS00000001:other@2016-04-05T20:46:00Z", true
	return &query.ReachAnswer{
		Asked: "jsmith", As: query.AsPerson, Origins: []*lineage.Origin{sum.Origins[0].Origin}, AsOf: at("2016-04-05T21:10:00Z"), Ahead: query.Ahead{Files: 2, Event: at("2099-01-01T00:00:00Z")},
		Sessions: []query.ReachedSession{
			{Descent: lineage.Descent{Hop: *first, Keys: []string{"ASIAJJQOJ64OAM7C65AA"}}, Under: -1, Expires: at("2016-04-05T21:39:37Z"), Live: true, Calls: 2, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-05T20:45:00Z")},
			{Descent: lineage.Descent{Hop: *second, Parent: first.ID}, Under: 0, Expires: at("2016-04-05T21:05:00Z"), Calls: 11, Writes: 7, Errors: 2, First: at("2016-04-05T20:45:20Z"), Last: at("2016-04-05T21:02:10Z")},
			{Descent: lineage.Descent{Hop: third, Parent: first.ID}, Live: true},
		},
		Keys: []query.LeftBehind{{Fact: &lineage.Fact{Use: lineage.Use{
			ID: cloudtrail.ID{Event: "c0ffee00-0000-4000-8000-000000000000", Recipient: "333333333333"}, Time: at("2016-04-05T20:50:00Z"), EventSource: "iam.amazonaws.com", EventName: "CreateAccessKey",
		}, Detail: lineage.Detail{Key: "AKIABACKDOOR00000001"}}, Calls: 1, Deleted: at("2016-04-05T21:00:00Z")}},
		Roles: []query.LeftBehind{{Fact: &lineage.Fact{Use: lineage.Use{
			ID: cloudtrail.ID{Event: "c0ffee00-0000-4000-8000-000000000001", Recipient: "333333333333"}, Time: at("2016-04-05T20:51:00Z"), EventSource: "iam.amazonaws.com", EventName: "UpdateAssumeRolePolicy",
		}, Detail: lineage.Detail{ARN: "arn:aws:iam::333333333333:role/app"}}, Calls: 3}},
	}
}

func showAnswer() *query.ShowAnswer {
	l := jsmith()
	return &query.ShowAnswer{Asked: l.Row.ID.Event, Shown: []query.Shown{{
		Line: l, SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Record: []byte("{\"eventName\" : \"ListBuckets\",\n \"userAgent\":\"a\u202eb\u009b \\u0041\", \"empty\": {}, \"credentials\":{\"sessionToken\":\"REDACTED\"}}"),
	}}}
}

func sessionLines() []query.SessionLine {
	l := jsmith()
	h := l.Chain.Hops[0]
	return []query.SessionLine{
		{ID: h.ID, SessionARN: h.SessionARN, RoleARN: h.RoleARN, AccountID: h.Account, AccessKeyIDs: []string{"ASIAJJQOJ64OAM7C65AA"}, Chain: l.Chain, Calls: 1200, Writes: 7, First: l.Row.Time, Last: at("2016-04-05T21:00:00Z")},
		{ID: "AROAVENDOR0000000001:scan\u202e@2016-04-05T20:29:00Z", AccountID: "222222222222", Chain: &lineage.Chain{Evidence: lineage.Unresolved}, Calls: 2, Errors: 1, First: at("2016-04-05T20:50:00Z"), Last: at("2016-04-05T20:50:00Z")},
	}
}

func eventLines() []query.Line {
	a, b := jsmith(), everything()
	b.Row.ReadOnly = cloudtrail.False
	c := query.Line{Row: &query.Row{Use: lineage.Use{ID: cloudtrail.ID{Event: "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}, Caller: &lineage.Identity{Type: "AWSAccount", AccountID: "ANONYMOUS_PRINCIPAL"}}}, Chain: &lineage.Chain{Evidence: lineage.Unresolved}}
	return []query.Line{a, b, c}
}

// did is an activity, touched the most frequent of some values.
func did(events, writes, errors int, first, last string, from ...string) query.Activity {
	out := query.Activity{Events: events, Writes: writes, Errors: errors, First: at(first), Last: at(last)}
	for i, f := range from {
		out.Addresses.Most = append(out.Addresses.Most, query.Counted{Value: f, Count: len(from) - i})
	}
	return out
}

func touched(more int, values ...string) query.Top {
	t := query.Top{More: more}
	for _, v := range values {
		t.Most = append(t.Most, query.Counted{Value: v, Count: 1})
	}
	return t
}

// dispute is one call that two people fit.
func dispute(one, other *lineage.Fact) *query.ContestedSummary {
	ana := &lineage.Origin{ID: "idc:d-1234567890:906700000-ana", Kind: lineage.IdentityCenterUser, Rule: lineage.NamedOnRecord, Name: "ana@example.com"}
	ben := &lineage.Origin{ID: "idc:d-1234567890:906700000-ben", Kind: lineage.IdentityCenterUser, Rule: lineage.NamedOnRecord, Name: "ben@example.com"}
	return &query.ContestedSummary{
		Candidates: []lineage.Candidate{{Origin: ana, Event: one}, {Origin: ben, Event: other}},
		Activity:   did(1, 1, 0, "2016-04-05T20:55:00Z", "2016-04-05T20:55:00Z", "192.0.2.1"),
		Nodes: []*query.Node{{
			Hop:      &lineage.Hop{ID: "AROADEPLOY0000000001:ci@2016-04-05T20:54:00Z", SessionARN: "arn:aws:sts::333333333333:assumed-role/deploy/ci", RoleARN: "arn:aws:iam::333333333333:role/deploy", Account: "333333333333", Evidence: lineage.Contested, Rule: lineage.Session},
			Evidence: lineage.Contested, Sessions: 1, Activity: did(1, 1, 0, "2016-04-05T20:55:00Z", "2016-04-05T20:55:00Z", "192.0.2.1"),
			Calls: []*query.Call{{EventSource: "lambda.amazonaws.com", EventName: "UpdateFunctionCode20150331v2", Write: true, Count: 1, Touched: touched(0, "function/pay")}},
		}},
	}
}

// missing is two calls whose issuance is in a log that is not there.
func missing() *query.GapSummary {
	return &query.GapSummary{
		Gap:    lineage.Gap{Reason: lineage.NoIssuerLog, AccountID: "222222222222", Region: "us-east-1", From: at("2016-04-05T20:30:00Z"), Until: at("2016-04-05T20:31:00Z")},
		Events: 2, Activity: did(2, 0, 1, "2016-04-05T20:30:00Z", "2016-04-05T20:31:00Z", "192.0.2.44"),
		Nodes: []*query.Node{{
			Hop:      &lineage.Hop{ID: "AROAVENDOR0000000001:scan@2016-04-05T20:29:00Z", SessionARN: "arn:aws:sts::222222222222:assumed-role/VendorScan/scan", RoleARN: "arn:aws:iam::222222222222:role/VendorScan", Account: "222222222222", Evidence: lineage.Unresolved},
			Evidence: lineage.Unresolved, Sessions: 1, Activity: did(2, 0, 1, "2016-04-05T20:30:00Z", "2016-04-05T20:31:00Z", "192.0.2.44"),
			Calls: []*query.Call{
				{EventSource: "ec2.amazonaws.com", EventName: "DescribeInstances", Count: 1},
				{EventSource: "iam.amazonaws.com", EventName: "ListUsers", Count: 1, Errors: 1, ErrorCodes: touched(0, "AccessDenied")},
			},
		}},
	}
}
