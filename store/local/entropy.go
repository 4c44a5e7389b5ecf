package local

import (
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
)

// entropy is the zstd codec for columns of ids: hexadecimal text holds no repeats
// to be found, but each of its bytes has four bits to say. The library's own
// codec has no setting for that, and would store ids as they are.
type entropy struct{ z *pressers }

func newEntropy() *entropy { return &entropy{z: newPressers(zstd.WithAllLitEntropyCompression(true))} }

func (*entropy) String() string                            { return "ZSTD" }
func (*entropy) CompressionCodec() format.CompressionCodec { return format.Zstd }

func (e *entropy) Encode(dst, src []byte) ([]byte, error) { return e.z.press(dst[:0], src), nil }
func (e *entropy) Decode(dst, src []byte) ([]byte, error) { return e.z.open(dst[:0], src) }
