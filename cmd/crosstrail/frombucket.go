package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crosstrail/crosstrail/source/bucket"
)

// fromBucket is one bucket that is read.
type fromBucket struct {
	*bucket.Lister
	log      *bucket.Log
	aws      *awsFlags
	estimate int64 // bytes, before all is listed
	fetches  int64 // of them, what the store has not
	more     bool  // than that: how much, only listing tells
}

func (s *fromSources) add(log *bucket.Log, a *awsFlags) {
	one := &fromBucket{Lister: log.Within(s.windows...), log: log, aws: a}
	s.next, s.buckets = append(s.next, one), append(s.buckets, one)
}

// warnUnseen tells of folders in a bucket that were not looked into, and reports
// whether there are any: then what is done is done in part.
func (t *terminal) warnUnseen(log *bucket.Log) bool {
	err := log.Unseen()
	if err != nil {
		t.warn("%v", err)
	}
	return err != nil
}

// buckets opens buckets by their addresses, with the least that a role that is
// assumed needs for it.
func (a *awsFlags) buckets(ctx context.Context, ui *terminal, uris []string) ([]*bucket.Log, error) {
	if len(uris) == 0 {
		return nil, nil
	}
	for _, uri := range uris {
		if _, _, err := bucket.Split(uri); err != nil {
			return nil, usage(err)
		}
	}
	cfg, err := a.bucketConfig(ctx, ui, uris...)
	if err != nil {
		return nil, err
	}
	var logs []*bucket.Log
	for _, uri := range uris {
		log, err := bucket.Open(ctx, cfg, uri, a.bucketOptions())
		if err != nil {
			return nil, a.explained(err)
		}
		logs = append(logs, log)
	}
	return logs, nil
}

func (a *awsFlags) bucketConfig(ctx context.Context, ui *terminal, uris ...string) (aws.Config, error) {
	policy := ""
	if a.o.RoleARN != "" {
		var err error
		if policy, err = bucket.LeastPolicy(a.o.RoleARN, uris...); err != nil {
			return aws.Config{}, usage(err)
		}
	}
	return a.config(ctx, ui, policy)
}

func (a *awsFlags) bucketOptions() bucket.Options {
	return bucket.Options{RequesterPays: a.payer != ""}
}

// toldBucket tells what a bucket was asked for and, where nothing narrows what is
// asked, what lies in it that was not read.
func (t *terminal) toldBucket(l *bucket.Log, narrow bool) {
	if beside := l.Beside(); beside != "" && !narrow {
		t.say("note", beside)
	}
	c := l.Cost()
	text := fmt.Sprintf("%s: %s listed, %s fetched, %s", l, number(c.Lists, "page"), number(c.Gets, "object"), bytesText(c.Bytes))
	if c.Throttled > 0 {
		text += fmt.Sprintf("; S3 asked %s times to be asked more slowly", thousands(c.Throttled))
	}
	fmt.Fprintln(t.stderr, text)
}
