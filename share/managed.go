package share

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/internal/pattern"
	"github.com/crosstrail/crosstrail/share/policy"
)

// Managed is a customer-managed policy, as it is.
type Managed struct {
	ARN      string
	Name     string
	Versions []Version
	Holders  []string // it is attached to: user/NAME, role/NAME, group/NAME, and what has it as its boundary
}

// Version is one of the at most five versions of a managed policy.
type Version struct {
	ID       string // v3
	Default  bool   // it is the one in effect
	Created  time.Time
	Document *policy.Document
}

// mostVersions is how many a managed policy may have (IAM User Guide, Versioning
// IAM policies).
const mostVersions = 5

// Edit is a change of a managed policy.
type Edit struct {
	Calls   []Call
	Dropped *Version // what has to go, so that there is room
	Version string   // the version that the change leads to, as far as its name is known: "" one that is made
	InForce bool     // it is the default then
}

// PolicyARN is the ARN of a customer-managed policy.
var PolicyARN = pattern.Of(`^arn:(aws[a-z-]*):iam::(\d{12}|aws):policy/[\w+=,.@/-]{1,575}$`)

// Default is the version in effect.
func (m *Managed) Default() *Version {
	return m.find(func(v *Version) bool { return v.Default })
}

// Version is the version of an id, nil where it is not there.
func (m *Managed) Version(id string) *Version {
	return m.find(func(v *Version) bool { return v.ID == id })
}

func (m *Managed) find(is func(*Version) bool) *Version {
	for i := range m.Versions {
		if is(&m.Versions[i]) {
			return &m.Versions[i]
		}
	}
	return nil
}

// Pending is a version newer than the one in effect.
type Pending struct {
	Version string
	Lost    []string // its statements that another document has not
}

// Pending are the versions that were made after the one in effect, as without
// SetAsDefault, and hold statements that a document has not: one that is built on
// the version in effect drops them without a word.
func (m *Managed) Pending(d *policy.Document) []Pending {
	var out []Pending
	for _, v := range m.ByAge() {
		if v.Document == nil || numberOf(v.ID) <= numberOf(m.Default().ID) {
			continue
		}
		var lost []string
		for i, s := range v.Document.Statements {
			switch {
			case slices.ContainsFunc(d.Statements, func(has policy.Statement) bool { return policy.SameStatement(has, s) }):
			case s.Sid != "":
				lost = append(lost, "statement "+s.Sid)
			default:
				lost = append(lost, "statement "+strconv.Itoa(i+1))
			}
		}
		if len(lost) > 0 {
			out = append(out, Pending{v.ID, lost})
		}
	}
	return out
}

// ByAge are the versions, oldest first.
func (m *Managed) ByAge() []*Version {
	var all []*Version
	for i := range m.Versions {
		all = append(all, &m.Versions[i])
	}
	slices.SortFunc(all, func(a, b *Version) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(numberOf(a.ID), numberOf(b.ID)))
	})
	return all
}

func numberOf(id string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(id, "v"))
	return n
}

// Write makes a document the newest version; the default too, where that is
// wanted. A version that says the same is taken instead of a new one. With five
// versions there the oldest that is not the default goes, as the console does.
func (m *Managed) Write(d *policy.Document, setDefault bool) (*Edit, error) {
	if err := CheckManaged(d); err != nil {
		return nil, err
	}
	e := &Edit{InForce: setDefault}
	if same := m.find(func(v *Version) bool { return v.Default && policy.Equal(v.Document, d) }); same != nil {
		e.Version, e.InForce = same.ID, true
		return e, nil
	}
	if same := m.find(func(v *Version) bool { return policy.Equal(v.Document, d) }); same != nil {
		e.Version = same.ID
		if setDefault {
			e.Calls = []Call{setDefaultCall(m.ARN, same.ID)}
		}
		return e, nil
	}
	if len(m.Versions) >= mostVersions {
		for _, v := range m.ByAge() {
			if !v.Default {
				e.Dropped = v
				break
			}
		}
		if e.Dropped == nil {
			return nil, fmt.Errorf("policy %s has %d versions, and none that may go", m.ARN, len(m.Versions))
		}
		e.Calls = append(e.Calls, Call{Service: "iam", Operation: "DeletePolicyVersion", Parameters: map[string]any{"PolicyArn": m.ARN, "VersionId": e.Dropped.ID}})
	}
	e.Calls = append(e.Calls, Call{Service: "iam", Operation: "CreatePolicyVersion", Parameters: map[string]any{"PolicyArn": m.ARN, "PolicyDocument": d.String(), "SetAsDefault": setDefault}})
	return e, nil
}

// Back puts a version that is there in effect.
func (m *Managed) Back(id string) (*Edit, error) {
	v := m.Version(id)
	switch {
	case v == nil:
		var ids []string
		for _, v := range m.ByAge() {
			ids = append(ids, v.ID)
		}
		return nil, fmt.Errorf("policy %s has no version %s: it has %s", m.ARN, id, strings.Join(ids, ", "))
	case v.Default:
		return &Edit{Version: id, InForce: true}, nil
	}
	return &Edit{Version: id, InForce: true, Calls: []Call{setDefaultCall(m.ARN, id)}}, nil
}

func setDefaultCall(arn, id string) Call {
	return Call{Service: "iam", Operation: "SetDefaultPolicyVersion", Parameters: map[string]any{"PolicyArn": arn, "VersionId": id}}
}

// CreateManaged makes a policy that is not there yet, below [Path].
func CreateManaged(name string, d *policy.Document) Call {
	return Call{Service: "iam", Operation: "CreatePolicy", Parameters: map[string]any{
		"PolicyName": name, "Path": Path, "PolicyDocument": d.String(), "Description": "Reading of shared CloudTrail log files, by crosstrail share reader-policy",
	}}
}

// Holder is a user or role of the reader's account.
type Holder struct {
	Kind, Name string
	ARN        string
	Boundary   string                      // ARN of its permissions boundary, "" none
	Attached   []string                    // ARNs of managed policies, those of its groups too
	Own        []string                    // of these, those that are attached to it itself
	Documents  map[string]*policy.Document // all that it has, by where they are: "policy ARN", "its own policy NAME", …
}

// Attach gives a policy to the holder.
func (h *Holder) Attach(arn string) Call {
	if h.Kind == "role" {
		return Call{Service: "iam", Operation: "AttachRolePolicy", Parameters: map[string]any{"RoleName": h.Name, "PolicyArn": arn}}
	}
	return Call{Service: "iam", Operation: "AttachUserPolicy", Parameters: map[string]any{"UserName": h.Name, "PolicyArn": arn}}
}

var holderForm = pattern.Of(`^(?:arn:aws[a-z-]*:iam::(\d{12}):)?(user|role)/([\w+=,.@/-]*/)?([\w+=,.@-]{1,64})$`)

// ParseHolder reads user/NAME and role/NAME, as ARNs have them or alone. account is
// empty where the text does not tell it.
func ParseHolder(text string) (kind, name, account string, err error) {
	m := holderForm().FindStringSubmatch(text)
	switch {
	case m == nil && strings.Contains(text, ":assumed-role/"):
		return "", "", "", fmt.Errorf("%q is a session: a policy is attached to its role, role/NAME", text)
	case m == nil:
		return "", "", "", fmt.Errorf("%q is no user/NAME and no role/NAME", text)
	case m[2] == "role" && strings.HasPrefix(m[4], "AWSReservedSSO_"):
		return "", "", "", fmt.Errorf("%s is a role of IAM Identity Center, which nobody edits in the account: add the policy to its permission set", m[4])
	}
	return m[2], m[4], m[1], nil
}
