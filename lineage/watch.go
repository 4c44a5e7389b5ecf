package lineage

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Watch is which records a store takes of those that it is given. It decides on
// one record alone, so that what is in the store does not depend on the order in
// which records came. A nil Watch takes every record.
type Watch struct {
	// An issuance is taken if any of these names it, or where none is given: the
	// role that was assumed by its ARN, the external id that was shown, the account
	// that the record was delivered to or that the role is of. All are compared
	// whole.
	Roles       []string `json:"roles,omitempty"`
	ExternalIDs []string `json:"externalIds,omitempty"`
	Accounts    []string `json:"accounts,omitempty"`

	Uses WatchedUses `json:"uses"`
}

// WatchedUses is which calls made with temporary credentials a Watch takes.
type WatchedUses string

// The contract's words.
const (
	NoUses      WatchedUses = "none"
	WatchedOnly WatchedUses = "watched" // whose session is of one of the roles
	AllUses     WatchedUses = "all"     // every one but those of service-linked roles
)

// Takes reports whether a record is one of those. What else tells of a person,
// or of an event that is corrected (sign-ins, the portal's calls, names, addenda)
// is taken always: it is little, and without it chains have no beginning.
func (w *Watch) Takes(r *cloudtrail.Record, u *Use) bool {
	if w == nil || r.Addendum != "" {
		return true
	}
	switch classOf(r) {
	case issuing:
		if u.ErrorCode == "" && w.takesIssuance(r, u) {
			return true
		}
	case signing, portal, agent, account, naming:
		return true
	case ordinary:
	}
	return w.takesUse(u.Caller)
}

// limited reports whether not all issuances are taken.
func (w *Watch) limited() bool {
	return len(w.Roles)+len(w.ExternalIDs)+len(w.Accounts) > 0
}

func (w *Watch) takesIssuance(r *cloudtrail.Record, u *Use) bool {
	if !w.limited() || slices.Contains(w.Accounts, u.ID.Recipient) {
		return true
	}
	for _, f := range Facts(r, *u) {
		q := &f.Request
		if f.Kind == Issuance && (slices.Contains(w.Roles, q.RoleARN) || slices.Contains(w.ExternalIDs, q.ExternalID) || w.takesSessionOf(&f)) {
			return true
		}
	}
	return false
}

// takesSessionOf reports whether the session is of one of the accounts, whichever
// the record was delivered to: that of AssumeRoot is delivered to the account that
// manages the other.
func (w *Watch) takesSessionOf(f *Fact) bool {
	for _, at := range []string{arnAccount(f.Request.RoleARN), arnAccount(f.Grant.ARN), arnAccount(f.Request.TargetPrincipal), f.Request.TargetPrincipal} {
		if at != "" && slices.Contains(w.Accounts, at) {
			return true
		}
	}
	return false
}

func (w *Watch) takesUse(who *Identity) bool {
	switch w.Uses {
	case AllUses:
		return isSession(who) && !isServiceLinked(who)
	case WatchedOnly:
		return who.IssuerARN != "" && slices.Contains(w.Roles, who.IssuerARN)
	case NoUses:
	}
	return false
}

func isSession(who *Identity) bool {
	return who.Type == "AssumedRole" || who.Type == "FederatedUser" || !who.Created.IsZero()
}

func isServiceLinked(who *Identity) bool {
	return strings.Contains(who.IssuerARN, "/aws-service-role/")
}

// LeavesOut reports whether the issuance of a session may be one that was not
// taken.
func (w *Watch) LeavesOut(who *Identity) bool {
	if w == nil || !w.limited() {
		return false
	}
	return !slices.Contains(w.Roles, who.IssuerARN) && !slices.Contains(w.Accounts, callerAccount(who))
}
