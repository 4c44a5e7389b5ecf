package share

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/crosstrail/crosstrail/share/policy"
)

// What AWS takes (IAM and STS quotas; S3, Bucket policies; KMS, Key policies).
const (
	MostTrust   = 2048
	MostInline  = 10240 // all inline policies of a role, white space not counted
	MostBucket  = 20 * 1024
	MostKey     = 32 * 1024
	MostManaged = 6144
)

// Characters is the size of a policy as IAM counts it.
func Characters(d *policy.Document) int {
	n := 0
	for _, c := range d.String() {
		if !unicode.IsSpace(c) {
			n++
		}
	}
	return n
}

// fit finds the scope that has room in the policies, the finest that has.
func (s *Surroundings) fit(g *Grant) (Scope, error) {
	if n := Characters(g.Trust()); g.Means == Role && n > MostTrust {
		return Scope{}, refuse("", "the trust policy would have %d characters, and IAM takes %d: the external id or the session name is too long", n, MostTrust)
	}
	var err error
	for grain := Days; grain <= Years; grain++ {
		scope := s.Scope(g, grain)
		if err = s.room(g, scope); err == nil {
			return scope, nil
		}
	}
	return Scope{}, err
}

func (s *Surroundings) room(g *Grant, scope Scope) error {
	if g.Means == Role {
		if d := g.Permissions(s, scope); d != nil && Characters(d) > MostInline {
			return refuse("split the accounts over several grants, to several roles of the reader, or --logs all", "the role's policy would have %d characters, and IAM takes %d", Characters(d), MostInline)
		}
	} else if n := len(s.Bucket.Policy.With(g.owns, g.BucketStatements(scope)...).String()); n > MostBucket {
		return &Refusal{Text: fmt.Sprintf("the bucket's policy would have %d bytes, and S3 takes %d", n, MostBucket), Hints: s.shorter(g)}
	}
	for i := range s.Keys {
		if k := &s.Keys[i]; g.needsKeyStatement(k) {
			if n := len(k.Policy.With(g.owns, g.KeyStatement()).String()); n > MostKey {
				return refuse("remove statements that nobody needs", "the policy of key %s would have %d bytes, and KMS takes %d", k.ARN, n, MostKey)
			}
		}
	}
	return nil
}

// shorter are the ways to a bucket policy that has room.
func (s *Surroundings) shorter(g *Grant) []string {
	if g.To == g.Organization {
		return []string{"take grants that others replace out of it (crosstrail share list, share revoke), or statements that nobody needs"}
	}
	hints := []string{"a role needs no room in it: --via role"}
	if g.Organization != "" && IsAccount(g.To) && g.meant(g.Logs).String() == "own" {
		hints = append(hints, "one pair of statements lets every account of the organisation read its own log files: --to-organization")
	}
	return hints
}

// regionOf is the region in an ARN.
func regionOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[3]
	}
	return ""
}
