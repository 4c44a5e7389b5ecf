package dynamo

import (
	"context"
	"crypto/sha256"
	"strings"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

var _ query.Reader = (*Store)(nil)

// reads is the half of a Store that reads. The zero value is ready.
type reads struct {
	purse purse
	shelf source.Shelf // log files of records that did not fit into the table

	unpacker unpacker
	decoders sync.Pool // of *decoding

	mu     sync.Mutex // guards what follows
	people map[[sha256.Size]byte]*lineage.Identity
	places map[lineage.Location]itemKey // where rows and facts came from that were handed out
	older  map[lineage.Location]itemKey // the older half is forgotten at once
	said   map[string]bool
}

const (
	mostPeople = 1 << 16
	mostPlaces = 1 << 16 // in each half
	mostSaid   = 20
)

// person is the one identity of a record's userIdentity: resolvers remember by
// pointer what they worked out. Where too many were met some are met anew.
func (r *reads) person(u *cloudtrail.UserIdentity) *lineage.Identity {
	hash := sha256.Sum256([]byte(u.Raw))
	r.mu.Lock()
	defer r.mu.Unlock()
	who := r.people[hash]
	if who == nil {
		if r.people == nil || len(r.people) >= mostPeople {
			r.people = map[[sha256.Size]byte]*lineage.Identity{}
		}
		id := lineage.NewIdentity(u)
		who = id.Clone()
		r.people[hash] = who
	}
	return who
}

// remember notes where a record is that is handed out, for [Store.Raw].
func (r *reads) remember(at lineage.Location, k itemKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.places == nil || len(r.places) >= mostPlaces {
		r.places, r.older = map[lineage.Location]itemKey{}, r.places
	}
	r.places[at] = k
}

func (r *reads) placeOf(at lineage.Location) (k itemKey, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k, ok = r.places[at]; !ok {
		k, ok = r.older[at]
	}
	return k, ok
}

// say tells once of each thing, and of a few alone.
func (s *Store) say(about, format string, args ...any) {
	r := &s.reads
	r.mu.Lock()
	told, many := r.said[about], len(r.said)
	if r.said == nil {
		r.said = map[string]bool{}
	}
	if many <= mostSaid {
		r.said[about] = true
	}
	r.mu.Unlock()
	switch {
	case told || many > mostSaid:
	case many == mostSaid:
		s.options.note("%s%s: there are more such items; they are left out, and not named any more", Scheme, s.table)
	default:
		s.options.note(format, args...)
	}
}

// leftOut tells of an item that cannot be read, or is not what it says: anybody may
// have put it who may write to the table.
func (s *Store) leftOut(k itemKey, err error) {
	why := strings.TrimPrefix(err.Error(), k.String()+": ")
	s.say(k.String(), "%s%s: %s is left out: %s", Scheme, s.table, k, why)
}

// notCompleted tells of an item that the program of AWS's text put beside ours.
func (s *Store) notCompleted(k itemKey) {
	s.say("not completed", "%[1]s%[2]s: %[3]s, and maybe others, were put by another program, the one of AWS's text: they are found by event and by key alone, and link nothing; complete them: crosstrail ingest %[1]s%[2]s --store %[1]s%[2]s",
		Scheme, s.table, k)
}

// Integrity tells of a log file, as [query.Seals] says: what digests tell is not
// kept in a table.
func (*Store) Integrity(context.Context, string) (cloudtrail.Integrity, error) { return "", nil }

// Sealed tells, as [query.Seals] says, of nothing.
func (*Store) Sealed(context.Context) ([]query.Sealed, error) { return nil, nil }
