package lineage

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

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

	// Digest and Missing are the identity's share of a [Fingerprint]: the hash
	// of its link fields, and how many of them it lacks.
	Digest  [16]byte
	Missing uint8
}

// NewIdentity reads the userIdentity element. Masked and redacted values are
// read as absent: they would link what has nothing to do with each other. Its
// strings alias those of u; see [Identity.Clone].
func NewIdentity(u *cloudtrail.UserIdentity) Identity {
	s := &u.SessionContext
	id := Identity{
		Type:             u.Type,
		PrincipalID:      unmaskedKey(u.PrincipalID),
		ARN:              unmasked(u.ARN),
		AccountID:        unmasked(u.AccountID),
		AccessKeyID:      unmaskedKey(u.AccessKeyID),
		UserName:         unmasked(u.UserName),
		IdentityProvider: unmasked(u.IdentityProvider),
		InvokedBy:        u.InvokedBy,
		CredentialID:     unmaskedKey(u.CredentialID),
		DelegateAccount:  unmasked(u.DelegateAccount),

		OnBehalfOfUser:  unmasked(u.OnBehalfOf.UserID),
		OnBehalfOfStore: unmasked(lastPart(u.OnBehalfOf.IdentityStoreARN)),
		InScopeType:     u.InScopeOf.IssuerType,
		InScopeARN:      unmasked(u.InScopeOf.CredentialsIssuedTo),

		Created:         s.CreationDate,
		MFA:             s.MFAAuthenticated,
		IssuerType:      s.Issuer.Type,
		IssuerPrincipal: unmaskedKey(s.Issuer.PrincipalID),
		IssuerARN:       unmasked(s.Issuer.ARN),
		IssuerAccount:   unmasked(s.Issuer.AccountID),
		IssuerName:      unmasked(s.Issuer.UserName),

		FederatedProvider: unmasked(s.FederatedProvider),
		FederatedSubject:  cognitoSubject(s),
		SourceIdentity:    unmasked(s.SourceIdentity),
		EC2RoleDelivery:   s.EC2RoleDelivery,
		SignInSessionARN:  unmasked(s.SignInSessionARN),
		AssumedRoot:       s.AssumedRoot == cloudtrail.True,
	}
	id.Redacted = isMaskedKey(u.AccessKeyID) || isMaskedKey(u.PrincipalID)
	if id.OnBehalfOfStore == "" {
		id.OnBehalfOfUser = "" // user ids are unique within their store
	}
	id.Digest, id.Missing = digest(&id)
	return id
}

// cognitoSubject is the identity id, kept under a name that holds the provider's
// ("cognito-identity.amazonaws.com:sub", linkage.md 3.14).
func cognitoSubject(s *cloudtrail.SessionContext) string {
	if s.FederatedAttributes == "" {
		return ""
	}
	for name, value := range s.FederatedAttributes.Members() {
		if strings.HasSuffix(name, ":sub") {
			return unmasked(value.Text())
		}
	}
	return ""
}

// isMasked reports whether somebody took the value out: AWS (linkage.md 4.4) or
// whoever published the log. '*' is in no id, name or ARN of a caller.
func isMasked(s string) bool {
	if s == "" {
		return false
	}
	switch strings.ToLower(strings.Trim(s, " \t<>[](){}")) {
	case "hidden_due_to_security_reasons", "redacted":
		return true
	}
	return strings.IndexByte(s, '*') >= 0
}

// isMaskedKey reports the same of a value that things are found by, an id or a
// key: there what stands for nothing is a mask too. A mask that looks like a key
// is left to the guards (linkage.md section 1).
func isMaskedKey(s string) bool {
	if s == "" {
		return false
	}
	if strings.ContainsAny(s, "0123456789") { // no word for a mask has a digit
		return strings.IndexByte(s, '*') >= 0
	}
	bare := strings.ToLower(strings.Trim(s, " \t<>[](){}-"))
	switch bare {
	case "", "null", "nil", "none", "n/a", "hidden", "masked", "removed":
		return true
	}
	return strings.Trim(bare, "x") == "" || isMasked(s)
}

func unmaskedKey(s string) string {
	if isMaskedKey(s) {
		return ""
	}
	return s
}

// unmasked is s, or "" where it is masked.
func unmasked(s string) string {
	if isMasked(s) {
		return ""
	}
	return s
}

// lastPart is what follows the last '/', or all of s.
func lastPart(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// RoleID is the part of the principal id before the last ':', all of it where
// it has none: the unique id of the role or user. The split is at the last one
// since the id may hold some too ("123456789012:aws:ec2-instance:i-02854e4b").
func (id *Identity) RoleID() string {
	if !id.named() {
		return id.PrincipalID
	}
	if i := strings.LastIndexByte(id.PrincipalID, ':'); i >= 0 {
		return id.PrincipalID[:i]
	}
	return id.PrincipalID
}

// SessionName is the name of a role's or federated user's session: what follows
// the last ':' of the principal id, else the last part of the sts ARN, which is
// all that a masked principal id leaves. "" for callers that have none.
func (id *Identity) SessionName() string {
	if !id.named() {
		return ""
	}
	if i := strings.LastIndexByte(id.PrincipalID, ':'); i >= 0 {
		return id.PrincipalID[i+1:]
	}
	if strings.Contains(id.ARN, ":assumed-role/") || strings.Contains(id.ARN, ":federated-user/") {
		return lastPart(id.ARN)
	}
	return ""
}

// named reports whether the caller is of a kind whose principal id holds the
// name of a session. The ids of SAML and OIDC subjects hold colons of their own.
func (id *Identity) named() bool {
	switch id.Type {
	case "IAMUser", "Root":
		return id.isMistyped()
	case "SAMLUser", "WebIdentityUser", "AWSService", "IdentityCenterUser":
		return false
	}
	return true
}

// SessionID is the session as the contract prints it, "AROA…:name@2016-04-05T20:39:37Z";
// "" where the record does not tell both who and when. People's own sessions
// have no name: "AIDA…@2016-04-05T20:39:37Z".
func (id *Identity) SessionID() string {
	if id.PrincipalID == "" || id.Created.IsZero() {
		return ""
	}
	return sessionID(id.RoleID(), id.SessionName(), id.Created)
}

func sessionID(role, name string, created cloudtrail.Time) string {
	if name == "" {
		return role + "@" + created.String()
	}
	return role + ":" + name + "@" + created.String()
}

// SessionKey is what events of one session share, known from the record alone:
// principal id, session name, creation date, account, and the subject for
// Cognito, whose users share the rest; else the access key; else the principal.
// It is for grouping; what is printed is [Identity.SessionID].
func (id *Identity) SessionKey() string {
	const sep = "\x1f"
	account := id.AccountID
	if account == "" {
		account = id.IssuerAccount
	}
	switch {
	case !id.Created.IsZero() && (id.PrincipalID != "" || id.ARN != ""):
		key := id.RoleID() + sep + id.SessionName() + sep + id.Created.String() + sep + account
		if id.PrincipalID == "" {
			key += sep + id.ARN
		}
		if id.FederatedSubject != "" {
			key += sep + id.FederatedSubject
		}
		return key
	case id.AccessKeyID != "":
		return id.AccessKeyID
	case id.PrincipalID != "":
		return id.PrincipalID + sep + account
	}
	return id.Type + sep + id.ARN + sep + id.InvokedBy + sep + account + sep + id.UserName
}
