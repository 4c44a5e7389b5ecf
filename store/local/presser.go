package local

import (
	"runtime"

	"github.com/klauspost/compress/zstd"
)

// pressers press and open with zstd. Safe for concurrent use: the library's
// encoder and decoder are, and each works on as many cores as there are.
type pressers struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// mostOpened is how large a block may become when it is opened: one that claims
// more is damaged.
const mostOpened = 1 << 30

func newPressers(o ...zstd.EOption) *pressers {
	cores := runtime.GOMAXPROCS(0)
	fast := []zstd.EOption{zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(cores), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true)}
	enc, err := zstd.NewWriter(nil, append(fast, o...)...)
	if err != nil {
		panic(err) // the options are all that can be wrong
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(cores), zstd.WithDecoderMaxMemory(mostOpened))
	if err != nil {
		panic(err)
	}
	return &pressers{enc, dec}
}

func (p *pressers) press(dst, src []byte) []byte         { return p.enc.EncodeAll(src, dst) }
func (p *pressers) open(dst, src []byte) ([]byte, error) { return p.dec.DecodeAll(src, dst) }
