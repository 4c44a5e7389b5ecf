package local

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"sort"
)

// kind is what a part of a segment holds. The values are part of the format.
type kind int64

const (
	partPeople  kind = 1 + iota // userIdentity elements, by number
	partTallies                 // tallies, by number
	partHours                   // the first tally and row of each hour
	partCallers                 // tallies by role id and by access key
	partFacts                   // facts, by number
	partKeys                    // facts by key
	partPlaces                  // recipient and region, all in one
	partFilters                 // checksums of the Parquet file's Bloom filters, all in one
)

// part is a block of one of a segment's sorted runs, as the catalogue keeps it:
// first is the number, or the hash, of the first thing in it.
type part struct {
	kind  kind
	first int64
	data  []byte
}

// How many things a block holds: a look-up reads one block, a scan all.
const (
	peopleABlock  = 128
	talliesABlock = 512
	factsABlock   = 128
	entriesABlock = 512
)

// press makes the data of a part, pressed, with a checksum at its end.
func (p *pressers) part(plain []byte) []byte { return sealed(p.press(nil, plain)) }

func (p *pressers) openPart(data []byte) ([]byte, error) {
	data, err := unsealed(data)
	if err != nil {
		return nil, err
	}
	return p.open(nil, data)
}

func sealed(data []byte) []byte {
	return binary.LittleEndian.AppendUint32(data, crc32.Checksum(data, castagnoli))
}

func unsealed(data []byte) ([]byte, error) {
	n := len(data) - 4
	if n < 0 || binary.LittleEndian.Uint32(data[n:]) != crc32.Checksum(data[:n], castagnoli) {
		return nil, fmt.Errorf("a block is damaged: its checksum is wrong")
	}
	return data[:n], nil
}

// entry says that n things from number at on have a hash.
type entry struct {
	hash  int64
	at, n uint32
}

// hashBits is what an entry keeps of a hash, the upper ones. Of some ten thousand
// in a segment hardly two are alike in them, and what is found is compared.
const hashBits = 40

// cutHash is a hash as entries keep it.
func cutHash(h uint64) uint64 { return h &^ (1<<(64-hashBits) - 1) }

// sizeOf is what an entry takes: a fact is found alone, tallies come in runs.
func sizeOf(k kind) int {
	if k == partKeys {
		return hashBits/8 + 4
	}
	return hashBits/8 + 4 + 4
}

// index cuts entries, in any order, into parts. Those of one hash stay in one
// part, so that one part answers.
func index(k kind, entries []entry) []part {
	slices.SortFunc(entries, func(a, b entry) int {
		if a.hash != b.hash {
			if a.hash < b.hash {
				return -1
			}
			return 1
		}
		return int(a.at) - int(b.at)
	})
	var parts []part
	for len(entries) > 0 {
		n := min(entriesABlock, len(entries))
		for n < len(entries) && entries[n].hash == entries[n-1].hash {
			n++
		}
		data := make([]byte, 0, n*sizeOf(k)+4)
		for _, e := range entries[:n] {
			var whole [8]byte
			binary.BigEndian.PutUint64(whole[:], uint64(e.hash))
			data = append(data, whole[:hashBits/8]...)
			data = binary.LittleEndian.AppendUint32(data, e.at)
			if k != partKeys {
				data = binary.LittleEndian.AppendUint32(data, e.n)
			}
		}
		parts = append(parts, part{k, entries[0].hash, sealed(data)})
		entries = entries[n:]
	}
	return parts
}

// entries is the unsealed data of index parts, one behind the other.
type entries struct {
	data []byte
	size int // of an entry
}

func (e entries) len() int { return len(e.data) / e.size }

func (e entries) hash(i int) int64 {
	var whole [8]byte
	copy(whole[:], e.data[i*e.size:][:hashBits/8])
	return int64(binary.BigEndian.Uint64(whole[:]))
}

func (e entries) at(i int) entry {
	b := e.data[i*e.size:][hashBits/8:]
	one := entry{e.hash(i), binary.LittleEndian.Uint32(b), 1}
	if e.size == sizeOf(partCallers) {
		one.n = binary.LittleEndian.Uint32(b[4:])
	}
	return one
}

// find appends the entries of hashes, which are sorted. It goes on from where the
// last was, in steps that double: of many the next is near.
func (e entries) find(to []entry, hashes ...int64) []entry {
	at, n := 0, e.len()
	for _, hash := range hashes {
		step := 1
		for at+step <= n && e.hash(at+step-1) < hash {
			at += step
			step *= 2
		}
		from := at
		at += sort.Search(min(step, n-from), func(i int) bool { return e.hash(from+i) >= hash })
		for i := at; i < n && e.hash(i) == hash; i++ {
			to = append(to, e.at(i))
		}
	}
	return to
}
