package source

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
)

// Error is a file, or one record of it, that could not be read. It names the
// place and says what to do.
type Error struct {
	URI     string
	Record  int   // ordinal in the file, -1 where the trouble is no record's
	Offset  int64 // in the decompressed file, -1 where it says nothing
	Problem string
	Err     error // what lies below, if anything
}

func (e *Error) Error() string {
	var b strings.Builder
	if e.URI == Stdin {
		b.WriteString("standard input")
	} else {
		b.WriteString(e.URI)
	}
	if e.Record >= 0 {
		b.WriteString(", record ")
		b.WriteString(strconv.Itoa(e.Record))
	}
	if e.Offset >= 0 {
		b.WriteString(", byte ")
		b.WriteString(strconv.FormatInt(e.Offset, 10))
	}
	b.WriteString(": ")
	b.WriteString(e.Problem)
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// PartError is a file that was read to its end, but for some of its records.
type PartError struct {
	First   *Error // about the first of them
	Records int    // how many
}

func (e *PartError) Error() string {
	if e.Records == 1 {
		return e.First.Error()
	}
	return e.First.Error() + " (the first of " + strconv.Itoa(e.Records) + " records that could not be read)"
}

func (e *PartError) Unwrap() error { return e.First }

// fileError is an Error about a file as a whole.
func fileError(uri, problem string, err error) *Error {
	return &Error{URI: uri, Record: -1, Offset: -1, Problem: problem, Err: err}
}

// problem is the text of an error without the path that package os puts before
// it, as [Error] names the file itself, and with what to do about it.
func problem(err error) string {
	text := err.Error()
	p, ok := errors.AsType[*fs.PathError](err)
	if !ok {
		return text
	}
	text = p.Err.Error()
	switch {
	case errors.Is(err, fs.ErrPermission):
		text += ": give this user the right to read it"
	case errors.Is(err, fs.ErrNotExist):
		text += ": it was removed, or is a symbolic link to something that is not there"
	}
	return text
}
