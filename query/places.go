package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/crosstrail/crosstrail/lineage"
)

// Places is from where one session was used whose credentials a service was
// given for a workload (an instance, a pod, a function). No record says where
// the workload is; but it is in one place, so two are worth a look. The zero
// value is one place, or none known.
type Places struct {
	Addresses Top
	Programs  Top // the agents' first word
}

// places are Places being counted.
type places struct{ addresses, programs counter }

func (p *places) add(u *lineage.Use) {
	if !isService(u.SourceIP) {
		p.addresses.add(u.SourceIP)
		p.programs.add(product(u.UserAgent))
	}
}

func (p *places) done() Places {
	if len(p.addresses.list) < 2 {
		return Places{}
	}
	return Places{Addresses: p.addresses.top(), Programs: p.programs.top()}
}

// mostWorkloads is how many sessions of one node are watched at a time.
const mostWorkloads = 256

// was notes from where a session of a workload was used.
func (n *node) was(session string, u *lineage.Use) {
	if n.suspect != nil && n.suspectID != session {
		return
	}
	p := n.workloads[session]
	if p == nil {
		if n.workloads == nil || len(n.workloads) == mostWorkloads {
			n.workloads = map[string]*places{} // calls come by time: few sessions are in use at once
		}
		p = &places{}
		n.workloads[session] = p
	}
	p.add(u)
	if n.suspect == nil && len(p.addresses.list) > 1 {
		n.suspect, n.suspectID = p, session
	}
}

func (n *node) moved() Places {
	if n.suspect == nil {
		return Places{}
	}
	return n.suspect.done()
}

// wherePlaced tells from where the sessions of the answers were used.
func wherePlaced(ctx context.Context, r Reader, answers []Answer) error {
	for i, a := range answers {
		if a.Chain == nil || len(a.Chain.Hops) == 0 || a.Row == nil || a.Row.Caller == nil || a.Unused {
			continue
		}
		hop, who := &a.Chain.Hops[len(a.Chain.Hops)-1], a.Row.Caller
		if hop.Issuance == nil || !isService(hop.Issuance.SourceIP) || who.PrincipalID == "" || who.Created.IsZero() {
			continue
		}
		uses, err := r.Uses(ctx, who.PrincipalID, hop.Issuance.Time, hop.Issuance.Grant.Expires)
		if err != nil {
			return fmt.Errorf("looking for the calls of %s: %w", hop.ID, err)
		}
		slices.SortFunc(uses, func(x, y lineage.Use) int {
			return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(x.ID.Event, y.ID.Event))
		})
		var p places
		for j := range uses {
			if uses[j].Caller.Created == who.Created && uses[j].Caller.AccountID == who.AccountID {
				p.add(&uses[j])
			}
		}
		answers[i].Places = p.done()
	}
	return nil
}
