package share

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"strings"
)

// idLength is 60 bits: nobody makes two wants meet by chance.
const idLength = 12

// identify makes the id of a grant: a pure function of to, trail (the bucket, where
// there is none), means and logs.
func identify(to, trail string, means Means, logs Logs) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{"crosstrail grant", to, trail, string(means), logs.String()}, "\x00")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:idLength]
}

// identified reports whether a grant's id is that of whom, of what and how.
func (g *Grant) identified() bool {
	return g.ID == identify(g.To, cmp.Or(g.Trail, g.Bucket), g.Means, g.Logs)
}

// RoleName is the name of a grant's role: who reads is to be seen in a list.
func (g *Grant) RoleName() string {
	return "crosstrail-" + g.account() + "-" + g.ID
}

// RoleARN is the ARN of a grant's role; empty where it has none.
func (g *Grant) RoleARN() string {
	if g.Means != Role {
		return ""
	}
	return "arn:" + g.Partition + ":iam::" + g.Owner + ":role" + Path + g.RoleName()
}

// account is the reader's account; of an organisation its id.
func (g *Grant) account() string { return accountOf(g.To) }

// accountOf is the account of an account id or an ARN.
func accountOf(to string) string {
	if parts := strings.SplitN(to, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return to
}

// AccountOf is the account of whom a grant is for, an account id or the ARN of a
// user or role; empty of an organisation, and of what is no such text.
func AccountOf(to string) string {
	if account := accountOf(to); IsAccount(account) {
		return account
	}
	return ""
}

// Sid is the name of one of a grant's statements in a policy that others write
// to as well: Sids are letters and digits alone.
func (g *Grant) Sid(what string) string { return sidPrefix + g.ID + what }

const sidPrefix = "crosstrail"

// Ours tells a grant's id by a Sid, "" where it is not of one.
func Ours(sid string) (id string) {
	rest, ok := strings.CutPrefix(sid, sidPrefix)
	if !ok || len(rest) <= idLength || strings.Trim(rest[:idLength], "abcdefghijklmnopqrstuvwxyz234567") != "" || rest[idLength] < 'A' || rest[idLength] > 'Z' {
		return ""
	}
	return rest[:idLength]
}
