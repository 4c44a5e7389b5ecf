package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Stdin is the SOURCE argument, and the URI, of standard input.
const Stdin = "-"

// Paths hands out the log files that SOURCE arguments name: a file, a folder
// with all below it in the order of names, or [Stdin]. It finds them as it goes,
// so a folder of millions costs no memory to speak of. A folder reached twice,
// by a symbolic link or by a second argument, is read once.
type Paths struct {
	stdin io.Reader
	next  []found           // what is still to come, the last one first
	seen  map[string]string // folders by real path: the path they were read under
}

// found is something met on the way.
type found struct {
	path  string
	named bool // by an argument: read whatever its name
	err   error
}

// NewPaths looks at the arguments, and refuses one that is not there: it is more
// likely misspelt than lost.
func NewPaths(args []string, stdin io.Reader) (*Paths, error) {
	p := &Paths{stdin: stdin, seen: map[string]string{}}
	for _, arg := range args {
		switch {
		case arg == Stdin && slices.ContainsFunc(p.next, func(f found) bool { return f.path == Stdin }):
			return nil, errors.New("standard input (-) is named twice: it can be read only once")
		case arg == Stdin:
		default:
			if _, err := os.Stat(arg); errors.Is(err, fs.ErrNotExist) {
				return nil, missing(arg)
			}
			arg = filepath.Clean(arg)
		}
		p.next = append(p.next, found{path: arg, named: true})
	}
	slices.Reverse(p.next)
	return p, nil
}

func missing(arg string) error {
	const here = "a source is a file, a folder, s3://bucket/prefix, dynamodb://TABLE, lookup-events, or - (standard input)"
	if strings.Contains(arg, "://") {
		return fmt.Errorf("%s: %s", arg, here)
	}
	return fmt.Errorf("%s: there is no such file or folder: check the spelling, and that it is on this machine", arg)
}

// Next returns the next file as a delivery of its own; io.EOF after the last.
func (p *Paths) Next(ctx context.Context) (Delivery, error) {
	for len(p.next) > 0 {
		if err := ctx.Err(); err != nil {
			return Delivery{}, err
		}
		f := p.next[len(p.next)-1]
		p.next = p.next[:len(p.next)-1]
		if item, ok := p.look(f); ok {
			return Delivery{Items: []Item{item}}, nil
		}
	}
	return Delivery{}, io.EOF
}

// look turns what was found into an item, or goes into it if it is a folder.
func (p *Paths) look(f found) (Item, bool) {
	if f.path == Stdin {
		return Item{
			LogFile: cloudtrail.LogFile{URI: Stdin},
			Once:    true,
			Open:    func(context.Context) (io.ReadCloser, error) { return io.NopCloser(p.stdin), nil },
		}, true
	}
	if f.err != nil {
		return broken(f.path, f.err), true
	}
	info, err := os.Stat(f.path)
	switch {
	case err != nil:
		return broken(f.path, err), true
	case info.IsDir():
		return p.enter(f.path)
	case f.named:
		return named(f.path, info), true
	case !info.Mode().IsRegular():
		return Item{LogFile: cloudtrail.LogFile{URI: f.path}, PassOver: "not a regular file"}, true
	}
	item := fileItem(f.path, info)
	item.PassOver = PassOver(item.LogFile)
	return item, true
}

// enter puts what a folder holds before all else that is still to come.
func (p *Paths) enter(dir string) (Item, bool) {
	real, err := realPath(dir)
	if err != nil {
		return broken(dir, err), true
	}
	if first, ok := p.seen[real]; ok {
		item := Item{LogFile: cloudtrail.LogFile{URI: dir}, PassOver: "a folder already read"}
		item.Note = fmt.Sprintf("%s: the same folder as %s: read once", dir, first)
		switch {
		case first == dir:
			item.Note = dir + ": named twice, or in a folder named too: read once"
		case within(first, dir):
			item.Note = fmt.Sprintf("%s: a symbolic link back to %s, which it is in: not followed", dir, first)
		}
		return item, true
	}
	p.seen[real] = dir
	entries, err := os.ReadDir(dir)
	if err != nil {
		p.next = append(p.next, found{path: dir, err: err})
	}
	for _, e := range slices.Backward(entries) {
		p.next = append(p.next, found{path: filepath.Join(dir, e.Name())})
	}
	return Item{}, false
}

func realPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}

// within reports whether a path goes through folder.
func within(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// broken is an item that fails when it is opened, so that it is counted and
// told like a file that cannot be read.
func broken(path string, err error) Item {
	return Item{
		LogFile: cloudtrail.LogFile{URI: path},
		Open:    func(context.Context) (io.ReadCloser, error) { return nil, err },
	}
}

// named is a file that an argument names. It may be a pipe, as the shell's
// <(…) makes one.
func named(path string, info fs.FileInfo) Item {
	item := fileItem(path, info)
	item.Once = !info.Mode().IsRegular()
	return item
}

// PassOver says why a file that is met in a folder is not to be read, going by
// its name; empty: it is.
func PassOver(f cloudtrail.LogFile) string {
	switch {
	case !readable(f.URI):
		return "not a log file by its name"
	case f.Kind == cloudtrail.DigestFile:
		return "a digest file"
	case f.Kind == cloudtrail.InsightFile:
		return "an Insights file"
	case f.Kind == cloudtrail.NetworkActivityFile:
		return "a network activity file"
	case f.Kind == cloudtrail.AggregatedFile:
		return "a file of aggregated events"
	}
	return ""
}

func fileItem(path string, info fs.FileInfo) Item {
	return Item{
		LogFile: cloudtrail.ParseLogFileName(path),
		Size:    info.Size(),
		Open:    func(ctx context.Context) (io.ReadCloser, error) { return open(ctx, path) },
	}
}

// open is os.Open that ends with its context: a pipe without a writer would
// keep it waiting.
func open(ctx context.Context, path string) (io.ReadCloser, error) {
	type opened struct {
		f   *os.File
		err error
	}
	done := make(chan opened, 1)
	go func() {
		f, err := os.Open(path)
		done <- opened{f, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, o.err
		}
		return o.f, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readable tells by its name whether a file in a folder may hold records.
func readable(path string) bool {
	name := strings.ToLower(filepath.Base(path))
	if bare, ok := strings.CutSuffix(name, ".gz"); ok {
		return filepath.Ext(bare) != ".tar"
	}
	switch filepath.Ext(name) {
	case ".json", ".jsonl", ".ndjson":
		return true
	}
	return false
}
