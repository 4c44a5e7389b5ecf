package digest

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Options say what is verified. The zero value is all that there is.
type Options struct {
	// Accounts and Regions are those asked for; none: all.
	Accounts, Regions []string
	// Since and Until bound the log files by when they were delivered.
	Since, Until cloudtrail.Time
	// Workers is how many objects are read at once. 0: 8.
	Workers int
	// MaxFile is the most bytes that a log file may have when decompressed. 0:
	// 256 MiB.
	MaxFile int64

	// These are told as it goes, if not nil, one at a time, in no order: each log
	// file, each digest file that could be read, and each object that
	// could not, or place that could not be listed.
	OnFile   func(FileState)
	OnDigest func(Object, *File, bool) // and whether it is verified
	OnError  func(Object, error)
}

const (
	hour   cloudtrail.Time = 3600
	minute cloudtrail.Time = 60

	// A digest is delivered up to this long after the hour it is of.
	digestLate = 2 * hour
	// A log file's stamp is rounded, so that it may be listed by the digest of
	// the hour before, or after.
	settling = 15 * minute
	// month is how much of a place is held in memory at one moment.
	month = 31 * 24 * hour
)

// Verify checks an archive. A nil Keys means that no public keys are at hand. The
// error is one that ended it; what is wrong with the archive is in the report.
//
// Memory holds the names of a place's digest files, and of the log files of one
// month of it, for as many places as there are workers.
func Verify(ctx context.Context, a Archive, keys Keys, o Options) (*Report, error) {
	if o.Workers <= 0 {
		o.Workers = 8
	}
	if o.MaxFile <= 0 {
		o.MaxFile = 256 << 20
	}
	all, err := a.Places(ctx)
	if err != nil {
		return nil, err
	}
	v := &verifier{archive: a, keys: keys, options: o, slots: make(chan struct{}, o.Workers), omitted: map[Omission]int{}, has: map[string]string{}, should: map[string]string{}}
	places := make(chan Place)
	var wg sync.WaitGroup
	for range o.Workers {
		wg.Go(func() {
			for p := range places {
				if err := v.place(ctx, p); err != nil && ctx.Err() == nil {
					v.failed(Object{URI: p.Account + " in " + p.Region}, err)
					v.mu.Lock()
					v.report.Unlisted++
					v.mu.Unlock()
				}
			}
		})
	}
	for _, p := range all {
		if o.wants(p) {
			places <- p
		}
	}
	close(places)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	v.nowhere()
	v.compare()
	v.exchanged()
	v.report.settle()
	return &v.report, nil
}

func (o *Options) wants(p Place) bool {
	return (len(o.Accounts) == 0 || slices.Contains(o.Accounts, p.Account)) &&
		(len(o.Regions) == 0 || slices.Contains(o.Regions, p.Region))
}

// within reports whether a log file of a stamp was asked for. One without a
// stamp always is.
func (o *Options) within(stamp cloudtrail.Time) bool {
	return stamp.IsZero() || between(stamp, o.Since, o.Until)
}

type verifier struct {
	archive Archive
	keys    Keys
	options Options
	slots   chan struct{} // one for each object that is being read

	mu      sync.Mutex // of what follows, and of the options' functions
	report  Report
	omitted map[Omission]int // by reason, place and trail: where in report.Unchecked
	ends    []ends           // of each place

	// Of altered log files alone, to tell which were exchanged: the hash of each by
	// its URI, and the one that should have a hash.
	has    map[string]string
	should map[string]string
}

// each runs f for 0 to n-1, as many at once as objects may be read.
func (v *verifier) each(ctx context.Context, n int, f func(i int)) error {
	var wg sync.WaitGroup
	for i := range n {
		select {
		case v.slots <- struct{}{}:
		case <-ctx.Done():
			wg.Wait()
			return context.Cause(ctx)
		}
		wg.Go(func() {
			defer func() { <-v.slots }()
			f(i)
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

func (v *verifier) find(f Finding) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.report.Findings) == MostFindings {
		v.report.More++
		return
	}
	v.report.Findings = append(v.report.Findings, f)
}

// count counts a digest file.
func (v *verifier) count(add func(*Digests)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	add(&v.report.Digests)
}

// file settles what is known of a log file.
func (v *verifier) file(f FileState) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.report.Files[f.State]++
	if v.options.OnFile != nil {
		v.options.OnFile(f)
	}
}

// exchanged tells of altered log files whose bytes are those of another one.
func (v *verifier) exchanged() {
	for i := range v.report.Findings {
		f := &v.report.Findings[i]
		if other := v.should[v.has[f.File]]; f.Kind == AlteredFile && other != "" && other != f.File {
			f.Text += ", but those of " + other
		}
	}
}

// failed tells of an object that could not be read.
func (v *verifier) failed(o Object, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.options.OnError != nil {
		v.options.OnError(o, err)
	}
}

func (v *verifier) lost(l Lost) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.report.Lost = append(v.report.Lost, l)
}

// omit notes what is not checked, together with what else is not for the same
// reason.
func (v *verifier) omit(o Omission) {
	v.mu.Lock()
	defer v.mu.Unlock()
	same := Omission{Reason: o.Reason, Place: o.Place, Trail: o.Trail, Expected: o.Expected}
	i, ok := v.omitted[same]
	if !ok {
		v.omitted[same] = len(v.report.Unchecked)
		v.report.Unchecked = append(v.report.Unchecked, o)
		return
	}
	v.report.Unchecked[i].join(o)
}

// least makes the answer the same in whatever order files are read.
func least(a, b string) string {
	if a == "" || b != "" && b < a {
		return b
	}
	return a
}

// settle puts a report in an order that does not tell in which one it was made.
func (r *Report) settle() {
	slices.SortFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(a.Place.compare(b.Place), cmp.Compare(a.From, b.From), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Digest, b.Digest), cmp.Compare(a.Text, b.Text))
	})
	slices.SortFunc(r.Unchecked, func(a, b Omission) int {
		return cmp.Or(a.Place.compare(b.Place), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Trail, b.Trail), cmp.Compare(a.From, b.From))
	})
	slices.SortFunc(r.Chains, func(a, b Chain) int {
		return cmp.Or(a.Place.compare(b.Place), cmp.Compare(a.Trail, b.Trail), cmp.Compare(a.From, b.From), cmp.Compare(a.Until, b.Until), cmp.Compare(a.Digests, b.Digests))
	})
	slices.SortFunc(r.Lost, func(a, b Lost) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.From, b.From), cmp.Compare(a.Until, b.Until))
	})
	var merged []Lost
	for _, l := range r.Lost {
		if n := len(merged) - 1; n >= 0 && merged[n].Account == l.Account && merged[n].Region == l.Region && l.From <= merged[n].Until+1 {
			merged[n].Until = max(merged[n].Until, l.Until)
			continue
		}
		merged = append(merged, l)
	}
	r.Lost = merged
}

func (p Place) compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Account, q.Account), cmp.Compare(p.Region, q.Region))
}

// absent reports whether an error says that there is no such object.
func absent(err error) bool { return errors.Is(err, fs.ErrNotExist) }
