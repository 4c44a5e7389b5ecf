package lineage

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Vectors 26, 29, 37, 40 and 46, and the failing cases that need other records
// of the same event or session.

func toldVectors() []vector {
	get := func(id, recipient, who string, more ...string) string {
		return call(id, "10:05:00", recipient, "s3", "GetObject", who, more...)
	}
	return []vector{
		{
			name: "5.10 both copies name the service that acted",
			records: []string{
				get("u", dev, user(dev, "alice", `"invokedBy":"athena.amazonaws.com"`), shared1),
				get("v", prod, object(owner(dev, "AIDAALICE")[1:len(owner(dev, "AIDAALICE"))-1], `"invokedBy":"athena.amazonaws.com"`), shared1),
			},
			want: map[string]string{
				"v": "strong iam:111111111111:AIDAALICE by shared-event via athena.amazonaws.com",
			},
		},
		{
			name:    "41 a caller told as another account's, of this account: its number is altered",
			records: []string{get("u", dev, owner(dev, "AROC7E598EE6F3133789"))},
			want: map[string]string{
				"u": "unresolved - gap redacted@111111111111",
			},
		},
	}
}

func copyVectors() []vector {
	get := func(id, recipient, who string, more ...string) string {
		return call(id, "10:05:00", recipient, "s3", "GetObject", who, more...)
	}
	ops := role(dev, "Ops", "s", "ASIAOPS", "10:00:00")
	issued := assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS")
	return []vector{
		{
			name:    "5.10 the bucket owner's copy, and the caller's",
			records: []string{issued, get("u", dev, ops, shared1), get("v", prod, owner(dev, "AROAOPS:s"), shared1)},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
				"v": "strong iam:111111111111:AIDAALICE by shared-event > s[a strong shared-event]",
			},
		},
		{
			name:    "5.10 the bucket owner's copy of a user's call",
			records: []string{get("u", dev, user(dev, "alice"), shared1), get("v", prod, owner(dev, "AIDAALICE"), shared1)},
			want: map[string]string{
				"v": "strong iam:111111111111:AIDAALICE by shared-event",
			},
		},
		{
			name:    "26 a copy that AWS keeps: nothing to look for",
			records: []string{get("u", dev, host("config.amazonaws.com"), shared1), get("v", prod, owner(dev, "AIDAALICE"), shared1)},
			want: map[string]string{
				"u": "exact service:config.amazonaws.com by named-on-record",
				"v": "exact account:111111111111:AIDAALICE by named-on-record gap caller-account-not-collected@111111111111",
			},
		},
		{
			name: "the owner's copy of the caller's AssumeRole, joined by request id",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), prod, "Ops", "s", "ASIAOPS", `"requestID":"r"`),
				strings.Replace(assumeRole("b", "10:00:00", prod, owner(dev, "AIDAALICE"), prod, "Ops", "s", "ASIAOPS", `"requestID":"r"`), `"accessKeyId":"ASIAOPS",`, "", 1),
				use("u", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00")),
				use("v", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOTHER", "10:00:00")),
			},
			want: map[string]string{
				"b": "exact iam:111111111111:AIDAALICE by named-on-record",
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a+b exact access-key] cross",
				"v": "strong iam:111111111111:AIDAALICE by session > s[a+b strong session] cross",
			},
		},
		{
			name: "29, 5.18 an addendum gives the key anew",
			records: []string{
				issued,
				use("u", "10:05:00", dev, strings.Replace(ops, "ASIAOPS", "", 1), `"requestID":"r"`),
				use("x", "10:05:00", dev, ops, `"requestID":"r","addendum":{"reason":"UPDATED_DATA","updatedFields":"userIdentity.accessKeyId","originalEventID":"u"}`),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
			},
		},
		{
			name: "29, 16 an addendum says that the call was denied",
			records: []string{
				issued, use("u", "10:05:00", dev, ops),
				assumeRole("x", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "", `"responseElements":null,"errorCode":"AccessDenied","addendum":{"reason":"UPDATED_DATA","updatedFields":"errorCode","originalEventID":"a"}`),
			},
			want: map[string]string{
				"u": "unresolved - > s[- unresolved not a:denied] gap no-issuer-log@111111111111",
			},
		},
	}
}

// stamps are log files of accounts, by the minute they were delivered.
func stamps(clocks ...string) []cloudtrail.LogFile {
	var files []cloudtrail.LogFile
	for _, c := range clocks {
		files = append(files, cloudtrail.LogFile{Kind: cloudtrail.LogFileKind, Account: dev, Region: "us-east-1", Delivered: at(c)})
	}
	return files
}

func horizon(files []cloudtrail.LogFile, lost ...Lost) Horizon {
	spans, err := Spans(func(yield func(cloudtrail.LogFile, error) bool) {
		for _, f := range files {
			if !yield(f, nil) {
				return
			}
		}
	})
	if err != nil {
		panic(err)
	}
	return NewHorizon(spans, lost...)
}

// unwatched is the horizon of a store whose watch takes none of the issuances.
type unwatched struct{}

func (unwatched) At(string, string, cloudtrail.Time) Coverage { return UnknownCoverage }

func (unwatched) LeavesOut(*Identity) bool { return true }

func (unwatched) LeftOut(*Identity) bool { return true }

func (unwatched) Steady(_, _ string, t cloudtrail.Time) (from, until cloudtrail.Time) { return t, t }

func coverageVectors() []vector {
	lost := use("u", "10:20:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"))
	issued := assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS")
	other := use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOTHER", "10:00:00"))
	hole := func(from, until string) Horizon {
		return horizon(stamps("09:00:00", "12:00:00"), Lost{Account: dev, Region: "us-east-1", From: at(from), Until: at(until)})
	}
	said := func(name, want string, h Horizon, records ...string) vector {
		return vector{name: name, records: records, want: map[string]string{"u": want}, horizon: h}
	}
	elsewhere := slices.Concat(stamps("09:00:00", "12:00:00"))
	for i := range elsewhere {
		elsewhere[i].Account = prod
	}
	return []vector{
		said("37 S1 in a known hole", "inferred iam:111111111111:AIDAALICE by session > s[a inferred session known-hole]", hole("09:55:00", "10:05:00"), issued, other),
		said("37 S1 beside a known hole", "strong iam:111111111111:AIDAALICE by session > s[a strong session]", hole("10:01:00", "10:05:00"), issued, other),
		said("37 S1, coverage unknown", "strong iam:111111111111:AIDAALICE by session > s[a strong session]", nil, issued, other),
		said("37 S2 in a known hole", "inferred service:ec2.amazonaws.com by service-session on i-1 > i-1[a inferred service-session known-hole]", hole("09:55:00", "10:05:00"),
			keyless("a", "10:00:00", dev, "ec2.amazonaws.com", dev, "Web", "i-1", "ASIAV1"),
			use("u", "10:05:00", dev, role(dev, "Web", "i-1", "", "10:00:00"))),
		said("37 the very key needs no whole log", "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]", hole("09:55:00", "10:05:00"), issued, strings.Replace(other, "ASIAOTHER", "ASIAOPS", 1)),
		said("35 another form of the issuance under another name", "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key named-otherwise]", nil, issued,
			strings.NewReplacer("user/alice", "user/evil", `"userName":"alice"`, `"userName":"evil"`).Replace(issued), strings.Replace(other, "ASIAOTHER", "ASIAOPS", 1)),
		said("40, 5.19 pending at the watermark - 14 minutes", "unresolved - > s[- unresolved] gap pending@111111111111", horizon(stamps("09:00:00", "10:34:00")), lost),
		said("40 the next file delivered", "unresolved - > s[- unresolved] gap no-issuer-log@111111111111", horizon(stamps("09:00:00", "10:34:00", "10:36:00")), lost),
		said("5.16 before the first file", "unresolved - > s[- unresolved] gap before-coverage@111111111111", horizon(stamps("10:17:00", "12:00:00")), lost),
		said("no files of that account", "unresolved - > s[- unresolved] gap no-issuer-log@111111111111", horizon(elsewhere), lost),
		said("46 left out by a watch; 5.15", "unresolved - > s[- unresolved] gap not-watched@111111111111", unwatched{}, lost),
		said("5.15 coverage unknown", "unresolved - > s[- unresolved] gap no-issuer-log@111111111111", nil, lost),
	}
}

func identityVectors() []vector {
	return []vector{
		{
			name: "5.17 a third party: its account and the external id",
			records: []string{
				assumeRole("b", "10:00:00", prod, owner("444444444444", "AIDAVENDOR"), prod, "Ops", "s", "ASIAOPS"),
				use("n", "09:00:00", "444444444444", user("444444444444", "vendor")),
				use("u", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00")),
			},
			want: map[string]string{
				"u": "exact account:444444444444:AIDAVENDOR by access-key > s[b exact access-key] gap caller-account-not-collected@444444444444 cross",
			},
		},
		{
			name: "Identity Center's own event, named by another of its session",
			records: []string{
				call("p", "10:00:00", hub, "sso", "GetRoleCredentials", `{"type":"IdentityCenterUser","accountId":"333333333333",`+onBehalfOf("u-1")+`,"credentialId":"c"}`,
					`"serviceEventDetails":{"role_name":"Power","account_id":"222222222222"}`),
				call("u", "10:05:00", hub, "sso", "Federate", `{"type":"Unknown","accountId":"333333333333","credentialId":"c"}`),
			},
			want: map[string]string{
				"p": "exact idc:d-1:u-1 by named-on-record",
				"u": "exact idc:d-1:u-1 by sign-in-session",
			},
		},
	}
}

func soleVectors() []vector {
	copied := func(ip, agent string) string {
		return call("v", "10:20:00", prod, "s3", "GetObject", owner(dev, "AROAOPS:s"), `"sourceIPAddress":"`+ip+`","userAgent":"`+agent+`"`)
	}
	first := assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAONE")
	second := assumeRole("b", "10:10:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIATWO")
	return []vector{
		{name: "5.10 the owner's copy alone: one live session, one address", records: []string{first, copied("198.51.100.7", "x")}, want: map[string]string{
			"v": "inferred iam:111111111111:AIDAALICE by sole-candidate > s[a inferred sole-candidate]",
		}},
		{name: "5.10 the owner's copy alone: one live session, one program", records: []string{first, copied("203.0.113.9", "[aws-cli/2.15 y]")}, want: map[string]string{
			"v": "inferred iam:111111111111:AIDAALICE by sole-candidate > s[a inferred sole-candidate]",
		}},
		{name: "5.10 the owner's copy alone: one live session, nothing in common", records: []string{first, copied("203.0.113.9", "x")}, want: map[string]string{
			"v": "unresolved - gap caller-account-not-collected@111111111111",
		}},
		{name: "5.10 the owner's copy alone: two live sessions", records: []string{first, second, copied("198.51.100.7", "x")}, want: map[string]string{
			"v": "unresolved - gap caller-account-not-collected@111111111111",
		}},
		{
			name: "5.10 the owner's copy alone: a session known by its records, and one that had ended",
			records: []string{
				assumeRole("a", "08:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAONE"),
				use("w", "10:15:00", dev, role(dev, "Ops", "s", "ASIATHREE", "10:12:00", `"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:us-east-1:111111111111:function:f"}`)),
				use("x", "10:25:00", dev, role(dev, "Ops", "s", "ASIATHREE", "10:12:00")),
				copied("198.51.100.7", "x"),
			},
			want: map[string]string{
				"v": "inferred service:lambda.amazonaws.com by sole-candidate on arn:aws:lambda:us-east-1:111111111111:function:f > s[- unresolved]",
			},
		},
		{
			name: "the owner's copy alone: two sessions begun in one second",
			records: []string{
				first, assumeRole("b", "10:00:00", dev, user(dev, "ben"), dev, "Ops", "s", "ASIATWO", `"sourceIPAddress":"203.0.113.1"`), copied("198.51.100.7", "x"),
			},
			want: map[string]string{
				"v": "unresolved - gap caller-account-not-collected@111111111111",
			},
		},
		{
			name: "the owner's copy alone: two copies of one issuance are one session",
			records: []string{
				first, assumeRole("b", "10:00:00", prod, owner(dev, "AIDAALICE"), dev, "Ops", "s", "ASIAONE"), copied("198.51.100.7", "x"),
			},
			want: map[string]string{
				"v": "inferred iam:111111111111:AIDAALICE by sole-candidate > s[a+b inferred sole-candidate]",
			},
		},
		{
			name: "the owner's copy of an AssumeRole by a role: one live session",
			records: []string{
				first, assumeRole("b", "10:20:00", prod, owner(dev, "AROAOPS:s"), prod, "Deep", "s", "ASIADEEP"),
				use("v", "10:25:00", prod, role(prod, "Deep", "s", "ASIADEEP", "10:20:00")),
			},
			want: map[string]string{
				"v": "inferred iam:111111111111:AIDAALICE by sole-candidate > s[a inferred sole-candidate] > s[b exact access-key] cross",
			},
		},
		{
			name: "the owner's copy of an AssumeRole by a role: no session known",
			records: []string{
				assumeRole("b", "10:20:00", prod, owner(dev, "AROAOPS:s"), prod, "Deep", "s", "ASIADEEP"),
				use("v", "10:25:00", prod, role(prod, "Deep", "s", "ASIADEEP", "10:20:00")),
			},
			want: map[string]string{
				"v": "unresolved - > s[b exact access-key] gap caller-account-not-collected@111111111111 cross",
			},
		},
	}
}
