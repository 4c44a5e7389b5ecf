package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// health is whether a follow does its work, as /healthz tells it.
type health struct {
	stale  time.Duration // how long nothing may be received, or be committed, before it counts
	now    func() time.Time
	begun  time.Time
	queues *followed

	mu      sync.Mutex // guards what follows
	working int        // deliveries that are not settled
	moved   time.Time  // the last commit, or when the first delivery came into work
	store   error      // why the store is not open; nil: it is
}

// tooLongAgo is several times as long as a long poll waits (20 seconds), or a commit
// takes.
const tooLongAgo = 5 * time.Minute

func newHealth(queues *followed, now func() time.Time) *health {
	return &health{stale: tooLongAgo, now: now, begun: now(), queues: queues}
}

// work notes that so many deliveries more, or fewer, are in work.
func (h *health) work(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.working == 0 {
		h.moved = h.now()
	}
	h.working += n
}

// idle notes that none is any more.
func (h *health) idle() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.working = 0
}

// commit notes that something came into the store.
func (h *health) commit() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.moved = h.now()
}

// opened notes that the store was opened, or why it is not.
func (h *health) opened(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.store = err
}

// wrong is what is wrong, a line each.
func (h *health) wrong() []string {
	var all []string
	for _, q := range h.queues.counts() {
		last := q.counts.Heard
		if last.Before(h.begun) {
			last = h.begun
		}
		if ago := h.now().Sub(last); ago > h.stale {
			all = append(all, fmt.Sprintf("%s: nothing could be received for %s", q.url, ago.Round(time.Second)))
		}
	}
	for _, q := range h.queues.counts() {
		if n := q.counts.Waiting; n > 0 {
			all = append(all, fmt.Sprintf("%s: %s cannot be worked on: S3 refuses what is named there, or does not answer", q.url, number(n, "message")))
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.store != nil {
		all = append(all, "the store failed, and is tried again: "+h.store.Error())
	}
	if ago := h.now().Sub(h.moved); h.working > 0 && ago > h.stale {
		all = append(all, fmt.Sprintf("messages are in work, and nothing was committed for %s", ago.Round(time.Second)))
	}
	return all
}

// listenAddress is what --listen says: a port alone is of this machine alone.
func listenAddress(s string) (string, error) {
	if !strings.Contains(s, ":") {
		s = ":" + s
	}
	host, port, err := net.SplitHostPort(s)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return "", usage(fmt.Errorf("--listen %s: it is a port, or ADDRESS:PORT", s), "for example: --listen 9464")
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// serve answers /healthz and /metrics until ctx ends, and tells where.
func (f *following) serve(ctx context.Context, address string) (at string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return "", hinted(fmt.Errorf("--listen: %w", err), "another port: --listen PORT")
	}
	server := &http.Server{
		Handler:           f.handler(),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			f.warn("/healthz and /metrics are answered no more: " + err.Error())
		}
	}()
	f.ui.atEnd(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx) // who still asks is not waited for
		return server.Close()
	})
	return listener.Addr().String(), nil
}

func (f *following) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(f.metrics.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		wrong := f.health.wrong()
		if len(wrong) == 0 {
			fmt.Fprintln(w, "ok")
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		for _, line := range wrong {
			fmt.Fprintln(w, line)
		}
	})
	return mux
}
