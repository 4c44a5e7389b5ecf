package notice

import "strings"

// OnlyOf is why a notice that came through a topic is more than that topic's account may
// say there, an [*Error]; nil where it is not. A topic's account publishes what it likes:
// it is believed of itself alone. That is events of EventBridge with CloudTrail's records,
// which that account got, of calls by it or for a role of its own; no log files, and no
// record that is bare.
//
// The copy of a call that CloudTrail delivers to an account is of the caller's account or
// of that of the role (linkage.md section 1).
func (n *Notice) OnlyOf(topic string) error {
	account := TopicAccount(topic)
	refuse := func(words ...string) error {
		return problem("through the topic ", quoted(topic), ", whose account is believed of itself alone, came ", strings.Join(words, ""))
	}
	switch {
	case len(n.Objects) > 0:
		return refuse("the name of an object: s3://", n.Objects[0].Bucket, "/", quoted(n.Objects[0].Key))
	case len(n.Records) == 0 && !n.subscription:
		return refuse("no event of CloudTrail: ", n.Passed)
	}
	for _, text := range n.Records {
		o, err := readObject(text)
		if err != nil || !o.has("detail-type") {
			return refuse("a record that is in no event of EventBridge")
		}
		detail, err := o.below("detail")
		if err != nil {
			return refuse("an event of EventBridge that ", err.Error())
		}
		if of := o.text("account"); of != account {
			return refuse("an event of account ", quoted(of))
		}
		if !isAbsentOr(detail, "recipientAccountId", account) {
			return refuse("a record that another account got: its recipientAccountId is ", quoted(string(detail["recipientAccountId"])))
		}
		caller, err := below(detail, "userIdentity")
		if err != nil {
			return refuse("a record whose ", err.Error())
		}
		request, err := below(detail, "requestParameters")
		if err != nil {
			return refuse("a record whose ", err.Error())
		}
		if !isAbsentOr(caller, "accountId", account) && accountIn(request.text("roleArn")) != account {
			return refuse("a record of a call that neither was that account's nor for a role of it: its caller is of account ", quoted(string(caller["accountId"])))
		}
	}
	return nil
}

// below is the object below a name, empty where there is none.
func below(o object, name string) (object, error) {
	if !o.has(name) {
		return object{}, nil
	}
	return o.below(name)
}

// isAbsentOr reports whether a field is not there, or this text.
func isAbsentOr(o object, name, want string) bool {
	return !o.has(name) || o.text(name) == want
}

// TopicAccount is the account of a topic by its ARN, "" where that is none.
func TopicAccount(topic string) string {
	p := strings.Split(topic, ":")
	if len(p) != 6 || p[0] != "arn" || p[2] != "sns" || p[5] == "" || len(p[4]) != 12 || strings.Trim(p[4], "0123456789") != "" {
		return ""
	}
	return p[4]
}

// accountIn is the account that an ARN names.
func accountIn(arn string) string {
	if p := strings.SplitN(arn, ":", 6); len(p) == 6 {
		return p[4]
	}
	return ""
}
