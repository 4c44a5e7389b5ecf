package local

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// person is one distinct userIdentity element: its text, which is what is
// stored, and what the ladder reads of it.
type person struct {
	raw string
	id  *lineage.Identity
	day cloudtrail.Time // whose names were last asked for, plus one

	client uint32 // of its last call
}

// people are the identities of a batch, one for every distinct text.
type people struct {
	seed maphash.Seed
	at   map[[2]uint64]uint32 // by two hashes of the text
	all  []person
}

// meet returns the number of an element's identity.
func (p *people) meet(u *cloudtrail.UserIdentity) uint32 {
	n, fresh := p.number(string(u.Raw))
	if fresh {
		id := lineage.NewIdentity(u)
		p.all[n].id = id.Clone()
	}
	return n
}

// meetText is meet for an element that was stored.
func (p *people) meetText(raw string, d *cloudtrail.Decoder) (n uint32, err error) {
	n, fresh := p.number(raw)
	if fresh {
		p.all[n].id, err = readPerson(raw, d)
	}
	return n, err
}

// number finds a text, or gives it a number and an identity that is still to be
// read.
func (p *people) number(text string) (n uint32, fresh bool) {
	hash := [2]uint64{maphash.String(p.seed, text), uint64(len(text))}
	for {
		n, ok := p.at[hash]
		if !ok {
			n = uint32(len(p.all))
			p.at[hash] = n
			p.all = append(p.all, person{raw: strings.Clone(text)})
			return n, true
		}
		if p.all[n].raw == text {
			return n, false
		}
		hash[1]++ // another text of that hash
	}
}

// comparePeople is the order of rows within an hour: who is asked for together
// lies together, by role, then session, then key.
func comparePeople(a, b *person) int {
	return cmp.Or(
		strings.Compare(a.id.PrincipalID, b.id.PrincipalID), cmp.Compare(a.id.Created, b.id.Created),
		strings.Compare(a.id.AccountID, b.id.AccountID), strings.Compare(a.id.AccessKeyID, b.id.AccessKeyID),
		strings.Compare(a.raw, b.raw),
	)
}

// ranks are the places of people in their order.
func (p *people) ranks() []uint32 {
	order := make([]uint32, len(p.all))
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int { return comparePeople(&p.all[a], &p.all[b]) })
	rank := make([]uint32, len(order))
	for i, n := range order {
		rank[n] = uint32(i)
	}
	return rank
}

// readPerson makes an identity of the text of its element.
func readPerson(raw string, d *cloudtrail.Decoder) (*lineage.Identity, error) {
	all, err := readPersons([]string{raw}, d)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// readPersons makes identities of the texts of their elements. "" stands for a
// record without one.
func readPersons(raws []string, d *cloudtrail.Decoder) ([]*lineage.Identity, error) {
	size := 0
	for _, raw := range raws {
		size += len(raw) + len(`{"userIdentity":},{}`)
	}
	buf := make([]byte, 0, size+2+cloudtrail.Padding)
	for i, raw := range raws {
		switch {
		case i == 0:
			buf = append(buf, '[')
		default:
			buf = append(buf, ',')
		}
		if raw == "" {
			buf = append(buf, `{"eventID":"-"}`...) // an empty object would be no record
			continue
		}
		buf = append(buf, `{"userIdentity":`...)
		buf = append(buf, raw...)
		buf = append(buf, '}')
	}
	buf = append(buf, ']')
	all := make([]*lineage.Identity, 0, len(raws))
	for r, err := range d.Records(buf) {
		if err != nil {
			return nil, fmt.Errorf("userIdentity: %w", err)
		}
		id := lineage.NewIdentity(&r.UserIdentity)
		all = append(all, id.Clone())
	}
	if len(all) != len(raws) {
		return nil, fmt.Errorf("userIdentity: %d of %d can be read", len(all), len(raws))
	}
	return all, nil
}
