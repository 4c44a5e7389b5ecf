package remote

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/ingest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/memory"
)

// Store is what was fetched of a log until now, as a [query.Reader]. Questions
// are asked of it between fetches, never during one.
type Store struct {
	*memory.Store
	log     Log
	options Options

	fetched  map[place]spans
	accounts []string
	regions  map[string][]string
	there    map[place]lineage.Span // what there is, fetched or not; of those that were looked at
	total    Cost
}

// place is an account in a region.
type place struct{ account, region string }

// New returns a store that nothing was fetched into yet.
func New(log Log, o Options) *Store {
	if o.Pump == nil {
		o.Pump = func(ctx context.Context, from ingest.Source, to ingest.Store) error {
			_, _, err := ingest.Pump(ctx, from, to, ingest.Options{})
			return err
		}
	}
	return &Store{
		Store: memory.New(), log: log, options: o,
		fetched: map[place]spans{}, regions: map[string][]string{}, there: map[place]lineage.Span{},
	}
}

// Total is what was fetched until now.
func (s *Store) Total() Cost { return s.total }

// inFlight is how many lists of one step are asked for at a time.
const inFlight = 16

// fetch reads the log files of some places, as far as they were not read
// before. It reports whether there was anything to look for that had not been
// looked for.
func (s *Store) fetch(ctx context.Context, wanted map[place]spans) (looked bool, err error) {
	places := s.left(wanted)
	if len(places) == 0 {
		return false, nil
	}
	files, err := s.list(ctx, places, wanted)
	if err != nil {
		return false, err
	}
	if err := s.take(ctx, stepOf(places, wanted), files); err != nil {
		return false, err
	}
	s.mark(places, wanted)
	return true, nil
}

// left takes what was fetched out of what is wanted, and returns the places where
// something is left.
func (s *Store) left(wanted map[place]spans) []place {
	var places []place
	for at, all := range wanted {
		var left spans
		for _, w := range all {
			for _, part := range s.fetched[at].without(w) {
				left = left.add(part)
			}
		}
		if wanted[at] = left; len(left) > 0 {
			places = append(places, at)
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region))
	})
	return places
}

// mark notes that all of some places was read.
func (s *Store) mark(places []place, wanted map[place]spans) {
	for _, at := range places {
		for _, w := range wanted[at] {
			s.fetched[at] = s.fetched[at].add(w)
		}
	}
}

// take reads the files of a step.
func (s *Store) take(ctx context.Context, step Step, files []source.Item) error {
	for _, f := range files {
		step.Files++
		step.Bytes += f.Size
	}
	if err := s.spend(ctx, Cost{Files: step.Files, Bytes: step.Bytes}); err != nil {
		return err
	}
	if s.options.Tell != nil {
		s.options.Tell(step)
	}
	if len(files) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // what is still being brought, should the pump have stopped
	return s.options.Pump(ctx, bring(ctx, files), s.Store)
}

// spend adds to the cost, if that is allowed.
func (s *Store) spend(ctx context.Context, more Cost) error {
	total := s.total.plus(more)
	if allow := s.options.Allow; allow != nil {
		if err := allow(ctx, total); err != nil {
			return err
		}
	}
	s.total = total
	return nil
}

// list is the log files of the windows that were not read yet, each once.
func (s *Store) list(ctx context.Context, places []place, wanted map[place]spans) ([]source.Item, error) {
	if err := s.spend(ctx, Cost{Lists: len(places)}); err != nil {
		return nil, err
	}
	found := make([][]source.Item, len(places))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for n, at := range places {
		group.Go(func() (err error) {
			var windows []source.Window
			for _, w := range wanted[at] {
				windows = append(windows, w.window(at))
			}
			found[n], err = s.log.List(gctx, windows...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var all []source.Item
	seen := map[[2]string]bool{}
	for _, item := range slices.Concat(found...) {
		key := [2]string{item.URI, item.Version}
		has, err := s.Has(ctx, item.LogFile)
		if err != nil {
			return nil, err
		}
		if !has && !seen[key] && item.PassOver == "" {
			seen[key] = true
			all = append(all, item)
		}
	}
	return all, nil
}

// stepOf tells where a step looks.
func stepOf(places []place, wanted map[place]spans) Step {
	var step Step
	all := span{afterAll, beforeAll}
	for _, at := range places {
		step.Accounts = append(step.Accounts, at.account)
		step.Regions = append(step.Regions, at.region)
		for _, w := range wanted[at] {
			all.from, all.until = min(all.from, w.from), max(all.until, w.until)
		}
	}
	in := all.window(place{})
	step.Since, step.Until = in.Since, in.Until
	slices.Sort(step.Accounts)
	slices.Sort(step.Regions)
	step.Accounts, step.Regions = slices.Compact(step.Accounts), slices.Compact(step.Regions)
	return step
}

// everyAccount is all accounts of the log, asked for once.
func (s *Store) everyAccount(ctx context.Context) ([]string, error) {
	if s.accounts != nil {
		return s.accounts, nil
	}
	if err := s.spend(ctx, Cost{Lists: 1}); err != nil {
		return nil, err
	}
	all, err := s.log.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	s.accounts = append([]string{}, all...)
	return s.accounts, nil
}

// regionsOf are the regions of an account's log, asked for once.
func (s *Store) regionsOf(ctx context.Context, account string) ([]string, error) {
	if known, ok := s.regions[account]; ok {
		return known, nil
	}
	if err := s.spend(ctx, Cost{Lists: 1}); err != nil {
		return nil, err
	}
	found, err := s.log.Regions(ctx, account)
	if err != nil {
		return nil, err
	}
	s.regions[account] = found
	return found, nil
}
