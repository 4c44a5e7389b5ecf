package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// What is more than this is worth a word before it is fetched, and a question
// where somebody can be asked.
const (
	manyFiles = 1000
	manyBytes = 100 << 20
)

// agree says what reading the buckets will come to, where it is much, and asks on
// a terminal. Where nobody can be asked it goes on: who wrote the script meant it.
func (s *fromSources) agree(ctx context.Context, yes bool) error {
	much := false
	for _, b := range s.buckets {
		e, err := b.Survey(ctx)
		if err != nil {
			return b.aws.explained(err)
		}
		if e.Archived > 0 {
			s.ui.warn("%s: %s in Glacier, and cannot be read before they are restored", b.log, number(e.Archived, "log file"))
		}
		if !e.AtLeast {
			b.estimate = e.Bytes
		}
		fetched, size := toFetch(e)
		b.fetches, b.more = size, e.AtLeast
		if e.AtLeast || fetched > manyFiles || size > manyBytes {
			much = true
			fmt.Fprintln(s.ui.stderr, render.Text(b.log.String()+": "+expected(e)))
		}
	}
	if err := s.agreeTables(ctx, yes); err != nil {
		return err
	}
	if !much || yes || !isTerminal(s.ui.stdin) || !isTerminal(s.ui.stderr) {
		return nil
	}
	if agreed, err := s.ui.confirm(ctx); err != nil || agreed {
		return err
	}
	return hinted(errors.New("nothing was read"), "to read less: --account, --region, --since, --until; not to be asked: --yes")
}

// toFetch is how much of what is there is not in the store.
func toFetch(e bucket.Estimate) (files int, size int64) {
	if e.Files == 0 {
		return 0, 0
	}
	files = e.Files - e.Known
	return files, int64(float64(e.Bytes) * float64(files) / float64(e.Files))
}

// expected says what is to come.
func expected(e bucket.Estimate) string {
	about := ""
	switch {
	case e.AtLeast:
		about = "more than "
	case !e.Exact:
		about = "about "
	}
	fetched, size := toFetch(e)
	text := about + number(rounded(e.Files, e.Exact), "log file") + ", " + bytesText(e.Bytes)
	if e.Known > 0 {
		text += "; of them " + about + number(rounded(fetched, e.Exact), "file") + " not in the store yet, " + bytesText(size)
	}
	text += "; " + about + number(rounded(fetched+e.Lists, e.Exact), "request") + " to S3"
	if e.AtLeast {
		return text + "; how many there are, only listing all of them tells"
	}
	return text + ", about " + howLong(fetched, size, e.Took).String()
}

// howLong is how long fetching so much takes: with many requests in flight, each
// as long as those before, and no faster than such a machine reads log files.
func howLong(files int, size int64, request time.Duration) time.Duration {
	const inFlight, perSecond, bytesPerSecond = 128, 3000, 40 << 20
	waits := time.Duration(files) * request / inFlight
	works := max(time.Duration(files)*time.Second/perSecond, time.Duration(size/bytesPerSecond)*time.Second)
	took := max(waits, works)
	if took > 10*time.Minute {
		return took.Round(time.Minute)
	}
	return max(took.Round(time.Second), time.Second)
}

// rounded keeps an estimate from looking exact.
func rounded(n int, exact bool) int {
	if exact || n < 100 {
		return n
	}
	unit := 1
	for n/unit >= 100 {
		unit *= 10
	}
	return n / unit * unit
}

// confirm asks whether to go on, and is false where that is not wanted.
func (t *terminal) confirm(ctx context.Context) (bool, error) {
	fmt.Fprint(t.stderr, "go on? [y/N] ")
	word, err := t.answer(ctx)
	return word == "y" || word == "yes", err
}

// wanted is an error, that nothing was done, unless what was said is wanted: yes says
// so, or a person.
func (t *terminal) wanted(ctx context.Context, yes bool, nothing string, hints ...string) error {
	switch {
	case yes:
		return nil
	case !isTerminal(t.stdin) || !isTerminal(t.stderr):
		return usage(errors.New(nothing+": nobody can be asked here"), append([]string{"if that is what you want: --yes"}, hints...)...)
	}
	wanted, err := t.confirm(ctx)
	if err == nil && !wanted {
		err = hinted(errors.New(nothing), hints...)
	}
	return err
}

// canAsk reports whether somebody is there who can be asked.
func (t *terminal) canAsk() bool { return isTerminal(t.stdin) && isTerminal(t.stderr) }

// choose asks which of some is meant, and gives its place; -1 where none is.
func (t *terminal) choose(ctx context.Context, what string, from []string) (int, error) {
	fmt.Fprintln(t.stderr, render.Text(what))
	for i, text := range from {
		fmt.Fprintf(t.stderr, "%3d  %s\n", i+1, render.Text(text))
	}
	fmt.Fprintf(t.stderr, "which one? [1-%d] ", len(from))
	word, err := t.answer(ctx)
	if err != nil {
		return -1, err
	}
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 || n > len(from) {
		return -1, nil //nolint:nilerr // what was typed names none
	}
	return n - 1, nil
}

// answer is a line that a person typed, in small letters; empty where none was.
func (t *terminal) answer(ctx context.Context) (string, error) {
	text, err := bufio.NewReader(newStoppable(ctx, t.stdin)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.ToLower(strings.TrimSpace(text)), nil
}

func addYes(cmd *cobra.Command, yes *bool) {
	cmd.Flags().BoolVar(yes, "yes", false, "do not ask before much is fetched from a bucket or read from a table, or before a table is made or changed")
}
