package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail/digest"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/bucket"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// verification is what one run of verify is asked to do.
type verification struct {
	ui     *terminal
	form   formValue
	filter query.Filter
	keys   []string
	naming naming
	aws    awsFlags
	store  verifyStore
	wait   bool
	yes    bool
	most   sizeValue // --max-file

	from  *fromSources // the bucket, where it is one
	meter *meter
	files int // of which the meter told
}

const verifyLong = `Hold log files to the digest files that CloudTrail delivers beside them: that the
digests make an unbroken chain, that each is signed by CloudTrail, that every log file
is there and has the bytes that were delivered, and that none is there that was not.

There are three verdicts:

  WHOLE           no finding, and digests that can be believed tell of all the time
                  asked for, in every account and region of the trail (exit status 0)
  NOT ALL PROVED  no finding, and something that could hide one: log files that no
                  digest tells of, digests that end early or that nothing proves,
                  what could not be read (exit status 3)
  NOT WHOLE       findings (exit status 4)

What was not checked is always said. Three things are in every log that nobody touched,
and leave it WHOLE: log files that are younger than the newest digest, by two hours at
the most; those older than the first, if no --since was given; and, in a copy, a newest
digest whose signature is not at hand. Digests are believed only if they are signed, or
vouched for by a newer one that is: others excuse nothing.

SOURCE is s3://bucket/prefix, or a folder that was copied from a bucket with its
CloudTrail-Digest folders. Of a bucket every log file of the time asked for is fetched.

With --store the digest files that are genuine are kept in the store with their keys,
and the store's own log files are held to them: from then on every answer says of each
log file whether it is verified, unverified or altered, and coverage tells quiet hours
from lost ones. Without a SOURCE, the store is verified against the digest files that
it keeps: nothing is fetched.

The public keys come from AWS, of each region in turn (ListPublicKeys), or with
--public-keys from a file: then, with a folder, no network is used. For a folder AWS is
asked only with --public-keys aws. Without keys the chain is still held to itself, and
nothing is proved.

A copy has no metadata, where the signature of a digest is. That of all but the newest
stands in the next digest. For the newest, and for back-fill digests, keep it beside
the file, or what they alone list is not verified:

  aws s3api head-object --bucket BUCKET --key KEY > FILE.json.gz.head.json

That no log file is missing says that nothing was taken away after it was delivered; it
does not say that everything was logged: crosstrail coverage tells who stopped a trail.`

func newVerifyCommand(ui *terminal) *cobra.Command {
	v := &verification{ui: ui}
	cmd := &cobra.Command{
		Use:   "verify [SOURCE]",
		Short: "are the log files whole and unaltered?",
		Long:  verifyLong,
		Example: `  crosstrail verify s3://acme-trail --since 7d

  # offline, with the keys of the two regions that matter
  for r in us-east-1 eu-west-1; do
    aws cloudtrail list-public-keys --region $r --start-time 2026-01-01 --end-time 2026-12-31 --output json
  done > keys.json
  crosstrail verify AWSLogs/ --public-keys keys.json

  # verify a bucket, keep its digests, and hold the store to them; later, the store alone
  crosstrail verify s3://acme-trail --since 7d --store
  crosstrail verify --store

  # for a script: its exit status, and each finding
  crosstrail verify s3://acme-trail --since 1d -o jsonl | jq 'select(.kind=="finding")'`,
		Annotations: exits(exitDone, exitFailed, exitUsage, exitPart, exitFinding),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := v.sourceOf(cmd, args)
			if err != nil {
				return err
			}
			return v.run(cmd.Context(), from)
		},
	}
	addForm(cmd, &v.form)
	addFilters(cmd, &v.filter, time.Now(), "since", "until", "account", "region")
	cmd.Flags().StringArrayVar(&v.keys, "public-keys", nil,
		"a `FILE` of CloudTrail's public keys: what aws cloudtrail list-public-keys prints, once or several times, or PEM (repeatable); aws to ask AWS")
	must(cmd.MarkFlagFilename("public-keys", "json", "pem"))
	v.store.add(cmd)
	cmd.Flags().Var(&v.most, "max-file", "how large one log file may be when decompressed (default 256MiB)")
	addWait(cmd, &v.wait)
	v.naming.add(cmd)
	v.aws.add(cmd)
	addYes(cmd, &v.yes)
	return cmd
}

// sourceOf is the SOURCE, "" where the store alone is verified.
func (v *verification) sourceOf(cmd *cobra.Command, args []string) (string, error) {
	const example = "for example: crosstrail verify s3://acme-trail --since 7d"
	if cmd.Flags().Changed("store") {
		args = v.store.place(args)
	}
	switch {
	case len(args) == 0 && !v.store.asked:
		return "", usage(errors.New("verify needs a SOURCE: s3://bucket/prefix, or a folder with log files and digest files"), example,
			"the store's own copies: crosstrail verify --store")
	case len(args) == 0:
		return "", nil
	case slices.ContainsFunc(args, dynamo.Is):
		return "", noDigests(args[slices.IndexFunc(args, dynamo.Is)])
	case len(args) > 1:
		return "", usage(fmt.Errorf("verify takes one SOURCE, but was given %q", args), "a folder that holds them all, or one after the other")
	}
	return args[0], nil
}

func (v *verification) run(ctx context.Context, from string) error {
	given, err := v.naming.read(ctx, v.ui, &v.aws)
	if err != nil {
		return err
	}
	names := query.NewNames(given...)
	if err := nameAccounts(&v.filter, names); err != nil {
		return err
	}
	if v.store.asked {
		return v.withStore(ctx, from, names)
	}
	archive, keys, err := v.open(ctx, from)
	if err != nil {
		return err
	}
	r, err := digest.Verify(ctx, archive, keys, v.options())
	if err != nil {
		return v.aws.explained(err)
	}
	return v.told(r, archive, names)
}

// told prints what verification came to.
func (v *verification) told(r *digest.Report, archive digest.Archive, names *query.Names) error {
	v.meter.clear()
	style := render.Style{Width: v.ui.columns(), Color: v.ui.colour(), ASCII: asciiOnly(), Names: names}
	if err := v.ui.print(func(w io.Writer) error { return render.Verification(w, r, render.Form(v.form), style) }); err != nil {
		return err
	}
	return v.ended(r, archive)
}

// manyAtOnce is how many objects of a bucket are read at once: each is mostly
// waited for.
const manyAtOnce = 32

// options turns what was asked of events into what is asked of log files, which
// come after them.
func (v *verification) options() digest.Options {
	f := &v.filter
	v.meter = &meter{start: time.Now()}
	if isTerminal(v.ui.stderr) {
		v.meter.out = v.ui.stderr
	}
	o := digest.Options{Accounts: f.Accounts, Regions: f.Regions, MaxFile: int64(v.most)}
	o.Since, o.Until = source.Window{Since: f.Since, Until: f.Until}.Delivered()
	if v.from != nil {
		o.Workers = manyAtOnce
	}
	o.OnFile = func(digest.FileState) {
		if v.files++; v.files%100 == 0 {
			v.meter.show("verifying: " + thousands(v.files) + " log files")
		}
	}
	o.OnError = func(of digest.Object, err error) {
		text := v.aws.explained(err).Error()
		if !strings.HasPrefix(text, of.URI) {
			text = of.URI + ": " + text
		}
		v.meter.clear()
		v.ui.say("error", text)
	}
	return o
}

// open opens the source, and finds where the public keys are to come from.
func (v *verification) open(ctx context.Context, from string) (digest.Archive, digest.Keys, error) {
	var keys digest.Keys
	ask := slices.Contains(v.keys, keysFromAWS)
	switch files := slices.DeleteFunc(slices.Clone(v.keys), func(s string) bool { return s == keysFromAWS }); {
	case ask && len(files) > 0:
		return nil, nil, usage(errors.New("--public-keys is files or aws, not both"))
	case len(files) > 0:
		set, err := readKeys(files)
		if err != nil {
			return nil, nil, err
		}
		keys = set
	case bucket.Is(from):
		ask = true
	}
	if !bucket.Is(from) && !ask {
		folder, err := openFolder(ctx, from)
		return folder, keys, err
	}
	cfg, err := v.config(ctx, from)
	if err != nil {
		return nil, nil, err
	}
	if ask {
		keys = &askedKeys{cfg: cfg}
	}
	if !bucket.Is(from) {
		folder, err := openFolder(ctx, from)
		return folder, keys, err
	}
	log, err := bucket.Open(ctx, cfg, from, v.aws.bucketOptions())
	if err != nil {
		return nil, nil, v.aws.explained(err)
	}
	return log.Archive(windowsOf(&v.filter)...), keys, v.agree(ctx, log)
}

// agree says what is to be fetched, where it is much, and asks.
func (v *verification) agree(ctx context.Context, log *bucket.Log) error {
	listing, enough := context.WithCancel(ctx) // it is listed again, place by place
	defer enough()
	v.from = &fromSources{ui: v.ui, windows: windowsOf(&v.filter)}
	v.from.add(log, &v.aws)
	return v.from.agree(listing, v.yes)
}

func openFolder(ctx context.Context, dir string) (digest.Archive, error) {
	folder, err := source.OpenArchive(ctx, dir)
	if err != nil {
		return nil, unopened(err, dir)
	}
	return folder, nil
}

// config is the configuration for reading a source and listing keys, and no more.
func (v *verification) config(ctx context.Context, from string) (aws.Config, error) {
	var buckets []string
	if bucket.Is(from) {
		if _, _, err := bucket.Split(from); err != nil {
			return aws.Config{}, usage(err)
		}
		buckets = append(buckets, from)
	}
	policy := ""
	if v.aws.o.RoleARN != "" {
		var err error
		if policy, err = bucket.LeastPolicy(v.aws.o.RoleARN, buckets...); err == nil {
			policy, err = withPublicKeys(policy)
		}
		if err != nil {
			return aws.Config{}, usage(err)
		}
	}
	return v.aws.config(ctx, v.ui, policy)
}

// ended says what was not read, and what the exit status is.
func (v *verification) ended(r *digest.Report, archive digest.Archive) error {
	broken := 0
	if folder, ok := archive.(*source.Archive); ok {
		for _, err := range folder.Broken() {
			v.ui.say("error", err.Error())
			broken++
		}
	}
	if v.from != nil {
		for _, b := range v.from.buckets {
			if v.ui.warnUnseen(b.log) {
				broken++
			}
		}
		v.from.spent()
	}
	told := "checked " + number(r.Files.All(), "log file") + " and " + number(r.Digests.All(), "digest file") + ", " + bytesText(r.Bytes) + ": "
	switch verdict := r.Verdict(); {
	case verdict == digest.NotWhole:
		fmt.Fprintln(v.ui.stderr, told+number(len(r.Findings)+r.More, "finding"))
		return silent(exitFinding)
	case broken > 0 || !r.Complete():
		fmt.Fprintln(v.ui.stderr, told+"some could not be read")
		return silent(exitPart)
	case r.Digests.Verified == 0:
		fmt.Fprintln(v.ui.stderr, told+"nothing was proved")
		return silent(exitPart)
	case verdict == digest.Unproved:
		fmt.Fprintln(v.ui.stderr, told+"nothing is wrong, and not all of it is proved")
		return silent(exitPart)
	}
	fmt.Fprintln(v.ui.stderr, told+"nothing is wrong")
	return nil
}
