package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// An event may be there in several forms: records of one identity that differ in
// link fields, as a log file and EventBridge tell it, or as somebody forged it. A
// store shows the one with the least Fingerprint. A question that looks for
// events by what they tell must look at every form, or a forged one hides what
// was done.

// met is the forms of the event at hand, as they come one after another.
type met struct {
	id     cloudtrail.ID
	forms  []Row
	passed bool // some of them passed the first stage
}

// begin turns to another event; what was met of the last goes into its block.
func (m *met) begin(b *block, id cloudtrail.ID) {
	m.end(b)
	*m = met{id: id}
}

// end puts what was met of an event into a block that has any of it.
func (m *met) end(b *block) {
	if b == nil || !m.passed || len(m.forms) == 0 {
		return
	}
	if b.forms == nil {
		b.forms = map[cloudtrail.ID][]Row{}
	}
	b.forms[m.id] = m.forms
}

// settleForms leaves of each event the first of its forms that passes the filter,
// the one that is shown before its variants, and puts the others beside it.
func (q *question) settleForms(ctx context.Context, b *block) error {
	forms, err := q.formsOf(ctx, b)
	if err != nil {
		return err
	}
	shown := map[cloudtrail.ID]bool{}
	for _, l := range b.lines {
		if l.Row.Forms > 0 && !l.Row.Variant {
			shown[l.Row.ID] = true
		}
	}
	lines := b.lines[:0]
	for _, l := range b.lines {
		all := forms[l.Row.ID]
		if l.Row.Variant {
			if shown[l.Row.ID] || q.passesAll() {
				continue
			}
			better, err := q.passesBefore(ctx, all, l.Row)
			if err != nil {
				return err
			}
			if better {
				continue
			}
		}
		l.Variants = otherForms(all, l.Row)
		lines = append(lines, l)
	}
	b.lines = lines
	return nil
}

// mostBeside is how many events of a block have their other forms looked up just
// to tell where those are. Where somebody forged thousands, they are counted.
const mostBeside = 8

// passesAll reports whether every row passes, so that no variant is needed.
func (q *question) passesAll() bool {
	return !q.matcher.rows && !q.matcher.chains && q.matcher.stage == byRow && q.also == nil
}

// formsOf are all forms of the block's events that have several, nil where none
// was met. What did not come with the block, as forms of other times do not, is looked
// up.
func (q *question) formsOf(ctx context.Context, b *block) (map[cloudtrail.ID][]Row, error) {
	var ids []string
	beside := 0 // of events that are listed as they are shown anyway
	for _, l := range b.lines {
		if l.Row.Forms == 0 || len(b.forms[l.Row.ID]) > l.Row.Forms || l.Row.Variant && q.passesAll() {
			continue
		}
		if !l.Row.Variant {
			if beside++; beside > mostBeside {
				continue
			}
		}
		ids = append(ids, l.Row.ID.Event)
	}
	if len(ids) == 0 {
		return b.forms, nil
	}
	found, err := readForms(ctx, q.reader, ids)
	if err != nil {
		return nil, err
	}
	for id, all := range b.forms {
		if len(all) > len(found[id]) {
			found[id] = all
		}
	}
	return found, nil
}

// readForms reads every form of events.
func readForms(ctx context.Context, r Reader, ids []string) (map[cloudtrail.ID][]Row, error) {
	forms := map[cloudtrail.ID][]Row{}
	for row, err := range r.Rows(ctx, Selection{EventIDs: ids, Forms: true}) {
		if err != nil {
			return nil, fmt.Errorf("reading events: %w", err)
		}
		forms[row.ID] = append(forms[row.ID], keepRow(row))
	}
	return forms, nil
}

// passesBefore reports whether a form that comes before this one passes.
func (q *question) passesBefore(ctx context.Context, forms []Row, this *Row) (bool, error) {
	var rows []Row
	for i := range forms {
		if forms[i].Fingerprint < this.Fingerprint && q.first(&forms[i]) {
			rows = append(rows, forms[i])
		}
	}
	lines, err := linkRows(ctx, q.resolver, rows)
	if err != nil {
		return false, err
	}
	for _, l := range lines {
		if !q.matcher.chain(l.Row, l.Chain) {
			continue
		}
		ok, err := q.matcher.record(ctx, q.reader, l.Row, l.Chain)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// otherForms are the forms of an event but this one, the least first.
func otherForms(forms []Row, this *Row) []Row {
	others := slices.DeleteFunc(slices.Clone(forms), func(r Row) bool { return r.Fingerprint == this.Fingerprint })
	slices.SortFunc(others, func(x, y Row) int { return cmp.Compare(x.Fingerprint, y.Fingerprint) })
	return others
}
