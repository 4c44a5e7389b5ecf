package site

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/internal/awserr"
)

// Change is what a change of a bucket's notifications came to.
type Change struct {
	Before, After deploy.Notifications
	Changed       bool // something was written
	// Warnings are what others wrote at the same time, and what of theirs cannot be
	// reached.
	Warnings []string
}

// Notify puts our rule among a bucket's notifications. S3 asks the destinations of all
// rules, ours too, whether they take a message, and refuses the whole if one does not:
// the queue has to be there, and its policy (S3 API Reference,
// PutBucketNotificationConfiguration). Where it is another's that is dead, ours is put
// without asking.
func (s *Site) Notify(ctx context.Context, b Bucket, ours deploy.Notification) (*Change, error) {
	return s.change(ctx, b, edit{
		doing: "have the bucket " + b.Name + " tell " + ours.To,
		make:  func(n deploy.Notifications) (deploy.Notifications, error) { return n.With(ours) },
		done:  func(n deploy.Notifications) bool { return n.Has(ours) },
		ours:  ours,
		asked: true,
	})
}

// NotifyEventBridge has the bucket tell EventBridge too, which never overlaps with a
// rule.
func (s *Site) NotifyEventBridge(ctx context.Context, b Bucket) (*Change, error) {
	return s.change(ctx, b, edit{
		doing: "have the bucket " + b.Name + " tell EventBridge",
		make:  deploy.Notifications.WithEventBridge,
		done:  func(n deploy.Notifications) bool { return n.EventBridge },
	})
}

// Unnotify takes our rule, of that id and to that place, from what is there then.
// EventBridge stays told: others may listen to it by now.
func (s *Site) Unnotify(ctx context.Context, b Bucket, ours deploy.Notification) (*Change, error) {
	return s.change(ctx, b, edit{
		doing: "have the bucket " + b.Name + " tell " + ours.To + " no longer",
		make:  func(n deploy.Notifications) (deploy.Notifications, error) { return n.Without(ours) },
		done:  func(n deploy.Notifications) bool { return !n.Told(ours) },
		ours:  ours,
	})
}

// edit is one change, which can be made of whatever is there.
type edit struct {
	doing string
	make  func(deploy.Notifications) (deploy.Notifications, error)
	done  func(deploy.Notifications) bool
	ours  deploy.Notification
	asked bool // S3 is to ask whether the queue takes messages
}

// changes is how often a change is made, where another's write undoes it.
const changes = 3

// change reads, merges, puts, reads back and looks again. S3 has no conditional write
// here: of two who read the same and put at once the second undoes the first. So what
// is to be put is made of what was read just before, and is made once more where it is
// gone a moment later; what of others is gone then is told, and is theirs to put
// right, since nobody can say whether they took it away themselves.
func (s *Site) change(ctx context.Context, b Bucket, e edit) (*Change, error) {
	c := new(Change)
	for round := range changes {
		now, err := s.readNotifications(ctx, b)
		if err != nil {
			return c, s.explainBucket(ctx, err, b, e.doing, "s3:GetBucketNotification")
		}
		if round == 0 {
			c.Before = now
		}
		c.After = now
		if e.done(now) {
			return c, nil
		}
		if round > 0 {
			c.warn("another wrote the bucket's notifications at the same time, and ours were undone: put right")
		}
		put, err := e.make(now)
		if err != nil {
			return c, &Error{Doing: e.doing, Err: err}
		}
		if err := s.put(ctx, b, e, put, c); err != nil {
			return c, err
		}
		c.Changed = true
		if err := s.look(ctx, b, e, put, c); err != nil {
			return c, err
		}
	}
	if e.done(c.After) {
		return c, nil
	}
	return c, &Error{
		Doing: e.doing, Text: "something else keeps writing the bucket's notifications, and undoes it",
		Hints: []string{"who does: aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=PutBucketNotification", "what is there: aws s3api get-bucket-notification-configuration --bucket " + b.Name},
	}
}

// look reads back what was put until it is seen, since S3 shows a bucket's settings
// everywhere only after a while (S3 User Guide, "Amazon S3 data consistency model":
// bucket configurations), and once more a moment later.
func (s *Site) look(ctx context.Context, b Bucket, e edit, put deploy.Notifications, c *Change) error {
	for end := time.Now().Add(s.wait.shown); ; {
		now, err := s.readNotifications(ctx, b)
		if err != nil {
			return s.explainBucket(ctx, err, b, "read back what was written to "+b.Name, "s3:GetBucketNotification")
		}
		if e.done(now) || time.Now().After(end) {
			break
		}
		if err := smithytime.SleepWithContext(ctx, s.wait.pause); err != nil {
			return err
		}
	}
	if err := smithytime.SleepWithContext(ctx, s.wait.settle); err != nil {
		return err
	}
	now, err := s.readNotifications(ctx, b)
	if err != nil {
		return s.explainBucket(ctx, err, b, "look again at what was written to "+b.Name, "s3:GetBucketNotification")
	}
	c.After = now
	gone, _ := put.Differ(now)
	for _, n := range gone {
		if n.ID != e.ours.ID || n.To != e.ours.To {
			c.warn("a rule of others that was there a moment ago is gone, and it was not this command that took it away: " + n.Text())
		}
	}
	if put.EventBridge && !now.EventBridge && e.done(now) {
		c.warn("the bucket told EventBridge a moment ago and does no longer, and it was not this command that turned it off")
	}
	return nil
}

func (c *Change) warn(text string) {
	if !slices.Contains(c.Warnings, text) {
		c.Warnings = append(c.Warnings, text)
	}
}

// put writes the whole configuration. With asked S3 tries our queue, and goes on being
// asked for a while: the queue's policy may be seconds old. Which of the destinations
// it means it says beside its message, where the SDK has no field.
func (s *Site) put(ctx context.Context, b Bucket, e edit, n deploy.Notifications, c *Change) error {
	asked := e.asked
	for end := time.Now().Add(s.wait.reach); ; {
		var answer string
		_, err := s.s3(b.Region).PutBucketNotificationConfiguration(ctx, &s3.PutBucketNotificationConfigurationInput{
			Bucket: &b.Name, ExpectedBucketOwner: b.owner(), NotificationConfiguration: forS3(n), SkipDestinationValidation: aws.Bool(!asked),
		}, func(o *s3.Options) {
			o.APIOptions = append(o.APIOptions, seeing(false, func(body []byte) { answer = string(body) }))
		})
		switch {
		case err == nil:
			return nil
		case !asked || awserr.Code(err) != "InvalidArgument" || !strings.Contains(awserr.Message(err), "Unable to validate"):
			return s.explainBucket(ctx, err, b, e.doing, "s3:PutBucketNotification")
		}
		theirs := named(answer, n, e.ours)
		switch late := time.Now().After(end); {
		case len(theirs) > 0 && !strings.Contains(answer, e.ours.To):
			c.warn("S3 cannot reach what rules of others name, and went on without asking: " + strings.Join(theirs, "; "))
			asked = false
		case late && len(n.All) > 1 && !strings.Contains(answer, e.ours.To):
			c.warn("S3 cannot reach what one of the bucket's rules names, and does not say which: whether it reaches ours is told by: crosstrail deploy test")
			asked = false
		case late:
			return &Error{
				Doing: e.doing, Err: err, Text: "S3 may not send to the queue: " + awserr.Message(err),
				Hints: []string{"the queue's policy has to let s3.amazonaws.com send for " + s.bucketARN(b.Name) + ", and the policy of a key that seals the queue has to let it use the key"},
			}
		default:
			if err := smithytime.SleepWithContext(ctx, s.wait.pause); err != nil {
				return err
			}
		}
	}
}

// named are the rules of others whose destinations an answer names.
func named(answer string, n deploy.Notifications, ours deploy.Notification) []string {
	var all []string
	for _, r := range n.All {
		if r.To != ours.To && strings.Contains(answer, r.To) {
			all = append(all, r.Text())
		}
	}
	return all
}

// explainBucket is explain for a call about a bucket.
func (s *Site) explainBucket(ctx context.Context, err error, b Bucket, doing, action string) error {
	err = s.explain(ctx, err, doing, action, s.bucketARN(b.Name))
	e, ok := err.(*Error)
	if !ok {
		return err
	}
	if awserr.Code(e.Err) == "NoSuchBucket" {
		e.Text = "there is no bucket " + b.Name
	}
	if e.Denied && b.Owner != "" {
		e.Hints = append(e.Hints, fmt.Sprintf("where the bucket %s is not of the account %s: that account's owner has to do it", b.Name, b.Owner))
	}
	return e
}

func (s *Site) bucketARN(name string) string {
	return "arn:" + cmp.Or(s.known().Partition, "aws") + ":s3:::" + name
}
