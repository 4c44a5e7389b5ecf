package remote

import (
	"context"

	"github.com/crosstrail/crosstrail/lineage"
)

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
	return lineage.NewNarrowResolver(s, lineage.NewHorizon(known)), nil
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
