package cloudtrail

import (
	"crypto/sha256"
	"encoding/hex"
)

// ID is the identity of an event: two records with one ID tell of one event
// (linkage.md section 1). Event is the eventID or, where the record has none,
// "sha256:" and the hash of its bytes. Recipient is the account the record was
// delivered to.
type ID struct{ Event, Recipient string }

// Bool is a JSON boolean that may be absent, or written as a string
// ("true"), as AWS does for some fields.
type Bool uint8

// The three readings of a Bool.
const (
	Absent Bool = iota
	False
	True
)

// OddErrorCode stands for an errorCode that is an object or array and not empty:
// the call failed, and what it holds is no code.
const OddErrorCode = "not-a-text"

// Record is one CloudTrail event as AWS wrote it, fields by their documented
// names (CloudTrail User Guide, "CloudTrail record contents", eventVersion 1.00
// to 1.11). Absent, null and "" read the same. A string field written as a
// number or boolean holds that token's text.
//
// An ErrorCode written as an object or array is [OddErrorCode].
//
// All strings alias the decoder's buffer: they are valid until the iteration
// moves on. [Record.Clone] makes one that stays.
type Record struct {
	Raw     JSON  // the whole record, first brace to last
	Ordinal int   // its place in the file, from 0, bad records counted
	Offset  int64 // of Raw in the decompressed input; of its string in LookupEvents output

	// Envelope is what an EventBridge event or a LookupEvents entry says
	// around the record; zero in a log file.
	Envelope Envelope

	EventVersion         string
	EventTime            Time   // zero if absent or in no known form
	EventTimeText        string // as written
	EventSource          string
	EventName            string
	AWSRegion            string
	SourceIPAddress      string
	UserAgent            string
	ErrorCode            string
	ErrorMessage         string
	RequestID            string
	EventID              string
	EventType            string
	EventCategory        string
	APIVersion           string
	RecipientAccountID   string
	SharedEventID        string
	VPCEndpointID        string
	VPCEndpointAccountID string

	ReadOnly                     Bool
	ManagementEvent              Bool
	SessionCredentialFromConsole Bool

	UserIdentity UserIdentity

	RequestParameters   JSON
	ResponseElements    JSON
	AdditionalEventData JSON
	ServiceEventDetails JSON
	Resources           JSON
	Addendum            JSON
	InsightDetails      JSON
	TLSDetails          JSON
	EdgeDeviceDetails   JSON
	EventContext        JSON
}

// Envelope is what stands around a record that did not come in a log file. A
// LookupEvents entry has an ID and a Time only.
type Envelope struct {
	ID         string // EventBridge event id, or EventId of LookupEvents
	Account    string // the account whose bus carried it: the recipient where the record names none
	Region     string
	Time       string
	DetailType string
}

// UserIdentity is the element of that name (CloudTrail User Guide,
// "CloudTrail userIdentity element"; linkage.md 4.1).
type UserIdentity struct {
	Raw JSON // the element itself: equal bytes are equal identities

	Type             string
	PrincipalID      string
	ARN              string
	AccountID        string
	AccessKeyID      string
	UserName         string
	IdentityProvider string
	InvokedBy        string
	CredentialID     string
	DelegateAccount  string // invokedByDelegate.accountId

	OnBehalfOf struct{ UserID, IdentityStoreARN string }
	InScopeOf  struct {
		SourceARN, SourceAccount, IssuerType, CredentialsIssuedTo, CredentialsIssuedToVersion string
	}
	SessionContext SessionContext
}

// SessionContext is the element of that name; zero for long-term credentials.
type SessionContext struct {
	CreationDate     Time   // attributes.creationDate
	CreationDateText string // as written
	MFAAuthenticated Bool
	Issuer           struct{ Type, UserName, PrincipalID, ARN, AccountID string }

	FederatedProvider   string // webIdFederationData.federatedProvider
	FederatedAttributes JSON   // webIdFederationData.attributes
	SourceIdentity      string
	EC2RoleDelivery     string
	SignInSessionARN    string
	AssumedRoot         Bool
}

// Clone returns a Record whose strings alias nothing.
func (r *Record) Clone() *Record {
	c := *r
	size := 0
	c.eachString(func(s string) string { size += len(s); return s })
	all := make([]byte, 0, size)
	c.eachString(func(s string) string {
		start := len(all)
		all = append(all, s...)
		return alias(all[start:])
	})
	return &c
}

// eachString replaces every string of the record.
func (r *Record) eachString(f func(string) string) {
	s := newSlots(r, &r.Envelope)
	for _, p := range s.texts {
		*p = f(*p)
	}
	jsons := append(s.jsons[:], &r.Raw, &r.UserIdentity.Raw)
	for _, p := range jsons {
		*p = JSON(f(string(*p)))
	}
}

// ID is the identity of the event, given the account in its file's path: the
// recipient is the record's, else its envelope's, else that one.
func (r *Record) ID(pathAccount string) ID {
	id := ID{Event: r.EventID, Recipient: r.RecipientAccountID}
	if id.Event == "" {
		sum := sha256.Sum256([]byte(r.Raw))
		id.Event = "sha256:" + hex.EncodeToString(sum[:])
	}
	if id.Recipient == "" {
		id.Recipient = r.Envelope.Account
	}
	if id.Recipient == "" {
		id.Recipient = pathAccount
	}
	return id
}
