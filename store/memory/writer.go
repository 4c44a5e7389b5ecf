package memory

import (
	"encoding/binary"
	"hash/crc32"
	"unsafe"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// castagnoli has an instruction of its own on amd64 and arm64.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// writer turns records into rows and facts for one goroutine at a time.
type writer struct {
	store    *Store
	company  company
	calls    cache[call]
	places   cache[place]
	clients  cache[client]
	outcomes cache[outcome]
	touched  cache[string]

	where     place // of the last record: a file has few
	whereCode code

	chunk *chunk // nil: none begun
	first ref    // of its rows
	facts []found
	list  []byte
}

// found is a fact and the row it came with.
type found struct {
	fact *lineage.Fact
	row  ref
}

func newWriter(s *Store) *writer {
	return &writer{
		store:    s,
		company:  company{s.people, make([]acquaintance, companySlots)},
		calls:    newCache(s.calls, 1<<10),
		places:   newCache(s.places, 1<<8),
		clients:  newCache(s.clients, 1<<11),
		outcomes: newCache(s.outcomes, 1<<8),
		touched:  newCache(s.touched, 1<<11),
	}
}

// add takes in one record of a file, given its URI, its number and the account
// in its path.
func (w *writer) add(r *cloudtrail.Record, account, uri string, file uint32) verdict {
	if w.chunk == nil || w.chunk.n == chunkRows {
		w.chunk, w.first = w.store.events.rows.add()
	}
	row, at := &w.chunk.rows[w.chunk.n], w.first+ref(w.chunk.n)
	*row = packed{file: file, ordinal: uint32(r.Ordinal), sum: crc32.Checksum(bytesOf(string(r.Raw)), castagnoli)}

	caller := w.company.meet(&r.UserIdentity)
	use := lineage.NewUse(r, r.ID(account), caller.id, lineage.Location{File: uri, Record: r.Ordinal})
	row.who, row.time, row.print = caller.code, use.Time, use.Fingerprint
	row.eventKind = pack(use.ID.Event, &row.event, w.store.long)
	if where := (place{use.ID.Recipient, use.Region}); where != w.where {
		w.whereCode, w.where = w.places.code(where)
	}
	row.place = w.whereCode

	onlyNames := lineage.AddsOnlyNames(r, caller.id)
	if day := use.Time/(24*60*60) + 1; onlyNames && caller.day != day {
		caller.day = day
		w.store.names.add(lineage.Names(caller.id, use.Time))
	}
	became := w.store.events.put(row, at)
	if became == duplicate {
		return became
	}
	w.chunk.n++
	w.describe(row, r, &use, caller)
	if !onlyNames {
		w.addFacts(r, use, at)
	}
	return became
}

// describe fills in the columns that tell no two events apart, and points use
// at the dictionaries' strings.
func (w *writer) describe(row *packed, r *cloudtrail.Record, use *lineage.Use, caller *acquaintance) {
	use.ID.Recipient, use.Region = w.where.recipient, w.where.region
	var c call
	row.call, c = w.calls.code(call{use.EventSource, use.EventName, r.EventType, r.ReadOnly})
	use.EventSource, use.EventName = c.source, c.name
	if from := (client{use.SourceIP, use.UserAgent}); from != caller.from {
		caller.fromCode, caller.from = w.clients.code(from)
	}
	row.client = caller.fromCode
	use.SourceIP, use.UserAgent = caller.from.ip, caller.from.agent
	if use.ErrorCode != "" || r.ErrorMessage != "" {
		var o outcome
		row.outcome, o = w.outcomes.code(outcome{use.ErrorCode, r.ErrorMessage})
		use.ErrorCode = o.code
	}
	if names := query.Touched(r); len(names) > 0 {
		w.list = appendList(w.list[:0], names)
		row.touched, _ = w.touched.code(unsafe.String(&w.list[0], len(w.list)))
	}
	row.requestKind = pack(use.RequestID, &row.request, w.store.long)
	if use.SharedEventID != "" {
		var shared id
		shared.kind = pack(use.SharedEventID, &shared.bytes, w.store.long)
		w.chunk.ids = append(w.chunk.ids, shared)
		row.shared = uint32(len(w.chunk.ids))
	}
	row.console = use.FromConsole
}

func (w *writer) addFacts(r *cloudtrail.Record, use lineage.Use, at ref) {
	facts := lineage.Facts(r, use)
	for i := range facts {
		f := &facts[i]
		if f.Kind == lineage.Name {
			w.store.names.add(facts[i : i+1])
			continue
		}
		w.facts = append(w.facts, found{w.keepFact(f, use), at})
	}
}

// keepFact copies a fact. What use points to in the dictionaries is not copied,
// and what many facts say alike is held once.
func (w *writer) keepFact(f *lineage.Fact, use lineage.Use) *lineage.Fact {
	held := ownTexts(&lineage.Fact{Use: use})
	for i, s := range ownTexts(f) {
		if *s == *held[i] {
			*s = ""
		} else {
			held[i] = nil
		}
	}
	var alike [4]string
	for i, s := range alikeTexts(f) {
		alike[i], *s = w.store.people.texts.text(*s), ""
	}
	c := f.Clone()
	for i, s := range ownTexts(c) {
		if held[i] != nil {
			*s = *held[i]
		}
	}
	for i, s := range alikeTexts(c) {
		*s = alike[i]
	}
	return c
}

func ownTexts(f *lineage.Fact) [8]*string {
	return [...]*string{
		&f.ID.Recipient, &f.Region, &f.EventSource, &f.EventName,
		&f.SourceIP, &f.UserAgent, &f.ErrorCode, &f.File,
	}
}

func alikeTexts(f *lineage.Fact) [4]*string {
	return [...]*string{&f.Request.RoleARN, &f.Request.ExternalID, &f.Grant.Provider, &f.Grant.Issuer}
}

// appendList writes names so that they can be told apart again.
func appendList(b []byte, names []string) []byte {
	for _, n := range names {
		b = binary.AppendUvarint(b, uint64(len(n)))
		b = append(b, n...)
	}
	return b
}

// list reads what appendList wrote.
func list(s string) []string {
	if s == "" {
		return nil
	}
	names := make([]string, 0, 2)
	for s != "" {
		n, used := uvarint(s)
		names = append(names, s[used:used+n])
		s = s[used+n:]
	}
	return names
}

func uvarint(s string) (n, used int) {
	for shift := 0; ; shift += 7 {
		c := s[used]
		used++
		n |= int(c&0x7f) << shift
		if c < 0x80 {
			return n, used
		}
	}
}

// bytesOf is the bytes of a string that is not written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
