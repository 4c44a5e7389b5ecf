package deploy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// logDays are what CloudWatch Logs takes (API Reference, PutRetentionPolicy).
var logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

const (
	mostTemplate = 51200 // bytes of a template that CreateStack takes (CloudFormation User Guide, "Quotas")
	mostBus      = 10240 // bytes of an event bus's policy (EventBridge API Reference, PutPermission)
	mostPattern  = 2048  // characters of an event pattern (EventBridge User Guide, "Quotas")
	mostPolicies = 10    // attached to a role (IAM User Guide, "IAM and AWS STS quotas")
)

// Check says what is wrong with the hub.
func (h *Hub) Check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	errs = append(errs, h.Name.Check(), TableName.Check(h.Table), Region.given(h.Region), OrganizationID.given(h.Senders.Organization), BucketName.given(h.Code.Bucket))
	if err := TopicARN.given(h.AlarmTo); err != nil {
		wrong("what alarms could tell: %w", err)
	}
	for i, a := range h.Senders.Accounts {
		errs = append(errs, AccountID.Check(a))
		if slices.Contains(h.Senders.Accounts[:i], a) {
			wrong("the account %s is there twice", a)
		}
	}
	for i, topic := range h.Topics {
		errs = append(errs, TopicARN.Check(topic))
		if slices.Contains(h.Topics[:i], topic) {
			wrong("the topic %s is there twice", topic)
		}
	}
	if a := h.Code.Architecture; a != "" && a != "arm64" && a != "x86_64" {
		wrong("%q is no architecture of Lambda: arm64 or x86_64", a)
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

func (l *Logs) check() error {
	errs := []error{BucketName.Check(l.Bucket), AccountID.given(l.Owner), KeyARN.given(l.Key)}
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(l.Prefix) > 1024 || !utf8.ValidString(l.Prefix) || strings.ContainsFunc(l.Prefix, func(r rune) bool { return r < ' ' || r == 0x7f || r == ',' }) {
		wrong("%q is no prefix of log files", l.Prefix)
	}
	switch l.Trigger {
	case TriggerNotification:
	case TriggerEventBridge:
		if l.Owner != "" {
			wrong("the bucket %s is account %s's, whose EventBridge tells that account alone of new objects: take another trigger, notification or sns", l.Bucket, l.Owner)
		}
	case TriggerSNS:
		if err := TopicARN.Check(l.Topic); err != nil {
			wrong("the trail's topic: %w", err)
		}
	default:
		wrong("%q is no trigger: notification, eventbridge or sns", l.Trigger)
	}
	return errors.Join(errs...)
}

// Check says what is wrong with the spoke.
func (s *Spoke) Check() error {
	errs := []error{s.Name.Check()}
	if s.ByTopic {
		errs = append(errs, QueueARN.Check(s.Hub))
	} else {
		errs = append(errs, BusARN.Check(s.Hub))
	}
	for _, id := range s.Match.ExternalIDs {
		errs = append(errs, ExternalID.Check(id))
	}
	for _, role := range s.Match.Roles {
		errs = append(errs, RoleARN.Check(role))
	}
	for _, region := range s.Regions {
		errs = append(errs, Region.Check(region))
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
		errs = append(errs, FieldPath.Check(f.Path))
		if len(f.Values) == 0 {
			wrong("the field %s is given no value", f.Path)
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

// Check says what is wrong with the role.
func (r *Role) Check() error {
	errs := []error{RoleName.Check(r.Name), Principal.Check(r.To), ExternalID.given(r.ExternalID)}
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Session != 0 {
		errs = append(errs, CheckSession(r.Session))
	}
	for _, p := range r.policies() {
		errs = append(errs, Policy.Check(p))
	}
	if len(r.Policies) > mostPolicies {
		wrong("%d policies are more than a role may have, %d", len(r.Policies), mostPolicies)
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return fits(r.Template())
}
