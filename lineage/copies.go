package lineage

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// issuance is one call that handed out credentials: the connected component of
// its copies (linkage.md section 1). What one copy lacks another may say.
type issuance struct {
	id     string  // the least event id of its copies
	copies []*Fact // the fullest first: by fingerprint, then by event
	// callers has one copy for each caller that the copies name, by unique id.
	// Several mean that copies contradict each other: contested.
	callers []*Fact
}

// main is the copy that is shown: the caller's where there is one, of several
// the fullest.
func (i *issuance) main() *Fact { return i.callers[0] }

func (i *issuance) time() cloudtrail.Time { return i.main().Time }

// says returns the first value that a copy has, the fullest copy first.
func (i *issuance) says(field func(*Fact) string) string {
	if s := field(i.main()); s != "" {
		return s
	}
	for _, f := range i.copies {
		if s := field(f); s != "" {
			return s
		}
	}
	return ""
}

func (i *issuance) key() string { return i.says(func(f *Fact) string { return f.Grant.AccessKeyID }) }

func (i *issuance) roleARN() string { return i.says(func(f *Fact) string { return f.Request.RoleARN }) }

func (i *issuance) roleID() string { return i.says((*Fact).roleID) }

func (i *issuance) sessionName() string { return i.says((*Fact).sessionName) }

func (i *issuance) sourceIdentity() string {
	return i.says(func(f *Fact) string { return f.Request.SourceIdentity })
}

func (i *issuance) expires() cloudtrail.Time {
	for _, f := range i.copies {
		if !f.Grant.Expires.IsZero() {
			return f.Grant.Expires
		}
	}
	return 0
}

// roleAccount is the account that the credentials are good in (guard G4).
func (i *issuance) roleAccount() string {
	if a := arnAccount(i.roleARN()); a != "" {
		return a
	}
	if a := arnAccount(i.says(func(f *Fact) string { return f.Grant.ARN })); a != "" {
		return a
	}
	if a := i.says(func(f *Fact) string { return f.Request.TargetPrincipal }); a != "" {
		if in := arnAccount(a); in != "" {
			return in
		}
		return a
	}
	return callerAccount(i.main().Caller)
}

// roleID is the unique id of the role that the call gave a session of, for a
// federated user the account.
func (f *Fact) roleID() string {
	p := f.Grant.PrincipalID
	if i := strings.LastIndexByte(p, ':'); i >= 0 {
		return p[:i]
	}
	return p
}

// sessionName is the name of the session that the call made.
func (f *Fact) sessionName() string {
	p := f.Grant.PrincipalID
	if i := strings.LastIndexByte(p, ':'); i >= 0 {
		return p[i+1:]
	}
	return f.Request.SessionName
}

// differ reports whether both are known and not the same.
func differ(a, b string) bool { return a != "" && b != "" && a != b }

// areCopies reports whether two records tell of one issuing call (linkage.md
// section 1, "Copies of one issuance").
func areCopies(a, b *Fact) bool {
	if differ(a.Grant.AccessKeyID, b.Grant.AccessKeyID) || differ(a.roleID(), b.roleID()) ||
		differ(a.sessionName(), b.sessionName()) {
		return false
	}
	if k := a.Grant.AccessKeyID; k != "" && k == b.Grant.AccessKeyID && a.Time == b.Time {
		return true
	}
	if a.ID == b.ID {
		return true
	}
	if a.EventSource != b.EventSource {
		return false
	}
	if s := a.SharedEventID; s != "" && s == b.SharedEventID {
		return true
	}
	return a.RequestID != "" && a.RequestID == b.RequestID && !differ(a.SharedEventID, b.SharedEventID)
}

// crowd is how many facts of one second are still looked through for copies
// that share no key and no shared event id.
const crowd = 64

// issuancesOf returns the issuances that some facts belong to, each with all
// its copies, by id. The facts are those found by a key in some seconds: what
// was joined once is remembered by them.
func (w *walk) issuancesOf(key Key, seeds []*Fact) []*issuance {
	if len(seeds) == 0 {
		return nil
	}
	at := seconds{key, seeds[0].Time, seeds[len(seeds)-1].Time}
	if known, ok := w.r.memory.issuances.Load(at); ok {
		return known.([]*issuance)
	}
	missed := w.missed
	found := w.join(seeds)
	if w.missed == missed {
		w.r.memory.issuances.Store(at, found)
	}
	return found
}

func (w *walk) join(seeds []*Fact) []*issuance {
	all := make([]*Fact, 0, len(seeds)+2)
	seen := make(map[*Fact]struct{}, len(seeds)+2)
	add := func(facts []*Fact) {
		for _, f := range facts {
			if f.Kind != Issuance {
				continue
			}
			if _, ok := seen[f]; !ok {
				seen[f] = struct{}{}
				all = append(all, f)
			}
		}
	}
	add(seeds)
	if w.on(joinCopies) {
		for i := 0; i < len(all) && i < 4*crowd; i++ {
			add(w.neighbours(all[i]))
		}
	}
	return components(inOrder(all), w.on(joinCopies))
}

// neighbours are the facts that may be copies of one.
func (w *walk) neighbours(f *Fact) []*Fact {
	near := slices.Clone(between(w.always(keyIssued(f.Grant.AccessKeyID)), f.Time, f.Time))
	near = append(near, few(w.always(f.sharedKey()))...)
	near = append(near, few(w.always(keyRequest(f.EventSource, f.RequestID)))...)
	return slices.DeleteFunc(near, func(n *Fact) bool {
		return n.Kind != Issuance || !areCopies(f, n)
	})
}

// few is nothing where a key is shared by so many facts that it tells nothing.
func few(facts []*Fact) []*Fact {
	if len(facts) > crowd {
		return nil
	}
	return facts
}

// components joins facts that are copies of each other. A record that would tie
// two issuances together which contradict each other goes with the lesser one:
// the order is by event, so the outcome is one whatever came first.
func components(facts []*Fact, join bool) []*issuance {
	var groups [][]*Fact
	for _, f := range facts {
		into := -1
		for g := range groups {
			if !join || !fits(groups[g], f) {
				continue
			}
			if into < 0 {
				groups[g] = append(groups[g], f)
				into = g
				continue
			}
			if agree(groups[into], groups[g]) {
				groups[into] = append(groups[into], groups[g]...)
				groups[g] = nil
			}
		}
		if into < 0 {
			groups = append(groups, []*Fact{f})
		}
	}
	var out []*issuance
	for _, g := range groups {
		if len(g) > 0 {
			out = append(out, newIssuance(g))
		}
	}
	slices.SortFunc(out, func(a, b *issuance) int { return strings.Compare(a.id, b.id) })
	return out
}

// fits reports whether f is a copy of one of the group and contradicts none.
func fits(group []*Fact, f *Fact) bool {
	return slices.ContainsFunc(group, func(g *Fact) bool { return areCopies(g, f) }) && agree(group, []*Fact{f})
}

// agree reports whether no record of one group contradicts one of the other.
func agree(a, b []*Fact) bool {
	for _, x := range a {
		for _, y := range b {
			if differ(x.Grant.AccessKeyID, y.Grant.AccessKeyID) || differ(x.roleID(), y.roleID()) ||
				differ(x.sessionName(), y.sessionName()) {
				return false
			}
		}
	}
	return true
}

func newIssuance(copies []*Fact) *issuance {
	i := &issuance{copies: copies, id: copies[0].ID.Event}
	slices.SortFunc(copies, func(a, b *Fact) int {
		if a.Fingerprint != b.Fingerprint {
			if a.Fingerprint < b.Fingerprint {
				return -1
			}
			return 1
		}
		return compareFact(a, b)
	})
	for _, f := range copies {
		i.id = min(i.id, f.ID.Event)
	}
	i.callers = callersOf(copies)
	return i
}

// isUniqueID reports whether an id is IAM's own, which no other user or role
// ever has: AIDA… of a user, AROA… of a role.
func isUniqueID(id string) bool { return isUserID(id) || isRoleID(id) }

func isUserID(id string) bool { return strings.HasPrefix(id, "AIDA") && len(id) > 4 }

func isRoleID(id string) bool { return strings.HasPrefix(id, "AROA") && len(id) > 4 }

// arnAccount is the account of an ARN, in any partition. Seed records have a
// space inside theirs.
func arnAccount(arn string) string {
	if !strings.HasPrefix(arn, "arn:") {
		return ""
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return strings.TrimSpace(parts[4])
}

// callerAccount is the account that a caller belongs to.
func callerAccount(id *Identity) string {
	if id.AccountID != "" {
		return id.AccountID
	}
	if id.IssuerAccount != "" {
		return id.IssuerAccount
	}
	return arnAccount(id.ARN)
}
