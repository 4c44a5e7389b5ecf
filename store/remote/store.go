package remote

import (
	"cmp"
	"context"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
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

	fetched  map[part]spans
	accounts []string
	regions  map[string][]string
	there    map[place]lineage.Span // what there is, fetched or not; of those that were looked at
	total    Cost
}

// place is an account in a region.
type place struct{ account, region string }

// part is the log of a place: what was delivered in time, or late too.
type part struct {
	place
	late bool
}

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
		fetched: map[part]spans{}, regions: map[string][]string{}, there: map[place]lineage.Span{},
	}
}

// Total is what was fetched until now.
func (s *Store) Total() Cost { return s.total }

// inFlight is how many lists of one step are asked for at a time.
const inFlight = 16

// fetch reads the log files of some places, as far as they were not read
// before. It reports whether there was anything to look for that had not been
// looked for.
func (s *Store) fetch(ctx context.Context, wanted map[part]spans) (looked bool, err error) {
	parts := s.left(wanted)
	if len(parts) == 0 {
		return false, nil
	}
	files, err := s.list(ctx, parts, wanted)
	if err != nil {
		return false, err
	}
	if err := s.take(ctx, stepOf(parts, wanted), files); err != nil {
		return false, err
	}
	s.mark(parts, wanted)
	return true, nil
}

// left takes what was fetched out of what is wanted, and returns the parts of
// which something is left.
func (s *Store) left(wanted map[part]spans) []part {
	var parts []part
	for of, all := range wanted {
		var left spans
		for _, w := range all {
			for _, more := range s.fetched[of].without(w) {
				left = left.add(more)
			}
		}
		if wanted[of] = left; len(left) > 0 {
			parts = append(parts, of)
		}
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.region, b.region))
	})
	return parts
}

// mark notes that all of some parts was read. What was read until late was read
// until then.
func (s *Store) mark(parts []part, wanted map[part]spans) {
	for _, of := range parts {
		for _, w := range wanted[of] {
			s.fetched[of] = s.fetched[of].add(w)
			if in := (part{of.place, false}); of.late {
				s.fetched[in] = s.fetched[in].add(w)
			}
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
func (s *Store) list(ctx context.Context, parts []part, wanted map[part]spans) ([]source.Item, error) {
	if err := s.spend(ctx, Cost{Lists: len(parts)}); err != nil {
		return nil, err
	}
	found := make([][]source.Item, len(parts))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for n, of := range parts {
		group.Go(func() (err error) {
			late := cloudtrail.Time(0)
			if of.late {
				late = s.options.Late
			}
			var windows []source.Window
			for _, w := range wanted[of] {
				windows = append(windows, w.window(of.place, late))
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
func stepOf(parts []part, wanted map[part]spans) Step {
	var step Step
	all := span{afterAll, beforeAll}
	for _, of := range parts {
		step.Accounts = append(step.Accounts, of.account)
		step.Regions = append(step.Regions, of.region)
		step.Late = step.Late || of.late
		for _, w := range wanted[of] {
			all.from, all.until = min(all.from, w.from), max(all.until, w.until)
		}
	}
	in := all.window(place{}, 0)
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
