package dynamo

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zlib"
)

// dictionary is what CloudTrail's records have in common, the most common last. A
// record alone is too short to repeat itself: with it one of 1,440 bytes takes 320,
// without it 790, and most items stay below the kilobyte that a write unit pays for.
//
// It is part of the format and never changes: packed records name it by its Adler-32
// (RFC 1950, 2.2), and can be read with it alone. Python reads them too:
// zlib.decompressobj(zdict=dictionary).
//
//go:embed dictionary.txt
var dictionary []byte

// packer compresses records. The zero value is ready; any number may use it at once.
type packer struct{ idle sync.Pool }

func (p *packer) pack(raw []byte) []byte {
	var b bytes.Buffer
	w, _ := p.idle.Get().(*zlib.Writer)
	if w == nil {
		w, _ = zlib.NewWriterLevelDict(&b, zlib.BestCompression, dictionary) // fails for unknown levels only
	}
	w.Reset(&b)
	_, _ = w.Write(raw) // a Buffer takes everything
	_ = w.Close()
	p.idle.Put(w)
	return b.Bytes()
}

// mostRecord is how long a record may be in the table, unpacked: CloudTrail's are
// 256 KB at most (linkage.md 4.2), and what is there anybody may have put who may
// write to the table. A longer one is left in its log file.
const mostRecord = 1 << 20

// unpacker makes of packed records what they were. The zero value is ready; any
// number may use it at once.
type unpacker struct{ idle sync.Pool }

func (p *unpacker) unpack(packed []byte) ([]byte, error) {
	z, _ := p.idle.Get().(io.Reader)
	var err error
	if z == nil {
		z, err = zlib.NewReaderDict(bytes.NewReader(packed), dictionary)
	} else {
		err = z.(zlib.Resetter).Reset(bytes.NewReader(packed), dictionary) // which all of that package are
	}
	if err != nil {
		return nil, err
	}
	defer p.idle.Put(z)
	raw, err := io.ReadAll(io.LimitReader(z, mostRecord+1))
	if err == nil && len(raw) > mostRecord {
		err = fmt.Errorf("it is longer than %d bytes", mostRecord)
	}
	return raw, err
}
