package digest

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// fetch reads a digest file and its metadata.
func (v *verifier) fetch(ctx context.Context, d *checked) {
	body, meta, err := v.archive.Open(ctx, d.Object)
	if err != nil {
		d.err = &readError{err}
		return
	}
	defer body.Close()
	for name, value := range meta {
		switch strings.ToLower(name) {
		case "signature":
			d.signature = value
		case "signature-algorithm":
			d.algorithm = value
		case "backfill-generation-timestamp":
			d.generated, _ = cloudtrail.ParseTime(value)
		}
	}
	if d.file, d.err = Read(body); d.file != nil {
		d.origin = d.file.Bucket
	}
}

// unreadable reports whether an error is the archive's, and not the file's.
func unreadable(err error) bool {
	_, ok := errors.AsType[*readError](err)
	return ok
}

// fault is one thing that is wrong with a digest.
type fault struct {
	kind Kind
	text string
}

// worst is the order of [Kind], so that one digest has one finding.
var worst = [...]Kind{
	DamagedDigest, ReplayedDigest, MovedDigest, WrongAlgorithm, UnknownKey, KeyOutOfTime, AlteredDigest, BadSignature, UnsignedDigest, SignatureReplaced,
}

// examine looks at one digest, in the light of what a newer one says of it.
func (p *place) examine(ctx context.Context, c *chain, d *checked) {
	if d.file == nil {
		p.noDigest(c, d)
		return
	}
	x := examination{p: p, d: d, link: c.link, vouched: c.vouched}
	x.location()
	x.algorithms()
	x.hash()
	x.check(ctx)
	p.conclude(c, &x)
}

// noDigest is a digest file that could not be read, or is none.
func (p *place) noDigest(c *chain, d *checked) {
	if unreadable(d.err) {
		p.v.failed(d.Object, d.err)
		p.v.count(func(n *Digests) { n.Unread++ })
		return
	}
	d.trust = bad
	p.v.find(Finding{
		Kind: DamagedDigest, Place: p.Place, Trail: c.of.name, Digest: d.URI, From: d.End - hour, Until: d.End,
		Text: "it is no digest file any more: " + d.err.Error(),
	})
	p.v.count(func(n *Digests) { n.Bad++ })
}

// examination is of one digest.
type examination struct {
	p       *place
	d       *checked
	link    *Previous
	vouched bool // link is by a digest that is good
	same    bool // the hash in link is that of this file
	signed  bool // its signature was checked, and is right
	faults  []fault
	why     Reason // it could not be checked
}

func (x *examination) fault(kind Kind, format string, args ...any) {
	x.faults = append(x.faults, fault{kind, fmt.Sprintf(format, args...)})
}

// location compares where the file is with where CloudTrail put it.
func (x *examination) location() {
	f, d := x.d.file, x.d
	if d.at(d.here(f.Bucket), f.Object) {
		if d.Bucket != "" && d.Bucket != f.Bucket {
			x.p.v.omit(Omission{
				Reason: Copied, Place: x.p.Place, Trail: d.Trail, Digests: 1, From: d.End, Until: d.End,
				Example: uriOf(f.Bucket, f.Object), Expected: true,
			})
		}
		x.p.origins[f.Bucket] = true
		return
	}
	if n, ok := ParseName(f.Object); ok && n.Account == d.Account && n.Region == d.Region && n.Trail == d.Trail && n.Home == d.Home && n.End != d.End {
		x.fault(ReplayedDigest, "it is the digest of %s, put in the place of another", n.End)
		return
	}
	x.fault(MovedDigest, "CloudTrail delivered it as %s", uriOf(f.Bucket, f.Object))
}

func (x *examination) algorithms() {
	f := x.d.file
	for _, a := range []string{f.SignatureAlgorithm, x.d.algorithm} {
		if a != SignatureAlgorithm && (a != "" || a == f.SignatureAlgorithm) {
			x.fault(WrongAlgorithm, "its signature is said to be by %.40q: CloudTrail's are by %s", a, SignatureAlgorithm)
			return
		}
	}
	if f.Previous != nil && f.Previous.HashAlgorithm != HashAlgorithm {
		x.fault(WrongAlgorithm, "the hash of the digest before is said to be by %.40q: CloudTrail's are by %s", f.Previous.HashAlgorithm, HashAlgorithm)
		return
	}
	for _, l := range f.Logs {
		if l.HashAlgorithm != HashAlgorithm {
			x.fault(WrongAlgorithm, "the hash of a log file is said to be by %.40q: CloudTrail's are by %s", l.HashAlgorithm, HashAlgorithm)
			return
		}
	}
}

// hash compares the file with the hash that the newer digest has of it. AWS says
// that it is "the hash of the previous digest file"; its own program does not look
// at it. Both readings prove the file, so either will do.
func (x *examination) hash() {
	if x.link == nil {
		return
	}
	f := x.d.file
	x.same = strings.EqualFold(x.link.Hash, hex.EncodeToString(f.Sum[:])) || strings.EqualFold(x.link.Hash, hex.EncodeToString(f.Packed[:]))
	switch {
	case x.same:
	case x.vouched:
		x.fault(AlteredDigest, "its hash is not the one that the next newer digest, which is genuine, has of it")
	default:
		x.fault(AlteredDigest, "its hash is not the one that the next newer digest has of it: one of the two was changed")
	}
}

// signatures are that of the metadata and, where it is another one, that of the
// next newer digest. None of them means that there is nothing to check.
func (x *examination) signatures() []string {
	d := x.d
	var all []string
	if d.signature != "" {
		all = append(all, d.signature)
	}
	if x.link != nil && x.link.Signature != "" && !strings.EqualFold(x.link.Signature, d.signature) {
		all = append(all, x.link.Signature)
	}
	// In a bucket the metadata is at hand: CloudTrail leaves no digest unsigned, and
	// who puts another one in its place would say nothing.
	const anew = "its metadata has no signature: somebody wrote it anew"
	switch bare := d.Bucket != "" && d.signature == ""; {
	case bare && len(all) == 0:
		x.fault(UnsignedDigest, anew)
	case bare:
		x.fault(SignatureReplaced, anew)
	case len(all) == 0:
		x.why = NoSignature
	}
	return all
}

// check checks the signature.
func (x *examination) check(ctx context.Context) {
	d := x.d
	signatures := x.signatures()
	around := d.file.End
	if d.Backfill {
		around = d.generated
	}
	switch {
	case len(signatures) == 0:
		return
	case d.Backfill && around.IsZero() && d.signature != "":
		x.fault(DamagedDigest, "it is a back-fill digest, and its metadata does not tell when it was made")
		return
	case x.p.v.keys == nil:
		x.why = NoKeys
		x.replaced(signatures, len(signatures)-1)
		return
	}
	key := x.key(ctx, around)
	if key == nil {
		return
	}
	signed := d.file.SigningString()
	right := slices.IndexFunc(signatures, func(s string) bool {
		bytes, err := hex.DecodeString(s)
		return err == nil && key.verify(signed, bytes) == nil
	})
	if x.signed = right >= 0; !x.signed {
		x.fault(BadSignature, "its signature is not of this file")
		return
	}
	x.replaced(signatures, right)
}

// key is the public key that the digest names, nil where there is none to check
// it with.
func (x *examination) key(ctx context.Context, around cloudtrail.Time) *PublicKey {
	d := x.d
	// What a genuine digest vouches for is genuine, whatever keys are at hand.
	certain := x.same && x.vouched
	key, err := x.p.v.keys.Key(ctx, d.Region, d.file.Fingerprint, around)
	switch {
	case errors.Is(err, ErrUnknownKey) && certain:
		return nil
	case errors.Is(err, ErrUnknownKey):
		x.fault(UnknownKey, "it is signed with the key %.80q, which is none of CloudTrail's in %s: somebody else signed it, or the keys at hand are not all", d.file.Fingerprint, d.Region)
		return nil
	case err != nil:
		x.why, x.d.cause = NoKeys, err.Error()
		return nil
	case !around.IsZero() && !key.covers(around) && !certain:
		x.fault(KeyOutOfTime, "it is signed with a key that was in use from %s to %s", key.From, key.Until)
	}
	return key
}

// replaced looks at two signatures that are not one. The right one of them is
// given; which is not known without a key, where the newer digest is believed.
func (x *examination) replaced(signatures []string, right int) {
	switch {
	case len(signatures) < 2:
	case right == 1:
		x.fault(SignatureReplaced, "the signature in its metadata is not the one that the next newer digest has of it")
	case x.same:
		x.fault(AlteredDigest, "its signature is not the one that the next newer digest has of it")
	}
}

// conclude makes one finding of all that is wrong, and settles the trust.
func (p *place) conclude(c *chain, x *examination) {
	d := x.d
	slices.SortStableFunc(x.faults, func(a, b fault) int {
		return slices.Index(worst[:], a.kind) - slices.Index(worst[:], b.kind)
	})
	harmless := func(f fault) bool { return f.kind == SignatureReplaced }
	switch {
	case slices.ContainsFunc(x.faults, func(f fault) bool { return !harmless(f) }):
		d.trust = bad
	case x.signed, x.same && x.vouched:
		d.trust = good
	}
	if len(x.faults) > 0 {
		f := Finding{Kind: x.faults[0].kind, Place: p.Place, Trail: c.of.name, Digest: d.URI, From: d.file.Start, Until: d.file.End}
		for i, fault := range x.faults {
			if i > 0 {
				f.Text += "; "
			}
			f.Text += fault.text
		}
		p.v.find(f)
	}
	if d.why = x.why; d.trust == unproved && d != c.newest {
		p.omitDigest(c, d)
	}
	p.v.count(func(n *Digests) {
		switch d.trust {
		case good:
			n.Verified++
		case bad:
			n.Bad++
		case unproved:
			n.Unchecked++
		}
		if p.v.options.OnDigest != nil {
			p.v.options.OnDigest(d.Object, d.file, d.trust == good)
		}
	})
}

// omitDigest notes a digest that nothing proves. Of the newest of a chain it is
// known once the others are.
func (p *place) omitDigest(c *chain, d *checked) {
	p.v.omit(Omission{
		Reason: d.why, Place: p.Place, Trail: c.of.name, Digests: 1, From: d.End, Until: d.End, Example: d.URI, Cause: d.cause,
		Expected: p.awaited(d),
	})
}
