package lineage

import "strings"

// Vectors 10 to 17, 32 to 34 and 43: the other ways credentials are issued.

func tokenVectors() []vector {
	federation := `"requestParameters":{"name":"partner"},"responseElements":{"credentials":{"accessKeyId":"ASIAFED","expiration":"May 1, 2024, 10:00:00 PM"},` +
		`"federatedUser":{"federatedUserId":"111111111111:partner","arn":"arn:aws:sts::111111111111:federated-user/partner"}}`
	partner := `{"type":"FederatedUser","principalId":"111111111111:partner","arn":"arn:aws:sts::111111111111:federated-user/partner","accountId":"111111111111",` +
		`"accessKeyId":"ASIAFED","sessionContext":{"attributes":{"creationDate":"2024-05-01T10:00:00Z"},"sessionIssuer":{"type":"IAMUser","principalId":"AIDAALICE",` +
		`"arn":"arn:aws:iam::111111111111:user/alice","accountId":"111111111111","userName":"alice"}}}`
	issued := call("a", "10:00:00", dev, "sts", "GetFederationToken", user(dev, "alice"), federation)
	token := call("t", "09:00:00", dev, "sts", "GetSessionToken", user(dev, "alice"),
		`"requestParameters":{"serialNumber":"arn:aws:iam::111111111111:mfa/alice"},"responseElements":{"credentials":{"accessKeyId":"ASIATOKEN","expiration":"May 1, 2024, 9:00:00 PM"}}`)
	source := func(account, name, created string) string {
		return `"sessionContext":` + within(account, name, created, `"sourceIdentity":"alice@example.com"`)
	}
	first := assumeRole("a", "10:00:00", dev, console(dev, "alice", "ASIATOKEN", "09:00:00"), prod, "Ops", "s", "ASIAOPS",
		strings.Replace(grant(prod, "Ops", "s", "ASIAOPS", "10:00:00"), `"roleSessionName"`, `"sourceIdentity":"alice@example.com","roleSessionName"`, 1))
	second := assumeRole("b", "10:10:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00", source(prod, "Ops", "10:00:00")), hub, "Deep", "s", "ASIADEEP")
	last := use("u", "10:20:00", hub, role(hub, "Deep", "s", "ASIADEEP", "10:10:00", source(hub, "Deep", "10:10:00")))
	return []vector{
		{
			name:    "10 GetFederationToken",
			records: []string{issued, use("u", "20:00:00", dev, partner)},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by named-on-record > partner[a exact access-key]",
			},
		},
		{
			name:    "10 GetFederationToken, its issuance lost",
			records: []string{use("u", "20:00:00", dev, partner)},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by named-on-record > partner[- unresolved]",
			},
		},
		{
			name:    "11, 5.12 GetSessionToken and two roles, with a source identity",
			records: []string{token, first, second, last},
			want: map[string]string{
				"a": "exact iam:111111111111:AIDAALICE by named-on-record in t",
				"b": "exact iam:111111111111:AIDAALICE by access-key in t > s[a exact access-key] cross",
				"u": "exact iam:111111111111:AIDAALICE by access-key in t > s[a exact access-key] > s[b exact access-key] cross",
			},
		},
		{
			name:    "11 GetSessionToken lost: still the user",
			records: []string{first, second, last},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key > s[a exact access-key] > s[b exact access-key] cross",
			},
		},
		{
			name: "11 GetSessionToken known by its second alone",
			records: []string{
				strings.Replace(token, "ASIATOKEN", "HIDDEN_DUE_TO_SECURITY_REASONS", 1),
				use("u", "10:00:00", dev, console(dev, "alice", "ASIATOKEN", "09:00:00")),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by named-on-record in t",
			},
		},
		{
			name: "a source identity that went missing on the way is noted",
			records: []string{
				token, first, second,
				use("u", "10:20:00", hub, role(hub, "Deep", "s", "ASIADEEP", "10:10:00")),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by access-key in t > s[a exact access-key] > s[b exact access-key source-identity-differs] cross",
			},
		},
	}
}

func rootVectors() []vector {
	member := `{"type":"Root","principalId":"222222222222","arn":"arn:aws:iam::222222222222:root","accountId":"222222222222","accessKeyId":"ASIAROOT",` +
		`"sessionContext":{"attributes":{"creationDate":"2024-05-01T10:00:00Z"}}}`
	issued := call("a", "10:00:00", hub, "sts", "AssumeRoot", user(hub, "chief"),
		`"requestParameters":{"targetPrincipal":"222222222222"},"responseElements":{"credentials":{"accessKeyId":"ASIAROOT","expiration":"May 1, 2024, 10:15:00 AM"}}`)
	flagged := strings.Replace(member, `"sessionContext":{`, `"sessionContext":{"assumedRoot":"true",`, 1)
	return []vector{
		{
			name:    "12 AssumeRoot: never the member's root",
			records: []string{issued, use("u", "10:05:00", prod, member), use("f", "10:06:00", prod, flagged)},
			want: map[string]string{
				"u": "exact iam:333333333333:AIDACHIEF by access-key > arn:aws:iam::222222222222:root[a exact access-key] cross",
				"f": "exact iam:333333333333:AIDACHIEF by access-key > arn:aws:iam::222222222222:root[a exact access-key] cross",
			},
		},
		{
			name:    "12 AssumeRoot: used late, still nobody",
			records: []string{issued, use("u", "10:20:00", prod, member)},
			want: map[string]string{
				"u": "unresolved - > arn:aws:iam::222222222222:root[- unresolved not a:expiry] gap expired-window@222222222222",
			},
		},
		{
			name:    "12 AssumeRoot lost: flagged, so nobody is named",
			records: []string{use("f", "10:06:00", prod, flagged)},
			want: map[string]string{
				"f": "unresolved - > arn:aws:iam::222222222222:root[- unresolved] gap no-issuer-log@222222222222",
			},
		},
		{
			name:    "root itself, by a long-term key",
			records: []string{use("u", "10:06:00", prod, `{"type":"Root","principalId":"222222222222","arn":"arn:aws:iam::222222222222:root","accountId":"222222222222","accessKeyId":"AKIAROOT"}`)},
			want: map[string]string{
				"u": "exact root:222222222222 by named-on-record",
			},
		},
	}
}

func workloadVectors() []vector {
	tags := `"requestParameters":{"roleArn":"arn:aws:iam::222222222222:role/Pod","roleSessionName":"eks-c-pod-1","tags":[{"key":"eks-cluster-name","value":"c"},` +
		`{"key":"kubernetes-namespace","value":"ns"},{"key":"kubernetes-service-account","value":"sa"},{"key":"kubernetes-pod-name","value":"pod-1"}],"transitiveTagKeys":["eks-cluster-name"]}`
	pod := assumeRole("a", "10:00:00", prod, host("pods.eks.amazonaws.com"), prod, "Pod", "eks-c-pod-1", "ASIAPOD", tags)
	target := assumeRole("b", "10:00:00", prod, role(prod, "Pod", "eks-c-pod-1", "ASIAPOD", "10:00:00"), hub, "Target", "eks-c-pod-1", "ASIATARGET")
	work := use("u", "10:05:00", hub, role(hub, "Target", "eks-c-pod-1", "ASIATARGET", "10:00:00"))
	anywhere := call("a", "10:00:00", prod, "rolesanywhere", "CreateSession", `{"type":"Unknown","accountId":"222222222222"}`,
		`"requestParameters":{"roleArn":"arn:aws:iam::222222222222:role/Pay","roleSessionName":"payroll"},`+
			`"responseElements":{"subjectArn":"arn:aws:rolesanywhere:eu-west-1:222222222222:subject/41cl0bae","credentialSet":[{"roleArn":"arn:aws:iam::222222222222:role/Pay",`+
			`"assumedRoleUser":{"arn":"arn:aws:sts::222222222222:assumed-role/Pay/payroll","assumedRoleId":"AROAPAY:payroll"},`+
			`"credentials":{"accessKeyId":"ASIAPAYPAYPAYPAYPAYP","expiration":"2024-05-01T11:00:00Z"}}]}`)
	payroll := use("u", "10:05:00", prod, role(prod, "Pay", "payroll", "ASIAPAYPAYPAYPAYPAYP", "10:00:00"))
	granted := assumeRole("a", "10:00:00", prod, host("access-grants.s3.amazonaws.com"), prod, "Grants", "access-grants-1", "ASIAGRANT",
		strings.Replace(grant(prod, "Grants", "access-grants-1", "ASIAGRANT", "10:00:00"), `"roleSessionName"`, `"sourceIdentity":"ann@example.com","roleSessionName"`, 1))
	return []vector{
		{
			name: "13 Pod Identity", records: []string{pod, use("v", "10:05:00", prod, role(prod, "Pod", "eks-c-pod-1", "ASIAPOD", "10:00:00"))},
			want: map[string]string{
				"v": "exact service:pods.eks.amazonaws.com by access-key on c/ns/sa/pod-1 > eks-c-pod-1[a exact access-key]",
			},
		},
		{name: "33 Pod Identity with a target role", records: []string{pod, target, work}, want: map[string]string{
			"u": "exact service:pods.eks.amazonaws.com by access-key on c/ns/sa/pod-1 > eks-c-pod-1[a exact access-key] > eks-c-pod-1[b exact access-key transitive-tags-differ] cross",
		}},
		{name: "33 Pod Identity with a target role, the first issuance lost", records: []string{target, work}, want: map[string]string{
			"u": "unresolved - > eks-c-pod-1[- unresolved] > eks-c-pod-1[b exact access-key] gap no-issuer-log@222222222222 cross",
		}},
		{name: "34 Roles Anywhere", records: []string{anywhere, payroll}, want: map[string]string{
			"u": "exact service:rolesanywhere.amazonaws.com by access-key on arn:aws:rolesanywhere:eu-west-1:222222222222:subject/41cl0bae > payroll[a exact access-key]",
		}},
		{name: "34 Roles Anywhere, CreateSession lost", records: []string{payroll}, want: map[string]string{
			"u": "unresolved - > payroll[- unresolved] gap no-issuer-log@222222222222",
		}},
		{
			name: "32 identity-enhanced session of an application",
			records: []string{
				assumeRole("a", "10:00:00", prod, role(prod, "App", "app", "ASIAAPP", "09:30:00"), prod, "Data", "access-grants-1", "ASIADATA"),
				assumeRole("z", "09:30:00", prod, host("ecs-tasks.amazonaws.com"), prod, "App", "app", "ASIAAPP"),
				use("u", "10:05:00", prod, role(prod, "Data", "access-grants-1", "ASIADATA", "10:00:00", onBehalfOf("u-1"))),
				assumeRole("b", "10:06:00", prod, role(prod, "Data", "access-grants-1", "ASIADATA", "10:00:00", onBehalfOf("u-1")), dev, "Ops", "s", "ASIAOPS"),
				use("v", "10:07:00", dev, role(dev, "Ops", "s", "ASIAOPS", "10:06:00")),
			},
			want: map[string]string{
				"u": "exact idc:d-1:u-1 by named-on-record via app[z exact access-key] via access-grants-1[a exact access-key]",
				"v": "exact idc:d-1:u-1 by access-key via app[z exact access-key] via access-grants-1[a exact access-key] via s[b exact access-key] cross",
			},
		},
		{
			name: "43 source identity set by AWS",
			records: []string{granted, use("u", "10:05:00", prod, role(prod, "Grants", "access-grants-1", "ASIAGRANT", "10:00:00",
				`"sessionContext":`+within(prod, "Grants", "10:00:00", `"sourceIdentity":"ann@example.com"`)))},
			want: map[string]string{
				"u": "strong sourceIdentity:ann@example.com by source-identity via access-grants.s3.amazonaws.com via access-grants-1[a exact access-key]",
			},
		},
		{
			name: "43 source identity alone",
			records: []string{use("u", "10:05:00", prod, role(prod, "Ops", "s", "ASIAOPS", "10:00:00",
				`"sessionContext":`+within(prod, "Ops", "10:00:00", `"sourceIdentity":"mallory"`)))},
			want: map[string]string{
				"u": "claimed sourceIdentity:mallory by source-identity > s[- unresolved] gap no-issuer-log@222222222222",
			},
		},
	}
}

func webVectors() []vector {
	provider := "arn:aws:iam::222222222222:oidc-provider/agent.example.com"
	sub := "organization:o:pipeline:p:ref:refs/heads/main"
	web := `{"type":"WebIdentityUser","principalId":"` + provider + `:sts.amazonaws.com:` + sub + `","userName":"` + sub + `","identityProvider":"` + provider + `"}`
	response := strings.Replace(grant(prod, "CI", "job-1", "ASIACI", "10:00:00"), `"responseElements":{`,
		`"responseElements":{"subjectFromWebIdentityToken":"`+sub+`","provider":"`+provider+`",`, 1)
	cognito := func(id, who, key, clock string) string {
		return use(id, clock, prod, role(prod, "App", "CognitoIdentityCredentials", key, "10:00:00", `"sessionContext":`+within(prod, "App", "10:00:00",
			`"webIdFederationData":{"federatedProvider":"cognito-identity.amazonaws.com","attributes":{"cognito-identity.amazonaws.com:aud":"pool","cognito-identity.amazonaws.com:sub":"`+who+`"}}`)))
	}
	return []vector{
		{
			name: "14 OIDC subject with colons",
			records: []string{
				assumeRole("a", "10:00:00", prod, web, prod, "CI", "job-1", "ASIACI", `"eventName":"AssumeRoleWithWebIdentity"`, response),
				use("u", "10:05:00", prod, role(prod, "CI", "job-1", "ASIACI", "10:00:00")),
			},
			want: map[string]string{
				"a": "exact oidc:agent.example.com:organization:o:pipeline:p:ref:refs/heads/main by named-on-record",
				"u": "exact oidc:agent.example.com:organization:o:pipeline:p:ref:refs/heads/main by access-key > job-1[a exact access-key]",
			},
		},
		{
			name:    "15, 5.13 Cognito: one session name, one second, two people",
			records: []string{cognito("u", "eu-1:ann", "ASIAANN", "10:05:00"), cognito("v", "eu-1:ben", "ASIABEN", "10:05:00")},
			want: map[string]string{
				"u": "exact oidc:cognito-identity.amazonaws.com:eu-1:ann by named-on-record > CognitoIdentityCredentials[- unresolved]",
				"v": "exact oidc:cognito-identity.amazonaws.com:eu-1:ben by named-on-record > CognitoIdentityCredentials[- unresolved]",
			},
		},
		{
			name: "Cognito: GetCredentialsForIdentity issued the key",
			records: []string{
				call("a", "10:00:00", prod, "cognito-identity", "GetCredentialsForIdentity", `{"type":"Unknown"}`,
					`"requestParameters":{"identityId":"eu-1:ann"},"responseElements":{"credentials":{"accessKeyId":"ASIAANN","expiration":"May 1, 2024, 11:00:00 AM"}}`),
				use("u", "10:05:00", prod, role(prod, "App", "CognitoIdentityCredentials", "ASIAANN", "10:00:00")),
			},
			want: map[string]string{
				"u": "exact oidc:cognito-identity.amazonaws.com:eu-1:ann by access-key > CognitoIdentityCredentials[a exact access-key]",
			},
		},
		{
			name: "SAML from a command line: the very key",
			records: []string{
				saml("a", "10:00:00", "ann", "ann", "ASIAISSUED"),
				use("u", "10:05:00", prod, role(prod, sso, "ann", "ASIAISSUED", "10:00:00")),
			},
			want: map[string]string{
				"u": "exact saml:prov=:ann by access-key > ann[a exact access-key]",
			},
		},
	}
}

// grantVectors are those of sign-ins that hand out sessions (linkage.md 3.12).
func grantVectors() []vector {
	arn := "arn:aws:signin:us-east-1:222222222222:session/1"
	token := func(id, clock, who, session string) string {
		return call(id, clock, prod, "signin", "CreateOAuth2Token", who, `"responseElements":null,"additionalEventData":{"success":"true","signInSessionArn":"`+session+`"}`)
	}
	made := func(created string) string {
		return `"sessionContext":` + within(prod, sso, created, `"signInSessionArn":"`+arn+`"`)
	}
	return []vector{
		{
			name: "5.4 aws login: the authorising session's issuance is there",
			records: []string{
				saml("a", "10:00:00", "ann@example.com", "ann@example.com", "ASIAISSUED"),
				token("t", "10:30:00", federated(""), ""),
				use("u", "11:00:00", prod, federated("ASIALOGIN")),
			},
			want: map[string]string{
				"u": "strong saml:prov=:ann@example.com by session > ann@example.com[a strong session]",
			},
		},
		{
			name:    "5.4 aws login: the grant alone",
			records: []string{token("t", "10:30:00", federated(""), ""), use("u", "11:00:00", prod, federated("ASIALOGIN"))},
			want: map[string]string{
				"t": "unresolved - > ann@example.com[- unresolved] gap no-issuer-log@222222222222",
				"u": "unresolved - > ann@example.com[t strong session] gap no-issuer-log@222222222222",
			},
		},
		{
			name: "5.4 aws login by a user",
			records: []string{
				token("t", "10:30:00", console(dev, "alice", "", "10:00:00"), ""),
				use("u", "11:00:00", dev, console(dev, "alice", "ASIALOGIN", "10:00:00")),
			},
			want: map[string]string{
				"u": "exact iam:111111111111:AIDAALICE by named-on-record in t",
			},
		},
		{
			name: "5.5 an agent's session: the grant of the same sign-in session",
			records: []string{
				saml("a", "10:00:00", "ann@example.com", "ann@example.com", "ASIAISSUED"),
				token("t", "10:30:00", federated(""), arn),
				use("u", "11:00:00", prod, federated("ASIAAGENT", made("10:30:00"), `"invokedBy":"aws-mcp.amazonaws.com"`)),
			},
			want: map[string]string{
				"u": "strong saml:prov=:ann@example.com by session > ann@example.com[a strong session] > ann@example.com[t exact sign-in-session] via aws-mcp.amazonaws.com",
			},
		},
		{
			name: "5.5 an agent's request: its event names the request",
			records: []string{
				call("m", "11:00:00", prod, "aws-mcp", "CallTool", federated("ASIAAGENT", onBehalfOf("u-1")),
					`"eventType":"AwsMcpEvent","additionalEventData":{"downstreamRequests":[{"requestId":"req-u"}]}`),
				use("u", "11:00:01", prod, role(prod, "Agent", "x", "ASIAOTHER", "10:59:00", `"invokedBy":"aws-mcp.amazonaws.com"`)),
			},
			want: map[string]string{
				"u": "exact idc:d-1:u-1 by sign-in-session > ann@example.com[- unresolved] via aws-mcp.amazonaws.com",
			},
		},
	}
}
