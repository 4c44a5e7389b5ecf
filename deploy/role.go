package deploy

import (
	"cmp"
	"strings"
	"time"
)

// DefaultPolicy is what AWS's text lets the role do.
const DefaultPolicy = "AmazonS3ReadOnlyAccess"

// Role is one that is assumed across accounts.
type Role struct {
	Deployment Name          `json:"-"` // "": [DefaultName]
	Name       string        `json:"name"`
	To         string        `json:"to"`                   // account id, or ARN of a user or role
	ExternalID string        `json:"externalId,omitempty"` // "" for none
	RequireMFA bool          `json:"requireMFA,omitempty"`
	Session    time.Duration `json:"session,omitempty"`  // 0: an hour
	Policies   []string      `json:"policies,omitempty"` // ARNs, or names of AWS's own; none: [DefaultPolicy]
}

// Template is the CloudFormation template of the role, in YAML. [Role.Check] comes first.
func (r *Role) Template() []byte {
	return render("role.yaml", roleData{r, settings{Role: r}.text()})
}

type roleData struct {
	*Role
	Settings string
}

// Of is the deployment that the role is made for.
func (r roleData) Of() Name { return cmp.Or(r.Deployment, DefaultName) }

// Stack is the role's.
func (r roleData) Stack() string { return r.Of().RoleStack(r.Name) }

// Seconds is how long a session may be.
func (r roleData) Seconds() int { return int(cmp.Or(r.Session, time.Hour).Seconds()) }

// Principal is who may assume the role, in YAML.
func (r roleData) Principal() string {
	if strings.HasPrefix(r.To, "arn:") {
		return quote(r.To)
	}
	return "!Sub " + sub("arn:${AWS::Partition}:iam::", r.To, ":root")
}

// PolicyARNs are those of the role's policies, in YAML.
func (r roleData) PolicyARNs() []string {
	var all []string
	for _, p := range r.policies() {
		if strings.HasPrefix(p, "arn:") {
			all = append(all, quote(p))
		} else {
			all = append(all, "!Sub "+sub("arn:${AWS::Partition}:iam::aws:policy/", literal(p)))
		}
	}
	return all
}

func (r *Role) policies() []string {
	if len(r.Policies) == 0 {
		return []string{DefaultPolicy}
	}
	return r.Policies
}
