package fetch

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// note is one file that was fetched whole: which object it was, and what its file
// is known by since. A line of JSON each in the file notes.
//
// They are kept, rather than files compared to ETags alone, for an ETag is no MD5
// where a KMS key encrypts, or where an object came in parts: then nothing else
// tells a whole file from another, nor one that we wrote from one that somebody
// changed. They spare reading a terabyte again to go on, too.
type note struct {
	URI      string `json:"uri"`
	Name     string `json:"name"`
	ETag     string `json:"etag"`
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"`         // of the file, in nanoseconds since 1970
	Sealed   bool   `json:"sealed,omitempty"` // its ETag is no MD5: this note is all that tells
}

// notes are what was fetched into a folder. They are only ever added to, and a line
// that a crash tore is left out. Held of each is 32 bytes: there may be millions.
type notes struct {
	file *os.File

	writing sync.Mutex
	mu      sync.Mutex // guards known
	known   map[[16]byte]struct{}
}

func openNotes(root *os.Root, path string) (*notes, error) {
	file, err := openOwn(root, path)
	if err != nil {
		return nil, err
	}
	n := &notes{file: file, known: map[[16]byte]struct{}{}}
	whole := int64(0)
	for lines := bufio.NewReaderSize(file, 1<<16); ; {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		whole += int64(len(line))
		var one note
		if json.Unmarshal(line, &one) == nil {
			n.hold(&one)
		}
	}
	if err := errors.Join(file.Truncate(whole), seek(file, whole)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return n, nil
}

func seek(file *os.File, to int64) error {
	_, err := file.Seek(to, io.SeekStart)
	return err
}

// add writes notes, and has them synced where what comes next rests on them.
func (n *notes) add(synced bool, all ...note) error {
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	out.SetEscapeHTML(false)
	for i := range all {
		if err := out.Encode(&all[i]); err != nil {
			return err
		}
	}
	n.writing.Lock()
	_, err := n.file.Write(lines.Bytes())
	n.writing.Unlock()
	if err == nil && synced {
		err = n.file.Sync()
	}
	if err != nil {
		return ending(err)
	}
	for i := range all {
		n.hold(&all[i])
	}
	return nil
}

func (n *notes) hold(one *note) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known[one.hash()] = struct{}{}
	n.known[one.written()] = struct{}{}
}

// isWhole reports whether a file is noted as an object as it is now, and whether
// nothing but the note can tell.
func (n *notes) isWhole(one note) (whole, sealed bool) {
	if n.has(one.hash()) {
		return true, false
	}
	one.Sealed = true
	whole = n.has(one.hash())
	return whole, whole
}

// isOurs reports whether a file is as it was fetched, whatever the object is now.
func (n *notes) isOurs(one note) bool { return n.has(one.written()) }

func (n *notes) has(key [16]byte) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.known[key]
	return ok
}

func (one *note) hash() [16]byte {
	return shortHash(fmt.Sprintf("whole\x00%s\x00%s\x00%s\x00%d\x00%d\x00%t", one.URI, one.Name, one.ETag, one.Size, one.Modified, one.Sealed))
}

func (one *note) written() [16]byte {
	return shortHash(fmt.Sprintf("ours\x00%s\x00%s\x00%d\x00%d", one.URI, one.Name, one.Size, one.Modified))
}

func shortHash(text string) [16]byte {
	sum := sha256.Sum256([]byte(text))
	return [16]byte(sum[:16])
}
