package remote

import (
	"context"
	"errors"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/source"
)

// Asked is one event, and what its chain comes to with what there is by now.
type Asked struct {
	Use   lineage.Use
	Chain *lineage.Chain
}

// Question is put to a store again and again, each time with more in it: it
// returns the events whose chains the answer shows, and what parts of the log
// the answer is to know whole: of no account means of all, of no region likewise.
type Question func(ctx context.Context, resolver *lineage.Resolver) ([]Asked, []source.Window, error)

// mostSteps ends a question whose log goes on naming other parts of itself: a
// chain has 32 hops at most, and each takes a few steps.
const mostSteps = 200

// Settle fetches what the chains of a question's events rest on, until none of
// them wants anything that was not looked for. It returns the resolver to answer
// with.
func (s *Store) Settle(ctx context.Context, ask Question) (*lineage.Resolver, error) {
	for range mostSteps {
		resolver := lineage.NewNarrowResolver(s, nil, nil)
		asked, windows, err := ask(ctx, resolver)
		if err != nil {
			return nil, err
		}
		if looked, err := s.Fetch(ctx, windows...); looked || err != nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		wanted, err := s.wanted(ctx, resolver, asked)
		if err != nil {
			return nil, err
		}
		looked, err := s.look(ctx, wanted)
		if err != nil {
			return nil, err
		}
		if !looked {
			return s.measured(ctx, asked)
		}
	}
	return nil, errors.New("the chain goes on and on: every part of the log that was fetched names another one")
}

// look fetches what is needed, step by step: first where a record most likely
// is, then in the account's other regions, then in other accounts, at last in what
// was delivered long after.
func (s *Store) look(ctx context.Context, wanted needs) (looked bool, err error) {
	now := map[part]spans{}
	for _, n := range wanted {
		for stage := range stages {
			places, err := s.places(ctx, &n, stage)
			if err != nil {
				return false, err
			}
			missing := false
			for _, at := range places {
				of := part{at, stage == longAfter}
				if len(s.fetched[of].without(n.span)) > 0 {
					now[of], missing = now[of].add(n.span), true
				}
			}
			if missing {
				break
			}
		}
	}
	return s.fetch(ctx, now)
}

// The stages of looking for something.
const (
	nearby = iota
	everywhere
	elsewhere
	longAfter
	stages
)

// mostOthers is how many accounts a log may have for all to be looked in for
// what no record tells the account of.
const mostOthers = 30

// places are where a need is looked for at some stage.
func (s *Store) places(ctx context.Context, n *need, stage int) ([]place, error) {
	switch {
	case stage == nearby:
		return s.within(ctx, n.account, n.near)
	case stage == everywhere && n.all:
		return s.within(ctx, n.account, nil)
	case stage == longAfter && n.late && s.options.Late > 0:
		if n.all {
			return s.within(ctx, n.account, nil)
		}
		return s.within(ctx, n.account, n.near)
	case stage == elsewhere && n.anyone:
		others, err := s.others(ctx)
		var all []place
		for _, account := range others {
			if account == n.account {
				continue
			}
			some, err := s.within(ctx, account, nil)
			if err != nil {
				return nil, err
			}
			all = append(all, some...)
		}
		return all, err
	}
	return nil, nil
}

// within are those of some regions that there is log of an account in; nil: all.
func (s *Store) within(ctx context.Context, account string, regions []string) ([]place, error) {
	there, err := s.regionsOf(ctx, account)
	var all []place
	for _, region := range there {
		if regions == nil || slices.Contains(regions, region) {
			all = append(all, place{account, region})
		}
	}
	return all, err
}

// Few are the accounts to look in where nothing tells which: those named, else all
// if they are few; none where they are many.
func (s *Store) Few(ctx context.Context) ([]string, error) { return s.others(ctx) }

// others are the accounts to look in where nothing tells which: those named, else
// all if they are few.
func (s *Store) others(ctx context.Context) ([]string, error) {
	if s.options.Accounts != nil {
		return s.options.Accounts, nil
	}
	all, err := s.everyAccount(ctx)
	if len(all) > mostOthers {
		return nil, err
	}
	return all, err
}

// wanted is what the chains of some events rest on, and those of the callers
// whom they only show as candidates.
func (s *Store) wanted(ctx context.Context, resolver *lineage.Resolver, asked []Asked) (needs, error) {
	var all needs
	seen, met := map[*lineage.Chain]bool{}, map[cloudtrail.ID]bool{}
	for len(asked) > 0 {
		var more []lineage.Use
		for i := range asked {
			a := &asked[i]
			all.event(&a.Use)
			if seen[a.Chain] {
				continue
			}
			seen[a.Chain] = true
			all.chain(&a.Use, a.Chain)
			for _, u := range behind(a.Chain) {
				if !met[u.ID] {
					met[u.ID] = true
					more = append(more, u)
				}
			}
		}
		chains, err := resolver.Resolve(ctx, more)
		if err != nil {
			return nil, err
		}
		asked = asked[:0:0]
		for i, c := range chains {
			asked = append(asked, Asked{more[i], c})
		}
	}
	return all.compact(), nil
}

// behind are the issuing calls that a chain shows, and does not go on from.
func behind(c *lineage.Chain) []lineage.Use {
	var calls []lineage.Use
	for _, x := range c.Candidates {
		if x.Event != nil {
			calls = append(calls, x.Event.Use)
		}
	}
	for _, h := range sessionsOf(c) {
		for _, f := range h.Proof.Fits {
			calls = append(calls, f.Use)
		}
	}
	return calls
}
