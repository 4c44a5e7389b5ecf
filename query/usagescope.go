package query

import (
	"slices"
	"strings"
)

// covers reports whether a call is on nothing but what is granted, as far as that
// is known. A key decrypts for whoever reads, so that is not looked at.
func (g *Shared) covers(row *Row) bool {
	if g.Bucket == "" || len(row.Resources) == 0 || row.EventSource == "kms.amazonaws.com" && row.EventName == "Decrypt" {
		return true
	}
	if row.EventSource != "s3.amazonaws.com" || !aboutBucket(row, g.Bucket) {
		return false
	}
	if g.RoleARN == "" && !slices.Contains(statementCalls, row.EventName) {
		return false
	}
	for _, object := range objectsOf(row) {
		bucket, key, _ := strings.Cut(object, "/")
		if bucket != g.Bucket || g.Gets != nil && !matchesAny(g.Gets, key, callerAccount(row.Caller)) {
			return false
		}
	}
	return true
}

// statementCalls are the calls that the statements of a bucket's policy let through,
// s3:ListBucket below a prefix and s3:GetObject (S3 User Guide, "Required permissions
// for Amazon S3 API operations"). Who makes another one is let in by something else.
var statementCalls = []string{"GetObject", "HeadObject", "SelectObjectContent", "ListObjects", "ListObjectsV2"}

// lists reports whether a list of the keys below a prefix tells only of what is
// granted.
func (g *Shared) lists(prefix, account string) bool { return matchesAny(g.Lists, prefix, account) }

// matchesAny reports whether a value fits one of the patterns, for a caller of an
// account.
func matchesAny(patterns []string, value, account string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		return matches(strings.ReplaceAll(p, "${aws:PrincipalAccount}", account), value)
	})
}

// matches reports whether a value fits a pattern of a policy: * stands for any
// text, ? for one sign, and ${*}, ${?} and ${$} for themselves (IAM User Guide,
// "Policy variables").
func matches(pattern, value string) bool {
	var back, from int // where to go on behind the last *, once what followed it does not fit
	star := false
	p, v := 0, 0
	for v < len(value) || p < len(pattern) {
		sign, n := byte(0), 1
		if p < len(pattern) {
			if sign = pattern[p]; strings.HasPrefix(pattern[p:], "${") && len(pattern) > p+3 && pattern[p+3] == '}' {
				sign, n = pattern[p+2], 4
			}
		}
		switch {
		case n == 1 && sign == '*':
			p++
			back, from, star = p, v, true
			continue
		case p < len(pattern) && v < len(value) && (n == 1 && sign == '?' || sign == value[v]):
			p, v = p+n, v+1
			continue
		case !star || from >= len(value):
			return false
		}
		from++
		p, v = back, from
	}
	return true
}
