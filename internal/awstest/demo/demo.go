// Package demo puts the organisation of crosstrail demo into an AWS of the tests:
// its accounts, its log files and their digest files in a bucket, and its event
// history. make aws-up shows it, and what the incident page says is tested on it.
package demo

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// What is where.
const (
	Bucket     = "acme-logs"
	Owner      = "333333333333" // of the bucket
	Management = "222222222222" // of the organisation
	Analysts   = "111111111111" // where the user analyst is
	ExternalID = "3414"         // of the role that reads the bucket
)

// Demo is what was put there.
type Demo struct {
	Role    string     // reads the bucket, with the external id
	Analyst aws.Config // may assume it, read the event history and list public keys
}

// Fill puts it there.
func Fill(t testing.TB, to *awstest.AWS) Demo {
	t.Helper()
	org := synth.Demo()
	to.Account(Management).Organization(t, "management", members(org))

	logs := to.Account(Owner).Bucket(t, Bucket)
	history := awstest.History{}
	for f := range org.Files() {
		logs.Put(t, awstest.Object{Key: f.Name, Body: f.Gzip()})
		for _, r := range f.Records {
			history.Records = append(history.Records, json.RawMessage(r))
		}
		if f.Delivered.After(history.Now) {
			history.Now = f.Delivered
		}
	}
	to.History(t, history)
	sign(t, to, logs, org)

	role := to.Account(Owner).Role(t, "LogReader", awstest.Trust(ExternalID, Analysts),
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],
		"Resource":["arn:aws:s3:::`+Bucket+`","arn:aws:s3:::`+Bucket+`/*"]},
		{"Effect":"Allow","Action":"cloudtrail:ListPublicKeys","Resource":"*"}]}`)
	analyst := to.Account(Analysts).User(t, "analyst", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+role+`"},
		{"Effect":"Allow","Action":["cloudtrail:LookupEvents","cloudtrail:ListPublicKeys"],"Resource":"*"}]}`)
	return Demo{Role: role, Analyst: analyst}
}

// members are the accounts that have names, but for the management account.
func members(org *synth.Org) map[string]string {
	all := map[string]string{}
	for _, a := range org.Names {
		if len(a.ID) == len(Management) && a.ID != Management && a.ID[0] <= '9' {
			all[a.ID] = a.Name
		}
	}
	return all
}

// validated is when the trail began to write digests: the records of 2016 are of
// before that.
var validated = time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)

// sign puts the digest files there, and the key to their signatures.
func sign(t testing.TB, to *awstest.AWS, logs *awstest.Bucket, org *synth.Org) {
	t.Helper()
	key := synth.SigningKey(3414)
	for _, d := range synth.Digests(org.Files(), synth.Trail{Bucket: Bucket, Key: key, From: validated}) {
		logs.Put(t, awstest.Object{Key: d.Name, Body: d.Gzip(), Metadata: d.Metadata})
	}
	to.PublicKeys(t, awstest.Region, awstest.PublicKey{Key: &key.PublicKey, Since: validated, Until: validated.AddDate(0, 1, 0)})
}
