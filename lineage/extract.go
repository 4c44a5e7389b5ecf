package lineage

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// class is what a record may add besides names, told by fields that are cheap
// to look at.
type class uint8

const (
	ordinary class = iota
	issuing        // may hand out temporary credentials
	signing        // a sign-in, or a grant that stands for one
	portal         // GetRoleCredentials
	agent          // AwsMcpEvent
	account        // a change to users, roles and keys in IAM
	naming         // a sign-in step of Identity Center that gives the person's name
)

func classOf(r *cloudtrail.Record) class {
	switch r.EventSource {
	case "sts.amazonaws.com":
		if issuesByName(r) {
			return issuing
		}
	case "signin.amazonaws.com":
		switch r.EventName {
		case "ConsoleLogin", "SwitchRole", "ExitRole", "RenewRole", "GetSigninToken", "CreateOAuth2Token":
			return signing
		case "UserAuthentication", "CredentialChallenge", "CredentialVerification":
			return naming
		}
	case "sso.amazonaws.com", "sso-oauth.amazonaws.com":
		switch r.EventName {
		case "GetRoleCredentials":
			return portal
		case "CreateToken", "CreateTokenWithIAM":
			return signing
		}
	case "iam.amazonaws.com":
		switch r.EventName {
		case "CreateUser", "CreateRole", "CreateServiceLinkedRole", "CreateAccessKey",
			"UpdateAssumeRolePolicy", "AttachRolePolicy", "DetachRolePolicy", "PutRolePolicy", "DeleteRolePolicy":
			return account
		}
	}
	switch {
	case r.EventType == "AwsMcpEvent":
		return agent
	case issuesByName(r), strings.Contains(string(r.ResponseElements), "ASIA"):
		return issuing
	}
	return ordinary
}

// AddsOnlyNames reports whether [Facts] of the record are nothing but the
// [Names] of its caller, as for nine records in ten. Who already asked for the
// names of that identity on that day need not ask again.
func AddsOnlyNames(r *cloudtrail.Record, who *Identity) bool {
	return r.Addendum == "" && !givesCopy(r, who) && classOf(r) == ordinary
}

// givesCopy reports whether another account's copy of the record, which names
// its caller by account alone, can take the rest from here (rule S4). A row
// that needs such a copy looks for it and is no fact; a service's own copies go
// to an account of AWS's (linkage.md section 1, key h).
func givesCopy(r *cloudtrail.Record, who *Identity) bool {
	if r.SharedEventID == "" {
		return false
	}
	switch who.Type {
	case "", "AWSService", "AWSAccount", "Unknown":
		return false
	}
	return true
}

// Facts returns what a record adds, given the use that [NewUse] made of it. A
// call that failed hands out nothing. The facts' strings alias the record's;
// see [Fact.Clone].
func Facts(r *cloudtrail.Record, use Use) []Fact {
	c := classOf(r)
	facts := Names(use.Caller, use.Time)
	if r.Addendum != "" {
		facts = appendCorrection(facts, r, use)
	}
	n := len(facts)
	if use.ErrorCode == "" {
		switch c {
		case issuing:
			facts = appendIssuances(facts, r, use)
		case signing:
			facts = appendSignIn(facts, r, use)
		case portal:
			facts = appendPortal(facts, r, use)
		case agent:
			facts = appendDownstream(facts, r, use)
		case account:
			facts = appendAccount(facts, r, use)
		case naming:
			facts = appendPersonName(facts, r, use)
		}
	}
	if givesCopy(r, use.Caller) && (len(facts) == n || facts[n].Kind != Issuance) {
		facts = append(facts, Fact{Kind: Copy, Use: use})
	}
	return facts
}
