package query

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// holder is a session, or a caller without one, and who is behind it.
type holder struct{ key, origin string }

// spoken is the best proved events of a holder: the first of them is shown.
type spoken struct {
	by    speaker
	chain *lineage.Chain
}

// whoFits answers for every session, and every caller without one, of the
// callers that fit; the selection lets the store read less.
func whoFits(ctx context.Context, r Reader, resolver *lineage.Resolver, from Selection, fits func(*lineage.Identity) bool) ([]Answer, error) {
	q, err := newQuestion(ctx, r, resolver, Filter{})
	if err != nil {
		return nil, err
	}
	q.selection = from
	q.also = func(row *Row) bool { return fits(row.Caller) }
	var book sessionBook
	best := map[holder]spoken{}
	err = q.eachTally(ctx, func(t *Tally, c *lineage.Chain) {
		key := holderKey(&book, t.Caller, c)
		at, by := holder{key, originID(c)}, speakerOf(t, c, false)
		if s, ok := best[at]; !ok || by.before(&s.by) {
			best[at] = spoken{by, c}
		}
		book.addAs(key, t, c)
	})
	if err != nil {
		return nil, err
	}
	shown := map[holder]spoken{}
	for _, e := range book.entries() {
		at := holder{e.key, originID(e.Chain)}
		shown[at] = best[at]
	}
	lines, err := q.firstLines(ctx, &book, shown)
	if err != nil {
		return nil, err
	}
	var answers []Answer
	for _, e := range book.entries() {
		answers = append(answers, Answer{Line: lines[holder{e.key, originID(e.Chain)}], Session: &e.SessionLine})
	}
	return answers, nil
}

func holderKey(book *sessionBook, id *lineage.Identity, c *lineage.Chain) string {
	if key := book.keys.of(id, c); key != "" {
		return key
	}
	// Long-term credentials, or a service.
	return keySep + callerWords(id) + keySep + id.AccessKeyID
}

// firstLines reads the first event of the best evidence of each holder: in as
// few goes as there are hours with one.
func (q *question) firstLines(ctx context.Context, book *sessionBook, best map[holder]spoken) (map[holder]Line, error) {
	wanted := slices.SortedFunc(maps.Keys(best), func(x, y holder) int {
		return cmp.Or(cmp.Compare(best[x].by.at, best[y].by.at), cmp.Compare(x.key, y.key), cmp.Compare(x.origin, y.origin))
	})
	lines := map[holder]Line{}
	for len(wanted) > 0 {
		n := 1
		for n < len(wanted) && best[wanted[n]].by.at-best[wanted[n-1]].by.at <= hour && n < mostSelected {
			n++
		}
		if err := q.readFirst(ctx, book, best, wanted[:n], lines); err != nil {
			return nil, err
		}
		wanted = wanted[n:]
	}
	return lines, nil
}

// readFirst reads the events of the moments that are wanted.
func (q *question) readFirst(ctx context.Context, book *sessionBook, best map[holder]spoken, wanted []holder, lines map[holder]Line) error {
	s := q.selection
	s.Since, s.Until = best[wanted[0]].by.at, best[wanted[len(wanted)-1]].by.at
	moments, principals := map[cloudtrail.Time]bool{}, []string{}
	for _, at := range wanted {
		moments[best[at].by.at] = true
		principals = append(principals, best[at].by.caller.PrincipalID)
	}
	if !slices.Contains(principals, "") {
		s.Principals = principals
	}
	var rows []Row
	link := func() error {
		linked, err := linkRows(ctx, q.resolver, rows)
		for _, l := range linked {
			at := holder{holderKey(book, l.Row.Caller, l.Chain), originID(l.Chain)}
			b, ok := best[at]
			if _, there := lines[at]; ok && !there && b.by.at == l.Row.Time && b.by.evidence == l.Chain.Evidence {
				row := *l.Row
				lines[at] = Line{Row: &row, Chain: l.Chain}
			}
		}
		rows = nil
		return err
	}
	for row, err := range q.reader.Rows(ctx, s) {
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
		if !moments[row.Time] || !q.first(row) {
			continue
		}
		if rows = append(rows, keepRow(row)); len(rows) == fullBatch {
			if err := link(); err != nil {
				return err
			}
		}
	}
	return link()
}
