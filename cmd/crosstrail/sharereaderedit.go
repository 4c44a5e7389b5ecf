package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
)

// client calls as who runs this.
func (r *sharedReading) client(ctx context.Context) (*iam.Client, error) {
	cfg, err := r.aws.config(ctx, r.ui, "")
	if err != nil {
		return nil, err
	}
	return iam.Open(cfg), nil
}

// readerChange is the change of a policy of the reader's account.
type readerChange struct {
	*sharedReading
	client  *iam.Client
	caller  share.Caller
	reading *share.Reading // nil: an older version is put in force
	managed *share.Managed // nil: it is made
	holder  *share.Holder  // nil: it is attached to nobody

	document share.Document
	edit     *share.Edit
	calls    []share.Call
	warnings []share.Warning
}

func (c *readerChange) warn(code, format string, args ...any) {
	c.warnings = append(c.warnings, share.Warning{Code: code, Text: fmt.Sprintf(format, args...)})
}

// begin finds out who calls, and reads the policy that was named.
func (r *sharedReading) begin(ctx context.Context) (*readerChange, error) {
	client, err := r.client(ctx)
	if err != nil {
		return nil, err
	}
	c := &readerChange{sharedReading: r, client: client}
	if c.caller, err = client.Caller(ctx); err != nil {
		return nil, r.explained(err)
	}
	switch m := share.PolicyARN().FindStringSubmatch(r.policyARN); {
	case m != nil && m[2] != c.caller.Account:
		return nil, usage(fmt.Errorf("policy %s is of account %s, and you are in %s", r.policyARN, m[2], c.caller.Account), "call as that account: --profile NAME")
	case m != nil:
		c.managed, err = client.Managed(ctx, r.policyARN)
	case r.policyName != "":
		c.managed, err = client.ManagedNamed(ctx, r.policyName)
	}
	if err == nil && c.managed == nil && (r.policyARN != "" || r.policyName != "" && r.attach == "") {
		err = hinted(fmt.Errorf("there is no policy %s in account %s", cmp.Or(r.policyARN, r.policyName), c.caller.Account),
			"which there are: aws iam list-policies --scope Local", "one is made where it is attached to somebody: --policy-name NAME --attach user/NAME")
	}
	return c, r.explained(err)
}

// explained is an error with what to do about it.
func (r *sharedReading) explained(err error) error { return explainedShare(&r.aws, err) }

// back puts an older version in force.
func (r *sharedReading) back(ctx context.Context) error {
	c, err := r.begin(ctx)
	if err != nil {
		return err
	}
	if c.edit, err = c.managed.Back(r.backTo); err != nil {
		return usage(err, "give one of these; "+c.managed.Default().ID+" is in force now", "what one says: aws iam get-policy-version --policy-arn "+quoteShell(c.managed.ARN)+" --version-id "+c.managed.Default().ID)
	}
	c.calls = c.edit.Calls
	c.document = share.Document{Kind: share.ReaderDocument, Resource: c.managed.ARN, Name: c.managed.Name, Before: c.managed.Default().Document, After: c.managed.Version(r.backTo).Document}
	c.others()
	return c.finish(ctx)
}

// change puts the reading's statements into a policy, and attaches that.
func (r *sharedReading) change(ctx context.Context, reading *share.Reading, to string) error {
	c, err := r.begin(ctx)
	if err != nil {
		return err
	}
	c.reading = reading
	if account := share.AccountOf(to); account != "" && account != c.caller.Account {
		return usage(fmt.Errorf("the grant is for %s, and you are in account %s: nobody here can use it", to, c.caller.Account),
			"call as account "+account+": --profile NAME", "or the owner grants it to this account: crosstrail share grant --to "+c.caller.Account)
	}
	if err := c.othersOnly(ctx); err != nil {
		return err
	}
	if r.attach != "" {
		if err := c.findHolder(ctx); err != nil {
			return err
		}
	}
	if c.managed == nil && r.policyName == "" {
		r.policyName = "crosstrail-" + reading.ID() // one for each grant
		if c.managed, err = c.client.ManagedNamed(ctx, r.policyName); err != nil {
			return r.explained(err)
		}
	}
	if err := c.write(); err != nil {
		return refused(err)
	}
	found, err := c.client.Validate(ctx, []share.Document{c.document})
	if err != nil {
		return err
	}
	for _, f := range found {
		c.warn(f.Code, "%s", f.Text)
	}
	c.attachment()
	c.meant(to)
	c.others()
	return c.finish(ctx)
}

// othersOnly refuses what is the reader's own already: nobody else can grant it.
func (c *readerChange) othersOnly(ctx context.Context) error {
	if err := c.reading.CheckFor(c.caller.Account); err != nil {
		return refused(err)
	}
	if b := c.reading.Bucket; b != "" && (c.owner == c.caller.Account || c.client.Owns(ctx, b)) {
		return hinted(fmt.Errorf("the bucket %s is of your own account, and nothing that another granted you", b),
			"what is in your own account needs no grant, and no such policy: ask who sent you this what it is for")
	}
	if doubt := c.reading.Doubt(c.caller.Account); doubt != "" {
		c.warn("other-role", "%s", doubt)
	}
	return nil
}

// whose tells what is granted, by whom.
func (c *readerChange) whose() string {
	switch r := c.reading; {
	case r.RoleARN != "":
		return "role " + r.RoleARN + " of account " + r.Account()
	case c.owner != "":
		return "bucket " + r.Bucket + " of account " + c.owner + ", as the handover says"
	default:
		return "bucket " + r.Bucket + "; of which account, the handover does not say"
	}
}

// findHolder reads the user or role that is to have the policy.
func (c *readerChange) findHolder(ctx context.Context) error {
	kind, name, account, err := share.ParseHolder(c.attach)
	if err != nil {
		return usage(fmt.Errorf("--attach: %w", err), "for example: --attach user/kim, --attach role/log-reader")
	}
	if account != "" && account != c.caller.Account {
		return usage(fmt.Errorf("--attach %s: you are in account %s", quoteShell(c.attach), c.caller.Account), "call as that account: --profile NAME")
	}
	if c.holder, err = c.client.Holder(ctx, kind, name); err != nil {
		return c.explained(err)
	}
	if c.holder == nil {
		return hinted(fmt.Errorf("there is no %s %s in account %s", kind, name, c.caller.Account), "which there are: aws iam list-"+kind+"s")
	}
	return nil
}

// meant tells where the grant names one user or role, and another gets the policy.
func (c *readerChange) meant(to string) {
	kind, name, _, err := share.ParseHolder(to)
	if err == nil && c.holder != nil && (c.holder.Kind != kind || c.holder.Name != name) {
		c.warn("not-meant", "the grant is for %s/%s alone: %s/%s gets nothing by it", kind, name, c.holder.Kind, c.holder.Name)
	}
}

// write plans the policy's new text.
func (c *readerChange) write() error {
	d := share.Document{Kind: share.ReaderDocument, Name: c.policyName}
	if c.managed == nil {
		after, err := c.reading.In(nil)
		if err != nil {
			return err
		}
		d.Resource, d.After = "arn:"+c.caller.Partition+":iam::"+c.caller.Account+":policy"+share.Path+c.policyName, after
		c.document, c.edit = d, &share.Edit{Version: "v1", InForce: true}
		c.calls = append(c.calls, share.CreateManaged(c.policyName, after))
		return nil
	}
	now := c.managed.Default()
	after, err := c.reading.In(now.Document)
	if err != nil {
		return err
	}
	d.Resource, d.Name, d.Before, d.After = c.managed.ARN, c.managed.Name, now.Document, after
	c.document = d
	if c.edit, err = c.managed.Write(after, c.setDefault); err != nil {
		return err
	}
	c.calls = append(c.calls, c.edit.Calls...)
	if v := c.edit.Dropped; v != nil {
		c.warn("version-removed", "the policy has five versions, and can have no more: %s, of %s, is the oldest that is not in force, and is removed for good", v.ID, v.Created.UTC().Format(time.RFC3339))
	}
	if !c.edit.InForce {
		c.warn("not-in-force", "%s stays in force: the change does nothing before its version is put in force (--set-default, or --back-to it)", now.ID)
	}
	for _, p := range c.managed.Pending(after) {
		c.warn("pending-version", "%s is newer than %s, which is in force, and holds what the new version will not: %s. To keep that, put it in force first: --back-to %s", p.Version, now.ID, someOf(p.Lost), p.Version)
	}
	if others := slices.DeleteFunc(slices.Clone(c.managed.Holders), func(h string) bool { return h == c.attach }); len(others) > 0 {
		c.warn("attached-elsewhere", "the policy is attached to %s: what is allowed by it is allowed to all of them", someOf(others))
	}
	return nil
}

// attachment gives the policy to the holder, unless it has it.
func (c *readerChange) attachment() {
	if c.holder != nil && !slices.Contains(c.holder.Own, c.document.Resource) {
		c.calls = append(c.calls, c.holder.Attach(c.document.Resource))
	}
}

// others tells of a holder that may assume roles of other grants: a user or role of
// its own for each is what the AWS text wants.
func (c *readerChange) others() {
	reading := c.reading
	if reading == nil {
		return
	}
	if c.holder != nil {
		if c.holder.Boundary != "" {
			c.warn("boundary", "%s/%s has a permissions boundary, %s, which has to allow it too", c.holder.Kind, c.holder.Name, c.holder.Boundary)
		}
		for _, where := range slices.Sorted(maps.Keys(c.holder.Documents)) {
			if where == "policy "+c.document.Resource {
				continue
			}
			if roles := reading.OtherRoles(c.holder.Documents[where]); len(roles) > 0 {
				c.warn("other-grant", "%s/%s may assume other roles that share log files: %s, by %s. Whoever has its credentials has all of them: a user or role of its own for each is safer", c.holder.Kind, c.holder.Name, someOf(roles), where)
			}
		}
	}
	if roles := reading.OtherRoles(c.document.After); len(roles) > 0 {
		c.warn("other-grant", "the policy lets whoever has it assume other roles that share log files: %s. A policy, and a user or role, of its own for each is safer", someOf(roles))
	}
}

// finish shows the change, asks, makes it, and says what is now.
func (c *readerChange) finish(ctx context.Context) error {
	if len(c.calls) == 0 {
		fmt.Fprintln(c.ui.stderr, "it is so already: nothing to do")
		return c.printChanged(ctx)
	}
	c.show()
	if err := c.ui.agreed(ctx, c.yes); err != nil {
		return err
	}
	err := c.client.Do(ctx, c.calls, func(call share.Call) { fmt.Fprintln(c.ui.stderr, "done:", render.Text(callText(call))) })
	if err != nil {
		c.ui.stopped(ctx, err)
		return c.explained(err)
	}
	return c.printChanged(ctx)
}

func (c *readerChange) show() {
	what := "policy " + c.document.Resource
	switch {
	case c.reading == nil:
		what += ": " + c.edit.Version + " in the place of " + c.managed.Default().ID
	case c.managed == nil:
		what += ": it is made"
	case c.edit.Version != "":
		what += ": its " + c.edit.Version + " says so already"
	default:
		what += ": a new version"
	}
	if c.holder != nil && !slices.Contains(c.holder.Own, c.document.Resource) {
		what += ", attached to " + c.holder.Kind + "/" + c.holder.Name
	}
	if c.reading != nil {
		fmt.Fprintln(c.ui.stderr, render.Text("to be read: "+c.whose()))
	}
	fmt.Fprintln(c.ui.stderr, render.Text(what))
	c.ui.showDiff(c.document)
	for _, w := range c.warnings {
		c.ui.warn("%s", w.Text)
	}
	c.ui.showCalls(c.calls)
}

// printChanged reads back what is now, and prints it.
func (c *readerChange) printChanged(ctx context.Context) error {
	if render.Form(c.form) != render.Table {
		return c.print(c.document, c.calls, c.warnings)
	}
	now, err := c.client.Managed(ctx, c.document.Resource)
	if err != nil {
		return c.explained(err)
	}
	if now == nil {
		return hinted(errors.New("the policy "+c.document.Resource+" is not there, though it was made"), "somebody removed it, or AWS is slow to show it: run it again")
	}
	return c.ui.print(func(w io.Writer) error {
		var l lines
		l.add("policy", "%s", render.Text(now.ARN))
		var versions []string
		for _, v := range now.ByAge() {
			text := v.ID
			if v.Default {
				text += " (in force)"
			}
			versions = append(versions, text)
		}
		l.add("versions", "%s", strings.Join(versions, ", "))
		if len(now.Holders) > 0 {
			l.add("attached", "%s", render.Text(strings.Join(now.Holders, ", ")))
		}
		_, err := io.WriteString(w, l.String())
		return err
	})
}
