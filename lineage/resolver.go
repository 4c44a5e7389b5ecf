package lineage

import (
	"context"
	"fmt"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Resolver works chains out. The zero Horizon (nil) knows no coverage. Safe for
// concurrent use by several goroutines once made; it remembers what it resolved, so use a
// new one after the index has changed.
//
// It works in rounds: the rules read facts from a shelf, what is not there is
// noted and read in one go, and what did not settle is tried again. A round is
// about a level of the chains, so thousands of uses cost as many reads as one.
// What an answer owes to the identity alone is remembered with the span of time
// it holds for: uses of one session share one Chain.
type Resolver struct {
	index   Index
	horizon Horizon
	without switches // rules and guards switched off: by the mutation test, and what is not for a narrow index
	looked  Looked   // nil: all that there is was looked into

	memory memory

	mu    sync.RWMutex // guards what follows
	shelf shelf
	fixes map[string][]*Fact // corrections by original event id; nil until read
}

// NewResolver returns a Resolver over an index; horizon may be nil.
func NewResolver(index Index, horizon Horizon) *Resolver {
	return &Resolver{
		index: index, horizon: horizon,
		shelf: newShelf(),
	}
}

// NewNarrowResolver returns a Resolver over an index that holds of the log the
// seconds alone that chains rest on. What rests on all that a session or a
// principal did in hours (forward-access, sole-candidate) it does not claim; of
// what rests on no other issuance being there it says how far that was looked
// for, where looked tells.
func NewNarrowResolver(index Index, horizon Horizon, looked Looked) *Resolver {
	r := NewResolver(index, horizon)
	r.without, r.looked = ruleForwardAccess|ruleSoleCandidate, looked
	return r
}

// Looked tells until when a log file was delivered if another issuance in it, of
// the second of a hop's own, would have been found; zero where not all was looked
// for that was delivered in time.
type Looked func(*Hop) cloudtrail.Time

// Resolve returns a chain for each use, in their order.
func (r *Resolver) Resolve(ctx context.Context, uses []Use) ([]*Chain, error) {
	r.forget()
	fixes, err := r.corrections(ctx)
	if err != nil {
		return nil, err
	}
	asked := make([]*Use, len(uses))
	chains := make([]*Chain, len(uses))
	var cold []int
	for i := range uses {
		asked[i] = &uses[i]
		if len(fixes) > 0 {
			asked[i] = corrected(&uses[i], fixes)
		}
		if IssuesCredentials(asked[i].EventSource, asked[i].EventName) { // may have variants
			cold = append(cold, i)
		} else if chains[i] = r.recall(asked[i], false); chains[i] == nil {
			cold = append(cold, i)
		}
	}
	for round, tries := 1, 1; len(cold) > 0; round++ {
		if round > mostLevels {
			tries = min(8*tries, len(uses))
		}
		var want *wants
		if cold, want = r.round(asked, chains, cold, tries); len(cold) == 0 {
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := r.fetch(ctx, want); err != nil {
			return nil, err
		}
	}
	if len(fixes) > 0 {
		for i := range uses {
			chains[i] = rivalled(&uses[i], chains[i], fixes[uses[i].ID.Event])
		}
	}
	return chains, nil
}

// mostLevels is how many rounds settle nearly every chain. Uses of one caller
// that still miss something then miss different things.
const mostLevels = 4

// round tries what is not settled yet, and returns what still is not and what
// it misses. Of one caller it tries only so many uses in vain: most often what
// the first misses is what all miss, and its answer will be theirs.
func (r *Resolver) round(asked []*Use, chains []*Chain, cold []int, tries int) ([]int, *wants) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	want := newWants()
	var left []int
	vain := map[*Identity]int{}
	for _, i := range cold {
		if vain[asked[i].Caller] >= tries {
			left = append(left, i)
			continue
		}
		w := walk{r: r, want: want}
		c := w.varied(asked[i], w.resolve(asked[i], false))
		if w.missed > 0 {
			vain[asked[i].Caller]++
			left = append(left, i)
			continue
		}
		chains[i] = c
	}
	return left, want
}

// corrections reads all addenda there are, once: they are few.
func (r *Resolver) corrections(ctx context.Context) (map[string][]*Fact, error) {
	r.mu.RLock()
	fixes := r.fixes
	r.mu.RUnlock()
	if fixes != nil || r.without&applyCorrections != 0 {
		return fixes, nil
	}
	facts, err := r.index.Facts(ctx, []Key{keyCorrections}, 0, 0)
	if err != nil {
		return nil, fmt.Errorf("reading addenda: %w", err)
	}
	fixes = make(map[string][]*Fact, len(facts))
	for _, f := range facts {
		fixes[f.Detail.ID] = append(fixes[f.Detail.ID], f)
	}
	r.mu.Lock()
	r.fixes = fixes
	r.mu.Unlock()
	return fixes, nil
}

// corrected is the event as a later addendum tells it.
func corrected(u *Use, fixes map[string][]*Fact) *Use {
	c, ok := fixes[u.ID.Event]
	if !ok {
		return u
	}
	return &(&Fact{Use: *u}).Corrected(c).Use
}
