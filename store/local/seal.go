package local

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// segment is what the catalogue says of one.
type segment struct {
	id                  int64
	name                string // of its Parquet file; "" where it holds facts alone
	rows, facts         int64
	first, last         cloudtrail.Time // of its rows
	factFirst, factLast cloudtrail.Time
	bytes, partBytes    int64
	sum                 []byte   // SHA-256 of the Parquet file
	tail                int64    // checksum of what follows its pages, 0 if not known
	filters             []uint32 // checksums of its Bloom filters, until it is sealed
}

// sealer makes segments of batches.
type sealer struct {
	dir    string
	press  *pressers
	schema *parquet.Schema
	leaves [columnCount]int // where a column is in the schema
	nextID atomic.Int64     // the last segment's
}

// sync makes the names of what was sealed durable.
func (s *sealer) sync() error {
	return errors.Join(syncFolder(filepath.Join(s.dir, eventsName)), syncFolder(filepath.Join(s.dir, indexName)))
}

// ref is a row and its place in the order of rows.
type ref struct {
	hi, lo uint64
	row    uint32
}

// inOrder sorts the rows of a batch: by hour, those that hand out credentials
// first, then by caller, place, time and event id.
func (b *batch) inOrder(rank []uint32) []ref {
	refs := make([]ref, len(b.rows))
	for i := range b.rows {
		r := &b.rows[i]
		hour := hourOf(r.time)
		hi := uint64(uint32(hour)^1<<31)<<32 | uint64(rank[r.who])
		if !r.alone {
			hi |= 1 << 31
		}
		second := uint64(r.time - cloudtrail.Time(hour)*secondsAnHour)
		refs[i] = ref{hi, uint64(r.place)<<32 | second&math.MaxUint32, uint32(i)}
	}
	slices.SortFunc(refs, func(x, y ref) int {
		if c := cmp.Or(cmp.Compare(x.hi, y.hi), cmp.Compare(x.lo, y.lo)); c != 0 {
			return c
		}
		p, q := &b.rows[x.row], &b.rows[y.row]
		return cmp.Or(
			slices.Compare(b.arena[p.id.at:p.id.at+p.id.n], b.arena[q.id.at:q.id.at+q.id.n]),
			cmp.Compare(p.print, q.print), cmp.Compare(p.sum, q.sum),
		)
	})
	return refs
}

// cuts are where segments end. One is of one UTC day where that is worth a
// file, so that retention takes whole files away and a day is found in few.
func (b *batch) cuts(refs []ref) []int {
	dayAt := func(i int) int32 { return dayOfHour(hourOf(b.rows[refs[i].row].time)) }
	days := 1
	for i := 1; i < len(refs); i++ {
		if dayAt(i) != dayAt(i-1) {
			days++
		}
	}
	perDay := len(refs)/days >= dayRows
	var ends []int
	start := 0
	for i := 1; i < len(refs); i++ {
		newDay := dayAt(i) != dayAt(i-1)
		if size := i - start; size >= segmentRows || newDay && (perDay || size >= settledRows) {
			ends = append(ends, i)
			start = i
		}
	}
	return append(ends, len(refs))
}

// seal writes a batch as segments. Where the catalogue does not come to know
// them, the next writer removes their files.
func (s *sealer) seal(ctx context.Context, b *batch) ([]*segment, error) {
	refs := b.inOrder(b.people.ranks())
	facts := make([]*packedFact, len(b.facts))
	for i := range b.facts {
		facts[i] = &b.facts[i]
	}
	slices.SortStableFunc(facts, func(x, y *packedFact) int { return cmp.Compare(x.time, y.time) })
	var all []*segment
	start := 0
	for _, end := range b.cuts(refs) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := cut{batch: b, refs: refs[start:end], facts: facts}
		if end < len(refs) {
			last := hourOf(b.rows[refs[end-1].row].time)
			n, _ := slices.BinarySearchFunc(facts, last, func(f *packedFact, h int32) int {
				if hourOf(f.time) <= h {
					return -1
				}
				return 1
			})
			c.facts, facts = facts[:n], facts[n:]
		}
		start = end
		if len(c.refs)+len(c.facts) == 0 {
			continue
		}
		c.choosePeople()
		one, err := s.build(&c)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// cut is the part of a batch that becomes one segment.
type cut struct {
	*batch
	refs  []ref
	facts []*packedFact

	people []uint32 // that are in it, in order
	number []uint32 // of a person in the segment, by its number in the batch
}

// choosePeople numbers the callers of a cut as they first come in the order of
// its rows: who reads an hour finds the callers of that hour together.
func (c *cut) choosePeople() {
	const unused = ^uint32(0)
	c.number = make([]uint32, len(c.batch.people.all))
	for i := range c.number {
		c.number[i] = unused
	}
	note := func(who uint32) {
		if c.number[who] == unused {
			c.number[who] = uint32(len(c.people))
			c.people = append(c.people, who)
		}
	}
	for _, r := range c.refs {
		note(c.rows[r.row].who)
	}
	for _, f := range c.facts {
		note(f.who)
	}
}

// build writes the files of one segment.
func (s *sealer) build(c *cut) (*segment, error) {
	one := &segment{id: s.nextID.Add(1), rows: int64(len(c.refs)), facts: int64(len(c.facts))}
	parts := append(c.peopleParts(s.press), c.factParts(s.press)...)
	if n := len(c.facts); n > 0 {
		one.factFirst, one.factLast = c.facts[0].time, c.facts[n-1].time
	}
	if len(c.refs) > 0 {
		parts = append(parts, c.rowParts(s.press)...)
		first, last := &c.rows[c.refs[0].row], &c.rows[c.refs[len(c.refs)-1].row]
		one.first, one.last = first.time, last.time
		for _, r := range c.refs {
			t := c.rows[r.row].time
			one.first, one.last = min(one.first, t), max(one.last, t)
		}
		one.name = segmentName(hourOf(first.time), hourOf(last.time), one.id)
		if err := s.write(c, one); err != nil {
			return nil, err
		}
		parts = append(parts, part{partFilters, 0, s.press.part(appendSums(nil, one.filters))})
	}
	size, err := writeParts(filepath.Join(s.dir, partsName(one.id)), parts)
	one.partBytes = size
	return one, err
}

// peopleParts are the userIdentity elements, as they stand in the records.
func (c *cut) peopleParts(p *pressers) []part {
	var parts []part
	var plain []byte
	for i := 0; i < len(c.people); i += peopleABlock {
		plain = plain[:0]
		for _, n := range c.people[i:min(i+peopleABlock, len(c.people))] {
			plain = appendText(plain, c.batch.people.all[n].raw)
		}
		parts = append(parts, part{partPeople, int64(i), p.part(plain)})
	}
	return parts
}

func (c *cut) factParts(p *pressers) []part {
	var parts []part
	var plain []byte
	var keys []entry
	for i, f := range c.facts {
		plain = binary.AppendUvarint(plain, uint64(c.number[f.who]))
		plain = binary.AppendUvarint(plain, uint64(f.sum))
		plain = appendText(plain, string(c.factText[f.body[0]:f.body[1]]))
		for _, h := range c.keys[f.keys[0]:f.keys[1]] {
			keys = append(keys, entry{int64(h), uint32(i), 1})
		}
		if (i+1)%factsABlock == 0 || i+1 == len(c.facts) {
			parts = append(parts, part{partFacts, int64(i - i%factsABlock), p.part(plain)})
			plain = plain[:0]
		}
	}
	return append(parts, index(partKeys, keys)...)
}

// rowParts are the tallies, and what finds them.
func (c *cut) rowParts(p *pressers) []part {
	tallies := c.tallies()
	var parts []part
	var plain []byte
	var hours []hourStart
	callers := callerIndex{last: map[uint64]int{}}
	for i := range tallies {
		t := &tallies[i]
		if n := len(hours); n == 0 || hours[n-1].hour != t.hour {
			hours = append(hours, hourStart{t.hour, uint32(i), t.first})
		}
		id := c.batch.people.all[c.people[t.who]].id
		callers.add(principalHash(id.PrincipalID), uint32(i))
		callers.add(accessKeyHash(id.AccessKeyID), uint32(i))
	}
	hours = append(hours, hourStart{math.MaxInt32, uint32(len(tallies)), uint32(len(c.refs))})
	for i := 0; i < len(tallies); i += talliesABlock {
		plain = appendTallies(plain[:0], tallies[i:min(i+talliesABlock, len(tallies))])
		parts = append(parts, part{partTallies, int64(i), p.part(plain)})
	}
	parts = append(parts, part{partHours, 0, p.part(appendHours(nil, hours))})
	plain = plain[:0]
	for _, at := range c.places.all {
		plain = appendText(appendText(plain, at.recipient), at.region)
	}
	parts = append(parts, part{partPlaces, 0, p.part(plain)})
	return append(parts, index(partCallers, callers.entries)...)
}

func (c *cut) tallies() []tally {
	var all []tally
	for i, r := range c.refs {
		row := &c.rows[r.row]
		hour, who := hourOf(row.time), c.number[row.who]
		second := uint16(row.time - cloudtrail.Time(hour)*secondsAnHour)
		n := len(all)
		if n == 0 || all[n-1].hour != hour || all[n-1].who != who || all[n-1].place != row.place || all[n-1].alone != row.alone {
			all = append(all, tally{hour: hour, who: who, place: row.place, alone: row.alone, first: uint32(i), from: second, to: second})
			n++
		}
		t := &all[n-1]
		t.n++
		t.from, t.to = min(t.from, second), max(t.to, second)
		if c.calls.all[row.call].isWrite() {
			t.writes++
		}
		if c.outcomes.all[row.outcome].code != "" {
			t.errors++
		}
	}
	return all
}

// callerIndex gathers the entries by which tallies are found.
type callerIndex struct {
	entries []entry
	last    map[uint64]int // the entry that a hash was last put into
}

func (x *callerIndex) add(hash uint64, tally uint32) {
	if hash == 0 {
		return
	}
	if i, ok := x.last[hash]; ok && x.entries[i].at+x.entries[i].n == tally {
		x.entries[i].n++
		return
	}
	x.last[hash] = len(x.entries)
	x.entries = append(x.entries, entry{int64(hash), tally, 1})
}
