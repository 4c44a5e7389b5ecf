package lineage

import "strings"

// reason is why nothing ties a session to an issuance: the first that holds, in
// the order of linkage.md section 2. late: there are issuances, and all are
// outside their time.
func (f *frame) reason(late bool) Reason {
	id := f.id
	account := callerAccount(id)
	switch {
	case id.Redacted && id.AccessKeyID == "" && (id.PrincipalID == "" || id.Created.IsZero()):
		return Redacted
	case id.Created.IsZero() && id.AccessKeyID == "":
		return NoSessionFields
	case isServiceInternal(id):
		return ServiceInternal
	case late:
		return ExpiredWindow
	case f.w.r.horizon != nil && f.w.r.horizon.LeftOut(id):
		return NotWatched
	}
	then := f.covered(account, id.Created)
	switch {
	case bothSay(then, BeforeFirst):
		return BeforeCoverage
	case bothSay(f.coveredNow(account), BehindNewest):
		return Pending
	}
	return NoIssuerLog
}

// bothSay reports whether both regions say so; one without files has no say.
func bothSay(said [2]Coverage, what Coverage) bool {
	return said[0] == what && (said[1] == what || said[1] == NoLogFiles) ||
		said[1] == what && said[0] == NoLogFiles
}

// isServiceInternal reports whether AWS made the session for itself, with an
// issuance that no customer's log holds. A person's own session that a service
// went on with is not such a one.
func isServiceInternal(id *Identity) bool {
	if strings.Contains(id.IssuerARN, "/aws-service-role/") || strings.HasPrefix(id.IssuerName, "AWSServiceRoleFor") {
		return true
	}
	return id.InvokedBy == "AWS Internal" && !isReservedSSO(id)
}

// leavesOut reports whether the issuance looked for may be one that the watch does not
// take.
func (f *frame) leavesOut() bool {
	h := f.w.r.horizon
	return h != nil && h.LeavesOut(f.id)
}
