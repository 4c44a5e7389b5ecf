package share

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"
)

// sealLength is 40 bits.
const sealLength = 8

// seal is made of what a grant asks for beside that of which its id is made. It
// stands with the grant, in a tag of its role or in the Sids of its statements, so
// that an edit of what is meant is found: without it, MFA or an end taken out of
// all statements at once, or out of the tags, would read back as never asked for.
//
// It finds edits, and is no protection: it has no secret, and who may write the
// policy or the tags, and knows how, can write another. That permission is the
// border.
func (g *Grant) seal() string {
	parts := []string{
		"crosstrail seal", g.ID, g.Bucket, g.Since.String(), g.Until.String(), "", g.Organization, string(g.Policy), g.ExternalID, strconv.FormatBool(g.MFA), g.SessionName,
	}
	if !g.Expires.IsZero() {
		parts[5] = g.Expires.UTC().Format(time.RFC3339)
	}
	if g.Means == Role { // whose tags say these too; of a statement the trail and the bucket do
		parts = append(parts, g.Prefix, g.Region)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:sealLength]
}
