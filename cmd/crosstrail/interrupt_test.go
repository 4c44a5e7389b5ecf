//go:build unix

package main

import (
	"bytes"
	"os"
	"sync"
	"syscall"
	"testing"
)

// idle is an input at which nothing arrives.
type idle struct {
	once    sync.Once
	waiting chan struct{}
	end     chan struct{}
}

func (s *idle) Read([]byte) (int, error) {
	s.once.Do(func() { close(s.waiting) })
	<-s.end
	return 0, os.ErrClosed
}

// TestInterrupt: Ctrl-C while it waits for standard input stops it.
func TestInterrupt(t *testing.T) {
	stdin := &idle{waiting: make(chan struct{}), end: make(chan struct{})}
	defer close(stdin.end)
	go func() {
		<-stdin.waiting
		_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
	}()
	var stdout, stderr bytes.Buffer
	if status := run([]string{"trace", "-"}, stdin, &stdout, &stderr); status != exitFailed {
		t.Errorf("exit status %d", status)
	}
	if stdout.String() != "" || stderr.String() != "error: interrupted\n" {
		t.Errorf("it says %q, %q", stdout.String(), stderr.String())
	}
}
