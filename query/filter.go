package query

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// kinds are the values of --kind.
var kinds = []lineage.OriginKind{
	lineage.IAMUser, lineage.Root, lineage.SAMLUser, lineage.WebIdentityUser,
	lineage.IdentityCenterUser, lineage.AWSService, lineage.AWSAccount, lineage.UnknownOrigin,
}

// Check says what is wrong with a filter, before anything is read.
func (f *Filter) Check() error {
	for _, ip := range f.IPs {
		if strings.Contains(ip, "/") {
			if _, err := netip.ParsePrefix(ip); err != nil {
				return fmt.Errorf("%q is no address range; write it as 192.0.2.0/24", ip)
			}
		}
	}
	for _, k := range f.Kinds {
		if !slices.ContainsFunc(kinds, func(known lineage.OriginKind) bool { return strings.EqualFold(k, string(known)) }) {
			return fmt.Errorf("there is no origin of kind %q; use one of %v", k, kinds)
		}
	}
	if f.Since != 0 && f.Until != 0 && f.Since > f.Until {
		return fmt.Errorf("the span begins at %s, which is after its end, %s: nothing can be in it", f.Since, f.Until)
	}
	if f.Limit < 0 {
		return fmt.Errorf("the limit is %d; it must not be negative", f.Limit)
	}
	for i := range f.Not {
		if err := f.Not[i].Check(); err != nil {
			return err
		}
	}
	return nil
}

// Selection is what of the filter a store can use to read less.
func (f *Filter) Selection() Selection {
	return Selection{
		Since:      f.Since,
		Until:      f.Until,
		Accounts:   f.Accounts,
		Regions:    f.Regions,
		EventNames: f.EventNames, // stores too compare them without regard to case
		Principals: principalsOf(f.Sessions),
		Newest:     f.Newest,
	}
}

// principalsOf is the unique ids of the roles or users in session ids; nil if any
// is a name or ARN. The session's name is left out: records that mask the
// principal id have it in their ARN.
func principalsOf(sessions []string) []string {
	var ids []string
	for _, s := range sessions {
		principal, _, ok := splitSessionID(s)
		if !ok {
			return nil
		}
		id, _, _ := strings.Cut(principal, ":")
		ids = append(ids, id)
	}
	return ids
}

// splitSessionID takes a session id, "AROA…:name@2016-04-05T20:39:37Z", apart.
// Role session names may hold an @ themselves.
func splitSessionID(s string) (principal string, created cloudtrail.Time, ok bool) {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 || len(s)-i-1 != len("2006-01-02T15:04:05Z") || s[i+1] < '0' || s[i+1] > '9' {
		return "", 0, false
	}
	stamp := s[i+1:]
	t, ok := cloudtrail.ParseTime(stamp)
	return s[:i], t, ok
}

// matcher is a Filter made ready. Its three stages go from cheap to dear: a row
// alone, with its chain, with its raw record. Safe for concurrent use.
type matcher struct {
	f       *Filter
	nets    []netip.Prefix
	addrs   []netip.Addr
	sources []string // event sources, written in full
	nots    []*matcher
	negated bool            // it is one of another's nots
	own     map[string]bool // accounts that are one's own, for ThirdParty
	stage   stage           // the last one it needs
	rows    bool            // the first stage has something to look at
	chains  bool            // so has the second
}

type stage uint8

const (
	byRow stage = iota
	byChain
	byRecord
)

func newMatcher(f *Filter, own map[string]bool) (*matcher, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	m := &matcher{f: f, own: own}
	for _, ip := range f.IPs {
		if prefix, err := netip.ParsePrefix(ip); err == nil {
			m.nets = append(m.nets, prefix.Masked())
		} else if addr, err := netip.ParseAddr(ip); err == nil {
			m.addrs = append(m.addrs, addr.Unmap())
		}
	}
	for _, s := range f.EventSources {
		if !strings.Contains(s, ".") {
			s += ".amazonaws.com"
		}
		m.sources = append(m.sources, s)
	}
	m.chains = len(f.Origins)+len(f.Kinds)+len(f.Roles)+len(f.FromAccounts)+len(f.Keys) > 0 || f.Evidence != 0 || f.CrossAccount || f.ThirdParty
	m.rows = f.Since != 0 || f.Until != 0 || f.Writes || f.Errors ||
		len(f.Accounts)+len(f.Regions)+len(f.Sessions)+len(f.EventNames)+len(f.EventSources)+len(f.IPs)+len(f.UserAgents) > 0
	switch {
	case len(f.Resources) > 0:
		m.stage = byRecord
	case m.chains:
		m.stage = byChain
	}
	for i := range f.Not {
		n, err := newMatcher(&f.Not[i], own)
		if err != nil {
			return nil, err
		}
		n.negated = true
		m.nots = append(m.nots, n)
		m.rows = m.rows || n.stage == byRow
		m.chains = m.chains || n.stage == byChain
		m.stage = max(m.stage, n.stage)
	}
	return m, nil
}

// row is the first stage: what the row alone can tell.
func (m *matcher) row(r *Row) bool {
	if !m.rows {
		return true
	}
	if !m.rowFields(r) {
		return false
	}
	for _, n := range m.nots {
		if n.stage == byRow && n.row(r) {
			return false
		}
	}
	return true
}

func (m *matcher) rowFields(r *Row) bool {
	f := m.f
	switch {
	case f.Since != 0 && r.Time < f.Since, f.Until != 0 && r.Time > f.Until:
		return false
	case f.Writes && !r.IsWrite(), f.Errors && !r.IsError():
		return false
	}
	return anyOf(f.Accounts, r.ID.Recipient) &&
		anyOf(f.Regions, r.Region) &&
		(len(f.EventNames) == 0 || slices.ContainsFunc(f.EventNames, func(s string) bool { return strings.EqualFold(s, r.EventName) })) &&
		anyOf(m.sources, r.EventSource) &&
		(len(f.UserAgents) == 0 || slices.ContainsFunc(f.UserAgents, func(s string) bool { return strings.Contains(r.UserAgent, s) })) &&
		(len(f.Sessions) == 0 || slices.ContainsFunc(f.Sessions, func(s string) bool { return inSession(r.Caller, s) })) &&
		(len(f.IPs) == 0 || m.address(r.SourceIP))
}

func anyOf(wanted []string, have string) bool {
	return len(wanted) == 0 || slices.Contains(wanted, have)
}

// inSession reports whether asked is the id, the ARN or the name of the session.
func inSession(id *lineage.Identity, asked string) bool {
	if asked == "" {
		return false
	}
	if asked == id.ARN || asked == id.SessionName() {
		return true
	}
	return id.PrincipalID != "" && strings.HasPrefix(asked, id.RoleID()) && asked == id.SessionID()
}

func (m *matcher) address(ip string) bool {
	if slices.Contains(m.f.IPs, ip) {
		return true
	}
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	addr = addr.Unmap()
	return slices.Contains(m.addrs, addr) ||
		slices.ContainsFunc(m.nets, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// chain is the second stage, for rows that passed the first.
func (m *matcher) chain(r *Row, c *lineage.Chain) bool {
	if !m.chains {
		return true
	}
	if !m.chainFields(r, c) {
		return false
	}
	for _, n := range m.nots {
		if n.stage == byChain && n.row(r) && n.chain(r, c) {
			return false
		}
	}
	return true
}

func (m *matcher) chainFields(r *Row, c *lineage.Chain) bool {
	f, o := m.f, c.Origin
	switch {
	case f.Evidence != 0 && (c.Evidence > f.Evidence || m.negated && c.Evidence != f.Evidence), f.CrossAccount && !c.CrossAccount:
		return false
	case len(f.Kinds) > 0 && (o == nil || !slices.ContainsFunc(f.Kinds, func(k string) bool { return strings.EqualFold(k, string(o.Kind)) })):
		return false
	case len(f.Origins) > 0 && (o == nil || !slices.ContainsFunc(f.Origins, func(s string) bool { return originIs(o, s) })):
		return false
	case len(f.Keys) > 0 && !slices.ContainsFunc(f.Keys, func(s string) bool { return withKey(r, c, s) }):
		return false
	case len(f.Roles) > 0 && !slices.ContainsFunc(f.Roles, func(s string) bool { return throughRole(r, c, s) }):
		return false
	case len(f.FromAccounts) > 0 && !fromAccount(r, c, func(a string) bool { return slices.Contains(f.FromAccounts, a) }):
		return false
	case f.ThirdParty && !fromThirdParty(r, c, m.own):
		return false
	}
	return true
}

// fromThirdParty reports whether somebody of a third party's account is on the
// way. In that account itself nobody of it is a third party.
func fromThirdParty(r *Row, c *lineage.Chain, own map[string]bool) bool {
	return fromAccount(r, c, func(a string) bool { return a != r.ID.Recipient && isThirdParty(a, own) })
}

// isThirdParty reports whether an account is a known one and not one's own.
func isThirdParty(account string, own map[string]bool) bool {
	switch account {
	case "", "anonymous", "ANONYMOUS_PRINCIPAL":
		return false
	}
	return !own[account]
}
