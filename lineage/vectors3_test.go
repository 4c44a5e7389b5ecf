package lineage

import (
	"crypto/sha256"
	"fmt"
	"strings"
)

// Vectors 16 to 31, 35, 38 and 44: guards, time, copies and strange shapes.

func guardVectors() []vector {
	issued := assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS")
	used := func(account, name, session, created string) string {
		return use("u", "10:05:00", account, role(account, name, session, "ASIAOPS", created))
	}
	masked := func(session string) string {
		return use("u", "10:05:00", dev, role(dev, "Ops", session, "ASIAOPS", "10:00:00", `"principalId":"AROA****"`))
	}
	return []vector{
		{
			name: "16 a denied call issues nothing, whatever stands in it",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "mallory"), dev, "Ops", "s", "ASIAOPS", `"errorCode":"AccessDenied"`),
				call("b", "10:00:00", dev, "sts", "AssumeRole", user(dev, "mallory"), `"errorCode":"AccessDenied","requestParameters":null,"responseElements":null`),
				used(dev, "Ops", "s", "10:00:00"),
			},
			want: map[string]string{
				"u": "unresolved - > s[- unresolved] gap no-issuer-log@111111111111",
			},
		},
		{name: "22 a role recreated under its name", records: []string{
			issued, use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00", `"principalId":"AROANEW:s"`)),
		}, want: map[string]string{
			"u": "unresolved - > s[- unresolved not a:role-id] gap no-issuer-log@111111111111",
		}},
		{name: "G5 another session's name", records: []string{issued, used(dev, "Ops", "t", "10:00:00")}, want: map[string]string{
			"u": "unresolved - > t[- unresolved not a:session-name] gap no-issuer-log@111111111111",
		}},
		{name: "G5 a masked id leaves the name in the ARN", records: []string{issued, masked("t")}, want: map[string]string{
			"u": "unresolved - > t[- unresolved not a:session-name] gap no-issuer-log@111111111111",
		}},
		{name: "a masked id, the same name", records: []string{issued, masked("s")}, want: map[string]string{
			"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
		}},
		{
			name: "G5 a user's session is no role's",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "mallory"), dev, "Ops", "s", "ASIATOKEN"),
				call("t", "10:00:00", dev, "sts", "GetSessionToken", user(dev, "mallory"), `"responseElements":{"credentials":{"accessKeyId":"ASIATOKEN"}}`),
				use("u", "10:05:00", dev, console(dev, "alice", "ASIATOKEN", "10:00:00")),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by named-on-record",
			},
		},
		{
			name: "G4 a role of that name in another account",
			records: []string{
				strings.Replace(issued, `"assumedRoleId":"AROAOPS:s"`, `"assumedRoleId":""`, 1),
				use("u", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00")),
			},
			want: map[string]string{
				"u": "unresolved - > s[- unresolved not a:account] gap no-issuer-log@222222222222",
			},
		},
		{
			name: "G4 one role id, another number as printed",
			records: []string{
				strings.ReplaceAll(issued, ":"+dev+":role", ":"+dev+"1:role"), used(dev, "Ops", "s", "10:00:00"),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key account-differs]",
			},
		},
	}
}

func creationVectors() []vector {
	issued := assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS")
	used := func(created string) string {
		return use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", created))
	}
	return []vector{
		{name: "E1 the session is older than the key", records: []string{issued, used("09:00:00")}, want: map[string]string{
			"u": "unresolved - > s[- unresolved not a:creation-date] gap no-issuer-log@111111111111",
		}},
		{name: "E1 a second off", records: []string{issued, used("09:59:59")}, want: map[string]string{
			"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
		}},
		{
			name: "E1 no creation date",
			records: []string{
				issued, use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00", `"sessionContext":{}`)),
				use("early", "09:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00", `"sessionContext":{}`)),
			},
			want: map[string]string{
				"u":     "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
				"early": "unresolved - > s[- unresolved not a:before-issue] gap no-issuer-log@111111111111",
			},
		},
	}
}

func expiryVectors() []vector {
	issued := assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS")
	key := func(id, clock string) string {
		return use(id, clock, dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"))
	}
	expires := func(text string) []string {
		i := strings.Replace(issued, "May 1, 2024, 11:00:00 AM", text, 1)
		return []string{i, key("in", "11:01:00"), key("late", "11:01:01")}
	}
	return []vector{
		{name: "17 expiration with a comma", records: expires("May 1, 2024, 11:00:00 AM"), want: map[string]string{
			"in":   "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
			"late": "unresolved - > s[- unresolved not a:expiry] gap expired-window@111111111111",
		}},
		{name: "17 expiration without a comma", records: expires("May 1, 2024 11:00:00 AM"), want: map[string]string{
			"in":   "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
			"late": "unresolved - > s[- unresolved not a:expiry] gap expired-window@111111111111",
		}},
		{name: "17 expiration in ISO form", records: expires("2024-05-01T11:00:00Z"), want: map[string]string{
			"in":   "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
			"late": "unresolved - > s[- unresolved not a:expiry] gap expired-window@111111111111",
		}},
		{name: "17 expiration with a narrow space", records: expires("May 1, 2024, 11:00:00\u202fAM"), want: map[string]string{
			"in":   "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
			"late": "unresolved - > s[- unresolved not a:expiry] gap expired-window@111111111111",
		}},
		{name: "17 expiration in no known form", records: []string{
			strings.Replace(issued, "May 1, 2024, 11:00:00 AM", "soon", 1), key("in", "21:59:59"), key("late", "22:00:01"),
		}, want: map[string]string{
			"in":   "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
			"late": "unresolved - > s[- unresolved not a:expiry] gap expired-window@111111111111",
		}},
		{name: "4.2 a chained session without expiration: an hour", records: []string{
			strings.Replace(assumeRole("b", "10:10:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"), dev, "Deep", "s", "ASIADEEP"), "May 1, 2024, 11:10:00 AM", "", 1),
			issued,
			use("in", "11:10:00", dev, role(dev, "Deep", "s", "ASIADEEP", "10:10:00")),
			use("late", "11:10:01", dev, role(dev, "Deep", "s", "ASIADEEP", "10:10:00")),
		}, want: map[string]string{
			"in":   "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key] > s[b exact access-key]",
			"late": "unresolved - > s[- unresolved not b:expiry] gap expired-window@111111111111",
		}},
	}
}

func timeVectors() []vector {
	issued := assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS")
	key := func(id, clock string) string {
		return use(id, clock, dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"))
	}
	other := func(id, clock string) string {
		return use(id, clock, dev, role(dev, "Ops", "s", "ASIAOTHER", "10:00:00"))
	}
	return []vector{
		{
			name: "18 G2 used before it was issued", records: []string{issued, key("two", "09:59:58"), key("three", "09:59:57")},
			want: map[string]string{
				"two":   "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
				"three": "unresolved - > s[- unresolved not a:before-issue] gap no-issuer-log@111111111111",
			},
		},
		{name: "21 the issued key after its expiration", records: []string{issued, key("u", "11:01:01")}, want: map[string]string{
			"u": "unresolved - > s[- unresolved not a:expiry] gap expired-window@111111111111",
		}},
		{
			name: "31 console session past expiry", records: []string{issued, other("u", "13:00:00"), other("late", "23:00:00")},
			want: map[string]string{
				"u":    "strong iam:111111111111:AIDAALICE by session > s[a strong session console-session]",
				"late": "unresolved - > s[- unresolved not a:expiry] gap expired-window@111111111111",
			},
		},
		{name: "a session's caller was expired already", records: []string{
			issued,
			assumeRole("b", "11:02:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"), dev, "Deep", "s", "ASIADEEP"),
			use("u", "11:10:00", dev, role(dev, "Deep", "s", "ASIADEEP", "11:02:00")),
		}, want: map[string]string{
			"u": "unresolved - > s[- unresolved not a:expiry] > s[b exact access-key] gap expired-window@111111111111",
		}},
		{name: "a session's caller was not issued yet", records: []string{
			issued,
			assumeRole("b", "09:59:59", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"), dev, "Deep", "s", "ASIADEEP"),
			use("u", "10:10:00", dev, role(dev, "Deep", "s", "ASIADEEP", "09:59:59")),
		}, want: map[string]string{
			"u": "unresolved - > s[- unresolved not a:before-issue] > s[b exact access-key] gap no-issuer-log@111111111111",
		}},
		{name: "S1 a second off, one candidate", records: []string{
			issued, use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOTHER", "10:00:01")),
		}, want: map[string]string{
			"u": "inferred iam:111111111111:AIDAALICE by session > s[a inferred session]",
		}},
		{name: "S1 a second off, two candidates", records: []string{
			issued, assumeRole("b", "10:00:02", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAB"),
			use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOTHER", "10:00:01")),
		}, want: map[string]string{
			"u": "unresolved - > s[- unresolved] gap no-issuer-log@111111111111",
		}},
	}
}

func contestVectors() []vector {
	at1 := assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS")
	at2 := assumeRole("b", "10:00:00", dev, user(dev, "bob"), dev, "Ops", "s", "ASIAOPS")
	work := use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"))
	return []vector{
		{name: "20, 5.20 one key, second and session, two callers", records: []string{at1, at2, work}, want: map[string]string{
			"u": "contested - > s[- contested access-key] ? a iam:111111111111:AIDAALICE by named-on-record ? b iam:111111111111:AIDABOB by named-on-record",
		}},
		{
			name: "20 contested goes on down the chain",
			records: []string{
				at1, at2,
				assumeRole("c", "10:10:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"), dev, "Deep", "s", "ASIADEEP"),
				use("v", "10:15:00", dev, role(dev, "Deep", "s", "ASIADEEP", "10:10:00")),
			},
			want: map[string]string{
				"v": "contested - > s[- contested access-key] > s[c exact access-key] ? a iam:111111111111:AIDAALICE by named-on-record ? b iam:111111111111:AIDABOB by named-on-record",
			},
		},
		{
			name: "5.20 one key issued twice to one person",
			records: []string{
				at1, assumeRole("b", "10:00:01", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS"), work,
			},
			want: map[string]string{
				"u": "strong iam:111111111111:AIDAALICE by access-key > s[a strong access-key ambiguous]",
			},
		},
		{
			name: "a fixed session name, two people in one second, no key",
			records: []string{
				strings.Replace(at1, "ASIAOPS", "ASIA1", 1), strings.Replace(at2, "ASIAOPS", "ASIA2", 1),
				use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIA3", "10:00:00")),
			},
			want: map[string]string{
				"u": "contested - > s[- contested session] ? a iam:111111111111:AIDAALICE by named-on-record ? b iam:111111111111:AIDABOB by named-on-record",
			},
		},
		{
			name: "two proofs of two people: the record's and the chain's",
			records: []string{
				at1, use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00",
					`"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:us-east-1:111111111111:function:f"}`)),
			},
			want: map[string]string{
				"u": "contested - > s[a exact access-key] ? a iam:111111111111:AIDAALICE by access-key ! inScopeOf service:lambda.amazonaws.com by named-on-record on arn:aws:lambda:us-east-1:111111111111:function:f",
			},
		},
	}
}

func variantVectors() []vector {
	issued := assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS")
	work := use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"))
	return []vector{
		{name: "19 one event in two files", records: []string{issued, issued, work, work}, want: map[string]string{
			"a": "exact iam:111111111111:AIDAALICE by named-on-record",
			"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
		}},
		{
			name: "19 one event id on both sides of an AssumeRole",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), prod, "Ops", "s", "ASIAOPS"),
				assumeRole("a", "10:00:00", prod, owner(dev, "AIDAALICE"), prod, "Ops", "s", "ASIAOPS"),
				use("u", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00")),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a+a exact access-key] cross",
			},
		},
		{name: "35 other bytes, the same link fields", records: []string{issued, strings.Replace(issued, `{"`, `{ "`, 1), work}, want: map[string]string{
			"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
		}},
		{
			name:    "35 a variant without the issued key",
			records: []string{issued, strings.Replace(issued, `"accessKeyId":"ASIAOPS",`, "", 1), work},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
			},
		},
		{
			name:    "35 a variant with another user",
			records: []string{issued, strings.ReplaceAll(issued, "AIDAALICE", "AIDABOB"), work},
			want: map[string]string{
				"a": "contested - ? a iam:111111111111:AIDAALICE by named-on-record ? a iam:111111111111:AIDABOB by named-on-record",
				"u": "contested - > s[- contested access-key] ? a iam:111111111111:AIDAALICE by named-on-record ? a iam:111111111111:AIDABOB by named-on-record",
			},
		},
		{
			name: "44 a user deleted and made again",
			records: []string{
				issued, work,
				assumeRole("b", "12:00:00", dev, user(dev, "alice", `"principalId":"AIDASECOND"`), dev, "Ops", "s", "ASIALATER"),
				use("v", "12:05:00", dev, role(dev, "Ops", "s", "ASIALATER", "12:00:00")),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
				"v": "exact iam:111111111111:AIDASECOND by access-key > s[b exact access-key]",
			},
		},
	}
}

func shapeVectors() []vector {
	dhmc := `{"type":"AssumedRole","principalId":"111111111111:aws:ec2-instance:i-02854e4b","arn":"arn:aws:sts::111111111111:assumed-role/aws:ec2-instance/i-02854e4b",` +
		`"accountId":"111111111111","accessKeyId":"ASIASSM","sessionContext":{"attributes":{"creationDate":"2024-05-01T10:00:00Z"},"ec2RoleDelivery":"2.0"}}`
	bare := `{"eventTime":"2024-05-01T10:05:00Z","eventSource":"s3.amazonaws.com","eventName":"ListBuckets","userIdentity":` + user(dev, "alice") + "}"
	return []vector{
		{name: "23 a principal id with three colons", records: []string{use("u", "10:05:00", dev, dhmc)}, want: map[string]string{
			"u": "exact service:ec2.amazonaws.com by named-on-record on i-02854e4b > i-02854e4b[- unresolved]",
		}},
		{
			name: "24 no type, no identity",
			records: []string{
				use("u", "10:05:00", dev, `{"invokedBy":"config.amazonaws.com"}`), use("v", "10:05:00", dev, "null"),
				use("w", "10:05:00", dev, `{"type":"Unknown","accountId":"111111111111"}`),
				use("x", "10:05:00", dev, `{"type":"AWSService"}`),
			},
			want: map[string]string{
				"u": "exact service:config.amazonaws.com by named-on-record",
				"v": "unresolved - gap no-session-fields@",
				"w": "unresolved - gap no-session-fields@111111111111",
				"x": "unresolved - gap service-internal@",
			},
		},
		{
			name:    "24 no event id: the hash of the record's bytes",
			records: []string{bare},
			want: map[string]string{
				fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(bare))): "exact iam:111111111111:AIDAALICE by named-on-record",
			},
		},
		{
			name:    "5.11 anonymous",
			records: []string{use("u", "10:05:00", dev, owner("ANONYMOUS_PRINCIPAL", "")), use("v", "10:05:00", dev, owner("anonymous", ""))},
			want: map[string]string{
				"u": "unresolved - gap anonymous@ANONYMOUS_PRINCIPAL",
				"v": "unresolved - gap anonymous@anonymous",
			},
		},
		{
			name: "a session without any session fields, and a masked one",
			records: []string{
				use("u", "10:05:00", dev, `{"type":"AssumedRole","principalId":"AROAOPS:s","accountId":"111111111111"}`),
				use("v", "10:05:00", dev, `{"type":"AssumedRole","principalId":"HIDDEN_DUE_TO_SECURITY_REASONS","accessKeyId":"REDACTED","accountId":"111111111111"}`),
				use("w", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00", `"invokedBy":"AWS Internal"`)),
			},
			want: map[string]string{
				"u": "unresolved - > [- unresolved] gap no-session-fields@111111111111",
				"v": "unresolved - > [- unresolved] gap redacted@111111111111",
				"w": "unresolved - > s[- unresolved] gap service-internal@111111111111",
			},
		},
		{
			name: "30 the global endpoint: another region",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS", `"awsRegion":"global"`),
				use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"), `"awsRegion":"eu-north-1"`),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
			},
		},
		{
			name: "38 a third party's event by EventBridge",
			records: []string{
				`{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.sts","account":"444444444444","time":"2024-05-01T10:00:00Z","region":"us-east-1","detail":` +
					strings.Replace(assumeRole("a", "10:00:00", "", user("444444444444", "vendor"), prod, "Ops", "s", "ASIAOPS"), `"recipientAccountId":"",`, "", 1) + "}",
				use("u", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00")),
			},
			want: map[string]string{
				"u": "exact iam:444444444444:AIDAVENDOR by access-key > s[a exact access-key] cross",
			},
		},
	}
}

func loopVectors() []vector {
	one := func(id, who, name, key, clock string) string {
		return assumeRole(id, clock, dev, who, dev, name, "s", key)
	}
	a := func(key, created string) string { return role(dev, "A", "s", key, created) }
	b := func(key, created string) string { return role(dev, "B", "s", key, created) }
	agent := role(dev, "A", "s", "ASIAA", "10:00:00", `"invokedBy":"aws-mcp.amazonaws.com"`)
	return []vector{
		{
			name: "25 from A to B and back to A",
			records: []string{
				one("1", user(dev, "alice"), "A", "ASIAA1", "10:00:00"), one("2", a("ASIAA1", "10:00:00"), "B", "ASIAB1", "10:01:00"),
				one("3", b("ASIAB1", "10:01:00"), "A", "ASIAA2", "10:02:00"), use("u", "10:05:00", dev, a("ASIAA2", "10:02:00")),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[1 exact access-key] > s[2 exact access-key] > s[3 exact access-key]",
			},
		},
		{
			name: "25 a ring in one second",
			records: []string{
				one("1", b("ASIAB", "10:00:00"), "A", "ASIAA", "10:00:00"), one("2", a("ASIAA", "10:00:00"), "B", "ASIAB", "10:00:00"),
				use("u", "10:05:00", dev, a("ASIAA", "10:00:00")), use("v", "10:05:00", dev, b("ASIAB", "10:00:00")),
			},
			want: map[string]string{
				"u": "unresolved - > s[- unresolved] gap no-issuer-log@111111111111",
				"v": "unresolved - > s[- unresolved] gap no-issuer-log@111111111111",
			},
		},
		{
			name: "25 a ring in one second, with a way out",
			records: []string{
				one("1", b("ASIABX", "10:00:00"), "A", "ASIAA", "10:00:00"), one("2", a("ASIAAX", "10:00:00"), "B", "ASIAB", "10:00:00"),
				one("3", user(dev, "alice"), "A", "ASIAA3", "10:00:00"),
				use("u", "10:05:00", dev, a("ASIAAX", "10:00:00")), use("v", "10:05:00", dev, b("ASIABX", "10:00:00")),
			},
			want: map[string]string{
				"u": "strong iam:111111111111:AIDAALICE by session > s[3 strong session] > s[2 strong session] > s[1 strong session ambiguous]",
				"v": "strong iam:111111111111:AIDAALICE by session > s[3 strong session] > s[2 strong session]",
			},
		},
		{
			name: "a SwitchRole from the very session that it began",
			records: []string{
				switchRole("sw", "10:00:00", dev, "A", "s", "arn:aws:sts::"+dev+":assumed-role/A/s"), use("u", "10:05:00", dev, a("ASIAA", "10:00:00")),
			},
			want: map[string]string{
				"sw": "unresolved - > s[sw strong sign-in] gap no-issuer-log@111111111111",
				"u":  "unresolved - > s[sw strong sign-in] gap no-issuer-log@111111111111",
			},
		},
		{
			name: "from A to B and from B to A by SwitchRole, in one second",
			records: []string{
				switchRole("s1", "10:00:00", dev, "A", "s", "arn:aws:sts::"+dev+":assumed-role/B/s"), use("u", "10:05:00", dev, a("ASIAA", "10:00:00")),
				switchRole("s2", "10:00:00", dev, "B", "s", "arn:aws:sts::"+dev+":assumed-role/A/s"), use("v", "10:05:00", dev, b("ASIAB", "10:00:00")),
			},
			want: map[string]string{
				"u": "unresolved - > s[s1 strong sign-in] gap no-issuer-log@111111111111",
				"v": "unresolved - > s[s2 strong sign-in] gap no-issuer-log@111111111111",
			},
		},
		{
			name: "agents' events that list each other's requests",
			records: []string{
				call("e", "10:00:00", dev, "aws-mcp", "CallTool", agent, `"requestID":"r-e","eventType":"AwsMcpEvent","additionalEventData":{"downstreamRequests":[{"requestId":"r-f"},{"requestId":"r-u"}]}`),
				call("f", "10:00:00", dev, "aws-mcp", "CallTool", agent, `"requestID":"r-f","eventType":"AwsMcpEvent","additionalEventData":{"downstreamRequests":[{"requestId":"r-e"}]}`),
				use("u", "10:00:01", dev, agent, `"requestID":"r-u"`),
			},
			want: map[string]string{
				"u": "unresolved - > s[- unresolved] gap no-issuer-log@111111111111",
			},
		},
	}
}

func ownKeyVectors() []vector {
	a := role(dev, "A", "s", "ASIAA", "10:00:00")
	return []vector{
		{
			name: "25 a record that issued its caller's own key",
			records: []string{
				assumeRole("1", "10:00:00", dev, a, dev, "A", "s", "ASIAA"), use("u", "10:05:00", dev, a),
			},
			want: map[string]string{
				"u": "unresolved - > s[- unresolved not 1:own-key] gap no-issuer-log@111111111111",
			},
		},
	}
}
