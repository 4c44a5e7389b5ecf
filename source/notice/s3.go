package notice

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/internal/pattern"
)

// s3Source is the eventSource of S3's own events.
const s3Source = "aws:s3"

// readS3 reads one of S3's own events. Keys in it are encoded as a form's are:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
func (n *Notice) readS3(r object) *Error {
	name := strings.TrimPrefix(r.text("eventName"), "s3:")
	switch {
	case name == "":
		return problem("has no eventName")
	case !strings.HasPrefix(name, "ObjectCreated:"):
		n.Passed = "S3 tells of " + quoted(name) + ": nothing was written"
		return nil
	}
	in, err := r.below("s3")
	if err != nil {
		return problem(err.Error())
	}
	bucket, object, failed := bucketAndObject(in, "eTag", "versionId")
	if failed != nil {
		return failed
	}
	object.Bucket = bucket
	key, err := url.QueryUnescape(object.Key)
	if err != nil {
		return problem("has a key that is not encoded as a form is: ", quoted(object.Key))
	}
	object.Key = key
	return n.add(object)
}

// objectCreated is the one kind of S3's events on EventBridge that is read.
const objectCreated = "Object Created"

// viaCloudTrail are the kinds of EventBridge's events whose detail is a record:
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-aws-service-specific-topics.html
// AWS spells the second in both ways.
var viaCloudTrail = map[string]bool{
	"AWS API Call via CloudTrail":        true,
	"AWS Console Sign In via CloudTrail": true,
	"AWS Console Signin via CloudTrail":  true,
	"AWS Console Action via CloudTrail":  true,
	"AWS Service Event via CloudTrail":   true,
}

const insight = "AWS Insight via CloudTrail"

// readEventBridge reads an event of EventBridge: of S3, whose keys are as S3 has
// them, or of CloudTrail. One from an archive has more fields.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
func (n *Notice) readEventBridge(o object, body []byte) *Error {
	kind := o.text("detail-type")
	detail, err := o.below("detail")
	switch {
	case err != nil:
		return problem("the event of EventBridge ", err.Error())
	case viaCloudTrail[kind]:
		if failed := foreign(o, detail); failed != nil {
			return failed
		}
		return n.addRecord(body)
	case kind == insight:
		n.Passed = "an Insights event"
		return nil
	case o.text("source") != "aws.s3" || !strings.HasPrefix(kind, "Object "):
		return problem("the event of EventBridge is of a kind that is not read here: ", quoted(kind), " from ", quoted(o.text("source")))
	case kind != objectCreated:
		n.Passed = "S3 tells of " + quoted(kind) + ": nothing was written"
		return nil
	}
	bucket, object, failed := bucketAndObject(detail, "etag", "version-id")
	if failed == nil {
		object.Bucket = bucket
		failed = n.add(object)
	}
	if failed != nil {
		return problem("the event of EventBridge ", failed.Problem)
	}
	return nil
}

// foreign is why an event is none of CloudTrail's, though it is of its kind. Anyone who
// may put events on a bus chooses their kind and detail, but no source that begins with
// "aws.", which is AWS's services' own; a partner's begins with "aws.partner/":
// https://docs.aws.amazon.com/eventbridgev2/latest/APIReference/API_PutEventsRequestEntry.html
// The account is EventBridge's own word, and CloudTrail delivers a record to the
// account that it names as recipient.
func foreign(o, detail object) *Error {
	from, account, recipient := o.text("source"), o.text("account"), detail.text("recipientAccountId")
	switch {
	case !strings.HasPrefix(from, "aws.") || strings.HasPrefix(from, "aws.partner/"):
		return problem("the event of EventBridge is not CloudTrail's, whatever its detail-type says: it is from ", quoted(from), ", where AWS's own are from aws.*")
	case !isRecord(detail):
		return problem("the event of EventBridge is no record of CloudTrail: its detail has no eventName, eventSource or eventTime")
	case recipient != "" && recipient != account:
		return problem("the event of EventBridge is of account ", quoted(account), " and its record is of account ", quoted(recipient), ": CloudTrail sends no such event")
	}
	return nil
}

// bucketAndObject reads what both kinds of S3's events have.
func bucketAndObject(in object, etag, version string) (bucket string, o Object, failed *Error) {
	b, err := in.below("bucket")
	if err != nil {
		return "", o, problem(err.Error())
	}
	of, err := in.below("object")
	if err != nil {
		return "", o, problem(err.Error())
	}
	o.Size = -1
	for name, to := range map[string]*string{"key": &o.Key, etag: &o.ETag, version: &o.VersionID} {
		text, ok := of.optional(name)
		if !ok {
			return "", o, problem("has an object whose ", name, " is no text: ", quoted(string(of[name])))
		}
		*to = text
	}
	o.ETag = strings.Trim(o.ETag, `"`)
	if of.has("size") {
		if o.Size, err = strconv.ParseInt(string(of["size"]), 10, 64); err != nil || o.Size < 0 || o.Size > mostSize {
			return "", o, problem("has an object whose size is none: ", quoted(string(of["size"])))
		}
	}
	return b.text("name"), o, nil
}

// The limits are those of S3, where it has any:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
const (
	mostSize = 1 << 50
	mostKey  = 1024
	mostID   = 1024
)

// bucketForm is wider than what S3 takes for new buckets: there are old ones.
var (
	bucketForm = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$`)
	etagForm   = pattern.Of(`^[!#-~]{0,256}$`)
	idForm     = regexp.MustCompile(`^[!-~]*$`)
)

// add adds an object, if S3 may have one of that name.
func (n *Notice) add(o Object) *Error {
	switch {
	case o.Bucket == "":
		return problem("names no bucket")
	case !bucketForm().MatchString(o.Bucket):
		return problem("names a bucket that cannot be: ", quoted(o.Bucket))
	case o.Key == "":
		return problem("names no key")
	case len(o.Key) > mostKey || !utf8.ValidString(o.Key):
		return problem("names a key that cannot be: ", quoted(o.Key))
	case !etagForm().MatchString(o.ETag):
		return problem("names an object whose ETag cannot be: ", quoted(o.ETag))
	case len(o.VersionID) > mostID || !idForm.MatchString(o.VersionID):
		return problem("names an object whose version cannot be: ", quoted(o.VersionID))
	}
	n.Objects = append(n.Objects, o)
	return n.tooMany()
}

// wrapped is one of S3's events as S3 sends it.
func wrapped(event json.RawMessage) []byte {
	return append(append([]byte(`{"Records":[`), event...), "]}"...)
}
