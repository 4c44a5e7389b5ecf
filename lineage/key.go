package lineage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Key is an opaque string under which a store keeps facts. Only this package
// knows what keys mean.
type Key string

// The keys of linkage.md section 1. Each begins with the letter of its kind;
// what is empty makes no key, and "" is never looked up. A key only finds facts:
// whether they fit is for the rules to say, so no harm is done where a forged
// value holds the separator.
const keySep = "\x1f"

func key(kind, value string) Key {
	if value == "" {
		return ""
	}
	return Key(kind + value)
}

func key2(kind, a, b string) Key {
	if a == "" || b == "" {
		return ""
	}
	return Key(kind + a + keySep + b)
}

// keyIssued finds the issuance of an access key.
func keyIssued(accessKeyID string) Key { return key("k", accessKeyID) }

// keyMinted finds the CreateAccessKey that made a long-term key.
func keyMinted(accessKeyID string) Key { return key("m", accessKeyID) }

// keyRoleID finds issuances by the principal id of the session they made
// ("AROA…:name", for a federated user "account:name").
func keyRoleID(principalID string) Key { return key("t", principalID) }

// keyRoleName finds issuances by what was asked for.
func keyRoleName(roleARN, sessionName string) Key { return key2("r", roleARN, sessionName) }

// RoleKey finds all issuances of a role, by its ARN.
func RoleKey(roleARN string) Key { return keyRole(roleARN) }

// keyRole finds all issuances of a role.
func keyRole(roleARN string) Key { return key("r", roleARN) }

// keyShared finds the other accounts' copies of a call.
func keyShared(eventSource, sharedEventID string) Key { return key2("h", eventSource, sharedEventID) }

// keyRequest finds the copies of an issuance that share a request id only.
func keyRequest(eventSource, requestID string) Key { return key2("i", eventSource, requestID) }

// keyCaller finds what a caller handed out: by its principal id, by an access
// key of its, or by the id of the origin that its records name themselves.
func keyCaller(id string) Key { return key("c", id) }

// CallerKey finds what a caller handed out, by its principal id or an access key.
func CallerKey(id string) Key { return keyCaller(id) }

// keyCallerSession finds what one session handed out.
func keyCallerSession(principalID string, created cloudtrail.Time) Key {
	if created.IsZero() {
		return ""
	}
	return key2("c", principalID, strconv.FormatInt(int64(created), 10))
}

// keySignInSession finds the grant of a sign-in session, by its ARN or, at the
// Identity Center portal, by its credential id.
func keySignInSession(id string) Key { return key("s", id) }

// keySignInPrincipal finds sign-ins by the principal that signed in.
func keySignInPrincipal(principalID string) Key { return key("w", principalID) }

// keyPortal finds GetRoleCredentials calls.
func keyPortal(account, role string) Key { return key2("g", account, role) }

// keyDownstream finds the agent's event that names a request.
func keyDownstream(requestID string) Key { return key("q", requestID) }

// keyOriginal finds corrections to an event.
func keyOriginal(eventID string) Key { return key("o", eventID) }

// keyCorrections finds all corrections: they are few, so who resolves reads
// them once instead of asking for each event.
const keyCorrections Key = "o"

// keyUnique finds the names of a unique id.
func keyUnique(id string) Key { return key("p", id) }

// keyName finds unique ids by name, ARN or e-mail, however capitalised.
func keyName(name string) Key { return key("n", strings.ToLower(name)) }

// Keys are all the keys the fact is found by, each once.
func (f *Fact) Keys() []Key {
	k := make(keySet, 0, 10)
	switch f.Kind {
	case Issuance:
		k.add(keyIssued(f.Grant.AccessKeyID), keyRoleID(f.Grant.PrincipalID),
			keyRole(f.Request.RoleARN), keyRoleName(f.Request.RoleARN, f.Request.SessionName),
			f.sharedKey())
		// A service's own copy goes to an account of AWS's: nothing to join.
		if f.Caller.Type != "AWSService" {
			k.add(keyRequest(f.EventSource, f.RequestID))
		}
		k.addCaller(f)
	case SignIn:
		k.add(keySignInPrincipal(f.Caller.PrincipalID), keySignInSession(f.Detail.SignInSessionARN),
			keyCallerSession(f.Caller.PrincipalID, f.Caller.Created))
	case Copy:
		k.add(f.sharedKey())
	case Portal:
		k.add(keyPortal(f.Detail.Account, f.Detail.Role), keySignInSession(f.Caller.CredentialID))
		k.addCaller(f)
	case Downstream:
		for _, id := range f.Detail.Requests {
			k.add(keyDownstream(id))
		}
	case Name:
		k.add(keyUnique(f.Detail.ID), keyName(f.Detail.Name), keyName(f.Detail.ARN))
	case Correction:
		k.add(keyOriginal(f.Detail.ID), keyCorrections)
	case KeyMinted:
		k.add(keyMinted(f.Detail.Key))
		k.addCaller(f)
	case RoleChanged:
		k.addCaller(f)
	}
	return k
}

// sharedKey is "" for a service's calls: 4 of 5 records with a sharedEventID
// are such, and the other copy is not ours to see (linkage.md section 1).
func (f *Fact) sharedKey() Key {
	if f.Caller.Type == "AWSService" {
		return ""
	}
	return keyShared(f.EventSource, f.SharedEventID)
}

type keySet []Key

func (k *keySet) add(keys ...Key) {
	for _, key := range keys {
		if key != "" && !slices.Contains(*k, key) {
			*k = append(*k, key)
		}
	}
}

// addCaller adds the keys that lead down from the caller to the fact.
func (k *keySet) addCaller(f *Fact) {
	c := f.Caller
	k.add(keyCaller(c.PrincipalID), keyCallerSession(c.PrincipalID, c.Created), keyCaller(c.AccessKeyID))
	if c.OnBehalfOfUser != "" {
		k.add(originKeys(identityCenterOrigin(c).ID)...)
	}
	switch {
	case c.Type == "AWSService":
		k.add(keyCaller(c.InvokedBy))
	case c.PrincipalID != "" && (c.Type == "IAMUser" || c.Type == "AWSAccount"): // which is their origin's key
	default:
		k.add(originKeys(originID(namedOnRecord(c)))...)
	}
	k.add(originKeys(originID(grantOrigin(f)))...)
	if s := f.Request.SourceIdentity; s != "" {
		k.add(keyCaller("sourceIdentity:" + s))
	}
}

// originKeys are the keys of what an origin handed out itself, by [Origin.ID].
func originKeys(id string) []Key {
	kind, rest, ok := strings.Cut(id, ":")
	if !ok {
		return nil
	}
	switch kind {
	case "iam", "account":
		_, principal, _ := strings.Cut(rest, ":")
		return []Key{keyCaller(principal)}
	case "root", "service":
		return []Key{keyCaller(rest)}
	}
	return []Key{keyCaller(id)}
}

// IssuanceKeys are the keys that find what a call handed out, if it was one that
// hands out credentials, among the facts of its copies.
func (u *Use) IssuanceKeys() []Key {
	k := make(keySet, 0, 2)
	k.add(keyShared(u.EventSource, u.SharedEventID), keyRequest(u.EventSource, u.RequestID))
	return k
}
