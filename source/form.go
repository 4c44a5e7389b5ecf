package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

const (
	gzipForm      = "gzip"
	byteOrderMark = "\xef\xbb\xbf"
)

// IsGzip reports whether a body is compressed as log files are.
func IsGzip(body []byte) bool { return formOf(body) == gzipForm }

// formOf tells a compressed file by its first bytes; "" is not compressed.
func formOf(body []byte) string {
	for _, f := range [...]struct{ magic, form string }{
		{"\x1f\x8b", gzipForm},
		{"\x28\xb5\x2f\xfd", "zstd"},
		{"BZh", "bzip2"},
		{"\xfd7zXZ\x00", "xz"},
		{"PK\x03\x04", "a zip archive"},
		{"PAR1", "Parquet"},
	} {
		if bytes.HasPrefix(body, []byte(f.magic)) {
			return f.form
		}
	}
	return ""
}

func isGzipName(uri string) bool { return strings.HasSuffix(strings.ToLower(uri), ".gz") }

func startsAsJSON(body []byte) bool {
	body = bytes.TrimSpace(bytes.TrimPrefix(body[:min(len(body), 4<<10)], []byte(byteOrderMark)))
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

// members reads the members of a gzip file to the last, even if the checksum of
// one is wrong: its error then comes at the end.
type members struct {
	gz    *gzip.Reader
	in    *bytes.Reader
	body  []byte // what in reads
	wrong error
}

func (m *members) Read(p []byte) (int, error) {
	n, err := m.gz.Read(p)
	switch {
	case err == nil:
		return n, nil
	case errors.Is(err, gzip.ErrChecksum):
		m.wrong = err
		if err = m.gz.Reset(m.in); err == nil {
			return n, nil
		}
	case errors.Is(err, gzip.ErrHeader):
		if m.onlyZeros() {
			err = io.EOF
		}
	}
	if err == io.EOF && m.wrong != nil {
		err = m.wrong
	}
	return n, err
}

// onlyZeros reports whether what is no gzip header, and all behind it, is but
// padding, as tapes and some copying tools leave it.
func (m *members) onlyZeros() bool {
	const header = 10 // bytes that were read before it was refused
	rest := m.body[max(len(m.body)-m.in.Len()-header, 0):]
	return len(bytes.Trim(rest, "\x00")) == 0
}

// gunzipProblem says what an error of the gzip reader means to the owner of the file.
func gunzipProblem(err error) string {
	const fetch = "; the records before that were read: fetch the file again"
	if at, ok := errors.AsType[flate.CorruptInputError](err); ok {
		return fmt.Sprintf("gzip damaged at byte %d of the compressed file%s", int64(at), fetch)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "gzip cut short" + fetch
	case errors.Is(err, gzip.ErrChecksum):
		return "gzip checksum (CRC) is wrong: some byte of it is not as it was written; what could be read was: fetch the file again"
	case errors.Is(err, gzip.ErrHeader):
		return "something that is not gzip follows the gzip data" + fetch
	}
	return "cannot be decompressed: " + err.Error()
}
