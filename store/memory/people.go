package memory

import (
	"hash/maphash"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// people are the identities met, one for every distinct text of userIdentity.
// Keeping those texts would cost more than the rows: they are told apart by two
// hashes of 64 bits under secret seeds.
type people struct {
	seeds  [2]maphash.Seed
	texts  *dict[string] // what identities have in common: roles, accounts
	shards [shards]struct {
		mu     sync.Mutex
		codes  map[[2]uint64]code
		values []*lineage.Identity
	}
}

func newPeople() *people {
	p := &people{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		texts: newDict(cloneText),
	}
	for i := range p.shards {
		p.shards[i].codes = map[[2]uint64]code{}
	}
	return p
}

func cloneText(s string, a *arena) string { return a.clone(s) }

// intern returns the one identity of an element's text.
func (p *people) intern(u *cloudtrail.UserIdentity, hash [2]uint64) (code, *lineage.Identity) {
	n := hash[0] >> (64 - shardBits)
	s := &p.shards[n]
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.codes[hash]
	if !ok {
		c = code(len(s.values)<<shardBits | int(n))
		s.codes[hash] = c
		s.values = append(s.values, p.keep(u))
	}
	return c, s.values[c>>shardBits]
}

// keep makes an identity that aliases no input. What many sessions share is
// held once: without it an identity would be twice as large.
func (p *people) keep(u *cloudtrail.UserIdentity) *lineage.Identity {
	id := lineage.NewIdentity(u)
	shared := func(id *lineage.Identity) [12]*string {
		return [...]*string{
			&id.Type, &id.AccountID, &id.IdentityProvider, &id.InvokedBy, &id.OnBehalfOfStore,
			&id.InScopeType, &id.IssuerType, &id.IssuerPrincipal, &id.IssuerARN, &id.IssuerAccount,
			&id.IssuerName, &id.FederatedProvider,
		}
	}
	var kept [12]string
	for i, s := range shared(&id) {
		_, kept[i] = p.texts.intern(*s, maphash.Comparable(p.texts.seed, *s))
		*s = ""
	}
	own := id.Clone()
	for i, s := range shared(own) {
		*s = kept[i]
	}
	return own
}

func (p *people) values() *values[*lineage.Identity] {
	var all values[*lineage.Identity]
	for i := range p.shards {
		s := &p.shards[i]
		s.mu.Lock()
		all[i] = s.values[:len(s.values):len(s.values)]
		s.mu.Unlock()
	}
	return &all
}

// company is the people one worker met last.
type company struct {
	people *people
	slots  []acquaintance
}

type acquaintance struct {
	hash [2]uint64
	code code
	id   *lineage.Identity
	day  cloudtrail.Time // whose names were last asked for, plus one
	// Where the last call was made from: most callers have one address and agent.
	from     client
	fromCode code
}

const companySlots = 1 << 11

func (c *company) meet(u *cloudtrail.UserIdentity) *acquaintance {
	text := string(u.Raw)
	hash := [2]uint64{maphash.String(c.people.seeds[0], text), maphash.String(c.people.seeds[1], text)}
	slot := &c.slots[hash[1]%companySlots]
	if slot.id == nil || slot.hash != hash {
		*slot = acquaintance{hash: hash}
		slot.code, slot.id = c.people.intern(u, hash)
	}
	return slot
}
