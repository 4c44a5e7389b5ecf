package deploy

import "time"

// Role is one that is assumed across accounts.
type Role struct {
	Name       string
	To         string // account id, or ARN of a user or role
	ExternalID string // "" for none
	RequireMFA bool
	Session    time.Duration // 0: an hour
	Policies   []string      // ARNs, or names of AWS's own: AmazonS3ReadOnlyAccess
}
