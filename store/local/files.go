package local

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

var errNoFact = errors.New("an index names a fact that is not there")

// Spans are what is there of each account and region, as counted at the commits.
func (r *Reader) Spans(context.Context) ([]lineage.Span, error) {
	v, err := r.acquire()
	if err != nil {
		return nil, err
	}
	defer r.release(v)
	return slices.Clone(v.spans), nil
}

// filesAPage is how many log files are read before they are handed out.
const filesAPage = 1 << 10

// LogFiles yields every log file once, in the order they came.
func (r *Reader) LogFiles(ctx context.Context) iter.Seq2[cloudtrail.LogFile, error] {
	return func(yield func(cloudtrail.LogFile, error) bool) {
		v, err := r.acquire()
		if err != nil {
			yield(cloudtrail.LogFile{}, err)
			return
		}
		defer r.release(v)
		for after := int64(0); ; {
			var page []cloudtrail.LogFile
			if err = ctx.Err(); err == nil {
				page, after, err = v.logFiles(after)
			}
			if err != nil {
				yield(cloudtrail.LogFile{}, err)
				return
			}
			for _, f := range page {
				if !yield(f, nil) {
					return
				}
			}
			if after == 0 {
				return
			}
		}
	}
}

// logFiles returns some log files and the id of the last, 0 at the end.
func (v *view) logFiles(after int64) (page []cloudtrail.LogFile, last int64, err error) {
	n := 0
	v.mu.Lock()
	defer v.mu.Unlock()
	err = rows(v.conn, `select log_file.id, path || name, version, first from log_file join folder on folder.id = folder
		where log_file.id > ? order by log_file.id limit ?`, func(s *sqlite.Stmt) error {
		n++
		last = s.ColumnInt64(0)
		if s.ColumnInt(3) == 0 { // the first piece speaks for all
			f := cloudtrail.ParseLogFileName(s.ColumnText(1))
			f.Version = s.ColumnText(2)
			page = append(page, f)
		}
		return nil
	}, after, filesAPage)
	if err != nil {
		return nil, 0, named(err)
	}
	if n < filesAPage {
		last = 0
	}
	return page, last, nil
}

// versionMark stands before the version in the name of a file that was read more
// than once under one name, with other content.
const versionMark = "?versionId="

// namesABlock is how many names of log files are read at a time: the rows of an
// hour are of files that came one after the other.
const namesABlock = 256

// fileName is the name that the record of a row is found by: the URI, and the
// version where only that tells.
func (v *view) fileName(id int64) (string, error) {
	key := blockKey{kind: -1, first: id - id%namesABlock}
	names, ok := v.reader.cache.get(key)
	if !ok || names.([]string)[id%namesABlock] == "" { // written since
		read, size, err := v.fileNames(key.first)
		if err != nil {
			return "", err
		}
		if !ok {
			v.reader.cache.put(key, read, size)
		}
		names = read
	}
	if name := names.([]string)[id%namesABlock]; name != "" {
		return name, nil
	}
	return "", fmt.Errorf("%s: there is no log file %d", catalogueName, id)
}

func (v *view) fileNames(first int64) (names []string, size int, err error) {
	names = make([]string, namesABlock)
	size = 16 * namesABlock
	v.mu.Lock()
	defer v.mu.Unlock()
	err = rows(v.conn, `select log_file.id, path || name, version,
			version <> '' and (select count(distinct version) from log_file other where other.hash = log_file.hash) > 1
		from log_file join folder on folder.id = folder where log_file.id >= ? and log_file.id < ?`,
		func(s *sqlite.Stmt) error {
			name := s.ColumnText(1)
			if s.ColumnBool(3) {
				name += versionMark + s.ColumnText(2)
			}
			names[s.ColumnInt64(0)-first] = name
			size += len(name)
			return nil
		}, first, first+namesABlock)
	if err != nil {
		return nil, 0, named(err)
	}
	return names, size, nil
}
