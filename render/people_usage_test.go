package render

import (
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

func usageLines() []query.UsageLine {
	const owner, trail = "999999999999", "acme-trail"
	audit := &query.Shared{
		ID: "auditauditau", RoleARN: "arn:aws:iam::999999999999:role/crosstrail/crosstrail-666666666666-auditauditau",
		Owner: owner, To: "666666666666", Bucket: trail, Expires: at("2016-05-01T00:00:00Z"),
	}
	own := &query.Shared{ID: "ownownownown", Owner: owner, To: "333333333333", Bucket: trail, Expires: at("2016-04-01T00:00:00Z")}
	idle := &query.Shared{
		ID: "idleidleidle", RoleARN: "arn:aws:iam::999999999999:role/crosstrail/crosstrail-777777777777-idleidleidle",
		Owner: owner, To: "777777777777", Bucket: trail, LastUsed: at("2016-01-01T10:00:00Z"),
	}
	idler, said := *idle, *idle
	idler.ID, idler.LastUsed = "idleridleria", 0
	said.ID, said.LastUsed = "saidsaidsaid", at("2016-04-06T10:00:00Z")
	far := &query.Shared{ID: "arn:aws:iam::222222222222:role/x", RoleARN: "arn:aws:iam::222222222222:role/x", Owner: "222222222222"}
	vendor := &lineage.Chain{Evidence: lineage.Exact, Origin: &lineage.Origin{
		ID: "account:666666666666:AIDAVENDOR0000000001", Kind: lineage.AWSAccount, AccountID: "666666666666", PrincipalID: "AIDAVENDOR0000000001",
	}}
	ana, ben := &lineage.Origin{ID: "idc:d-1:ana", Name: "ana@example.com"}, &lineage.Origin{ID: "idc:d-1:ben", Name: "ben@example.com"}
	both := &lineage.Chain{Evidence: lineage.Contested, Candidates: []lineage.Candidate{{Origin: ana}, {Origin: ben}}}
	top := func(all ...string) (t query.Top) {
		for _, v := range all {
			t.Most = append(t.Most, query.Counted{Value: v, Count: 1})
		}
		return t
	}
	logged := query.Logged{Since: at("2016-03-01T00:05:00Z"), Until: at("2016-04-07T09:10:00Z")}
	return []query.UsageLine{
		{
			Grant: audit, Use: query.GrantUsed, End: query.GrantEnds, OwnerLogged: logged, Chain: vendor, FromAccount: "666666666666",
			Sessions: 2, ExternalID: query.Used, ExternalIDs: []string{"acme-1"}, MFA: query.NotUsed,
			Calls: 1200, Writes: 1, Errors: 4, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-07T09:00:00Z"),
			Addresses: top("192.0.2.7", "192.0.2.8"), Agents: top("aws-cli/2.1 \x1b[2J"),
			Reading: query.Reading{DataEvents: query.Used, Reads: 1190, Keys: 1180, Lists: 6, Bytes: 3_480_000, Untold: 2},
			Denied:  3, DeniedOn: top("acme-trail/*", "=cmd|' /C calc'!A0"), Outside: 1, OutsideOn: top("arn:aws:s3:::acme-web/index.html"),
		},
		{
			Grant: audit, Use: query.GrantTaken, End: query.GrantEnds, OwnerLogged: logged, Chain: both, FromAccount: "333333333333",
			Sessions: 1, ExternalID: query.NotUsed, MFA: query.Used, First: at("2016-04-05T20:39:39Z"), Last: at("2016-04-05T20:39:39Z"), Addresses: top("192.0.2.9"),
		},
		{
			Grant: audit, Use: query.GrantRefused, End: query.GrantEnds, OwnerLogged: logged, Chain: jsmith().Chain, FromAccount: "111111111111",
			Refused: 7, RefusedFrom: top("198.51.100.1"), First: at("2016-04-05T20:00:00Z"), Last: at("2016-04-05T20:10:00Z"),
		},
		{
			Grant: own, Use: query.GrantUsed, End: query.GrantExpired, OwnerLogged: logged, Chain: &lineage.Chain{Evidence: lineage.Unresolved}, FromAccount: "333333333333",
			Calls: 1, First: at("2016-04-05T20:00:00Z"), Last: at("2016-04-05T20:00:00Z"), Reading: query.Reading{DataEvents: query.NotUsed},
		},
		{
			Grant: own, Use: query.GrantMaybeUsed, End: query.GrantExpired, OwnerLogged: logged, Chain: vendor, FromAccount: "666666666666",
			Calls: 1, First: at("2016-04-05T20:00:00Z"), Last: at("2016-04-05T20:00:00Z"), Reading: query.Reading{DataEvents: query.Used, Reads: 1, Keys: 1, Untold: 1},
		},
		{
			Grant: own, Use: query.GrantOutside, End: query.GrantExpired, OwnerLogged: logged, Chain: both, FromAccount: "333333333333",
			Calls: 1, First: at("2016-04-05T20:00:00Z"), Last: at("2016-04-05T20:00:00Z"), Reading: query.Reading{DataEvents: query.Used}, Outside: 1, OutsideOn: top("acme-x/k"),
		},
		{Grant: idle, Use: query.GrantUnused, ReaderLog: query.RegionLog{Region: "us-east-1", Hole: query.NoAccount}, OwnerLogged: logged, Regions: []query.RegionLog{{Region: "us-east-1", Logged: logged}, {Region: "eu-west-1", Logged: logged}}},
		{Grant: &idler, Use: query.GrantNotTold, OwnerLogged: logged, Why: query.SilentHours, Regions: []query.RegionLog{
			{Region: "us-east-1", Logged: logged}, {Region: "eu-west-1", Logged: logged, Hole: query.SilentHours, SilentHours: 647},
		}},
		{Grant: &said, Use: query.GrantNotTold, OwnerLogged: logged, Why: query.SaidUsed, Regions: []query.RegionLog{{Region: "us-east-1", Logged: logged}}},
		{Grant: far, Use: query.GrantNotTold, Why: query.NoAccount, Regions: []query.RegionLog{{Region: "us-east-1", Hole: query.NoAccount}}},
		{Grant: &query.Shared{ID: "windowwindow", Owner: owner, To: "o-acme", Bucket: trail}, Use: query.GrantNotTold, Why: query.NoDataEvents, Reading: query.Reading{DataEvents: query.NotUsed, DataBeyond: at("2016-03-02T10:00:00Z")}},
		{Grant: &query.Shared{ID: "bucketbucket", Owner: owner, To: "o-acme", Bucket: trail}, Use: query.GrantNotTold, Why: query.NoDataEvents, Reading: query.Reading{DataEvents: query.NotUsed}},
	}
}
