package lineage

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// memory is what was resolved, by identity: by pointer, since keepers of uses
// share identities, and by value for those that do not.
type memory struct {
	byPointer sync.Map // *Identity → *answers
	issuances sync.Map // seconds of a key → []*issuance

	mu      sync.Mutex
	byValue map[Identity]*answers
}

// seconds are a few seconds of what is found by one key.
type seconds struct {
	key      Key
	from, to cloudtrail.Time
}

type answers struct{ list atomic.Pointer[[]answer] }

// answer is a chain and the uses it is the answer for.
type answer struct {
	chain   *Chain
	lo, hi  cloudtrail.Time // event times, both included
	calling bool            // as the caller of an issuing call
	// What the log's coverage had a say in holds for one region.
	regional bool
	region   string
}

// mostAnswers is how many answers are kept for one identity; more would make
// looking slower than resolving.
const mostAnswers = 64

// recall returns the chain for a use if it is known already.
func (r *Resolver) recall(u *Use, calling bool) *Chain {
	v, ok := r.memory.byPointer.Load(u.Caller)
	if !ok {
		v, _ = r.memory.byPointer.LoadOrStore(u.Caller, r.memory.equal(u.Caller))
	}
	list := v.(*answers).list.Load()
	if list == nil {
		return nil
	}
	for i := range *list {
		if a := &(*list)[i]; a.holds(u, calling) {
			return a.chain
		}
	}
	return nil
}

// Steady reports whether the chain that [Resolver.Resolve] just gave for a use
// is that of every other call, but those that hand out credentials, which the
// same caller made in the same region from then until a later moment, the end
// included. It may say no where it is. The use may stand for all those calls, and
// have no more than they have in common: Caller, ID.Recipient, Region; and Time.
func (r *Resolver) Steady(u *Use, until cloudtrail.Time) bool {
	r.mu.RLock()
	fixes := len(r.fixes)
	r.mu.RUnlock()
	v, ok := r.memory.byPointer.Load(u.Caller)
	if !ok || fixes > 0 || IssuesCredentials(u.EventSource, u.EventName) {
		return false
	}
	list := v.(*answers).list.Load()
	if list == nil {
		return false
	}
	return slices.ContainsFunc(*list, func(a answer) bool { return a.holds(u, false) && until <= a.hi })
}

// equal returns the answers of all identities equal to one, empty ones if it is
// new.
func (m *memory) equal(id *Identity) *answers {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.byValue[*id]
	if a == nil {
		if m.byValue == nil {
			m.byValue = map[Identity]*answers{}
		}
		a = new(answers)
		m.byValue[*id] = a
	}
	return a
}

// mostRemembered is how many identities are remembered at a time. Sessions live
// for hours: who asks by time asks for few of them at once, and a year of them
// is not to be held in memory. Where more facts than that had to be read, more
// is remembered: what is read again must stay little beside what is resolved.
const mostRemembered = 1024

// forget drops all that was read and resolved once it has become much. What is
// asked for again is worked out again, and comes out the same.
func (r *Resolver) forget() {
	m := &r.memory
	m.mu.Lock()
	n := len(m.byValue)
	m.mu.Unlock()
	if n < mostRemembered {
		return
	}
	r.mu.Lock()
	if 16*n < r.shelf.read {
		r.mu.Unlock()
		return
	}
	r.shelf = newShelf()
	r.mu.Unlock()
	m.mu.Lock()
	m.byValue = nil
	m.mu.Unlock()
	m.byPointer.Clear()
	m.issuances.Clear()
}

func (a *answer) holds(u *Use, calling bool) bool {
	return a.calling == calling && u.Time >= a.lo && u.Time <= a.hi && (!a.regional || a.region == u.Region)
}

// remember keeps an answer.
func (r *Resolver) remember(f *frame, c *Chain) {
	v, ok := r.memory.byPointer.Load(f.id)
	if !ok {
		return
	}
	a := answer{
		chain: c, lo: f.lo, hi: f.hi, calling: f.calling,
		regional: f.regional, region: f.use.Region,
	}
	keep := v.(*answers)
	for {
		old := keep.list.Load()
		var list []answer
		if old != nil {
			list = *old
		}
		if len(list) >= mostAnswers {
			return
		}
		grown := append(slices.Clip(list), a)
		if keep.list.CompareAndSwap(old, &grown) {
			return
		}
	}
}

// frame is one use being resolved, and what of it the answer leans on.
type frame struct {
	w       *walk
	use     *Use
	id      *Identity
	calling bool // it is an issuing call, and its caller is looked for

	lo, hi   cloudtrail.Time
	regional bool
	single   bool // the answer leans on this one event: it is not kept
	ring     bool // what fits was made from this very session
}

func (w *walk) frame(u *Use, calling bool) *frame {
	return &frame{w: w, use: u, id: u.Caller, calling: calling, lo: math.MinInt64, hi: math.MaxInt64}
}

// atLeast reports whether the event is at t or later, and narrows the span for
// which the answer holds to the events of which the same is true. An event
// whose time is not known passes.
func (f *frame) atLeast(t cloudtrail.Time) bool {
	if f.unknownTime() {
		return true
	}
	if f.use.Time >= t {
		f.lo = max(f.lo, t)
		return true
	}
	f.hi = min(f.hi, t-1)
	return false
}

// atMost reports whether the event is at t or earlier, likewise.
func (f *frame) atMost(t cloudtrail.Time) bool {
	if f.unknownTime() {
		return true
	}
	if f.use.Time <= t {
		f.hi = min(f.hi, t)
		return true
	}
	f.lo = max(f.lo, t+1)
	return false
}

// unnamed reports whether the use tells no more than who called, where and when:
// it stands for several calls, any of which may be the one that matters.
func (f *frame) unnamed() bool { return f.use.ID.Event == "" && f.use.EventName == "" }

func (f *frame) unknownTime() bool {
	if f.use.Time.IsZero() {
		f.lo, f.hi = 0, 0
		return true
	}
	return false
}

// covered asks what is known of an account's log at some moment, in the two
// regions where an issuance may be logged: the use's and us-east-1.
func (f *frame) covered(account string, t cloudtrail.Time) [2]Coverage {
	h := f.w.r.horizon
	if h == nil || account == "" || t.IsZero() {
		return [2]Coverage{}
	}
	f.regional = true
	said := [2]Coverage{h.At(account, f.use.Region, t), NoLogFiles}
	if f.use.Region != globalRegion {
		said[1] = h.At(account, globalRegion, t)
	}
	return said
}

// coveredNow is covered at the event's own time. The answer then holds as long
// as the readings stay what they are.
func (f *frame) coveredNow(account string) [2]Coverage {
	said := f.covered(account, f.use.Time)
	if h := f.w.r.horizon; h != nil && account != "" && !f.use.Time.IsZero() {
		for _, region := range [...]string{f.use.Region, globalRegion} {
			lo, hi := h.Steady(account, region, f.use.Time)
			f.lo, f.hi = max(f.lo, lo), min(f.hi, hi)
		}
	}
	return said
}

// globalRegion is where calls to the global endpoints of IAM and STS are logged.
const globalRegion = "us-east-1"
