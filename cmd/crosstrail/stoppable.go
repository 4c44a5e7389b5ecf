package main

import (
	"context"
	"io"
)

// stoppable reads standard input until its context ends. Without it Ctrl-C
// would wait for the next byte, which at a terminal or an idle pipe never comes.
type stoppable struct {
	ctx  context.Context
	in   io.Reader
	ask  chan int // how many bytes are wanted
	have chan chunk
	err  error // what ended it
}

type chunk struct {
	bytes []byte
	err   error
}

func newStoppable(ctx context.Context, in io.Reader) *stoppable {
	s := &stoppable{ctx: ctx, in: in, ask: make(chan int), have: make(chan chunk, 1)}
	go s.serve()
	return s
}

// serve does the reading that may block. It outlives a reader that was stopped
// by one call of Read at most.
func (s *stoppable) serve() {
	var buf []byte
	for {
		select {
		case n := <-s.ask:
			if len(buf) < n {
				buf = make([]byte, n)
			}
			n, err := s.in.Read(buf[:n])
			s.have <- chunk{buf[:n], err}
			if err != nil {
				return
			}
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *stoppable) Read(p []byte) (int, error) {
	if len(p) == 0 || s.err != nil {
		return 0, s.err
	}
	select {
	case s.ask <- len(p):
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
	select {
	case c := <-s.have:
		s.err = c.err
		return copy(p, c.bytes), c.err
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}
