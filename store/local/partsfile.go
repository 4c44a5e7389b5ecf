package local

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"sort"
)

// A parts file holds what finds things in a segment: its parts one behind the
// other, then where each lies, then the length of that and a mark. It is a file
// and not in the catalogue: there a commit would write it twice, and pages that
// are half empty would make it a third larger. It is in a folder of its own
// since other programs take all in the Parquet files' folder for Parquet.
const (
	partsMark   = "XTRLpart"
	partsFooter = 4 + 4 + len(partsMark) // entries, checksum of them, mark
	entryBytes  = 8 + 8 + 8 + 4
)

// located is where a part lies.
type located struct {
	kind   kind
	first  int64
	offset int64
	length uint32
}

// partsName is the name of a segment's parts file.
func partsName(id int64) string { return fmt.Sprintf("%s/%d.parts", indexName, id) }

// writeParts writes a parts file in its place. The parts of one kind come in
// order.
func writeParts(path string, parts []part) (size int64, err error) {
	sort.SliceStable(parts, func(i, j int) bool { return parts[i].kind < parts[j].kind })
	f, err := os.OpenFile(path+temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	w := bufio.NewWriterSize(f, 1<<17)
	directory := make([]byte, 0, len(parts)*entryBytes)
	for _, p := range parts {
		directory = binary.LittleEndian.AppendUint64(directory, uint64(p.kind))
		directory = binary.LittleEndian.AppendUint64(directory, uint64(p.first))
		directory = binary.LittleEndian.AppendUint64(directory, uint64(size))
		directory = binary.LittleEndian.AppendUint32(directory, uint32(len(p.data)))
		size += int64(len(p.data))
		_, err = w.Write(p.data)
		if err != nil {
			break
		}
	}
	footer := binary.LittleEndian.AppendUint32(nil, uint32(len(parts)))
	footer = binary.LittleEndian.AppendUint32(footer, crc32.Checksum(directory, castagnoli))
	_, err2 := w.Write(append(append(directory, footer...), partsMark...))
	err = errors.Join(err, err2, w.Flush(), f.Sync(), f.Close())
	if err != nil {
		_ = os.Remove(path + temporary) // the error at hand is the one to tell
		return 0, err
	}
	return size + int64(len(directory)+partsFooter), os.Rename(path+temporary, path)
}

// readDirectory reads where the parts of a file lie.
func readDirectory(f *os.File) ([]located, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	end := make([]byte, partsFooter)
	if _, err := f.ReadAt(end, info.Size()-int64(len(end))); err != nil || string(end[8:]) != partsMark {
		return nil, errors.Join(errNoParts, err)
	}
	n := int64(binary.LittleEndian.Uint32(end))
	at := info.Size() - int64(len(end)) - n*entryBytes
	if at < 0 {
		return nil, errNoParts
	}
	directory := make([]byte, n*entryBytes)
	if _, err := f.ReadAt(directory, at); err != nil {
		return nil, err
	}
	if crc32.Checksum(directory, castagnoli) != binary.LittleEndian.Uint32(end[4:]) {
		return nil, errNoParts
	}
	all := make([]located, n)
	for i := range all {
		b := directory[i*entryBytes:]
		all[i] = located{
			kind(binary.LittleEndian.Uint64(b)), int64(binary.LittleEndian.Uint64(b[8:])),
			int64(binary.LittleEndian.Uint64(b[16:])), binary.LittleEndian.Uint32(b[24:]),
		}
		if all[i].offset < 0 || all[i].offset > at-int64(all[i].length) {
			return nil, errNoParts
		}
	}
	return all, nil
}

var errNoParts = errors.New("is damaged: it does not end as a parts file does")

// find returns the part that holds the thing with a number or hash.
func find(all []located, k kind, at int64) (located, bool) {
	i := sort.Search(len(all), func(i int) bool {
		return all[i].kind > k || all[i].kind == k && all[i].first > at
	})
	if i == 0 || all[i-1].kind != k {
		return located{}, false
	}
	return all[i-1], true
}
