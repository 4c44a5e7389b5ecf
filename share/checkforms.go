package share

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

var (
	// externalIDForm is what STS takes (AWS STS API Reference, AssumeRole, ExternalId:
	// 2 to 1,224 signs). It has no $: a condition on ${sts:ExternalId} is always met.
	externalIDForm = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
	// sessionForm is a session's name (likewise, RoleSessionName), with what a pattern
	// may have besides: any, and variables that AWS fills in. One of sts: would be
	// compared with what the caller says itself.
	sessionForm = regexp.MustCompile(`^([\w+=,.@*?-]|\$\{(aws:(username|userid|Principal[\w+=,.@:/-]+)|saml:\w+|[*?$])\})+$`)
)

const (
	mostExternalID = 1224
	mostSession    = 256 // a name has 64; variables are longer
)

// checkForms is about values, which may have come in a file: a saved plan.
func (w *Want) checkForms() error {
	switch w.Via {
	case "", Role, BucketPolicy:
	default:
		return misread("", "--via %s: it is role or bucket-policy", asSaid(string(w.Via)))
	}
	switch w.Policy {
	case "", Minimal, Seed, ManagedReadOnly:
	default:
		return misread("", "--policy %s: it is one of minimal, seed and managed-read-only", asSaid(string(w.Policy)))
	}
	for _, account := range w.Logs.Accounts {
		if w.Logs.All || !IsAccount(account) {
			return misread("--logs own, --logs all, or account ids of twelve digits", "--logs %s: it is not whose log files", asSaid(account))
		}
	}
	if w.Prefix != nil && strings.ContainsFunc(*w.Prefix, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return misread("", "--prefix %s: no trail has such a prefix", asSaid(*w.Prefix))
	}
	if id := w.ExternalID; id != "" && (len(id) < 2 || len(id) > mostExternalID || !externalIDForm.MatchString(id)) {
		return misread("it has 2 signs or more, letters, digits and +=,.@:/_- alone", "--external-id %s: AWS takes no such value", asSaid(id))
	}
	if name := w.SessionName; name != "" && (len(name) < 2 || len(name) > mostSession || !sessionForm.MatchString(name)) {
		return misread("a session's name has 2 to 64 signs, letters, digits and +=,.@_- alone; * and ? stand for any, ${aws:username} for the caller's",
			"--pin-session-name %s: no session has such a name, or every one", asSaid(name))
	}
	return nil
}

// asSaid is a text as it is, or between quotes where that tells it better.
func asSaid(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || unicode.IsSpace(r) }) {
		return text
	}
	return strconv.Quote(text)
}
