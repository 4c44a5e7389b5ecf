package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/render"
)

// runSet sets a spoke up in the accounts of an organisation.
func (s *spokeUp) runSet(cmd *cobra.Command, name deploy.Name) error {
	ctx := cmd.Context()
	delegated, err := s.isDelegated(ctx, s.at)
	if err != nil {
		return err
	}
	var p *cfn.SetPlan
	err = s.plannedAnew(func() (err error) {
		p, err = s.planSet(cmd, name, delegated)
		return err
	})
	if err != nil {
		return err
	}
	if p.Kind == cfn.Unchanged {
		s.ui.say("note", "the spokes are as they should be: nothing to change")
		return s.printSet(p, false)
	}
	if err := s.showIntent(s.setIntent(p)); err != nil {
		return err
	}
	if err := s.agreedOn(ctx); err != nil {
		return err
	}
	told := setProgress{ui: s.ui}
	if err := s.at.stacks.DoSet(ctx, p, told.tell); err != nil {
		return s.setFailed(err, told.done)
	}
	return s.printSet(p, true)
}

// planSet looks what is there of the StackSet, and plans what is to become of it.
func (s *spokeUp) planSet(cmd *cobra.Command, name deploy.Name, delegated bool) (*cfn.SetPlan, error) {
	ctx := cmd.Context()
	found, err := s.at.stacks.FindSet(ctx, name.SpokeStack(), delegated)
	if err != nil && !errors.Is(err, cfn.ErrNone) {
		return nil, s.explain(err)
	}
	s.spoke = &deploy.Spoke{Name: name}
	var regions, units []string
	if found != nil {
		if s.spoke, err = deploy.ReadSpoke(found.Template); err != nil {
			return nil, s.unread(err, &cfn.Found{Name: found.Name}, "spoke --organization")
		}
		regions, units = found.Regions, found.OUs
	}
	if err := s.flags.merge(s.spoke); err != nil {
		return nil, err
	}
	if err := needHub(cmd, s.spoke); err != nil {
		return nil, err
	}
	if err := wrongSettings(s.spoke.Check()); err != nil {
		return nil, err
	}
	// Where nothing is said, every region that is enabled here: in those that a member
	// has not enabled CloudFormation says so, account by account.
	if len(s.where.regions) > 0 || len(regions) == 0 || len(s.spoke.Regions) == 0 {
		all, err := s.regionsOf(ctx, s.at, s.where.regions)
		if err != nil {
			return nil, err
		}
		regions = unique(append(regions, all...))
	}
	st := spokeStack(s.spoke)
	st.Basis = found.Basis()
	p, err := s.at.stacks.PlanSet(ctx, cfn.Set{Stack: st, Regions: regions, OUs: unique(append(units, s.where.units...)), DelegatedAdmin: delegated})
	return p, s.explain(err)
}

// isDelegated reports whether the caller works for the organisation as a delegated
// administrator, and not as its management account.
func (c *changing) isDelegated(ctx context.Context, at *lookedAt) (bool, error) {
	o, err := at.site.Organization(ctx)
	switch {
	case err != nil:
		return false, c.explain(err)
	case o == nil:
		return false, hinted(fmt.Errorf("account %s is of no organisation", at.caller.Account), "for this account alone: without --organization")
	case o.Management != at.caller.Account && !o.Delegated && o.Unread == "": // where that is not known, CloudFormation says
		return false, hinted(fmt.Errorf("account %s is neither the management account of its organisation nor CloudFormation's delegated administrator", at.caller.Account),
			"as the management account, "+o.Management+": --profile NAME", "for this account alone: without --organization")
	}
	return o.Management != at.caller.Account, nil
}

func (s *spokeUp) setIntent(p *cfn.SetPlan) *intent {
	i := &intent{Deployment: string(s.spoke.Name), Part: "spoke", Account: s.at.caller.Account, Regions: p.Set.Regions, Permissions: setWorks().actions()}
	i.say("StackSet", "%s, in every account of %s, and those to come", p.Set.Name, join(p.Set.OUs))
	i.say("sends", "%s", matchText(s.spoke.Match))
	i.say("to", "%s", s.spoke.Hub)
	do := toChange
	if p.Kind == cfn.Create {
		do = toAdd
	}
	for _, text := range p.Changes {
		i.Steps = append(i.Steps, step{"StackSet " + p.Set.Name, do, text, "", ""})
	}
	i.warn("CloudFormation makes none in the management account: where its people assume roles too, crosstrail deploy up spoke there, without --organization")
	return i
}

// setProgress tells how far a StackSet has come, a line an account and region.
type setProgress struct {
	ui   *terminal
	said map[cfn.Instance]bool
	done int // that are as they should be
}

func (s *setProgress) tell(i cfn.Instance) {
	if s.said[i] || i.Status == "PENDING" || i.Status == "RUNNING" {
		return
	}
	if s.said == nil {
		s.said = map[cfn.Instance]bool{}
	}
	s.said[i] = true
	text := i.Account + " " + i.Region + ": " + i.Status
	if i.Status == "SUCCEEDED" || i.Status == "CURRENT" {
		s.done++
		text = i.Account + " " + i.Region + ": done"
	}
	if i.Reason != "" {
		text += ": " + i.Reason
	}
	fmt.Fprintln(s.ui.stderr, render.Text(text))
}

// setFailed names the accounts and regions that are not done, where some are.
func (c *changing) setFailed(err error, done int) error {
	e, ok := errors.AsType[*cfn.SetError](err)
	if !ok {
		return c.explain(err)
	}
	for _, i := range e.Failed {
		c.ui.say("error", fmt.Sprintf("%s %s: %s", i.Account, i.Region, orElse(i.Reason, i.Status)))
	}
	if done == 0 || len(e.Failed) == 0 {
		return hinted(err, "when that is mended, the same command does it")
	}
	return &failure{err: err, status: exitPart, hints: []string{number(done, "stack") + " are done; when that is mended, the same command does the rest"}}
}

func (s *spokeUp) printSet(p *cfn.SetPlan, changed bool) error {
	part := flat{
		{"deployment", string(s.spoke.Name)},
		{"part", "spoke"},
		{"accountId", s.at.caller.Account},
		{"stackSet", p.Set.Name},
		{"regions", p.Set.Regions},
		{"units", p.Set.OUs},
		{"hub", s.spoke.Hub},
		{"externalIds", s.spoke.Match.ExternalIDs},
		{"roleArns", s.spoke.Match.Roles},
		{"changed", changed},
	}
	o := outcome{parts: []flat{part}, blank: part}
	o.lines.add("StackSet", "%s", render.Text(p.Set.Name))
	o.lines.add("regions", "%s", render.Text(join(slices.Sorted(slices.Values(p.Set.Regions)))))
	o.told.line("# For the hub's owner")
	o.told.line("")
	o.told.line("The hub has to let the accounts of the organisation send, if it does not yet; in the organisation itself:")
	o.told.block("crosstrail deploy up hub --organization" + hubFlag(s.spoke.Hub))
	return s.printOutcome(&o)
}
