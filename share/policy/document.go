// Package policy reads and writes IAM's policy documents: the trust and the
// permissions of roles, the policies of buckets and KMS keys. What others wrote
// in one is kept byte for byte when ours is put beside it. Pure.
package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Version2012 is the version that knows policy variables. A document without a
// version is of 2008-10-17, where ${…} is text (IAM User Guide, Version).
const Version2012 = "2012-10-17"

// Document is a policy.
type Document struct {
	Version    string
	ID         string // of the document, rarely there
	Statements []Statement
}

// Effect is what a statement does.
type Effect string

// The effects.
const (
	Allow Effect = "Allow"
	Deny  Effect = "Deny"
)

// Statement is one statement of a policy. One that was read, and is not changed,
// is written as it was read.
type Statement struct {
	Sid          string
	Effect       Effect
	Principal    *Principal
	NotPrincipal *Principal
	Action       Strings
	NotAction    Strings
	Resource     Strings
	NotResource  Strings
	Condition    Condition

	raw json.RawMessage
}

// Condition is what must hold: operator, context key, values.
type Condition map[string]map[string]Strings

// Principal is whom a statement is about.
type Principal struct {
	Everyone      bool    // "*", as "Principal": "*" or {"AWS": "*"} says it
	AWS           Strings // account ids, ARNs, unique ids of what is gone
	Service       Strings
	Federated     Strings
	CanonicalUser Strings

	odd bool // it names somebody of a kind that is not known here, or nobody
}

// Everybody reports whether it is, or may be, about everybody of every account:
// none at all is of a policy of a resource, AWS takes * alone as a wildcard, and
// what names nobody that is known here is not believed to name nobody.
func (p *Principal) Everybody() bool {
	return p == nil || slices.ContainsFunc(principalsOf(p), func(q principal) bool { return q.kind == everyone })
}

// Strings are one or several values: AWS writes one without brackets.
type Strings []string

// Parse reads a policy. What it does not know it keeps.
func Parse(text string) (*Document, error) {
	var read struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &read); err != nil {
		return nil, fmt.Errorf("no policy: %w", err)
	}
	if _, err := object([]byte(text), "Version", "Id", "Statement"); err != nil && text != "null" {
		return nil, fmt.Errorf("no policy: %w", err)
	}
	var all []json.RawMessage
	switch first := bytes.TrimSpace(read.Statement); {
	case len(first) == 0 || bytes.Equal(first, []byte("null")):
	case first[0] == '[':
		if err := json.Unmarshal(first, &all); err != nil {
			return nil, fmt.Errorf("no policy: %w", err)
		}
	default:
		all = []json.RawMessage{first}
	}
	d := &Document{Version: read.Version, ID: read.ID}
	for i, raw := range all {
		s := Statement{}
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("statement %d of the policy: %w", i+1, err)
		}
		d.Statements = append(d.Statements, s)
	}
	return d, nil
}

// String is the document as AWS takes it, without white space.
func (d *Document) String() string { return string(write(d.document(), "")) }

// Indented is the document for people.
func (d *Document) Indented() string { return string(write(d.document(), "  ")) }

// MarshalJSON is String.
func (d *Document) MarshalJSON() ([]byte, error) { return write(d.document(), ""), nil }

// UnmarshalJSON is [Parse].
func (d *Document) UnmarshalJSON(text []byte) error {
	read, err := Parse(string(text))
	if err == nil {
		*d = *read
	}
	return err
}

func (d *Document) document() any {
	statements := d.Statements
	if statements == nil {
		statements = []Statement{}
	}
	return struct {
		Version   string `json:",omitempty"`
		ID        string `json:"Id,omitempty"`
		Statement []Statement
	}{d.Version, d.ID, statements}
}

// Named are the statements with such a Sid.
func (d *Document) Named(is func(sid string) bool) []Statement {
	if d == nil {
		return nil
	}
	var out []Statement
	for _, s := range d.Statements {
		if is(s.Sid) {
			out = append(out, s)
		}
	}
	return out
}

// With is the document with its statements of such a Sid replaced by these, in
// the place of the first; all others stay as they are.
func (d *Document) With(is func(sid string) bool, statements ...Statement) *Document {
	out := &Document{Version: Version2012}
	if d != nil {
		out = &Document{Version: d.Version, ID: d.ID}
	}
	at := -1
	if d != nil {
		for _, s := range d.Statements {
			if is(s.Sid) {
				if at < 0 {
					at = len(out.Statements)
				}
				continue
			}
			out.Statements = append(out.Statements, s)
		}
	}
	if at < 0 {
		at = len(out.Statements)
	}
	out.Statements = slices.Insert(out.Statements, at, statements...)
	return out
}

type statement struct {
	Sid          string     `json:",omitempty"`
	Effect       Effect     `json:",omitempty"`
	Principal    *Principal `json:",omitempty"`
	NotPrincipal *Principal `json:",omitempty"`
	Action       Strings    `json:",omitempty"`
	NotAction    Strings    `json:",omitempty"`
	Resource     Strings    `json:",omitempty"`
	NotResource  Strings    `json:",omitempty"`
	Condition    Condition  `json:",omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (s Statement) MarshalJSON() ([]byte, error) {
	if s.raw != nil {
		return s.raw, nil
	}
	return write(statement{s.Sid, s.Effect, s.Principal, s.NotPrincipal, s.Action, s.NotAction, s.Resource, s.NotResource, s.Condition}, ""), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Statement) UnmarshalJSON(text []byte) error {
	if _, err := object(text, "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"); err != nil {
		return err
	}
	var r statement
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	*s = Statement{r.Sid, r.Effect, r.Principal, r.NotPrincipal, r.Action, r.NotAction, r.Resource, r.NotResource, r.Condition, slices.Clone(text)}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (p *Principal) MarshalJSON() ([]byte, error) {
	if p.Everyone {
		return []byte(`{"AWS":"*"}`), nil
	}
	return write(struct {
		AWS           Strings `json:",omitempty"`
		Service       Strings `json:",omitempty"`
		Federated     Strings `json:",omitempty"`
		CanonicalUser Strings `json:",omitempty"`
	}{p.AWS, p.Service, p.Federated, p.CanonicalUser}, ""), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Principal) UnmarshalJSON(text []byte) error {
	var all string
	if json.Unmarshal(text, &all) == nil {
		if all != "*" {
			return errors.New(`a principal is "*" or an object`)
		}
		*p = Principal{Everyone: true}
		return nil
	}
	kinds, err := object(text)
	if err != nil {
		return err
	}
	*p = Principal{}
	names := 0
	for kind, raw := range kinds {
		of := map[string]*Strings{"AWS": &p.AWS, "Service": &p.Service, "Federated": &p.Federated, "CanonicalUser": &p.CanonicalUser}[kind]
		if of == nil {
			p.odd = true
			continue
		}
		if err := json.Unmarshal(raw, of); err != nil {
			return err
		}
		names += len(*of)
	}
	p.odd = p.odd || names == 0
	if slices.Contains(p.AWS, "*") {
		*p = Principal{Everyone: true}
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (s Strings) MarshalJSON() ([]byte, error) {
	if len(s) == 1 {
		return write(s[0], ""), nil
	}
	return write([]string(s), ""), nil
}

// UnmarshalJSON implements json.Unmarshaler. Conditions hold true and numbers too.
func (s *Strings) UnmarshalJSON(text []byte) error {
	var list []json.RawMessage
	if json.Unmarshal(text, &list) != nil {
		list = []json.RawMessage{text}
	}
	*s = make(Strings, 0, len(list))
	for _, raw := range list {
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return err
		}
		switch v := value.(type) {
		case string:
			*s = append(*s, v)
		case bool, float64:
			*s = append(*s, string(bytes.TrimSpace(raw)))
		default:
			return fmt.Errorf("%.40s is no text", raw)
		}
	}
	return nil
}

// write is JSON without the escapes that are for HTML.
func write(v any, indent string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		panic(err) // texts and lists of them
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
