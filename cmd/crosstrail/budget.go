package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/crosstrail/crosstrail/store/remote"
)

// budget bounds what a question fetches by itself: where it goes the log says, and
// who writes a log may say what he likes.
type budget struct {
	ui  *terminal
	yes bool

	mu    sync.Mutex
	times int // by how much what is allowed was raised; 0: not yet
}

// overBudget is a question that would have taken more than is wanted.
type overBudget struct{ text string }

func (e *overBudget) Error() string { return e.text }

// What a question may take before somebody is asked.
const (
	manyLists = 1000
	manyCalls = 120 // a minute of them, in one region
)

// allow is for a question to a bucket.
func (b *budget) allow(ctx context.Context, all remote.Cost) error {
	times := max(all.Lists/manyLists, all.Files/manyFiles, int(all.Bytes/manyBytes))
	return b.ask(ctx, times, fmt.Sprintf("to answer it would take %s looked into, %s, %s",
		number(all.Lists, "part")+" of the log", number(all.Files, "log file"), bytesText(all.Bytes)))
}

// calls is for a question to the event history.
func (b *budget) calls(ctx context.Context, n int) error {
	return b.ask(ctx, n/manyCalls, fmt.Sprintf("to answer it would take more than %s", number(n, "call")))
}

// ask asks each time that it is to be twice as much as was allowed.
func (b *budget) ask(ctx context.Context, times int, what string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if times <= b.times || b.yes {
		return nil
	}
	hints := []string{"to look less far: --account, --region, --since, --until", "to go on whatever it takes: --yes"}
	if !isTerminal(b.ui.stdin) || !isTerminal(b.ui.stderr) {
		return hinted(&overBudget{what + ": nobody can be asked here whether that is wanted"}, hints...)
	}
	fmt.Fprintln(b.ui.stderr, what)
	agreed, err := b.ui.confirm(ctx)
	if err != nil {
		return err
	}
	if !agreed {
		return hinted(&overBudget{"it was stopped before it was answered"}, hints...)
	}
	b.times = 2 * times
	return nil
}
