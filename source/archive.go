package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
)

// Archive is the log files and digest files of folders, as they were copied from
// a bucket, to be verified. It holds their paths.
//
// A copy lacks the metadata of the objects, where the signature of each digest is:
// that of all but the newest stands in the next one too. For the newest, and for
// back-fill digests, what aws s3api head-object prints may lie beside the file,
// under its name with .head.json behind.
type Archive struct {
	places map[digest.Place]*shelved
	named  map[string][]string // paths by the names of files, of all kinds
	broken []error
}

type shelved struct{ digests, logs []string }

const headExtension = ".head.json"

// OpenArchive finds what is in folders.
func OpenArchive(ctx context.Context, folders ...string) (*Archive, error) {
	if slices.Contains(folders, Stdin) {
		return nil, errors.New("standard input (-) has no digest files: name the folder that AWSLogs is in")
	}
	paths, err := NewPaths(folders, nil)
	if err != nil {
		return nil, err
	}
	a := &Archive{places: map[digest.Place]*shelved{}, named: map[string][]string{}}
	for {
		d, err := paths.Next(ctx)
		if errors.Is(err, io.EOF) {
			return a, nil
		}
		if err != nil {
			return nil, err
		}
		for _, item := range d.Items {
			if err := a.add(ctx, item); err != nil {
				a.broken = append(a.broken, fileError(item.URI, problem(err), err))
			}
		}
	}
}

// Broken are the folders that could not be read.
func (a *Archive) Broken() []error { return a.broken }

func (a *Archive) add(ctx context.Context, item Item) error {
	if strings.HasSuffix(item.URI, headExtension) {
		return nil
	}
	at := digest.Place{Account: item.Account, Region: item.Region}
	switch item.Kind {
	case cloudtrail.DigestFile:
		a.shelf(at).digests = append(a.shelf(at).digests, item.URI)
	case cloudtrail.LogFileKind:
		a.shelf(at).logs = append(a.shelf(at).logs, item.URI)
	case cloudtrail.UnknownFile:
		if item.PassOver != "" {
			return nil
		}
		if item.Open != nil && !readable(item.URI) { // a folder, or nothing
			body, err := item.Open(ctx)
			if err != nil {
				return err
			}
			return body.Close()
		}
		at = digest.Place{}
		a.shelf(at).logs = append(a.shelf(at).logs, item.URI)
	case cloudtrail.ForeignFile:
		return nil
	case cloudtrail.InsightFile, cloudtrail.NetworkActivityFile, cloudtrail.AggregatedFile:
	}
	name := bare(item.URI)
	a.named[name] = append(a.named[name], item.URI)
	return nil
}

// bare is a file's name, whether or not it was decompressed since.
func bare(path string) string {
	return strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
}

func (a *Archive) shelf(at digest.Place) *shelved {
	s := a.places[at]
	if s == nil {
		s = &shelved{}
		a.places[at] = s
	}
	return s
}

// at is what was found of a place.
func (a *Archive) at(p digest.Place) shelved {
	if s := a.places[p]; s != nil {
		return *s
	}
	return shelved{}
}

// Places is of [digest.Archive].
func (a *Archive) Places(context.Context) ([]digest.Place, error) {
	var all []digest.Place
	for at := range a.places {
		all = append(all, at)
	}
	return all, nil
}

// Digests is of [digest.Archive].
func (a *Archive) Digests(ctx context.Context, at digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return list(ctx, a.at(at).digests, since, until)
}

// LogFiles is of [digest.Archive].
func (a *Archive) LogFiles(ctx context.Context, at digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return list(ctx, a.at(at).logs, since, until)
}

func list(ctx context.Context, paths []string, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return func(yield func(digest.Object, error) bool) {
		for _, path := range paths {
			if err := ctx.Err(); err != nil {
				yield(digest.Object{}, err)
				return
			}
			// The day of its folder may be another one: what is far off is for the
			// engine to judge.
			at := cloudtrail.ParseLogFileName(path).Delivered
			if !at.IsZero() && (since != 0 && at < since || until != 0 && at > until) && folderOfItsDay(path, at) {
				continue
			}
			if !yield(digest.Object{Key: keyOf(path), URI: path}, nil) {
				return
			}
		}
	}
}

func folderOfItsDay(path string, at cloudtrail.Time) bool {
	return strings.Contains(filepath.ToSlash(path), at.Time().Format("/2006/01/02/"))
}

// keyOf is as much of an object's key as the path of its copy tells: all from
// AWSLogs on where CloudTrail's folders follow, else its name.
func keyOf(path string) string {
	whole := path
	if abs, err := filepath.Abs(path); err == nil {
		whole = abs
	}
	parts := strings.Split(filepath.ToSlash(whole), "/")
	for i := len(parts) - 2; i >= 0; i-- {
		if parts[i] != "AWSLogs" {
			continue
		}
		rest := parts[i+1:]
		if strings.HasPrefix(rest[0], "o-") {
			rest = rest[1:]
		}
		if len(rest) > 2 && strings.Trim(rest[0], "0123456789") == "" && strings.HasPrefix(rest[1], "CloudTrail") {
			return strings.Join(parts[i:], "/")
		}
		break
	}
	return parts[len(parts)-1]
}

// Open is of [digest.Archive].
func (a *Archive) Open(ctx context.Context, o digest.Object) (io.ReadCloser, map[string]string, error) {
	path := o.URI
	if strings.Contains(path, "://") {
		if path = a.find(o.Key); path == "" {
			return nil, nil, fs.ErrNotExist
		}
	}
	body, err := open(ctx, path)
	if err != nil {
		return nil, nil, fileError(path, problem(err), err)
	}
	if cloudtrail.ParseLogFileName(path).Kind != cloudtrail.DigestFile {
		return body, nil, nil
	}
	meta, err := readHead(path + headExtension)
	if err != nil {
		body.Close() //nolint:errcheck // only read from
		return nil, nil, err
	}
	return body, meta, nil
}

// find is the copy of an object that a digest names.
func (a *Archive) find(key string) string {
	name := key[strings.LastIndexByte(key, '/')+1:]
	for _, path := range a.named[bare(name)] {
		mine, _ := strings.CutSuffix(keyOf(path), ".gz")
		if theirs, _ := strings.CutSuffix(key, ".gz"); theirs == mine || strings.HasSuffix(theirs, "/"+mine) {
			return path
		}
	}
	return ""
}

// readHead reads the metadata of an object as head-object prints it, if it was
// kept.
func readHead(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fileError(path, problem(err), err)
	}
	var head struct{ Metadata map[string]string }
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fileError(path, fmt.Sprintf("it is not what aws s3api head-object --output json prints: %s: make it anew, or remove it", err), err)
	}
	return head.Metadata, nil
}
