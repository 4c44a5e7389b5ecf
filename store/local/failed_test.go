package local

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// TestFailedInPart: what could not be read is on the list, in whole or in part.
func TestFailedInPart(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	finish := func(uri string, failed error) {
		t.Helper()
		if err := errors.Join(s.Finish(t.Context(), cloudtrail.LogFile{URI: uri}, failed), s.Commit(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	lacks := func(want query.Lack) {
		t.Helper()
		if got, err := s.Lack(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("lacks %+v, %v; want %+v", got, err, want)
		}
	}
	finish("/a", &source.Error{URI: "/a", Record: -1, Offset: -1, Problem: "gzip cut short"})
	lacks(query.Lack{Failed: 1})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), dir, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // what it writes was committed
	finish("/b", &source.PartError{First: &source.Error{URI: "/b", Record: 7, Offset: -1, Problem: "no object"}, Records: 3})
	lacks(query.Lack{Failed: 1, Partly: 1})

	gone := &source.Error{URI: "/b", Record: -1, Offset: -1, Problem: source.NotOpened + ": no such file", Err: fs.ErrNotExist}
	for range 2 { // why it could not be read stays, once
		finish("/b", gone)
	}
	lacks(query.Lack{Failed: 1, Partly: 1})
	all, err := s.Failed(t.Context())
	if err != nil || len(all) != 2 || all[1].Records != 3 || all[1].Times != 3 ||
		!strings.HasSuffix(all[1].Problem, "no object (the first of 3 records that could not be read); and now it cannot be opened: no such file") {
		t.Errorf("%+v, %v", all, err)
	}
	for _, uri := range []string{"/a", "/b"} {
		finish(uri, nil)
	}
	lacks(query.Lack{})
}
