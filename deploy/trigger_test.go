package deploy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/deploy"
)

// TestChooseTrigger: what is taken, and what of those before it was refused, and why.
func TestChooseTrigger(t *testing.T) {
	const denied = "arn:aws:iam::999999999999:user/kim needs s3:PutBucketNotification on arn:aws:s3:::logs (with an explicit deny in a service control policy)"
	ours := deploy.Notify("crosstrail-hub", queue, "AWSLogs/")
	plain := func(change func(*deploy.Listening)) deploy.Listening {
		l := deploy.Listening{
			Account: "999999999999", Region: "us-east-1", Bucket: "logs", BucketAccount: "999999999999", BucketRegion: "us-east-1",
			Notifications: new(deploy.Notifications), Ours: ours,
		}
		change(&l)
		return l
	}
	notified := func(l *deploy.Listening) {
		l.Notifications.All = []deploy.Notification{rule("s3:ObjectCreated:*", "AWSLogs/", "")}
	}
	const topic = "arn:aws:sns:us-east-1:222222222222:aws-controltower-AllConfigNotifications"
	for name, c := range map[string]struct {
		listening     deploy.Listening
		want, trigger deploy.Trigger // the one asked for, and taken; "": none
		why           string
		refused       []string // a part of each reason, or of what would help
	}{
		"nobody is told": {plain(func(*deploy.Listening) {}), "", "notification", "tells nobody else", nil},
		"a SIEM is told": {plain(notified), "", "eventbridge", "beside its rules", []string{siem}},
		"as many as S3 takes": {plain(func(l *deploy.Listening) {
			for i := range 100 {
				l.Notifications.All = append(l.Notifications.All, rule("s3:ObjectCreated:*", fmt.Sprintf("other/%02d/", i), ""))
			}
		}), "", "eventbridge", "beside its rules", []string{"S3 takes 100 rules of a bucket, and it has 100"}},
		"EventBridge too":          {plain(func(l *deploy.Listening) { notified(l); l.Notifications.EventBridge = true }), "", "eventbridge", "already", []string{siem}},
		"the hub has EventBridge":  {plain(func(l *deploy.Listening) { l.Has = deploy.TriggerEventBridge }), "", "eventbridge", "the hub has it", nil},
		"the hub's was taken over": {plain(func(l *deploy.Listening) { l.Has = deploy.TriggerNotification; notified(l) }), "", "eventbridge", "beside", []string{siem}},
		"ours is there, and may not be changed": {plain(func(l *deploy.Listening) {
			l.Notifications.All = []deploy.Notification{ours}
			l.Denied = map[deploy.Trigger]string{deploy.TriggerNotification: denied}
		}), "", "notification", "", nil},
		"an SCP, and EventBridge is told": {plain(func(l *deploy.Listening) {
			l.Notifications.EventBridge = true
			l.Denied = map[deploy.Trigger]string{deploy.TriggerNotification: denied, deploy.TriggerEventBridge: denied}
		}), "", "eventbridge", "already", []string{"service control policy"}},
		"an SCP, and a topic": {plain(func(l *deploy.Listening) {
			l.Topic = topic
			l.Denied = map[deploy.Trigger]string{deploy.TriggerNotification: denied, deploy.TriggerEventBridge: denied}
		}), "", "sns", "its topic", []string{"service control policy", "have whoever may turn on EventBridge"}},
		"Control Tower's topic too": {plain(func(l *deploy.Listening) {
			l.Topic = topic
			l.Denied = map[deploy.Trigger]string{deploy.TriggerNotification: denied, deploy.TriggerEventBridge: denied, deploy.TriggerSNS: "needs sns:Subscribe"}
		}), "", "", "", []string{"service control policy", "service control policy", "let the account 999999999999 subscribe"}},
		"another region": {plain(func(l *deploy.Listening) { l.BucketRegion, l.Topic = "eu-west-1", topic }), "", "sns", "", []string{"--aws-region eu-west-1", "the bucket is in eu-west-1, the hub in us-east-1"}},
		"another account": {plain(func(l *deploy.Listening) {
			l.BucketAccount, l.Notifications = "", nil
			l.Denied = map[deploy.Trigger]string{deploy.TriggerNotification: denied, deploy.TriggerEventBridge: denied}
		}), "", "", "", []string{"have another account add the rule", "tells that account's event bus", "aws cloudtrail update-trail"}},
		"another account's, whose is not known": {plain(func(l *deploy.Listening) { l.BucketAccount = "" }), "", "", "", []string{"not known whose", "that account's event bus", "update-trail"}},
		"asked for":                             {plain(func(*deploy.Listening) {}), "eventbridge", "eventbridge", "asked for", nil},
		"asked for, not":                        {plain(notified), "notification", "", "", []string{siem}},
		"no such":                               {plain(notified), "pigeon", "", "", []string{"there is no such trigger: pigeon"}},
		"unknown parts":                         {plain(func(l *deploy.Listening) { l.Notifications.Unknown = []string{"NewKind"} }), "", "", "", []string{"NewKind", "by hand", "update-trail"}},
	} {
		got, err := deploy.ChooseTrigger(c.listening, c.want)
		if got.Trigger != c.trigger || !strings.Contains(got.Why, c.why) || len(got.Refused) != len(c.refused) || (err != nil) != (c.trigger == "") {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		for i, r := range got.Refused {
			if !strings.Contains(r.Why+"; "+r.Do, c.refused[i]) {
				t.Errorf("%s: %+v says nothing of %s", name, r, c.refused[i])
			}
		}
		if none, ok := errors.AsType[*deploy.NoTriggerError](err); err != nil && (!ok || len(none.Refused) == 0 || !strings.Contains(err.Error(), "the bucket logs")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
