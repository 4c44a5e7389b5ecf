package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/render"
)

// spokeUp is one run of deploy up spoke.
type spokeUp struct {
	changing
	flags spokeFlags
	where regionFlags

	at    *lookedAt
	spoke *deploy.Spoke
	in    []*regional
}

func newUpSpokeCommand(ui *terminal) *cobra.Command {
	s := &spokeUp{changing: changing{ui: ui}}
	cmd := &cobra.Command{
		Use:   "spoke",
		Short: "set up a spoke: in each region a rule that tells a hub who gets credentials",
		Long: `Set up a spoke: in every region that is enabled a rule that sends the hub who assumes which
role, by external id, by role, or every call that hands out credentials. EventBridge and
STS are regional, so one region alone would miss what is done in the others.

By the hub's event bus, where --hub is its ARN; by a topic in each region, where it is the
ARN of the hub's queue, which the hub then listens to.

With --organization it is a StackSet, for every account of the organisation.

In the end it prints what the hub's owner has to add, if that was not done yet.`,
		Example: `  crosstrail deploy up spoke --profile dev --external-id 3414 \
    --hub arn:aws:events:us-east-1:999999999999:event-bus/crosstrail

  # one external id more, and one less
  crosstrail deploy up spoke --profile dev --external-id 7070 --remove external-id=3414

  # every account of an organisational unit
  crosstrail deploy up spoke --organization --ou ou-ab12-c3d4e5f6 \
    --hub arn:aws:events:us-east-1:999999999999:event-bus/crosstrail`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return s.run(cmd) },
	}
	s.flags.add(cmd)
	s.where.add(cmd)
	s.flags.remove.add(cmd, "external-id=3414")
	s.add(cmd)
	return cmd
}

// spokeWorks are what a spoke takes. The topics are of one that has some.
func spokeWorks(byTopic bool) works {
	w := works{
		deploy: []deploy.Work{deploy.WorkSpoke}, stack: []cfn.Work{cfn.WorkUp, cfn.WorkFind},
		more: []string{"account:ListRegions", "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"},
	}
	if !byTopic {
		w.less = "sns:"
	}
	return w
}

func setWorks() works {
	return works{deploy: []deploy.Work{deploy.WorkStackSet}, stack: []cfn.Work{cfn.WorkSetUp, cfn.WorkSetFind}, more: []string{"account:ListRegions"}}
}

func (s *spokeUp) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	name, err := s.deployment()
	if err != nil {
		return err
	}
	if err := cmp.Or(s.flags.check(), s.where.check()); err != nil {
		return err
	}
	if s.permissions {
		if s.where.organization {
			return s.printPolicy(setWorks())
		}
		return s.printPolicy(spokeWorks(isQueue(s.flags.hub)))
	}
	if s.at, err = s.look(ctx); err != nil {
		return err
	}
	if s.where.organization {
		return s.runSet(cmd, name)
	}
	doing := false
	defer s.changing.drop(ctx, &doing, s.dropAll)
	err = s.plannedAnew(func() error {
		if err := s.dropAll(context.WithoutCancel(ctx)); err != nil {
			return s.explain(err)
		}
		if err := s.regions(ctx, name.SpokeStack()); err != nil {
			return err
		}
		s.spoke = &deploy.Spoke{Name: name}
		if err := s.settings(cmd); err != nil {
			return err
		}
		return s.plans(ctx)
	})
	if err != nil {
		return err
	}
	i := s.intent()
	s.warnOfTrails(ctx, i)
	if len(i.Steps) == 0 {
		s.ui.say("note", "the spoke is as it should be: nothing to change")
		for _, warning := range i.Warnings {
			s.ui.warn("%s", warning)
		}
		return s.finish(false)
	}
	if err := s.showIntent(i); err != nil {
		return err
	}
	if err := s.agreedOn(ctx); err != nil {
		return err
	}
	doing = true
	s.each(s.in, func(r *regional) {
		if r.plan.Kind == cfn.Unchanged {
			return
		}
		if r.outputs, r.err = r.stacks.Do(ctx, r.plan, s.failures(r.region)); r.err == nil {
			fmt.Fprintln(s.ui.stderr, render.Text(r.region+": done"))
		}
	})
	if ctx.Err() != nil {
		return s.interrupted(ctx, s.in)
	}
	return s.finish(true)
}

// regions looks what is there, in every region that is meant.
func (s *spokeUp) regions(ctx context.Context, name string) error {
	regions, err := s.regionsOf(ctx, s.at, s.where.regions)
	if err != nil {
		return err
	}
	s.in, err = s.findIn(ctx, s.at, regions, name)
	return err
}

// settings are those of the spoke that is there, with what was given. Where an earlier
// run was given regions, it is those that it is in, and no others.
func (s *spokeUp) settings(cmd *cobra.Command) (err error) {
	var only []string
	there, everywhere := 0, false
	for _, r := range s.in {
		if !isLive(r.found) {
			continue
		}
		was, err := deploy.ReadSpoke(r.found.Template)
		if err != nil {
			return inRegion(&regional{region: r.region, err: s.unread(err, r.found, "spoke")})
		}
		if there == 0 {
			s.spoke = was
		} else if was.Hub != s.spoke.Hub || !slices.Equal(was.Match.ExternalIDs, s.spoke.Match.ExternalIDs) || !slices.Equal(was.Match.Roles, s.spoke.Match.Roles) {
			// A run that was interrupted leaves some regions behind: what any of them
			// has, all get.
			s.spoke.Match.ExternalIDs = unique(append(s.spoke.Match.ExternalIDs, was.Match.ExternalIDs...))
			s.spoke.Match.Roles = unique(append(s.spoke.Match.Roles, was.Match.Roles...))
		}
		there++
		only = append(only, was.Regions...)
		everywhere = everywhere || len(was.Regions) == 0
	}
	switch {
	case len(s.where.regions) > 0 && !everywhere:
		s.spoke.Regions = unique(append(only, s.where.regions...))
	case there > 0 && !everywhere:
		s.spoke.Regions = unique(only)
		s.in = slices.DeleteFunc(s.in, func(r *regional) bool { return !slices.Contains(only, r.region) })
	default:
		s.spoke.Regions = nil
	}
	if err := s.flags.merge(s.spoke); err != nil {
		return err
	}
	if err := needHub(cmd, s.spoke); err != nil {
		return err
	}
	return wrongSettings(s.spoke.Check())
}

func spokeStack(spoke *deploy.Spoke) cfn.Stack {
	return cfn.Stack{Name: spoke.Name.SpokeStack(), Template: spoke.Template(), Tags: map[string]string{cfn.Tag: string(spoke.Name)}, Capabilities: []string{"CAPABILITY_IAM"}}
}

// plans makes a change set in each region: what would be done is shown whole, or not at
// all.
func (s *spokeUp) plans(ctx context.Context) error {
	st := spokeStack(s.spoke)
	s.each(s.in, func(r *regional) {
		st := st
		st.Basis = r.found.Basis()
		r.plan, r.err = r.stacks.Plan(ctx, st)
	})
	for _, r := range s.in {
		if r.err != nil {
			return inRegion(&regional{region: r.region, err: s.explain(r.err)})
		}
	}
	return nil
}

// dropAll takes the change sets away.
func (s *spokeUp) dropAll(ctx context.Context) error {
	var mu sync.Mutex
	var errs []error
	s.each(s.in, func(r *regional) {
		if r.plan == nil {
			return
		}
		if err := r.stacks.Drop(ctx, r.plan); err != nil {
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, fmt.Errorf("%s: %w", r.region, err))
		}
	})
	return errors.Join(errs...)
}

// intent says what is about to be done, once for all regions where it is the same.
func (s *spokeUp) intent() *intent {
	i := &intent{Deployment: string(s.spoke.Name), Part: "spoke", Account: s.at.caller.Account, Permissions: spokeWorks(s.spoke.ByTopic).actions()}
	alike := map[string][]string{}
	steps := map[string][]step{}
	for _, r := range s.in {
		i.Regions = append(i.Regions, r.region)
		all := stackSteps(r.plan)
		key := fmt.Sprint(all)
		alike[key] = append(alike[key], r.region)
		steps[key] = all
	}
	for _, key := range slices.Sorted(maps.Keys(steps)) {
		for _, one := range steps[key] {
			one.Where += ", in " + join(alike[key])
			i.Steps = append(i.Steps, one)
		}
	}
	i.say("sends", "%s", matchText(s.spoke.Match))
	i.say("to", "%s", s.spoke.Hub)
	if s.spoke.ByTopic {
		i.say("by", "a topic in each region")
	}
	i.say("costs", "what EventBridge takes for events to another account, $1 a million (list price of us-east-1): who assumes roles is seldom more than some thousands a day")
	if m := s.spoke.Match; len(m.ExternalIDs) > 0 && len(m.Roles) > 0 {
		i.warn("only what has one of these external ids and is of one of these roles is sent, and not what has one of the two: --remove takes one or the other away")
	}
	if m := s.spoke.Match; len(m.ExternalIDs)+len(m.Roles)+len(m.Fields) == 0 {
		i.warn("every call that hands out credentials is sent, of AWS's own services too: --external-id or --role-arn narrows that")
	}
	return i
}

// warnOfTrails says where EventBridge will be told nothing.
func (s *spokeUp) warnOfTrails(ctx context.Context, i *intent) {
	all, err := s.at.site.Hear(ctx, i.Regions)
	if err != nil {
		i.warn("whether a trail logs in every region cannot be told, and EventBridge hears of calls by a trail alone: %v", s.explain(err))
		return
	}
	whys := map[string][]string{}
	for _, h := range all {
		if h.Why != "" {
			whys[h.Why] = append(whys[h.Why], h.Region)
		}
	}
	for _, why := range slices.Sorted(maps.Keys(whys)) {
		i.warn("EventBridge hears of calls by a trail alone, and in %s: %s", join(whys[why]), why)
	}
}

// finish says what is there now: an error where some regions failed.
func (s *spokeUp) finish(changed bool) error {
	o := outcome{blank: s.part(&regional{}, false)}
	var topics []string
	for _, r := range s.in {
		if r.err != nil {
			continue
		}
		if r.outputs == nil && r.found != nil {
			r.outputs = r.found.Outputs
		}
		o.parts = append(o.parts, s.part(r, changed && r.plan.Kind != cfn.Unchanged))
		o.lines.add("rule", "%s", render.Text(r.outputs[deploy.OutputRule]))
		if topic := r.outputs[deploy.OutputTopic]; topic != "" {
			topics = append(topics, topic)
		}
	}
	if len(o.parts) > 0 {
		handOverSpoke(&o.told, s.spoke, s.at.caller, topics)
		if err := s.printOutcome(&o); err != nil {
			return err
		}
	}
	return s.inPart(s.in, "done")
}

func (s *spokeUp) part(r *regional, changed bool) flat {
	return flat{
		{"deployment", string(s.spoke.Name)},
		{"part", "spoke"},
		{"accountId", s.at.caller.Account},
		{"region", r.region},
		{"stack", s.spoke.Name.SpokeStack()},
		{"rule", r.outputs[deploy.OutputRule]},
		{"topic", r.outputs[deploy.OutputTopic]},
		{"hub", s.spoke.Hub},
		{"externalIds", s.spoke.Match.ExternalIDs},
		{"roleArns", s.spoke.Match.Roles},
		{"changed", changed},
	}
}

// hubFlag is how a command names the deployment of a hub, whose bus and queue are called
// as it is.
func hubFlag(arn string) string {
	name := arn[strings.LastIndexAny(arn, ":/")+1:]
	if name == deploy.DefaultName {
		return ""
	}
	return " --name " + quoteShell(name)
}

// handOverSpoke is what the hub's owner has to add, where it was not added yet.
func handOverSpoke(p *letterPage, spoke *deploy.Spoke, caller site.Caller, topics []string) {
	owner, flags := strings.Split(spoke.Hub, ":")[4], hubFlag(spoke.Hub)
	switch {
	case len(topics) > 0:
		for _, topic := range topics {
			flags += " --topic " + quoteShell(topic)
		}
		p.line("# For the hub's owner, account %s", owner)
		p.line("")
		p.line("The hub has to listen to these topics, if it does not yet:")
	case owner == caller.Account || spoke.ByTopic:
		return
	default:
		flags += " --account " + caller.Account
		p.line("# For the hub's owner, account %s", owner)
		p.line("")
		p.line("The hub has to let account %s send, if it does not yet:", caller.Account)
	}
	p.block("crosstrail deploy up hub" + flags)
}
