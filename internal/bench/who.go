package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/awstest"
	"github.com/crosstrail/crosstrail/internal/synth"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source/bucket"
	"github.com/crosstrail/crosstrail/source/lookup"
	"github.com/crosstrail/crosstrail/store/remote"
)

// whoKey is a key of the demo's story, two hops from its person, and alert is
// about when it was used.
const whoKey = "ASIA6RVFFB7735NGGZN5"

var alert = time.Date(2026, 3, 3, 13, 41, 0, 0, time.UTC)

// whoFromBucket tells what it takes to answer who is behind a key from a bucket:
// of 300 accounts, 17 regions and 30 days, then of twice the accounts, and of twice
// the days.
func whoFromBucket(ctx context.Context) error {
	fmt.Printf("\nwho KEY --from s3://, the time of the alert known to two minutes\n")
	for _, size := range []struct{ accounts, days int }{{300, 30}, {600, 30}, {300, 60}} {
		load := awstest.OpenLoad("acme-trail")
		n := fillTrail(load, size.accounts, size.days)
		before := load.Served()
		began := time.Now()
		err := whoFrom(ctx, load)
		took := time.Since(began)
		now := load.Served()
		load.Close()
		if err != nil {
			return err
		}
		fmt.Printf("  %d accounts, %d days, %d objects: %d lists, %d objects fetched, %d bytes, %v\n", size.accounts, size.days, n,
			now.Lists-before.Lists, now.Gets-before.Gets, now.Bytes-before.Bytes, took.Round(time.Millisecond))
	}
	return nil
}

// fillTrail puts the demo's log files among those of an organisation: one a day of
// each account and region, and of the demo's own accounts one every five minutes of
// its day.
func fillTrail(load *awstest.Load, accounts, days int) (objects int) {
	put := func(account, region string, at time.Time, body []byte) {
		objects++
		load.Put(awstest.Object{Body: body, Key: fmt.Sprintf("AWSLogs/%s/CloudTrail/%s/%s/%s_CloudTrail_%s_%s_0123456789abcdef.json.gz",
			account, region, at.Format("2006/01/02"), account, region, at.Format("20060102T1504Z"))})
	}
	quiet := synth.File{Records: [][]byte{[]byte(`{"eventVersion":"1.08","userIdentity":{"type":"AWSService","invokedBy":"config.amazonaws.com"},"eventTime":"2026-03-03T00:00:00Z","eventSource":"config.amazonaws.com","eventName":"PutEvaluations","awsRegion":"us-east-1","eventID":"00000000-0000-4000-8000-000000000000"}`)}}
	body := quiet.Gzip()
	busy := []string{"111111111111", "333333333333", "999999999999"}
	for n := range accounts {
		account := fmt.Sprintf("%012d", 500_000_000_000+n)
		if n < len(busy) {
			account = busy[n]
		}
		for _, region := range lookup.Common() {
			for day := range days {
				put(account, region, alert.AddDate(0, 0, -day).Truncate(24*time.Hour).Add(12*time.Hour), body)
			}
			for at := alert.Truncate(24 * time.Hour); n < len(busy) && at.Day() == alert.Day(); at = at.Add(5 * time.Minute) {
				put(account, region, at.Add(time.Minute), body)
			}
		}
	}
	for f := range synth.Demo().Files() {
		objects++
		load.Put(awstest.Object{Key: f.Name, Body: f.Gzip()})
	}
	return objects
}

// whoFrom does what `crosstrail who KEY --from s3://… --since … --until …` does.
func whoFrom(ctx context.Context, load *awstest.Load) error {
	log, err := bucket.Open(ctx, load.Config(), "s3://acme-trail", bucket.Options{})
	if err != nil {
		return err
	}
	at := cloudtrail.TimeOf(alert)
	s := remote.New(bucket.Unfetched{Log: log}, remote.Options{})
	in := remote.Search{Accounts: []string{lineage.KeyAccount(whoKey)}, Since: at - 120, Until: at + 120}
	if found, err := s.Seek(ctx, in, s.Found(whoKey)); err != nil || !found {
		return errors.Join(err, errors.New(whoKey+" is not found"))
	}
	resolver, err := s.Settle(ctx, s.AskWho(whoKey))
	if err != nil {
		return err
	}
	a, err := query.Who(ctx, s, resolver, whoKey)
	if err != nil {
		return err
	}
	if len(a.Answers) != 1 || a.Answers[0].Chain.Origin == nil || a.Answers[0].Chain.Origin.Name != "kim.lee" {
		return errors.New("it is not told who is behind " + whoKey)
	}
	return nil
}
