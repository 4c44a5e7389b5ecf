package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// hubDown is one run of deploy down hub.
type hubDown struct {
	changing
	table, bucket string
	deleteTable   bool

	at    *lookedAt
	name  deploy.Name
	found *cfn.Found     // nil: it is gone already
	hub   *deploy.Hub    // nil: its settings cannot be told
	kept  []string       // keys of code that others run
	left  []site.Telling // notices to the queue of a hub whose stack is gone
	code  *site.StoredCode
	info  *dynamo.Info // of the table that is to be deleted
}

func newDownHubCommand(ui *terminal) *cobra.Command {
	h := &hubDown{changing: changing{ui: ui}}
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "take a hub down: its table stays",
		Long: `Take a hub down, in the order in which nothing is lost: the bucket tells its queue no more,
then the stack goes, then the function's code, where no other hub of the account and
region runs it. Notices of others stay, and so does the table, with all that is in it:
crosstrail who --store dynamodb://TABLE asks it as before, and a hub that is set up anew
goes on with it.

--delete-table deletes the table too, and asks apart. What spokes send is lost from then
on: take them down as well.`,
		Example: `  crosstrail deploy down hub --profile prod
  crosstrail deploy down hub --profile prod --delete-table`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitFinding),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return h.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&h.deleteTable, "delete-table", false, "delete the table too, with all that is in it")
	flags.Var(said(&h.table), "table", "the table's `NAME`: of one that the hub's stack did not make, or where the stack is gone already")
	flags.Var(said(&h.bucket), "bucket", "the `BUCKET` that may still tell the hub's queue, where the stack is gone already (default: those of all trails are looked at)")
	h.addDown(cmd)
	return cmd
}

func (h *hubDown) run(ctx context.Context) (err error) {
	if h.name, err = h.deployment(); err != nil {
		return err
	}
	if h.table != "" && !h.deleteTable {
		return usage(errors.New("--table names what --delete-table is to delete: it stays without it"))
	}
	if h.permissions {
		return h.printPolicy(works{
			deploy: []deploy.Work{deploy.WorkLook, deploy.WorkNotify, deploy.WorkUpload, deploy.WorkHub}, stack: []cfn.Work{cfn.WorkDown, cfn.WorkFind},
			more: []string{"dynamodb:DescribeTable", "dynamodb:UpdateTable", "dynamodb:DeleteTable", "dynamodb:GetItem"}, table: h.table, down: true,
		})
	}
	if h.at, err = h.look(ctx); err != nil {
		return err
	}
	if err := h.lookFor(ctx); err != nil {
		return err
	}
	i := h.intent()
	if len(i.Steps) == 0 {
		return h.gone(fmt.Sprintf("hub %s in account %s, %s", h.name, h.at.caller.Account, h.at.caller.Region), "its table, if there is one, stays: crosstrail deploy down hub --delete-table --table NAME"+h.flag())
	}
	if err := h.showIntent(i); err != nil {
		return err
	}
	if err := h.agreedOn(ctx); err != nil {
		return err
	}
	if err := h.agreedOnTable(ctx); err != nil {
		return err
	}
	return h.do(ctx)
}

// lookFor looks what is there.
func (h *hubDown) lookFor(ctx context.Context) (err error) {
	if h.found, err = h.find(ctx, h.at.stacks, h.name.HubStack()); err != nil {
		return err
	}
	if h.found != nil && h.found.Template != nil {
		if h.hub, err = deploy.ReadHub(h.found.Template); err != nil {
			h.ui.warn("the stack %s: %v", h.found.Name, err)
			h.hub = nil
		} else if h.table != "" && h.table != h.hub.Table {
			return usage(fmt.Errorf("--table %s: the hub's is %s", quoteShell(h.table), h.hub.Table))
		} else if h.bucket != "" && (h.hub.Logs == nil || h.hub.Logs.Bucket != h.bucket) {
			return usage(fmt.Errorf("--bucket %s: it is not the hub's", quoteShell(h.bucket)), "the hub's stack tells its bucket: without --bucket")
		}
	}
	if h.hub == nil {
		if err := h.lookForNotices(ctx); err != nil {
			return err
		}
	}
	all, err := h.at.stacks.All(ctx)
	if err != nil {
		return h.explain(err)
	}
	for _, other := range all {
		if key := other.Parameters["CodeKey"]; key != "" && other.Name != h.name.HubStack() {
			h.kept = append(h.kept, key)
		}
	}
	bucket := ""
	if h.hub != nil {
		bucket = h.hub.Code.Bucket
	}
	if h.code, err = h.at.site.LookForCode(ctx, bucket, h.kept...); err != nil {
		return h.explain(err)
	}
	if h.deleteTable {
		return h.lookAtTable(ctx, all)
	}
	return nil
}

// lookForNotices looks which buckets still tell the hub's queue, where no settings say so.
func (h *hubDown) lookForNotices(ctx context.Context) (err error) {
	c := h.at.caller
	var unread []string
	h.left, unread, err = h.at.site.Telling(ctx, h.name.NotificationID(), h.name.QueueARN(c.Partition, c.Region, c.Account), h.bucket)
	switch e, ok := errors.AsType[*site.Error](err); {
	case ok && e.Denied && h.bucket == "":
		h.ui.say("note", "whether a bucket still tells the hub's queue is not looked at: "+err.Error())
	case err != nil:
		return h.explain(err)
	}
	if len(unread) > 0 {
		h.ui.say("note", "whether they tell the hub's queue cannot be seen: "+join(unread))
	}
	return nil
}

// notice is what the bucket tells the hub's queue; nil: nothing.
func (h *hubDown) notice() *deploy.Notification {
	if h.hub == nil || h.hub.Logs == nil || h.hub.Logs.Trigger != deploy.TriggerNotification {
		return nil
	}
	c := h.at.caller
	n := deploy.Notify(h.name.NotificationID(), h.name.QueueARN(c.Partition, c.Region, c.Account), h.hub.Logs.Prefix)
	return &n
}

func (h *hubDown) intent() *intent {
	c := h.at.caller
	i := &intent{Deployment: string(h.name), Part: "hub", Account: c.Account, Regions: []string{c.Region}}
	if h.notice() != nil {
		i.beside(toRemove, "the hub's notice of new log files; those of others stay:", "bucket "+h.hub.Logs.Bucket)
	}
	for _, l := range h.left {
		i.beside(toRemove, "the hub's notice of new log files; those of others stay:", "bucket "+l.Bucket)
	}
	if h.found != nil {
		i.Steps = append(i.Steps, resourceSteps(h.found, func(r cfn.Resource) bool { return r.Type == "AWS::DynamoDB::Table" })...)
	}
	if h.code.Alone != "" {
		i.warn("the function's code is left alone, if there is any: %s", h.code.Alone)
	}
	if len(h.code.Keys) > 0 {
		i.beside(toRemove, "the function's code:", "s3://"+h.code.Bucket())
	}
	switch {
	case h.info != nil:
		i.say("table", "%s, with %s, %s: DELETED, and nothing brings it back but a backup of yours", h.info.Table, number(h.info.Items, "item"), bytesText(h.info.Bytes))
		i.beside(toRemove, "the table, with all that is in it:", h.info.Table)
	case h.hub != nil && !h.deleteTable:
		i.say("table", "%s stays, with all that is in it", h.hub.Table)
	}
	if h.hub != nil && h.hub.Logs != nil && h.hub.Logs.Trigger == deploy.TriggerEventBridge {
		i.warn("the bucket %s goes on telling EventBridge what is new, since others may listen; that costs nothing", h.hub.Logs.Bucket)
	}
	if h.hub != nil && len(h.hub.Senders.Accounts) > 0 {
		i.warn("what the spokes of %s send is lost from then on: they are taken down there, by crosstrail deploy down spoke", join(h.hub.Senders.Accounts))
	}
	return i
}

// agreedOnTable asks apart for what nothing brings back.
func (h *hubDown) agreedOnTable(ctx context.Context) error {
	if h.info == nil || h.yes {
		return nil
	}
	fmt.Fprintf(h.ui.stderr, "to have the table deleted, type its name: ")
	word, err := h.ui.answer(ctx)
	if err == nil && word != strings.ToLower(h.info.Table) {
		err = hinted(errors.New("nothing was changed"), "to keep the table, and take down the rest: without --delete-table")
	}
	return err
}

// do removes, last what was made first.
func (h *hubDown) do(ctx context.Context) error {
	if n := h.notice(); n != nil {
		if err := h.unnotify(ctx, site.Bucket{Name: h.hub.Logs.Bucket, Owner: orElse(h.hub.Logs.Owner, h.at.caller.Account)}, *n); err != nil {
			return err
		}
	}
	for _, l := range h.left {
		if err := h.unnotify(ctx, site.Bucket{Name: l.Bucket}, l.Notice); err != nil {
			return err
		}
	}
	if h.found != nil {
		if err := h.at.stacks.Delete(ctx, h.found.Name, h.progress("")); err != nil && !errors.Is(err, cfn.ErrNone) {
			return h.explain(err)
		}
	}
	if len(h.code.Keys) > 0 {
		gone, err := h.at.site.RemoveCode(ctx, h.code)
		if err != nil {
			return h.explain(err)
		}
		h.done("the function's code is gone")
		if gone.Left != "" && len(h.kept) == 0 {
			h.ui.say("note", "the bucket of the code stays: "+gone.Left)
		}
	}
	if h.info != nil {
		if err := dynamo.Delete(ctx, h.at.cfg, h.info.Table, func(text string) { h.ui.say("note", text) }); err != nil {
			return h.aws.tableError(ctx, h.at.cfg, h.info.Table, err)
		}
		h.done("the table %s is gone", h.info.Table)
	} else if h.hub != nil && !h.deleteTable {
		h.ui.say("note", "the table "+h.hub.Table+" stays: crosstrail who EVENT --store "+quoteShell(dynamo.Scheme+h.hub.Table)+h.aws.flag())
	}
	return h.printRemoved(flat{
		{"deployment", string(h.name)}, {"part", "hub"}, {"accountId", h.at.caller.Account}, {"region", h.at.caller.Region}, {"stack", h.name.HubStack()}, {"table", h.tableName()}, {"tableDeleted", h.info != nil},
	})
}

// unnotify has a bucket tell the hub's queue no longer.
func (h *hubDown) unnotify(ctx context.Context, b site.Bucket, n deploy.Notification) error {
	change, err := h.at.site.Unnotify(ctx, b, n)
	switch api, ok := errors.AsType[smithy.APIError](err); {
	case ok && api.ErrorCode() == "NoSuchBucket":
		h.ui.say("note", "the bucket "+b.Name+" is gone, and its notices with it")
	case err != nil:
		return h.explain(err)
	default:
		h.changed(change, "the bucket "+b.Name+" tells the hub's queue no longer")
	}
	return nil
}
