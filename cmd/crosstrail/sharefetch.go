package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share/fetch"
	"github.com/crosstrail/crosstrail/source/bucket"
)

// fetching is one run of share fetch.
type fetching struct {
	ui          *terminal
	aws         awsFlags
	list        bool
	credentials bool
	yes         bool
	form        formValue
}

func newShareFetchCommand(ui *terminal) *cobra.Command {
	f := fetching{ui: ui}
	cmd := &cobra.Command{
		Use:   "fetch SOURCE DEST",
		Short: "copy log files that are shared with you, or list them",
		Long: `Copy the log files under SOURCE, s3://BUCKET/PREFIX, to DEST: a folder, or another
bucket, s3://BUCKET/PREFIX. DEST gets the keys below SOURCE's prefix. With --role-arn
SOURCE is read in that role, without it by your own credentials, as a bucket policy may
allow. Another bucket is written with your own credentials, never with the role's.

It may be stopped at any moment and run again: what is there whole is not fetched twice,
and a large file goes on where it was. Each file is held to its size and its MD5, or
else to S3's own checksum where there is one, and has its name only when it is whole; it
has the time of the object, and only you can read it. A file that goes on in another run
and of which S3 tells no MD5, as of one in parts, is held to its size and to the object
being the same, by its ETag; after a crash it begins anew. What was fetched is noted in
DEST/.crosstrail-fetch; a file that is there is held to its MD5 again. The notes alone are
believed of objects that S3 gives no MD5 of (under a KMS key, or in parts), and of which
file may be replaced: fetch into a folder that nobody else can write to. A file that
changed in the bucket replaces the one that was fetched of it; any other file that is in
the way is left as it is, and named. So is a key that no folder should take: one that
leads out of it, or that some system would not take.

With --list it lists what is there, and needs no DEST. With --credential-process it
prints the credentials of a session in the role, for other tools, in the form that
credential_process in ~/.aws/config wants; it needs neither. A session lasts an hour, the
most that one may that begins in a role; while it fetches, it is renewed.

Before much is fetched it says how much, and asks on a terminal.`,
		Example: `  # what is there?
  crosstrail share fetch --role-arn arn:aws:iam::999999999999:role/log-reader --list \
    s3://acme-trail/AWSLogs/222222222222/

  # into a folder, from whose logs you are given by a role that wants an external id
  crosstrail share fetch --role-arn arn:aws:iam::999999999999:role/log-reader \
    --external-id 3414 s3://acme-trail/AWSLogs/ ./logs

  # into your own bucket, from one whose policy lets you read
  crosstrail share fetch s3://acme-trail/AWSLogs/222222222222/ s3://our-copy/acme/

  # for other tools, in ~/.aws/config:
  #   [profile acme-logs]
  #   credential_process = crosstrail share fetch --role-arn arn:aws:iam::999999999999:role/log-reader --profile me --credential-process`,
		Annotations: exits(exitDone, exitFailed, exitUsage, exitPart),
		Args:        f.arguments,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.credentials:
				return f.printCredentials(cmd.Context())
			case f.list:
				return f.printList(cmd.Context(), args[0])
			}
			return f.run(cmd.Context(), args[0], args[1], cmd.Flags().Changed("output"))
		},
	}
	cmd.Flags().BoolVar(&f.list, "list", false, "list what is there: key, size, when it was written")
	cmd.Flags().BoolVar(&f.credentials, "credential-process", false, "print the credentials of a session in the role, as credential_process wants them, and nothing else")
	addYes(cmd, &f.yes)
	addForm(cmd, &f.form)
	f.aws.add(cmd)
	return cmd
}

func (f *fetching) arguments(_ *cobra.Command, args []string) error {
	const example = "for example: crosstrail share fetch s3://acme-trail/AWSLogs/222222222222/ ./logs"
	switch {
	case f.credentials && f.list:
		return usage(errors.New("--credential-process and --list are two things: give one of them"))
	case f.credentials && len(args) > 0:
		return usage(fmt.Errorf("with --credential-process there is no SOURCE and no DEST, but %q was given", args[0]))
	case f.credentials && f.aws.o.RoleARN == "":
		return usage(errors.New("--credential-process needs --role-arn: it prints the credentials of a session in that role"))
	case f.credentials:
		return nil
	case len(args) == 0:
		return usage(errors.New("share fetch needs a SOURCE: s3://BUCKET/PREFIX"), example)
	case f.list && len(args) > 1:
		return usage(fmt.Errorf("with --list there is no DEST, but %q was given", args[1]))
	case !f.list && len(args) == 1:
		return usage(errors.New("share fetch needs a DEST: a folder, or s3://BUCKET/PREFIX"), example, "to list what is there: --list")
	case len(args) > 2:
		return usage(fmt.Errorf("share fetch takes SOURCE and DEST, but was given %d arguments: %q", len(args), args), example)
	}
	if _, _, err := bucket.Split(args[0]); err != nil {
		return unopened(err, args[0])
	}
	if len(args) == 1 {
		return nil
	}
	if meant := bucket.Meant(args[1]); meant != "" {
		return usage(fmt.Errorf("DEST %s is no folder's name", args[1]), "a bucket is named so: "+quoteShell(meant))
	}
	return apart(args[0], args[1])
}

// apart refuses a DEST within SOURCE, which would be copied into itself.
func apart(source, dest string) error {
	if !bucket.Is(dest) {
		return nil
	}
	if _, _, err := bucket.Split(dest); err != nil {
		return usage(err)
	}
	if strings.HasPrefix(strings.TrimSuffix(dest, "/")+"/", strings.TrimSuffix(source, "/")+"/") {
		return usage(fmt.Errorf("DEST %s lies within SOURCE %s: it would be copied into itself", dest, source))
	}
	return nil
}

// open is SOURCE, in the role where there is one.
func (f *fetching) open(ctx context.Context, source string) (*bucket.Log, error) {
	cfg, err := f.aws.bucketConfig(ctx, f.ui, source)
	if err != nil {
		return nil, err
	}
	return bucket.Reach(cfg, source, f.aws.bucketOptions())
}

func (f *fetching) run(ctx context.Context, source, dest string, counted bool) error {
	from, err := f.open(ctx, source)
	if err != nil {
		return err
	}
	to, err := f.dest(dest)
	if err != nil {
		return err
	}
	meter := startMeter(ctx, f.ui.stderr, nil)
	job := &fetch.Job{
		From: from, To: to, Ends: endsAll,
		Failed: func(uri string, err error) { meter.aside(func() { f.ui.say("error", uri+": "+err.Error()) }) },
	}
	e, err := job.Survey(ctx)
	if err != nil {
		return f.unlisted(err)
	}
	if err := f.agree(ctx, from, dest, &e); err != nil {
		return err
	}
	meter.start = time.Now()
	drawn := drawing(ctx, meter, job, e)
	stopped := stopping(ctx, f.ui, meter)
	counts, err := job.Run(ctx)
	stopped()
	drawn()
	meter.clear()
	return f.end(ctx, dest, counts, err, counted)
}

// unlisted is an error of listing with what to do about it: most readers may list
// their own folder, and nothing above or beside it.
func (f *fetching) unlisted(err error) error {
	err = f.aws.explained(err)
	if !bucket.NotListable(err) {
		return err
	}
	hint := "fetch the folder that the handover names, as s3://BUCKET/AWSLogs/YOUR-ACCOUNT-ID/: a grant is of that alone, and not of the bucket"
	if known, ok := errors.AsType[*failure](err); ok {
		known.hints = append([]string{hint}, known.hints...)
		return err
	}
	return hinted(err, hint)
}

// dest opens DEST. A bucket is written by who calls, not in the role.
func (f *fetching) dest(name string) (fetch.Dest, error) {
	if bucket.Is(name) {
		to, err := bucket.Reach(*f.aws.caller, name, bucket.Options{})
		if err != nil {
			return nil, usage(err)
		}
		_, prefix, err := bucket.Split(name)
		if err != nil {
			return nil, usage(err)
		}
		if prefix != "" && !strings.HasSuffix(prefix, "/") {
			prefix += "/"
		}
		return fetch.OpenBucket(to, prefix), nil
	}
	folder, err := fetch.OpenFolder(name)
	if errors.Is(err, fetch.ErrBusy) {
		return nil, hinted(fmt.Errorf("%s: %w", name, err), "wait for it, or fetch into another folder")
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written to: %w", name, err)
	}
	f.ui.atEnd(folder.Close)
	return folder, nil
}

// endsAll reports whether an error would be that of every other file.
func endsAll(err error) bool {
	if _, none := errors.AsType[*awscfg.CredentialsError](err); none {
		return true
	}
	answer, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return false
	}
	switch answer.ErrorCode() {
	case "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch", "NoSuchBucket":
		return true
	}
	return false
}

// agree says what is to come, where it is much, and asks on a terminal.
func (f *fetching) agree(ctx context.Context, from *bucket.Log, dest string, e *fetch.Estimate) error {
	files, size, least, what := e.Files-e.Known, e.Bytes-e.KnownBytes, "", "to be fetched"
	if bucket.Is(dest) {
		what = "to be copied, as far as they are not there" // what is there, only asking for each of them tells
	}
	if e.Archived > 0 {
		f.ui.warn("%s: %s in Glacier, and cannot be read before they are restored", from, number(e.Archived, "file"))
	}
	if !e.AtLeast && files <= manyFiles && size <= manyBytes {
		return nil
	}
	if e.AtLeast {
		least = "more than "
	}
	text := fmt.Sprintf("%s: %s%s, %s; %s: %s%s, %s, about %s", from, least, number(e.Files, "file"), bytesText(e.Bytes),
		what, least, number(files, "file"), bytesText(size), howLong(files, size, e.Took))
	fmt.Fprintln(f.ui.stderr, render.Text(text))
	if f.yes || !isTerminal(f.ui.stdin) || !isTerminal(f.ui.stderr) {
		return nil
	}
	if agreed, err := f.ui.confirm(ctx); err != nil || agreed {
		return err
	}
	return hinted(errors.New("nothing was fetched"), "to fetch less: a longer PREFIX, of one region or month; not to be asked: --yes")
}

// end tells what was done.
func (f *fetching) end(ctx context.Context, dest string, c fetch.Counts, err error, counted bool) error {
	fmt.Fprintf(f.ui.stderr, "fetched %s, %s; there already %s; failed %s\n", number(c.Fetched, "file"), bytesText(c.Bytes), thousands(c.There), thousands(c.Failed))
	if err != nil {
		if ctx.Err() != nil {
			f.ui.say("note", "what was fetched until now is in "+dest+"; the same command goes on from there")
		}
		return f.aws.explained(err)
	}
	if counted {
		err := f.ui.print(func(w io.Writer) error {
			return printOne(w, render.Form(f.form), flat{{"listed", c.Listed}, {"fetched", c.Fetched}, {"there", c.There}, {"failed", c.Failed}, {"bytes", c.Bytes}})
		})
		if err != nil {
			return err
		}
	}
	if c.Unlisted != nil {
		f.ui.complain(f.aws.explained(fmt.Errorf("not all of it could be listed: %w", c.Unlisted)))
	}
	if c.Failed > 0 || c.Unlisted != nil {
		return silent(exitPart)
	}
	if !bucket.Is(dest) {
		f.ui.say("hint", "who really did what: crosstrail trace "+quoteShell(dest)+"; to ask often: crosstrail ingest "+quoteShell(dest))
	}
	return nil
}

// drawing draws how far a job is, until what it returns is called.
func drawing(ctx context.Context, m *meter, job *fetch.Job, e fetch.Estimate) (end func()) {
	if m.out == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				m.show(fetchingLine(job.Counts(), e, time.Since(m.start)))
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// fetchingLine is one state of a job, in ASCII so that it can be cut.
func fetchingLine(c fetch.Counts, e fetch.Estimate, passed time.Duration) string {
	var b strings.Builder
	files, size := e.Files-e.Known, e.Bytes-e.KnownBytes
	fmt.Fprintf(&b, "fetching: %s", thousands(c.Fetched))
	if !e.AtLeast {
		fmt.Fprintf(&b, " of %s", thousands(files))
	}
	fmt.Fprintf(&b, " files, %s", bytesText(c.Bytes))
	if !e.AtLeast && size > 0 {
		fmt.Fprintf(&b, " of %s (%d%%)", bytesText(size), min(100*c.Bytes/size, 100))
	}
	if c.There > 0 {
		fmt.Fprintf(&b, ", %s there already", thousands(c.There))
	}
	if c.Failed > 0 {
		fmt.Fprintf(&b, ", %s failed", thousands(c.Failed))
	}
	if seconds := passed.Seconds(); seconds >= 1 {
		fmt.Fprintf(&b, ", %s/s", bytesText(int64(float64(c.Bytes)/seconds)))
		if !e.AtLeast && c.Bytes > 0 && size > c.Bytes {
			left := time.Duration(float64(passed) * float64(size-c.Bytes) / float64(c.Bytes))
			fmt.Fprintf(&b, ", %s left", left.Round(time.Second))
		}
	}
	return b.String()
}
