package query

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Directory is the names that one place gives at one time: an organisation, an
// identity store, a file. A later one of the same kind and id replaces an earlier
// as a whole: what it does not name any more is gone.
type Directory struct {
	Kind       DirectoryKind
	ID         string          // of the organisation or the identity store; else the name of the file
	Management string          // the account of an organisation that manages it
	Taken      cloudtrail.Time // when it was as it says
	Entries    []Entry
}

// DirectoryKind is what a directory lists.
type DirectoryKind string

// The kinds.
const (
	OrganizationDirectory   DirectoryKind = "organization"    // every account of one
	IdentityCenterDirectory DirectoryKind = "identity-center" // users
	VendorDirectory         DirectoryKind = "vendors"         // accounts of third parties
	ListDirectory           DirectoryKind = "list"            // names, and nothing of what they name
)

// Entry is one id with its name.
type Entry struct {
	ID, Name string
	Also     []string        // what else it is known by: the e-mail addresses, a user's display name
	State    string          // of an account in an organisation, in AWS's words
	Joined   cloudtrail.Time // when it did the organisation
}

// account is what is known of an account beside its name.
type account struct {
	organization string
	state        string
	joined       cloudtrail.Time
	vendor       bool
}

// NewNames makes names of directories. Of two that name one id the later wins.
func NewNames(all ...Directory) *Names {
	n := &Names{}
	for i, d := range all {
		replaced := slices.ContainsFunc(all[i+1:], func(later Directory) bool { return later.Kind == d.Kind && later.ID == d.ID })
		if !replaced {
			n.learn(&d)
		}
	}
	return n
}

func (n *Names) learn(d *Directory) {
	if d.Kind == OrganizationDirectory {
		n.organizations = append(n.organizations, d.ID)
		slices.Sort(n.organizations)
	}
	for _, e := range d.Entries {
		n.Add(e.ID, e.Name)
		if d.Kind == IdentityCenterDirectory && d.ID != "" {
			n.Add("idc:"+d.ID+":"+e.ID, e.Name) // as origins are known by
		}
		n.alias(&e)
		if d.Kind != OrganizationDirectory && d.Kind != VendorDirectory {
			continue
		}
		if n.accounts == nil {
			n.accounts = map[string]account{}
		}
		a := n.accounts[e.ID]
		if d.Kind == OrganizationDirectory {
			a.organization, a.state, a.joined = d.ID, e.State, e.Joined
		} else {
			a.vendor = true
		}
		n.accounts[e.ID] = a
	}
}

func (n *Names) alias(e *Entry) {
	for _, other := range e.Also {
		if other = strings.ToLower(strings.TrimSpace(other)); other == "" {
			continue
		}
		if n.also == nil {
			n.also = map[string][]string{}
		}
		n.also[other] = append(n.also[other], e.ID)
	}
}

// Organizations are the ids of the organisations whose accounts are known,
// sorted.
func (n *Names) Organizations() []string {
	if n == nil {
		return nil
	}
	return n.organizations
}

// Organization is the id of the organisation that an account belongs to, "" where
// it belongs to none that is known.
func (n *Names) Organization(id string) string {
	if n == nil {
		return ""
	}
	return n.accounts[id].organization
}

// State is the state of an account in its organisation, in AWS's words.
func (n *Names) State(id string) string {
	if n == nil {
		return ""
	}
	return n.accounts[id].state
}

// IsVendor reports whether an account is a known third party's.
func (n *Names) IsVendor(id string) bool {
	return n != nil && n.accounts[id].vendor && n.accounts[id].organization == ""
}

// Members are the accounts of the organisations that are known, sorted.
func (n *Names) Members() []string {
	if n == nil {
		return nil
	}
	var ids []string
	for id, a := range n.accounts {
		if a.organization != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Expected are the accounts whose logs should be there, sorted: where an
// organisation is known those of its accounts that can be used and had joined by
// a moment (zero: ever), else all that have a name and are no vendor's.
func (n *Names) Expected(by cloudtrail.Time) []string {
	if len(n.Organizations()) == 0 {
		return slices.DeleteFunc(n.Accounts(), n.IsVendor)
	}
	return slices.DeleteFunc(n.Members(), func(id string) bool {
		return n.isUnusable(id) || by != 0 && n.accounts[id].joined > by
	})
}

// Unusable are the accounts of the organisations in which nobody can do anything,
// sorted: suspended, closed, or never activated.
func (n *Names) Unusable() []string {
	return slices.DeleteFunc(n.Members(), func(id string) bool { return !n.isUnusable(id) })
}

// isUnusable takes a state that is not known, as of a list without states or of a
// newer word, for one in which an account works: it is missed rather than not.
func (n *Names) isUnusable(id string) bool {
	switch n.accounts[id].state {
	case "SUSPENDED", "PENDING_CLOSURE", "CLOSED", "PENDING_ACTIVATION":
		return true
	}
	return false
}
