package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	longestBackoff = 15 * time.Minute
	// longestHeld is how long a message may be kept from the others, from when it
	// was received: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
	longestHeld = 12 * time.Hour
)

// settle is of [source.Delivery].
func (m *message) settle(ctx context.Context, failed error) error {
	if failed != nil {
		dead, err := m.source.reject(ctx, m, failed, IsFinal(failed))
		if dead {
			m.source.options.OnNote(m.source.queue.url + ": message " + m.ID + " failed, and is with the dead letters")
		}
		return err
	}
	return m.source.remove(ctx, m, func(c *Counts) { c.Settled++ })
}

// remove deletes a message.
func (s *Source) remove(ctx context.Context, m *message, count func(*Counts)) error {
	if err := s.queue.deletes.do(ctx, &entry{receipt: m.receipt}); err != nil {
		// It is let go: what is not renewed comes again.
		s.hands.drop(m, func(c *Counts) { c.Returned++ })
		return fmt.Errorf("message %s cannot be deleted: %w", m.ID, err)
	}
	s.hands.drop(m, count)
	return nil
}

// reject has a message wait in hand, which is [ErrKept], or come again later; or sends
// it to the dead letters, if it can never be read, or will not come again.
func (s *Source) reject(ctx context.Context, m *message, why error, never bool) (dead bool, err error) {
	if !never && s.wait(m, why) {
		return false, ErrKept
	}
	if !never {
		last, err := s.dead.Last(ctx, m.Message)
		if err != nil {
			return false, errors.Join(err, s.later(ctx, m))
		}
		never = last
	}
	if never {
		sent, err := s.dead.Send(ctx, m.Message, why.Error())
		switch {
		case err != nil:
			return false, errors.Join(err, s.later(ctx, m))
		case sent:
			return true, s.remove(ctx, m, func(c *Counts) { c.DeadLettered++ })
		}
	}
	return false, s.later(ctx, m)
}

// later gives a message back, to come again after a while.
func (s *Source) later(ctx context.Context, m *message) error {
	wait := s.options.Backoff << min(max(m.Received-1, 0), 20)
	wait = max(min(wait, longestBackoff, longestHeld-time.Since(m.came)-time.Minute), 0)
	return s.back(ctx, m, wait)
}

// back gives a message back, to be seen again after a while.
func (s *Source) back(ctx context.Context, m *message, after time.Duration) error {
	if !s.hands.drop(m, func(c *Counts) { c.Returned++ }) {
		return nil
	}
	seconds := int32((after + time.Second - 1) / time.Second) //nolint:gosec // under 12 h
	err := s.queue.changes.do(ctx, &entry{receipt: m.receipt, visible: seconds})
	if err != nil && !isOver(err) {
		return fmt.Errorf("message %s cannot be given back, and comes again when its time is over: %w", m.ID, err)
	}
	return nil
}

// giveBack gives a message back at once, when all stops.
func (s *Source) giveBack(m *message) {
	ctx, cancel := context.WithTimeout(s.calls, mostWaited)
	defer cancel()
	if err := s.back(ctx, m, 0); err != nil {
		s.options.OnNote(s.queue.url + ": " + err.Error())
	}
}

// isOver reports whether an error is that a message is in its queue again, or gone.
func isOver(err error) bool {
	e, ok := errors.AsType[*entryError](err)
	if !ok {
		return false
	}
	switch e.code {
	case "ReceiptHandleIsInvalid", "InvalidParameterValue", "AWS.SimpleQueueService.MessageNotInflight", "MessageNotInflight":
		return true
	}
	return false
}

// keepAlive keeps the messages in hand from coming again, until the source is
// closed or, once it is stopped, all are settled.
func (s *Source) keepAlive() {
	tick := time.NewTicker(max(s.options.Visible/6, 100*time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-s.closed:
			return
		case <-tick.C:
			s.renew(time.Now())
		}
	}
}

// renew renews what has to be, ten in a request.
func (s *Source) renew(now time.Time) {
	due := s.hands.due(now, s.options.Visible)
	due = slices.DeleteFunc(due, func(m *message) bool {
		over := m.came.Add(longestHeld).Sub(now) < time.Second
		if over {
			s.lose(m)
		}
		return over
	})
	for part := range slices.Chunk(due, mostBatch) {
		s.renewAll(now, part)
	}
}

func (s *Source) renewAll(now time.Time, all []*message) {
	entries := make([]*entry, len(all))
	for i, m := range all {
		left := min(s.options.Visible, m.came.Add(longestHeld).Sub(now))
		entries[i] = &entry{receipt: m.receipt, visible: int32(left / time.Second)} //nolint:gosec // under 12 h
	}
	ctx, cancel := context.WithTimeout(s.calls, s.options.Visible/3)
	defer cancel()
	failed, err := s.queue.change(ctx, entries)
	if err != nil {
		if !s.mute { // asked again at the next tick
			s.options.OnError(fmt.Errorf("%s: messages cannot be kept for longer, and may come again before they are done: %w", s.queue.url, err))
		}
		s.mute = true
		return
	}
	s.mute = false
	for i, m := range all {
		switch {
		case failed[i] == nil:
			s.hands.renewed(m, now.Add(time.Duration(entries[i].visible)*time.Second))
		case isOver(failed[i]):
			s.lose(m)
		}
	}
}

// lose notes that a message is in its queue again. It is worked on all the same:
// what is stored twice is stored once.
func (s *Source) lose(m *message) {
	s.hands.lose(m)
	s.options.OnNote(s.queue.url + ": message " + m.ID + " came back before it was done")
}

// Close receives no more, gives back at once what is not settled, and waits until
// that is done. It is for when nobody settles any more.
func (s *Source) Close() {
	s.cancel()
	s.all.Wait()
	var group sync.WaitGroup
	for _, m := range s.hands.all() {
		group.Go(func() { s.giveBack(m) })
	}
	group.Wait()
	s.close.Do(func() { close(s.closed) })
	s.alive.Wait()
}
