package dynamo

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/crosstrail/crosstrail/source"
)

// Foreign reports whether the table is one of AWS's text, without the table's own
// item: it is read as it is (see [Store.Source]).
func (s *Store) Foreign() bool { return s.meta.Load() == nil }

// Failed are the log files that could not be read, and were not since, by time of
// delivery. When they were tried the table does not tell.
func (s *Store) Failed(ctx context.Context) ([]source.FailedFile, error) {
	var all []source.FailedFile
	var keys []itemKey
	for page, err := range s.pages(ctx, span{partition: partFailed}) {
		if err != nil {
			return nil, err
		}
		for _, i := range page {
			if i[attrExpires] != nil {
				continue // it was read since
			}
			f := source.FailedFile{LogFile: readFile(i), Problem: textOf(i, attrProblem)}
			f.Records, _ = strconv.Atoi(textOf(i, attrRecords))
			if k := keyOf(i); failedKey(f.LogFile) != k {
				s.leftOut(k, fmt.Errorf("it is of log file %s", f.URI))
				continue
			}
			all, keys = append(all, f), append(keys, fileKey(f.LogFile))
		}
	}
	since, err := s.getItems(ctx, keys, true)
	return slices.DeleteFunc(all, func(f source.FailedFile) bool { return since[fileKey(f.LogFile)] != nil }), err
}
