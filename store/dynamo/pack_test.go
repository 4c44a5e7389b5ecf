package dynamo

import (
	"bytes"
	"hash/adler32"
	"strings"
	"testing"

	"github.com/klauspost/compress/zlib"
)

// TestDictionary: the dictionary is the one that tables out there were written with.
func TestDictionary(t *testing.T) {
	const is = 0x7daf107d
	if got := adler32.Checksum(dictionary); got != is {
		t.Errorf("dictionary.txt has the sum %#x, not %#x: records that were packed with another can be read no more; another dictionary is another format", got, is)
	}
}

// TestPack: what is packed is read again, by whoever has the dictionary, and takes
// less than half of what it takes without.
func TestPack(t *testing.T) {
	var p packer
	var u unpacker
	for _, raw := range []string{"", "{}", chained(1), called(1), strings.Repeat("\xff", 1<<10), strings.Repeat("x", 1<<20)} {
		packed := p.pack([]byte(raw))
		got, err := u.unpack(packed)
		if err != nil || string(got) != raw {
			t.Errorf("%.40q became %.40q, %v", raw, got, err)
		}
	}
	var without bytes.Buffer
	z := zlib.NewWriter(&without)
	if _, err := z.Write([]byte(called(1))); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	if n := len(p.pack([]byte(called(1)))); n > without.Len()/2 {
		t.Errorf("%d bytes, and without the dictionary %d", n, without.Len())
	}
	if _, err := u.unpack(without.Bytes()); err != nil {
		t.Errorf("packed without the dictionary: %v", err)
	}
	if got, err := u.unpack([]byte("x\x9c no zlib")); err == nil {
		t.Errorf("no zlib is %q", got)
	}
	if got, err := u.unpack(p.pack(make([]byte, mostRecord+1))); err == nil {
		t.Errorf("a record of %d bytes is read", len(got))
	}
}
