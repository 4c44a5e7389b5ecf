package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/site"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
)

// spokeLook is what was seen of a spoke's account.
type spokeLook struct {
	caller  site.Caller
	wanted  []string               // the regions that were asked for, where the stack tells; nil: every enabled one
	regions map[string]*regionLook // the enabled ones
	as      *awsFlags              // how the account is reached; nil: it is not said
	spoke   *deploy.Spoke          // what its stack was told; nil: not known
	unseen  map[string]string      // by part: why it could not be looked at
}

// regionLook is what was seen of a spoke in one region.
type regionLook struct {
	rule   *site.Rule
	failed int             // events that the rule could not deliver
	hears  *site.Hears     // whether EventBridge is told of calls there; nil: not looked at
	roles  map[string]bool // of targets: whether they are there
	unseen string          // why it could not be looked at
}

// lookAtSpoke looks at a spoke in every enabled region of its account, and in those
// named besides where which are enabled may not be asked.
func lookAtSpoke(ctx context.Context, s *site.Site, in func(region string) *cfn.Client, name deploy.Name, since time.Time, besides ...string) (*spokeLook, error) {
	l := &spokeLook{regions: map[string]*regionLook{}, unseen: map[string]string{}}
	var err error
	if l.caller, err = s.Caller(ctx); err != nil {
		return nil, err
	}
	regions, err := s.Regions(ctx)
	if err != nil {
		l.unseen["regions"] = err.Error()
		for _, r := range append(besides, l.caller.Region) {
			l.regions[r] = nil
		}
	}
	for _, r := range regions {
		if r.Enabled {
			l.regions[r.Name] = nil
		}
	}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	for _, region := range sortedOf(l.regions) {
		group.Go(func() error {
			one := lookAtRegion(ctx, s, name, region, since)
			mu.Lock()
			defer mu.Unlock()
			l.regions[region] = one
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	l.readSettings(ctx, in, name)
	return l, nil
}

func lookAtRegion(ctx context.Context, s *site.Site, name deploy.Name, region string, since time.Time) *regionLook {
	one := &regionLook{roles: map[string]bool{}}
	fail := func(err error) *regionLook { one.unseen = err.Error(); return one }
	var err error
	if one.rule, err = s.Rule(ctx, region, "", name.Rule()); err != nil {
		return fail(err)
	}
	if one.rule == nil {
		return one
	}
	hears, err := s.Hear(ctx, []string{region})
	if err != nil {
		return fail(err)
	}
	one.hears = &hears[0]
	for _, t := range one.rule.Targets {
		if t.Role == "" {
			continue
		}
		if one.roles[t.Role], err = s.RoleIsThere(ctx, t.Role); err != nil {
			one.roles[t.Role] = true // it is not known that it is not
			return fail(err)
		}
	}
	measured, err := s.Measure(ctx, region, since, site.RuleFailures(name.Rule()))
	if err != nil {
		return fail(err)
	}
	one.failed = int(measured[0])
	return one
}

// readSettings reads what the spoke was told, from its stack in one of the regions.
func (l *spokeLook) readSettings(ctx context.Context, in func(region string) *cfn.Client, name deploy.Name) {
	for _, region := range sortedOf(l.regions) {
		if one := l.regions[region]; one == nil || one.rule == nil {
			continue
		}
		found, err := in(region).Find(ctx, name.SpokeStack())
		if errors.Is(err, cfn.ErrNone) { // its rule may be a StackSet's
			continue
		}
		if err != nil {
			l.unseen["stack"] = err.Error()
			return
		}
		spoke, err := deploy.ReadSpoke(found.Template)
		if err != nil {
			continue
		}
		l.spoke, l.wanted = spoke, spoke.Regions
		return
	}
}
