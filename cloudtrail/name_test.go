package cloudtrail_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

func TestParseLogFileName(t *testing.T) {
	minute, _ := cloudtrail.ParseTime("2023-07-10T11:45:00Z")
	second, _ := cloudtrail.ParseTime("2023-07-10T11:45:59Z")
	const name = "111111111111_CloudTrail_us-east-1_20230710T1145Z_7xgocspSowgK0Gto.json.gz"
	whole := cloudtrail.LogFile{Kind: cloudtrail.LogFileKind, Account: "111111111111", Region: "us-east-1", Delivered: minute}
	with := func(f cloudtrail.LogFile, change func(*cloudtrail.LogFile)) cloudtrail.LogFile {
		change(&f)
		return f
	}
	org := with(whole, func(f *cloudtrail.LogFile) { f.Org = "o-exampleorgid" })
	kind := func(k cloudtrail.FileKind) cloudtrail.LogFile {
		return with(whole, func(f *cloudtrail.LogFile) { f.Kind = k })
	}
	digest := with(kind(cloudtrail.DigestFile), func(f *cloudtrail.LogFile) { f.Delivered = second })
	for uri, want := range map[string]cloudtrail.LogFile{
		name: whole,
		"s3://bucket/AWSLogs/111111111111/CloudTrail/us-east-1/2023/07/10/" + name:                      whole,
		"s3://bucket/a/b/AWSLogs/o-exampleorgid/111111111111/CloudTrail/us-east-1/2023/07/10/" + name:   org,
		"AWSLogs/999/CloudTrail/eu-west-1/AWSLogs/111111111111/CloudTrail/us-east-1/2023/07/10/" + name: whole,
		`C:\logs\AWSLogs\o-exampleorgid\111111111111\CloudTrail\us-east-1\2023\07\10\` + name:           org,
		"/renamed/AWSLogs/111111111111/CloudTrail/us-gov-west-1/2023/07/10/part-1.jsonl": {
			Kind: cloudtrail.LogFileKind, Account: "111111111111", Region: "us-gov-west-1",
		},
		"AWSLogs/1111111111111/CloudTrail/cn-north-1/2023/07/10/1111111111111_CloudTrail_cn-north-1_20230710T1145Z_a.json.gz": {
			Kind: cloudtrail.LogFileKind, Account: "1111111111111", Region: "cn-north-1", Delivered: minute,
		},
		"AWSLogs/111111111111/CloudTrail-Digest/us-east-1/2023/07/10/111111111111_CloudTrail-Digest_us-east-1_my_odd_trail_us-west-2_20230710T114559Z.json.gz": digest,
		"111111111111_CloudTrail-Digest_us-east-1_trail_us-west-2_20230710T114559Z_backfill.json.gz":                                                           digest,
		"AWSLogs/111111111111/CloudTrail-Insight/us-east-1/2023/07/10/111111111111_CloudTrail-Insight_us-east-1_20230710T1145Z_x.json.gz":                      kind(cloudtrail.InsightFile),
		"AWSLogs/111111111111/CloudTrail-NetworkActivity/us-east-1/2023/07/10/111111111111_CloudTrail-NetworkActivity_us-east-1_20230710T1145Z_x.json.gz":      kind(cloudtrail.NetworkActivityFile),
		"AWSLogs/111111111111/CloudTrail-Aggregated/us-east-1/2023/07/10/" + name:                                                                              kind(cloudtrail.AggregatedFile),
		"AWSLogs/111111111111/Config/us-east-1/2023/7/10/ConfigSnapshot/111111111111_Config_us-east-1_ConfigSnapshot_20230710T114559Z_x.json.gz": {
			Kind: cloudtrail.ForeignFile, Account: "111111111111",
		},
		"811596193553_CloudTrail_us-east-1-20200930T2200.json.gz": {Kind: cloudtrail.LogFileKind, Account: "811596193553"},
		"events.json":              {},
		"dir.gz/EVENTS.NDJSON.GZ":  {},
		"_CloudTrail_x_y.json":     {},
		"AWSLogs/events.jsonl":     {},
		"AWSLogs/o-x/events.json":  {Org: "o-x"},
		"AWSLogs/notes/a/b/c.json": {},
		"\xff\xff\xffİ.JSON.gz":    {},
		"README.md":                {Kind: cloudtrail.ForeignFile},
		"events":                   {Kind: cloudtrail.ForeignFile},
		"events.gz":                {Kind: cloudtrail.ForeignFile},
		"events.json.zip":          {Kind: cloudtrail.ForeignFile},
		"":                         {Kind: cloudtrail.ForeignFile},
		"///":                      {Kind: cloudtrail.ForeignFile},
		"-":                        {},
		"inline:0123":              {},
	} {
		want.URI = uri
		if diff := cmp.Diff(want, cloudtrail.ParseLogFileName(uri)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", uri, diff)
		}
	}
}

func FuzzParseLogFileName(f *testing.F) {
	f.Add("s3://b/p/AWSLogs/o-exampleorgid/111111111111/CloudTrail/us-east-1/2023/07/10/111111111111_CloudTrail_us-east-1_20230710T1145Z_7xgocspSowgK0Gto.json.gz")
	f.Add("111111111111_CloudTrail-Digest_us-east-1_trail_us-west-2_20230710T114559Z_backfill.json.gz")
	f.Add(`AWSLogs\1\CloudTrail`)
	f.Fuzz(func(t *testing.T, uri string) {
		got := cloudtrail.ParseLogFileName(uri)
		if got.URI != uri {
			t.Fatalf("URI is %q", got.URI)
		}
		for _, c := range got.Account {
			if c < '0' || c > '9' {
				t.Fatalf("account %q", got.Account)
			}
		}
		if got.Delivered != 0 && (got.Account == "" || got.Kind == cloudtrail.UnknownFile) {
			t.Fatalf("a stamp, and no CloudTrail name: %+v", got)
		}
	})
}
