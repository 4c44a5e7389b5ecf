package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestStoppableReadsAll(t *testing.T) {
	text := strings.Repeat("0123456789", 1000)
	for name, in := range map[string]io.Reader{
		"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)), "data with EOF": iotest.DataErrReader(strings.NewReader(text)),
	} {
		got, err := io.ReadAll(newStoppable(t.Context(), in))
		if err != nil || string(got) != text {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if err := iotest.TestReader(newStoppable(t.Context(), strings.NewReader("text")), []byte("text")); err != nil {
		t.Error(err)
	}
}

// TestStoppableStops: a pipe that nobody writes to does not hold the program.
func TestStoppableStops(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	ctx, stop := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, stop)
	if _, err := newStoppable(ctx, r).Read(make([]byte, 10)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}
