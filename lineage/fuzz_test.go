package lineage_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// Whatever a record holds, reading it must not fail, must not carry its session
// token away, and must say the same of a copy.
func FuzzFacts(f *testing.F) {
	for _, c := range issuanceCases {
		f.Add(c.record)
	}
	for _, c := range otherCases {
		f.Add(c.record)
	}
	f.Add(sts("AssumeRole", `{"type":7,"principalId":["x"],"sessionContext":"y","onBehalfOf":null}`, `[1,{"roleArn":{}}]`, strings.Repeat(`{"a":[`, 40)+`"ASIA"`+strings.Repeat(`]}`, 40)))
	f.Add(sts("AssumeRole", alice, `{"tags":[7,{"key":{}}],"transitiveTagKeys":{"a":"b"},"durationSeconds":-1e9}`, `{"credentials":[`+strings.TrimPrefix(credentials, `"credentials":`)+`,{}],"assumedRoleUser":"AROA:x"}`))
	f.Fuzz(func(t *testing.T, text string) {
		var d cloudtrail.Decoder
		for r, err := range d.Records([]byte(text)) {
			if err != nil {
				continue
			}
			who := lineage.NewIdentity(&r.UserIdentity)
			use := lineage.NewUse(r, r.ID("1"), &who, lineage.Location{})
			facts := lineage.Facts(r, use)
			onlyNames := true
			for i := range facts {
				fact := &facts[i]
				onlyNames = onlyNames && fact.Kind == lineage.Name
				clone := fact.Clone()
				said := tell(clone)
				if said != tell(fact) {
					t.Fatalf("clone of %s says %s", tell(fact), said)
				}
				if strings.Contains(said, "SECRET") && !strings.Contains(strings.ReplaceAll(text, `"sessionToken":"SECRET"`, ""), "SECRET") {
					t.Fatalf("the session token left its record: %s", said)
				}
				for _, k := range clone.Keys() {
					if len(k) < 1 {
						t.Fatalf("an empty key of %s", said)
					}
				}
			}
			if lineage.AddsOnlyNames(r, &who) && !onlyNames {
				t.Fatalf("the record adds more than names: %s", r.Raw)
			}
			again := r.Clone()
			id := lineage.NewIdentity(&again.UserIdentity)
			if got := lineage.NewUse(again, again.ID("1"), &id, lineage.Location{}); got.Fingerprint != use.Fingerprint || id.SessionKey() != who.SessionKey() {
				t.Fatalf("a copy of the record reads otherwise")
			}
		}
	})
}
