package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/crosstrail/crosstrail/query"
)

// Arrivals is the store to one who waits for what comes into it, whatever time
// the events are of. Its Rows are those that arrived between the last two returns
// of [Arrivals.Wait] (before the first: none), each event once, when its first
// form came. Everything else it answers of the whole store, as it was at the
// commit that Wait saw.
//
// Log files are numbered as they come, and every row tells the number of its own:
// that, and which segments are new, is all that has to be remembered. Not safe for
// concurrent use, but for the methods of [query.Reader].
type Arrivals struct {
	*Reader
	conn    *sqlite.Conn // sees by the catalogue's version whether anything was committed
	file    fs.FileInfo  // of the catalogue: a rebuild puts another in its place
	version int64
	mark    mark  // what was there when Wait returned last
	after   int64 // number of the last log file that was there before that
	seen    map[int64]bool
}

// mark is a commit: the number of the last log file, and the segments.
type mark struct {
	last     int64
	segments map[int64]bool
}

// ErrRebuilt says that the store was made anew meanwhile: what came in that time
// is not told apart from what was there.
var ErrRebuilt = errors.New("the store was rebuilt meanwhile: what came into it in that time is not shown")

// lookEvery is how often Wait looks.
const lookEvery = 250 * time.Millisecond

// Arrivals begins to wait for what comes from the commit on that the reader sees.
// It must be closed before the reader.
func (r *Reader) Arrivals() (*Arrivals, error) {
	if r.access == frozen {
		return nil, fmt.Errorf("%s: it cannot be written, and shows what was there when it was opened: nothing can be seen to arrive", r.dir)
	}
	a := &Arrivals{Reader: r}
	if err := a.attach(); err != nil {
		return nil, err
	}
	m, err := a.marked()
	if err != nil {
		return nil, errors.Join(err, a.conn.Close())
	}
	a.mark, a.after, a.seen = m, m.last, m.segments
	return a, nil
}

// Close ends it; the reader stays open.
func (a *Arrivals) Close() error { return a.conn.Close() }

// attach opens the catalogue that is there now.
func (a *Arrivals) attach() error {
	info, err := os.Stat(filepath.Join(a.dir, catalogueName))
	if err != nil {
		return err
	}
	conn, err := connect(a.dir, a.access)
	if err != nil {
		return err
	}
	if a.conn != nil {
		_ = a.conn.Close() // it was only read from
	}
	a.file, a.conn, a.version = info, conn, -1 // the reader may have looked before
	return nil
}

// marked is the commit that the reader sees.
func (a *Arrivals) marked() (mark, error) {
	v, err := a.acquire()
	if err != nil {
		return mark{}, err
	}
	defer a.release(v)
	m := mark{segments: make(map[int64]bool, len(v.segments))}
	for _, s := range v.segments {
		m.segments[s.id] = true
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	m.last, err = one(v.conn, "select value from setting where name = 'last log'")
	return m, err
}

// Wait returns once something was committed that may hold events. Meanwhile the
// store is let go of: who writes need keep nothing for this reader. After
// [ErrRebuilt] it may be called again.
func (a *Arrivals) Wait(ctx context.Context) error {
	a.stale()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		changed, err := a.changed()
		if err != nil {
			return err
		}
		if changed {
			m, err := a.marked()
			if err != nil {
				return err
			}
			before := a.mark
			a.mark, a.after, a.seen = m, before.last, before.segments
			if m.last > before.last {
				return nil
			}
			a.stale() // only segments were merged
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// changed looks whether anything was committed since it last did.
func (a *Arrivals) changed() (bool, error) {
	info, err := os.Stat(filepath.Join(a.dir, catalogueName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil // it is being put in its place
	}
	if err != nil {
		return false, err
	}
	if !os.SameFile(info, a.file) {
		if err := a.attach(); err != nil {
			return false, err
		}
		m, err := a.marked()
		if err != nil {
			return false, err
		}
		a.mark, a.after, a.seen = m, m.last, m.segments
		return false, ErrRebuilt
	}
	version, err := one(a.conn, "pragma data_version")
	changed := version != a.version
	a.version = version
	return changed, err
}

// Rows yields the events that arrived, as [query.Reader] says. By id it finds those
// of the whole store.
func (a *Arrivals) Rows(ctx context.Context, s query.Selection) iter.Seq2[*query.Row, error] {
	if len(s.EventIDs) > 0 {
		return a.Reader.Rows(ctx, s)
	}
	return func(yield func(*query.Row, error) bool) {
		v, err := a.acquire()
		if err != nil {
			yield(nil, err)
			return
		}
		defer a.release(v)
		give, sel := giving(&s, yield), newSelection(s)
		sel.hashes, sel.seen = nil, a.seen // of few segments all callers are looked through
		v.allRows(ctx, &sel, func(all []*found, err error) bool {
			if err == nil {
				all, err = v.arrived(ctx, all, a.after)
			}
			return give(all, err)
		})
	}
}

// arrived leaves the events of which every form is of a log file after that one: a
// segment that is new may have been merged from old ones.
func (v *view) arrived(ctx context.Context, all []*found, after int64) ([]*found, error) {
	all = slices.DeleteFunc(all, func(f *found) bool { return f.file <= after })
	if len(v.several) == 0 {
		return all, nil
	}
	shown, err := v.shown()
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, f := range all {
		if _, ok := shown[f.ID]; ok {
			ids = append(ids, f.ID.Event)
		}
	}
	if len(ids) == 0 {
		return all, nil
	}
	known, err := v.knownBefore(ctx, ids, after)
	return slices.DeleteFunc(all, func(f *found) bool { return known[f.ID] }), err
}
