package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cloudtrailapi "github.com/aws/aws-sdk-go-v2/service/cloudtrail"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
)

// keysFromAWS is the value of --public-keys for asking AWS.
const keysFromAWS = "aws"

// readKeys reads files of public keys.
func readKeys(files []string) (*digest.KeySet, error) {
	var keys digest.KeySet
	for _, name := range files {
		f, err := os.Open(name)
		if err == nil {
			err = keys.ReadKeys(f)
			f.Close() //nolint:errcheck // only read from
		}
		if err != nil {
			return nil, hinted(fmt.Errorf("--public-keys %s: %w", name, err),
				"the keys of a region: aws cloudtrail list-public-keys --region REGION --start-time 2026-01-01 --end-time 2026-12-31 --output json > keys.json")
		}
	}
	return &keys, nil
}

// askedKeys are the public keys that AWS lists: of each region those of a quarter
// of a year at a time, each asked for once.
type askedKeys struct {
	cfg aws.Config

	mu    sync.Mutex
	known map[quarter]func() (*digest.KeySet, error)
}

type quarter struct {
	region string
	n      cloudtrail.Time
}

// quarterLong is how long a span is asked for. CloudTrail changes its keys now and
// then, and a list of them has no more than some tens.
const quarterLong cloudtrail.Time = 90 * 24 * 3600

// Key is [digest.Keys].
func (k *askedKeys) Key(ctx context.Context, region, fingerprint string, around cloudtrail.Time) (*digest.PublicKey, error) {
	if around <= 0 {
		return nil, errors.New("when it was signed is not known, so that it cannot be said which keys to list")
	}
	at := quarter{region, around / quarterLong}
	k.mu.Lock()
	if k.known == nil {
		k.known = map[quarter]func() (*digest.KeySet, error){}
	}
	list := k.known[at]
	if list == nil {
		list = sync.OnceValues(func() (*digest.KeySet, error) { return k.list(ctx, at) })
		k.known[at] = list
	}
	k.mu.Unlock()
	keys, err := list()
	if err != nil {
		return nil, err
	}
	return keys.Key(ctx, region, fingerprint, around)
}

// list asks for keys, with some hours more on both ends: a digest is signed after
// the hour that it is of. AWS takes no time that has not come.
func (k *askedKeys) list(ctx context.Context, at quarter) (*digest.KeySet, error) {
	const more = 4 * 3600
	from := (at.n*quarterLong - more).Time()
	until := ((at.n+1)*quarterLong + more).Time()
	if now := time.Now(); until.After(now) {
		until = now
	}
	if !from.Before(until) {
		return nil, fmt.Errorf("it was signed at a time that has not come, %s", from)
	}
	api := cloudtrailapi.NewFromConfig(k.cfg, func(o *cloudtrailapi.Options) { o.Region = at.region })
	pages := cloudtrailapi.NewListPublicKeysPaginator(api, &cloudtrailapi.ListPublicKeysInput{StartTime: &from, EndTime: &until})
	var keys digest.KeySet
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("the public keys of %s cannot be listed (the caller needs cloudtrail:ListPublicKeys, or --public-keys FILE): %w", at.region, err)
		}
		for _, listed := range page.PublicKeyList {
			key, err := digest.NewPublicKey(listed.Value, cloudtrail.TimeOf(aws.ToTime(listed.ValidityStartTime)), cloudtrail.TimeOf(aws.ToTime(listed.ValidityEndTime)))
			if err != nil {
				return nil, fmt.Errorf("a public key that AWS lists in %s: %w", at.region, err)
			}
			keys.Add(key)
		}
	}
	return &keys, nil
}

// withPublicKeys is a session policy that also lets list the public keys.
func withPublicKeys(policy string) (string, error) {
	var doc struct {
		Version   string
		Statement []any
	}
	if err := json.Unmarshal([]byte(policy), &doc); err != nil {
		return "", err
	}
	doc.Statement = append(doc.Statement, map[string]any{"Effect": "Allow", "Action": []string{"cloudtrail:ListPublicKeys"}, "Resource": []string{"*"}})
	text, err := json.Marshal(doc)
	return string(text), err
}
