package share

import "time"

// Want is what the owner of a bucket asks for: one grant. The JSON is that of a
// saved plan.
type Want struct {
	To           string `json:"to,omitempty"`           // an account id, or the ARN of a user or role
	Organization bool   `json:"organization,omitempty"` // all accounts of one's organisation, in the place of To
	Logs         Logs   `json:"logs"`
	Since        Day    `json:"since,omitzero"` // of delivery, both included
	Until        Day    `json:"until,omitzero"`

	Via         Means     `json:"via,omitempty"` // empty: chosen by what the bucket is like
	Policy      Breadth   `json:"policy,omitempty"`
	ExternalID  string    `json:"externalIdValue,omitempty"`
	MFA         bool      `json:"mfa,omitempty"`
	Expires     time.Time `json:"expires,omitzero"`
	SessionName string    `json:"sessionName,omitempty"` // that a session in the role must have; may hold * and policy variables

	Prefix *string `json:"prefix,omitempty"` // what the user thinks the trail's is; nil: not said
}

// Means is how a grant is made.
type Means string

// The means.
const (
	Role         Means = "role"
	BucketPolicy Means = "bucket-policy"
)

// Breadth is how much a role lays open (--policy).
type Breadth string

// The breadths.
const (
	Minimal         Breadth = "minimal"           // linkage.md 8.1
	Seed            Breadth = "seed"              // s3:Get* and s3:List*, as the AWS text has it: every account's keys can be listed
	ManagedReadOnly Breadth = "managed-read-only" // AmazonS3ReadOnlyAccess: every bucket of the account
)

// Logs is whose log files are granted: the reader's own (the zero value), all of
// the trail's, or those of the accounts named.
type Logs struct {
	All      bool
	Accounts []string // sorted
}
