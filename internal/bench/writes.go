package main

import (
	"context"
	"fmt"
	"time"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// writes prints the calls that writing takes, by watch. What they cost is in
// docs/cost.md.
func (l *liveBench) writes(_ context.Context) error {
	a := announce(synth.Live, 10_000)
	defer a.Close()
	fmt.Printf("\ncalls of DynamoDB for a thousand events of %d, by watch\n", a.events)
	for _, w := range []struct{ name, watch string }{
		{"everything", ""},
		{"all sessions", `{"uses":"all"}`},
		{"no uses", `{"uses":"none"}`},
		{"one role", `{"roles":["arn:aws:iam::111122331111:role/prod-ingest-07"],"uses":"watched"}`},
	} {
		at := newAside()
		at.watch = w.watch
		_, err := l.throughFunction(a, at, at.URL)
		at.Close()
		if err != nil {
			return err
		}
		each := func(n int) float64 { return float64(n) * 1000 / float64(a.events) }
		c := at.calls
		fmt.Printf("  %-14s %5.0f PutItem, %5.0f items in %4.0f BatchWriteItem, %4.0f UpdateItem, %4.0f GetItem; %5.0f events kept\n", w.name,
			each(c["PutItem"]), each(c["items"]), each(c["BatchWriteItem"]), each(c["UpdateItem"]), each(c["GetItem"]), each(at.kept()))
	}
	return nil
}

// answering is what a call of DynamoDB takes, where memory is measured: the longer
// it takes, the more events are in memory.
const answering = 5 * time.Millisecond

// function prints the function's peak memory and how long it takes to start.
func (l *liveBench) function(ctx context.Context) error {
	files := []struct {
		name   string
		shape  synth.Shape
		events int
	}{{"600 events", synth.Live, 600}, {"20 MB of JSON", synth.Bulk, 14_000}}
	fmt.Printf("\npeak memory of the function, a process each, a call of DynamoDB in %v\n", answering)
	for _, file := range files {
		logs := awstest.OpenLoad("acme-trail")
		defer logs.Close()
		one, size := oneFile(file.shape, file.events)
		logs.Put(one)
		for _, memory := range []int{128, 512, 1769} {
			at := newAside()
			at.takes = answering
			f, err := startFunction(l.lambda, memory, append(environment(logs, at.URL, at.URL), "CROSSTRAIL_STORE=dynamodb://Live"))
			if err != nil {
				return err
			}
			took, err := timed(func() error { return f.invoke(notice(one)) })
			peak, err2 := f.peak()
			f.stop()
			at.Close()
			if err != nil || err2 != nil || at.kept() == 0 {
				return fmt.Errorf("%d MB: %w, %w, %d kept", memory, err, err2, at.kept())
			}
			fmt.Printf("  %4d MB, %-14s (%4.1f MB of JSON): %d MiB, in %.1f s\n", memory, file.name, mega(int64(size)), peak, took.Seconds())
		}
	}
	return l.cold(ctx)
}

// oneFile is one log file with so many events.
func oneFile(shape synth.Shape, events int) (o awstest.Object, size int) {
	var all synth.File
	for f := range synth.Corpus(shape, 42, events) {
		all.Name = f.Name
		for _, r := range f.Records {
			all.Records = append(all.Records, append([]byte(nil), r...))
		}
	}
	return awstest.Object{Key: all.Name, Body: all.Gzip()}, len(all.Body())
}

// cold prints the time from the start of the process to its first answer, with a log
// file of eight events in the table.
func (l *liveBench) cold(context.Context) error {
	logs := awstest.OpenLoad("acme-trail")
	defer logs.Close()
	one, _ := oneFile(synth.Live, 8)
	logs.Put(one)
	var first, again []time.Duration
	for range 10 {
		at := newAside()
		began := time.Now()
		f, err := startFunction(l.lambda, 128, append(environment(logs, at.URL, at.URL), "CROSSTRAIL_STORE=dynamodb://Live"))
		if err != nil {
			return err
		}
		err = f.invoke(notice(one))
		first = append(first, time.Since(began))
		if err == nil {
			var took time.Duration
			took, err = timed(func() error { return f.invoke(notice(one)) })
			again = append(again, took)
		}
		f.stop()
		at.Close()
		if err != nil {
			return err
		}
	}
	fmt.Printf("\nthe function, from the start of its process to its first answer, 8 events: %v, the same file again %v (medians of 10)\n",
		median(first).Round(time.Millisecond), median(again).Round(100*time.Microsecond))
	return nil
}
