package local

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// write writes the Parquet file of a segment in its place: nothing of that name
// is there before it is whole and on disk.
func (s *sealer) write(c *cut, one *segment) error {
	path := filepath.Join(s.dir, one.name)
	f, err := os.OpenFile(path+temporary, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	w := &summed{to: bufio.NewWriterSize(f, 1<<18), sum: sha256.New()}
	if err = errors.Join(c.encode(w, s.schema, s.leaves), w.to.Flush()); err == nil {
		err = one.check(f, w.n, s.leaves[colEventID])
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		_ = os.Remove(path + temporary) // the error at hand is the one to tell
		return err
	}
	one.bytes, one.sum = w.n, w.sum.Sum(nil)
	return os.Rename(path+temporary, path)
}

// summed hashes and counts what is written.
type summed struct {
	to  *bufio.Writer
	sum hash.Hash
	n   int64
}

func (w *summed) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.sum.Write(p[:n])
	w.n += int64(n)
	return n, err
}

// bloomBits is what an event id takes in the filter that tells the row groups
// apart that may hold one: of a hundred others one is looked into in vain.
const bloomBits = 10

// encode writes the rows of a cut, column by column.
func (c *cut) encode(to io.Writer, s *parquet.Schema, leaves [columnCount]int) error {
	options := []parquet.WriterOption{
		// The buffer's size is only what every column of numbers takes at once, be the
		// segment ever so small: what is written in one go is a page whatever its size.
		s, parquet.DataPageStatistics(false), parquet.DataPageVersion(1), parquet.PageBufferSize(9 * min(pageRows, len(c.refs))),
		parquet.CreatedBy("crosstrail", "", ""), parquet.BloomFilters(parquet.SplitBlockFilter(bloomBits, columnNames[colEventID])),
	}
	// All columns have the bounds of their pages: parquet-go would write wrong
	// ones, not none, for those told to have none, and other readers lean on them.
	w := parquet.NewWriter(to, options...)
	fills := c.fills(leaves)
	values, group := make([]parquet.Value, 0, min(pageRows, len(c.refs))), make([]row, 0, min(groupRows, len(c.refs)))
	for from := 0; from < len(c.refs); from += groupRows {
		// Rows are copied into their order once, not fetched for every column.
		group = group[:0]
		for _, r := range c.refs[from:min(from+groupRows, len(c.refs))] {
			group = append(group, c.rows[r.row])
		}
		writers := w.ColumnWriters()
		for i, fill := range fills {
			out := writers[leaves[i]]
			step := pageRows
			if i == colEventID || i == colRequest {
				step = idPageRows
			}
			for at := 0; at < len(group); at += step {
				values = values[:0]
				for i := at; i < min(at+step, len(group)); i++ {
					values = fill(values, &group[i])
				}
				if _, err := out.WriteRowValues(values); err != nil {
					return err
				}
				if err := out.Flush(); err != nil {
					return err
				}
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return w.Close()
}

// check notes the checksums of a file that was just written, of what is read to
// answer and has none of its own: the filters, of which one that is damaged would
// say that an event is not there, and all that follows the pages, which leads to
// another column's words if it is.
func (s *segment) check(f *os.File, size int64, leaf int) error {
	p, err := parquet.OpenFile(f, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return err
	}
	for _, group := range p.RowGroups() {
		sum, err := filterSum(group.ColumnChunks()[leaf].BloomFilter())
		if err != nil {
			return err
		}
		s.filters = append(s.filters, sum)
	}
	s.tail, err = tailSum(f, size, p)
	return err
}

var errTail = errors.New("its footer is damaged: the checksum is wrong")

// tailSum is the checksum of the page index and the footer of a file, as far as the
// footer itself tells where they begin.
func tailSum(f *os.File, size int64, p *parquet.File) (int64, error) {
	from := size
	for _, group := range p.Metadata().RowGroups {
		for _, column := range group.Columns {
			from = min(from, column.ColumnIndexOffset)
		}
	}
	if from < 0 || from >= size {
		return 0, errTail
	}
	sum := crc32.New(castagnoli)
	if _, err := io.Copy(sum, io.NewSectionReader(f, from, size-from)); err != nil {
		return 0, err
	}
	return int64(sum.Sum32()) + 1, nil // 0 is that of none
}

func filterSum(f parquet.BloomFilter) (uint32, error) {
	if f == nil {
		return 0, nil
	}
	bits := make([]byte, f.Size())
	if _, err := f.ReadAt(bits, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return crc32.Checksum(bits, castagnoli), nil
}

// appendSums and readSums are the checksums as a part.
func appendSums(b []byte, sums []uint32) []byte {
	for _, sum := range sums {
		b = binary.LittleEndian.AppendUint32(b, sum)
	}
	return b
}

func readSums(plain []byte) ([]uint32, error) {
	var sums []uint32
	for ; len(plain) >= 4; plain = plain[4:] {
		sums = append(sums, binary.LittleEndian.Uint32(plain))
	}
	return sums, nil
}
