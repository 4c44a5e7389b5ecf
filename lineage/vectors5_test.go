package lineage

import "strings"

// What a forger would write: records that agree in all but whom they name.

// forgedCallerVectors are copies of one issuance whose callers differ, though by
// no unique id.
func forgedCallerVectors() []vector {
	bare := func(name string) string { return user(dev, name, `"principalId":null`, `"accessKeyId":null`) }
	pipe := func(key, created string) string { return role(dev, "Pipe", "s", key, created) }
	ops := func(id, who string) string { return assumeRole(id, "10:00:00", dev, who, dev, "Ops", "s", "ASIAOPS") }
	used := use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00"))
	first := func(id, clock, who, key string) string {
		return assumeRole(id, clock, dev, user(dev, who), dev, "Pipe", "s", key)
	}
	byARN := "contested - > s[- contested access-key] ? a iam:111111111111:arn:aws:iam::111111111111:user/ann by named-on-record" +
		" ? %b iam:111111111111:arn:aws:iam::111111111111:user/ben by named-on-record"
	byKey := "contested - > s[- contested access-key] ? a iam:111111111111:AIDAANN by access-key ? %b iam:111111111111:AIDABEN by access-key"
	want := func(text, b string) map[string]string {
		return map[string]string{"u": strings.Replace(text, "%b", b, 1)}
	}
	return []vector{
		{name: "copies by callers without unique id", records: []string{ops("a", bare("ann")), ops("b", bare("ben")), used}, want: want(byARN, "b")},
		{name: "variants by callers without unique id", records: []string{ops("a", bare("ann")), ops("a", bare("ben")), used}, want: want(byARN, "a")},
		{name: "copies by two keys of one session name", records: []string{
			first("1", "09:00:00", "ann", "ASIAP1"), first("2", "09:00:00", "ben", "ASIAP2"),
			ops("a", pipe("ASIAP1", "09:00:00")), ops("b", pipe("ASIAP2", "09:00:00")), used,
		}, want: want(byKey, "b")},
		{name: "variants by two keys of one session name", records: []string{
			first("1", "09:00:00", "ann", "ASIAP1"), first("2", "09:00:00", "ben", "ASIAP2"),
			ops("a", pipe("ASIAP1", "09:00:00")), ops("a", pipe("ASIAP2", "09:00:00")), used,
		}, want: want(byKey, "a")},
		{name: "copies by two sessions of one name", records: []string{
			first("1", "09:00:00", "ann", "ASIAP1"), first("2", "09:10:00", "ben", "ASIAP2"),
			ops("a", pipe("ASIAP1", "09:00:00")), ops("b", pipe("ASIAP2", "09:10:00")), used,
		}, want: want(byKey, "b")},
		{
			name: "the owner's copy says less of the same caller",
			records: []string{
				first("1", "09:00:00", "ann", "ASIAP1"),
				assumeRole("a", "10:00:00", dev, pipe("ASIAP1", "09:00:00"), prod, "Ops", "s", "ASIAOPS"),
				assumeRole("b", "10:00:00", prod, owner(dev, "AROAPIPE:s"), prod, "Ops", "s", "ASIAOPS"),
				use("u", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00")),
			},
			want: map[string]string{"u": "exact iam:111111111111:AIDAANN by access-key > s[1 exact access-key] > s[a+b exact access-key] cross"},
		},
		{
			name: "a copy that goes with two callers hides neither",
			records: []string{
				ops("a", bare("ann")), ops("b", bare("ben")),
				assumeRole("c", "10:00:00", dev, `{"type":"IAMUser","accessKeyId":"AKIA1"}`, dev, "Ops", "s", "ASIAOPS", `"sharedEventID":"x"`), used,
			},
			want: want(byARN, "b"),
		},
	}
}

// forgedSourceVectors are source identities that changed, which none can.
func forgedSourceVectors() []vector {
	shown := func(value string) string {
		return role(dev, "Data", "s", "ASIADATA", "10:00:00", `"sessionContext":`+within(dev, "Data", "10:00:00", `"sourceIdentity":"`+value+`"`))
	}
	issued := assumeRole("a", "10:00:00", dev, host("access-grants.s3.amazonaws.com"), dev, "Data", "s", "ASIADATA")
	named := strings.Replace(issued, `"roleSessionName"`, `"sourceIdentity":"alice","roleSessionName"`, 1)
	return []vector{
		{name: "6 a service set one source identity, the session shows another", records: []string{
			named, use("u", "10:05:00", dev, shown("bob")), use("v", "10:05:00", dev, shown("alice")),
		}, want: map[string]string{
			"u": "contested - > s[a contested access-key source-identity-differs] ? a sourceIdentity:alice by source-identity ? a sourceIdentity:bob by source-identity",
			"v": "strong sourceIdentity:alice by source-identity via access-grants.s3.amazonaws.com via s[a exact access-key]",
		}},
		{name: "6 a claim that the issuing call contradicts", records: []string{
			assumeRole("a", "10:00:00", dev, role(hub, "Gone", "g", "ASIAGONE", "09:00:00"), dev, "Data", "s", "ASIADATA",
				strings.Replace(grant(dev, "Data", "s", "ASIADATA", "10:00:00"), `"roleSessionName"`, `"sourceIdentity":"alice","roleSessionName"`, 1)),
			use("u", "10:05:00", dev, shown("bob")),
		}, want: map[string]string{
			"u": "unresolved - > g[- unresolved] > s[a exact access-key source-identity-differs] gap no-issuer-log@333333333333 cross",
		}},
	}
}

// secondVectors are issuances to a service and to a person in one second.
func secondVectors() []vector {
	service := func(clock string) string {
		return keyless("e", clock, dev, "ec2.amazonaws.com", dev, "Ops", "s", "ASIA1")
	}
	person := func(clock string) string {
		return assumeRole("b", clock, dev, user(dev, "bob"), dev, "Ops", "s", "ASIA2")
	}
	third := use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIA3", "10:00:00"))
	return []vector{
		{name: "S1 and S2 in one second, two origins", records: []string{service("10:00:00"), person("10:00:00"), third}, want: map[string]string{
			"u": "contested - > s[- contested session] ? b iam:111111111111:AIDABOB by named-on-record ? e service:ec2.amazonaws.com by named-on-record on s",
		}},
		{name: "S2 in the second, S1 beside it", records: []string{service("10:00:00"), person("10:00:01"), third}, want: map[string]string{
			"u": "strong service:ec2.amazonaws.com by service-session on s > s[e strong service-session]",
		}},
		{name: "S1 and S2 both beside the second", records: []string{service("10:00:01"), person("09:59:59"), third}, want: map[string]string{
			"u": "unresolved - > s[- unresolved] gap no-issuer-log@111111111111",
		}},
	}
}

// mistypedVectors are records whose type alone would name somebody, and whose
// names lack what makes them one.
func mistypedVectors() []vector {
	rooted := func(account string) string {
		return `{"type":"Root","principalId":"` + account + `","arn":"arn:aws:iam::` + account + `:root","accountId":"` + account +
			`","accessKeyId":"ASIAROOT","sessionContext":{"attributes":{"creationDate":"` + on("10:00:00") + `"}}}`
	}
	nobody := func(fields string) string { return `{` + fields + `,"accountId":"` + dev + `"}` }
	return []vector{
		{name: "AssumeRoot's key, shown by another account's root", records: []string{
			call("a", "10:00:00", dev, "sts", "AssumeRoot", user(dev, "alice"), `"requestParameters":{"targetPrincipal":"`+hub+`"},"responseElements":{"credentials":{"accessKeyId":"ASIAROOT","expiration":"May 1, 2024, 10:15:00 AM"}}`),
			use("u", "10:05:00", prod, rooted(prod)), use("v", "10:05:00", hub, rooted(hub)),
		}, want: map[string]string{
			"u": "unresolved - > arn:aws:iam::222222222222:root[- unresolved not a:account] gap no-issuer-log@222222222222",
			"v": "exact iam:111111111111:AIDAALICE by access-key > arn:aws:iam::333333333333:root[a exact access-key] cross",
		}},
		{name: "a role's session that is called a user", records: []string{
			use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00", `"type":"IAMUser","userName":"boss"`)),
			use("v", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00", `"type":"Root","principalId":"111111111111","arn":"arn:aws:iam::111111111111:root"`)),
		}, want: map[string]string{
			"u": "unresolved - > s[- unresolved] gap no-issuer-log@111111111111",
			"v": "unresolved - > arn:aws:iam::111111111111:root[- unresolved] gap no-issuer-log@111111111111",
		}},
		{name: "a subject without its provider, a user without a store", records: []string{
			use("u", "10:05:00", dev, nobody(`"type":"SAMLUser","principalId":":boss","userName":"boss"`)),
			use("v", "10:05:00", dev, nobody(`"type":"IdentityCenterUser","onBehalfOf":{"userId":"u-1"}`)),
			use("w", "10:05:00", dev, nobody(`"type":"WebIdentityUser","userName":"boss"`)),
		}, want: map[string]string{
			"u": "unresolved - gap no-session-fields@111111111111",
			"v": "unresolved - gap no-session-fields@111111111111",
			"w": "unresolved - gap no-session-fields@111111111111",
		}},
		{name: "an error code that is no text", records: []string{
			assumeRole("a", "10:00:00", dev, user(dev, "mallory"), dev, "Ops", "s", "ASIAOPS", `"errorCode":{"a":1}`),
			use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00")),
		}, want: map[string]string{
			"u": "unresolved - > s[- unresolved] gap no-issuer-log@111111111111",
		}},
	}
}

// maskVectors are values that stand for what was taken out: no two of them are
// one key.
func maskVectors() []vector {
	var out []vector
	for _, mask := range []string{
		"redacted", "Redacted", "<redacted>", "[REDACTED]", "null", "-", " ", "XXXXXXXXXXXXXXXXXXXX", "HIDDEN_DUE_TO_SECURITY_REASONS ",
	} {
		out = append(out, vector{name: "a mask for a key: " + mask, records: []string{
			assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", mask),
			use("u", "10:05:00", dev, `{"type":"AssumedRole","accessKeyId":"`+mask+`","accountId":"`+dev+`"}`),
		}, want: map[string]string{"u": "unresolved - > [- unresolved] gap redacted@111111111111"}})
	}
	return out
}

// addendumVectors are addenda that anybody could have written.
func addendumVectors() []vector {
	add := func(reason string) string {
		return `"addendum":{"reason":"` + reason + `","updatedFields":"userIdentity","originalEventID":"x"}`
	}
	made := use("x", "10:00:00", dev, user(dev, "alice"))
	alice := map[string]string{"x": "exact iam:111111111111:AIDAALICE by named-on-record"}
	bob := user(dev, "bob")
	return []vector{
		{name: "an addendum to another call", records: []string{made, call("y", "10:00:00", dev, "s3", "GetObject", bob, add("UPDATED_DATA"))}, want: alice},
		{name: "an addendum of another time", records: []string{made, use("y", "10:00:01", dev, bob, add("UPDATED_DATA"))}, want: alice},
		{name: "an addendum for another reason", records: []string{made, use("y", "10:00:00", dev, bob, add("DELIVERY_DELAY"))}, want: alice},
		{name: "an addendum that names another caller", records: []string{made, use("y", "10:00:00", dev, bob, add("UPDATED_DATA"))}, want: map[string]string{
			"x": "contested - ? x iam:111111111111:AIDAALICE by named-on-record ? x iam:111111111111:AIDABOB by named-on-record",
		}},
		{name: "an addendum that names another caller of an issuing call", records: []string{
			assumeRole("x", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS"),
			assumeRole("y", "10:00:00", dev, bob, dev, "Ops", "s", "", add("UPDATED_DATA")),
			use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00")),
		}, want: map[string]string{
			"u": "contested - > s[- contested access-key] ? x iam:111111111111:AIDAALICE by named-on-record ? x iam:111111111111:AIDABOB by named-on-record",
		}},
	}
}
