package awstest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/crosstrail/crosstrail/internal/awstest"
)

func TestPublicKeys(t *testing.T) {
	stand := stack.Start(t)
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	march := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	key := awstest.PublicKey{Key: &private.PublicKey, Since: march, Until: march.AddDate(0, 1, 0)}
	stand.PublicKeys(t, "eu-west-1", key)
	for _, c := range []struct {
		region string
		at     time.Time
		want   int
	}{
		{"eu-west-1", march.AddDate(0, 0, 3), 1},
		{"eu-west-1", march.AddDate(0, 2, 0), 0},
		{"us-east-1", march.AddDate(0, 0, 3), 0},
	} {
		cfg := stand.Account(dev).Config()
		cfg.Region = c.region
		got, err := cloudtrail.NewFromConfig(cfg).ListPublicKeys(t.Context(), &cloudtrail.ListPublicKeysInput{StartTime: &c.at, EndTime: aws.Time(c.at.Add(time.Hour))})
		if err != nil || len(got.PublicKeyList) != c.want {
			t.Errorf("%s at %v: %v, %v", c.region, c.at, got, err)
			continue
		}
		for _, k := range got.PublicKeyList {
			read, err := x509.ParsePKCS1PublicKey(k.Value)
			if err != nil || !read.Equal(key.Key) || *k.Fingerprint != key.Fingerprint() || !k.ValidityStartTime.Equal(march) {
				t.Errorf("the key came back as %v, %v", k, err)
			}
		}
	}
}
