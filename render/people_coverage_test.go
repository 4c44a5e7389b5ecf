package render

import (
	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

func accessAnswer() *query.AccessAnswer {
	first := jsmith().Chain
	vendor := &lineage.Chain{Evidence: lineage.Exact, Origin: &lineage.Origin{
		ID: "account:666666666666:AIDAVENDOR0000000001", Kind: lineage.AWSAccount, AccountID: "666666666666", PrincipalID: "AIDAVENDOR0000000001",
	}}
	ana, ben := &lineage.Origin{ID: "idc:d-1:ana", Name: "ana@example.com"}, &lineage.Origin{ID: "idc:d-1:ben", Name: "ben@example.com"}
	both := &lineage.Chain{Evidence: lineage.Contested, Candidates: []lineage.Candidate{{Origin: ana}, {Origin: ben}}}
	return &query.AccessAnswer{
		Lines: []query.AccessLine{
			{
				Chain: vendor, FromAccount: "666666666666", RoleARN: "arn:aws:iam::999999999999:role/vendor/Audit", ToAccount: "999999999999", ThirdParty: true, FirstTime: cloudtrail.True,
				ExternalID: query.Mixed, ExternalIDs: []string{"acme-1", "acme-2"}, MFA: query.NotUsed, Calls: 1200, Writes: 7, Errors: 3, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-07T09:00:00Z"),
			},
			{
				Chain: first, FromAccount: "111111111111", RoleARN: "arn:aws:iam::999999999999:role/CrossAccountTest", FirstTime: cloudtrail.False, ToAccount: "999999999999",
				ExternalID: query.Used, ExternalIDs: []string{"3414"}, MFA: query.Used, Calls: 2, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-05T20:45:00Z"),
			},
			{
				Chain: both, FromAccount: "333333333333", RoleARN: "arn:aws:iam::999999999999:role/deploy", FirstTime: cloudtrail.False, ToAccount: "999999999999", MFA: query.Mixed,
				Calls: 1, Writes: 1, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-05T20:39:39Z"),
			},
			{
				Chain: vendor, FromAccount: "666666666666", RoleARN: "arn:aws:iam::222222222222:role/vendor/Scan\u202e", FirstTime: cloudtrail.False, ToAccount: "222222222222", ThirdParty: true,
				ExternalID: query.NotUsed, Calls: 1, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-05T20:39:39Z"),
			},
			{
				Chain: &lineage.Chain{Evidence: lineage.Unresolved}, FromAccount: "ANONYMOUS_PRINCIPAL", FirstTime: cloudtrail.False, ToAccount: "222222222222",
				Calls: 4, Errors: 4, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-05T20:39:39Z"),
			},
			{
				Chain: vendor, FromAccount: "666666666666", RoleARN: "arn:aws:iam::222222222222:role/vendor/Spare", FirstTime: cloudtrail.False, ToAccount: "222222222222", ThirdParty: true,
				ExternalID: query.Used, ExternalIDs: []string{"acme-1"}, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-06T20:39:39Z"),
			},
			{
				Chain: vendor, FromAccount: "666666666666", ToAccount: "222222222222", ThirdParty: true, Calls: 4, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-05T20:39:39Z"),
			},
		},
		Unknown: query.Unexplained{Sessions: 2, Calls: 17},
	}
}

func coverageAnswer() *query.CoverageAnswer {
	log := func(account, region string, files, hours int, first, newest string, silent ...query.Hours) query.AccountLog {
		l := query.AccountLog{Span: lineage.Span{Account: account, Region: region, Files: files}, Hours: hours, Silent: silent}
		if first != "" {
			l.First, l.Newest = at(first), at(newest)
		}
		for _, h := range silent {
			l.SilentHours += int(h.Until+1-h.From) / 3600
		}
		return l
	}
	hours := func(from, until string) query.Hours { return query.Hours{From: at(from), Until: at(until) - 1} }
	change := func(event, source, name, trail, bucket, code string, c *lineage.Chain) query.TrailChange {
		return query.TrailChange{Trail: trail, Bucket: bucket, Line: query.Line{Chain: c, Row: &query.Row{Use: lineage.Use{
			ID: cloudtrail.ID{Event: event, Recipient: "999999999999"}, Time: at("2016-04-05T20:41:00Z"), Region: "us-east-1", EventSource: source, EventName: name, ErrorCode: code, Caller: &lineage.Identity{},
		}}}}
	}
	silent := hours("2016-04-05T21:00:00Z", "2016-04-06T04:00:00Z")
	return &query.CoverageAnswer{
		Files: 1302, Nameless: 2, Ahead: 1,
		Logs: []query.AccountLog{
			log("111111111111", "eu-west-1", 2, 2, "2016-04-05T20:40:00Z", "2016-04-09T21:40:00Z", hours("2016-04-05T22:00:00Z", "2016-04-09T21:00:00Z")),
			log("111111111111", "us-east-1", 1200, 96, "2016-04-05T20:40:00Z", "2016-04-09T21:40:00Z", silent),
			log("222222222222", "ap-southeast-2", 1, 0, "", ""),
			log("999999999999", "us-east-1", 97, 97, "2016-04-05T20:40:00Z", "2016-04-09T21:40:00Z"),
		},
		Unnamed: []query.AccountEvents{{Account: "444444444444", Events: 900, First: at("2016-04-05T20:40:00Z"), Last: at("2016-04-09T21:40:00Z")}},
		Missing: []string{"333333333333"},
		Changes: []query.TrailChange{
			change("57095700-0000-4000-8000-000000000000", "cloudtrail.amazonaws.com", "StopLogging", "arn:aws:cloudtrail:us-east-1:999999999999:trail/main", "", "", jsmith().Chain),
			change("57095700-0000-4000-8000-000000000001", "s3.amazonaws.com", "PutBucketLifecycle", "", "acme-trail", "AccessDenied", &lineage.Chain{Evidence: lineage.Unresolved}),
		},
		MoreChanges: 3,
		Gaps: []query.CoverageGap{
			{
				Gap:  lineage.Gap{Reason: lineage.NoIssuerLog, AccountID: "111111111111", Region: "us-east-1", From: at("2016-04-05T22:10:00Z"), Until: at("2016-04-06T02:00:00Z")},
				Hole: query.SilentHours, Span: silent, Sessions: 3, Calls: 41, Examples: []string{"AROAVENDOR0000000001:scan\x1b[2J@2016-04-05T20:29:00Z"},
			},
			{Gap: lineage.Gap{Reason: lineage.CallerAccountNotCollected, AccountID: "333333333333", From: at("2016-04-05T22:10:00Z")}, Hole: query.NoAccount, Sessions: 1 << 20, Many: true, Calls: 1 << 21},
			{Gap: lineage.Gap{Reason: lineage.NoIssuerLog, AccountID: "222222222222", Region: "us-west-2", From: at("2016-04-05T22:10:00Z")}, Hole: query.NoRegion, Sessions: 1, Calls: 1},
			{Gap: lineage.Gap{Reason: lineage.BeforeCoverage, AccountID: "999999999999", Region: "us-east-1", From: at("2016-04-04T22:10:00Z")}, Hole: query.BeforeFirst, Sessions: 1, Calls: 1},
			{Gap: lineage.Gap{Reason: lineage.Pending, AccountID: "999999999999", Region: "us-east-1", From: at("2016-04-09T21:35:00Z")}, Hole: query.BehindNewest, Sessions: 1, Calls: 1},
			{Gap: lineage.Gap{Reason: lineage.NoIssuerLog, AccountID: "999999999999", Region: "us-east-1", From: at("2016-04-06T21:35:00Z")}, Sessions: 1, Calls: 1},
			{Gap: lineage.Gap{Reason: lineage.NotWatched}, Hole: query.NotKnown, Sessions: 1, Calls: 1},
		},
	}
}

func poisonAccess(a *query.AccessAnswer, h string) {
	for i := range a.Lines {
		l := &a.Lines[i]
		l.FromAccount += h
		l.RoleARN += h
		l.ToAccount += h
		l.ExternalIDs = append(l.ExternalIDs, h)
		if l.Chain.Origin != nil {
			l.Chain.Origin.Name += h
		}
	}
}

func poisonCoverage(a *query.CoverageAnswer, h string) {
	for i := range a.Logs {
		a.Logs[i].Account += h
		a.Logs[i].Region += h
	}
	a.Missing = append(a.Missing, h)
	a.Unnamed[0].Account += h
	for i := range a.Changes {
		c := &a.Changes[i]
		c.Trail += h
		c.Bucket += h
		c.Row.ErrorCode += h
		c.Row.EventName += h
		c.Row.Region += h
		if len(c.Chain.Hops) > 0 {
			poisonTree(&c.Line, h)
		}
	}
	for i := range a.Gaps {
		a.Gaps[i].AccountID += h
		a.Gaps[i].Region += h
		a.Gaps[i].Examples = append(a.Gaps[i].Examples, h)
	}
}
