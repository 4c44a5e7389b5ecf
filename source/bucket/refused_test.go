package bucket_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/source/bucket"
)

const everything = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:ListBucket","s3:GetObject"],"Resource":"*"}]}`

// TestRefused: who may not read is told which permission is missing, and on what.
func TestRefused(t *testing.T) {
	stand := stack.Start(t)
	hub := stand.Account(owner)
	b := hub.Bucket(t, "trails")
	k := key("", orgID, member, "us-east-1", "2026-03-05T12:03")
	b.Put(t, objects(k)...)
	secret := hub.Bucket(t, "sealed")
	sealed := hub.Key(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+owner+`:root"},"Action":"kms:*","Resource":"*"}]}`)
	secret.Put(t, awstest.Object{Key: k, Body: logFile(k), KMSKey: sealed})
	gone := hub.Bucket(t, "payers")
	gone.RequesterPays(t)
	gone.Policy(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"`+member+`"},"Action":["s3:ListBucket","s3:GetObject"],"Resource":["arn:aws:s3:::payers","arn:aws:s3:::payers/*"]}]}`)
	gone.Put(t, objects(k)...)
	for _, c := range []struct {
		name, account, policy, uri string
		options                    bucket.Options
		opens                      bool // what is refused is the object
		want                       []string
	}{
		{"no bucket", owner, everything, "s3://nowhere-at-all", bucket.Options{}, false, []string{"s3://nowhere-at-all/", "there is no bucket nowhere-at-all"}},
		{"nothing there", owner, everything, b.URI("AWSlogs/"), bucket.Options{}, false, []string{"there is nothing under this prefix", "aws s3 ls s3://trails/AWSlogs"}},
		{"may not list", owner, awstest.Allow("arn:aws:s3:::trails/*", "s3:GetObject"), b.URI("AWSLogs/"), bucket.Options{}, false, []string{"s3://trails/AWSLogs/: refused", "s3:ListBucket", "arn:aws:s3:::trails"}},
		{"may list another prefix", owner, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"*","Condition":{"StringLike":{"s3:prefix":"other/*"}}}]}`, b.URI("AWSLogs/"), bucket.Options{}, false, []string{"s3:ListBucket"}},
		{"may not read", owner, awstest.Allow("arn:aws:s3:::trails", "s3:ListBucket"), b.URI(""), bucket.Options{}, true, []string{"cannot be opened: refused", "s3:GetObject", "arn:aws:s3:::trails/" + k}},
		{"may not use the key", owner, everything, secret.URI(""), bucket.Options{}, true, []string{"KMS key", sealed, "kms:Decrypt"}},
		{"does not pay", member, everything, gone.URI(""), bucket.Options{}, false, []string{"--request-payer requester"}},
		{"pays", member, everything, gone.URI(""), bucket.Options{RequesterPays: true}, true, []string{`{"Records":`}},
		{"may read one object and not list", owner, awstest.Allow("arn:aws:s3:::trails/*", "s3:GetObject"), b.URI(k), bucket.Options{}, true, []string{`{"Records":`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := stand.Account(c.account).User(t, strings.ReplaceAll(c.name, " ", "-"), c.policy)
			l, err := bucket.Open(t.Context(), cfg, c.uri, c.options)
			if (err == nil) != c.opens {
				t.Fatal(err)
			}
			text := ""
			if err != nil {
				text = err.Error()
			} else {
				all, err := read(t.Context(), l.Within())
				if err != nil || len(all) != 1 {
					t.Fatal(all, err)
				}
				for _, one := range all {
					text = one
				}
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("lacks %q: %s", want, text)
				}
			}
		})
	}
}

// TestLeastPolicy: a session with it reads what it is for, and nothing else.
func TestLeastPolicy(t *testing.T) {
	stand := stack.Start(t)
	hub := stand.Account(owner)
	b := hub.Bucket(t, "trails")
	k := key("team/", "", member, "us-east-1", "2026-03-05T12:03")
	b.Put(t, append(objects(k), objects("team-other/x.json.gz")...)...)
	role := hub.Role(t, "reader", awstest.Trust("", member), `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`)
	policy, err := bucket.LeastPolicy(role, b.URI("team/"))
	if err != nil {
		t.Fatal(err)
	}
	caller := stand.Account(member).User(t, "caller", awstest.Allow(role, "sts:AssumeRole"))
	cfg := stand.Assume(t, caller, role, withPolicy(policy))
	all, err := read(t.Context(), open(t, cfg, b.URI("team/"), bucket.Options{}).Within())
	if err != nil || !strings.HasPrefix(all[b.URI(k)], `{"Records":`) {
		t.Error(all, err)
	}
	for _, uri := range []string{b.URI(""), b.URI("team-other/")} {
		if _, err := bucket.Open(t.Context(), cfg, uri, bucket.Options{}); err == nil || !strings.Contains(err.Error(), "s3:ListBucket") {
			t.Errorf("%s: %v", uri, err)
		}
	}
	for partition, want := range map[string]string{"aws-cn": "s3.*.amazonaws.com.cn", "aws-us-gov": "arn:aws-us-gov:s3:::trails"} {
		policy, err := bucket.LeastPolicy("arn:"+partition+":iam::1:role/x", "s3://trails")
		if err != nil || !strings.Contains(policy, want) || !strings.Contains(policy, "arn:"+partition+":s3:::trails/*") {
			t.Error(policy, err)
		}
	}
	// What is a wildcard in a policy is a sign like any other in a key.
	if policy, err := bucket.LeastPolicy(role, "s3://trails/te*m?$/"); err != nil || !strings.Contains(policy, `"s3:prefix":["te${*}m${?}${$}/*"]`) {
		t.Error(policy, err)
	}
	var many []string
	for range 40 {
		many = append(many, b.URI("team/"))
	}
	if policy, err := bucket.LeastPolicy(role, many...); err != nil || len(policy) > 2048 {
		t.Errorf("%d characters: %v", len(policy), err)
	}
}
