package remote_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/store/remote"
)

// vast is the bucket of an organisation trail that nobody could read through: a
// log file every five minutes of every account and region, for years. What is not
// told of here is a quiet call.
type vast struct {
	accounts, days int
	end            cloudtrail.Time
	told           map[string]string // records, by the name of their file

	lists, gets atomic.Int64
	packers     sync.Pool
}

var vastRegions = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-west-1", "eu-west-2", "eu-west-3",
	"eu-central-1", "eu-north-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
}

const (
	everyFile = 5 * 60
	aPage     = 1000 // keys, as S3 lists
)

func vastAccount(n int) string { return strconv.Itoa(100_000_000_000 + n*7_919) }

func vastFile(account, region string, at cloudtrail.Time) string {
	return "s3://logs/AWSLogs/o-vast/" + account + "/CloudTrail/" + region + at.Time().Format("/2006/01/02/") +
		account + "_CloudTrail_" + region + at.Time().Format("_20060102T1504Z_") + "0123456789abcdef.json.gz"
}

// tell puts a record into the file that is delivered next.
func (v *vast) tell(account, region string, at cloudtrail.Time, record string) {
	file := vastFile(account, region, at-at%everyFile+everyFile)
	if v.told[file] != "" {
		record = v.told[file] + "," + record
	}
	v.told[file] = record
}

func (v *vast) Accounts(context.Context) (all []string, err error) {
	v.lists.Add(1)
	for n := range v.accounts {
		all = append(all, vastAccount(n))
	}
	return all, nil
}

func (v *vast) Regions(context.Context, string) ([]string, error) {
	v.lists.Add(1)
	return vastRegions, nil
}

func (v *vast) Span(_ context.Context, account, region string) (lineage.Span, error) {
	v.lists.Add(2)
	return lineage.Span{Account: account, Region: region, First: v.begin(), Newest: v.end}, nil
}

func (v *vast) begin() cloudtrail.Time { return v.end - cloudtrail.Time(v.days)*86400 }

func (v *vast) List(_ context.Context, windows ...source.Window) ([]source.Item, error) {
	var all []source.Item
	for _, w := range windows {
		from, until := w.Delivered()
		n := 0
		for at := max(from, v.begin()) / everyFile * everyFile; at <= min(until, v.end); at += everyFile {
			if at < from {
				continue
			}
			all, n = append(all, v.file(w.Account, w.Region, at)), n+1
		}
		v.lists.Add(int64(1 + n/aPage))
	}
	return all, nil
}

func (v *vast) file(account, region string, at cloudtrail.Time) source.Item {
	name := vastFile(account, region, at)
	body := v.told[name]
	if body == "" {
		body = fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"AWSService","invokedBy":"config.amazonaws.com"},"eventTime":%q,"eventSource":"config.amazonaws.com","eventName":"DescribeConfigurationRecorders","awsRegion":%q,"eventID":"%s-%s-%d","readOnly":true,"recipientAccountId":%q}`,
			(at - 60).String(), region, account, region, at, account)
	}
	return source.Item{LogFile: cloudtrail.ParseLogFileName(name), Size: 400, Open: func(context.Context) (io.ReadCloser, error) {
		v.gets.Add(1)
		var b bytes.Buffer
		z, ok := v.packers.Get().(*gzip.Writer) // the tables of one take a megabyte
		if !ok {
			z = gzip.NewWriter(nil)
		}
		defer v.packers.Put(z)
		z.Reset(&b)
		if _, err := z.Write([]byte(`{"Records":[` + body + `]}`)); err != nil {
			return nil, err
		}
		return io.NopCloser(&b), z.Close()
	}}
}

// keyOf is a key id of the new form that holds an account's number.
func keyOf(account string, n byte) string {
	id, _ := strconv.ParseUint(account, 10, 64)
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], id<<7|1<<47)
	return "ASIA" + base32.StdEncoding.EncodeToString(append(raw[2:], n, n, n, n))
}

// breach is an intrusion: somebody of a development account takes a role there,
// with it one in production, and there deletes a table, in some region.
func breach(v *vast, at cloudtrail.Time, in string) (key string) {
	dev, prod := vastAccount(17), vastAccount(211)
	first, second := keyOf(dev, 'd'), keyOf(prod, 'p')
	assume := func(id, shared, recipient, caller string, at cloudtrail.Time, account, role, name, key string) {
		v.tell(recipient, "eu-west-1", at, fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":%s,"eventTime":%q,"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli","requestParameters":{"roleArn":"arn:aws:iam::%s:role/%s","roleSessionName":%q},"responseElements":{"credentials":{"accessKeyId":%q,"expiration":%q},"assumedRoleUser":{"assumedRoleId":"AROA%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s"}},"requestID":"r-%s","eventID":%q,"sharedEventID":%q,"readOnly":true,"recipientAccountId":%q}`,
			caller, at, account, role, name, key, (at+3600).Time().Format("Jan 2, 2006, 3:04:05 PM"), role, name, account, role, name, shared, id, shared, recipient))
	}
	session := func(account, role, name, key string, at cloudtrail.Time) string {
		return fmt.Sprintf(`{"type":"AssumedRole","principalId":"AROA%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s","accountId":%q,"accessKeyId":%q,"sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%s","arn":"arn:aws:iam::%s:role/%s","accountId":%q,"userName":%q},"attributes":{"creationDate":%q,"mfaAuthenticated":"false"}}}`,
			role, name, account, role, name, account, key, role, account, role, account, role, at)
	}
	user := fmt.Sprintf(`{"type":"IAMUser","principalId":"AIDAMALLORY","arn":"arn:aws:iam::%s:user/mallory","accountId":%q,"accessKeyId":"AKIAQQQQQQQQQQQQQQQQ","userName":"mallory"}`, dev, dev)
	assume("e-1", "s-1", dev, user, at-3000, dev, "CI", "ci", first)
	assume("e-2", "s-2", dev, session(dev, "CI", "ci", first, at-3000), at-1500, prod, "Admin", "cli", second)
	assume("e-3", "s-2", prod, fmt.Sprintf(`{"type":"AWSAccount","principalId":"AROACI:ci","accountId":%q}`, dev), at-1500, prod, "Admin", "cli", second)
	v.tell(prod, in, at, fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":%s,"eventTime":%q,"eventSource":"dynamodb.amazonaws.com","eventName":"DeleteTable","awsRegion":%q,"eventID":"e-4","readOnly":false,"recipientAccountId":%q}`,
		session(prod, "Admin", "cli", second, at-1500), at, in, prod))
	return second
}

// cost answers who is behind a key that was used at some time before the newest
// file, and returns what that took.
func (v *vast) cost(t *testing.T, ago cloudtrail.Time, in string, search remote.Search) (lists, gets int64) {
	t.Helper()
	v.told = map[string]string{}
	key := breach(v, v.end-ago, in)
	s := remote.New(v, remote.Options{})
	search.Accounts = []string{lineage.KeyAccount(key)}
	if search.Until == 0 {
		search.Until = v.end
	}
	if found, err := s.Seek(t.Context(), search, s.Found(key)); err != nil || !found {
		t.Fatal(found, err)
	}
	resolver, err := s.Settle(t.Context(), s.AskWho(key))
	if err != nil {
		t.Fatal(err)
	}
	a, err := query.Who(t.Context(), s, resolver, key)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Answers) != 1 || a.Answers[0].Chain.Origin == nil || a.Answers[0].Chain.Origin.Name != "mallory" || len(a.Answers[0].Chain.Hops) != 2 {
		t.Fatalf("it is not told who: %+v", a)
	}
	return v.lists.Load(), v.gets.Load()
}

// TestCost counts what it takes to tell who is behind a key in the trail of 300
// accounts and 17 regions, and that it takes no more of twice as much.
func TestCost(t *testing.T) {
	end := cloudtrail.TimeOf(time.Date(2026, 5, 4, 18, 0, 0, 0, time.UTC))
	alert := func(end, ago cloudtrail.Time) remote.Search {
		return remote.Search{Since: end - ago - 120, Until: end - ago + 120}
	}
	for _, c := range []struct {
		name        string
		ago         cloudtrail.Time
		in          string
		search      remote.Search
		lists, gets int64
	}{
		{"the time of the alert is known", 9 * 86400, "eu-west-1", alert(end, 9*86400), 30, 110},
		{"and it is in another region than the credentials were given out in", 9 * 86400, "ap-south-1", alert(end, 9*86400), 45, 150},
		{"it was just now", 600, "eu-west-1", remote.Search{}, 30, 110},
		{"it was this morning", 8 * 3600, "eu-west-1", remote.Search{}, 30, 2100},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &vast{accounts: 300, days: 30, end: end}
			lists, gets := v.cost(t, c.ago, c.in, c.search)
			t.Logf("%d lists, %d files", lists, gets)
			if lists > c.lists || gets > c.gets {
				t.Errorf("it took %d lists and %d files", lists, gets)
			}
			twice := &vast{accounts: 600, days: 60, end: end}
			if l, g := twice.cost(t, c.ago, c.in, c.search); l != lists || g != gets {
				t.Errorf("of twice as much it took %d lists and %d files, not %d and %d", l, g, lists, gets)
			}
		})
	}
}
