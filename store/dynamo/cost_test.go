package dynamo

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// chained is an AssumeRole by the nth session of a chain, which makes the next.
func chained(n int) string {
	by := fmt.Sprintf(`"type":"AssumedRole","principalId":"AROAEXAMPLEROLE000%03[1]d:s%[1]d","arn":"arn:aws:sts::111111111111:assumed-role/r%[1]d/s%[1]d","accountId":"111111111111","accessKeyId":"ASIAEXAMPLE000000%03[1]d",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEROLE000%03[1]d","arn":"arn:aws:iam::111111111111:role/r%[1]d","accountId":"111111111111","userName":"r%[1]d"},"attributes":{"creationDate":"2026-01-02T09:00:%02[1]dZ","mfaAuthenticated":"false"}}`, n)
	if n == 0 {
		by = `"type":"IAMUser","principalId":"AIDAEXAMPLEUSERALICE1","arn":"arn:aws:iam::111111111111:user/alice","accountId":"111111111111","accessKeyId":"AKIAEXAMPLEALICE0001","userName":"alice"`
	}
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{%[2]s},"eventTime":"2026-01-02T09:00:%02[1]dZ","eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.15.30 md/Botocore#2.4 ua/2.0 os/linux#6.1 md/arch#x86_64 lang/python#3.11",`+
		`"requestParameters":{"roleArn":"arn:aws:iam::111111111111:role/r%[1]d","roleSessionName":"s%[1]d","durationSeconds":3600},`+
		`"responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLE000000%03[1]d","sessionToken":"IQoJ%[3]s","expiration":"Jan 2, 2026, 11:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLEROLE000%03[1]d:s%[1]d","arn":"arn:aws:sts::111111111111:assumed-role/r%[1]d/s%[1]d"}},`+
		`"requestID":"%08[1]x-0000-4000-8000-000000000001","eventID":"%08[1]x-0000-4000-8000-00000000000a","readOnly":true,"resources":[{"accountId":"111111111111","type":"AWS::IAM::Role","ARN":"arn:aws:iam::111111111111:role/r%[1]d"}],"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"111111111111","eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"sts.us-east-1.amazonaws.com"}}`,
		n+1, by, strings.Repeat("x", 600))
}

// called is a call of the last session of the chain.
func called(n int) string {
	return fmt.Sprintf(`{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROAEXAMPLEROLE000003:s3","arn":"arn:aws:sts::111111111111:assumed-role/r3/s3","accountId":"111111111111","accessKeyId":"ASIAEXAMPLE000000003",`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLEROLE000003","arn":"arn:aws:iam::111111111111:role/r3","accountId":"111111111111","userName":"r3"},"attributes":{"creationDate":"2026-01-02T09:00:03Z","mfaAuthenticated":"false"}}},`+
		`"eventTime":"2026-01-02T09:%02[2]d:%02[3]dZ","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.7","userAgent":"[aws-sdk-go-v2/1.30.0 os/linux lang/go#1.22.2 md/GOOS#linux md/GOARCH#amd64 api/s3#1.53.1]","requestParameters":{"bucketName":"acme-reports","Host":"acme-reports.s3.us-east-1.amazonaws.com","key":"2026/01/02/report-%[1]d.parquet"},"responseElements":null,`+
		`"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"%064[1]d","bytesTransferredOut":4096},"requestID":"%016[1]X","eventID":"%08[1]x-0000-4000-8000-00000000000b","readOnly":true,`+
		`"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::acme-reports/2026/01/02/report-%[1]d.parquet"},{"accountId":"111111111111","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::acme-reports"}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111111111111","eventCategory":"Data","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"acme-reports.s3.us-east-1.amazonaws.com"}}`,
		n, 1+n/60%50, n%60)
}

// TestCosts: how many read units typical questions take, as docs/cost.md tells them.
// The table has a chain of three hops, at its end a session with 250 calls.
func TestCosts(t *testing.T) {
	cfg := awstest.StartTables(t).Config()
	w := fresh(t, cfg, Options{Write: true})
	records := []string{chained(0), chained(1), chained(2)}
	for n := range 250 {
		records = append(records, called(n))
	}
	add(t, w, logFile(firstFile, records...))
	table := "| question | found | read units |\n|---|---|---|\n"
	for _, test := range []struct {
		name string
		most float64
		ask  func(r *Store, resolver *lineage.Resolver) (int, error)
	}{
		{"who EVENT, three hops up", 20, func(r *Store, resolver *lineage.Resolver) (int, error) {
			a, err := query.Who(t.Context(), r, resolver, "00000007-0000-4000-8000-00000000000b")
			if err == nil && len(a.Answers[0].Chain.Hops) != 3 {
				t.Errorf("%d hops", len(a.Answers[0].Chain.Hops))
			}
			return 1, err
		}},
		{"who KEY of a session with 250 calls", 160, func(r *Store, resolver *lineage.Resolver) (int, error) {
			a, err := query.Who(t.Context(), r, resolver, "ASIAEXAMPLE000000003")
			return len(a.Answers), err
		}},
		{"who KEY that made one call", 20, func(r *Store, resolver *lineage.Resolver) (int, error) {
			a, err := query.Who(t.Context(), r, resolver, "ASIAEXAMPLE000000002")
			return len(a.Answers), err
		}},
		{"events of a session with 250 calls", 150, func(r *Store, _ *lineage.Resolver) (int, error) {
			return count(r.Rows(t.Context(), query.Selection{Principals: []string{"AROAEXAMPLEROLE000003"}}))
		}},
		{"calls of a principal, for its chains", 150, func(r *Store, _ *lineage.Resolver) (int, error) {
			uses, err := r.Uses(t.Context(), "AROAEXAMPLEROLE000003:s3", 0, 0)
			return len(uses), err
		}},
		{"253 events of a day, in order", 60, func(r *Store, _ *lineage.Resolver) (int, error) {
			return count(r.Rows(t.Context(), query.Selection{}))
		}},
		{"the newest event", 15, func(r *Store, _ *lineage.Resolver) (int, error) {
			for _, err := range r.Rows(t.Context(), query.Selection{Newest: true}) {
				return 1, err
			}
			return 0, nil
		}},
		{"the table as a source", 50, func(r *Store, _ *lineage.Resolver) (int, error) {
			from := r.Source()
			for n := 0; ; n++ {
				if _, err := from.Next(t.Context()); err != nil {
					return n, nil
				}
			}
		}},
	} {
		r := opened(t, cfg, w.table, Options{})
		spans, err := r.Spans(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n, err := test.ask(r, lineage.NewResolver(r, lineage.NewHorizon(spans)))
		if err != nil || n == 0 {
			t.Errorf("%s: %d, %v", test.name, n, err)
		}
		c := r.Spent()
		table += fmt.Sprintf("| %s | %d | %.0f |\n", test.name, n, math.Ceil(c.Units))
		if c.Units > test.most || c.Units == 0 {
			t.Errorf("%s takes %.1f units, of %.0f at most", test.name, c.Units, test.most)
		}
	}
	holdPage(t, "reads", table)
	otherDays(t, cfg, w)
}

// otherDays: days that are not asked for are not read.
func otherDays(t *testing.T, cfg aws.Config, w *Store) {
	t.Helper()
	var days []item
	for n := range 600 {
		account := fmt.Sprintf("%012d", n)
		days = append(days, daysItem(&lineage.Use{ID: cloudtrail.ID{Recipient: account}, Time: cloudtrail.Time(n * 86400)}))
	}
	if err := w.putAll(t.Context(), days); err != nil {
		t.Fatal(err)
	}
	r := opened(t, cfg, w.table, Options{})
	const later = 700 * 86400
	n, err := count(r.Rows(t.Context(), query.Selection{Since: later, Until: later + 86400}))
	if c := r.Spent(); n != 0 || err != nil || c.Units > 1 {
		t.Errorf("a day without events: %d, %v, for %.1f units", n, err, c.Units)
	}
	// How much all of it would be is worked out where somebody is asked.
	d, err := r.countDays(t.Context())
	if c := r.Spent(); d != 601 || err != nil || c.Units < 5 {
		t.Errorf("%d days, %v, for %.1f units", d, err, c.Units)
	}
}

func count(rows func(func(*query.Row, error) bool)) (n int, err error) {
	for _, err := range rows {
		if n++; err != nil {
			return n, err
		}
	}
	return n, nil
}
