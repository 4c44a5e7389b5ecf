package render

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Who prints who is behind what was asked for. As CSV it is the lines alone.
func Who(w io.Writer, a *query.WhoAnswer, form Form, style Style) error {
	e := NewEncoder(style)
	switch form {
	case JSON:
		dst := text([]byte{'{'}, "asked", a.Asked)
		dst = text(dst, "as", string(a.As))
		dst = append(member(dst, "answers"), '[')
		for _, x := range a.Answers {
			dst = append(e.answer(append(element(dst), '{'), x), '}')
		}
		return whole(w, append(e.absence(append(dst, ']'), a.Absent), '}'))
	case JSONL:
		return rows(w, a.Answers, func(dst []byte, x query.Answer) []byte { return e.answer(dst, x) })
	case CSV:
		dst := appendRow(nil, lineColumns)
		for _, x := range a.Answers {
			if x.Row != nil {
				dst = appendRow(dst, e.cells(x.Line))
			}
		}
		_, err := w.Write(dst)
		return err
	}
	return whoTable(w, a, style)
}

// Reach prints what somebody reached. As JSON lines or CSV it is the sessions
// alone.
func Reach(w io.Writer, a *query.ReachAnswer, form Form, style Style) error {
	e := NewEncoder(style)
	switch form {
	case JSON:
		dst := append([]byte{'{'}, `"from":{`...)
		dst = text(dst, "asked", a.Asked)
		dst = text(dst, "as", string(a.As))
		dst = array(dst, "origins", a.Origins, func(dst []byte, o *lineage.Origin) []byte { return e.originMembers(dst, o) })
		dst = moment(append(dst, '}'), "asOf", a.AsOf)
		if a.Ahead.Files > 0 {
			dst = number(dst, "filesAhead", a.Ahead.Files)
		}
		dst = moment(dst, "eventAhead", a.Ahead.Event)
		if a.Outside {
			dst = boolean(dst, "outsideSpan", true)
		}
		dst = append(member(dst, "sessions"), '[')
		for _, s := range a.Sessions {
			dst = append(e.reached(append(element(dst), '{'), s), '}')
		}
		dst = append(dst, ']')
		dst = array(dst, "keys", a.Keys, e.keyMinted)
		dst = array(dst, "roles", a.Roles, e.roleChanged)
		return whole(w, append(e.absence(dst, a.Absent), '}'))
	case JSONL:
		return rows(w, a.Sessions, e.reached)
	case CSV:
		dst := appendRow(nil, reachColumns)
		for _, s := range a.Sessions {
			dst = appendRow(dst, reachCells(s))
		}
		_, err := w.Write(dst)
		return err
	}
	return reachTable(w, a, style)
}

func (e *Encoder) reached(dst []byte, s query.ReachedSession) []byte {
	h := &s.Hop
	dst = text(dst, "id", h.ID)
	dst = text(dst, "parent", s.Parent)
	dst = text(dst, "origin", s.Origin)
	dst = text(dst, "session", h.SessionARN)
	dst = text(dst, "roleArn", h.RoleARN)
	dst = text(dst, "accountId", h.Account)
	dst = text(dst, "accountName", e.names.Of(h.Account))
	dst = texts(dst, "accessKeyIds", s.Keys)
	dst = text(dst, "by", h.By)
	dst = text(dst, "rule", string(h.Rule))
	dst = text(dst, "evidence", gradeOf(h.Evidence).word)
	if h.Issuance != nil {
		dst = text(dst, "eventID", h.Issuance.ID.Event)
		dst = moment(dst, "eventTime", h.Issuance.Time)
	}
	dst = moment(dst, "expires", s.Expires)
	dst = boolean(dst, "live", s.Live)
	dst = number(dst, "calls", s.Calls)
	dst = number(dst, "writes", s.Writes)
	dst = number(dst, "errors", s.Errors)
	dst = moment(dst, "first", s.First)
	return moment(dst, "last", s.Last)
}

var reachColumns = []string{
	"id", "parent", "session", "roleArn", "accountId", "accessKeyIds", "evidence", "eventTime", "expires", "live",
	"calls", "writes", "errors", "first", "last",
}

func reachCells(s query.ReachedSession) []string {
	at := ""
	if s.Hop.Issuance != nil {
		at = s.Hop.Issuance.Time.String()
	}
	return []string{
		s.Hop.ID, s.Parent, s.Hop.SessionARN, s.Hop.RoleARN, s.Hop.Account, strings.Join(s.Keys, " "), gradeOf(s.Hop.Evidence).word, at,
		s.Expires.String(), strconv.FormatBool(s.Live),
		strconv.Itoa(s.Calls), strconv.Itoa(s.Writes), strconv.Itoa(s.Errors), s.First.String(), s.Last.String(),
	}
}

// keyMinted adds a long-term key that was made on the way.
func (e *Encoder) keyMinted(dst []byte, f query.LeftBehind) []byte {
	dst = text(dst, "accessKeyId", f.Detail.Key)
	dst = text(dst, "name", f.Detail.Name)
	return e.factEvent(dst, f)
}

// roleChanged adds a role that was made or changed on the way.
func (e *Encoder) roleChanged(dst []byte, f query.LeftBehind) []byte {
	return e.factEvent(text(dst, "roleArn", f.Detail.ARN), f)
}

func (e *Encoder) factEvent(dst []byte, f query.LeftBehind) []byte {
	dst = text(dst, "by", f.EventName)
	dst = text(dst, "eventID", f.ID.Event)
	dst = moment(dst, "eventTime", f.Time)
	dst = number(dst, "calls", f.Calls)
	dst = moment(dst, "deleted", f.Deleted)
	dst = text(dst, "accountId", f.ID.Recipient)
	dst = text(dst, "accountName", e.names.Of(f.ID.Recipient))
	return e.location(dst, f.Location)
}

// Sessions prints a flat row a session.
func Sessions(w io.Writer, all []query.SessionLine, form Form, style Style) error {
	e := NewEncoder(style)
	return listed(w, all, form, e.session, sessionColumns, e.sessionCells, func() error { return sessionTable(w, all, style) })
}

func (e *Encoder) session(dst []byte, s query.SessionLine) []byte {
	dst = text(dst, "id", s.ID)
	dst = text(dst, "session", s.SessionARN)
	dst = text(dst, "roleArn", s.RoleARN)
	dst = text(dst, "accountId", s.AccountID)
	dst = text(dst, "accountName", e.names.Of(s.AccountID))
	dst = texts(dst, "accessKeyIds", s.AccessKeyIDs)
	if s.Chain != nil {
		if o := s.Chain.Origin; o != nil {
			dst = text(dst, "origin", o.ID)
			dst = text(dst, "originName", e.originName(o))
			dst = text(dst, "originDisplayName", givenName(e.names, o))
		}
		dst = text(dst, "evidence", gradeOf(s.Chain.Evidence).word)
	}
	dst = number(dst, "calls", s.Calls)
	dst = number(dst, "writes", s.Writes)
	dst = number(dst, "errors", s.Errors)
	dst = moment(dst, "first", s.First)
	return moment(dst, "last", s.Last)
}

var sessionColumns = []string{
	"id", "session", "roleArn", "accountId", "accountName", "accessKeyIds", "origin", "originName", "originDisplayName", "evidence",
	"calls", "writes", "errors", "first", "last",
}

func (e *Encoder) sessionCells(s query.SessionLine) []string {
	id, name, given, word := "", "", "", ""
	if s.Chain != nil {
		word = gradeOf(s.Chain.Evidence).word
		if o := s.Chain.Origin; o != nil {
			id, name, given = o.ID, e.originName(o), givenName(e.names, o)
		}
	}
	return []string{
		s.ID, s.SessionARN, s.RoleARN, s.AccountID, e.names.Of(s.AccountID), strings.Join(s.AccessKeyIDs, " "), id, name, given, word,
		strconv.Itoa(s.Calls), strconv.Itoa(s.Writes), strconv.Itoa(s.Errors), s.First.String(), s.Last.String(),
	}
}

// Show prints the record itself. As JSON it is an object, or an array where
// several accounts hold the event: the members of the line, of which the
// record's place in its file is called ordinal here, for record is the record.
func Show(w io.Writer, a *query.ShowAnswer, form Form, style Style) error {
	e := NewEncoder(style)
	switch form {
	case JSON:
		switch len(a.Shown) {
		case 0:
			return whole(w, append(e.absence(text([]byte{'{'}, "asked", a.Asked), a.Absent), '}'))
		case 1:
			return whole(w, append(e.shown([]byte{'{'}, a.Shown[0]), '}'))
		}
		dst := []byte{'['}
		for _, s := range a.Shown {
			dst = append(e.shown(append(element(dst), '{'), s), '}')
		}
		return whole(w, append(dst, ']'))
	case JSONL:
		return rows(w, a.Shown, e.shown)
	case CSV:
		dst := appendRow(nil, lineColumns)
		for _, s := range a.Shown {
			dst = appendRow(dst, e.cells(s.Line))
		}
		_, err := w.Write(dst)
		return err
	}
	return showTable(w, a, style)
}

func (e *Encoder) shown(dst []byte, s query.Shown) []byte {
	row := *s.Row
	at := row.Location
	row.Location = lineage.Location{}
	dst = e.members(dst, query.Line{Row: &row, Chain: s.Chain})
	dst = e.standsIn(dst, at, "ordinal")
	dst = text(dst, "sha256", s.SHA256)
	return append(member(dst, "record"), record(s.Record)...)
}

// record is the JSON of a record on one line, as a terminal may print it: what
// [Text] would not show can stand only inside strings, where an escape says the
// same.
func record(raw []byte) []byte {
	var line bytes.Buffer
	if err := json.Compact(&line, raw); err != nil {
		return quote(nil, string(raw))
	}
	return escapeInside(line.String())
}

func escapeInside(s string) []byte {
	dst := make([]byte, 0, len(s))
	for i, r := range s {
		if r == '"' || r == '\\' || r != utf8.RuneError && !hidden(r) {
			dst = append(dst, s[i:i+utf8.RuneLen(r)]...)
			continue
		}
		dst = appendEscapedRune(dst, r)
	}
	return dst
}

// whole writes one JSON document.
func whole(w io.Writer, doc []byte) error {
	_, err := w.Write(append(doc, '\n'))
	return err
}

// listed prints a flat row for each of a list, or the table.
func listed[T any](w io.Writer, all []T, form Form, members func([]byte, T) []byte, columns []string, cells func(T) []string, table func() error) error {
	switch form {
	case JSON:
		dst := []byte{'['}
		for _, x := range all {
			dst = append(members(append(element(dst), '{'), x), '}')
		}
		return whole(w, append(dst, ']'))
	case JSONL:
		return rows(w, all, members)
	case CSV:
		dst := appendRow(nil, columns)
		for _, x := range all {
			dst = appendRow(dst, cells(x))
		}
		_, err := w.Write(dst)
		return err
	}
	return table()
}

// rows writes a JSON object a line.
func rows[T any](w io.Writer, all []T, members func([]byte, T) []byte) error {
	var dst []byte
	for _, x := range all {
		dst = append(members(append(dst, '{'), x), '}', '\n')
	}
	_, err := w.Write(dst)
	return err
}
