package remote

import (
	"cmp"
	"context"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// AskWho asks what [query.Who] does.
func (s *Store) AskWho(asked string) Question {
	return func(ctx context.Context, resolver *lineage.Resolver) ([]Asked, []source.Window, error) {
		answer, err := query.Who(ctx, s, resolver, asked)
		if err != nil {
			return nil, nil, err
		}
		var all []Asked
		var windows []source.Window
		for _, a := range answer.Answers {
			all = append(all, Asked{a.Row.Use, a.Chain})
			if a.Unused {
				// Its first use may be in a file that came before.
				windows = append(windows, source.Window{Account: a.Session.AccountID, Since: a.Row.Time - apart, Until: a.Row.Time + source.Lateness})
			}
		}
		return all, windows, nil
	}
}

// AskEvents asks who is behind some events, in the log or not.
func (s *Store) AskEvents(uses []lineage.Use) Question {
	return func(ctx context.Context, resolver *lineage.Resolver) ([]Asked, []source.Window, error) {
		all, err := askedOf(ctx, resolver, uses)
		return all, nil, err
	}
}

func askedOf(ctx context.Context, resolver *lineage.Resolver, uses []lineage.Use) ([]Asked, error) {
	chains, err := resolver.Resolve(ctx, uses)
	all := make([]Asked, len(chains))
	for i, c := range chains {
		all[i] = Asked{uses[i], c}
	}
	return all, err
}

// AskWithin asks who is behind all that some windows of the log hold.
func (s *Store) AskWithin(windows ...source.Window) Question {
	return func(ctx context.Context, resolver *lineage.Resolver) ([]Asked, []source.Window, error) {
		var all []Asked
		for _, w := range windows {
			some, err := s.callers(ctx, resolver, w)
			if err != nil {
				return nil, nil, err
			}
			all = append(all, some...)
		}
		return all, windows, nil
	}
}

// fullBatch is how many uses are linked in one go.
const fullBatch = 8192

// callers are the first event of each caller in a window, hour by hour, with
// what its chain comes to.
func (s *Store) callers(ctx context.Context, resolver *lineage.Resolver, w source.Window) ([]Asked, error) {
	in := query.Selection{Since: w.Since, Until: w.Until}
	if w.Account != "" {
		in.Accounts = []string{w.Account}
	}
	if w.Region != "" {
		in.Regions = []string{w.Region}
	}
	var all []Asked
	var uses []lineage.Use
	link := func() error {
		some, err := askedOf(ctx, resolver, uses)
		all, uses = append(all, some...), nil
		return err
	}
	for t, err := range s.Tallies(ctx, in) {
		if err != nil {
			return nil, err
		}
		if uses = append(uses, t.Use); len(uses) == fullBatch {
			if err := link(); err != nil {
				return nil, err
			}
		}
	}
	return all, link()
}

// AskReach asks what [query.Reach] does, of some windows of the log to begin with.
// From there it follows every session to the account that it lives in, for as
// long as it can be used.
func (s *Store) AskReach(asked string, o query.ReachOptions, from ...source.Window) Question {
	return func(ctx context.Context, resolver *lineage.Resolver) ([]Asked, []source.Window, error) {
		answer, err := query.Reach(ctx, s, resolver, asked, o)
		if err != nil {
			return nil, nil, err
		}
		windows := append([]source.Window(nil), from...)
		var all []Asked
		for i := range answer.Sessions {
			d := &answer.Sessions[i]
			w, ok := life(d, o)
			if !ok {
				continue
			}
			windows = append(windows, w)
			some, err := s.around(ctx, resolver, d, w)
			if err != nil {
				return nil, nil, err
			}
			all = append(all, some...)
		}
		return all, windows, nil
	}
}

// around are the events that tell whether a session was reached, and what from
// it: the call that made it, and those that it made to get credentials.
func (s *Store) around(ctx context.Context, resolver *lineage.Resolver, d *query.ReachedSession, w source.Window) ([]Asked, error) {
	var uses []lineage.Use
	principal := ""
	if who := d.Hop.Proof.Use.Caller; who != nil {
		principal = who.PrincipalID
	}
	if made := d.Hop.Issuance; made != nil {
		// What is live is measured by how far the log reaches.
		for _, region := range nearTo(made.Region) {
			if err := s.measure(ctx, place{d.Hop.Account, region}); err != nil {
				return nil, err
			}
		}
		uses = append(uses, made.Use)
		principal = cmp.Or(principal, made.Grant.PrincipalID)
	}
	if principal != "" {
		made, err := s.Uses(ctx, principal, w.Since, w.Until)
		if err != nil {
			return nil, err
		}
		for _, u := range made {
			if lineage.IssuesCredentials(u.EventSource, u.EventName) {
				uses = append(uses, u)
			}
		}
	}
	all, err := askedOf(ctx, resolver, uses)
	if who := d.Hop.Proof.Use; who.Caller != nil {
		all = append(all, Asked{who, &lineage.Chain{Hops: []lineage.Hop{d.Hop}}})
	}
	return all, err
}

// life is where and when a session can have been used: in its account, until its
// credentials expire. A console session outlives them: it shows other keys than
// the one that its issuance handed out.
func life(d *query.ReachedSession, o query.ReachOptions) (source.Window, bool) {
	began := cmp.Or(query.WhereaboutsOf(d.Hop.ID).Created, d.First)
	if made := d.Hop.Issuance; made != nil {
		began = made.Time
	}
	if began == 0 || d.Hop.Account == "" {
		return source.Window{}, false
	}
	until := max(d.Expires, d.Last)
	if byKey := d.Hop.Rule == lineage.AccessKey || d.Hop.Rule == ""; d.Expires == 0 || d.Last > d.Expires || !byKey {
		until = max(until, began+longest)
	}
	w := source.Window{Account: d.Hop.Account, Since: max(began-apart, o.Since), Until: until}
	if o.Until != 0 {
		w.Until = min(w.Until, o.Until)
	}
	return w, w.Since <= w.Until
}

// Found tells for [Store.Seek] whether what was asked for is there by now.
func (s *Store) Found(asked string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		answer, err := query.Who(ctx, s, lineage.NewNarrowResolver(s, nil, nil), asked)
		return err == nil && answer.Absent == nil, err
	}
}

// Used is Found for a session that is looked for from its first second on: that
// it was issued is not yet all.
func (s *Store) Used(asked string) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		answer, err := query.Who(ctx, s, lineage.NewNarrowResolver(s, nil, nil), asked)
		if err != nil {
			return false, err
		}
		for _, a := range answer.Answers {
			if !a.Unused {
				return true, nil
			}
		}
		return false, nil
	}
}
