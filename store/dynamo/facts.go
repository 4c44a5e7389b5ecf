package dynamo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// The moments that a sort key can tell (keys.go, timeText).
const (
	firstTime cloudtrail.Time = -62167219200 // the year 0
	lastTime  cloudtrail.Time = 253402300799 // the end of 9999
)

func clampTime(t cloudtrail.Time) cloudtrail.Time { return max(min(t, lastTime), firstTime) }

// afterHash is behind everything that begins with what stands before it and a '#'.
const afterHash = "$"

// between is the part of a partition of the table that lies in a span of time; zero
// is open.
func between(partition string, from, to cloudtrail.Time) span {
	a := span{partition: partition}
	if !from.IsZero() {
		a.from = timeText(clampTime(from))
	}
	if !to.IsZero() {
		a.to = timeText(clampTime(to)) + afterHash
	}
	return a
}

func within(t, from, to cloudtrail.Time) bool {
	return (from.IsZero() || t >= from) && (to.IsZero() || t <= to)
}

// Facts returns the facts under any of the keys, as [lineage.Index] says. They are
// read from the records that the keys lead to, so that no item can claim one.
func (s *Store) Facts(ctx context.Context, keys []lineage.Key, from, to cloudtrail.Time) ([]*lineage.Fact, error) {
	asked := map[lineage.Key]bool{}
	var spans []span
	var of []lineage.Key
	for _, k := range keys {
		if k != "" && !asked[k] {
			asked[k] = true
			of = append(of, k)
			spans = append(spans, between(factPartition(k), from, to))
		}
	}
	var names []*lineage.Fact
	events := map[itemKey][]pointer{}
	err := s.all(ctx, spans, func(n int, page []item) {
		for _, i := range page {
			k := keyOf(i)
			if i[attrAt] == nil {
				if f, err := readName(i, of[n]); err != nil {
					s.leftOut(k, err)
				} else if within(f.Time, from, to) {
					names = append(names, f)
				}
				continue
			}
			event, err := pointsTo(i)
			if err != nil {
				s.leftOut(k, err)
				continue
			}
			events[event] = append(events[event], pointer{of[n], k})
		}
	})
	if err != nil {
		return nil, err
	}
	facts := names
	for some := range slices.Chunk(slices.Collect(maps.Keys(events)), togetherGot) {
		found, err := s.getItems(ctx, some, true)
		if err != nil {
			return nil, err
		}
		of, err := s.factsOf(ctx, found, events, asked, from, to)
		if facts = append(facts, of...); err != nil {
			return nil, err
		}
	}
	return facts, nil
}

// togetherGot is how many events are held whole at a time where many are asked for.
const togetherGot = 32 * mostKeys

// pointer is an item that says that an event has a fact under a key.
type pointer struct {
	key lineage.Key
	at  itemKey
}

// pointsTo is the event that a pointer is of.
func pointsTo(i item) (itemKey, error) {
	partition := textOf(i, attrAt)
	sort, ok := strings.CutSuffix(textOf(i, attrTime), "#"+partition)
	if !ok || partition == "" || strings.Count(sort, "#") < 2 {
		return itemKey{}, errors.New("it points to no event")
	}
	return itemKey{partition, sort}, nil
}

// readName reads the item of a name, found under a key.
func readName(i item, k lineage.Key) (*lineage.Fact, error) {
	clock, _, _ := strings.Cut(textOf(i, attrTime), "#")
	t, ok := cloudtrail.ParseTime(clock)
	f := &lineage.Fact{
		Kind:   lineage.Name,
		Use:    lineage.Use{Time: t, Caller: new(lineage.Identity)},
		Detail: lineage.Detail{ID: textOf(i, attrID), Name: textOf(i, attrName), ARN: textOf(i, attrARN)},
	}
	if !ok || nameKey(k, f) != keyOf(i) || !slices.Contains(f.Keys(), k) {
		return nil, errors.New("it is no name that is found so")
	}
	return f, nil
}

// factsOf recomputes the facts of events. An event that is pointed to and not there
// is still being written: its pointers come first.
func (s *Store) factsOf(ctx context.Context, found map[itemKey]item, of map[itemKey][]pointer, asked map[lineage.Key]bool, from, to cloudtrail.Time) ([]*lineage.Fact, error) {
	var mu sync.Mutex
	var facts []*lineage.Fact
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(mostAsking / 4)
	for k, i := range found {
		group.Go(func() error {
			e, err := s.readEvent(gctx, i, true)
			if err != nil {
				if gctx.Err() == nil {
					s.leftOut(k, err)
				}
				return gctx.Err()
			}
			has := map[lineage.Key]bool{}
			for n := range e.facts {
				f := &e.facts[n]
				keys := f.Keys()
				for _, key := range keys {
					has[key] = true
				}
				if within(f.Time, from, to) && slices.ContainsFunc(keys, func(k lineage.Key) bool { return asked[k] }) {
					mu.Lock()
					facts = append(facts, f)
					mu.Unlock()
				}
			}
			for _, p := range of[k] {
				if !has[p.key] {
					s.leftOut(p.at, fmt.Errorf("the event that it points to, %s, has no such fact", k))
				}
			}
			return nil
		})
	}
	return facts, group.Wait()
}

// Uses returns events by their caller's principal id, every form, as
// [lineage.Index] says.
func (s *Store) Uses(ctx context.Context, principalID string, from, to cloudtrail.Time) ([]lineage.Use, error) {
	if principalID == "" {
		return nil, nil // who has none is in no index, and nobody asks for them
	}
	var keys []itemKey
	err := s.all(ctx, []span{sessionSpan(principalID, from, to)}, func(_ int, page []item) {
		for _, i := range page {
			keys = append(keys, keyOf(i))
		}
	})
	if err != nil {
		return nil, err
	}
	var uses []lineage.Use
	for some := range slices.Chunk(keys, togetherGot) {
		events, err := s.readEvents(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			if e.Caller.PrincipalID == principalID && within(e.Time, from, to) {
				uses = append(uses, e.Use)
			}
		}
	}
	return uses, nil
}

// sessionSpan is where the events of a whole principal id are in bySession.
func sessionSpan(principalID string, from, to cloudtrail.Time) span {
	partition, low := sessionKey(principalID, clampTime(from))
	_, high := sessionKey(principalID, clampTime(to))
	name := low[:len(low)-len(timeText(0))-1]
	if from.IsZero() {
		low = name + "#"
	}
	if to.IsZero() {
		high = name + afterHash
	}
	return span{of: indexSession, partition: partition, from: low, to: high}
}

// readEvents reads events that an index named. Those that cannot be read are told of
// and left out.
func (s *Store) readEvents(ctx context.Context, keys []itemKey) ([]*event, error) {
	found, err := s.getCheaply(ctx, keys)
	if err != nil {
		return nil, err
	}
	events := make([]*event, 0, len(found))
	for _, k := range keys {
		i := found[k]
		if i == nil {
			continue
		}
		delete(found, k)
		if e, err := s.readEvent(ctx, i, false); err == nil {
			events = append(events, e)
		} else if ctx.Err() != nil {
			return nil, ctx.Err()
		} else {
			s.leftOut(k, err)
		}
	}
	return events, nil
}
