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

// What AWS takes (IAM API Reference; STS API Reference, AssumeRole; S3 User Guide,
// "General purpose bucket naming rules"; DynamoDB Developer Guide, "Naming rules";
// EventBridge, SQS, SNS and KMS API References). A deployment's name is shorter than
// each of the names that are made of it may be.
var (
	nameForm      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,39}$`)
	accountForm   = regexp.MustCompile(`^[0-9]{12}$`)
	regionForm    = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
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
	mostTemplate = 51200 // bytes of a template that CreateStack takes (CloudFormation User Guide, "Quotas")
	mostBus      = 10240 // bytes of an event bus's policy (EventBridge API Reference, PutPermission)
	mostPattern  = 2048  // characters of an event pattern (EventBridge User Guide, "Quotas")
	mostExternal = 1224  // characters (STS API Reference, AssumeRole)
	mostPolicies = 10    // attached to a role (IAM User Guide, "IAM and AWS STS quotas")
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
	for i, a := range h.Senders.Accounts {
		if !accountForm.MatchString(a) {
			wrong("%q is no account: it has twelve digits", a)
		}
		if slices.Contains(h.Senders.Accounts[:i], a) {
			wrong("the account %s is there twice", a)
		}
	}
	if h.Region != "" && !regionForm.MatchString(h.Region) {
		wrong("%q is no region", h.Region)
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
	return errors.Join(h.room(), fits(h.Template()))
}

// room says whether the senders find room in the bus's policy and in the pattern of the
// rule, which names the accounts where no organisation may send.
func (h *Hub) room() error {
	const (
		policy  = 500 // bytes of a statement without its principals
		pattern = 120 // characters without accounts
	)
	n := len(h.Senders.Accounts)
	inPolicy, inPattern := (mostBus-2*policy)/len(`"arn:aws-us-gov:iam::111111111111:root",`), (mostPattern-pattern)/len(`"111111111111",`)
	switch {
	case n > inPolicy:
		return fmt.Errorf("%d accounts are too many for the event bus's policy, which has room for %d: take their organisation, or a second hub of another name", n, inPolicy)
	case n > inPattern && h.Senders.Organization == "":
		return fmt.Errorf("%d accounts are too many for the rule's event pattern, which has room for %d: take their organisation, or a second hub of another name", n, inPattern)
	}
	return nil
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
		errs = append(errs, checkExternalID(id))
	}
	for _, role := range s.Match.Roles {
		if !roleARNForm.MatchString(role) {
			wrong("%q is no ARN of a role: arn:aws:iam::ACCOUNT:role/NAME", role)
		}
	}
	for _, region := range s.Regions {
		if !regionForm.MatchString(region) {
			wrong("%q is no region", region)
		}
	}
	errs = append(errs, s.Match.check())
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if n := utf8.RuneCount(s.Pattern()); n > mostPattern {
		return fmt.Errorf("the event pattern has %d characters, and EventBridge takes %d: name fewer external ids and roles, or none, which sends every call that hands out credentials", n, mostPattern)
	}
	return fits(s.Template())
}

// check is of the fields: each of them once, and none below another one.
func (m *Match) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	var taken []string
	if len(m.ExternalIDs) > 0 {
		taken = append(taken, "requestParameters.externalId")
	}
	if len(m.Roles) > 0 {
		taken = append(taken, "requestParameters.roleArn")
	}
	for _, f := range m.Fields {
		if !fieldForm.MatchString(f.Path) || len(f.Values) == 0 {
			wrong("%q is no field of a record with a value: as userIdentity.type=IAMUser", f.Path)
		}
		for _, value := range f.Values {
			if !utf8.ValidString(value) {
				wrong("%s: %q is no text", f.Path, value)
			}
		}
		for _, other := range taken {
			if strings.HasPrefix(f.Path+".", other+".") || strings.HasPrefix(other+".", f.Path+".") {
				wrong("%s is asked for twice, as %s: give all its values at once", f.Path, other)
			}
		}
		taken = append(taken, f.Path)
	}
	return errors.Join(errs...)
}

func checkExternalID(id string) error {
	if !externalForm.MatchString(id) || len(id) < 2 || len(id) > mostExternal {
		return fmt.Errorf("%q is no external id: 2 to %d letters, digits and any of _+=,.@:/-", id, mostExternal)
	}
	return nil
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
	if r.ExternalID != "" {
		errs = append(errs, checkExternalID(r.ExternalID))
	}
	if s := r.Session; s != 0 && (s < time.Hour || s > 12*time.Hour || s%time.Second != 0) {
		wrong("%s is no length of a session: one to twelve hours", s)
	}
	for _, p := range r.policies() {
		if !policyForm.MatchString(p) && !policyName.MatchString(p) {
			wrong("%q is neither an ARN of a policy nor the name of one of AWS's", p)
		}
	}
	if len(r.Policies) > mostPolicies {
		wrong("%d policies are more than a role may have, %d", len(r.Policies), mostPolicies)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return fits(r.Template())
}
