package memory

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// callers finds rows by who called: four bytes an event, made when first asked.
type callers struct {
	identities map[string][]code // by principal id
	starts     []uint32          // by code: where its rows begin
	rows       []ref             // of each identity by time
}

func (v *view) listCallers() *callers {
	c := &callers{identities: map[string][]code{}}
	most := 0
	for n, people := range v.people {
		for at, id := range people {
			c.identities[id.PrincipalID] = append(c.identities[id.PrincipalID], code(at<<shardBits|n))
		}
		most = max(most, len(people))
	}
	c.starts = make([]uint32, most<<shardBits+1)
	for _, at := range v.order {
		c.starts[v.row(at).who+1]++
	}
	for i := 1; i < len(c.starts); i++ {
		c.starts[i] += c.starts[i-1]
	}
	c.rows = make([]ref, len(v.order))
	next := make([]uint32, len(c.starts))
	copy(next, c.starts)
	for _, at := range v.order {
		who := v.row(at).who
		c.rows[next[who]] = at
		next[who]++
	}
	return c
}

// Uses returns events by their caller's principal id, every variant.
func (s *Store) Uses(ctx context.Context, principalID string, from, to cloudtrail.Time) ([]lineage.Use, error) {
	v := s.view.Load()
	if len(v.order) == 0 {
		return nil, ctx.Err()
	}
	var uses []lineage.Use
	c := v.callers()
	for _, who := range c.identities[principalID] {
		rows := v.between(c.rows[c.starts[who]:c.starts[who+1]], from, to)
		for _, at := range rows {
			uses = append(uses, lineage.Use{})
			v.use(&uses[len(uses)-1], at)
		}
	}
	return uses, ctx.Err()
}

// Accounts are those that events were delivered to.
func (s *Store) Accounts(ctx context.Context) ([]string, error) {
	v := s.view.Load()
	met := map[code]bool{}
	accounts := map[string]bool{}
	for _, at := range v.order {
		if place := v.row(at).place; !met[place] {
			met[place], accounts[v.places.at(place).recipient] = true, true
		}
	}
	return slices.Collect(maps.Keys(accounts)), ctx.Err()
}

// Tallies counts the events of a selection as [query.Reader] says.
func (s *Store) Tallies(ctx context.Context, sel query.Selection) iter.Seq2[*query.Tally, error] {
	sel.Newest = false
	return query.TallyRows(s.Rows(ctx, sel))
}
