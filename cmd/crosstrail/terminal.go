package main

// Output rules, for every command:
//
//   - Only what was asked for goes to standard output, so that it can be piped.
//     Progress, counts and warnings go to standard error.
//   - An error is one "error:" line that says what went wrong, then "hint:"
//     lines that say what to do next. A warning is one "warning:" line.
//   - Progress is drawn only where standard error is a terminal.
//   - Colour only where standard output is a terminal and NO_COLOR is not set,
//     and never the only carrier of a meaning.
//   - The width is the terminal's, else $COLUMNS, else 80.
//   - Text that came out of a log, a name or an argument is escaped wherever it
//     is printed: package render does so for answers, terminal.say for messages.
//   - The exit status is one of the constants below, and each help text lists
//     those that the command can end with.

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/crosstrail/crosstrail/render"
)

// The exit statuses of the contract.
const (
	exitDone    = 0 // even if nothing matched
	exitFailed  = 1
	exitUsage   = 2 // the command line was wrong
	exitPart    = 3 // some files or records could not be read; each was named
	exitFinding = 4 // it ran and found something wrong, or the one thing asked for is not there
)

// terminal is the outside of the program: its streams and what they can show.
type terminal struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	width  int // --width, 0 if not given

	closers []func() error
}

func newTerminal(stdin io.Reader, stdout, stderr io.Writer) *terminal {
	return &terminal{stdin: stdin, stdout: stdout, stderr: stderr}
}

// withStdin is the same outside with another standard input.
func (t *terminal) withStdin(stdin io.Reader) *terminal {
	other := *t
	other.stdin = stdin
	return &other
}

// isTerminal reports whether a stream is one that a person looks at.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// colour reports whether answers may be coloured (https://no-color.org).
func (t *terminal) colour() bool {
	return isTerminal(t.stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// columns is how wide an answer may be.
func (t *terminal) columns() int {
	if t.width > 0 {
		return t.width
	}
	if f, ok := t.stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	if w, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && w > 0 {
		return w
	}
	return 80
}

// failure is an error with an exit status and what to do next.
type failure struct {
	err    error
	status int
	hints  []string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// usage is a wrong command line.
func usage(err error, hints ...string) error {
	return &failure{err: err, status: exitUsage, hints: hints}
}

// hinted is an error with what to do next.
func hinted(err error, hints ...string) error {
	return &failure{err: err, status: exitFailed, hints: hints}
}

// silent is an exit status for what was said already.
type silent int

func (silent) Error() string { return "said already" }

// finish says what went wrong, if anything did, and returns the exit status.
func (t *terminal) finish(ctx context.Context, err error) int {
	if said, ok := errors.AsType[silent](err); ok {
		return int(said)
	}
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, syscall.EPIPE):
		return exitDone // whoever reads has seen enough: crosstrail trace … | head
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		t.say("error", "interrupted")
		return exitFailed
	}
	return t.complain(err)
}

// complain says what went wrong and what to do next, and returns the exit status
// of who has nothing else to tell.
func (t *terminal) complain(err error) int {
	t.say("error", err.Error())
	f, ok := errors.AsType[*failure](err)
	if !ok {
		return exitFailed
	}
	for _, hint := range f.hints {
		t.say("hint", hint)
	}
	return f.status
}

// atEnd has something closed when the command is done.
func (t *terminal) atEnd(closer func() error) { t.closers = append(t.closers, closer) }

// close closes what was opened last first.
func (t *terminal) close() error {
	var errs []error
	for _, closer := range slices.Backward(t.closers) {
		errs = append(errs, closer())
	}
	t.closers = nil
	return errors.Join(errs...)
}

// print hands a buffered standard output to a printer.
func (t *terminal) print(to func(w io.Writer) error) error {
	w := bufio.NewWriterSize(t.stdout, 1<<16)
	return errors.Join(to(w), w.Flush())
}

// warn prints one line to standard error.
func (t *terminal) warn(format string, args ...any) {
	t.say("warning", fmt.Sprintf(format, args...))
}

// say prints one line, whatever is in the text: names of files and arguments
// may hold what a terminal would obey, as texts of a log may.
func (t *terminal) say(kind, text string) {
	fmt.Fprintf(t.stderr, "%s: %s\n", kind, render.Text(strings.TrimSpace(text)))
}

// heedful keeps the first error of what cobra prints: it drops them.
type heedful struct {
	out io.Writer
	err error
}

func (h *heedful) Write(p []byte) (int, error) {
	if h.err == nil {
		_, h.err = h.out.Write(p)
	}
	return len(p), nil
}
