package lineage

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Fingerprint is the hash of a record's link fields, with the number of those
// missing in the top byte: of two variants of one event the smaller is shown,
// the one with more link fields, then the lesser hash (linkage.md section 1).
// It is the same on every machine and in every run.
type Fingerprint uint64

// Missing is how many link fields the record lacks.
func (f Fingerprint) Missing() int { return int(f >> 56) }

// printer hashes fields one after another, each with its length, so that no two
// lists of fields run together. It is SHA-256 and nothing faster: two records of
// one event and one fingerprint count as one, so whoever can make two collide
// can have a forged record hide the true one. It costs about 150 ns a record,
// since the identity's fields are hashed once an identity, not once a record.
type printer struct {
	buf     []byte
	missing uint8
}

func (p *printer) text(s string) {
	if s == "" {
		p.missing++
	}
	p.buf = binary.AppendUvarint(p.buf, uint64(len(s)))
	p.buf = append(p.buf, s...)
}

func (p *printer) time(t cloudtrail.Time) {
	if t.IsZero() {
		p.missing++
	}
	p.buf = binary.AppendVarint(p.buf, int64(t))
}

// digest hashes the link fields of userIdentity.
func digest(id *Identity) (sum [16]byte, missing uint8) {
	var room [512]byte
	p := printer{buf: room[:0]}
	for _, s := range [...]string{
		id.Type, id.PrincipalID, id.ARN, id.AccountID, id.AccessKeyID, id.UserName,
		id.IdentityProvider, id.InvokedBy, id.OnBehalfOfUser, id.OnBehalfOfStore,
		id.InScopeType, id.InScopeARN, id.IssuerARN, id.SourceIdentity,
		id.EC2RoleDelivery, id.SignInSessionARN,
	} {
		p.text(s)
	}
	p.time(id.Created)
	if id.AssumedRoot {
		p.buf = append(p.buf, 1)
	} else {
		p.missing++
	}
	full := sha256.Sum256(p.buf)
	return [16]byte(full[:16]), p.missing
}

// fingerprint hashes the link fields of a record. Those of the request and the
// response are read only where the record may hand out credentials or tells of
// a sign-in; in any other record they count as missing.
func fingerprint(r *cloudtrail.Record, u *Use) Fingerprint {
	var room [448]byte
	p := printer{buf: room[:0], missing: u.Caller.Missing}
	p.time(u.Time)
	p.text(u.EventSource)
	p.text(u.EventName)
	p.text(u.ErrorCode)
	p.text(u.RequestID)
	p.text(u.SharedEventID)
	p.buf = append(p.buf, u.Caller.Digest[:]...)
	if c := classOf(r); c == issuing || c == signing {
		p.elements(r)
	} else {
		p.missing += elementFields
	}
	sum := sha256.Sum256(p.buf)
	return Fingerprint(p.missing)<<56 | Fingerprint(binary.BigEndian.Uint64(sum[:])>>8)
}

// elementFields is how many link fields [printer.elements] adds.
const elementFields = 11

func (p *printer) elements(r *cloudtrail.Record) {
	req, res := r.RequestParameters.Unquoted(), r.ResponseElements.Unquoted()
	for _, name := range [...]string{"roleArn", "roleSessionName", "externalId", "sourceIdentity", "targetPrincipal"} {
		p.text(req.Get(name).Text())
	}
	found := readGrants(res, !issuesByName(r))
	var first Grant
	if len(found) > 0 {
		first = found[0].Grant
	}
	p.text(first.AccessKeyID)
	p.time(first.Expires)
	p.text(first.PrincipalID)
	p.text(first.ARN)
	p.text(first.Subject)
	p.text(res.Get("ConsoleLogin").Text())
	for _, more := range found[min(1, len(found)):] {
		p.buf = binary.AppendUvarint(p.buf, uint64(len(more.AccessKeyID)))
		p.buf = append(p.buf, more.AccessKeyID...)
	}
}
