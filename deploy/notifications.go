package deploy

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Notifications are what a bucket tells of its objects, and to whom: its notification
// configuration (S3 API Reference, GetBucketNotificationConfiguration). A change of it
// replaces the whole, so what others have there is kept as it is: order, ids and
// spelling.
type Notifications struct {
	All         []Notification
	EventBridge bool // every event goes to the default bus of the bucket's account and region too

	// Unknown are parts of the configuration that this program knows nothing of, by
	// name: they would be lost when it is put again.
	Unknown []string
}

// Notification is one rule of a bucket: which events, of which objects, go where.
type Notification struct {
	ID     string // of the caller's choice, or S3's
	Kind   Destination
	To     string   // ARN of the queue, topic or function
	Events []string // s3:ObjectCreated:*, s3:ObjectCreated:Put, …
	Filter []Filter // nil: there is none
}

// Destination is what a notification goes to.
type Destination string

// What S3 tells by a rule (S3 User Guide, "Supported event destinations").
const (
	ToQueue    Destination = "queue"
	ToTopic    Destination = "topic"
	ToFunction Destination = "function"
)

// Filter is one condition on the key of an object. A rule has one prefix and one
// suffix at most. S3 answers "Prefix" to who put "prefix".
type Filter struct{ Name, Value string }

// created is every event of a new object.
const created = "s3:ObjectCreated:*"

// NotificationID is the id of the rule that tells the hub's queue.
func (n Name) NotificationID() string { return string(n) + "-hub" }

// Notify is the rule that tells a queue of new objects under a prefix, as it is to be
// put: with special characters in their URL encoding, a space as "+" (S3 User Guide,
// "Configuring event notifications using object key name filtering").
func Notify(id, queue, prefix string) Notification {
	n := Notification{ID: id, Kind: ToQueue, To: queue, Events: []string{created}}
	if prefix != "" {
		n.Filter = []Filter{{"prefix", encoded(prefix)}}
	}
	return n
}

// encoded leaves alone what the S3 User Guide, "Naming Amazon S3 objects", calls safe.
func encoded(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', strings.IndexByte("!-_.*'()/", c) >= 0:
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// filtered is the prefix and the suffix that a rule asks for, decoded; "" for any.
func (n Notification) filtered() (prefix, suffix string) {
	for _, f := range n.Filter {
		value, err := url.QueryUnescape(f.Value)
		if err != nil {
			value = f.Value
		}
		switch strings.ToLower(f.Name) {
		case "prefix":
			prefix = value
		case "suffix":
			suffix = value
		}
	}
	return prefix, suffix
}

// Text is a rule as one is told of it.
func (n Notification) Text() string {
	text := fmt.Sprintf("%s (%s to the %s %s", n.ID, strings.Join(n.Events, ", "), n.Kind, n.To)
	prefix, suffix := n.filtered()
	if prefix != "" {
		text += ", keys that begin with " + prefix
	}
	if suffix != "" {
		text += ", keys that end in " + suffix
	}
	return text + ")"
}

// Overlaps reports whether S3 refuses two rules side by side: they share an event
// type, the prefix of one begins with that of the other, and the suffix of one ends in
// that of the other; where they go does not matter (S3 User Guide, the same page:
// "overlapping prefixes, overlapping suffixes, or prefix and suffix overlapping").
func (n Notification) Overlaps(other Notification) bool {
	p, s := n.filtered()
	q, r := other.filtered()
	if !strings.HasPrefix(p, q) && !strings.HasPrefix(q, p) || !strings.HasSuffix(s, r) && !strings.HasSuffix(r, s) {
		return false
	}
	return slices.ContainsFunc(n.Events, func(a string) bool {
		return slices.ContainsFunc(other.Events, func(b string) bool { return sameEvents(a, b) })
	})
}

// sameEvents reports whether some event is of both types: s3:ObjectCreated:* is all of
// s3:ObjectCreated:Put and its like.
func sameEvents(a, b string) bool {
	under := func(kind, event string) bool {
		all, ok := strings.CutSuffix(kind, "*")
		return ok && strings.HasPrefix(event, all)
	}
	return a == b || under(a, b) || under(b, a)
}

// is reports whether two rules are one: of the same id and to the same place. An id
// alone is no proof: a hub of another account may have the same name.
func (n Notification) is(other Notification) bool { return n.ID == other.ID && n.To == other.To }

// same reports whether two rules say the same.
func (n Notification) same(other Notification) bool {
	p, s := n.filtered()
	q, r := other.filtered()
	return n.is(other) && n.Kind == other.Kind && p == q && s == r &&
		slices.Equal(slices.Sorted(slices.Values(n.Events)), slices.Sorted(slices.Values(other.Events)))
}

// Has reports whether a rule is there, word for word.
func (n Notifications) Has(ours Notification) bool {
	return slices.ContainsFunc(n.All, ours.same)
}

// Conflicts are the rules of others that S3 would not have beside ours. What goes to
// EventBridge never is one of them.
func (n Notifications) Conflicts(ours Notification) []Notification {
	var all []Notification
	for _, other := range n.All {
		if !other.is(ours) && other.Overlaps(ours) {
			all = append(all, other)
		}
	}
	return all
}

// mostRules are what a bucket takes (S3 API Reference, PutBucketNotificationConfiguration:
// "up to 100 event notification configurations").
const mostRules = 100

// With is all that is there and ours, which takes the place of what it was before. It
// is an error where S3 would refuse it, where another's rule has its id, or where
// something would be lost.
func (n Notifications) With(ours Notification) (Notifications, error) {
	if err := n.whole(); err != nil {
		return n, err
	}
	if others := n.Conflicts(ours); len(others) > 0 {
		return n, fmt.Errorf("S3 takes no two rules for the same objects, and the bucket has %s", texts(others))
	}
	with := n.clone()
	if i := slices.IndexFunc(with.All, ours.is); i >= 0 {
		with.All[i] = ours.clone()
		return with, nil
	}
	if i := slices.IndexFunc(n.All, func(o Notification) bool { return o.ID == ours.ID }); i >= 0 {
		return n, fmt.Errorf("another rule of the bucket has the id %s: %s", ours.ID, n.All[i].Text())
	}
	if len(n.All) >= mostRules {
		return n, fmt.Errorf("S3 takes %d rules of a bucket, and it has %d", mostRules, len(n.All))
	}
	with.All = append(with.All, ours.clone())
	return with, nil
}

// Told reports whether our rule is there, whatever it says: of its id, to its place.
func (n Notifications) Told(ours Notification) bool { return slices.ContainsFunc(n.All, ours.is) }

// Without is all that is there but ours. It is an error where something else would be
// lost.
func (n Notifications) Without(ours Notification) (Notifications, error) {
	if !n.Told(ours) {
		return n, nil
	}
	if err := n.whole(); err != nil {
		return n, err
	}
	without := n.clone()
	without.All = slices.DeleteFunc(without.All, ours.is)
	return without, nil
}

// WithEventBridge is all that is there, told to EventBridge too.
func (n Notifications) WithEventBridge() (Notifications, error) {
	if err := n.whole(); err != nil {
		return n, err
	}
	with := n.clone()
	with.EventBridge = true
	return with, nil
}

// whole is an error where not all of the configuration is known.
func (n Notifications) whole() error {
	if len(n.Unknown) == 0 {
		return nil
	}
	return fmt.Errorf("the bucket's notifications hold what this version knows nothing of (%s), and would be put back without it", strings.Join(n.Unknown, ", "))
}

// Differ are the rules that only n has, and those that only the other has.
func (n Notifications) Differ(other Notifications) (mine, theirs []Notification) {
	only := func(in, out Notifications) (only []Notification) {
		for _, r := range in.All {
			if !out.Has(r) {
				only = append(only, r)
			}
		}
		return only
	}
	return only(n, other), only(other, n)
}

func (n Notifications) clone() Notifications {
	n.All, n.Unknown = slices.Clone(n.All), slices.Clone(n.Unknown)
	for i := range n.All {
		n.All[i] = n.All[i].clone()
	}
	return n
}

func (n Notification) clone() Notification {
	n.Events, n.Filter = slices.Clone(n.Events), slices.Clone(n.Filter)
	return n
}

func texts(all []Notification) string {
	var t []string
	for _, n := range all {
		t = append(t, n.Text())
	}
	return strings.Join(t, "; ")
}
