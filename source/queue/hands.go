package queue

import (
	"context"
	"sync"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// hands are the messages that were received and are not settled. They hold no more
// than so many, and bytes.
type hands struct {
	most      int
	mostBytes int64

	mu     sync.Mutex
	room   chan struct{} // closed when there is room again
	held   map[*message]struct{}
	asked  int // messages that were asked for and have not come
	bytes  int64
	counts Counts
}

func newHands(most int, bytes int64) *hands {
	return &hands{most: most, mostBytes: bytes, room: make(chan struct{}), held: map[*message]struct{}{}}
}

// wait waits until there is room for a message, and reserves it for up to n.
func (h *hands) wait(ctx context.Context, n int) (int, error) {
	for {
		h.mu.Lock()
		free := min(n, h.most-len(h.held)-h.asked)
		if h.bytes >= h.mostBytes {
			free = 0
		}
		room := h.room
		if free > 0 {
			h.asked += free
		}
		h.mu.Unlock()
		if free > 0 {
			return free, nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// came takes messages in hand, of n that were asked for.
func (h *hands) came(n int, all []*message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked -= n
	for _, m := range all {
		h.held[m] = struct{}{}
		h.bytes += m.bytes
	}
	h.counts.Received += int64(len(all))
	h.counts.Heard = time.Now()
	if len(all) < n {
		h.free()
	}
}

// failed gives back the room that was reserved.
func (h *hands) failed(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked -= n
	h.free()
}

// take takes bytes for a message, if they are there.
func (h *hands) take(m *message, n int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bytes+n > h.mostBytes {
		return false
	}
	h.bytes += n
	m.bytes += n
	return true
}

// drop lets a message go; it is false if that was done already.
func (h *hands) drop(m *message, count func(*Counts)) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.held[m]; !ok {
		return false
	}
	delete(h.held, m)
	h.bytes -= m.bytes
	count(&h.counts)
	h.free()
	return true
}

// hold notes that a message waits to be tried again, without what was fetched for it;
// it is false where so many do. It waits until it is let go: to be tried is not to be
// read.
func (h *hands) hold(m *message, most int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, held := h.held[m]; !held || m.lost || (!m.waiting && h.waiting() >= most) {
		return false
	}
	m.waiting = true
	h.bytes -= m.bytes - int64(len(m.Body))
	m.bytes = int64(len(m.Body))
	h.free()
	return true
}

// waiting is how many wait. The mutex is held.
func (h *hands) waiting() (n int) {
	for m := range h.held {
		if m.waiting {
			n++
		}
	}
	return n
}

// free wakes who waits for room. The mutex is held.
func (h *hands) free() {
	close(h.room)
	h.room = make(chan struct{})
}

// due are the messages that must be renewed now, and how long they may stay.
func (h *hands) due(now time.Time, visible time.Duration) (all []*message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for m := range h.held {
		if !m.lost && m.until.Sub(now) <= visible*2/3 {
			all = append(all, m)
		}
	}
	return all
}

// renewed notes until when a message stays ours.
func (h *hands) renewed(m *message, until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.until = until
}

// lose notes that a message is not ours any more.
func (h *hands) lose(m *message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.lost = true
	h.counts.Lost++
}

// all are the messages in hand.
func (h *hands) all() (all []*message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for m := range h.held {
		all = append(all, m)
	}
	return all
}

// Counts are how a source is getting on. Times are those of now.
type Counts struct {
	Received     int64 // messages, each time that it came
	Settled      int64 // of them, deleted since all that they name is stored
	Returned     int64 // given back, to come again
	DeadLettered int64 // sent to a dead-letter queue, and deleted
	Lost         int64 // messages that came back to the queue before they were settled

	InHand      int           // messages that are not settled
	InHandBytes int64         // bytes of them that are held
	Waiting     int           // of them, to be tried again: S3 refuses what they name, or does not answer
	Lag         time.Duration // since the oldest of them was sent to its queue
	Behind      time.Duration // since the oldest log file that they name was delivered
	Heard       time.Time     // when the queue last answered
}

// Counts are those of now.
func (s *Source) Counts() Counts {
	h, now := s.hands, time.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.counts
	c.InHand, c.InHandBytes, c.Waiting = len(h.held), h.bytes, h.waiting()
	for m := range h.held {
		if !m.Sent.IsZero() {
			c.Lag = max(c.Lag, now.Sub(m.Sent))
		}
		if m.delivered != 0 {
			c.Behind = max(c.Behind, now.Sub(m.delivered.Time()))
		}
	}
	return c
}

// names notes when the oldest log file was delivered that a message names.
func (h *hands) names(m *message, delivered cloudtrail.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.delivered = delivered
}
