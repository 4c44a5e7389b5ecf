package memory

import (
	"context"
	"iter"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Rows yields one row an event, as [query.Reader] says.
func (s *Store) Rows(ctx context.Context, sel query.Selection) iter.Seq2[*query.Row, error] {
	v := s.view.Load()
	return func(yield func(*query.Row, error) bool) {
		order := v.between(v.order, sel.Since, sel.Until)
		pick := v.picker(sel)
		var row query.Row
		for i := range order {
			if sel.Newest {
				i = len(order) - 1 - i
			}
			at := order[i]
			p := v.row(at)
			if !pick.has(p) {
				continue
			}
			if len(v.forms) > 0 {
				row.Variant, row.Forms = v.hidden[at], v.forms[at]
			}
			if row.Variant && !sel.Forms {
				continue
			}
			if i%256 == 0 && ctx.Err() != nil {
				yield(nil, ctx.Err())
				return
			}
			v.fill(&row, at)
			if !yield(&row, nil) {
				return
			}
		}
	}
}

// between is the part of rows in time order that lies in a span.
func (v *view) between(rows []ref, from, to cloudtrail.Time) []ref {
	if !to.IsZero() {
		rows = rows[:sort.Search(len(rows), func(i int) bool { return v.row(rows[i]).time > to })]
	}
	if !from.IsZero() {
		rows = rows[sort.Search(len(rows), func(i int) bool { return v.row(rows[i]).time >= from }):]
	}
	return rows
}

// picker is a selection in codes.
type picker struct {
	events                map[[idSize]byte]bool // nil: any
	places, calls, people *codeSet
}

func (v *view) picker(s query.Selection) picker {
	var p picker
	if len(s.EventIDs) > 0 {
		p.events = map[[idSize]byte]bool{}
		for _, text := range s.EventIDs {
			var packed [idSize]byte
			pack(text, &packed, v.store.long)
			p.events[packed] = true
		}
	}
	if len(s.Accounts)+len(s.Regions) > 0 {
		p.places = v.places.set(func(at place) bool {
			return anyOf(s.Accounts, at.recipient) && anyOf(s.Regions, at.region)
		})
	}
	if len(s.EventNames) > 0 {
		p.calls = v.calls.set(func(c call) bool {
			return slices.ContainsFunc(s.EventNames, func(name string) bool { return strings.EqualFold(name, c.name) })
		})
	}
	if len(s.AccessKeys)+len(s.Principals) > 0 {
		p.people = v.people.set(func(id *lineage.Identity) bool {
			return anyOf(s.AccessKeys, id.AccessKeyID) && isPrincipal(s.Principals, id.PrincipalID)
		})
	}
	return p
}

func (p *picker) has(row *packed) bool {
	return p.places.has(row.place) && p.calls.has(row.call) && p.people.has(row.who) &&
		(p.events == nil || p.events[row.event])
}

// anyOf is true where nothing is asked for.
func anyOf(asked []string, value string) bool {
	return len(asked) == 0 || slices.Contains(asked, value)
}

func isPrincipal(asked []string, id string) bool {
	return len(asked) == 0 || slices.ContainsFunc(asked, func(a string) bool {
		return id == a || strings.HasPrefix(id, a) && id[len(a)] == ':'
	})
}

// fill writes one row out. Its three ids share an allocation.
func (v *view) fill(row *query.Row, at ref) {
	p := v.row(at)
	v.use(&row.Use, at)
	row.ErrorMessage = v.outcomes.at(p.outcome).message
	c := v.calls.at(p.call)
	row.EventType, row.ReadOnly = c.typ, c.readOnly
	row.Resources = list(v.touched.at(p.touched))
}

func (v *view) use(u *lineage.Use, at ref) {
	p, chunk := v.row(at), v.chunks[at>>chunkBits]
	var room [3 * 40]byte
	b := unpack(room[:0], &p.event, p.eventKind, v.long)
	event := len(b)
	b = unpack(b, &p.request, p.requestKind, v.long)
	request := len(b)
	if p.shared > 0 {
		id := &chunk.ids[p.shared-1]
		b = unpack(b, &id.bytes, id.kind, v.long)
	}
	ids := string(b)
	where, call, from := v.places.at(p.place), v.calls.at(p.call), v.clients.at(p.client)
	*u = lineage.Use{
		ID:            cloudtrail.ID{Event: ids[:event], Recipient: where.recipient},
		Fingerprint:   p.print,
		Time:          p.time,
		Caller:        v.people.at(p.who),
		EventSource:   call.source,
		EventName:     call.name,
		Region:        where.region,
		ErrorCode:     v.outcomes.at(p.outcome).code,
		RequestID:     ids[event:request],
		SharedEventID: ids[request:],
		SourceIP:      from.ip,
		UserAgent:     from.agent,
		FromConsole:   p.console,
		Location:      lineage.Location{File: v.files[p.file].URI, Record: int(p.ordinal)},
	}
	runtime.KeepAlive(v) // p alone would not keep its row
}
