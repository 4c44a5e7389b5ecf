package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/gzip"

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
		f, err := os.Open(c.files[len(inputs)])
		if err != nil {
			return nil, err
		}
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, err
		}
		plain, err := io.ReadAll(z)
		f.Close()
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
