package lineage

import "github.com/crosstrail/crosstrail/cloudtrail"

// Identity is all that the ladder reads of a record's userIdentity element: a
// pure function of that element. Thousands of uses share one; keepers of uses
// intern them, and the Resolver remembers its work by pointer.
type Identity struct {
	Type             string
	PrincipalID      string
	ARN              string
	AccountID        string
	AccessKeyID      string // "" if masked or redacted too: such values link nothing
	UserName         string
	IdentityProvider string
	InvokedBy        string
	CredentialID     string
	DelegateAccount  string

	OnBehalfOfUser  string // onBehalfOf.userId
	OnBehalfOfStore string // identity store id: last part of identityStoreArn

	InScopeType string // inScopeOf.issuerType
	InScopeARN  string // inScopeOf.credentialsIssuedTo

	Created         cloudtrail.Time // sessionContext.attributes.creationDate
	MFA             cloudtrail.Bool
	IssuerType      string // sessionContext.sessionIssuer
	IssuerPrincipal string
	IssuerARN       string
	IssuerAccount   string
	IssuerName      string

	FederatedProvider string // webIdFederationData
	FederatedSubject  string // Cognito's …:sub
	SourceIdentity    string
	EC2RoleDelivery   string
	SignInSessionARN  string
	AssumedRoot       bool
	Redacted          bool // what would have linked was masked
}

// Use is one event as the ladder sees it: who called, when, what.
type Use struct {
	ID          cloudtrail.ID
	Fingerprint Fingerprint
	Time        cloudtrail.Time
	Caller      *Identity // never nil

	EventSource   string
	EventName     string
	Region        string
	ErrorCode     string
	RequestID     string
	SharedEventID string
	SourceIP      string
	UserAgent     string
	FromConsole   bool // sessionCredentialFromConsole
	Location
}

// Location is where a record is found: its log file and its ordinal there.
type Location struct {
	File   string // URI
	Record int    // ordinal in the file, from 0
}

// Fingerprint is the hash of a record's link fields, with the number of those
// missing in the top byte: of two variants of one event the smaller is shown,
// the one with more link fields, then the lesser hash (linkage.md section 1).
type Fingerprint uint64

// SessionKey is what events of one session share, known from the record alone:
// principal id, creation date, account, and the subject for Cognito; else the
// key; else the principal. It is the contract's session id where the record has
// one: "AROA…:name@2016-04-05T20:39:37Z".
func (id *Identity) SessionKey() string { panic("skeleton") }
