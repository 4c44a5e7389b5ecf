package digest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// ends is what one place tells of its trails, to be held to their other places.
type ends struct {
	Place
	digests bool            // there are some, whatever they are worth
	chains  []*chain        // with digests that are trusted
	roots   map[string]bool // of its log files
	example string          // one of them
}

// trail tells one trail from others: an organisation's is one in all accounts,
// and who has one of the same name and home in many accounts made them alike.
type trail struct {
	root, name, home string
	backfill         bool // its back-fill digests, which are a chain of their own
}

// extent is what the places of a trail have between them.
type extent struct {
	places            int
	until             cloudtrail.Time // the newest end
	accounts, regions map[string]bool
}

// under takes note of where a log file lies.
func (p *place) under(o Object) {
	p.roots[rootOf(o.Key)] = true
	p.example = least(p.example, o.URI)
}

func (p *place) ends() ends {
	e := ends{Place: p.Place, digests: len(p.digests) > 0, roots: p.roots, example: p.example}
	for _, c := range p.chains {
		if !c.of.backfill && !c.until.IsZero() {
			e.chains = append(e.chains, c)
		}
	}
	return e
}

// nowhere tells of accounts and regions that were asked for and of which there is
// nothing at all.
func (v *verifier) nowhere() {
	missed := func(is func(Place) bool) bool {
		return !slices.ContainsFunc(v.ends, func(e ends) bool { return is(e.Place) && (e.digests || e.example != "") })
	}
	for _, account := range v.options.Accounts {
		if missed(func(p Place) bool { return p.Account == account }) {
			v.omit(Omission{Reason: NoDigests, Place: Place{Account: account}})
		}
	}
	for _, region := range v.options.Regions {
		if missed(func(p Place) bool { return p.Region == region }) {
			v.omit(Omission{Reason: NoDigests, Place: Place{Region: region}})
		}
	}
}

// compare holds the places of each trail to one another, and to what was asked:
// digests that were all removed leave no other trace.
func (v *verifier) compare() {
	trails := map[trail]*extent{}
	for _, e := range v.ends {
		for _, c := range e.chains {
			x := trails[c.of]
			if x == nil {
				x = &extent{accounts: map[string]bool{}, regions: map[string]bool{}}
				trails[c.of] = x
			}
			x.places++
			x.until = max(x.until, c.until)
			x.accounts[e.Account], x.regions[e.Region] = true, true
		}
	}
	order := slices.SortedFunc(maps.Keys(trails), func(a, b trail) int {
		return cmp.Or(cmp.Compare(a.root, b.root), cmp.Compare(a.name, b.name), cmp.Compare(a.home, b.home))
	})
	for _, e := range v.ends {
		for _, c := range e.chains {
			v.short(e.Place, c, trails[c.of].until)
		}
		if at := slices.IndexFunc(order, func(t trail) bool { return t.expects(e, trails[t]) }); at >= 0 {
			t := order[at]
			v.find(Finding{
				Kind: WithoutDigests, Place: e.Place, Trail: t.name, File: e.example,
				Text: fmt.Sprintf("no digest is here, and the trail has digests of %d other places: they were removed, or validation was never turned on here", trails[t].places),
			})
		}
	}
}

// expects reports whether a trail should have digests of a place that has none.
// A trail of one region, and one of one account that is no organisation's, says
// nothing of others.
func (t trail) expects(e ends, x *extent) bool {
	if e.digests || e.Account == "" || !e.roots[t.root] {
		return false
	}
	organisation := strings.HasPrefix(base(strings.TrimSuffix(t.root, "/")), "o-")
	return (organisation || len(x.accounts) > 1 || x.accounts[e.Account]) && (len(x.regions) > 1 || x.regions[e.Region])
}

// short tells where the digests of a place do not reach as far as was asked, or as
// those of the trail's other places do.
func (v *verifier) short(at Place, c *chain, newest cloudtrail.Time) {
	o := &v.options
	if !o.Since.IsZero() && c.from > o.Since+digestLate {
		v.omit(Omission{Reason: BeginLate, Place: at, Trail: c.of.name, From: o.Since, Until: c.from})
	}
	if !o.Until.IsZero() {
		newest = o.Until
	}
	if c.until < newest-digestLate {
		v.omit(Omission{Reason: EndEarly, Place: at, Trail: c.of.name, From: c.until, Until: newest})
	}
}
