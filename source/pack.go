package source

import (
	"bytes"
	"slices"

	"github.com/klauspost/compress/gzip"
)

// Pack returns a copy of a body to be kept in memory, compressed if it was not.
// An [Item] that opens it reads the same records.
func Pack(body []byte) []byte {
	if formOf(body) == gzipForm {
		return slices.Clone(body)
	}
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // fails for unknown levels only
	_, _ = w.Write(body)                            // a Buffer takes everything
	_ = w.Close()
	return bytes.Clone(b.Bytes())
}
