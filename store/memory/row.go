package memory

import (
	"encoding/hex"
	"hash/maphash"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// packed is one event in 96 bytes, without a pointer for the garbage collector
// to follow. What many events share is a code of a dictionary; ids, which no
// two events share, are kept as they are.
type packed struct {
	event, request         [idSize]byte
	eventKind, requestKind uint8 // how the two are to be read
	console                bool
	time                   cloudtrail.Time
	print                  lineage.Fingerprint
	sum                    uint32 // CRC-32C of the record's bytes
	who                    code
	call                   code
	place                  code
	client                 code
	outcome                code
	touched                code
	shared                 uint32 // index in the chunk's ids, plus one
	file                   uint32
	ordinal                uint32
}

// What rows have in common, as dictionaries hold it.
type (
	call struct { // what was done
		source, name, typ string
		readOnly          cloudtrail.Bool
	}
	place   struct{ recipient, region string }
	client  struct{ ip, agent string }
	outcome struct{ code, message string }
)

// Kinds of ids below idSize are a text of that length.
const (
	idSize   = 16
	uuidKind = idSize + 1 // the sixteen bytes of a lower-case UUID
	longKind = idSize + 2 // a code of the dictionary of long ids, little-endian
)

// ref names a row: a chunk and a place in it.
type ref uint32

const (
	chunkBits = 9
	chunkRows = 1 << chunkBits
)

// chunk is a run of rows that one worker writes, with their sharedEventIDs,
// which few have.
type chunk struct {
	rows *[chunkRows]packed
	n    int
	ids  []id
}

type id struct {
	bytes [idSize]byte
	kind  uint8
}

// pack writes an id of any form so that equal ids have equal bytes.
func pack(text string, to *[idSize]byte, long *dict[string]) uint8 {
	switch {
	case len(text) == 36 && packUUID(text, to):
		return uuidKind
	case len(text) <= idSize:
		*to = [idSize]byte{}
		copy(to[:], text)
		return uint8(len(text))
	}
	c, _ := long.intern(text, maphash.Comparable(long.seed, text))
	*to = [idSize]byte{byte(c), byte(c >> 8), byte(c >> 16), byte(c >> 24)}
	return longKind
}

// unpack appends an id as text.
func unpack(b []byte, from *[idSize]byte, kind uint8, long *values[string]) []byte {
	switch kind {
	case uuidKind:
		return appendUUID(b, from)
	case longKind:
		c := code(from[0]) | code(from[1])<<8 | code(from[2])<<16 | code(from[3])<<24
		return append(b, long.at(c)...)
	}
	return append(b, from[:kind]...)
}

// packUUID reads the one form that its bytes give back: lower case, dashes at
// their places.
func packUUID(s string, to *[idSize]byte) bool {
	at := 0
	for i := 0; i < len(s); {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if s[i] != '-' {
				return false
			}
			i++
			continue
		}
		hi, lo := nibbles[s[i]], nibbles[s[i+1]]
		if hi|lo > 0xf {
			return false
		}
		to[at] = hi<<4 | lo
		at++
		i += 2
	}
	return true
}

// nibbles are the values of the lower-case hex digits, 0xff for anything else.
var nibbles = func() (n [256]byte) {
	for i := range n {
		n[i] = 0xff
	}
	for i, c := range []byte("0123456789abcdef") {
		n[c] = byte(i)
	}
	return n
}()

func appendUUID(b []byte, id *[idSize]byte) []byte {
	for i, part := range [...][]byte{id[0:4], id[4:6], id[6:8], id[8:10], id[10:16]} {
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, part)
	}
	return b
}
