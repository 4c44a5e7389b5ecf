package query

import (
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
)

// standing is whether a caller is whom a bucket policy's statement lets in.
type standing uint8

// What is proved of it.
const (
	someoneElse standing = iota
	perhaps              // nothing tells, and nothing speaks against it
	granted
)

// standing tells it by the record and its chain. Of another account's caller S3
// logs no more than the unique id: AIDA… is a user's and no role's, AROA… a role's
// and no user's (IAM User Guide, "IAM identifiers"), and whose it is tells nothing
// but a record that has the name beside it.
func (b *usageBook) standing(g *Shared, l Line) standing {
	id := l.Row.Caller
	switch {
	case !g.mayBe(id):
		return someoneElse
	case strings.HasPrefix(g.To, "AIDA") || strings.HasPrefix(g.To, "AROA"): // a policy's principal, of which the user or role is gone
		return standingOf(id.RoleID(), g.To)
	case !strings.HasPrefix(g.To, "arn:") || strings.HasSuffix(g.To, ":root"):
		if g.Reader() == "" && g.Members == nil || g.Reader() == g.Owner {
			return perhaps // who is a member is not known; and in the owner's account its own policies let in, too
		}
		return granted
	case isRootUser(id):
		return someoneElse
	case strings.Contains(g.To, ":role/"):
		if strings.HasPrefix(id.PrincipalID, "AIDA") || id.Type == "IAMUser" || id.Type == "FederatedUser" {
			return someoneElse
		}
		return standingOf(shortRole(b.roleOf(l)), shortRole(g.To))
	case strings.HasPrefix(id.PrincipalID, "AROA") || id.IssuerType == "Role":
		return someoneElse
	case id.Type == "FederatedUser": // what it may is cut down by the policy of its session
		if id.IssuerARN != "" && id.IssuerARN != g.To {
			return someoneElse
		}
		return perhaps
	}
	return standingOf(b.userOf(l), g.To)
}

// standingOf compares who somebody is with who is let in; "" is not known.
func standingOf(who, to string) standing {
	switch who {
	case "":
		return perhaps
	case to:
		return granted
	}
	return someoneElse
}

// isRootUser reports whether a caller is an account's root user, whose principal
// id is the account.
func isRootUser(id *lineage.Identity) bool {
	return id.Type == "Root" || id.PrincipalID != "" && id.PrincipalID == id.AccountID && id.ARN == ""
}

// roleOf is the ARN of the role that a caller is a session of, of its role or its
// session; "" where nothing proves it. What a chain leads through counts where it
// speaks of that same role's unique id.
func (b *usageBook) roleOf(l Line) string {
	id := l.Row.Caller
	if arn := issuerRole(id); arn != "" {
		return arn
	}
	if strings.Contains(id.ARN, ":assumed-role/") || strings.Contains(id.ARN, ":role/") {
		return id.ARN
	}
	if hop := acting(l.Chain); hop != nil && id.PrincipalID != "" && strings.HasPrefix(hop.ID, id.RoleID()+":") {
		return hop.RoleARN
	}
	return b.named[id.RoleID()]
}

// userOf is the ARN of the user that a caller is, likewise.
func (b *usageBook) userOf(l Line) string {
	id := l.Row.Caller
	if id.ARN != "" {
		return id.ARN
	}
	if o := l.Chain.Origin; o != nil && o.ARN != "" && id.PrincipalID != "" && o.PrincipalID == id.PrincipalID {
		return o.ARN
	}
	return b.named[id.RoleID()]
}

// shortRole is account/name of a role, by its ARN or its session's: in an account
// there is but one of a name, whatever its path (IAM API Reference, CreateRole).
func shortRole(arn string) string {
	if arn == "" {
		return ""
	}
	if _, session, ok := strings.Cut(arn, ":assumed-role/"); ok {
		name, _, _ := strings.Cut(session, "/")
		return accountOf(arn) + "/" + name
	}
	return accountOf(arn) + "/" + afterLast(arn, '/')
}

// learnName notes the name that a caller's record has beside a unique id. An id
// with two tells of neither.
func (b *usageBook) learnName(id *lineage.Identity) {
	note := func(unique, arn string) {
		if unique == "" || arn == "" {
			return
		}
		if was, ok := b.named[unique]; ok && was != arn {
			arn = ""
		} else if !ok && len(b.named) >= mostDistinct {
			return
		}
		b.named[unique] = arn
	}
	if id.IssuerType == "Role" {
		note(id.IssuerPrincipal, id.IssuerARN)
	}
	if strings.HasPrefix(id.PrincipalID, "AIDA") && strings.Contains(id.ARN, ":user/") {
		note(id.PrincipalID, id.ARN)
	}
}
