package site

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awsbucket"
)

// Ask is which log is meant. The zero value: that of the one trail that the caller
// sees.
type Ask struct {
	Trail  string // a name in the caller's region, or an ARN
	Bucket string // that a trail writes to, or did
}

// Found is what a hub that reads log files hangs on.
type Found struct {
	Caller       Caller
	Trail        Trail  // zero where the bucket was named, and no trail that is seen writes there
	Stopped      string // why the trail brings nothing that hands out credentials, "" where it does
	Bucket       string
	BucketRegion string
	BucketOwner  string // the account; "": another one than the caller's, which is not known
	Prefix       string // of keys: "AWSLogs/", or "some/prefix/AWSLogs/"

	Key      string // ARN of the KMS key that seals the log files, "" for none
	KeyOwner string // its account
	// KeyLets is whether the key's policy leaves it to the account's IAM who may
	// decrypt, so that a role's own policy is enough. Else KeyWhy says what is not so.
	KeyLets bool
	KeyWhy  string

	Notifications *deploy.Notifications // nil: they could not be read
	unread        string                // why not

	Unread []string // what could not be looked at, in words
}

func (f *Found) bucket() Bucket { return Bucket{f.Bucket, f.BucketRegion, f.BucketOwner} }

// Ours reports whether the bucket is the caller's account's.
func (f *Found) Ours() bool { return f.BucketOwner == f.Caller.Account }

// LogsOf looks at the log that is asked for. What must be known is the trail or the
// bucket, and the bucket's region; of the rest, what was refused is in Unread.
func (s *Site) LogsOf(ctx context.Context, ask Ask) (*Found, error) {
	me, err := s.Caller(ctx)
	if err != nil {
		return nil, err
	}
	f := &Found{Caller: me}
	if f.Trail, err = s.choose(ctx, ask, f); err != nil {
		return nil, err
	}
	f.Bucket, f.Prefix = cmp.Or(f.Trail.Bucket, ask.Bucket), f.Trail.Folder()
	if !awsbucket.Named(f.Bucket) {
		return nil, &Error{Text: fmt.Sprintf("S3 has no bucket with such a name: %q", f.Bucket), Hints: []string{"--bucket takes a bucket's name alone, as acme-logs"}, Misread: true}
	}
	if f.BucketRegion, err = s.regionOf(ctx, f.Bucket); err != nil {
		return nil, err
	}
	for _, look := range []func(context.Context, *Found) error{s.stopped, s.notificationsOf, s.keyOf} {
		if err := look(ctx, f); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// stopped looks whether the trail logs what is wanted.
func (s *Site) stopped(ctx context.Context, f *Found) error {
	if f.Trail.ARN == "" {
		return nil
	}
	l, err := s.logs(ctx, f.Trail)
	switch {
	case err != nil:
		return err
	case l.sure:
		f.Stopped = l.why
	default:
		f.Unread = append(f.Unread, l.why)
	}
	return nil
}

// trailARN is how CloudTrail names a trail of any region and account.
var trailARN = regexp.MustCompile(`^arn:[\w-]+:cloudtrail:[\w-]+:\d{12}:trail/[\w.-]+$`)

// choose finds the trail that is meant. One of one region is seen there alone, and
// looked for where its ARN says.
func (s *Site) choose(ctx context.Context, ask Ask, f *Found) (Trail, error) {
	region := ""
	if strings.HasPrefix(ask.Trail, "arn:") {
		if !trailARN.MatchString(ask.Trail) {
			return Trail{}, &Error{Text: fmt.Sprintf("%q is no ARN of a trail", ask.Trail), Hints: []string{"it looks like arn:aws:cloudtrail:us-east-1:111111111111:trail/NAME"}, Misread: true}
		}
		region = part(ask.Trail, 3)
	}
	all, err := s.trailsIn(ctx, region)
	if err != nil {
		if e, ok := errors.AsType[*Error](err); ok && ask.Trail == "" {
			if ask.Bucket != "" && e.Denied {
				f.Unread = append(f.Unread, e.Error())
				return Trail{}, nil
			}
			e.Hints = append([]string{"or name the bucket, which does without: --bucket NAME; or do without log files: --no-logs"}, e.Hints...)
		}
		return Trail{}, err
	}
	found := slices.DeleteFunc(slices.Clone(all), func(t Trail) bool {
		return ask.Trail != "" && ask.Trail != t.ARN && ask.Trail != t.Name || ask.Trail == "" && ask.Bucket != "" && ask.Bucket != t.Bucket
	})
	found = s.own(ctx, found)
	switch {
	case len(found) > 1:
		return Trail{}, several(ask, found)
	case len(found) == 0 && ask.Trail == "" && ask.Bucket != "":
		return Trail{}, nil
	case len(found) == 0:
		return Trail{}, s.noTrail(ctx, ask, region, all)
	case ask.Bucket != "" && ask.Bucket != found[0].Bucket:
		return Trail{}, &Error{
			Text:  fmt.Sprintf("the trail %s writes to the bucket %s, not to %s", found[0].Name, found[0].Bucket, ask.Bucket),
			Hints: []string{"leave one of --trail and --bucket away"}, Misread: true,
		}
	}
	return found[0], nil
}

// own are the trails of the caller's account, and others' that write to a bucket of it;
// all where there are none such: a member sees its organisation's trail, whose bucket
// is another account's (CloudTrail User Guide, Creating a trail for an organization).
func (s *Site) own(ctx context.Context, all []Trail) []Trail {
	if len(all) < 2 {
		return all
	}
	own := slices.DeleteFunc(slices.Clone(all), func(t Trail) bool {
		if t.Account == s.known().Account {
			return false
		}
		region, err := s.regionOf(ctx, t.Bucket)
		return err != nil || !awsbucket.Owns(ctx, s.s3(region), t.Bucket, s.known().Account)
	})
	if len(own) == 0 {
		return all
	}
	return own
}

// several names them.
func several(ask Ask, found []Trail) error {
	text := fmt.Sprintf("there are %d trails", len(found))
	if ask.Bucket != "" {
		text = fmt.Sprintf("%d trails write to the bucket %s", len(found), ask.Bucket)
	} else if ask.Trail != "" {
		text = fmt.Sprintf("%d trails are named %s", len(found), ask.Trail)
	}
	e := &Error{Text: text + ": say which one", Which: found}
	for _, t := range found {
		e.Hints = append(e.Hints, "--trail "+t.Text())
	}
	return e
}

// Text is a trail as one is told of it, to tell it from others.
func (t Trail) Text() string {
	text := "writes to s3://" + t.Bucket + "/" + strings.TrimSuffix(t.Folder(), "AWSLogs/")
	if t.Organization {
		text = "of the organisation, " + text
	}
	return t.ARN + " (" + text + ")"
}

// noTrail says which there are.
func (s *Site) noTrail(ctx context.Context, ask Ask, region string, all []Trail) error {
	in := cmp.Or(region, s.cfg.Region)
	e := &Error{Text: fmt.Sprintf("there is no trail that %s sees in %s", s.known().Account, in)}
	if ask.Trail != "" {
		e.Text = fmt.Sprintf("there is no trail %s that %s sees in %s", ask.Trail, s.known().Account, in)
	}
	for _, t := range s.own(ctx, all) {
		e.Hints = append(e.Hints, "there is "+t.Name+": --trail "+t.Text())
	}
	e.Hints = append(e.Hints, "a trail of one region is seen there alone: --aws-region REGION, or its ARN",
		"where another account's trail writes to a bucket of yours: --bucket NAME", "without log files a hub keeps what spokes send: --no-logs")
	return e
}

// regionOf asks where a bucket is.
func (s *Site) regionOf(ctx context.Context, bucket string) (string, error) {
	region, err := awsbucket.Region(ctx, s.s3(""), bucket)
	switch {
	case awsbucket.None(err):
		return "", &Error{
			Doing: "look at the bucket " + bucket, Text: "there is no such bucket", Err: err,
			Hints: []string{"check the spelling, and that the account and partition are the right ones"},
		}
	case err != nil:
		return "", s.explain(ctx, err, "look where the bucket "+bucket+" is", "s3:ListBucket", s.bucketARN(bucket))
	}
	return region, nil
}

// notificationsOf reads the bucket's notifications, and finds out whose it is: S3
// answers only who expects the right owner, which is one of those whose trail, key or
// topic it is, or stays unknown.
func (s *Site) notificationsOf(ctx context.Context, f *Found) error {
	var owners []string
	for _, owner := range []string{f.Caller.Account, f.Trail.Account, part(f.Trail.Key, 4), part(f.Trail.Topic, 4)} {
		if owner != "" && !slices.Contains(owners, owner) {
			owners = append(owners, owner)
		}
	}
	for _, owner := range append(owners, "") {
		b := Bucket{f.Bucket, f.BucketRegion, owner}
		n, err := s.readNotifications(ctx, b)
		if err == nil {
			f.BucketOwner, f.Notifications = owner, &n
			return nil
		}
		told := s.explainBucket(ctx, err, Bucket{Name: f.Bucket}, "read the notifications of the bucket "+f.Bucket, "s3:GetBucketNotification")
		e, ok := errors.AsType[*Error](told)
		if !ok || !e.Denied {
			return told
		}
		f.unread = strings.TrimPrefix(e.Text, "refused: ")
		if owner != "" && awsbucket.Owns(ctx, s.s3(b.Region), b.Name, owner) {
			f.BucketOwner = owner
			f.Unread = append(f.Unread, e.Error())
			return nil
		}
	}
	f.Unread = append(f.Unread, fmt.Sprintf("cannot tell whose the bucket %s is, it may be another account's: %s", f.Bucket, f.unread))
	return nil
}
