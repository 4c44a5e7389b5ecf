package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/queue"
)

// followed are the queues that a follow takes messages from, each as a source of its
// own, so that each is counted for itself. It is a [prometheus.Collector].
type followed struct {
	urls []string

	mu   sync.Mutex
	open map[string]*queue.Source
	done map[string]queue.Counts // by sources that were closed
}

func newFollowed(urls []string) *followed {
	return &followed{urls: urls, open: map[string]*queue.Source{}, done: map[string]queue.Counts{}}
}

// queueCounts are those of one queue.
type queueCounts struct {
	url    string
	counts queue.Counts
}

// counts are those of now, since it began.
func (f *followed) counts() (all []queueCounts) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, url := range f.urls {
		c := f.done[url]
		if s := f.open[url]; s != nil {
			c = added(c, s.Counts())
		}
		all = append(all, queueCounts{url, c})
	}
	return all
}

// deadLetters are the messages that were sent there.
func (f *followed) deadLetters() (n int64) {
	for _, q := range f.counts() {
		n += q.counts.DeadLettered
	}
	return n
}

// added are the counts of two sources of one queue, one after the other.
func added(before, now queue.Counts) queue.Counts {
	now.Received += before.Received
	now.Settled += before.Settled
	now.Returned += before.Returned
	now.DeadLettered += before.DeadLettered
	now.Lost += before.Lost
	if now.Heard.Before(before.Heard) {
		now.Heard = before.Heard
	}
	return now
}

// connect opens all, or none. The end of ctx stops them: see [queue.Open].
func (f *followed) connect(ctx context.Context, cfg aws.Config, o queue.Options) error {
	for _, url := range f.urls {
		s, err := queue.Open(ctx, cfg, url, o)
		if err != nil {
			f.close()
			return err
		}
		f.mu.Lock()
		f.open[url] = s
		f.mu.Unlock()
	}
	return nil
}

// close gives back what is not settled.
func (f *followed) close() {
	f.mu.Lock()
	open := f.open
	f.mu.Unlock()
	var all sync.WaitGroup
	for _, s := range open {
		all.Go(s.Close)
	}
	all.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	for url, s := range open {
		c := added(f.done[url], s.Counts())
		c.InHand, c.InHandBytes, c.Waiting, c.Lag, c.Behind = 0, 0, 0, 0, 0
		f.done[url] = c
	}
	f.open = map[string]*queue.Source{}
}

// What a queue's messages become, and how they are counted.
var (
	messagesDesc = prometheus.NewDesc(namespace+"messages_total", "SQS messages, by what became of them: received, each time that one came; stored; returned, to come again; deadLetters; lost, as they came again before they were settled.", []string{"queue", "outcome"}, nil)
	inHandDesc   = prometheus.NewDesc(namespace+"messages_in_hand", "SQS messages that were received and are not settled.", []string{"queue"}, nil)
	waitDesc     = prometheus.NewDesc(namespace+"messages_waiting", "Of the SQS messages in hand those that are to be tried again, as S3 refuses what they name, or does not answer.", []string{"queue"}, nil)
	lagDesc      = prometheus.NewDesc(namespace+"lag_seconds", "Age of the oldest that is in hand, 0 where nothing is: since delivery of the log file, by the minute in its name; since message, as SQS has it.", []string{"queue", "since"}, nil)
	heardDesc    = prometheus.NewDesc(namespace+"last_receive_timestamp_seconds", "When the queue last answered, 0 if it never did.", []string{"queue"}, nil)
)

// Describe is of [prometheus.Collector].
func (f *followed) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{messagesDesc, inHandDesc, waitDesc, lagDesc, heardDesc} {
		to <- d
	}
}

// Collect is of [prometheus.Collector].
func (f *followed) Collect(to chan<- prometheus.Metric) {
	for _, q := range f.counts() {
		c := q.counts
		for outcome, n := range map[string]int64{
			"received": c.Received, "stored": c.Settled, "returned": c.Returned, "deadLetters": c.DeadLettered, "lost": c.Lost,
		} {
			to <- prometheus.MustNewConstMetric(messagesDesc, prometheus.CounterValue, float64(n), q.url, outcome)
		}
		to <- prometheus.MustNewConstMetric(inHandDesc, prometheus.GaugeValue, float64(c.InHand), q.url)
		to <- prometheus.MustNewConstMetric(waitDesc, prometheus.GaugeValue, float64(c.Waiting), q.url)
		to <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, c.Behind.Seconds(), q.url, "delivery")
		to <- prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, c.Lag.Seconds(), q.url, "message")
		heard := 0.0
		if !c.Heard.IsZero() {
			heard = float64(c.Heard.UnixMilli()) / 1000
		}
		to <- prometheus.MustNewConstMetric(heardDesc, prometheus.GaugeValue, heard, q.url)
	}
}

// coming are the deliveries of all queues, as they come: an ingest.Source for one run
// of the pump after the other. What one could not settle, the next gets first.
type coming struct {
	following *following
	stop      context.Context // whose end stops the queues
	cancel    func()          // ends it for who wants no more of these
	next      chan source.Delivery
	ended     chan struct{}
	err       error // of the first that failed; set before ended is closed

	mu     sync.Mutex // guards what follows
	handed map[*source.Delivery]bool
	left   []*source.Delivery // by the run before
}

// begin begins to wait for all queues.
func (f *following) begin(stop context.Context) *coming {
	stop, cancel := context.WithCancel(stop)
	c := &coming{following: f, stop: stop, cancel: cancel, next: make(chan source.Delivery), ended: make(chan struct{}), handed: map[*source.Delivery]bool{}}
	var all sync.WaitGroup
	var once sync.Once
	f.followed.mu.Lock()
	defer f.followed.mu.Unlock()
	for _, s := range f.followed.open {
		all.Go(func() {
			for {
				d, err := s.Next(stop)
				if err != nil {
					if !errors.Is(err, io.EOF) && stop.Err() == nil {
						once.Do(func() { c.err = err })
					}
					return
				}
				select {
				case c.next <- d:
				case <-stop.Done(): // it is given back
					return
				}
			}
		})
	}
	go func() {
		all.Wait()
		close(c.ended)
	}()
	return c
}

// again is called before each run. It is how many the run before has left.
func (c *coming) again() (left int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = slices.AppendSeq(c.left, maps.Keys(c.handed))
	c.handed = map[*source.Delivery]bool{}
	c.following.health.idle()
	return len(c.left)
}

// Next is of ingest.Source.
func (c *coming) Next(ctx context.Context) (source.Delivery, error) {
	c.mu.Lock()
	if n := len(c.left); n > 0 && c.stop.Err() == nil {
		d := c.left[n-1]
		c.left = c.left[:n-1]
		c.mu.Unlock()
		return c.hand(d), nil
	}
	c.mu.Unlock()
	c.following.slow.wait(ctx, c.stop)
	select {
	case d := <-c.next:
		return c.hand(&d), nil
	case <-c.ended:
		if c.err != nil {
			return source.Delivery{}, c.err
		}
		return source.Delivery{}, io.EOF
	case <-ctx.Done():
		return source.Delivery{}, ctx.Err()
	}
}

// hand hands out a delivery, and knows of it until it is settled.
func (c *coming) hand(d *source.Delivery) source.Delivery {
	f := c.following
	c.mu.Lock()
	c.handed[d] = true
	c.mu.Unlock()
	f.health.work(1)
	handed := *d
	handed.Settle = func(ctx context.Context, failed error) error {
		c.mu.Lock()
		delete(c.handed, d)
		c.mu.Unlock()
		defer f.health.work(-1)
		err := d.Settle(ctx, failed)
		if errors.Is(err, queue.ErrKept) {
			return nil // it costs no receive
		}
		f.slow.tell(failed)
		switch {
		case err != nil:
			f.metrics.failed(failedSettle)
		case failed == nil:
			f.health.commit()
		}
		return err
	}
	return handed
}

// slowdown keeps a follow for which everything fails from taking one message after
// the other: each is given so often only before it ends with the dead letters.
type slowdown struct {
	mu     sync.Mutex
	failed int // in a row
	until  time.Time
}

// failsBefore is how many may fail, one after the other, at full speed.
const failsBefore = 3

// tell tells how a delivery ended.
func (s *slowdown) tell(failed error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if failed == nil {
		s.failed, s.until = 0, time.Time{}
		return
	}
	if s.failed++; s.failed > failsBefore {
		s.until = time.Now().Add(min(firstPause<<min(s.failed-failsBefore, 10), mostPause))
	}
}

// wait waits for as long as it is well to, until one of two ends.
func (s *slowdown) wait(ctx, stop context.Context) {
	s.mu.Lock()
	left := time.Until(s.until)
	s.mu.Unlock()
	if left <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-stop.Done():
	case <-time.After(left):
	}
}
