package query

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
)

// walk finds what the asked text stands for and what the chains of the events
// say was reached from there.
type walk struct {
	asked string
	net   netip.Prefix // of an address or CIDR, else invalid
	book  sessionBook
	// A name may be a person's, a role's or a session's: each is followed, and
	// the first of them that fits is the answer.
	starts []*start
	// What is to be followed: of each caller and chain that fits a start the
	// first event.
	met map[callerChain]meeting
}

// meeting is an event that a caller and chain were met by.
type meeting struct {
	use  lineage.Use
	from []int // of each start
	by   speaker
}

// start is one reading of what was asked.
type start struct {
	as      Word
	from    func(*lineage.Use, *lineage.Chain) int // first hop that was reached, -1 where it does not fit
	fits    bool
	asked   string
	origins map[string]*oneOrigin
	roles   map[string]bool
	ids     map[string]bool // sessions to start from
	uses    map[*lineage.Identity]lineage.Use
	reached map[personKey]*lineage.Descent
	shared  map[string]bool // session ids in reached that several subjects share
}

// personKey is a session, by its key, and the id of who is behind it: two people
// may hold one session id, a role, a name, a second.
type personKey struct{ session, origin string }

func newWalk(asked string) (*walk, error) {
	w := &walk{asked: asked, met: map[callerChain]meeting{}}
	add := func(as Word, from func(*lineage.Use, *lineage.Chain) int) {
		w.starts = append(w.starts, &start{
			as: as, from: from, asked: asked,
			origins: map[string]*oneOrigin{}, roles: map[string]bool{}, ids: map[string]bool{},
			uses: map[*lineage.Identity]lineage.Use{}, reached: map[personKey]*lineage.Descent{}, shared: map[string]bool{},
		})
	}
	if addr, err := netip.ParseAddr(asked); err == nil {
		w.net = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
	} else if strings.Contains(asked, "/") && !strings.HasPrefix(asked, "arn:") {
		if w.net, err = netip.ParsePrefix(asked); err == nil {
			w.net = w.net.Masked()
		}
	}
	_, _, isSession := splitSessionID(asked)
	switch {
	case asked == "":
		return nil, fmt.Errorf("name a person, role, session, key or address")
	case w.net.IsValid():
		add(AsAddress, w.fromAddress)
	case isKeyID(asked):
		add(AsKey, w.fromKey)
	case isSession || strings.HasPrefix(asked, "arn:") && strings.Contains(asked, ":sts:"):
		add(AsSession, w.fromSession)
	case strings.HasPrefix(asked, "arn:") && strings.Contains(asked, ":role/"):
		add(AsRole, w.fromRole)
	default:
		add(AsPerson, w.fromPerson)
		add(AsRole, w.fromRole)
		add(AsSession, w.fromSession)
	}
	return w, nil
}

// best is the first reading that fits any event.
func (w *walk) best() *start {
	for _, s := range w.starts {
		if s.fits {
			return s
		}
	}
	return w.starts[0]
}

// read reads every event. An address depends on the call, all else on its chain
// alone.
func (w *walk) read(ctx context.Context, q *question) error {
	if w.net.IsValid() {
		return q.each(ctx, func(l Line) {
			t := tallyOf(l.Row)
			w.book.add(&t, l.Chain)
			w.follow(l.Row.Use, l.Chain, w.fits(&l.Row.Use, l.Chain))
		})
	}
	if err := q.eachTally(ctx, w.add); err != nil {
		return err
	}
	met := slices.SortedFunc(maps.Keys(w.met), func(x, y callerChain) int {
		a, b := w.met[x].by, w.met[y].by
		return cmp.Or(cmp.Compare(a.at, b.at), a.compare(&b))
	})
	for _, key := range met {
		m := w.met[key]
		w.follow(m.use, key.chain, m.from)
	}
	w.met = nil
	return nil
}

func (w *walk) add(t *Tally, c *lineage.Chain) {
	w.book.add(t, c)
	from := w.fits(&t.Use, c)
	if slices.Max(from) < 0 {
		return
	}
	key, by := callerChain{t.Caller, c}, speakerOf(t, c, false)
	if m, ok := w.met[key]; !ok || by.before(&m.by) {
		w.met[key] = meeting{t.Use, from, by}
	}
}

// fits is where each start begins in a chain, -1 where it does not fit.
func (w *walk) fits(u *lineage.Use, c *lineage.Chain) []int {
	from := make([]int, len(w.starts))
	for i, s := range w.starts {
		from[i] = s.from(u, c)
	}
	return from
}

func (w *walk) follow(u lineage.Use, c *lineage.Chain, from []int) {
	for i, s := range w.starts {
		if from[i] >= 0 {
			s.fits = true
			s.follow(u, c, from[i])
		}
	}
}

// follow keeps what one call says was reached: the sessions of its chain from a
// hop on.
func (s *start) follow(u lineage.Use, c *lineage.Chain, from int) {
	hops := c.Hops
	if o := c.Origin; s.as == AsPerson {
		if s.origins[o.ID] == nil {
			s.origins[o.ID] = &oneOrigin{}
		}
		s.origins[o.ID].add(o)
	}
	// The caller's session may have handed out others that no record shows in use.
	if _, ok := s.uses[u.Caller]; !ok {
		s.uses[u.Caller] = u
	}
	if len(hops) <= from {
		return
	}
	switch s.as {
	case AsRole:
		s.roles[hops[from].RoleARN] = true
	case AsSession, AsKey, AsAddress:
		s.ids[hops[from].ID] = true
	}
	parent := ""
	for i := from; i < len(hops); i++ {
		d := lineage.Descent{Hop: hops[i], Parent: parent, Origin: originID(c)}
		if i := hops[i].Issuance; i != nil && i.Grant.AccessKeyID != "" {
			d.Keys = []string{i.Grant.AccessKeyID}
		}
		key := hops[i].ID
		if own := sessionKey(u.Caller, c); i == len(hops)-1 && sessionOfKey(own) == key {
			key = own
		}
		s.reach(key, d)
		parent = hops[i].ID
	}
}

// reach keeps a session that was reached. Of two readings of one session the
// better proved stays; both give their keys, and a parent if either has one.
func (s *start) reach(key string, d lineage.Descent) {
	if key != d.Hop.ID {
		s.shared[d.Hop.ID] = true
	} else if s.shared[key] { // it is there, by person
		return
	}
	at := personKey{key, d.Origin}
	known := s.reached[at]
	if known == nil {
		s.reached[at] = &d
		return
	}
	if d.Hop.Evidence != 0 && (known.Hop.Evidence == 0 || d.Hop.Evidence < known.Hop.Evidence) {
		known.Hop = d.Hop
	}
	known.Parent = cmp.Or(known.Parent, d.Parent)
	known.Keys = append(known.Keys, d.Keys...)
	slices.Sort(known.Keys)
	known.Keys = slices.Compact(known.Keys)
}

func (s *start) sortedOrigins() []*lineage.Origin {
	var all []*lineage.Origin
	for _, id := range slices.Sorted(maps.Keys(s.origins)) {
		all = append(all, s.origins[id].origin())
	}
	return all
}

// subjects is where lineage starts to follow what was handed out.
func (s *start) subjects(book *sessionBook) []lineage.Subject {
	var all []lineage.Subject
	uses := slices.SortedFunc(maps.Values(s.uses), func(x, y lineage.Use) int {
		return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(x.ID.Event, y.ID.Event), cmp.Compare(x.ID.Recipient, y.ID.Recipient))
	})
	if len(uses) > 0 {
		all = append(all, lineage.Subject{Uses: uses})
	}
	for _, id := range slices.Sorted(maps.Keys(s.origins)) {
		all = append(all, lineage.Subject{OriginID: id, PrincipalID: s.origins[id].all.PrincipalID})
	}
	for _, arn := range sortedKeys(s.roles) {
		all = append(all, lineage.Subject{RoleARN: arn})
	}
	for _, id := range sortedKeys(s.ids) {
		if e := book.byKey[id]; s.as != AsSession && e != nil && len(e.people()) > 1 {
			continue // a key or an address is of one of them
		}
		all = append(all, lineage.Subject{SessionID: id})
	}
	switch s.as {
	case AsKey:
		all = append(all, lineage.Subject{AccessKeyID: s.asked})
	case AsRole:
		if strings.HasPrefix(s.asked, "arn:") && !s.roles[s.asked] {
			all = append(all, lineage.Subject{RoleARN: s.asked})
		}
	case AsSession:
		if _, _, ok := splitSessionID(s.asked); ok && !s.ids[s.asked] {
			all = append(all, lineage.Subject{SessionID: s.asked})
		}
	}
	return all
}

func (w *walk) fromPerson(_ *lineage.Use, c *lineage.Chain) int {
	if c.Origin != nil && originIs(c.Origin, w.asked) {
		return 0
	}
	return -1
}

func (w *walk) fromRole(_ *lineage.Use, c *lineage.Chain) int {
	return slices.IndexFunc(c.Hops, func(h lineage.Hop) bool { return isRole(h.RoleARN, w.asked) })
}

func (w *walk) fromSession(u *lineage.Use, c *lineage.Chain) int {
	if i := slices.IndexFunc(c.Hops, func(h lineage.Hop) bool {
		return w.asked == h.ID || w.asked == h.SessionARN || w.asked == afterLast(h.SessionARN, '/')
	}); i >= 0 {
		return i
	}
	if inSession(u.Caller, w.asked) {
		return max(len(c.Hops)-1, 0)
	}
	return -1
}

// fromKey starts at the session that the key was issued to or is shown by, and
// at the person whose long-term key it is.
func (w *walk) fromKey(u *lineage.Use, c *lineage.Chain) int {
	if c.Origin != nil && c.Origin.AccessKeyID == w.asked {
		return 0
	}
	if i := slices.IndexFunc(c.Hops, func(h lineage.Hop) bool {
		return h.Issuance != nil && h.Issuance.Grant.AccessKeyID == w.asked
	}); i >= 0 {
		return i
	}
	if u.Caller.AccessKeyID == w.asked {
		return max(len(c.Hops)-1, 0)
	}
	return -1
}

// fromAddress starts at the sessions that were made or used from there.
func (w *walk) fromAddress(u *lineage.Use, c *lineage.Chain) int {
	if i := slices.IndexFunc(c.Hops, func(h lineage.Hop) bool {
		return h.Issuance != nil && w.holds(h.Issuance.SourceIP)
	}); i >= 0 {
		return i
	}
	if w.holds(u.SourceIP) {
		return max(len(c.Hops)-1, 0)
	}
	return -1
}

func (w *walk) holds(address string) bool {
	addr, err := netip.ParseAddr(address)
	return err == nil && w.net.Contains(addr.Unmap())
}
