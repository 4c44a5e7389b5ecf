package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// corpus is a folder of log files.
type corpus struct {
	name     string
	folder   string
	files    []string
	events   int   // records, repeats counted
	packed   int64 // bytes as delivered
	unpacked int64 // bytes of JSON
}

// write makes a corpus under folder.
func write(folder, name string, shape synth.Shape, events int) (*corpus, error) {
	c := &corpus{name: name, folder: filepath.Join(folder, name)}
	for f := range synth.Corpus(shape, 42, events) {
		path := filepath.Join(c.folder, filepath.FromSlash(f.Name))
		body := f.Gzip()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, body, 0o600); err != nil {
			return nil, err
		}
		c.files = append(c.files, path)
		c.events += len(f.Records)
		c.packed += int64(len(body))
		c.unpacked += int64(len(f.Body()))
	}
	return c, nil
}

// load unpacks files until there are about enough bytes of JSON in memory, each
// with room behind it, as the scanner wants.
func (c *corpus) load(enough int, room int) (inputs [][]byte, err error) {
	for size := 0; len(c.files) > len(inputs) && size < enough; {
		plain, err := unpacked(c.files[len(inputs)])
		if err != nil {
			return nil, err
		}
		in := make([]byte, len(plain), len(plain)+room)
		copy(in, plain)
		inputs = append(inputs, in)
		size += len(in)
	}
	return inputs, nil
}

// recut writes the records of the corpus into other files, each with records of
// several of its own, and returns their folder.
func (c *corpus) recut(folder string) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	const perFile = 700
	var d cloudtrail.Decoder
	var body bytes.Buffer
	n, files := 0, 0
	flush := func() error {
		name := filepath.Join(folder, fmt.Sprintf("%06d.jsonl", files))
		files, n = files+1, 0
		err := os.WriteFile(name, body.Bytes(), 0o600)
		body.Reset()
		return err
	}
	for _, name := range c.files {
		plain, err := unpacked(name)
		if err != nil {
			return "", err
		}
		for r, err := range d.Records(plain) {
			if err != nil {
				return "", err
			}
			body.WriteString(string(r.Raw))
			body.WriteByte('\n')
			if n++; n == perFile {
				if err := flush(); err != nil {
					return "", err
				}
			}
		}
	}
	return folder, flush()
}

func unpacked(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
