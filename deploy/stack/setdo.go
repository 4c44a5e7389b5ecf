package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// everywhere has an operation go on where it fails in some accounts and regions, and
// work in all regions at once.
func everywhere() *types.StackSetOperationPreferences {
	return &types.StackSetOperationPreferences{
		FailureTolerancePercentage: aws.Int32(100),
		MaxConcurrentPercentage:    aws.Int32(100),
		RegionConcurrencyType:      types.RegionConcurrencyTypeParallel,
	}
}

// DoSet brings about what a plan says. told hears whenever an instance's status is
// another, and may be nil. Errors: [*SetError] where some failed, [*AwayError], [ErrObsolete].
func (c *Client) DoSet(ctx context.Context, p *SetPlan, told func(Instance)) error {
	w := c.setWork(p.Set.Name, p.Set.DelegatedAdmin, told)
	if p.Kind == Create {
		if err := w.make(ctx, &p.Set); err != nil {
			return err
		}
	}
	if p.redefine {
		if err := w.update(ctx, &p.Set, p.basis); err != nil {
			return err
		}
	}
	if p.extend {
		if err := w.extend(ctx, &p.Set); err != nil {
			if p.Kind == Create && !w.began {
				parting, cancel := whole(ctx)
				defer cancel()
				_ = w.remove(parting) // a set without instances is of no use; the next run goes on with it
			}
			return err
		}
	}
	return w.failures()
}

func (w *setWork) make(ctx context.Context, s *Set) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("StackSet %s: nothing was done: %w", s.Name, err)
	}
	call, cancel := whole(ctx)
	defer cancel()
	parameters, tags, capabilities := s.asked()
	_, err := w.c.api.CreateStackSet(call, &cloudformation.CreateStackSetInput{
		StackSetName: &s.Name, CallAs: w.as, TemplateBody: aws.String(string(s.Template)), Parameters: parameters, Tags: tags, Capabilities: capabilities,
		PermissionModel: types.PermissionModelsServiceManaged, AutoDeployment: deployed(), Description: aws.String("by crosstrail deploy"),
	})
	switch {
	case says(err, "NameAlreadyExistsException", ""):
		return fmt.Errorf("StackSet %s: %w", s.Name, ErrObsolete)
	case err != nil:
		return w.c.cannot(err, "make the StackSet", s.Name)
	}
	return nil
}

// deployed has accounts that join a unit get the stack, and those that leave lose it.
func deployed() *types.AutoDeployment {
	return &types.AutoDeployment{Enabled: aws.Bool(true), RetainStacksOnAccountRemoval: aws.Bool(false)}
}

// update is not begun where the set is another than was read: it is looked at whenever
// another's operation was waited for. CloudFormation has no condition on such a call, and
// what somebody begins and ends between this look and the call is not seen.
func (w *setWork) update(ctx context.Context, s *Set, basis Basis) error {
	parameters, tags, capabilities := s.asked()
	return w.run(ctx, "update", func(ctx context.Context, id *string) error {
		if now, err := w.c.FindSet(ctx, s.Name, s.DelegatedAdmin); err != nil {
			return err
		} else if now.Basis() != basis {
			return fmt.Errorf("StackSet %s: %w", s.Name, ErrObsolete)
		}
		_, err := w.c.api.UpdateStackSet(ctx, &cloudformation.UpdateStackSetInput{
			StackSetName: &s.Name, CallAs: w.as, TemplateBody: aws.String(string(s.Template)), Parameters: parameters, Tags: tags, Capabilities: capabilities,
			AutoDeployment: deployed(), OperationId: id, OperationPreferences: everywhere(),
		})
		return err
	})
}

// extend makes the instances that are missing. Those that are there are left alone, but
// for what failed before, which is tried again (API Reference, CreateStackInstances,
// OperationId).
func (w *setWork) extend(ctx context.Context, s *Set) error {
	return w.run(ctx, "extend", func(ctx context.Context, id *string) error {
		_, err := w.c.api.CreateStackInstances(ctx, &cloudformation.CreateStackInstancesInput{
			StackSetName: &s.Name, CallAs: w.as, Regions: s.Regions,
			DeploymentTargets: &types.DeploymentTargets{OrganizationalUnitIds: s.OUs}, OperationId: id, OperationPreferences: everywhere(),
		})
		return err
	})
}

// DeleteSet deletes the instances, then the set. told hears as in [Client.DoSet].
// [ErrNone] where there is none; [*SetError] where some could not be deleted, and the set
// stays.
func (c *Client) DeleteSet(ctx context.Context, name string, delegatedAdmin bool, told func(Instance)) error {
	f, err := c.FindSet(ctx, name, delegatedAdmin)
	if err != nil {
		return err
	}
	if err := f.oursSet(""); err != nil {
		return err
	}
	w := c.setWork(name, delegatedAdmin, told)
	units, regions := slices.Clone(f.OUs), slices.Clone(f.Regions)
	for _, i := range f.Instances {
		units, regions = append(units, i.OU), append(regions, i.Region)
	}
	units, regions = distinct(units), distinct(regions)
	if len(units) != 0 && len(regions) != 0 {
		err := w.run(ctx, "take down the stacks of", func(ctx context.Context, id *string) error {
			_, err := c.api.DeleteStackInstances(ctx, &cloudformation.DeleteStackInstancesInput{
				StackSetName: &name, CallAs: w.as, Regions: regions, RetainStacks: aws.Bool(false),
				DeploymentTargets: &types.DeploymentTargets{OrganizationalUnitIds: units}, OperationId: id, OperationPreferences: everywhere(),
			})
			return err
		})
		if err == nil {
			err = w.failures()
		}
		if err != nil {
			return err
		}
	}
	return w.remove(ctx)
}

func (w *setWork) remove(ctx context.Context) error {
	return w.alone(ctx, "delete", func(ctx context.Context) error {
		_, err := w.c.api.DeleteStackSet(ctx, &cloudformation.DeleteStackSetInput{StackSetName: &w.name, CallAs: w.as})
		return err
	})
}

func distinct(names []string) []string {
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" })
}

// setWork is what is being done to one StackSet.
type setWork struct {
	c     *Client
	name  string
	as    types.CallAs
	told  func(Instance)
	last  map[string]Instance // by place
	began bool                // an operation of ours
}

func (c *Client) setWork(name string, delegatedAdmin bool, told func(Instance)) *setWork {
	return &setWork{c: c, name: name, as: callAs(delegatedAdmin), told: told, last: map[string]Instance{}}
}

// alone makes a call as soon as no other operation runs on the set: one at a time may.
func (w *setWork) alone(ctx context.Context, doing string, call func(context.Context) error) error {
	p := w.c.patience()
	for said := false; ; {
		// Whether the operation began has to be known.
		request, cancel := whole(ctx)
		err := call(request)
		cancel()
		if err == nil || errors.Is(err, ErrObsolete) {
			return err
		}
		if !says(err, "OperationInProgressException", "") && !says(err, "StaleRequestException", "") {
			return w.c.cannot(err, doing+" the StackSet", w.name)
		}
		if !said {
			said = true
			w.c.note("another operation runs on the StackSet " + w.name + ": waiting for its end")
		}
		if err := p.next(ctx, nil); err != nil {
			return fmt.Errorf("another operation runs on the StackSet %s, waiting for its end: %w", w.name, err)
		}
	}
}

// run does one operation, and follows it to its end. Instances that fail are no error
// yet.
func (w *setWork) run(ctx context.Context, doing string, call func(context.Context, *string) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("cannot %s the StackSet %s: not begun: %w", doing, w.name, err)
	}
	id := fresh()
	if err := w.alone(ctx, doing, func(ctx context.Context) error { return call(ctx, &id) }); err != nil {
		return err
	}
	w.began = true
	p := w.c.patience()
	for {
		over, err := w.look(ctx, id)
		if over {
			return err
		}
		if err := p.next(ctx, err); err != nil {
			return w.away(err, id)
		}
	}
}

// look reads how far an operation is. The error of one that is over is its own.
func (w *setWork) look(ctx context.Context, id string) (over bool, err error) {
	answer, err := w.c.api.DescribeStackSetOperation(ctx, &cloudformation.DescribeStackSetOperationInput{StackSetName: &w.name, OperationId: &id, CallAs: w.as})
	if err != nil {
		return false, err
	}
	failed := 0
	pages := cloudformation.NewListStackSetOperationResultsPaginator(w.c.api, &cloudformation.ListStackSetOperationResultsInput{StackSetName: &w.name, OperationId: &id, CallAs: w.as})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return false, err
		}
		for _, r := range page.Summaries {
			i := Instance{aws.ToString(r.Account), aws.ToString(r.Region), aws.ToString(r.OrganizationalUnitId), string(r.Status), aws.ToString(r.StatusReason)}
			if i.Status == string(types.StackSetOperationResultStatusFailed) || i.Status == string(types.StackSetOperationResultStatusCancelled) {
				failed++
			}
			if w.last[i.place()] != i && w.told != nil {
				w.told(i)
			}
			w.last[i.place()] = i
		}
	}
	switch o := answer.StackSetOperation; o.Status {
	case types.StackSetOperationStatusSucceeded:
		return true, nil
	case types.StackSetOperationStatusFailed, types.StackSetOperationStatusStopped:
		if failed != 0 {
			return true, nil
		}
		return true, &SetError{Name: w.name, Status: string(o.Status), Reason: aws.ToString(o.StatusReason)}
	}
	return false, nil
}

// failures are of the last operation in each place.
func (w *setWork) failures() error {
	e := &SetError{Name: w.name}
	for _, i := range slices.Collect(maps.Values(w.last)) {
		if !i.ok() {
			e.Failed = append(e.Failed, i)
		}
	}
	if len(e.Failed) == 0 {
		return nil
	}
	sortInstances(e.Failed)
	return e
}

func (w *setWork) away(err error, id string) error {
	look := "aws cloudformation describe-stack-set-operation --stack-set-name " + w.name + " --operation-id " + id
	if w.as == types.CallAsDelegatedAdmin {
		look += " --call-as DELEGATED_ADMIN"
	}
	return &AwayError{Name: "StackSet " + w.name, Region: w.c.config.Region, Look: look, Err: err}
}
