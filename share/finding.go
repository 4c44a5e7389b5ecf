package share

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Level is how bad a finding is.
type Level string

// The levels.
const (
	Fault Level = "fault" // it lets more happen than was meant, or not what was meant
	Note  Level = "note"  // to be known
)

// Kinds of what is no document of a plan, and is judged too.
const (
	RoleItself          Kind = "role"
	AttachedDocument    Kind = "attached-policy"
	ACLDocument         Kind = "acl"
	AccessPointDocument Kind = "access-point-policy"
	KeyGrantDocument    Kind = "key-grant"
)

// Finding is what is wrong with a grant, or to be known of it.
type Finding struct {
	Code      string
	Level     Level
	Grant     string // its id; empty: it is of the bucket, whoever was granted what
	Kind      Kind   // of the document
	Resource  string // the ARN of what it is the policy of
	Name      string // of an inline policy
	Index     int    // of the statement at fault in its document, from 0; -1: it is no single one
	Statement *policy.Statement
	Text      string
	Remedy    string
}

// MarshalJSON is a line of `share verify`: flat, but for the statement.
func (f Finding) MarshalJSON() ([]byte, error) {
	r := struct {
		Code      string            `json:"code"`
		Level     Level             `json:"level"`
		Grant     string            `json:"grant,omitempty"`
		Kind      Kind              `json:"document,omitempty"`
		Resource  string            `json:"resource,omitempty"`
		Name      string            `json:"name,omitempty"`
		Sid       string            `json:"sid,omitempty"`
		Index     *int              `json:"index,omitempty"`
		Statement *policy.Statement `json:"statement,omitempty"`
		Text      string            `json:"text"`
		Remedy    string            `json:"remedy,omitempty"`
	}{f.Code, f.Level, f.Grant, f.Kind, f.Resource, f.Name, f.Sid(), nil, f.Statement, f.Text, f.Remedy}
	if f.Index >= 0 {
		r.Index = &f.Index
	}
	return json.Marshal(r)
}

// Sid is that of the statement at fault, where it has one.
func (f Finding) Sid() string {
	if f.Statement == nil {
		return ""
	}
	return f.Statement.Sid
}

// Findings judges a grant on paper: its documents, and what of the bucket, its
// keys and its other policies bears upon it. No fault means that these documents
// let nothing happen but what the grant says; it does not say that nothing else
// does ([BucketFindings]). Faults come first.
func Findings(s *Surroundings, found *Found, now time.Time) []Finding {
	j := &judge{s: s, f: found, g: found.Grant, now: now}
	switch {
	case found.Stray:
		j.strayRole()
		return j.out
	case found.Unclear != "":
		j.fault("unclear", found.Unclear, anew)
	}
	j.meaning()
	if j.g.Means == Role && found.Role != nil {
		j.role(found.Role)
	} else {
		j.bucket()
	}
	j.keys()
	j.more()
	j.shutOut()
	if j.shut() {
		j.finishing()
	}
	return ordered(j.out)
}

func ordered(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int {
		if a.Level == b.Level {
			return 0
		}
		if a.Level == Fault {
			return -1
		}
		return 1
	})
	return all
}

const again = "grant it again: crosstrail share grant repairs its own documents, and crosstrail share plan shows first what it would change"

// judge judges one grant.
type judge struct {
	s   *Surroundings
	f   *Found
	g   *Grant
	now time.Time
	out []Finding
}

func (j *judge) add(f Finding) {
	f.Grant = j.g.ID
	j.out = append(j.out, f)
}

// note and fault are about the grant as a whole.
func (j *judge) note(code, text, remedy string) {
	j.add(Finding{Code: code, Level: Note, Kind: j.home(), Resource: j.homeARN(), Index: -1, Text: text, Remedy: remedy})
}

func (j *judge) fault(code, text, remedy string) {
	j.add(Finding{Code: code, Level: Fault, Kind: j.home(), Resource: j.homeARN(), Index: -1, Text: text, Remedy: remedy})
}

// home is where a grant lies.
func (j *judge) home() Kind {
	if j.g.Means == Role {
		return RoleItself
	}
	return BucketDocument
}

func (j *judge) homeARN() string {
	if j.f.Role != nil { // which may have another than the grant's would
		return j.f.Role.ARN
	}
	if j.g.Means == Role {
		return j.g.RoleARN()
	}
	return j.g.bucketARN()
}
