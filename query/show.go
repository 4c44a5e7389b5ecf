package query

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// ShowAnswer is the record itself: one for each account that holds the event.
type ShowAnswer struct {
	Asked  string
	Shown  []Shown
	Absent *Absence // set where there is none
}

// Shown is one record with its chain.
type Shown struct {
	Line
	Record []byte // as in the log file, session tokens replaced by REDACTED
	SHA256 string // hex, of the bytes in the log file; "" where the store has it without session tokens, and so not those bytes
}

// Show finds EVENT: an event id, <eventID>@<account> or sha256:….
func Show(ctx context.Context, r Reader, resolver *lineage.Resolver, asked string) (*ShowAnswer, error) {
	answer := &ShowAnswer{Asked: asked}
	lines, err := findEvents(ctx, r, resolver, strings.TrimSpace(asked))
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		raw, err := r.Raw(ctx, l.Row.Location)
		if err == nil {
			err = isOf(l.Row, raw)
		}
		if err != nil {
			return nil, fmt.Errorf("reading record %d of %s again: %w", l.Row.Record, l.Row.File, err)
		}
		answer.Shown = append(answer.Shown, shown(l, raw))
	}
	if len(lines) == 0 {
		answer.Absent, err = absence(ctx, r, eventAccount(asked), 0)
	}
	return answer, err
}

// isOf is an error where a record is not that of a row: under one name a log may have
// had two contents, and a store knows a record by the name of its file.
func isOf(row *Row, raw []byte) error {
	var d cloudtrail.Decoder
	for rec, err := range d.Records(bytes.Clone(raw)) {
		if err == nil && rec != nil && rec.EventID != "" && rec.EventID != row.ID.Event {
			return fmt.Errorf("there is event %s now: the file was written over, or is there in two versions", rec.EventID)
		}
	}
	return nil
}

func shown(l Line, raw []byte) Shown {
	s := Shown{Line: l, Record: Redact(raw)}
	if bytes.Equal(s.Record, raw) && bytes.Contains(raw, []byte(`"`+redacted+`"`)) {
		return s
	}
	sum := sha256.Sum256(raw)
	s.SHA256 = hex.EncodeToString(sum[:])
	return s
}

// findEvents returns the events of that id, in one account where asked says so.
func findEvents(ctx context.Context, r Reader, resolver *lineage.Resolver, asked string) ([]Line, error) {
	if asked == "" {
		return nil, nil
	}
	ids := []string{asked}
	event, account, two := cutLast(asked, '@')
	if two {
		ids = append(ids, event)
	}
	var rows []Row
	forms := map[cloudtrail.ID][]Row{}
	for row, err := range r.Rows(ctx, Selection{EventIDs: ids, Forms: true}) {
		if err != nil {
			return nil, fmt.Errorf("reading events: %w", err)
		}
		if row.ID.Event != asked && (!two || row.ID.Event != event || row.ID.Recipient != account) {
			continue
		}
		if row.Forms > 0 {
			forms[row.ID] = append(forms[row.ID], keepRow(row))
		}
		if !row.Variant {
			rows = append(rows, keepRow(row))
		}
	}
	lines, err := linkRows(ctx, resolver, rows)
	for i := range lines {
		lines[i].Variants = otherForms(forms[lines[i].Row.ID], lines[i].Row)
	}
	return lines, err
}

// keepRow copies a row so that it outlives its reader's next step.
func keepRow(r *Row) Row {
	kept := *r
	kept.Resources = slices.Clone(r.Resources)
	return kept
}

func linkRows(ctx context.Context, resolver *lineage.Resolver, rows []Row) ([]Line, error) {
	uses := make([]lineage.Use, len(rows))
	for i := range rows {
		uses[i] = rows[i].Use
	}
	chains, err := resolver.Resolve(ctx, uses)
	if err != nil {
		return nil, fmt.Errorf("linking events: %w", err)
	}
	lines := make([]Line, len(rows))
	for i := range rows {
		lines[i] = Line{Row: &rows[i], Chain: chains[i]}
	}
	return lines, nil
}

// eventAccount is the account in <eventID>@<account>.
func eventAccount(asked string) string {
	_, account, two := cutLast(asked, '@')
	if !two || strings.ContainsAny(account, ":-/") {
		return ""
	}
	return account
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
