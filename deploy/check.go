package deploy

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What AWS takes (IAM and STS API Reference, S3 User Guide, "Bucket naming rules",
// DynamoDB Developer Guide, "Naming rules", Lambda API Reference; EventBridge takes 64
// characters for a rule, and IAM for a role's name).
var (
	nameForm      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,39}$`)
	accountForm   = regexp.MustCompile(`^[0-9]{12}$`)
	orgForm       = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	tableForm     = regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)
	bucketForm    = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	roleForm      = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`)
	externalForm  = regexp.MustCompile(`^[A-Za-z0-9_+=,.@:/-]+$`)
	busForm       = regexp.MustCompile(`^arn:aws[a-z-]*:events:[a-z0-9-]+:[0-9]{12}:event-bus/[A-Za-z0-9._/-]{1,256}$`)
	queueForm     = regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}$`)
	topicForm     = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)
	keyForm       = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
	principalForm = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:(root|(user|role)/[A-Za-z0-9_+=,.@/-]{1,576})$`)
	roleARNForm   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]{1,576}$`)
	policyForm    = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9_+=,.@/-]{1,576}$`)
	policyName    = regexp.MustCompile(`^[A-Za-z0-9_+=,.@/-]{1,128}$`)
	fieldForm     = regexp.MustCompile(`^[A-Za-z0-9_:-]+(\.[A-Za-z0-9_:-]+)*$`)
)

// logDays are what CloudWatch Logs takes (API Reference, PutRetentionPolicy).
var logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

const (
	mostTemplate = 51200 // bytes that CreateStack takes as they are (CloudFormation User Guide, "Quotas")
	mostBus      = 10240 // bytes of an event bus's policy (EventBridge API Reference, PutPermission)
	mostPattern  = 2048  // characters (EventBridge User Guide, "Quotas")
)

// Check says what is wrong with the hub.
func (h *Hub) Check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := h.Name.check(); err != nil {
		errs = append(errs, err)
	}
	if !tableForm.MatchString(h.Table) {
		wrong("%q is no name of a table: 3 to 255 letters, digits, '_', '-' and '.'", h.Table)
	}
	for _, a := range h.Senders.Accounts {
		if !accountForm.MatchString(a) {
			wrong("%q is no account: it has twelve digits", a)
		}
	}
	if o := h.Senders.Organization; o != "" && !orgForm.MatchString(o) {
		wrong("%q is no organisation's id: o-… , as aws organizations describe-organization shows it", o)
	}
	for i, topic := range h.Topics {
		if !topicForm.MatchString(topic) {
			wrong("%q is no ARN of a topic: arn:aws:sns:REGION:ACCOUNT:NAME", topic)
		}
		if slices.Contains(h.Topics[:i], topic) {
			wrong("the topic %s is there twice", topic)
		}
	}
	if h.AlarmTo != "" && !topicForm.MatchString(h.AlarmTo) {
		wrong("%q is no ARN of a topic that alarms could tell", h.AlarmTo)
	}
	if a := h.Code.Architecture; a != "" && a != "arm64" && a != "x86_64" {
		wrong("%q is no architecture of Lambda: arm64 or x86_64", a)
	}
	if b := h.Code.Bucket; b != "" && !bucketForm.MatchString(b) {
		wrong("%q is no name of a bucket", b)
	}
	if m := h.Function.MemoryMB; m != 0 && (m < 128 || m > 10240) {
		wrong("%d MB is no memory of a function: 128 to 10240", m)
	}
	if d := h.Function.LogDays; d != 0 && !slices.Contains(logDays, d) {
		wrong("%d is no number of days that CloudWatch Logs keeps: %s", d, strings.Trim(fmt.Sprint(logDays), "[]"))
	}
	if h.Logs != nil {
		errs = append(errs, h.Logs.check())
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if n := len(h.Senders.Accounts) * 60; n > mostBus-500 {
		return fmt.Errorf("%d accounts are too many for the event bus's policy, which may have 10 KB: take their organisation (--organization), or two hubs", len(h.Senders.Accounts))
	}
	return fits(h.Template())
}

func fits(template []byte) error {
	if len(template) > mostTemplate {
		return fmt.Errorf("the template has %d bytes, and CloudFormation takes %d: name fewer accounts or topics, take their organisation, or two hubs", len(template), mostTemplate)
	}
	return nil
}

func (n Name) check() error {
	if !nameForm.MatchString(string(n)) {
		return fmt.Errorf("%q is no name of a deployment: a letter, then up to 39 letters, digits and '-'", string(n))
	}
	return nil
}

func (l *Logs) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !bucketForm.MatchString(l.Bucket) {
		wrong("%q is no name of a bucket", l.Bucket)
	}
	if len(l.Prefix) > 1024 || !utf8.ValidString(l.Prefix) || strings.ContainsFunc(l.Prefix, func(r rune) bool { return r < ' ' || r == 0x7f || r == ',' }) {
		wrong("%q is no prefix of log files", l.Prefix)
	}
	if l.Owner != "" && !accountForm.MatchString(l.Owner) {
		wrong("%q is no account: it has twelve digits", l.Owner)
	}
	if l.Key != "" && !keyForm.MatchString(l.Key) {
		wrong("%q is no ARN of a key: arn:aws:kms:REGION:ACCOUNT:key/ID", l.Key)
	}
	switch l.Trigger {
	case TriggerNotification:
	case TriggerEventBridge:
		if l.Owner != "" {
			wrong("the bucket %s is account %s's, whose EventBridge tells that account alone of new objects: take another trigger, notification or sns", l.Bucket, l.Owner)
		}
	case TriggerSNS:
		if !topicForm.MatchString(l.Topic) {
			wrong("%q is no ARN of the trail's topic: arn:aws:sns:REGION:ACCOUNT:NAME", l.Topic)
		}
	default:
		wrong("%q is no trigger: notification, eventbridge or sns", l.Trigger)
	}
	return errors.Join(errs...)
}

// Check says what is wrong with the spoke.
func (s *Spoke) Check() error {
	errs := []error{s.Name.check()}
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch {
	case s.ByTopic && !queueForm.MatchString(s.Hub):
		wrong("%q is no ARN of a hub's queue: arn:aws:sqs:REGION:ACCOUNT:NAME", s.Hub)
	case !s.ByTopic && !busForm.MatchString(s.Hub):
		wrong("%q is no ARN of a hub's event bus: arn:aws:events:REGION:ACCOUNT:event-bus/NAME", s.Hub)
	}
	for _, id := range s.Match.ExternalIDs {
		if !externalForm.MatchString(id) {
			wrong("%q is no external id: 2 to 1224 letters, digits and any of _+=,.@:/-", id)
		}
	}
	for _, role := range s.Match.Roles {
		if !roleARNForm.MatchString(role) {
			wrong("%q is no ARN of a role: arn:aws:iam::ACCOUNT:role/NAME", role)
		}
	}
	for _, f := range s.Match.Fields {
		if !fieldForm.MatchString(f.Path) || len(f.Values) == 0 {
			wrong("%q is no field of a record with a value: as userIdentity.type=IAMUser", f.Path)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if n := utf8.RuneCount(s.Pattern()); n > mostPattern {
		return fmt.Errorf("the event pattern has %d characters, and EventBridge takes %d: name fewer external ids and roles, or none, which sends every call that hands out credentials", n, mostPattern)
	}
	return fits(s.Template())
}

// Check says what is wrong with the role.
func (r *Role) Check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !roleForm.MatchString(r.Name) {
		wrong("%q is no name of a role: up to 64 letters, digits and any of _+=,.@-", r.Name)
	}
	if !accountForm.MatchString(r.To) && !principalForm.MatchString(r.To) {
		wrong("%q is neither an account of twelve digits nor an ARN of a user or role", r.To)
	}
	if r.ExternalID != "" && !externalForm.MatchString(r.ExternalID) {
		wrong("%q is no external id: 2 to 1224 letters, digits and any of _+=,.@:/-", r.ExternalID)
	}
	if s := r.Session; s != 0 && (s < time.Hour || s > 12*time.Hour || s%time.Second != 0) {
		wrong("%s is no length of a session: one to twelve hours", s)
	}
	for _, p := range r.policies() {
		if !policyForm.MatchString(p) && !policyName.MatchString(p) {
			wrong("%q is neither an ARN of a policy nor the name of one of AWS's", p)
		}
	}
	if len(r.Policies) > 10 {
		wrong("%d policies are more than a role may have, 10", len(r.Policies))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return fits(r.Template())
}
