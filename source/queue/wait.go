package queue

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// longestRetry is how long a message waits at most between two tries, while S3 refuses
// what it names.
const longestRetry = time.Minute

// ErrKept is what Settle says of a message that failed, is kept in hand, and comes out
// of [Source.Next] again: it is not settled, and nothing is amiss with it.
var ErrKept = errors.New("it is kept in hand, and tried again")

// wait keeps a message in hand and tries it again later, if why is that S3 refuses or
// does not answer, and not for its own objects alone: nothing of their bucket was read
// since the message came, or it was not tried again after that. To give it back would
// count as a receive, and a few of those take it to the dead letters, with all others.
// Half of what may be in hand may wait: the other half finds out whether something can be
// read.
// They are tried at different times; the first that is read has all of its bucket tried.
func (s *Source) wait(m *message, why error) bool {
	if s.running.Err() != nil || !bucket.IsOutage(why) {
		return false
	}
	name := bucketOf(why)
	again := s.opener.again(name)
	worked := s.opener.worked(name)
	if worked.After(m.came) {
		if m.doubted {
			return false
		}
		m.doubted = true
	}
	pause := min(s.options.Backoff<<min(m.tries, 20), longestRetry)
	pause = pause/2 + rand.N(pause/2+1)
	if worked.After(m.tried) {
		pause = 0 // it is tried once more: see doubted
	}
	if time.Since(m.came)+2*longestRetry > longestHeld || !s.hands.hold(m, max(s.options.Most/2, 1)) {
		return false
	}
	m.tries++
	s.all.Go(func() {
		select {
		case <-time.After(pause):
		case <-again:
		case <-s.running.Done():
			s.stopped(m)
			return
		}
		s.prepare(s.running, m)
	})
	return true
}

// bucketOf is the bucket that an error is about.
func bucketOf(err error) string {
	e, ok := errors.AsType[*source.Error](err)
	if !ok {
		return ""
	}
	name, _, _ := bucket.Split(e.URI)
	return name
}
