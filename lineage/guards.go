package lineage

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// A guard holds off an issuance that matches by key or by session and still
// cannot have made the credentials (linkage.md section 2, G1 to G5). It returns
// the word for why not, "" where it lets pass.

const (
	hour = 60 * 60

	consoleSession    = 12 * hour // a role session's longest life, whatever its issuance asked for
	federationSession = 36 * hour // GetFederationToken, GetSessionToken
	expirySlack       = 60        // G3, seconds
	clockSlack        = 2         // G2, seconds
)

// denied is G1: a call that failed issued nothing, whatever stands in it.
func (f *frame) denied(i *issuance) string {
	if f.w.on(guardDenied) && i.says(func(f *Fact) string { return f.ErrorCode }) != "" {
		return "denied"
	}
	return ""
}

// early is G2: what is used before it was issued. Between issuances of a chain
// there is no slack: a session cannot hand on what it was not given yet.
func (f *frame) early(i *issuance) string {
	if !f.w.on(guardBeforeIssue) {
		return ""
	}
	at := i.time()
	if !f.calling {
		at -= clockSlack
	}
	if !f.atLeast(at) {
		return "before-issue"
	}
	return ""
}

// expired is G3.
func (f *frame) expired(i *issuance, rule Rule) string {
	if f.w.on(guardExpiry) && !f.atMost(lastMoment(i, rule)) {
		return "expiry"
	}
	return ""
}

// lastMoment is until when a session may show a credential. The key itself dies
// when it expires; a console session made from it lives on by its own length.
func lastMoment(i *issuance, rule Rule) cloudtrail.Time {
	at, by := i.time(), i.main()
	if rule == AccessKey {
		if exp := i.expires(); !exp.IsZero() {
			return exp + expirySlack
		}
		return at + longest(by)
	}
	switch by.EventName {
	case "GetFederationToken":
		return at + federationSession
	case "GetSessionToken":
		if i.key() == "" {
			return at + federationSession
		}
	}
	return at + consoleSession
}

// longest is the cap on a credential whose expiry is not told (linkage.md 4.2).
func longest(by *Fact) cloudtrail.Time {
	switch by.EventName {
	case "AssumeRoot":
		return 15 * 60
	case "GetSessionToken", "GetFederationToken":
		return federationSession
	case "AssumeRole":
		if isRoleID(rolePart(by.Caller.PrincipalID)) {
			return hour // chained
		}
	}
	return consoleSession
}

// abroad is G4: the role is in another account than the session. Account
// numbers are opaque; one role id on both sides settles it.
func (f *frame) abroad(i *issuance) string {
	if !f.w.on(guardAccount) || !differ(callerAccount(f.id), i.roleAccount()) || f.sameRole(i) {
		return ""
	}
	return "account"
}

// sameRole reports whether both sides carry one role id.
func (f *frame) sameRole(i *issuance) bool {
	r := f.id.RoleID()
	return r != "" && r == i.roleID()
}

// contradicted is G5: both sides carry a role id, a user id or a session name,
// and they are not the same.
func (f *frame) contradicted(i *issuance) string {
	if !f.w.on(guardContradicted) {
		return ""
	}
	role := i.roleID()
	if role == "" {
		// Without a role the credentials are the caller's own
		// (GetSessionToken), or the call hides whose they are.
		user, mine := i.main().Caller.PrincipalID, f.id.PrincipalID
		if (isUserID(mine) || i.main().EventName == "GetSessionToken") && differ(rolePart(mine), rolePart(user)) {
			return "user-id"
		}
		return f.misnamed(i)
	}
	mine := f.id.RoleID()
	if mine == "" {
		mine = f.id.IssuerPrincipal
	}
	switch {
	case !differ(mine, role):
		return f.misnamed(i)
	case isUserID(mine):
		return "user-id"
	}
	return "role-id"
}

func (f *frame) misnamed(i *issuance) string {
	// Lambda asks for a name of its own and shows the function's (linkage.md 3.18).
	if strings.HasPrefix(i.sessionName(), "awslambda_") && i.main().Caller.InvokedBy == "lambda.amazonaws.com" {
		return ""
	}
	if differ(f.id.SessionName(), i.sessionName()) {
		return "session-name"
	}
	return ""
}

// dated is E1's own condition: the session was created when the key was issued.
// It holds off masks that look like keys.
func (f *frame) dated(i *issuance) string {
	cd := f.id.Created
	if !f.w.on(guardCreationDate) || cd.IsZero() || apart(cd, i.time()) <= 1 {
		return ""
	}
	return "creation-date"
}

// ownKey holds off a record that issued its caller's own key: placeholders do.
func (f *frame) ownKey(i *issuance) string {
	k := i.key()
	for _, by := range i.copies {
		if k != "" && by.Caller.AccessKeyID == k && f.w.on(guardOwnKey) {
			return "own-key"
		}
	}
	return ""
}

// guard asks all guards, the window of time last: a candidate that only time
// holds off makes the gap expired-window.
func (f *frame) guard(i *issuance, rule Rule) string {
	checks := [...]func() string{
		func() string { return f.denied(i) },
		func() string { return f.ownKey(i) },
		func() string {
			if rule == AccessKey {
				return f.dated(i)
			}
			return ""
		},
		func() string { return f.contradicted(i) },
		func() string { return f.abroad(i) },
		func() string { return f.early(i) },
		func() string { return f.expired(i, rule) },
	}
	for _, check := range checks {
		if why := check(); why != "" {
			return why
		}
	}
	return ""
}

// apart is how many seconds lie between two moments.
func apart(a, b cloudtrail.Time) cloudtrail.Time { return max(a, b) - min(a, b) }

// isMaskedAccount reports whether an account id names nobody.
func isMaskedAccount(account string) bool {
	return account == "ANONYMOUS_PRINCIPAL" || strings.EqualFold(account, "anonymous")
}
