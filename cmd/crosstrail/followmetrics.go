package main

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/crosstrail/crosstrail/ingest"
)

// followMetrics are what a follow counts, for Prometheus: names as its "Metric and
// label naming" wants them, seconds and bytes. They are in a registry of their own.
type followMetrics struct {
	registry               *prometheus.Registry
	files, events, failing *prometheus.CounterVec
	bytes                  prometheus.Counter
	stored, commits        prometheus.Histogram

	mu   sync.Mutex // guards what follows
	last ingest.Progress
}

// The outcomes of files and events are the contract's words. So are these of what
// fails.
const (
	failedReceive = "receive"
	failedMessage = "message"
	failedStore   = "store"
	failedRead    = "read"
	failedSettle  = "settle"
)

// namespace begins the names of all metrics of follow.
const namespace = "crosstrail_follow_"

func newFollowMetrics(queues prometheus.Collector) *followMetrics {
	vec := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: namespace + name, Help: help}, labels)
	}
	m := &followMetrics{
		registry: prometheus.NewRegistry(),
		files:    vec("files_total", "Log files, by what became of them; redelivered ones are duplicate.", "outcome"),
		events:   vec("events_total", "CloudTrail records, by what became of them.", "outcome"),
		failing:  vec("failures_total", "What failed: receive, a message that can never be read, store, read of a log file or record, settle of a message. All but what can never be read is tried again.", "what"),
		bytes:    prometheus.NewCounter(prometheus.CounterOpts{Name: namespace + "bytes_total", Help: "Bytes of log files read, as they were delivered."}),
		stored: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: namespace + "delivery_to_commit_seconds", Help: "How long before its commit a log file was delivered, by the minute in its name.",
			Buckets: []float64{60, 90, 120, 180, 300, 600, 1200, 3600, 4 * 3600, 24 * 3600},
		}),
		commits: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: namespace + "commit_seconds", Help: "How long a commit to the store took.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}),
	}
	for _, outcome := range []string{"kept", "duplicate", "passedOver", "failed"} {
		m.files.WithLabelValues(outcome)
		m.events.WithLabelValues(outcome)
	}
	for _, what := range []string{failedReceive, failedMessage, failedStore, failedRead, failedSettle} {
		m.failing.WithLabelValues(what)
	}
	m.registry.MustRegister(m.files, m.events, m.failing, m.bytes, m.stored, m.commits, queues, buildInfo(),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// buildInfo tells what runs, as a metric that is always 1.
func buildInfo() prometheus.Collector {
	version, commit, goVersion := "unknown", "unknown", runtime.Version()
	if info, ok := debug.ReadBuildInfo(); ok {
		version, goVersion = cmp.Or(info.Main.Version, version), cmp.Or(info.GoVersion, goVersion)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "crosstrail_build_info", Help: "What runs: always 1.",
		ConstLabels: prometheus.Labels{"version": version, "commit": commit, "goversion": goVersion},
	})
	g.Set(1)
	return g
}

// begin is called before each run of the pump, which counts from 0.
func (m *followMetrics) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = ingest.Progress{}
}

// progress adds what a run of the pump has done since it was told last.
func (m *followMetrics) progress(p ingest.Progress) {
	m.mu.Lock()
	defer m.mu.Unlock()
	add := func(to *prometheus.CounterVec, now, before ingest.Counts) {
		to.WithLabelValues("kept").Add(float64(now.Kept - before.Kept))
		to.WithLabelValues("duplicate").Add(float64(now.Duplicate - before.Duplicate))
		to.WithLabelValues("passedOver").Add(float64(now.PassedOver - before.PassedOver))
		to.WithLabelValues("failed").Add(float64(now.Failed - before.Failed))
	}
	add(m.files, p.Files, m.last.Files)
	add(m.events, p.Records, m.last.Records)
	m.bytes.Add(float64(p.Bytes - m.last.Bytes))
	m.last = p
}

func (m *followMetrics) failed(what string) { m.failing.WithLabelValues(what).Inc() }
