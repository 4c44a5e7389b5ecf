package local

import (
	"github.com/klauspost/compress/zstd"
	parquetzstd "github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// pages is the zstd codec for all other columns: the library's own, but that the
// encoders stay. It leaves its to the garbage collector, and half of what is taken
// to write a small segment were encoders made anew.
type pages struct {
	parquetzstd.Codec
	z *pressers
}

func newPages() *pages {
	return &pages{parquetzstd.Codec{Concurrency: 1}, newPressers(zstd.WithZeroFrames(true))}
}

func (p *pages) Encode(dst, src []byte) ([]byte, error) { return p.z.press(dst[:0], src), nil }

// entropy is the zstd codec for columns of ids: hexadecimal text holds no repeats
// to be found, but each of its bytes has four bits to say. The library's own
// codec has no setting for that, and would store ids as they are.
type entropy struct{ z *pressers }

func newEntropy() *entropy { return &entropy{z: newPressers(zstd.WithAllLitEntropyCompression(true))} }

func (*entropy) String() string                            { return "ZSTD" }
func (*entropy) CompressionCodec() format.CompressionCodec { return format.Zstd }

func (e *entropy) Encode(dst, src []byte) ([]byte, error) { return e.z.press(dst[:0], src), nil }
func (e *entropy) Decode(dst, src []byte) ([]byte, error) { return e.z.open(dst[:0], src) }
