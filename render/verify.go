package render

import (
	"io"
	"strconv"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
)

// Verification prints what holding log files to their digests came to: as JSON or
// CSV a flat row for the counts, each finding, each thing that was not checked,
// each chain of digests and each lost span, told apart by their kind.
func Verification(w io.Writer, r *digest.Report, form Form, style Style) error {
	e := NewEncoder(style)
	return kinds{
		objects: func(add func(func([]byte) []byte)) { e.verification(r, add) },
		csv:     func() []byte { return e.verificationCSV(r) },
		table:   func() error { return verificationTable(w, r, style) },
	}.print(w, form)
}

// The kinds of rows.
const (
	kindFiles     = "files"
	kindDigests   = "digests"
	kindFinding   = "finding"
	kindUnchecked = "unchecked"
	kindChain     = "chain"
	kindLost      = "lost"
)

func (e *Encoder) verification(r *digest.Report, add func(members func([]byte) []byte)) {
	add(func(dst []byte) []byte {
		dst = boolean(text(dst, "kind", kindFiles), "whole", r.Whole())
		dst = text(dst, "verdict", string(r.Verdict()))
		for s := range r.Files {
			dst = number(dst, stateWords[s], r.Files[s])
		}
		return number(dst, "findings", len(r.Findings)+r.More)
	})
	add(func(dst []byte) []byte {
		d := r.Digests
		dst = number(number(text(dst, "kind", kindDigests), "verified", d.Verified), "bad", d.Bad)
		return number(number(number(dst, "missing", d.Missing), "unchecked", d.Unchecked), "unread", d.Unread)
	})
	for _, f := range r.Findings {
		add(func(dst []byte) []byte {
			dst = text(text(dst, "kind", kindFinding), "finding", string(f.Kind))
			dst = text(e.placed(dst, f.Place.Account, f.Place.Region), "trail", f.Trail)
			dst = text(text(text(dst, "text", f.Text), "file", f.File), "digest", f.Digest)
			return moment(moment(dst, "from", f.From), "until", f.Until)
		})
	}
	for _, u := range r.Unchecked {
		add(func(dst []byte) []byte {
			dst = text(text(dst, "kind", kindUnchecked), "reason", string(u.Reason))
			dst = text(e.placed(dst, u.Place.Account, u.Place.Region), "trail", u.Trail)
			dst = number(number(dst, "files", u.Files), "digests", u.Digests)
			dst = moment(moment(dst, "from", u.From), "until", u.Until)
			return boolean(text(text(dst, "example", u.Example), "cause", u.Cause), "expected", u.Expected)
		})
	}
	for _, c := range r.Chains {
		add(func(dst []byte) []byte {
			dst = text(e.placed(text(dst, "kind", kindChain), c.Place.Account, c.Place.Region), "trail", c.Trail)
			return moment(moment(number(dst, "digests", c.Digests), "from", c.From), "until", c.Until)
		})
	}
	for _, l := range r.Lost {
		add(func(dst []byte) []byte {
			return moment(moment(e.placed(text(dst, "kind", kindLost), l.Account, l.Region), "from", l.From), "until", l.Until)
		})
	}
}

// stateWords are the states of log files, in their order.
var stateWords = [...]string{
	digest.Verified: "verified", digest.Altered: "altered", digest.Missing: "missing", digest.Unlisted: "unlisted",
	digest.Unchecked: "unchecked", digest.Unread: "unread",
}

var verificationColumns = []string{
	"kind", "finding", "reason", "accountId", "accountName", "region", "trail", "text", "file", "digest", "from", "until",
	"verified", "altered", "missing", "unlisted", "bad", "unchecked", "unread", "files", "digests", "example", "cause", "expected", "verdict",
}

func (e *Encoder) verificationCSV(r *digest.Report) []byte {
	dst := appendRow(nil, verificationColumns)
	add := func(kind string, at digest.Place, cells map[string]string) {
		cells["kind"], cells["accountId"], cells["accountName"], cells["region"] = kind, at.Account, e.names.Of(at.Account), at.Region
		dst = appendCells(dst, verificationColumns, cells)
	}
	files := map[string]string{"verdict": string(r.Verdict())}
	for s := range r.Files {
		files[stateWords[s]] = strconv.Itoa(r.Files[s])
	}
	add(kindFiles, digest.Place{}, files)
	d := r.Digests
	add(kindDigests, digest.Place{}, map[string]string{
		"verified": strconv.Itoa(d.Verified), "bad": strconv.Itoa(d.Bad), "missing": strconv.Itoa(d.Missing),
		"unchecked": strconv.Itoa(d.Unchecked), "unread": strconv.Itoa(d.Unread),
	})
	for _, f := range r.Findings {
		add(kindFinding, f.Place, map[string]string{
			"finding": string(f.Kind), "trail": f.Trail, "text": f.Text, "file": f.File, "digest": f.Digest, "from": f.From.String(), "until": f.Until.String(),
		})
	}
	for _, u := range r.Unchecked {
		add(kindUnchecked, u.Place, map[string]string{
			"reason": string(u.Reason), "trail": u.Trail, "files": strconv.Itoa(u.Files), "digests": strconv.Itoa(u.Digests),
			"from": u.From.String(), "until": u.Until.String(), "example": u.Example, "cause": u.Cause, "expected": strconv.FormatBool(u.Expected),
		})
	}
	for _, c := range r.Chains {
		add(kindChain, c.Place, map[string]string{"trail": c.Trail, "digests": strconv.Itoa(c.Digests), "from": c.From.String(), "until": c.Until.String()})
	}
	for _, l := range r.Lost {
		add(kindLost, digest.Place{Account: l.Account, Region: l.Region}, map[string]string{"from": l.From.String(), "until": l.Until.String()})
	}
	return dst
}
