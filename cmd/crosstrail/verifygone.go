package main

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
)

// remembered is a bucket whose lists are held to what the store remembers of it:
// the digest files that it keeps from there. Whoever deletes the newest leaves
// nothing in the bucket that tells of them.
type remembered struct {
	digest.Archive
	kept  digest.Archive
	under string // the address of the bucket's log

	mu     sync.Mutex // guards what follows
	listed map[digest.Place]bool
	oldest map[digest.Place]cloudtrail.Time // of those that are there
	gone   map[string]digest.Place          // by address
}

func remember(bucket, kept digest.Archive, under string) *remembered {
	return &remembered{
		Archive: bucket, kept: kept, under: under,
		listed: map[digest.Place]bool{}, oldest: map[digest.Place]cloudtrail.Time{}, gone: map[string]digest.Place{},
	}
}

// Digests implements [digest.Archive].
func (m *remembered) Digests(ctx context.Context, p digest.Place, since, until cloudtrail.Time) iter.Seq2[digest.Object, error] {
	return func(yield func(digest.Object, error) bool) {
		missing := map[string]digest.Place{}
		for o, err := range m.kept.Digests(ctx, p, since, until) {
			if err != nil {
				yield(o, err)
				return
			}
			if strings.HasPrefix(o.URI, m.under) {
				missing[o.URI] = p
			}
		}
		var oldest cloudtrail.Time
		for o, err := range m.Archive.Digests(ctx, p, since, until) {
			delete(missing, o.URI)
			if end := cloudtrail.ParseLogFileName(o.URI).Delivered; oldest == 0 || end < oldest {
				oldest = end
			}
			if !yield(o, err) || err != nil {
				return
			}
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.listed[p] = true
		if was := m.oldest[p]; oldest != 0 && (was == 0 || oldest < was) {
			m.oldest[p] = oldest
		}
		maps.Copy(m.gone, missing)
	}
}

// tell adds to a report what the bucket has no more. What is older than all that is
// there is left out: buckets let go of what is old.
func (m *remembered) tell(ctx context.Context, r *digest.Report, o *digest.Options) error {
	places, err := m.kept.Places(ctx)
	if err != nil {
		return err
	}
	for _, p := range places {
		if m.listed[p] || len(o.Accounts) > 0 && !slices.Contains(o.Accounts, p.Account) || len(o.Regions) > 0 && !slices.Contains(o.Regions, p.Region) {
			continue
		}
		for _, err := range m.Digests(ctx, p, o.Since, o.Until) { // the bucket has nothing of it
			if err != nil {
				return err
			}
		}
	}
	for _, f := range r.Findings {
		delete(m.gone, f.Digest)
	}
	for _, uri := range slices.Sorted(maps.Keys(m.gone)) {
		p := m.gone[uri]
		name, _ := digest.ParseName(uri)
		if name.End < m.oldest[p] {
			continue
		}
		r.Digests.Missing++
		if len(r.Findings) >= digest.MostFindings {
			r.More++
			continue
		}
		r.Findings = append(r.Findings, digest.Finding{
			Kind: digest.MissingDigest, Place: p, Trail: name.Trail, Digest: uri, From: name.End - 3600, Until: name.End,
			Text: "it was here once, for the store keeps it, and was deleted since",
		})
	}
	slices.SortStableFunc(r.Findings, func(x, y digest.Finding) int {
		return cmp.Or(cmp.Compare(x.Place.Account, y.Place.Account), cmp.Compare(x.Place.Region, y.Place.Region), cmp.Compare(x.From, y.From))
	})
	return nil
}
