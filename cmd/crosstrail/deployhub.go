package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/function"
	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/lineage"
)

// hubUp is one run of deploy up hub.
type hubUp struct {
	changing
	flags      hubFlags
	watch      watchFlags
	onDemand   bool
	function   string
	codeBucket string // of the code; "": the one that is there, or crosstrail's own

	at     *lookedAt
	found  *cfn.Found  // nil: there is none
	old    *deploy.Hub // nil: a new one
	hub    *deploy.Hub
	logs   *site.Found
	choice deploy.Choice
	code   *function.Package // to be uploaded; nil: it is there
	table  tableWork
	plan   *cfn.Plan
	doing  bool // the plan is being done
	does   intent
}

func newUpHubCommand(ui *terminal) *cobra.Command {
	h := &hubUp{changing: changing{ui: ui}}
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "set up a hub: table, queue, event bus, function, alarms",
		Long: `Set up a hub in the account and region that is called: an event bus for what spokes send, a
queue, the function that reads what comes and writes it into a DynamoDB table, and alarms. The log
files of a trail are read as they are written: the bucket tells the queue, or where it tells
somebody else already, EventBridge or the trail's topic does; what others have the bucket
tell stays.

A table that is there is adopted, with what is in it, and stays when the hub is taken down.
What the table takes, the --watch flags say, beside what it takes already; without any of
them a new one takes everything.

In the end it prints what the owners of accounts need that may send since then, ready to
send; once more with --letter.`,
		Example: `  crosstrail deploy up hub --profile prod --account 111111111111 \
    --watch-role arn:aws:iam::999999999999:role/CrossAccountTest

  # one account and one role more, one account less
  crosstrail deploy up hub --profile prod --account 222222222222 --remove account=111111111111 \
    --watch-role arn:aws:iam::999999999999:role/Vendor

  # what would be done, and who may do it
  crosstrail deploy up hub --dry-run -o json
  crosstrail deploy up hub --permissions`,
		Annotations:       exits(exitDone, exitFailed, exitUsage),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return h.run(cmd.Context()) },
	}
	h.flags.add(cmd)
	h.watch.add(cmd)
	flags := cmd.Flags()
	flags.Var(said(&h.function), "function", "the function's code, a zip or the program alone, in a `FILE` (default: the release's own, else that of dist/, from make lambda)")
	must(cmd.MarkFlagFilename("function"))
	flags.Var(said(&h.codeBucket), "code-bucket", "a `BUCKET` of this account for the function's code (default: one that is made for it)")
	flags.BoolVar(&h.onDemand, "on-demand", false, "have a table that is adopted, and paid by the hour, paid by request")
	flags.StringArrayVar(&h.flags.letters, "letter", nil, "print what the owner of this `ACCOUNT` has to do, also where it may send already (repeatable)")
	h.flags.remove.add(cmd, "account=111111111111")
	h.add(cmd)
	return cmd
}

// hubWorks are what setting up a hub takes.
func hubWorks() works {
	return works{
		deploy: []deploy.Work{deploy.WorkLook, deploy.WorkForecast, deploy.WorkNotify, deploy.WorkUpload, deploy.WorkHub},
		stack:  []cfn.Work{cfn.WorkUp, cfn.WorkFind},
		more:   tableActions(),
	}
}

func (h *hubUp) run(ctx context.Context) error {
	name, err := h.deployment()
	if err != nil {
		return err
	}
	if err := cmp.Or(h.flags.check(), checkFlag("code-bucket", deploy.BucketName, h.codeBucket)); err != nil {
		return err
	}
	// Which roles are watched already is not known yet: whether there is one is seen later.
	if early := h.watch; early.uses != string(lineage.WatchedOnly) {
		if _, err := early.watch(); err != nil {
			return err
		}
	}
	h.table.given = h.watch.isGiven() || h.flags.remove.any("watch-")
	if h.permissions {
		w := hubWorks()
		w.table, w.bucket, w.code = h.flags.table, h.flags.bucket, h.codeBucket
		return h.printPolicy(w)
	}
	if h.at, err = h.look(ctx); err != nil {
		return err
	}
	if err := h.plannedAnew(func() error { return h.plans(ctx, name) }); err != nil {
		return err
	}
	defer h.drop(ctx, &h.doing, func(ctx context.Context) error { return h.at.stacks.Drop(ctx, h.plan) })
	h.describe(ctx)
	if len(h.does.Steps) == 0 {
		h.ui.say("note", "the hub is as it should be: nothing to change")
		return h.printHub(h.found.Outputs, false)
	}
	if err := h.showIntent(&h.does); err != nil {
		return err
	}
	if err := h.agreedOn(ctx); err != nil {
		return err
	}
	return h.do(ctx)
}

// plans looks what is there, and plans what is to become of it.
func (h *hubUp) plans(ctx context.Context, name deploy.Name) (err error) {
	if err := h.settings(ctx, name); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{h.pack, h.lookAtTable, h.lookAtLogs} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := h.flags.remove.unused(); err != nil {
		return err
	}
	if err := wrongSettings(h.hub.Check()); err != nil {
		return err
	}
	for _, account := range h.flags.letters {
		if !slices.Contains(h.hub.Senders.Accounts, account) && h.hub.Senders.Organization == "" {
			return usage(fmt.Errorf("--letter %s: the account may not send to this hub", account), "to let it: --account "+account)
		}
	}
	h.plan, err = h.at.stacks.Plan(ctx, h.stack())
	return h.explain(err)
}

// settings are those of the hub that is there, with what was given.
func (h *hubUp) settings(ctx context.Context, name deploy.Name) (err error) {
	h.old, h.code, h.logs, h.choice = nil, nil, nil, deploy.Choice{}
	h.table = tableWork{given: h.table.given}
	if h.found, err = h.find(ctx, h.at.stacks, name.HubStack()); err != nil {
		return err
	}
	h.hub = &deploy.Hub{Name: name}
	if isLive(h.found) {
		if h.old, err = deploy.ReadHub(h.found.Template); err != nil {
			return h.unread(err, h.found, "hub")
		}
		if h.hub, err = deploy.ReadHub(h.found.Template); err != nil {
			return err
		}
	}
	h.hub.Name, h.hub.Region = name, h.at.caller.Region
	h.flags.merge(h.hub)
	if h.flags.organization == ownOrganization {
		o, err := h.at.site.Organization(ctx)
		if err != nil {
			return h.explain(err)
		}
		if o == nil {
			return hinted(fmt.Errorf("account %s is of no organisation", h.at.caller.Account), "name the accounts that may send: --account ID")
		}
		h.hub.Senders.Organization = o.ID
	}
	return nil
}

func (h *hubUp) stack() cfn.Stack {
	return cfn.Stack{Name: h.hub.Name.HubStack(), Template: h.hub.Template(), Tags: map[string]string{cfn.Tag: string(h.hub.Name)}, Capabilities: []string{"CAPABILITY_IAM"}, Basis: h.found.Basis()}
}

// pack finds the function's code. Where there is none here, that of a hub that runs
// stays. The bucket is looked at in any case: CloudFormation takes from there what the
// function runs.
func (h *hubUp) pack(ctx context.Context) error {
	code, err := function.Open(h.function, h.hub.Code.Architecture)
	switch {
	case errors.Is(err, function.ErrNone) && h.old != nil && h.old.Code.Architecture == h.hub.Code.Architecture && h.codeBucket == "":
		_, err := h.at.site.HasCodeBucket(ctx, h.hub.Code.Bucket)
		return h.explain(err)
	case errors.Is(err, function.ErrNone):
		return hinted(err, "build it, in a clone of crosstrail: make lambda", "or name it: --function FILE, a zip or the program alone")
	case err != nil && h.function != "":
		return usage(fmt.Errorf("--function: %w", err), "build one: make lambda")
	case err != nil:
		return err
	}
	caller := h.at.caller
	bucket := orElse(h.codeBucket, h.hub.Code.Bucket)
	h.hub.Code = deploy.CodeOf(caller.Account, caller.Region, code.Architecture, code.Zip)
	h.hub.Code.Bucket = orElse(bucket, h.hub.Code.Bucket)
	there, err := h.at.site.HasCodeBucket(ctx, h.hub.Code.Bucket)
	if err != nil {
		return h.explain(err)
	}
	if !there || h.old == nil || h.old.Code != h.hub.Code {
		h.code = code
	}
	return nil
}

// lookAtLogs looks for the log files, and how the hub may hear of new ones.
func (h *hubUp) lookAtLogs(ctx context.Context) error {
	ask, was := site.Ask{Trail: h.flags.trail, Bucket: h.flags.bucket}, h.hub.Logs
	switch {
	case h.flags.noLogs, was == nil && h.old != nil && ask == site.Ask{}:
		return nil
	case ask == site.Ask{} && was != nil && was.Trail != "":
		ask.Trail = was.Trail
	case ask == site.Ask{} && was != nil:
		ask.Bucket = was.Bucket
	}
	found, err := h.logsOf(ctx, ask)
	if err != nil {
		return err
	}
	l := deploy.Listening{
		Account: h.at.caller.Account, Region: h.at.caller.Region, Bucket: found.Bucket, BucketAccount: found.BucketOwner, BucketRegion: found.BucketRegion,
		Notifications: found.Notifications, Ours: h.notice(found.Prefix), Topic: found.Trail.Topic,
	}
	if was != nil && was.Bucket == found.Bucket {
		l.Has = was.Trigger
	}
	if l.Denied, err = h.at.site.Tried(ctx, found); err != nil {
		return h.explain(err)
	}
	if h.choice, err = deploy.ChooseTrigger(l, h.flags.wanted()); err != nil {
		return noTrigger(err)
	}
	h.logs = found
	h.hub.Logs = &deploy.Logs{Bucket: found.Bucket, Prefix: found.Prefix, Owner: otherThan(found.BucketOwner, h.at.caller.Account), Trigger: h.choice.Trigger, Key: found.Key, Trail: found.Trail.ARN}
	if h.choice.Trigger == deploy.TriggerSNS {
		h.hub.Logs.Topic = found.Trail.Topic
	}
	return nil
}

// logsOf asks which trail is meant where there are several.
func (h *hubUp) logsOf(ctx context.Context, ask site.Ask) (*site.Found, error) {
	found, err := h.at.site.LogsOf(ctx, ask)
	e, ok := errors.AsType[*site.Error](err)
	switch {
	case err == nil:
		return found, nil
	case !ok || len(e.Which) == 0:
		return nil, h.explain(err)
	}
	var names, texts []string
	for _, t := range e.Which {
		names, texts = append(names, t.ARN), append(texts, t.Text())
	}
	if !h.ui.canAsk() {
		return nil, h.explain(err)
	}
	i, failed := h.ui.choose(ctx, err.Error(), texts)
	if failed != nil {
		return nil, failed
	}
	if i < 0 {
		return nil, h.explain(err)
	}
	h.flags.trail = names[i] // and no more to be asked, should it be looked again
	return h.logsOf(ctx, site.Ask{Trail: names[i]})
}

// notice is what the bucket is to tell the hub's queue.
func (h *hubUp) notice(prefix string) deploy.Notification {
	c := h.at.caller
	return deploy.Notify(h.hub.Name.NotificationID(), h.hub.Name.QueueARN(c.Partition, c.Region, c.Account), prefix)
}

// noTrigger says why the hub cannot hear of log files, and what to do.
func noTrigger(err error) error {
	e, ok := errors.AsType[*deploy.NoTriggerError](err)
	if !ok {
		return err
	}
	var hints []string
	for _, r := range e.Refused {
		if r.Do != "" {
			hints = append(hints, string(r.Trigger)+": "+r.Do)
		}
	}
	return hinted(err, append(hints, "for what spokes send alone, and no log files: --no-logs")...)
}

// otherThan is an account, where it is not the own.
func otherThan(account, own string) string {
	if account == own {
		return ""
	}
	return account
}
