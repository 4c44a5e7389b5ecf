package local

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/cespare/xxhash/v2"
	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
)

// logFile is a log file, or a piece of one, on its way into the catalogue.
type logFile struct {
	cloudtrail.LogFile
	copied
	id      int64
	sum     [sha256.Size]byte
	plain   []byte // what digests know it by, see content.go; nil: not known
	first   int
	records int
	kept    int
	size    int64
	mends   bool // its copy is for others too, whose own is missing or damaged
	stopped bool // not all of its records were added
}

// finished is a file of which no more comes.
type finished struct {
	cloudtrail.LogFile
	failed error
}

// nameHash is what a log file's versions are found by.
func nameHash(uri string) int64 { return int64(xxhash.Sum64String(uri)) }

func sumHash(sum [sha256.Size]byte) int64 { return int64(binary.BigEndian.Uint64(sum[:])) }

// Has reports whether the file was read to its end, under the same name and
// version; with [Options.Again], whether its copy is whole too, and as delivered.
func (s *Store) Has(ctx context.Context, f cloudtrail.LogFile) (bool, error) {
	if letGo, err := s.wasLetGo(f); err != nil || letGo {
		return letGo, err
	}
	if s.adopted != nil {
		return false, nil // what a rebuild finds comes once, and may be several readings of one file
	}
	if s.options.Again {
		if whole, err := s.hasWhole(ctx, f); err != nil || !whole {
			return false, err
		}
		if lacks, err := s.lacksDelivered(f); err != nil || lacks {
			return false, err
		}
	}
	there := false
	s.lookup.Lock()
	defer s.lookup.Unlock()
	if maybe, err := s.filed.mayHold(s.lookupConn, nameHash(f.URI)); err != nil || !maybe {
		return false, err
	}
	err := rows(s.lookupConn, `select ended from log_file join folder on folder.id = folder where hash = ? and path || name = ? and version = ?`,
		func(st *sqlite.Stmt) error { there = there || st.ColumnBool(0); return nil },
		nameHash(f.URI), f.URI, f.Version)
	return there, err
}

// Add takes in a file, or a piece of one, as ingest.Store says.
func (s *Store) Add(ctx context.Context, f source.File) (kept, duplicates int, err error) {
	kept, duplicates, full, err := s.addFile(ctx, f)
	if err != nil || !full {
		return kept, duplicates, err
	}
	return kept, duplicates, s.Commit(ctx)
}

func (s *Store) addFile(ctx context.Context, f source.File) (kept, duplicates int, full bool, err error) {
	s.adding.RLock()
	defer s.adding.RUnlock()
	entry := logFile{LogFile: f.LogFile, sum: sha256.Sum256(f.Body), first: f.First, size: int64(len(f.Body))}
	if f.Open == nil { // it cannot be read twice: it becomes a file of our own
		entry.LogFile = cloudtrail.LogFile{URI: cloudtrail.InlineURI(entry.sum)}
		entry.first = 0
	}
	// Of a file from before what is kept only names are of use.
	old := isBefore(f.LogFile, s.floor)
	twice, err := s.twin(ctx, &entry)
	if err != nil {
		return 0, 0, false, err
	}
	if err := s.content(&entry, f.Body); err != nil {
		return 0, 0, false, err
	}
	b := s.take(&entry)
	defer s.give(b)
	a := adder{store: s, batch: b, file: &entry, account: f.Account, shift: f.First - entry.first}
	var stopped error // what was added until then stays: the events name the file
	for r := range f.Records {
		entry.records++
		if twice {
			duplicates++
			continue
		}
		v, wanted, err := a.add(ctx, r)
		if err != nil && errors.Is(err, ctx.Err()) {
			stopped = err
			break
		}
		if err != nil {
			return kept, duplicates, false, err
		}
		switch {
		case !wanted:
		case v == fresh, v == variant:
			kept++
		default:
			duplicates++
		}
		if entry.records%1024 == 0 && ctx.Err() != nil {
			stopped = ctx.Err()
			break
		}
	}
	entry.stopped = stopped != nil
	if entry.kept = kept; !old || a.used {
		if err := s.keepCopy(&entry, &f); err != nil {
			return kept, duplicates, false, err
		}
		b.files = append(b.files, entry)
	}
	full = stopped == nil && (len(b.rows) >= segmentRows || !b.room(len(f.Body)) || len(b.files) >= mostFiles)
	return kept, duplicates, full, stopped
}

// mostFiles is how many log files a batch holds.
const mostFiles = 1 << 16

// twin reports whether a file of the same bytes, of the same account, was read
// to its end: then all its records are there. Its copy serves for both.
func (s *Store) twin(ctx context.Context, f *logFile) (bool, error) {
	all, err := s.twins(f)
	if err != nil {
		return false, err
	}
	there := false
	for _, t := range all {
		there = there || t.ended && t.Account == f.Account && t.first == f.first
		if t.pack == 0 {
			continue
		}
		if s.options.Again || !t.ended {
			if s.verify(ctx, t) != nil {
				f.mends = true
				continue
			}
		}
		f.copied = t.copied
	}
	return there, ctx.Err()
}

func (s *Store) twins(f *logFile) (all []*storedFile, err error) {
	s.lookup.Lock()
	defer s.lookup.Unlock()
	if maybe, err := s.filed.mayHold(s.lookupConn, sumHash(f.sum)); err != nil || !maybe {
		return nil, err
	}
	err = rows(s.lookupConn, storedColumns+" where sum = ? and sha256 = ?", func(st *sqlite.Stmt) error {
		all = append(all, readStored(st))
		return nil
	}, sumHash(f.sum), f.sum[:])
	return all, err
}

func (s *Store) keepCopy(entry *logFile, f *source.File) (err error) {
	if at, ok := s.adopted[entry.sum]; ok {
		entry.copied = at
		return nil
	}
	if entry.pack != 0 {
		_, err := s.packs.add(entry.LogFile, entry.first, entry.sum, nil, shared)
		return err
	}
	refer := s.options.Keep == KeepReference || s.referred[fileID{entry.URI, entry.Version}]
	if refer && f.Open != nil && !entry.mends {
		return nil
	}
	body, as := f.Body, delivered
	if !source.IsGzip(body) {
		body, as = source.Pack(body), pressed
	}
	entry.copied, err = s.packs.add(entry.LogFile, entry.first, entry.sum, body, as)
	return err
}

// take finds a batch that no other goroutine adds to, and numbers the file.
func (s *Store) take(f *logFile) *batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextRow++
	f.id = s.nextRow
	if n := len(s.idle); n > 0 {
		b := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return b
	}
	b := s.newBatch()
	s.batches = append(s.batches, b)
	return b
}

func (s *Store) newBatch() *batch {
	if n := len(s.spare); n > 0 {
		b := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return b
	}
	return newBatch(s.seed)
}

func (s *Store) give(b *batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, b)
}

// Finish notes that no more of a file comes, as ingest.Store says.
func (s *Store) Finish(_ context.Context, f cloudtrail.LogFile, failed error) error {
	if f.URI == source.Stdin {
		return nil
	}
	s.adding.RLock()
	defer s.adding.RUnlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.batches) == 0 {
		s.batches = append(s.batches, s.newBatch())
		s.idle = append(s.idle, s.batches[0])
	}
	b := s.batches[0]
	b.finished = append(b.finished, finished{f, failed})
	return nil
}

// adder adds the records of one file.
type adder struct {
	store   *Store
	batch   *batch
	file    *logFile
	account string // in the file's path
	shift   int    // of ordinals
	hours   [2]*around
	used    bool // the batch names the file
}

// factsBefore is how much longer facts are kept than events: a session lives 36
// hours at most, and its issuance is to be found (linkage.md 4.2).
const factsBefore = 48 * secondsAnHour

// add adds one record. It is not wanted where it is older than the store keeps.
func (a *adder) add(ctx context.Context, r *cloudtrail.Record) (v verdict, wanted bool, err error) {
	b, s := a.batch, a.store
	who := b.people.meet(&r.UserIdentity)
	p := &b.people.all[who]
	at := lineage.Location{Record: r.Ordinal - a.shift}
	use := lineage.NewUse(r, r.ID(a.account), p.id, at)
	onlyNames := lineage.AddsOnlyNames(r, p.id)
	if day := use.Time/(hoursADay*secondsAnHour) + 1; onlyNames && p.day != day {
		p.day = day
		a.names(lineage.Names(p.id, use.Time))
	}
	old := s.floor != 0 && use.Time != 0 && use.Time < s.floor
	if old && (onlyNames || use.Time < s.floor-factsBefore) {
		if !onlyNames {
			for _, f := range lineage.Facts(r, use) {
				if f.Kind == lineage.Name {
					a.names([]lineage.Fact{f})
				}
			}
		}
		return duplicate, false, nil
	}
	row := query.NewRow(r, use)
	sum := checksum(&row)
	if !old {
		near, err := a.near(ctx, accountHour{use.ID.Recipient, hourOf(use.Time)})
		if err != nil {
			return v, true, err
		}
		var forms []sighting
		v, forms = s.known.add(near, use.Time, use.ID, form{use.Fingerprint, sum}, s.epoch)
		if v == duplicate {
			return v, true, nil
		}
		for _, f := range forms {
			f.id = cloudtrail.ID{Event: strings.Clone(f.id.Event), Recipient: strings.Clone(f.id.Recipient)}
			b.forms = append(b.forms, f)
		}
		b.add(&row, who, sum, a.file.id)
		a.used = true
	}
	if !onlyNames {
		a.facts(lineage.Facts(r, use), who, sum)
	}
	return v, !old, nil
}

// near returns the sets of an hour: of a file's few hours those met last are
// kept, so that nearly all records take no lock for them.
func (a *adder) near(ctx context.Context, of accountHour) (*around, error) {
	for i, near := range a.hours {
		if near != nil && near.accountHour == of {
			a.hours[0], a.hours[i] = near, a.hours[0]
			return near, nil
		}
	}
	near, err := a.store.known.around(ctx, of)
	a.hours[1], a.hours[0] = a.hours[0], near
	return near, err
}

func (a *adder) facts(facts []lineage.Fact, who, sum uint32) {
	for i := range facts {
		if f := &facts[i]; f.Kind == lineage.Name {
			a.names(facts[i : i+1])
		} else {
			a.batch.addFact(f, who, sum, a.file.id)
			a.used = true
		}
	}
}

// names adds facts of names: they are of no event and no file.
func (a *adder) names(facts []lineage.Fact) {
	for i := range facts {
		a.batch.addName(&facts[i])
	}
}
