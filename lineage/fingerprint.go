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

// printer lines fields up, each with its length, so that no two lists of fields
// run together, for SHA-256 to hash. It is that and nothing faster since two
// records of one event and one fingerprint count as one: whoever can make two
// collide can have a forged record hide the true one. It costs some 100 ns a
// record, as the identity's fields are hashed once an identity, not once a
// record, and the rest of most records fits two blocks.
//
// Its methods take and return it whole: the buffer then stays on the stack.
type printer struct {
	buf     []byte
	missing uint8
}

func (p printer) text(s string) printer {
	if s == "" {
		p.missing++
	}
	p.buf = binary.AppendUvarint(p.buf, uint64(len(s)))
	p.buf = append(p.buf, s...)
	return p
}

func (p printer) time(t cloudtrail.Time) printer {
	if t.IsZero() {
		p.missing++
	}
	p.buf = binary.LittleEndian.AppendUint64(p.buf, uint64(t))
	return p
}

// digest hashes the link fields of userIdentity.
func digest(id *Identity) (sum [16]byte, missing uint8) {
	var room [640]byte
	p := printer{buf: room[:0]}
	p = p.text(id.Type).text(id.PrincipalID).text(id.ARN).text(id.AccountID).text(id.AccessKeyID).text(id.UserName)
	p = p.text(id.IdentityProvider).text(id.InvokedBy).text(id.OnBehalfOfUser).text(id.OnBehalfOfStore)
	p = p.text(id.InScopeType).text(id.InScopeARN).text(id.IssuerARN).text(id.SourceIdentity)
	p = p.text(id.EC2RoleDelivery).text(id.SignInSessionARN).time(id.Created)
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
	var room [640]byte
	p := printer{buf: room[:0], missing: u.Caller.Missing}
	p.buf = append(p.buf, u.Caller.Digest[:]...)
	p = p.time(u.Time).text(u.EventSource).text(u.EventName)
	p = p.text(u.ErrorCode).text(u.RequestID).text(u.SharedEventID)
	if c := classOf(r); c == issuing || c == signing {
		p = p.elements(r)
	} else {
		p.missing += elementFields
	}
	sum := sha256.Sum256(p.buf)
	return Fingerprint(p.missing)<<56 | Fingerprint(binary.BigEndian.Uint64(sum[:])>>8)
}

// elementFields is how many link fields [printer.elements] adds.
const elementFields = 11

func (p printer) elements(r *cloudtrail.Record) printer {
	q := readRequest(r, false)
	p = p.text(q.RoleARN).text(q.SessionName).text(q.ExternalID).text(q.SourceIdentity).text(q.TargetPrincipal)
	res := r.ResponseElements.Unquoted()
	found := readGrants(res, !issuesByName(r))
	var first Grant
	if len(found) > 0 {
		first = found[0].Grant
	}
	p = p.text(first.AccessKeyID).time(first.Expires).text(first.PrincipalID).text(first.ARN).text(first.Subject)
	login := cloudtrail.JSON("")
	if r.EventName == "ConsoleLogin" {
		login = res.Get("ConsoleLogin")
	}
	p = p.text(login.Text())
	for _, more := range found[min(1, len(found)):] {
		p.buf = binary.AppendUvarint(p.buf, uint64(len(more.AccessKeyID)))
		p.buf = append(p.buf, more.AccessKeyID...)
	}
	return p
}
