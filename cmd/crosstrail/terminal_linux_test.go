package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// openTerminal is a terminal of so many columns: the end that a person sees and
// the end that a program writes to.
func openTerminal(t *testing.T, columns uint16) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		noTerminal(t, err)
	}
	ioctl := func(request uintptr, arg unsafe.Pointer) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, person.Fd(), request, uintptr(arg)); errno != 0 {
			noTerminal(t, errno)
		}
	}
	var unlock, number int32
	ioctl(syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	ioctl(syscall.TIOCGPTN, unsafe.Pointer(&number))
	size := [4]uint16{50, columns}
	ioctl(syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		noTerminal(t, err)
	}
	return person, program
}

// onTerminal runs the program with standard output and error on terminals of
// their own, and returns what a person saw on each.
func onTerminal(t *testing.T, columns uint16, args ...string) (stdout, stderr string) {
	t.Helper()
	seen := make([]bytes.Buffer, 2)
	var streams [2]*os.File
	done := make(chan struct{})
	for i := range streams {
		person, program := openTerminal(t, columns)
		streams[i] = program
		go func() {
			_, _ = io.Copy(&seen[i], person) // ends with EIO once the program's end is closed
			person.Close()
			done <- struct{}{}
		}()
	}
	if status := run(args, strings.NewReader(""), streams[0], streams[1]); status != 0 {
		t.Errorf("exit status %d", status)
	}
	for _, s := range streams {
		s.Close()
	}
	<-done
	<-done
	return seen[0].String(), seen[1].String()
}

func TestOnATerminal(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "xterm")
	t.Setenv("LC_ALL", "C.UTF-8")
	if _, stderr, status := runProgram(t, "", "demo"); status != 0 {
		t.Fatal(stderr)
	}
	stdout, stderr := onTerminal(t, 120, "trace", "crosstrail-demo")
	if !strings.Contains(stdout, "\x1b[") {
		t.Error("no colour on a terminal")
	}
	widest := 0
	for text := range strings.Lines(withoutColour(stdout)) {
		widest = max(widest, len([]rune(strings.TrimSpace(text))))
	}
	if widest <= 80 || widest > 120 {
		t.Errorf("%d columns used of 120", widest)
	}
	if !strings.Contains(stderr, "\rreading: ") || !strings.Contains(stderr, "\r\x1b[Kread ") {
		t.Errorf("progress is not drawn and taken away: %q", stderr)
	}

	t.Setenv("NO_COLOR", "1")
	if stdout, _ := onTerminal(t, 80, "trace", "crosstrail-demo"); strings.Contains(stdout, "\x1b") {
		t.Error("colour in spite of NO_COLOR")
	}
}

func withoutColour(s string) string {
	var b strings.Builder
	for s != "" {
		before, after, ok := strings.Cut(s, "\x1b[")
		b.WriteString(before)
		if !ok {
			break
		}
		_, s, _ = strings.Cut(after, "m")
	}
	return b.String()
}

// noTerminal skips where the system has no pseudo-terminals, but not in CI.
func noTerminal(t *testing.T, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("no terminals here: %v", err)
	}
	t.Skipf("SKIPPED, NOT TESTED ON A TERMINAL: %v", err)
}
