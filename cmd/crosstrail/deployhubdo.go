package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/render"
)

// done tells that something beside the stack was done.
func (c *changing) done(format string, args ...any) {
	fmt.Fprintln(c.ui.stderr, render.Text("done: "+fmt.Sprintf(format, args...)))
}

// describe says what is about to be done.
func (h *hubUp) describe(ctx context.Context) {
	c := h.at.caller
	h.does = intent{Deployment: string(h.hub.Name), Part: "hub", Account: c.Account, Regions: []string{c.Region}, Steps: stackSteps(h.plan)}
	if h.code != nil {
		h.does.beside(toAdd, fmt.Sprintf("the function's code, %s for %s, %s, SHA-256 %s…: bucket", h.code.From, h.code.Architecture, bytesText(int64(len(h.code.Zip))), h.code.SHA256[:16]), h.hub.Code.Bucket)
	}
	h.describeTable()
	h.describeLogs()
	h.does.say("may send", "%s", sendersText(h.hub.Senders))
	if len(h.hub.Topics) > 0 {
		h.does.say("listens to", "%s: what a topic's account says there of itself is believed, and nothing else that comes through it", strings.Join(h.hub.Topics, ", "))
	}
	if len(h.does.Steps) > 0 {
		h.describeCost(ctx)
		h.does.Permissions = hubWorks().actions()
	}
}

func sendersText(s deploy.Senders) string {
	who := []string{"this account"}
	if len(s.Accounts) > 0 {
		who = append(who, strings.Join(s.Accounts, ", "))
	}
	if s.Organization != "" {
		who = append(who, "every account of the organisation "+s.Organization)
	}
	return strings.Join(who, ", ")
}

// triggerText is how a hub hears of log files.
func triggerText(t deploy.Trigger) string {
	return map[deploy.Trigger]string{
		deploy.TriggerNotification: "by a notice of the bucket to the hub's queue",
		deploy.TriggerEventBridge:  "by EventBridge, which the bucket tells",
		deploy.TriggerSNS:          "by the topic that the trail tells",
	}[t]
}

// describeLogs says where log files are, and what the bucket will tell.
func (h *hubUp) describeLogs() {
	logs := h.hub.Logs
	if logs == nil {
		h.does.say("log files", "none: only what spokes send")
	} else {
		text := "s3://" + logs.Bucket + "/" + logs.Prefix
		if logs.Trail != "" {
			text += " of the trail " + logs.Trail
		}
		h.does.say("log files", "%s; of new ones it hears %s: %s", text, triggerText(logs.Trigger), h.choice.Why)
		if h.logs.Stopped != "" {
			h.does.warn("%s", h.logs.Stopped)
		}
		for _, text := range h.logs.Unread {
			h.does.warn("not known: %s", text)
		}
		for _, r := range h.choice.Refused {
			h.does.warn("not by %s: %s", r.Trigger, r.Why)
		}
	}
	switch {
	case h.notifies():
		text := "a notice of new log files to the hub's queue:"
		switch n := len(h.logs.Notifications.All); n {
		case 0:
		case 1:
			text = "a notice of new log files to the hub's queue, beside that which is there for somebody else, and stays:"
		default:
			text = fmt.Sprintf("a notice of new log files to the hub's queue, beside the %d that are there for others, and stay:", n)
		}
		h.does.beside(toAdd, text, "bucket "+logs.Bucket)
	case h.bridges():
		h.does.beside(toAdd, "what is new in it is told to EventBridge, beside what it tells already:", "bucket "+logs.Bucket)
	}
	if was := h.unnotifies(); was != nil {
		h.does.beside(toRemove, "the hub's notice of new log files:", "bucket "+was.Bucket)
	}
	if h.logs != nil && h.logs.Key != "" && !h.logs.KeyLets {
		h.does.warn("the log files are sealed with the key %s, whose policy does not let this account's roles use it (%s): what it lacks is printed in the end", h.logs.Key, h.logs.KeyWhy)
	}
}

// notifies reports whether the bucket is to be given our notice.
func (h *hubUp) notifies() bool {
	return h.hub.Logs != nil && h.hub.Logs.Trigger == deploy.TriggerNotification && !h.logs.Notifications.Has(h.notice(h.hub.Logs.Prefix))
}

// bridges reports whether the bucket is to tell EventBridge, and does not yet.
func (h *hubUp) bridges() bool {
	return h.hub.Logs != nil && h.hub.Logs.Trigger == deploy.TriggerEventBridge && h.logs.Notifications != nil && !h.logs.Notifications.EventBridge
}

// unnotifies is where a notice of ours is of no use any more; nil: nowhere.
func (h *hubUp) unnotifies() *deploy.Logs {
	if h.old == nil || h.old.Logs == nil || h.old.Logs.Trigger != deploy.TriggerNotification {
		return nil
	}
	if now := h.hub.Logs; now != nil && now.Bucket == h.old.Logs.Bucket && now.Trigger == deploy.TriggerNotification {
		return nil
	}
	return h.old.Logs
}

// do does what was shown: the bucket tells the queue last, when all is there that
// listens.
func (h *hubUp) do(ctx context.Context) error {
	if h.code != nil {
		if err := h.at.site.Upload(ctx, h.code.Zip, h.hub.Code); err != nil {
			return h.explain(err)
		}
		h.done("the function's code is in the bucket %s", h.hub.Code.Bucket)
	}
	h.doing = true
	outputs, err := h.at.stacks.Do(ctx, h.plan, h.progress(""))
	if err != nil {
		return h.halted(err)
	}
	if err := h.readyTable(ctx); err != nil {
		return err
	}
	if err := h.trigger(ctx); err != nil {
		return h.explain(err)
	}
	return h.printHub(outputs, true)
}

// halted is why the stack could not be made or changed, with what is left.
func (h *hubUp) halted(err error) error {
	err = h.explain(err)
	if h.old == nil && h.code != nil {
		h.ui.say("note", "the function's code stays in the bucket "+h.hub.Code.Bucket+": the same command goes on from there, and crosstrail deploy down hub"+h.flag()+" removes it")
	}
	return err
}

// trigger has the bucket tell the hub, and what it told until now stop.
func (h *hubUp) trigger(ctx context.Context) error {
	switch {
	case h.notifies():
		change, err := h.at.site.Notify(ctx, h.bucket(h.hub.Logs), h.notice(h.hub.Logs.Prefix))
		if err != nil {
			return err
		}
		h.changed(change, "the bucket "+h.hub.Logs.Bucket+" tells the hub's queue of new log files")
	case h.bridges():
		change, err := h.at.site.NotifyEventBridge(ctx, h.bucket(h.hub.Logs))
		if err != nil {
			return err
		}
		h.changed(change, "the bucket "+h.hub.Logs.Bucket+" tells EventBridge")
	}
	if was := h.unnotifies(); was != nil {
		change, err := h.at.site.Unnotify(ctx, site.Bucket{Name: was.Bucket, Owner: orElse(was.Owner, h.at.caller.Account)}, h.notice(was.Prefix))
		if err != nil {
			return err
		}
		h.changed(change, "the bucket "+was.Bucket+" tells the hub's queue no longer")
	}
	return nil
}

func (h *hubUp) bucket(logs *deploy.Logs) site.Bucket {
	return site.Bucket{Name: logs.Bucket, Region: h.logs.BucketRegion, Owner: h.logs.BucketOwner}
}

// changed tells of a change of a bucket's notices.
func (c *changing) changed(change *site.Change, text string) {
	if change.Changed {
		c.done("%s", text)
	}
	for _, warning := range change.Warnings {
		c.ui.warn("%s", warning)
	}
}
