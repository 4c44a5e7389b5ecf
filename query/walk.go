package query

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
)

// walk reads every event once and finds what the asked text stands for and what
// the chains of the events say was reached from there.
type walk struct {
	asked string
	net   netip.Prefix // of an address or CIDR, else invalid
	book  sessionBook
	// A name may be a person's, a role's or a session's: each is followed, and
	// the first of them that fits is the answer.
	starts []*start
	seen   map[callerChain]bool // that need no second look
}

// start is one reading of what was asked.
type start struct {
	as      Word
	from    func(*Row, *lineage.Chain) int // first hop that was reached, -1 where it does not fit
	fits    int
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
	w := &walk{asked: asked, seen: map[callerChain]bool{}}
	add := func(as Word, from func(*Row, *lineage.Chain) int) {
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
		if s.fits > 0 {
			return s
		}
	}
	return w.starts[0]
}

func (w *walk) add(l Line) {
	w.book.add(l)
	key := callerChain{l.Row.Caller, l.Chain}
	if !w.net.IsValid() { // an address depends on the call, all else on its chain alone
		if w.seen[key] {
			return
		}
		w.seen[key] = true
	}
	for _, s := range w.starts {
		if from := s.from(l.Row, l.Chain); from >= 0 {
			s.fits++
			s.follow(l, from)
		}
	}
}

// follow keeps what one call says was reached: the sessions of its chain from a
// hop on.
func (s *start) follow(l Line, from int) {
	hops := l.Chain.Hops
	if o := l.Chain.Origin; s.as == AsPerson {
		if s.origins[o.ID] == nil {
			s.origins[o.ID] = &oneOrigin{}
		}
		s.origins[o.ID].add(o)
	}
	// The caller's session may have handed out others that no record shows in use.
	if _, ok := s.uses[l.Row.Caller]; !ok {
		s.uses[l.Row.Caller] = l.Row.Use
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
		d := lineage.Descent{Hop: hops[i], Parent: parent, Origin: originID(l.Chain)}
		if i := hops[i].Issuance; i != nil && i.Grant.AccessKeyID != "" {
			d.Keys = []string{i.Grant.AccessKeyID}
		}
		key := hops[i].ID
		if own := sessionKey(l.Row.Caller, l.Chain); i == len(hops)-1 && sessionOfKey(own) == key {
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

func (w *walk) fromPerson(_ *Row, c *lineage.Chain) int {
	if c.Origin != nil && originIs(c.Origin, w.asked) {
		return 0
	}
	return -1
}

func (w *walk) fromRole(_ *Row, c *lineage.Chain) int {
	return slices.IndexFunc(c.Hops, func(h lineage.Hop) bool { return isRole(h.RoleARN, w.asked) })
}

func (w *walk) fromSession(r *Row, c *lineage.Chain) int {
	if i := slices.IndexFunc(c.Hops, func(h lineage.Hop) bool {
		return w.asked == h.ID || w.asked == h.SessionARN || w.asked == afterLast(h.SessionARN, '/')
	}); i >= 0 {
		return i
	}
	if inSession(r.Caller, w.asked) {
		return max(len(c.Hops)-1, 0)
	}
	return -1
}

// fromKey starts at the session that the key was issued to or is shown by, and
// at the person whose long-term key it is.
func (w *walk) fromKey(r *Row, c *lineage.Chain) int {
	if c.Origin != nil && c.Origin.AccessKeyID == w.asked {
		return 0
	}
	if i := slices.IndexFunc(c.Hops, func(h lineage.Hop) bool {
		return h.Issuance != nil && h.Issuance.Grant.AccessKeyID == w.asked
	}); i >= 0 {
		return i
	}
	if r.Caller.AccessKeyID == w.asked {
		return max(len(c.Hops)-1, 0)
	}
	return -1
}

// fromAddress starts at the sessions that were made or used from there.
func (w *walk) fromAddress(r *Row, c *lineage.Chain) int {
	if i := slices.IndexFunc(c.Hops, func(h lineage.Hop) bool {
		return h.Issuance != nil && w.holds(h.Issuance.SourceIP)
	}); i >= 0 {
		return i
	}
	if w.holds(r.SourceIP) {
		return max(len(c.Hops)-1, 0)
	}
	return -1
}

func (w *walk) holds(address string) bool {
	addr, err := netip.ParseAddr(address)
	return err == nil && w.net.Contains(addr.Unmap())
}
