package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/query"
)

// reportOf is a report with one text everywhere that a digest or a key may hold it.
func reportOf(text string) *digest.Report {
	at := digest.Place{Account: text, Region: text}
	return &digest.Report{
		Findings:  []digest.Finding{{Kind: digest.AlteredFile, Place: at, Trail: text, Text: text, File: text, Digest: text, From: 1, Until: 2}},
		Unchecked: []digest.Omission{{Reason: digest.NoKeys, Place: at, Trail: text, Digests: 1, From: 1, Until: 2, Example: text, Cause: text}},
		Chains:    []digest.Chain{{Place: at, Trail: text, Digests: 1, From: 1, Until: 2}},
		Lost:      []digest.Lost{{Account: text, Region: text, From: 1, Until: 2}},
	}
}

// What a digest says is as hostile as a log: no form of a report lets any of it
// reach a terminal or a spreadsheet as it is.
func TestVerificationOfHostileText(t *testing.T) {
	for _, text := range hostile {
		r := reportOf(text)
		for _, form := range []Form{Table, JSON, JSONL, CSV} {
			var b bytes.Buffer
			if err := Verification(&b, r, form, Style{}); err != nil {
				t.Fatal(err)
			}
			if i := strings.IndexFunc(b.String(), func(c rune) bool { return c != '\n' && hidden(c) }); i >= 0 {
				t.Errorf("%s of %q: %q", form, text, b.String()[i:])
			}
			switch form {
			case JSON:
				var rows []map[string]any
				if err := json.Unmarshal(b.Bytes(), &rows); err != nil || len(rows) != 6 {
					t.Errorf("JSON of %q: %v, %d rows", text, err, len(rows))
				}
			case CSV:
				rows, err := csv.NewReader(&b).ReadAll()
				if err != nil || len(rows) != 7 {
					t.Errorf("CSV of %q: %v, %d rows", text, err, len(rows))
				}
			}
		}
	}
}

// Every kind of finding and every reason has a meaning for people.
func TestVerificationMeanings(t *testing.T) {
	kinds := []digest.Kind{
		digest.AlteredFile, digest.MissingFile, digest.UnlistedFile, digest.ListedTwice, digest.DamagedDigest, digest.ReplayedDigest, digest.MovedDigest,
		digest.WrongAlgorithm, digest.UnknownKey, digest.KeyOutOfTime, digest.AlteredDigest, digest.BadSignature, digest.UnsignedDigest, digest.MissingDigest,
		digest.UnlinkedDigest, digest.SignatureReplaced, digest.Gap, digest.ChainEnded, digest.WithoutDigests,
	}
	reasons := []digest.Reason{
		digest.NoDigests, digest.BeforeFirst, digest.BehindNewest, digest.InGap, digest.DigestDoubt, digest.Elsewhere, digest.Copied, digest.NoSignature,
		digest.NoKeys, digest.Nameless, digest.NotCollected, digest.EndEarly, digest.BeginLate,
	}
	r := &digest.Report{}
	for _, k := range kinds {
		r.Findings = append(r.Findings, digest.Finding{Kind: k, File: "the file of " + string(k), Text: "so it is"})
	}
	for _, reason := range reasons {
		r.Unchecked = append(r.Unchecked, digest.Omission{Reason: reason, Files: 2, Example: "x"})
	}
	var b bytes.Buffer
	if err := Verification(&b, r, Table, Style{Names: &query.Names{}}); err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		if !strings.Contains(b.String(), "! "+string(k)+"  1\n") || !strings.Contains(b.String(), "the file of "+string(k)+"\n") {
			t.Errorf("%s is not told", k)
		}
	}
	for _, reason := range reasons {
		if !strings.Contains(b.String(), "\n  "+string(reason)+"  2 log files\n") {
			t.Errorf("%s is not told", reason)
		}
	}
}
