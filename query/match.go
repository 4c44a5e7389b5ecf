package query

import (
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
)

// originIs reports whether asked is the origin's id, ARN, unique id, workload,
// name or e-mail. Names and e-mails are compared without regard to case.
func originIs(o *lineage.Origin, asked string) bool {
	if asked == "" {
		return false
	}
	if asked == o.ID || asked == o.ARN || asked == o.PrincipalID || strings.EqualFold(asked, o.Name) {
		return true
	}
	if o.Workload != "" && (asked == o.Workload || named(o.Workload, asked)) {
		return true
	}
	if strings.EqualFold(asked, o.ARN[strings.LastIndexByte(o.ARN, '/')+1:]) {
		return true
	}
	kind, rest, _ := strings.Cut(o.ID, ":")
	switch kind {
	case "saml", "oidc", "idc", "service", "sourceIdentity": // …:<subject>; a subject may hold colons
		at := len(rest) - len(asked)
		return at >= 0 && strings.EqualFold(rest[at:], asked) && (at == 0 || rest[at-1] == ':')
	}
	return false
}

// throughRole reports whether any session of the chain, or of who acted on its
// behalf, is one of the role asked for by name or ARN.
func throughRole(r *Row, c *lineage.Chain, asked string) bool {
	if isRole(r.Caller.IssuerARN, asked) && r.Caller.IssuerType == "Role" {
		return true
	}
	for i := range c.Hops {
		if isRole(c.Hops[i].RoleARN, asked) {
			return true
		}
	}
	for _, v := range c.Via {
		if v.Hop != nil && isRole(v.Hop.RoleARN, asked) {
			return true
		}
	}
	return false
}

// withKey reports whether a call was made with an access key, or a session on
// the way to it was: the key was issued for it, used in it, or asked for it.
func withKey(r *Row, c *lineage.Chain, key string) bool {
	if r.Caller.AccessKeyID == key || c.Origin != nil && c.Origin.AccessKeyID == key {
		return true
	}
	return slices.ContainsFunc(c.Hops, func(h lineage.Hop) bool { return hopHasKey(&h, key) }) ||
		slices.ContainsFunc(c.Via, func(v lineage.Via) bool { return v.Hop != nil && hopHasKey(v.Hop, key) })
}

func hopHasKey(h *lineage.Hop, key string) bool {
	if i := h.Issuance; i != nil && (i.Grant.AccessKeyID == key || i.Caller.AccessKeyID == key) {
		return true
	}
	return h.Proof.Use.Caller != nil && h.Proof.Use.Caller.AccessKeyID == key
}

// isRole compares a role's ARN with a name or an ARN. ARNs from STS leave the
// path out, those from IAM hold it: the same account and last part are a match.
func isRole(arn, asked string) bool {
	if arn == "" || asked == "" {
		return false
	}
	if arn == asked {
		return true
	}
	if !strings.HasPrefix(asked, "arn:") {
		return afterLast(arn, '/') == afterLast(asked, '/') && (!strings.Contains(asked, "/") || strings.HasSuffix(arn, ":"+asked) || strings.HasSuffix(arn, "/"+asked))
	}
	if !strings.Contains(asked, ":assumed-role/") {
		return false
	}
	role, _, _ := strings.Cut(asked[strings.Index(asked, ":assumed-role/")+len(":assumed-role/"):], "/")
	return afterLast(arn, '/') == role && accountOf(arn) == accountOf(asked)
}

// accountOf is the account in an ARN, "" where it has none.
func accountOf(arn string) string {
	if !strings.HasPrefix(arn, "arn:") {
		return ""
	}
	for range 4 {
		_, rest, ok := strings.Cut(arn, ":")
		if !ok {
			return ""
		}
		arn = rest
	}
	account, _, _ := strings.Cut(arn, ":")
	return account
}

// fromAccount reports whether the chain starts in, or passes on its way, an
// account that is wanted. Where nothing is known of the way, it is the caller's:
// of a session only where it acted in another account, for who began one need not
// be of the account it lives in.
func fromAccount(r *Row, c *lineage.Chain, wanted func(string) bool) bool {
	if c.Origin != nil && wanted(c.Origin.AccountID) {
		return true
	}
	for i := range c.Hops {
		if wanted(c.Hops[i].CallerAccountID) {
			return true
		}
	}
	return c.Origin == nil && (!isTemporary(r.Caller) || r.Caller.AccountID != r.ID.Recipient) && wanted(r.Caller.AccountID)
}

// named reports whether asked, as a whole part or several, stands in value: a
// table in arn:aws:dynamodb:…:table/ledger/index/day, a bucket in the ARN of
// its objects. What is no ARN itself is sought only in an ARN's resource part.
func named(value, asked string) bool {
	if asked == "" || len(asked) > len(value) {
		return false
	}
	if strings.HasPrefix(value, "arn:") && !strings.HasPrefix(asked, "arn:") {
		for range 5 {
			_, rest, ok := strings.Cut(value, ":")
			if !ok {
				break
			}
			value = rest
		}
	}
	for from := 0; from+len(asked) <= len(value); {
		i := strings.Index(value[from:], asked)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(asked)
		if (start == 0 || isBoundary(value[start-1]) || isBoundary(asked[0])) &&
			(end == len(value) || isBoundary(value[end]) || isBoundary(asked[len(asked)-1])) {
			return true
		}
		from = start + 1
	}
	return false
}

func isBoundary(c byte) bool { return c == '/' || c == ':' }
