package local

import (
	"hash/crc32"
	"hash/maphash"
	"math"
	"strings"
	"unsafe"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// row is one event on its way into a segment. What many events share is a
// number in one of the batch's lists, texts that no two share are spans of its
// arena.
type row struct {
	time                cloudtrail.Time
	print               lineage.Fingerprint
	id, request, shared text
	file                int64 // in the catalogue
	ordinal             uint32
	sum                 uint32 // of what is shown and no link field
	who, call, place    uint32
	client, outcome     uint32
	touched             uint32
	console, alone      bool
}

// text is a span of a batch's arena.
type text struct{ at, n uint32 }

// What rows have in common.
type (
	call struct {
		source, name, typ string
		readOnly          cloudtrail.Bool
	}
	place   struct{ recipient, region string }
	client  struct{ ip, agent string }
	outcome struct{ code, message string }
)

// batch is what one writer has gathered and not committed.
type batch struct {
	rows     []row
	arena    []byte
	people   people
	calls    numbered[call]
	places   numbered[place]
	clients  numbered[client]
	outcomes numbered[outcome]
	touched  numbered[string] // names, each behind its length
	facts    []packedFact
	keys     []uint64 // of the facts
	factText []byte
	files    []logFile // that were added to, each once a piece
	finished []finished
	forms    []sighting // of events that have several
	named    map[nameKey]bool
	names    []byte // of the event at hand
}

func newBatch(seed maphash.Seed) *batch {
	return &batch{
		rows: make([]row, 0, pageRows), arena: make([]byte, 0, pageRows*80),
		people: people{seed: seed, at: map[[2]uint64]uint32{}},
	}
}

// reset empties a batch, and keeps the memory of what is large in it.
func (b *batch) reset() {
	fresh := &batch{people: people{seed: b.people.seed, at: map[[2]uint64]uint32{}}, names: b.names}
	fresh.rows, fresh.arena = b.rows[:0], b.arena[:0]
	fresh.facts, fresh.keys, fresh.factText = b.facts[:0], b.keys[:0], b.factText[:0]
	fresh.people.all = b.people.all[:0]
	clear(fresh.people.all[:cap(fresh.people.all)])
	*b = *fresh
}

// numbered numbers values in the order they first come. Number 0 is the zero value.
type numbered[V comparable] struct {
	at   map[V]uint32
	all  []V
	last V // rows come in runs
	n    uint32
}

// number returns a value's number; keep makes the copy that stays.
func (l *numbered[V]) number(v V, keep func(V) V) uint32 {
	if v == l.last && l.all != nil {
		return l.n
	}
	if l.at == nil {
		var zero V
		l.at, l.all = map[V]uint32{zero: 0}, []V{zero}
	}
	n, ok := l.at[v]
	if !ok {
		n = uint32(len(l.all))
		v = keep(v)
		l.all = append(l.all, v)
		l.at[v] = n
	}
	l.last, l.n = l.all[n], n
	return n
}

func (b *batch) put(s string) text {
	t := text{uint32(len(b.arena)), uint32(len(s))}
	b.arena = append(b.arena, s...)
	return t
}

// room reports whether another record of a size can be taken: spans of the
// arena are counted in 32 bits.
func (b *batch) room(size int) bool {
	return len(b.arena)+size < math.MaxUint32/2
}

// add describes an event that is new.
func (b *batch) add(r *query.Row, who uint32, sum uint32, file int64) {
	keepText := strings.Clone
	b.rows = append(b.rows, row{
		time: r.Time, print: r.Fingerprint, sum: sum,
		id: b.put(r.ID.Event), request: b.put(r.RequestID), shared: b.put(r.SharedEventID),
		file: file, ordinal: uint32(r.Record), who: who,
		call: b.calls.number(call{r.EventSource, r.EventName, r.EventType, r.ReadOnly}, func(c call) call {
			return call{keepText(c.source), keepText(c.name), keepText(c.typ), c.readOnly}
		}),
		place: b.places.number(place{r.ID.Recipient, r.Region}, func(p place) place {
			return place{keepText(p.recipient), keepText(p.region)}
		}),
		client: b.client(&b.people.all[who], client{r.SourceIP, r.UserAgent}),
		outcome: b.outcomes.number(outcome{r.ErrorCode, r.ErrorMessage}, func(o outcome) outcome {
			return outcome{keepText(o.code), keepText(o.message)}
		}),
		touched: b.touching(r.Resources),
		console: r.FromConsole,
		alone:   lineage.IssuesCredentials(r.EventSource, r.EventName),
	})
}

func (b *batch) touching(names []string) uint32 {
	if len(names) == 0 {
		return b.touched.number("", strings.Clone)
	}
	b.names = appendNames(b.names[:0], names)
	return b.touched.number(unsafe.String(&b.names[0], len(b.names)), strings.Clone)
}

// client numbers where a call came from: most callers have one address and one
// agent, so the last of each is tried first.
func (b *batch) client(p *person, from client) uint32 {
	if all := b.clients.all; all != nil && all[p.client] == from {
		return p.client
	}
	p.client = b.clients.number(from, func(c client) client {
		return client{strings.Clone(c.ip), strings.Clone(c.agent)}
	})
	return p.client
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is over what a row shows that is no link field: two records of one
// identity and one fingerprint that agree in it are one, however formatted.
func checksum(r *query.Row) uint32 {
	sum := uint32(r.ReadOnly)
	for _, s := range [...]string{r.SourceIP, r.UserAgent, r.ErrorMessage, r.EventType, r.Region} {
		sum = crc32.Update(sum+uint32(len(s)), castagnoli, bytesOf(s))
	}
	for _, s := range r.Resources {
		sum = crc32.Update(sum+uint32(len(s)), castagnoli, bytesOf(s))
	}
	if r.FromConsole {
		sum++
	}
	return sum
}

// isWrite and isError are what a tally counts, by the lists of a batch.
func (c *call) isWrite() bool {
	r := query.Row{ReadOnly: c.readOnly}
	r.EventName = c.name
	return r.IsWrite()
}

// addName adds a fact of a name, once a batch.
func (b *batch) addName(f *lineage.Fact) {
	key := nameKey{f.Time, f.Detail.ID, f.Detail.Name, f.Detail.ARN}
	if b.named[key] {
		return
	}
	if b.named == nil {
		b.named = map[nameKey]bool{}
	}
	key.id, key.name, key.arn = strings.Clone(key.id), strings.Clone(key.name), strings.Clone(key.arn)
	b.named[key] = true
	b.addFact(f, b.people.meet(&cloudtrail.UserIdentity{}), 0, 0)
}

// nameKey is what tells facts of names apart.
type nameKey struct {
	time          cloudtrail.Time
	id, name, arn string
}
