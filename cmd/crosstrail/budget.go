package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/crosstrail/crosstrail/store/remote"
)

// budget bounds what a question fetches by itself: where it goes the log says, and
// who writes a log may say what he likes.
type budget struct {
	ui  *terminal
	yes bool

	mu    sync.Mutex
	times int // what was agreed to, in what is allowed without asking; 0: nobody was asked yet
}

// overBudget is a question that would have taken more than is wanted.
type overBudget struct{ text string }

func (e *overBudget) Error() string { return e.text }

// What a question may take before somebody is asked.
const (
	manyLists = 1000
	manyCalls = 120 // a minute of them, in one region

	// agreed is how often as much as was asked about may be fetched before it is
	// asked again: where a chain leads is not known before it is followed.
	agreed = 64
	// aRequest is how long one takes, as [howLong] reckons: a quarter as many are
	// made at a time here.
	aRequest = 4 * 50 * time.Millisecond
)

// allow is for a question to a bucket.
func (b *budget) allow(ctx context.Context, all remote.Cost) error {
	times := max(all.Lists/manyLists, all.Files/manyFiles, int(all.Bytes/manyBytes))
	return b.ask(ctx, times, fmt.Sprintf("the next step makes it %s looked into, %s, %s, about %s; how many steps follow, only the log tells",
		number(all.Lists, "part")+" of the log", number(all.Files, "log file"), bytesText(all.Bytes), howLong(all.Files+all.Lists, all.Bytes, aRequest)))
}

// calls is for a question to the event history.
func (b *budget) calls(ctx context.Context, n int) error {
	return b.ask(ctx, n/manyCalls, fmt.Sprintf("to answer it takes more than %s, two a second in each region", number(n, "call")))
}

// ask asks once, as far as can be told: again only where it is to be far more.
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
	fmt.Fprintf(b.ui.stderr, "%s; it is asked again at %d times as much\n", what, agreed)
	wanted, err := b.ui.confirm(ctx)
	if err != nil {
		return err
	}
	if !wanted {
		return hinted(&overBudget{"it was stopped before it was answered"}, hints...)
	}
	b.times = agreed * times
	return nil
}
