package lineage

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Kind is what a Fact tells.
type Kind uint8

// The kinds of facts (linkage.md section 1, "Keys").
const (
	Issuance    Kind = iota + 1 // a call that handed out temporary credentials
	SignIn                      // ConsoleLogin, SwitchRole, GetSigninToken, CreateOAuth2Token
	Copy                        // a record that needs, or can give, another account's copy
	Portal                      // GetRoleCredentials of Identity Center
	Downstream                  // AwsMcpEvent: requests made under one sign-in
	Name                        // a name seen beside a unique id
	Correction                  // an addendum to another event
	KeyMinted                   // CreateAccessKey: a long-term key
	RoleChanged                 // a role's trust or policies were changed, or it was made
)

// Fact is what one record adds: a pure function of it. The set of facts is all
// that links are worked out from.
//
// A Name is of no event: its Use has a time alone, so that the thousands of
// records that show one name on one day add one fact.
type Fact struct {
	Kind Kind
	Use  // the record itself; its Caller, never nil, made the call

	Request Request
	Grant   Grant
	Detail  Detail
}

// Request is what an issuing call asked for (requestParameters).
type Request struct {
	RoleARN         string
	SessionName     string
	ExternalID      string
	SourceIdentity  string
	TargetPrincipal string
	SerialNumber    string
	Duration        int               // seconds, 0 if not said
	Tags            map[string]string // tags, and incoming transitive ones
	TransitiveTags  []string          // keys handed on, sorted
	IncomingTags    map[string]string // incomingTransitiveTags
}

// Grant is what an issuing call handed out (responseElements). Zero for a call
// that hides it.
type Grant struct {
	AccessKeyID string
	Expires     cloudtrail.Time
	PrincipalID string // assumedRoleId or federatedUserId
	ARN         string // of the session
	Subject     string // SAML or OIDC subject, Cognito identity, certificate, Identity Center user
	Provider    string // of the subject; ConsoleLogin: the SAML provider's ARN
	Issuer      string // SAML issuer
}

// Detail is what the kinds other than Issuance tell.
type Detail struct {
	SwitchFrom       string            // SwitchRole: ARN of who switched
	SignInSessionARN string            // CreateOAuth2Token; CreateToken: the credential id
	MFA              bool              // ConsoleLogin: MFAUsed
	Account, Role    string            // GetRoleCredentials: account_id, role_name
	Requests         []string          // AwsMcpEvent: downstream request ids
	ID, Name         string            // Name: unique id and name; Correction: original event id; KeyMinted, RoleChanged: name
	ARN              string            // Name: ARN; RoleChanged: the role
	Fields           map[string]string // Correction: the link fields it gives anew
	Key              string            // KeyMinted: the long-term key
}

// Index finds facts and uses. Its implementations are the stores.
//
// Both methods return a set: the order has no meaning, an element that is in
// the store twice (a duplicate) may be returned once or twice, every variant of
// an event must be there. Times are event times, both ends included; a zero
// bound is open. Safe for concurrent use.
type Index interface {
	// Facts returns the facts under any of the keys.
	Facts(ctx context.Context, keys []Key, from, to cloudtrail.Time) ([]*Fact, error)
	// Uses returns events by their caller's principal id.
	Uses(ctx context.Context, principalID string, from, to cloudtrail.Time) ([]Use, error)
}

// Horizon tells what is known of an account's log in a region at a moment.
type Horizon interface {
	At(account, region string, t cloudtrail.Time) Coverage
	// Steady is from when until when, both included, At says what it says at t.
	Steady(account, region string, t cloudtrail.Time) (from, until cloudtrail.Time)
	// LeavesOut reports whether the issuance of a session may be one that was not
	// taken, whatever the log holds.
	LeavesOut(session *Identity) bool
	// LeftOut reports whether it may be one that was not taken once, though it would
	// be now: that it is not there says nothing about the log.
	LeftOut(session *Identity) bool
}

// Coverage is one reading of a Horizon.
type Coverage uint8

// What may be known (linkage.md section 2, "Coverage and gaps").
const (
	UnknownCoverage Coverage = iota // no log files with CloudTrail names at all
	NoLogFiles                      // names are known, none of this account and region
	Covered
	Hole         // proved by digests
	BeforeFirst  // more than 15 minutes before the first file
	BehindNewest // within 15 minutes of the newest delivery, or after it
)
