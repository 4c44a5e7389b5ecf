package remote

import (
	"cmp"
	"context"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/source"
)

// Fetch reads the log files of some windows, as far as they were not read
// before, and reports whether there was anything to look for.
func (s *Store) Fetch(ctx context.Context, windows ...source.Window) (looked bool, err error) {
	wanted, err := s.spread(ctx, windows)
	if err != nil {
		return false, err
	}
	return s.fetch(ctx, wanted)
}

// Take reads log files that were found otherwise.
func (s *Store) Take(ctx context.Context, files []source.Item) error {
	return s.take(ctx, Step{}, files)
}

// Hold notes that all log files of some windows were read into the store.
func (s *Store) Hold(ctx context.Context, windows ...source.Window) error {
	wanted, err := s.spread(ctx, windows)
	if err != nil {
		return err
	}
	s.mark(s.left(wanted), wanted)
	return nil
}

// spread lays windows out over the places that they are of.
func (s *Store) spread(ctx context.Context, windows []source.Window) (map[part]spans, error) {
	wanted := map[part]spans{}
	for _, w := range windows {
		accounts, err := []string{w.Account}, error(nil)
		if w.Account == "" {
			if accounts, err = s.everyAccount(ctx); err != nil {
				return nil, err
			}
		}
		var regions []string
		if w.Region != "" {
			regions = []string{w.Region}
		}
		for _, account := range accounts {
			places, err := s.within(ctx, account, regions)
			if err != nil {
				return nil, err
			}
			for _, at := range places {
				of := part{at, w.Late > source.Lateness && s.options.Late > 0}
				wanted[of] = wanted[of].add(spanOf(w))
			}
		}
	}
	return wanted, nil
}

// Search is where something is looked for of which nothing tells the second.
type Search struct {
	Accounts []string
	Regions  []string        // nil: all
	Since    cloudtrail.Time // zero: as long as there is log
	Until    cloudtrail.Time
	Late     bool // in what was delivered [Options].Late after too
	Forward  bool // from Since on; else from Until on back
}

const (
	day cloudtrail.Time = 24 * 60 * 60
	// longestLook is how much of a log is listed at a time where nothing lies in it.
	longestLook = 512 * day
	// beginning is before there was any CloudTrail: 2013.
	beginning cloudtrail.Time = 1_356_998_400
	// firstFiles is how many files are read before it is first asked whether what
	// is looked for was in them, mostFiles how many at most between two askings.
	firstFiles, mostFiles = 64, 4096
)

// Seek reads the log of some accounts until what is looked for is found, and
// reports whether it was. A day is listed at a time, and of it the files nearest
// to the end that the search begins at are read first; over days in which nothing
// lies it goes in ever longer steps.
func (s *Store) Seek(ctx context.Context, in Search, found func(context.Context) (bool, error)) (bool, error) {
	since, until := max(in.Since, beginning), in.Until
	for long := day; since <= until; {
		piece := span{max(since, until-long+1), until}
		if in.Forward {
			piece = span{since, min(until, since+long-1)}
		}
		wanted, err := s.spread(ctx, in.windows(piece))
		if err != nil {
			return false, err
		}
		files, ok, err := s.seekIn(ctx, wanted, in.Forward, found)
		if ok || err != nil {
			return ok, err
		}
		if long = day; files == 0 {
			long = min(2*(piece.until-piece.from+1), longestLook)
		}
		if in.Forward {
			since = piece.until + 1
		} else {
			until = piece.from - 1
		}
	}
	return false, nil
}

// seekIn reads what some windows hold, a few files at first, then more at a time.
func (s *Store) seekIn(ctx context.Context, wanted map[part]spans, forward bool, found func(context.Context) (bool, error)) (n int, ok bool, err error) {
	parts := s.left(wanted)
	files, err := s.list(ctx, parts, wanted)
	if err != nil {
		return 0, false, err
	}
	slices.SortFunc(files, func(a, b source.Item) int {
		if forward {
			a, b = b, a
		}
		return cmp.Or(cmp.Compare(b.Delivered, a.Delivered), cmp.Compare(a.URI, b.URI))
	})
	n = len(files)
	step := stepOf(parts, wanted)
	for most := firstFiles; ; most = min(2*most, mostFiles) {
		some := files[:min(most, len(files))]
		if len(some) > 0 { // over emptiness it goes without a word
			if len(some) < n {
				step.First, step.Last = deliveries(some)
			}
			if err := s.take(ctx, step, some); err != nil {
				return n, false, err
			}
		}
		if files = files[len(some):]; len(files) == 0 {
			s.mark(parts, wanted)
		}
		if ok, err := found(ctx); ok || err != nil || len(files) == 0 {
			return n, ok, err
		}
	}
}

// deliveries are the first and the last stamp of some files; zero where no name
// tells.
func deliveries(files []source.Item) (first, last cloudtrail.Time) {
	for _, f := range files {
		if at := f.Delivered; at != 0 {
			first, last = min(cmp.Or(first, at), at), max(last, at)
		}
	}
	return first, last
}

func (in *Search) windows(piece span) []source.Window {
	regions := in.Regions
	if len(regions) == 0 {
		regions = []string{""}
	}
	late := cloudtrail.Time(0)
	if in.Late {
		late = source.LongLateness
	}
	var all []source.Window
	for _, account := range in.Accounts {
		for _, region := range regions {
			all = append(all, source.Window{Account: account, Region: region, Since: piece.from, Until: piece.until, Late: late})
		}
	}
	return all
}
