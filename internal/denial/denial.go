// Package denial reads how AWS says that a caller may not do what it asked for.
package denial

import (
	"regexp"
	"strings"
)

// Denial is a refusal in AWS's words.
type Denial struct {
	Who      string // the ARN of the caller
	Action   string // as s3:GetObject
	Resource string
	Why      string // "because no … policy allows …", "with an explicit deny in …"; "" not said
}

// form is how AWS words it (IAM User Guide, Troubleshoot access denied error
// messages). Some services write "resource:" and the ARN in quotation marks, some
// tell no resource. S3 words it so where caller and bucket are of one account or
// organisation; others get "Access Denied".
var form = regexp.MustCompile(`User: (\S+) is not authorized to perform: (\S+)(?: on resource: "?([^"\s]+)"?)?(?: (because .*|with an explicit deny.*))?`)

// Parse reads a message. ok is false where it does not tell who may not do what.
func Parse(message string) (d Denial, ok bool) {
	m := form.FindStringSubmatch(message)
	if m == nil {
		return d, false
	}
	return Denial{m[1], m[2], m[3], m[4]}, true
}

// ByOrganization reports whether a service control policy, or a resource control
// policy, denies it: nobody in the account can give leave.
func (d Denial) ByOrganization() bool {
	return strings.Contains(d.Why, "service control policy") || strings.Contains(d.Why, "resource control policy")
}
