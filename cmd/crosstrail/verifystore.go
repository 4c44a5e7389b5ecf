package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
	"github.com/crosstrail/crosstrail/store/dynamo"
	"github.com/crosstrail/crosstrail/store/local"
)

// verifyStore is --store of verify, which needs no value: then it is the store
// that every command takes (pflag.Value).
type verifyStore struct {
	storeValue
	asked, bare bool
}

// usualStore is the value of --store where it was given none.
const usualStore = "default"

func (v *verifyStore) Set(s string) error {
	v.asked, v.bare = true, s == usualStore
	if v.bare {
		return nil
	}
	return v.storeValue.Set(s)
}

func (v *verifyStore) add(cmd *cobra.Command) {
	cmd.Flags().Var(v, "store", "keep the digest files in the store, and hold its log files to them; the folder that it is in needs no naming where it is the usual one")
	cmd.Flags().Lookup("store").NoOptDefVal = usualStore
	completeStore(cmd)
}

// place takes from arguments the folder that was meant for --store, as in
// --store PATH: what is a store, or is not there.
func (v *verifyStore) place(args []string) []string {
	if !v.bare {
		return args
	}
	at := slices.IndexFunc(args, func(arg string) bool {
		if bucket.Is(arg) {
			return false
		}
		_, err := os.Stat(filepath.Join(arg, "catalogue.db"))
		return err == nil
	})
	if at < 0 {
		at = slices.IndexFunc(args, func(arg string) bool {
			_, err := os.Stat(arg)
			return !bucket.Is(arg) && errors.Is(err, os.ErrNotExist)
		})
	}
	if at < 0 || v.storeValue.Set(args[at]) != nil {
		return args
	}
	return slices.Delete(slices.Clone(args), at, at+1)
}

// noDigests refuses to verify a table.
func noDigests(table string) error {
	return usage(fmt.Errorf("%s: a table keeps no log files and no digest files, so that nothing in it can be held to them", table),
		"verify them where they are: crosstrail verify s3://BUCKET/PREFIX",
		"or read them into a store in a folder, and verify that: crosstrail ingest s3://BUCKET/PREFIX --store PATH; crosstrail verify s3://BUCKET/PREFIX --store PATH")
}

// withStore verifies a source and keeps in the store what it told, or verifies
// the store itself; and holds the store's log files to the digests kept.
func (v *verification) withStore(ctx context.Context, from string, names *query.Names) error {
	table, err := v.store.table()
	if err != nil {
		return err
	}
	if table != "" {
		return noDigests(dynamo.Scheme + table)
	}
	dir, err := v.store.existing(ctx) // of none nothing could be wrong
	if err != nil {
		return err
	}
	s, err := openToWrite(ctx, v.ui, &v.store.storeValue, dir, v.wait, local.Options{Fetch: v.aws.fetch(v.ui)})
	if err != nil {
		return err
	}
	if from == "" {
		return v.verifyKept(ctx, s, names)
	}
	archive, keys, err := v.open(ctx, from)
	if err != nil {
		return err
	}
	var there *remembered
	lists := archive
	if v.from != nil { // a copy need not be of all that the store remembers
		there = remember(archive, s.Archive(), v.from.buckets[0].log.String())
		lists = there
	}
	k := &keeper{Archive: lists, store: s, keys: keys, met: map[string]source.Digest{}, asked: map[string]source.PublicKey{}, used: map[string]source.PublicKey{}}
	o := v.options()
	o.OnDigest = k.digest
	if keys != nil {
		keys = k
	}
	r, err := digest.Verify(ctx, k, keys, o)
	if err != nil {
		return v.aws.explained(err)
	}
	if there != nil {
		if err := there.tell(ctx, r, &o); err != nil {
			return v.aws.explained(err)
		}
	}
	if err := k.end(ctx, r); err != nil {
		return err
	}
	result := v.told(r, archive, names)
	if _, said := errors.AsType[silent](result); result != nil && !said {
		return result
	}
	fmt.Fprintln(v.ui.stderr, "the store keeps the "+number(r.Digests.Verified, "digest file")+" that "+isOrAre(r.Digests.Verified)+" genuine")
	return cmp.Or(v.hold(ctx, s), result)
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// verifyKept verifies what the store keeps.
func (v *verification) verifyKept(ctx context.Context, s *local.Store, names *query.Names) error {
	n, err := s.Digests(ctx)
	if err != nil {
		return err
	}
	if n == 0 {
		return hinted(errors.New("the store keeps no digest files, so that there is nothing to hold its log files to"),
			"verify the bucket that they came from, which keeps its digest files: crosstrail verify s3://BUCKET/PREFIX"+orStore(v.store.flag()))
	}
	keys, err := v.keptKeys(ctx, s)
	if err != nil {
		return err
	}
	held := v.hold(ctx, s)
	if _, said := errors.AsType[silent](held); held != nil && !said {
		return held
	}
	archive := s.Archive()
	r, err := digest.Verify(ctx, archive, keys, v.options())
	if err == nil {
		err = onlyCollected(ctx, r, s)
	}
	if err != nil {
		return err
	}
	return cmp.Or(held, v.told(r, archive, names))
}

// onlyCollected takes from a report what the store is not said to hold: of an
// account and region that it has no log file of, of before the first, of behind
// the newest. What digests list there was not collected, and is not missing; nor is
// the digest before the first that is kept, where nobody looked for it.
func onlyCollected(ctx context.Context, r *digest.Report, s *local.Store) error {
	all, err := s.Spans(ctx)
	if err != nil {
		return err
	}
	lack, err := s.Lack(ctx)
	if err != nil {
		return err
	}
	spans := map[digest.Place]lineage.Span{}
	for _, one := range all {
		spans[digest.Place{Account: one.Account, Region: one.Region}] = one
	}
	omitted := map[digest.Place]*digest.Omission{}
	r.Findings = slices.DeleteFunc(r.Findings, func(f digest.Finding) bool {
		if f.Kind == digest.WithoutDigests {
			return true // a store keeps those of the places that were verified
		}
		if f.Kind == digest.MissingDigest && !wasMissing(&f, lack.Lost) && isBefore(&f, r.Chains) {
			r.Digests.Missing--
			return true
		}
		stamp := cloudtrail.ParseLogFileName(f.File).Delivered
		span, ok := spans[f.Place]
		if f.Kind != digest.MissingFile || ok && stamp >= span.First && stamp <= span.Newest {
			return false
		}
		r.Files[digest.Missing]--
		r.Files[digest.Unchecked]++
		o := omitted[f.Place]
		if o == nil {
			o = &digest.Omission{Reason: digest.NotCollected, Place: f.Place, From: stamp, Example: f.File, Expected: true}
			omitted[f.Place] = o
		}
		o.Files, o.From, o.Until = o.Files+1, min(o.From, stamp), max(o.Until, stamp)
		return true
	})
	for _, o := range omitted {
		r.Unchecked = append(r.Unchecked, *o)
	}
	slices.SortFunc(r.Unchecked, func(x, y digest.Omission) int {
		return cmp.Or(cmp.Compare(x.Place.Account, y.Place.Account), cmp.Compare(x.Place.Region, y.Place.Region), cmp.Compare(x.Reason, y.Reason), cmp.Compare(x.Trail, y.Trail))
	})
	r.Lost = r.Lost[:0]
	for _, l := range lack.Lost {
		r.Lost = append(r.Lost, digest.Lost{Account: l.Account, Region: l.Region, From: l.From, Until: l.Until})
	}
	return nil
}

// wasMissing reports whether a digest was missing where it was looked for.
func wasMissing(f *digest.Finding, lost []lineage.Lost) bool {
	return slices.ContainsFunc(lost, func(l lineage.Lost) bool {
		return l.Account == f.Place.Account && l.Region == f.Place.Region && l.Files == 0 && l.From <= f.From && l.Until >= f.Until
	})
}

// isBefore reports whether a digest is older than all of its trail that are kept:
// verification began behind it, and names it as what came before.
func isBefore(f *digest.Finding, chains []digest.Chain) bool {
	return slices.ContainsFunc(chains, func(c digest.Chain) bool {
		return c.Place == f.Place && c.Trail == f.Trail && f.Until <= c.From
	})
}

// orStore is --store in a command to type, by its name where it has one.
func orStore(flag string) string {
	if flag == "" {
		return " --store"
	}
	return flag
}

// keptKeys are the public keys in files that were given, else those in the store.
func (v *verification) keptKeys(ctx context.Context, s *local.Store) (digest.Keys, error) {
	if len(v.keys) > 0 {
		if slices.Contains(v.keys, keysFromAWS) {
			cfg, err := v.config(ctx, "")
			return &askedKeys{cfg: cfg}, err
		}
		return readKeys(v.keys)
	}
	kept, err := s.PublicKeys(ctx)
	if err != nil {
		return nil, err
	}
	set := &digest.KeySet{}
	for _, k := range kept {
		key, err := digest.NewPublicKey(k.DER, k.From, k.Until)
		if err != nil {
			return nil, fmt.Errorf("a public key that the store keeps: %w", err)
		}
		set.Add(key)
	}
	if set.Len() == 0 {
		return nil, nil // none is at hand, which accuses nobody
	}
	return set, nil
}

// mostNamed is how many altered log files are named.
const mostNamed = 20

// hold holds the store's log files, of all times, to the digests that it keeps, and
// tells of those that are not what is listed: that is a finding.
func (v *verification) hold(ctx context.Context, s *local.Store) error {
	held, err := s.HoldFiles(ctx, func(file string, err error) {
		text := err.Error()
		if !strings.HasPrefix(text, file) {
			text = file + ": " + text
		}
		v.ui.warn("%s: it is not held to any digest", text)
	})
	if err != nil {
		return err
	}
	told := "the store: " + number(held.Verified, "log file") + " verified"
	for _, part := range []struct {
		n    int
		what string
	}{{held.Altered, "ALTERED"}, {held.Unread, "could not be read"}, {held.Unlisted, "in no digest that is kept"}} {
		if part.n > 0 {
			told += ", " + thousands(part.n) + " " + part.what
		}
	}
	fmt.Fprintln(v.ui.stderr, told)
	if held.Altered == 0 {
		return nil
	}
	files, err := s.Altered(ctx, mostNamed+1)
	for i, file := range files {
		if i == mostNamed {
			v.ui.say("error", "and more that are not what CloudTrail delivered: crosstrail events"+v.store.flag()+" -o jsonl names all that have events")
			break
		}
		v.ui.say("error", file+": what the store read under this name is not what CloudTrail delivered")
	}
	v.ui.say("hint", "where the source has it as it was delivered, it can be read beside what is there: crosstrail ingest --again SOURCE"+v.store.flag())
	return cmp.Or(err, error(silent(exitFinding)))
}
