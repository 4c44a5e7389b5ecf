package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/render"
)

// regional is a spoke's stack in one region.
type regional struct {
	region  string
	stacks  *cfn.Client
	found   *cfn.Found
	plan    *cfn.Plan
	outputs map[string]string
	err     error // why this region's is not as it should be
}

// mostAtOnce is how many regions are worked on at a time.
const mostAtOnce = 32

// each does something in every region, at once.
func (s *changing) each(in []*regional, do func(*regional)) {
	var g errgroup.Group
	g.SetLimit(mostAtOnce)
	for _, r := range in {
		g.Go(func() error { do(r); return nil })
	}
	_ = g.Wait() // what failed is kept with its region
}

// failures tells that a region's is taken back; what failed is said in the end.
func (c *changing) failures(region string) func(cfn.Event) {
	return func(e cfn.Event) {
		if strings.HasPrefix(eventText(e), "taken back: ") {
			fmt.Fprintln(c.ui.stderr, render.Text(region+": it fails, and is taken back"))
		}
	}
}

// regionsOf are the regions that are meant: those that were named, all of which have to
// be enabled, or every one that is.
func (c *changing) regionsOf(ctx context.Context, at *lookedAt, named []string) ([]string, error) {
	all, err := at.site.Regions(ctx)
	if err != nil {
		if len(named) > 0 {
			return unique(named), nil
		}
		return nil, c.explain(err)
	}
	var enabled []string
	for _, r := range all {
		if r.Enabled {
			enabled = append(enabled, r.Name)
		}
	}
	for _, name := range named {
		if !slices.Contains(enabled, name) {
			return nil, usage(fmt.Errorf("--region %s: it is not enabled in account %s", quoteShell(name), at.caller.Account), "those that are: "+join(enabled), "nothing is ever set up where a region is not enabled; nobody can get credentials there either")
		}
	}
	if len(named) > 0 {
		return unique(named), nil
	}
	return enabled, nil
}

// findIn looks for a stack in some regions.
func (c *changing) findIn(ctx context.Context, at *lookedAt, regions []string, name string) ([]*regional, error) {
	var in []*regional
	for _, region := range regions {
		cfg := at.cfg.Copy()
		cfg.Region = region
		in = append(in, &regional{region: region, stacks: c.client(cfg)})
	}
	c.each(in, func(r *regional) { r.found, r.err = c.find(ctx, r.stacks, name) })
	for _, r := range in {
		if r.err != nil {
			return nil, inRegion(r)
		}
	}
	return in, nil
}

// inRegion is a region's error with its name.
func inRegion(r *regional) error {
	if f, ok := errors.AsType[*failure](r.err); ok {
		return &failure{err: fmt.Errorf("%s: %w", r.region, f.err), status: f.status, hints: f.hints}
	}
	return fmt.Errorf("%s: %w", r.region, r.err)
}

// inPart is an error where some regions failed.
func (c *changing) inPart(in []*regional, done string) error {
	failed := 0
	var hints []string
	for _, r := range in {
		if r.err == nil {
			continue
		}
		failed++
		err := c.explain(r.err)
		c.ui.say("error", r.region+": "+err.Error())
		if f, ok := errors.AsType[*failure](err); ok {
			hints = append(hints, f.hints...)
		}
	}
	switch failed {
	case 0:
		return nil
	case len(in):
		return &failure{err: fmt.Errorf("it is %s nowhere", done), status: exitFailed, hints: unique(hints)}
	}
	return &failure{err: fmt.Errorf("it is %s in %d of %s", done, len(in)-failed, number(len(in), "region")), status: exitPart, hints: unique(hints)}
}

// interrupted says where a command that was stopped is done, and where it is not.
func (c *changing) interrupted(ctx context.Context, in []*regional) error {
	var done, left []string
	for _, r := range in {
		if r.err == nil {
			done = append(done, r.region)
			continue
		}
		left = append(left, r.region)
		if away, ok := errors.AsType[*cfn.AwayError](r.err); ok {
			c.ui.say("note", r.region+": "+away.Error())
		}
	}
	c.ui.say("note", "done in "+orElse(join(done), "no region")+"; not, or not to its end, in "+orElse(join(left), "none")+": the same command does the rest")
	return ctx.Err()
}
