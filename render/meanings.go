package render

import (
	"slices"

	"github.com/crosstrail/crosstrail/lineage"
)

// ruleMeans says in words what ties a hop to its issuance (linkage.md section 2).
func ruleMeans(h *lineage.Hop) string {
	switch {
	case h.Evidence == lineage.Contested:
		return ruleWords(h.Rule) + "; several issuances fit, of different origins"
	case h.Ambiguous:
		return ruleWords(h.Rule) + "; several issuances fit, all of one origin"
	case slices.Contains(h.Notes, lineage.NoteHole):
		return ruleWords(h.Rule) + "; no other issuance that is here fits, but log files of that time are lost, and one may have been in them"
	case h.Rule == lineage.Session || h.Rule == lineage.ServiceSession:
		return ruleWords(h.Rule) + "; no other issuance fits" + asFarAsLooked(h)
	case h.Rule == lineage.PortalRule:
		return ruleWords(h.Rule) + asFarAsLooked(h)
	}
	return ruleWords(h.Rule)
}

// asFarAsLooked says how much of the log was looked through, where that was not all.
func asFarAsLooked(h *lineage.Hop) string {
	switch {
	case !slices.Contains(h.Notes, lineage.NoteDelivered):
		return ""
	case h.Proof.Delivered.IsZero():
		return ", of what was fetched"
	}
	return ", of what was delivered until " + h.Proof.Delivered.String()
}

func ruleWords(r lineage.Rule) string {
	switch r {
	case lineage.AccessKey:
		return "the access key that the issuance handed out is the one in use"
	case lineage.SignInSession:
		return "both records carry one and the same sign-in session"
	case lineage.NamedOnRecord:
		return "the record itself names who it is"
	case lineage.Session:
		return "the same session, begun in the second of the issuance"
	case lineage.ServiceSession:
		return "a service was given this role under this session name in the second the session began"
	case lineage.SignInRule:
		return "the sign-in of this principal in the second the session began"
	case lineage.SharedEvent:
		return "AWS gave both accounts' copies of this call one sharedEventID"
	case lineage.ForwardAccess:
		return "a service acted with the caller's own session, begun in the same second"
	case lineage.SoleCandidate:
		return "the only session that could have made the call, from the same address or agent"
	case lineage.PortalRule:
		return "the only request at the access portal for this account and role in that second"
	case lineage.SourceIdentity:
		return "the source identity that the session carries; whoever set it chose the value"
	}
	return ""
}

// guardMeans says why a guard refused a candidate.
func guardMeans(guard string) string {
	switch guard {
	case "expiry":
		return "its credentials had expired by then"
	case "before-issue":
		return "it was made after the call"
	case "account":
		return "it is for a role of another account"
	case "role-id":
		return "it is for another role"
	case "session-name":
		return "it is for another session name"
	case "user-id":
		return "it is for another user"
	case "creation-date":
		return "the session began at another second"
	case "denied":
		return "it was refused and handed out nothing"
	}
	return guard
}

// lostMeans says what a gap in a known hole means.
const lostMeans = "log files of that time are lost, as digest files prove: crosstrail coverage tells which"

// gapMeans says why a chain stops short.
func gapMeans(r lineage.Reason) string {
	switch r {
	case lineage.NoIssuerLog:
		return "the call that handed out these credentials is not in the logs"
	case lineage.CallerAccountNotCollected:
		return "the caller is known by account and id only; the log of its own account names it"
	case lineage.BeforeCoverage:
		return "the session began before the first log file of that account"
	case lineage.Pending:
		return "the log file with the issuance may not have been delivered yet"
	case lineage.NotWatched:
		return "the watch left the issuance out"
	case lineage.ExpiredWindow:
		return "issuances fit, but their credentials had all expired by then"
	case lineage.NoSessionFields:
		return "the record has neither an access key nor the session's start"
	case lineage.Anonymous:
		return "nobody signed the request"
	case lineage.ServiceInternal:
		return "a session that AWS made for itself; its issuance is in no customer's log"
	case lineage.Redacted:
		return "what would link the record is masked in it"
	}
	return string(r)
}
