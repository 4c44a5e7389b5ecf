package local

import (
	"encoding/binary"
	"fmt"
	"unsafe"
)

// bytesOf is the bytes of a string that is not written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// appendNames writes names so that they can be told apart again.
func appendNames(b []byte, names []string) []byte {
	for _, n := range names {
		b = appendText(b, n)
	}
	return b
}

// splitNames reads what appendNames wrote.
func splitNames(s string) []string {
	var names []string
	for r := (reader{left: bytesOf(s)}); len(r.left) > 0 && r.err == nil; {
		names = append(names, r.text())
	}
	return names
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// reader takes apart what was written with appendText and varints. Its texts
// alias what is read. The first thing amiss is err; all is zero after it.
type reader struct {
	left []byte
	err  error
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = fmt.Errorf("ends too early, or is no such block")
	}
	r.left = nil
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.left)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.left)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.left = r.left[n:]
	return v
}

func (r *reader) text() string {
	n := r.uint()
	if n > uint64(len(r.left)) {
		r.fail()
		return ""
	}
	if n == 0 {
		return ""
	}
	s := unsafe.String(&r.left[0], int(n))
	r.left = r.left[n:]
	return s
}
