package render

import (
	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

func at(s string) cloudtrail.Time {
	t, err := parseStamp(s)
	if err != nil {
		panic(err)
	}
	return t
}

// jsmith is the story of contract.md's example line: a developer calls
// ListBuckets in another account through CrossAccountTest.
func jsmith() query.Line {
	issuance := &lineage.Fact{
		Kind: lineage.Issuance,
		Use: lineage.Use{
			ID:          cloudtrail.ID{Event: "e5a09871-dc41-4979-8cd3-e6e0fdf5ebaf", Recipient: "111111111111"},
			Time:        at("2016-04-05T20:39:37Z"),
			EventSource: "sts.amazonaws.com", EventName: "AssumeRole", Region: "global",
			SourceIP: "72.21.196.66", UserAgent: "Boto3/1.3.0 Python/3.4.4 Darwin/15.4.0 Botocore/1.4.8",
			Caller: &lineage.Identity{
				Type: "IAMUser", PrincipalID: "AIDAIDVUOOO7V6R6HKL6E", ARN: "arn:aws:iam::111111111111:user/jsmith",
				AccountID: "111111111111", AccessKeyID: "AKIAJ2DZP3QVQ3D6VJBQ", UserName: "jsmith",
			},
			Location: lineage.Location{File: "dev.json", Record: 3},
		},
		Request: lineage.Request{RoleARN: "arn:aws:iam::999999999999:role/CrossAccountTest", SessionName: "TestSessionCrossAccount", ExternalID: "3414"},
		Grant: lineage.Grant{
			AccessKeyID: "ASIAJJQOJ64OAM7C65AA", Expires: at("2016-04-05T21:39:37Z"),
			PrincipalID: "AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount",
			ARN:         "arn:aws:sts::999999999999:assumed-role/CrossAccountTest/TestSessionCrossAccount",
		},
	}
	use := lineage.Use{
		ID:          cloudtrail.ID{Event: "099ff820-00f2-4500-94fc-2b9da26d576f", Recipient: "999999999999"},
		Time:        at("2016-04-05T20:39:39Z"),
		EventSource: "s3.amazonaws.com", EventName: "ListBuckets", Region: "us-east-1",
		RequestID: "2ED523DEA5409137",
		SourceIP:  "AWS Internal", UserAgent: "[Boto3/1.3.0 Python/3.4.4 Darwin/15.4.0 Botocore/1.4.8 Resource]",
		Caller: &lineage.Identity{
			Type: "AssumedRole", PrincipalID: "AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount",
			ARN:       "arn:aws:sts::999999999999:assumed-role/CrossAccountTest/TestSessionCrossAccount",
			AccountID: "999999999999", AccessKeyID: "ASIAJJQOJ64OAM7C65AA", Created: at("2016-04-05T20:39:37Z"), MFA: cloudtrail.False,
			IssuerType: "Role", IssuerPrincipal: "AROAICKBBQTXWLOLJLHW4", IssuerARN: "arn:aws:iam::999999999999:role/CrossAccountTest",
			IssuerAccount: "999999999999", IssuerName: "CrossAccountTest",
		},
		Location: lineage.Location{File: "prod.json", Record: 17},
	}
	chain := &lineage.Chain{
		Evidence: lineage.Exact, CrossAccount: true,
		Origin: &lineage.Origin{
			ID: "iam:111111111111:AIDAIDVUOOO7V6R6HKL6E", Kind: lineage.IAMUser, Rule: lineage.AccessKey,
			ARN: "arn:aws:iam::111111111111:user/jsmith", PrincipalID: "AIDAIDVUOOO7V6R6HKL6E", AccountID: "111111111111",
			Name: "jsmith", AccessKeyID: "AKIAJ2DZP3QVQ3D6VJBQ",
		},
		Hops: []lineage.Hop{{
			ID:         "AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount@2016-04-05T20:39:37Z",
			SessionARN: issuance.Grant.ARN, RoleARN: issuance.Request.RoleARN, Account: "999999999999",
			By: "AssumeRole", Rule: lineage.AccessKey, Evidence: lineage.Exact, Issuance: issuance,
			CallerAccountID: "111111111111", MFA: cloudtrail.False,
			Proof: lineage.Proof{Use: use, Equal: []lineage.Equal{
				{Field: "accessKeyId", Value: "ASIAJJQOJ64OAM7C65AA"},
				{Field: "principalId", Value: "AROAICKBBQTXWLOLJLHW4:TestSessionCrossAccount"},
				{Field: "creationDate", Value: "2016-04-05T20:39:37Z"},
			}},
		}},
	}
	return query.Line{Row: &query.Row{Use: use, EventType: "AwsApiCall"}, Chain: chain}
}

// everything is a line in which no field is empty.
func everything() query.Line {
	l := jsmith()
	l.Row.ErrorCode, l.Row.ErrorMessage = "AccessDenied", "User is not authorized"
	l.Row.ReadOnly = cloudtrail.True
	l.Row.SharedEventID = "19ee34b2-0000-4000-8000-000000000000"
	l.Row.Resources = []string{"arn:aws:s3:::b", "arn:aws:s3:::c"}
	who := *l.Row.Caller
	who.InvokedBy = "athena.amazonaws.com"
	l.Row.Caller = &who

	c := l.Chain
	c.Origin.Workload = "i-0dbc91f429e48eeed"
	c.Origin.SignIn = &lineage.SignInInfo{By: "ConsoleLogin", MFA: cloudtrail.True, SourceIP: "72.21.196.66", Event: lineage.Use{
		ID: cloudtrail.ID{Event: "5ade11b8-0000-4000-8000-000000000000", Recipient: "111111111111"}, Time: at("2016-04-05T20:30:00Z"),
	}}
	h := &c.Hops[0]
	h.Copies = []*lineage.Fact{{Use: lineage.Use{ID: cloudtrail.ID{Event: "40b4d219-0000-4000-8000-000000000000", Recipient: "999999999999"}}}}
	h.SourceIdentity, h.Ambiguous = "jsmith@example.com", true
	h.Tags = map[string]string{"team": "payments", "cost": "42"}
	h.Notes = []string{"console-session"}
	h.Proof.RuledOut = []lineage.RuledOut{{Issuance: h.Copies[0], Guard: "expiry"}}
	actor := *h
	c.Via = []lineage.Via{{Hop: &actor}, {Service: "secretsmanager.amazonaws.com"}, {AccountID: "222222222222"}}
	other := &lineage.Origin{ID: "idc:d-1:u-2", Kind: lineage.IdentityCenterUser, Rule: lineage.NamedOnRecord, Name: "ana"}
	c.Conflicts = []lineage.Conflict{{Says: "onBehalfOf", Origin: other}}
	c.Gaps = []lineage.Gap{{
		Reason: lineage.NoIssuerLog, AccountID: "222222222222", Region: "us-east-1",
		From: at("2016-04-05T20:00:00Z"), Until: at("2016-04-05T21:00:00Z"),
	}}
	c.Candidates = []lineage.Candidate{{Origin: other, Event: h.Copies[0]}}
	return l
}
