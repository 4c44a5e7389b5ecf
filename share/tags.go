package share

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Path is where roles of grants are in IAM, so that one list finds them.
const Path = "/crosstrail/"

// Tags of a grant's role. What is wanted is told by them, what is granted by the
// role's policies: where the two differ, verify says so.
const (
	TagGrant   = "crosstrail:grant" // its id; a role without it is somebody else's
	TagShut    = "crosstrail:shut"  // RFC 3339: its trust was shut then, and its sessions were left to end
	tagTo      = "crosstrail:to"
	tagTrail   = "crosstrail:trail"
	tagBucket  = "crosstrail:bucket"
	tagRegion  = "crosstrail:region"
	tagPrefix  = "crosstrail:prefix"
	tagLogs    = "crosstrail:logs"
	tagSince   = "crosstrail:since"
	tagUntil   = "crosstrail:until"
	tagExpires = "crosstrail:expires"
	tagOrg     = "crosstrail:organization"
	tagPolicy  = "crosstrail:policy"
	tagMFA     = "crosstrail:mfa"
	tagExtID   = "crosstrail:external-id" // it is no secret (IAM User Guide, Access to third parties): the trust policy tells it too
	tagSession = "crosstrail:session-name"
	tagSeal    = "crosstrail:seal" // over the others: [Grant.seal]
)

// mostTag is how long a tag's value may be (IAM quotas).
const mostTag = 256

// tags are those of the grant's role.
func (g *Grant) tags() map[string]string {
	out := map[string]string{}
	set := func(name, value string) {
		value = encodeTag(value)
		for part := 1; value != "" || part == 1 && name == tagPrefix; part++ {
			n := min(len(value), mostTag)
			out[partName(name, part)], value = value[:n], value[n:]
		}
	}
	set(TagGrant, g.ID)
	set(tagTo, g.To)
	set(tagTrail, g.Trail)
	set(tagBucket, g.Bucket)
	set(tagRegion, g.Region)
	set(tagPrefix, g.Prefix)
	set(tagLogs, strings.ReplaceAll(g.Logs.String(), ",", " "))
	set(tagSince, g.Since.String())
	set(tagUntil, g.Until.String())
	if !g.Expires.IsZero() {
		set(tagExpires, g.Expires.UTC().Format(time.RFC3339))
	}
	set(tagOrg, g.Organization)
	set(tagPolicy, string(g.Policy))
	set(tagMFA, strconv.FormatBool(g.MFA))
	set(tagExtID, g.ExternalID)
	set(tagSession, g.SessionName)
	set(tagSeal, g.seal())
	return out
}

func partName(name string, part int) string {
	if part == 1 {
		return name
	}
	return name + "." + strconv.Itoa(part)
}

// grantOf reads back what tags wrote. Where that cannot be, or is not what was
// written, it is an error, and the grant what they say.
func grantOf(r *RoleState, partition, owner string) (*Grant, error) {
	get := func(name string) string {
		var b strings.Builder
		for part := 1; ; part++ {
			value, ok := r.Tags[partName(name, part)]
			if !ok {
				return decodeTag(b.String())
			}
			b.WriteString(value)
		}
	}
	g := &Grant{
		ID: cmp.Or(get(TagGrant), r.namedFor()), To: get(tagTo), Means: Role, Partition: partition, Owner: owner, Trail: get(tagTrail), Bucket: get(tagBucket), Region: get(tagRegion),
		Prefix: get(tagPrefix), Organization: get(tagOrg), Policy: Breadth(get(tagPolicy)), ExternalID: get(tagExtID), MFA: get(tagMFA) == "true", SessionName: get(tagSession),
	}
	var err error
	keep := func(name string, failed error) {
		if failed != nil {
			err = cmp.Or(err, fmt.Errorf("tag %s of role %s: %w", name, r.Name, failed))
		}
	}
	var failed error
	g.Logs, failed = ParseLogs(strings.ReplaceAll(get(tagLogs), " ", ","))
	keep(tagLogs, failed)
	for name, day := range map[string]*Day{tagSince: &g.Since, tagUntil: &g.Until} {
		if text := get(name); text != "" {
			*day, failed = ParseDay(text)
			keep(name, failed)
		}
	}
	if text := get(tagExpires); text != "" {
		g.Expires, failed = time.Parse(time.RFC3339, text)
		keep(tagExpires, failed)
	}
	if why := r.stray(g); why != "" {
		err = cmp.Or(err, errors.New(why))
	}
	if err == nil && get(tagSeal) != g.seal() {
		err = fmt.Errorf("its attributes were changed by somebody: the seal in the tags of role %s is not of the days, end, external id, MFA and whatever else they say", r.Name)
	}
	return g, err
}

// encodeTag writes what a tag may not hold (IAM: letters, digits, space and
// _.:/=+-@) as =XX, and = itself.
func encodeTag(value string) string {
	var b strings.Builder
	for _, c := range []byte(value) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(" _.:/+-@", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

func decodeTag(value string) string {
	var b strings.Builder
	for i := 0; i < len(value); i++ {
		if value[i] == '=' && i+2 < len(value) {
			if c, err := strconv.ParseUint(value[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(value[i])
	}
	return b.String()
}

// ourTag reports whether a tag is one that a grant's role carries.
func ourTag(name string) bool { return strings.HasPrefix(name, "crosstrail:") }
