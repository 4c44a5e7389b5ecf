package query

import (
	"context"
	"fmt"
	"iter"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Rows travel in blocks: linking is done for many at once, and a block is what
// one worker takes. The first are small, so that the first lines come at once.
const (
	firstBlock = 32
	fullBlock  = 256
)

// block is some rows in order, then the lines they became.
type block struct {
	rows  []Row
	names []string // backs the Resources of rows
	uses  []lineage.Use
	lines []Line                  // those that pass the filter, in order
	forms map[cloudtrail.ID][]Row // of events of which several were met and any is in rows
	out   []byte                  // what they were encoded to
	ends  []int                   // where each line ends in out
	err   error
	done  chan struct{} // receives once the worker is through
}

func newBlock() *block { return &block{done: make(chan struct{}, 1)} }

func (b *block) reset() {
	b.rows, b.names, b.uses, b.lines = b.rows[:0], b.names[:0], b.uses[:0], b.lines[:0]
	b.out, b.ends, b.err = b.out[:0], b.ends[:0], nil
	b.forms = nil
}

// add copies a row, which its reader will overwrite.
func (b *block) add(r *Row) {
	b.rows = append(b.rows, *r)
	if len(r.Resources) > 0 {
		start := len(b.names)
		b.names = append(b.names, r.Resources...)
		b.rows[len(b.rows)-1].Resources = b.names[start:len(b.names):len(b.names)]
	}
}

// question is a filter made ready for one reading.
type question struct {
	reader    Reader
	resolver  *lineage.Resolver
	filter    Filter
	matcher   *matcher
	selection Selection
	also      func(*Row) bool // what the row must fulfil besides, if not nil
	forms     bool            // events are found in any of their forms
}

func newQuestion(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) (*question, error) {
	own, err := ownAccounts(ctx, r, &f)
	if err != nil {
		return nil, err
	}
	m, err := newMatcher(&f, own)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	return &question{reader: r, resolver: resolver, filter: f, matcher: m, selection: f.Selection()}, nil
}

// inAnyForm makes a question find events in any of their forms.
func (q *question) inAnyForm() { q.forms, q.selection.Forms = true, true }

// blocks reads the rows that pass the first stage of the filter into blocks
// that take hands out; it ends where take returns nil. Forms of one event that
// come one after another are in one block.
func (q *question) blocks(ctx context.Context, take func() *block) iter.Seq2[*block, error] {
	return func(yield func(*block, error) bool) {
		var b *block
		var met met
		size := firstBlock
		for row, err := range q.reader.Rows(ctx, q.selection) {
			if err != nil {
				yield(nil, fmt.Errorf("reading events: %w", err))
				return
			}
			other := met.id != row.ID
			if b != nil && len(b.rows) >= size && (!q.forms || other) {
				met.end(b)
				if !yield(b, nil) {
					return
				}
				b, size = nil, min(size*4, fullBlock)
			}
			if other {
				met.begin(b, row.ID)
			}
			passes := q.first(row)
			if q.forms && row.Forms > 0 {
				met.forms, met.passed = append(met.forms, keepRow(row)), met.passed || passes
			}
			if !passes {
				continue
			}
			if b == nil {
				if b = take(); b == nil {
					return
				}
				b.reset()
			}
			if b.add(row); len(b.rows) < size || q.forms && row.Forms > 0 {
				continue
			}
			met.end(b)
			if !yield(b, nil) {
				return
			}
			b, size = nil, min(size*4, fullBlock)
		}
		if b != nil {
			met.end(b)
			yield(b, nil)
		}
	}
}

// link resolves a block and drops the lines that the filter does not want.
func (q *question) link(ctx context.Context, b *block) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// Where chains have no say the record comes first: most rows fall by it.
	recordFirst := q.matcher.stage == byRecord && !q.matcher.chains
	rows := b.rows
	if recordFirst {
		rows = rows[:0]
		for i := range b.rows {
			ok, err := q.record(ctx, &b.rows[i], nil)
			if err != nil {
				return err
			}
			if ok {
				rows = append(rows, b.rows[i])
			}
		}
		b.rows = rows
	}
	for i := range rows {
		b.uses = append(b.uses, rows[i].Use)
	}
	chains, err := q.resolver.Resolve(ctx, b.uses)
	if err != nil {
		return fmt.Errorf("linking events: %w", err)
	}
	for i := range rows {
		row, chain := &rows[i], chains[i]
		if !recordFirst {
			if !q.matcher.chain(row, chain) {
				continue
			}
			if ok, err := q.record(ctx, row, chain); err != nil {
				return err
			} else if !ok {
				continue
			}
		}
		b.lines = append(b.lines, Line{Row: row, Chain: chain})
	}
	if q.forms {
		return q.settleForms(ctx, b)
	}
	return nil
}

func (q *question) record(ctx context.Context, row *Row, c *lineage.Chain) (bool, error) {
	ok, err := q.matcher.record(ctx, q.reader, row, c)
	if err != nil {
		return false, fmt.Errorf("reading event %s again: %w", row.ID.Event, err)
	}
	return ok, nil
}
