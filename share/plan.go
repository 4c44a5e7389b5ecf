package share

import "github.com/crosstrail/crosstrail/share/policy"

// Plan is what is to be done for a grant, and nothing but that is done.
type Plan struct {
	Want        Want       `json:"wanted"`
	Grant       *Grant     `json:"grant"`
	Documents   []Document `json:"documents"`
	Calls       []Call     `json:"calls"`
	Permissions []string   `json:"permissions"` // that plan and grant need, reads too
	Warnings    []Warning  `json:"warnings"`
	Basis       string     `json:"basis"` // a hash of what was read
	Why         string     `json:"why"`   // of the means
}

// Kind is which policy a document is.
type Kind string

// The kinds.
const (
	TrustDocument       Kind = "trust"
	PermissionsDocument Kind = "permissions"
	BucketDocument      Kind = "bucket-policy"
	KeyDocument         Kind = "key-policy"
	ReaderDocument      Kind = "reader" // what the reading account's own principal needs
)

// Document is one policy as it was and as it is to be. Before is nil where there
// was none, After where it is to go.
type Document struct {
	Kind     Kind             `json:"kind"`
	Resource string           `json:"resource"` // the ARN of what it is the policy of
	Name     string           `json:"name,omitempty"`
	Before   *policy.Document `json:"before,omitempty"`
	After    *policy.Document `json:"after,omitempty"`
}

// Call is one call that changes something. Parameters are the API's, by its
// names.
type Call struct {
	Service    string         `json:"service"` // iam, s3, kms
	Operation  string         `json:"operation"`
	Parameters map[string]any `json:"parameters"`
	Region     string         `json:"region,omitempty"` // where it is not the caller's
}

// Warning is something that the owner should know before.
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}
