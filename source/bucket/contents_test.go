package bucket

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// listedXML is what encoding/xml makes of a list's answer.
type listedXML struct {
	Contents []struct{ Key, ETag, StorageClass, Size string }
	Token    string `xml:"NextContinuationToken"`
}

// TestContents: what is taken out of an answer and what is left of it are together
// what an XML reader finds in it.
func TestContents(t *testing.T) {
	const one = `<Contents><Key>a%20b</Key><LastModified>2026-03-05T00:00:00.000Z</LastModified><ETag>&quot;0123&quot;</ETag><Size>12</Size><Owner><ID>1</ID></Owner><StorageClass>GLACIER</StorageClass></Contents>`
	for name, c := range map[string]struct {
		body  string
		taken int
	}{
		"S3's own":      {`<?xml version="1.0"?><ListBucketResult xmlns="x"><Name>b</Name>` + one + `<NextContinuationToken>t</NextContinuationToken>` + one + `</ListBucketResult>`, 2},
		"spaced":        {"<ListBucketResult>\n  <Contents>\n    <Key>k</Key>\n  </Contents>\n</ListBucketResult>", 1},
		"escaped":       {`<ListBucketResult><Contents><Key>&lt;&amp;&#10;&#x1F600;é</Key></Contents></ListBucketResult>`, 1},
		"none":          {`<ListBucketResult><NextContinuationToken>t</NextContinuationToken></ListBucketResult>`, 0},
		"a comment":     {`<ListBucketResult><!-- <Contents><Key>no</Key></Contents> -->` + one + `</ListBucketResult>`, 0},
		"CDATA":         {`<ListBucketResult><Contents><Key><![CDATA[<Key>]]></Key></Contents></ListBucketResult>`, 0},
		"with a prefix": {`<s:ListBucketResult xmlns:s="x"><s:Contents><s:Key>k</s:Key></s:Contents></s:ListBucketResult>`, 0},
		"no number":     {`<ListBucketResult><Contents><Key>k</Key><Size>many</Size></Contents></ListBucketResult>`, 0},
		"no key":        {`<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var want, left listedXML
			rest, taken := cutContents([]byte(c.body))
			if err := xml.Unmarshal([]byte(c.body), &want); err != nil {
				t.Fatal(err)
			}
			if err := xml.Unmarshal(rest, &left); err != nil {
				t.Fatalf("%s: %v", rest, err)
			}
			if len(taken) != c.taken || len(taken)+len(left.Contents) != len(want.Contents) || left.Token != want.Token {
				t.Fatalf("%d taken, %+v left of %+v", len(taken), left, want)
			}
			for i, o := range taken {
				w := want.Contents[i]
				if aws.ToString(o.Key) != w.Key || aws.ToString(o.ETag) != w.ETag || string(o.StorageClass) != w.StorageClass || w.Size != "" && aws.ToInt64(o.Size) != 12 {
					t.Errorf("%+v, want %+v", o, w)
				}
			}
		})
	}
	cut := `<ListBucketResult>` + one + `<Contents><Key>k`
	if rest, taken := cutContents([]byte(cut)); taken != nil || string(rest) != cut {
		t.Errorf("of an answer that was cut %d objects are taken", len(taken))
	}
}

func BenchmarkContents(b *testing.B) {
	body := []byte(`<ListBucketResult>` + strings.Repeat(`<Contents><Key>AWSLogs/o-a1b2c3d4e5/100000000000/CloudTrail/us-east-1/2026/03/05/100000000000_CloudTrail_us-east-1_20260305T1203Z_0123456789abcdef.json.gz</Key><LastModified>2026-03-05T00:00:00.000Z</LastModified><ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag><Size>2000</Size><StorageClass>STANDARD</StorageClass></Contents>`, 1000) + `</ListBucketResult>`)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		cutContents(body)
	}
}
