package remote

import (
	"context"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

// Resolver is for what was fetched until now, however much of it is missing.
func (s *Store) Resolver(ctx context.Context) (*lineage.Resolver, error) { return s.measured(ctx, nil) }

// measured is the resolver that knows how far the log reaches where some chains
// have gaps: what was fetched of it says nothing of what is there.
func (s *Store) measured(ctx context.Context, asked []Asked) (*lineage.Resolver, error) {
	for _, a := range asked {
		for _, gap := range a.Chain.Gaps {
			for _, region := range nearTo(gap.Region) {
				if err := s.measure(ctx, place{gap.AccountID, region}); err != nil {
					return nil, err
				}
			}
		}
	}
	known, err := s.Spans(ctx)
	if err != nil {
		return nil, err
	}
	lack, err := s.Lack(ctx)
	if err != nil {
		return nil, err
	}
	return lineage.NewNarrowResolver(s, lineage.NewHorizon(known, lack.Lost...), s.looked()), nil
}

// looked tells of a hop how far another issuance of its second was looked for, in
// its own account and where its issuance was found; nil: delivery is no matter.
func (s *Store) looked() lineage.Looked {
	if s.options.Late == 0 {
		return nil
	}
	return func(h *lineage.Hop) cloudtrail.Time {
		made := h.Issuance
		var places []place
		for _, region := range s.regions[h.Account] {
			places = append(places, place{h.Account, region})
		}
		for _, region := range nearTo(made.Region) {
			if slices.Contains(s.regions[made.ID.Recipient], region) {
				places = append(places, place{made.ID.Recipient, region})
			}
		}
		late := s.options.Late
		for _, at := range places {
			second := span{made.Time, made.Time}
			switch {
			case len(s.fetched[part{at, true}].without(second)) == 0:
			case len(s.fetched[part{at, false}].without(second)) == 0:
				late = min(late, source.Lateness)
			default:
				return 0
			}
		}
		until := made.Time + late
		return until - until%60
	}
}

// Measure asks how far the log of an account reaches, in all its regions.
func (s *Store) Measure(ctx context.Context, account string) error {
	regions, err := s.regionsOf(ctx, account)
	if err != nil {
		return err
	}
	for _, region := range regions {
		if err := s.measure(ctx, place{account, region}); err != nil {
			return err
		}
	}
	return nil
}

// Strangers are the accounts that chains named, and that the log has nothing of.
func (s *Store) Strangers() []string {
	var all []string
	for account, regions := range s.regions {
		if len(regions) == 0 {
			all = append(all, account)
		}
	}
	slices.Sort(all)
	return all
}

// measure asks once how far the log reaches in one place.
func (s *Store) measure(ctx context.Context, at place) error {
	if _, ok := s.there[at]; ok {
		return nil
	}
	there, err := s.log.Span(ctx, at.account, at.region)
	if err != nil {
		return err
	}
	s.there[at] = there
	return nil
}

// Spans are what is there of each account and region as far as that was looked
// at. Of others the files that were fetched are counted, and tell of no time.
func (s *Store) Spans(ctx context.Context) ([]lineage.Span, error) {
	fetched, err := s.Store.Spans(ctx)
	if err != nil {
		return nil, err
	}
	met := map[place]bool{}
	for i := range fetched {
		f := &fetched[i]
		at := place{f.Account, f.Region}
		there := s.there[at]
		f.First, f.Newest, met[at] = there.First, there.Newest, true
	}
	for at, there := range s.there {
		if !met[at] && there.Newest != 0 {
			fetched = append(fetched, lineage.Span{Account: at.account, Region: at.region, First: there.First, Newest: there.Newest})
		}
	}
	return fetched, nil
}
