package demo

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// What docs/deploy.md begins with, beside Production and Development.
const (
	ProductionLogs = "prod-logs"   // the bucket of Production's trail
	Inventory      = "inventory"   // a queue that the bucket tells of what is put below inventory/
	vendorLogs     = "vendor-logs" // the bucket of the third party's own trail
)

// Deploying makes ready what docs/deploy.md begins with: three accounts, each with a
// trail; in Production's bucket log files of yesterday, and a notice that somebody else
// wants. It gives back profiles, as text:
//
//	prod    an administrator of Production
//	dev     jsmith, who is one of Development
//	vendor  alice, who is one of a third party's account, Outsider
//
// Each has two regions enabled, so that a spoke is made quickly.
func Deploying(t testing.TB, to *awstest.AWS) (config string) {
	t.Helper()
	prod := to.Account(Production)
	logs := trailed(t, prod, ProductionLogs)
	inventory := prod.Queue(t, Inventory)
	inventory.Policy(t, statements(mayBy("s3.amazonaws.com", "arn:aws:s3:::"+ProductionLogs, "sqs:SendMessage", inventory.ARN)))
	logs.Notify(t, awstest.Notice{Queue: inventory, Prefix: "inventory/"})
	for f := range synth.Demo().Files() {
		if strings.HasPrefix(f.Name, "AWSLogs/"+Production+"/") {
			logs.Put(t, awstest.Object{Key: yesterdays(f.Name), Body: f.Gzip()})
		}
	}
	trailed(t, to.Account(Development), "dev-logs")
	trailed(t, to.Account(Outsider), vendorLogs)
	for _, p := range []struct{ name, account, user string }{
		{"prod", Production, "prod-admin"}, {"dev", Development, "jsmith"}, {"vendor", Outsider, "alice"},
	} {
		account := to.Account(p.account)
		account.Regions(t, awstest.Region, "eu-west-1")
		config += profile(t, p.name, to.Endpoint, account.User(t, p.user, all))
	}
	return config
}

// trailed is a bucket to which a trail of its account writes.
func trailed(t testing.TB, account awstest.Account, name string) *awstest.Bucket {
	t.Helper()
	b := account.Bucket(t, name)
	b.Ownership(t, types.ObjectOwnershipBucketOwnerEnforced)
	account.Trail(t, "main", name)
	return b
}

// yesterdays is a log file's name with yesterday's date, in UTC.
func yesterdays(name string) string {
	day := time.Now().UTC().AddDate(0, 0, -1)
	return strings.NewReplacer("2026/03/03", day.Format("2006/01/02"), "_20260303T", "_"+day.Format("20060102")+"T").Replace(name)
}
