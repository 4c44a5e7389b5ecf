package lineage

import "strings"

// Vectors 1 to 10: people and services by the common ways.

const shared1 = `"sharedEventID":"shared-1"`

func crossAccountVectors() []vector {
	work := use("u", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00"))
	return []vector{
		{
			name: "1 same account",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS"),
				use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00")),
			},
			want: map[string]string{
				"a": "exact iam:111111111111:AIDAALICE by named-on-record",
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key]",
			},
		},
		{
			name: "2 cross account, both copies",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), prod, "Ops", "s", "ASIAOPS", shared1),
				assumeRole("b", "10:00:00", prod, owner(dev, "AIDAALICE"), prod, "Ops", "s", "ASIAOPS", shared1),
				work,
			},
			want: map[string]string{
				"a": "exact iam:111111111111:AIDAALICE by named-on-record",
				"b": "exact iam:111111111111:AIDAALICE by named-on-record",
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a+b exact access-key] cross",
			},
		},
		{
			name: "3 owner's copy only; 5.9 the name comes from elsewhere",
			records: []string{
				assumeRole("b", "10:00:00", prod, owner(dev, "AIDAALICE"), prod, "Ops", "s", "ASIAOPS", shared1),
				work,
			},
			want: map[string]string{
				"b": "exact account:111111111111:AIDAALICE by named-on-record gap caller-account-not-collected@111111111111",
				"u": "exact account:111111111111:AIDAALICE by access-key > s[b exact access-key] gap caller-account-not-collected@111111111111 cross",
			},
		},
		{
			name: "4 caller's copy only",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), prod, "Ops", "s", "ASIAOPS", shared1),
				work,
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key] cross",
			},
		},
		{
			name: "owner's copy, the caller a whole account",
			records: []string{
				assumeRole("b", "10:00:00", prod, owner(dev, dev), prod, "Ops", "s", "ASIAOPS"),
				work,
			},
			want: map[string]string{
				"u": "exact account:111111111111:111111111111 by access-key > s[b exact access-key] gap caller-account-not-collected@111111111111 cross",
			},
		},
	}
}

func switchVectors() []vector {
	work := use("u", "10:05:00", prod, role(prod, "Admin", "bob", "ASIAUSED", "10:00:00"))
	from := "arn:aws:iam::" + dev + ":user/bob"
	issued := assumeRole("b", "10:00:00", prod, owner(dev, "AIDABOB"), prod, "Admin", "bob", "ASIAISSUED", shared1)
	return []vector{
		{
			name: "5 console switch of role, other keys",
			records: []string{
				login("login", "09:00:00", dev, user(dev, "bob", `"accessKeyId":""`)),
				assumeRole("a", "10:00:00", dev, console(dev, "bob", "ASIACONSOLE", "09:00:00", `"invokedBy":"AWS Internal"`), prod, "Admin", "bob", "ASIAISSUED", shared1),
				issued, switchRole("sw", "10:00:00", prod, "Admin", "bob", from), work,
			},
			want: map[string]string{
				"a": "exact iam:111111111111:AIDABOB by named-on-record in login via AWS Internal",
				"u": "strong iam:111111111111:AIDABOB by session in login > bob[a+b strong session] cross",
			},
		},
		{
			name:    "5 console switch of role, owner's log alone",
			records: []string{issued, switchRole("sw", "10:00:00", prod, "Admin", "bob", from), work},
			want: map[string]string{
				"u": "strong iam:111111111111:AIDABOB by sign-in > bob[b strong session] gap caller-account-not-collected@111111111111 cross",
			},
		},
		{
			name:    "5 console switch of role, SwitchRole alone",
			records: []string{switchRole("sw", "10:00:00", prod, "Admin", "bob", from), work},
			want: map[string]string{
				"u": "strong iam:111111111111:arn:aws:iam::111111111111:user/bob by sign-in > bob[sw strong sign-in] cross",
			},
		},
		{
			name: "5 SwitchRole alone, a second off, the user known by name",
			records: []string{
				switchRole("sw", "10:00:01", prod, "Admin", "bob", from), work,
				use("v", "08:00:00", dev, user(dev, "bob")),
			},
			want: map[string]string{
				"u": "inferred iam:111111111111:AIDABOB by sign-in > bob[sw inferred sign-in] cross",
			},
		},
	}
}

// disputedSwitchVectors are sign-ins that contradict what they began, or each
// other.
func disputedSwitchVectors() []vector {
	work := use("u", "10:05:00", prod, role(prod, "Admin", "bob", "ASIAUSED", "10:00:00"))
	from := "arn:aws:iam::" + dev + ":user/bob"
	return []vector{
		{
			name: "SwitchRole names another user than the issuance",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), prod, "Admin", "bob", "ASIAISSUED", shared1),
				switchRole("sw", "10:00:00", prod, "Admin", "bob", from), work,
				use("v", "08:00:00", dev, user(dev, "bob")),
			},
			want: map[string]string{
				"u": "contested - > bob[a strong session] ? a iam:111111111111:AIDAALICE by session ! SwitchFrom iam:111111111111:AIDABOB by sign-in cross",
			},
		},
		{
			name: "SwitchRole names a user of another account than the issuance",
			records: []string{
				assumeRole("a", "10:00:00", prod, user(prod, "alice"), prod, "Admin", "bob", "ASIAISSUED"),
				switchRole("sw", "10:00:00", prod, "Admin", "bob", from), work,
			},
			want: map[string]string{
				"sw": "contested - > bob[a strong session] ? a iam:222222222222:AIDAALICE by session ! SwitchFrom iam:111111111111:arn:aws:iam::111111111111:user/bob by sign-in",
				"u":  "contested - > bob[a strong session] ? a iam:222222222222:AIDAALICE by session ! SwitchFrom iam:111111111111:arn:aws:iam::111111111111:user/bob by sign-in",
			},
		},
		{
			name: "SwitchRole names a session, and a user asked for the issuance",
			records: []string{
				assumeRole("a", "10:00:00", prod, user(prod, "alice"), prod, "Admin", "bob", "ASIAISSUED"),
				switchRole("sw", "10:00:00", prod, "Admin", "bob", "arn:aws:sts::"+dev+":assumed-role/Hub/bob"), work,
			},
			want: map[string]string{
				"u": "contested - > bob[a strong session] ? a iam:222222222222:AIDAALICE by session ! SwitchFrom -",
			},
		},
		{
			name: "two switch to one role in one second, under one name",
			records: []string{
				switchRole("s1", "10:00:00", prod, "Admin", "bob", from), work,
				switchRole("s2", "10:00:00", prod, "Admin", "bob", strings.Replace(from, "bob", "carol", 1)),
			},
			want: map[string]string{
				"s1": "strong iam:111111111111:arn:aws:iam::111111111111:user/bob by sign-in > bob[s1 strong sign-in] cross",
				"s2": "strong iam:111111111111:arn:aws:iam::111111111111:user/carol by sign-in > bob[s2 strong sign-in] cross",
				"u":  "contested - > bob[- contested sign-in] ? s1 iam:111111111111:arn:aws:iam::111111111111:user/bob by sign-in ? s2 iam:111111111111:arn:aws:iam::111111111111:user/carol by sign-in",
			},
		},
		{
			name: "two switch to one role in one second, and one of the issuances is there",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "bob"), prod, "Admin", "bob", "ASIAISSUED", shared1),
				switchRole("s1", "10:00:00", prod, "Admin", "bob", from), work,
				switchRole("s2", "10:00:00", prod, "Admin", "bob", strings.Replace(from, "bob", "carol", 1)),
			},
			want: map[string]string{
				"s1": "strong iam:111111111111:AIDABOB by session > bob[a strong session] cross",
				"s2": "strong iam:111111111111:arn:aws:iam::111111111111:user/carol by sign-in > bob[s2 strong sign-in] cross",
				"u":  "contested - > bob[a strong session] ? a iam:111111111111:AIDABOB by session ! SwitchFrom iam:111111111111:arn:aws:iam::111111111111:user/carol by sign-in cross",
			},
		},
	}
}

// strayedSwitchVectors are sign-ins whose SwitchFrom names no user.
func strayedSwitchVectors() []vector {
	work := use("u", "10:05:00", prod, role(prod, "Admin", "bob", "ASIAUSED", "10:00:00"))
	return []vector{
		{
			name: "a SwitchFrom that has not the form of an ARN names nobody",
			records: []string{
				switchRole("s1", "10:00:00", prod, "Admin", "bob", "arn:aws:iam::"+dev+":user/"), work,
				switchRole("s2", "10:00:10", prod, "Admin", "two", " arn:aws:iam::"+dev+":user/bob"), use("v", "10:05:00", prod, role(prod, "Admin", "two", "ASIATWO", "10:00:10")),
				switchRole("s3", "10:00:20", prod, "Admin", "three", "arn:aws:iam:::user/bob"), use("w", "10:05:00", prod, role(prod, "Admin", "three", "ASIATHREE", "10:00:20")),
				switchRole("s4", "10:00:30", prod, "Admin", "four", "arn:aws:iam::"+dev+":user/b\\u0000b"), use("x", "10:05:00", prod, role(prod, "Admin", "four", "ASIAFOUR", "10:00:30")),
			},
			want: map[string]string{
				"u": "unresolved - > bob[- unresolved] gap no-issuer-log@222222222222",
				"v": "unresolved - > two[- unresolved] gap no-issuer-log@222222222222",
				"w": "unresolved - > three[- unresolved] gap no-issuer-log@222222222222",
				"x": "unresolved - > four[- unresolved] gap no-issuer-log@222222222222",
			},
		},
		{
			name: "42 SwitchFrom is a role's session",
			records: []string{
				switchRole("sw", "10:00:00", prod, "Admin", "bob", "arn:aws:sts::"+dev+":assumed-role/Hub/bob"), work,
			},
			want: map[string]string{
				"u": "unresolved - > bob[sw strong sign-in] gap no-issuer-log@111111111111 cross",
			},
		},
		{
			name: "42 SwitchFrom is a role's session, the only one live",
			records: []string{
				assumeRole("a", "09:30:00", dev, user(dev, "alice"), dev, "Hub", "bob", "ASIAHUB"),
				switchRole("sw", "10:00:00", prod, "Admin", "bob", "arn:aws:sts::"+dev+":assumed-role/Hub/bob"), work,
			},
			want: map[string]string{
				"u": "inferred iam:111111111111:AIDAALICE by sole-candidate > bob[a inferred sole-candidate] > bob[sw strong sign-in] cross",
			},
		},
	}
}

// login is a console sign-in.
func login(id, clock, account, who string, more ...string) string {
	return call(id, clock, account, "signin", "ConsoleLogin", who, append([]string{
		`"eventType":"AwsConsoleSignIn","responseElements":{"ConsoleLogin":"Success"},"additionalEventData":{"MFAUsed":"Yes"}`,
	}, more...)...)
}

const sso = "AWSReservedSSO_Power_0123456789abcdef"

// federated is a session of a role of Identity Center.
func federated(key string, more ...string) string {
	return role(prod, sso, "ann@example.com", key, "10:00:00", more...)
}

func onBehalfOf(person string) string {
	return `"onBehalfOf":{"userId":"` + person + `","identityStoreArn":"arn:aws:identitystore::333333333333:identitystore/d-1"}`
}

func saml(id, clock, subject, session, key string) string {
	return assumeRole(id, clock, prod, object(`"type":"SAMLUser","principalId":"prov=:`+subject+`","userName":"`+subject+`","identityProvider":"prov="`),
		prod, sso, session, key, `"eventName":"AssumeRoleWithSAML"`)
}

func portalVectors() []vector {
	issued := saml("a", "10:00:00", "ann@example.com", "ann@example.com", "ASIAISSUED")
	roleCredentials := call("p", "10:00:01", hub, "sso", "GetRoleCredentials",
		`{"type":"IdentityCenterUser","accountId":"333333333333",`+onBehalfOf("u-1")+`,"credentialId":"cred-1"}`,
		`"eventType":"AwsServiceEvent","serviceEventDetails":{"role_name":"Power","account_id":"222222222222"}`)
	return []vector{
		{
			name: "6, 5.1 Identity Center: other key",
			records: []string{
				issued,
				use("named", "10:05:00", prod, federated("ASIAONE", onBehalfOf("u-1"))),
				use("same-key", "10:06:00", prod, federated("ASIAONE")),
				use("same-session", "10:07:00", prod, federated("ASIATWO")),
			},
			want: map[string]string{
				"a":            "exact saml:prov=:ann@example.com by named-on-record",
				"named":        "exact idc:d-1:u-1 by named-on-record > ann@example.com[a strong session]",
				"same-key":     "exact idc:d-1:u-1 by named-on-record > ann@example.com[a strong session]",
				"same-session": "strong idc:d-1:u-1 by session > ann@example.com[a strong session]",
			},
		},
		{
			name:    "6, 5.1 Identity Center: nothing names the user",
			records: []string{issued, use("u", "10:05:00", prod, federated("ASIAONE"))},
			want: map[string]string{
				"u": "strong saml:prov=:ann@example.com by session > ann@example.com[a strong session]",
			},
		},
		{
			name: "Identity Center: the session's records name two",
			records: []string{
				issued,
				use("n1", "10:05:00", prod, federated("ASIAONE", onBehalfOf("u-1"))),
				use("n2", "10:06:00", prod, federated("ASIATWO", onBehalfOf("u-2"))),
				use("u", "10:07:00", prod, federated("ASIATHREE")),
			},
			want: map[string]string{
				"u": "strong saml:prov=:ann@example.com by session > ann@example.com[a strong session]",
			},
		},
		{
			name:    "Identity Center: the portal is context beside the SAML call",
			records: []string{issued, roleCredentials, use("u", "10:05:00", prod, federated("ASIAONE"))},
			want: map[string]string{
				"u": "strong saml:prov=:ann@example.com by session in p > ann@example.com[a strong session]",
			},
		},
		{
			name:    "Identity Center: the portal alone; 5.14 hidden response",
			records: []string{roleCredentials, use("u", "10:05:00", prod, federated("ASIAONE"))},
			want: map[string]string{
				"p": "exact idc:d-1:u-1 by named-on-record",
				"u": "inferred idc:d-1:u-1 by portal in p > ann@example.com[p inferred portal] gap no-issuer-log@222222222222",
			},
		},
		{
			name: "Identity Center: on to another account",
			records: []string{
				issued, use("named", "10:05:00", prod, federated("ASIAONE", onBehalfOf("u-1"))),
				assumeRole("b", "10:10:00", prod, federated("ASIAONE"), dev, "Ops", "s", "ASIAOPS"),
				use("u", "10:15:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:10:00")),
			},
			want: map[string]string{
				"u": "exact idc:d-1:u-1 by access-key > ann@example.com[a strong session] > s[b exact access-key] cross",
			},
		},
	}
}

func instanceVectors() []vector {
	instance := func(key string, more ...string) string {
		return role(dev, "Web", "i-0dbc91f4", key, "10:00:00", more...)
	}
	one := keyless("a", "10:00:00", dev, "ec2.amazonaws.com", dev, "Web", "i-0dbc91f4", "ASIAV1", `"requestID":"r"`, `"sharedEventID":"s1"`)
	two := keyless("b", "10:00:00", dev, "ec2.amazonaws.com", dev, "Web", "i-0dbc91f4", "ASIAV2", `"requestID":"r"`, `"sharedEventID":"s2"`)
	return []vector{
		{
			name:    "7 EC2: two keys in one second",
			records: []string{one, two, use("u1", "10:05:00", dev, instance("ASIAV1")), use("u2", "10:06:00", dev, instance("ASIAV2"))},
			want: map[string]string{
				"u1": "exact service:ec2.amazonaws.com by access-key on i-0dbc91f4 > i-0dbc91f4[a exact access-key]",
				"u2": "exact service:ec2.amazonaws.com by access-key on i-0dbc91f4 > i-0dbc91f4[b exact access-key]",
			},
		},
		{
			name:    "7 EC2: without keys",
			records: []string{one, two, use("u", "10:05:00", dev, instance(""))},
			want: map[string]string{
				"u": "strong service:ec2.amazonaws.com by service-session on i-0dbc91f4 > i-0dbc91f4[a strong service-session ambiguous]",
			},
		},
		{
			name: "7 EC2: the record names the instance, no issuance",
			records: []string{use("u", "10:05:00", dev, instance("ASIAV1",
				`"sessionContext":`+within(dev, "Web", "10:00:00", `"ec2RoleDelivery":"2.0"`)))},
			want: map[string]string{
				"u": "exact service:ec2.amazonaws.com by named-on-record on i-0dbc91f4 > i-0dbc91f4[- unresolved]",
			},
		},
		{
			name: "7 EC2: delivered as to an instance, but no instance's session",
			records: []string{
				use("u", "10:05:00", dev, role(dev, "Web", "federated-session", "ASIAV1", "10:00:00",
					`"sessionContext":`+within(dev, "Web", "10:00:00", `"ec2RoleDelivery":"2.0"`))),
				use("v", "10:05:00", dev, instance("ASIAV1", `"sessionContext":`+within(dev, "Web", "10:00:00",
					`"ec2RoleDelivery":"2.0","webIdFederationData":{"federatedProvider":"https://accounts.google.com","attributes":{}}`))),
				use("w", "10:05:00", dev, instance("ASIAV1", `"identityProvider":"https://accounts.google.com","sessionContext":`+
					within(dev, "Web", "10:00:00", `"ec2RoleDelivery":"2.0"`))),
			},
			want: map[string]string{
				"u": "unresolved - > federated-session[- unresolved] gap no-issuer-log@111111111111",
				"v": "unresolved - > i-0dbc91f4[- unresolved] gap no-issuer-log@111111111111",
				"w": "unresolved - > i-0dbc91f4[- unresolved] gap no-issuer-log@111111111111",
			},
		},
		{
			name: "7 EC2: used from a role that the instance took",
			records: []string{
				one, assumeRole("c", "10:10:00", dev, instance("ASIAV1"), prod, "Ops", "s", "ASIAOPS"),
				use("u", "10:15:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:10:00")),
			},
			want: map[string]string{
				"u": "exact service:ec2.amazonaws.com by access-key on i-0dbc91f4 > i-0dbc91f4[a exact access-key] > s[c exact access-key] cross",
			},
		},
	}
}

func serviceVectors() []vector {
	slr := func(key string) string {
		return role(dev, "AWSServiceRoleForRDS", "SLRManagement", key, "10:00:00", `"invokedBy":"rds.amazonaws.com"`)
	}
	return []vector{
		{
			name: "8, 5.8 service-linked role without a key",
			records: []string{
				assumeRole("a", "10:00:00", dev, host("rds.amazonaws.com"), dev, "AWSServiceRoleForRDS", "SLRManagement", "ASIASLR"),
				use("u", "10:00:30", dev, slr("")),
			},
			want: map[string]string{
				"a": "exact service:rds.amazonaws.com by named-on-record",
				"u": "strong service:rds.amazonaws.com by session > SLRManagement[a strong session]",
			},
		},
		{
			name: "8, 36 three issuances in one second, one origin",
			records: []string{
				assumeRole("a", "10:00:00", dev, host("rds.amazonaws.com"), dev, "AWSServiceRoleForRDS", "SLRManagement", "ASIA1"),
				assumeRole("b", "10:00:00", dev, host("rds.amazonaws.com"), dev, "AWSServiceRoleForRDS", "SLRManagement", "ASIA2"),
				assumeRole("c", "10:00:00", dev, host("rds.amazonaws.com"), dev, "AWSServiceRoleForRDS", "SLRManagement", "ASIA3"),
				use("u", "10:00:30", dev, slr("")),
			},
			want: map[string]string{
				"u": "strong service:rds.amazonaws.com by session > SLRManagement[a strong session ambiguous]",
			},
		},
		{
			name:    "service-linked role, its issuance in nobody's log",
			records: []string{use("u", "10:00:30", dev, slr("ASIASLR"))},
			want: map[string]string{
				"u": "unresolved - > SLRManagement[- unresolved] gap service-internal@111111111111",
			},
		},
		{
			name: "Lambda: its own name for the session, a function named on the record",
			records: []string{
				keyless("a", "10:00:00", dev, "lambda.amazonaws.com", dev, "Fn", "awslambda_7_20240501100000", "ASIAFN"),
				use("u", "10:05:00", dev, role(dev, "Fn", "my-function", "ASIAFN", "10:00:00")),
				use("v", "10:05:00", dev, role(dev, "Fn", "my-function", "ASIAFN2", "10:00:00",
					`"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:us-east-1:111111111111:function:my-function"}`)),
			},
			want: map[string]string{
				"u": "exact service:lambda.amazonaws.com by access-key > my-function[a exact access-key]",
				"v": "exact service:lambda.amazonaws.com by named-on-record on arn:aws:lambda:us-east-1:111111111111:function:my-function > my-function[- unresolved]",
			},
		},
	}
}

func forwardVectors() []vector {
	forwarded := func(id, clock, who string) string {
		return call(id, clock, dev, "kms", "Decrypt", who, `"sourceIPAddress":"secretsmanager.amazonaws.com","userAgent":"secretsmanager.amazonaws.com"`)
	}
	by := `"invokedBy":"secretsmanager.amazonaws.com"`
	return []vector{
		{
			name: "9, 5.3 forward access from a console",
			records: []string{
				login("login", "10:00:00", dev, user(dev, "alice", `"accessKeyId":""`)),
				forwarded("u", "10:05:00", console(dev, "alice", "ASIAFAS", "10:00:00", by)),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by named-on-record in login via secretsmanager.amazonaws.com",
			},
		},
		{
			name: "9, 5.6 forward access from a role's session",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS"),
				forwarded("u", "10:05:00", role(dev, "Ops", "s", "ASIAFAS", "10:00:00", by)),
			},
			want: map[string]string{
				"u": "strong iam:111111111111:AIDAALICE by session > s[a strong session] via secretsmanager.amazonaws.com",
			},
		},
		{
			name: "9, 5.6 forward access from a session known by its other records",
			records: []string{
				use("v", "10:03:00", dev, role(dev, "Fn", "f", "ASIAFN", "10:00:00",
					`"inScopeOf":{"issuerType":"AWS::Lambda::Function","credentialsIssuedTo":"arn:aws:lambda:us-east-1:111111111111:function:f"}`)),
				forwarded("u", "10:05:00", role(dev, "Fn", "f", "ASIAFAS", "10:00:00", by)),
			},
			want: map[string]string{
				"u": "inferred service:lambda.amazonaws.com by forward-access on arn:aws:lambda:us-east-1:111111111111:function:f > f[- unresolved] via secretsmanager.amazonaws.com",
			},
		},
		{
			name: "9, 5.7 forward access from a long-term key",
			records: []string{
				call("call", "10:00:00", dev, "secretsmanager", "GetSecretValue", user(dev, "alice")),
				call("other", "10:00:00", dev, "s3", "GetObject", user(dev, "alice")),
				forwarded("u", "10:00:02", console(dev, "alice", "ASIAFAS", "10:00:01", by)),
			},
			want: map[string]string{
				"call": "exact iam:111111111111:AIDAALICE by named-on-record",
				"u":    "exact iam:111111111111:AIDAALICE by named-on-record via secretsmanager.amazonaws.com after call",
			},
		},
		{
			name: "9 forward access from a long-term key: two calls at once",
			records: []string{
				call("call", "10:00:00", dev, "secretsmanager", "GetSecretValue", user(dev, "alice")),
				call("other", "10:00:01", dev, "secretsmanager", "GetSecretValue", user(dev, "alice")),
				forwarded("u", "10:00:02", console(dev, "alice", "ASIAFAS", "10:00:01", by)),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by named-on-record via secretsmanager.amazonaws.com",
			},
		},
		{
			name: "a provider acting under delegation",
			records: []string{
				assumeRole("a", "10:00:00", dev, user(dev, "alice"), dev, "Ops", "s", "ASIAOPS"),
				use("u", "10:05:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:00:00", `"invokedByDelegate":{"accountId":"999999999999"}`)),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key] via 999999999999",
			},
		},
	}
}

// switchRole is what the console logs in the role's account.
func switchRole(id, clock, account, name, session, from string) string {
	return call(id, clock, account, "signin", "SwitchRole", role(account, name, session, "", clock, `"sessionContext":null`),
		`"eventType":"AwsConsoleSignIn","responseElements":{"SwitchRole":"Success"},"additionalEventData":{"SwitchFrom":"`+from+`"}`)
}
