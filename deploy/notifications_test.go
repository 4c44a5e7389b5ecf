package deploy_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/deploy"
)

const siem = "arn:aws:sqs:us-east-1:999999999999:siem"

func rule(events, prefix, suffix string) deploy.Notification {
	n := deploy.Notification{ID: "theirs", Kind: deploy.ToQueue, To: siem, Events: strings.Fields(events)}
	if prefix != "" {
		n.Filter = append(n.Filter, deploy.Filter{Name: "Prefix", Value: prefix})
	}
	if suffix != "" {
		n.Filter = append(n.Filter, deploy.Filter{Name: "Suffix", Value: suffix})
	}
	return n
}

// TestOverlaps: the examples of the S3 User Guide, "Configuring event notifications
// using object key name filtering", and what follows from its rule.
func TestOverlaps(t *testing.T) {
	const all, put, gone = "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectRemoved:*"
	for _, c := range []struct {
		a, b deploy.Notification
		want bool
	}{
		{rule(all, "", ""), rule(all, "", ""), true},
		{rule(all, "images/", ""), rule(all, "logs/", ""), false},
		{rule(all, "images", ".jpg"), rule(all, "images", ".png"), false},
		{rule(all, "images", ""), rule(all, "", ".jpg"), true},     // "prefix and suffix overlapping"
		{rule(all, "images", ""), rule(all, "images/a", ""), true}, // "overlapping prefixes"
		{rule(all, "", "jpg"), rule(all, "", "pg"), true},          // "overlapping suffixes"
		{rule(all, "images", "jpg"), rule(all, "pictures", "jpg"), false},
		{rule(all, "images", ""), rule(gone, "images", ""), false}, // other events
		{rule(all, "", ""), rule(put, "", ""), true},
		{rule(put, "", ""), rule("s3:ObjectCreated:Copy", "", ""), false},
		{rule(put+" "+gone, "", ""), rule("s3:ObjectRemoved:Delete", "", ""), true},
		{rule(all, "a+b/", ""), rule(all, "a%20b/c", ""), true},
		{rule(all, "AWSLogs/", ""), rule(all, "awslogs/", ""), false},
	} {
		if c.a.Overlaps(c.b) != c.want || c.b.Overlaps(c.a) != c.want {
			t.Errorf("%s and %s: not %v", c.a.Text(), c.b.Text(), c.want)
		}
	}
	topic := rule(all, "", "")
	topic.Kind, topic.To = deploy.ToTopic, "arn:aws:sns:us-east-1:999999999999:siem"
	if !topic.Overlaps(rule(all, "", "")) {
		t.Error("where a rule goes does not matter, and did")
	}
}

func TestNotify(t *testing.T) {
	if got := deploy.Notify("x", queue, "my logs=1/AWSLogs/"); got.Filter[0].Value != "my+logs%3D1/AWSLogs/" || !got.Overlaps(rule("s3:ObjectCreated:Put", "my+logs", "")) {
		t.Errorf("%+v", got)
	}
	if got := deploy.Notify("x", queue, ""); got.Filter != nil {
		t.Errorf("%+v", got)
	}
}

// TestWith: what is refused, and why.
func TestWith(t *testing.T) {
	ours := deploy.Notify(deploy.Name("crosstrail").NotificationID(), queue, "AWSLogs/")
	there := func(all ...deploy.Notification) deploy.Notifications { return deploy.Notifications{All: all} }
	foreign := ours
	foreign.To, foreign.Filter = "arn:aws:sqs:us-east-1:111111111111:crosstrail", []deploy.Filter{{Name: "prefix", Value: "other/"}}
	unknown := there()
	unknown.Unknown = []string{"QueueConfiguration/Priority"}
	for text, n := range map[string]deploy.Notifications{
		"takes no two rules for the same objects, and the bucket has theirs (s3:ObjectCreated:Put to the queue " + siem: there(rule("s3:ObjectCreated:Put", "", "")),
		"has the id crosstrail-hub":   there(foreign),
		"QueueConfiguration/Priority": unknown,
	} {
		if _, err := n.With(ours); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
	without, err := there(foreign).Without(ours)
	if err != nil || len(without.All) != 1 {
		t.Errorf("another hub's of the same id: %+v, %v", without, err)
	}
	unknown.All = []deploy.Notification{ours}
	if _, err := unknown.Without(ours); err == nil {
		t.Error("what is not known would be lost without a word")
	}
	if _, err := unknown.WithEventBridge(); err == nil {
		t.Error("what is not known would be lost without a word")
	}
	old := ours
	old.Filter = []deploy.Filter{{Name: "Prefix", Value: "old/"}}
	was := there(old, rule("s3:ObjectRemoved:*", "", ""))
	if with, err := was.With(ours); err != nil || len(with.All) != 2 || !with.Has(ours) || was.Has(ours) {
		t.Errorf("ours, changed: %+v, %+v, %v", was, with, err)
	}
}

// TestWithAndWithout: of whatever is there, ours goes in and out again and leaves what
// was there, word for word; and what With takes, S3 takes.
func TestWithAndWithout(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 8)) //nolint:gosec // made-up rules
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	taken := 0
	for range 5000 {
		n := deploy.Notifications{EventBridge: random.IntN(2) == 0}
		for i := range random.IntN(5) {
			r := rule(pick("s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectRemoved:*", "s3:ObjectTagging:* s3:ObjectCreated:Copy"),
				pick("", "AWSLogs/", "AWSLogs/1", "other/", "a%2Fb"), pick("", ".gz", ".json", "z"))
			r.ID = pick("crosstrail-hub", "a", "b") + fmt.Sprint(pick("", "1", fmt.Sprint(i)))
			r.Kind = deploy.Destination(pick("queue", "topic", "function"))
			if random.IntN(4) == 0 && r.Filter == nil {
				r.Filter = []deploy.Filter{}
			}
			n.All = append(n.All, r)
		}
		before := fmt.Sprintf("%#v", n)
		ours := deploy.Notify("crosstrail-hub", queue, pick("AWSLogs/", "deep/AWSLogs/", ""))
		with, err := n.With(ours)
		if fmt.Sprintf("%#v", n) != before {
			t.Fatalf("With changed what it was given: %s, now %#v", before, n)
		}
		if err != nil {
			if len(n.Conflicts(ours)) == 0 && !strings.Contains(err.Error(), "has the id") {
				t.Fatalf("%#v: %v", n, err)
			}
			continue
		}
		taken++
		if !with.Has(ours) || with.EventBridge != n.EventBridge || !reflect.DeepEqual(with.All[:len(n.All)], n.All) && len(n.All) > 0 {
			t.Fatalf("%#v became %#v", n, with)
		}
		for i, a := range with.All {
			for _, b := range with.All[i+1:] {
				if b.ID == ours.ID && (a.ID == b.ID || a.Overlaps(b)) {
					t.Fatalf("S3 does not take %s beside %s", a.Text(), b.Text())
				}
			}
		}
		again, err := with.With(ours)
		if err != nil || !alike(again, with) {
			t.Fatalf("a second time: %#v, %v", again, err)
		}
		back, err := with.Without(ours)
		if err != nil || !reflect.DeepEqual(back.All, append([]deploy.Notification{}, n.All...)) || back.EventBridge != n.EventBridge || !alike(back, n) {
			t.Fatalf("%#v came back as %#v, %v", n, back, err)
		}
	}
	if taken < 500 {
		t.Errorf("only %d of 5000 were taken", taken)
	}
}

// alike reports whether two configurations say the same, in whatever order.
func alike(n, other deploy.Notifications) bool {
	missing, more := n.Differ(other)
	return n.EventBridge == other.EventBridge && len(missing)+len(more) == 0
}
