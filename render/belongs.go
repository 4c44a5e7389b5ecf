package render

import (
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// isForeign reports whether an account is known to belong to somebody else: to a
// vendor, or to none of the organisations whose accounts are known.
func isForeign(names *query.Names, account string) bool {
	if account == "" || names.Organization(account) != "" {
		return false
	}
	return names.IsVendor(account) || len(names.Organizations()) > 0
}

// getFor is the command that collects what a gap lacks, "" where that log is
// somebody else's.
func getFor(names *query.Names, g lineage.Gap) string {
	if isForeign(names, g.AccountID) {
		return ""
	}
	return Get(g)
}

// outside says of an account whose log is here that it is not of the
// organisation: it may have left it, or be another's.
func (s Style) outside(account string) string {
	if len(s.Names.Organizations()) == 0 || !isForeign(s.Names, account) {
		return ""
	}
	return "  not in the organisation"
}

// whoseLog says of an account of which no log is here whether that is one's own to
// collect.
func (s Style) whoseLog(account string) string {
	switch {
	case s.Names.IsVendor(account):
		return "It is a vendor's account: only the vendor has its log."
	case isForeign(s.Names, account):
		return "It is not in the organisation: only its owner has its log."
	case s.Names.Organization(account) != "":
		return "It is an account of the organisation: its log should be here."
	}
	return ""
}
