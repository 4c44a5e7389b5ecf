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
	if found.Unclear != "" {
		j.add(Finding{Code: "unclear", Level: Fault, Kind: j.home(), Resource: j.homeARN(), Index: -1, Text: found.Unclear, Remedy: again})
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
	if j.g.Means == Role {
		return j.g.RoleARN()
	}
	return j.g.bucketARN()
}

// meaning judges what the grant itself says, whatever its documents do.
func (j *judge) meaning() {
	g, s := j.g, j.s
	switch {
	case g.Expires.IsZero():
		j.note("no-end", "it has no end", "crosstrail share grant … --expires 90d")
	case !g.Expires.After(j.now):
		j.note("expired", "it ended on "+g.Expires.UTC().Format(time.RFC3339)+", and lets nobody read any more", "crosstrail share revoke "+g.ID+" takes it away")
	}
	if !g.MFA {
		j.note("no-mfa", "it asks for no MFA", "crosstrail share grant … --require-mfa, where the readers are users with a device")
	}
	inside, known := s.Inside(g.account())
	switch {
	case IsAccount(g.To):
		j.note("root", "it is for all of account "+g.To+": that account's administrators choose who of it may read", "name one role or user of it: --to arn:…")
	case g.To == g.Organization:
		inside, known = true, true
	}
	own := g.meant(g.Logs).String() == "own"
	switch {
	case known && inside && g.Organization == "" && s.Organization != nil:
		j.note("organization-unheld", "it stays if account "+g.account()+" leaves the organisation", again)
	case known && inside:
	case known && g.Organization != "":
		j.fault("left-organization", "account "+g.account()+" is no member of the organisation (any more): it is refused, or will be", "crosstrail share revoke "+g.ID)
	case g.ExternalID == "" && (known || !own) && g.Organization == "":
		j.fault("no-external-id", "account "+g.account()+" is outside the organisation, and shows no external id: whoever deals with it may be let it read for another", "crosstrail share grant … --external-id ID, which the reader makes")
	case !known:
		j.note("membership-unknown", "whether account "+g.account()+" is in the organisation could not be seen", "run this with organizations:ListAccounts")
	}
	if g.Trail != "" && s.Trail.ARN == g.Trail && s.Trail.Prefix != g.Prefix {
		j.fault("other-prefix", "it is for the prefix "+quoted(g.Prefix)+", and trail "+s.Trail.Name+" writes below "+quoted(s.Trail.Prefix), again)
	}
	for _, k := range s.Keys {
		if k.AWSManaged && g.Means == BucketPolicy {
			j.fault("aws-managed-key", "log files are encrypted with "+k.ARN+", an AWS managed key, which no other account can use: they cannot be read", "share by a role (--via role), or encrypt with a key of your own")
		}
	}
}

func quoted(prefix string) string {
	if prefix == "" {
		return "\"\" (none)"
	}
	return "\"" + prefix + "\""
}
