package share

import (
	"encoding/json"
	"time"
)

// Grant is one act of sharing.
type Grant struct {
	ID    string // 12 signs: to, trail, means and logs make it ([Grant.Name])
	To    string // account id, ARN of a user or role, or the id of one's organisation
	Means Means

	Partition string // aws, aws-cn, aws-us-gov
	Owner     string // the account of the bucket
	Trail     string // ARN; empty where none is known to write to the bucket
	Bucket    string
	Region    string // of the bucket
	Prefix    string // of the trail, without slashes at its ends

	Logs         Logs
	Since, Until Day
	Expires      time.Time // zero: no end

	// Organization is the id of the organisation that the reader has to be a member of
	// as long as the grant lasts; empty for outsiders, and where it is not known.
	Organization string

	Policy      Breadth // of a role
	ExternalID  string  // likewise, as SessionName
	MFA         bool
	SessionName string
}

// row is the contract's JSON of a grant.
type row struct {
	ID           string     `json:"id"`
	To           string     `json:"to"`
	Means        Means      `json:"means"`
	RoleARN      string     `json:"roleArn,omitempty"`
	Trail        string     `json:"trail,omitempty"`
	Bucket       string     `json:"bucket"`
	Prefix       string     `json:"prefix"`
	Logs         string     `json:"logs"`
	Since        Day        `json:"since,omitzero"`
	Until        Day        `json:"until,omitzero"`
	Expires      *time.Time `json:"expires,omitempty"`
	ExternalID   bool       `json:"externalId"`
	MFA          bool       `json:"mfa"`
	Policy       Breadth    `json:"policy,omitempty"`
	Organization string     `json:"organization,omitempty"`
	SessionName  string     `json:"sessionName,omitempty"`
}

// MarshalJSON is a line of `share list`. Whether there is an external id is told,
// not which.
func (g *Grant) MarshalJSON() ([]byte, error) {
	r := row{
		ID: g.ID, To: g.To, Means: g.Means, RoleARN: g.RoleARN(), Trail: g.Trail, Bucket: g.Bucket, Prefix: g.Prefix, Logs: g.Logs.String(),
		Since: g.Since, Until: g.Until, ExternalID: g.ExternalID != "", MFA: g.MFA, Policy: g.Policy, Organization: g.Organization, SessionName: g.SessionName,
	}
	if !g.Expires.IsZero() {
		end := g.Expires.UTC()
		r.Expires = &end
	}
	return json.Marshal(r)
}
