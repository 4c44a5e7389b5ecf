package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
)

// spokeFlags are what a spoke is to be. What is not given stays as it is, and lists
// grow: --remove takes away.
type spokeFlags struct {
	hub         string
	externalIDs []string
	roles       []string
	match       []string
	remove      removals
}

func (s *spokeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(said(&s.hub), "hub", "the hub, by the `ARN` of its event bus; of its queue: then by a topic in each region, which the hub listens to")
	flags.StringArrayVar(&s.externalIDs, "external-id", nil, "send who assumes a role with this external `ID` (repeatable)")
	flags.StringArrayVar(&s.roles, "role-arn", nil, "send who assumes this role, by its `ARN` (repeatable)")
	flags.StringArrayVar(&s.match, "match", nil, "and only events with this value in this field below detail, as `userIdentity.type=IAMUser` (repeatable)")
}

func (s *spokeFlags) check() error {
	if s.hub != "" && deploy.BusARN.Check(s.hub) != nil && deploy.QueueARN.Check(s.hub) != nil {
		return usage(fmt.Errorf("--hub %s: it is the ARN of neither an event bus nor a queue", quoteShell(s.hub)),
			"the hub's owner has it from crosstrail deploy up hub, as arn:aws:events:us-east-1:999999999999:event-bus/crosstrail")
	}
	if err := checkFlags("external-id", deploy.ExternalID, s.externalIDs); err != nil {
		return err
	}
	for _, arn := range s.roles {
		if err := deploy.RoleARN.Check(arn); err != nil {
			return usage(fmt.Errorf("--role-arn: %w", err), "here it is the role that is watched: to call AWS in a role, name it in a profile of your AWS configuration, and --profile")
		}
	}
	for _, text := range s.match {
		if _, _, err := fieldOf(text); err != nil {
			return err
		}
	}
	return s.remove.check("external-id", "role-arn", "match")
}

// fieldOf reads FIELD=VALUE.
func fieldOf(text string) (path, value string, err error) {
	path, value, ok := strings.Cut(text, "=")
	if !ok || value == "" || deploy.FieldPath.Check(path) != nil {
		return "", "", usage(fmt.Errorf("--match %s: it is FIELD=VALUE, of a field below detail", quoteShell(text)), "for example: --match userIdentity.type=IAMUser")
	}
	return path, value, nil
}

// merge brings what was given into a spoke that is there, or a new one.
func (s *spokeFlags) merge(spoke *deploy.Spoke) error {
	if s.hub != "" {
		spoke.Hub, spoke.ByTopic = s.hub, isQueue(s.hub)
	}
	m := &spoke.Match
	m.ExternalIDs = s.remove.from("external-id", unique(append(m.ExternalIDs, s.externalIDs...)))
	m.Roles = s.remove.from("role-arn", unique(append(m.Roles, s.roles...)))
	var fields []string
	for _, f := range m.Fields {
		for _, value := range f.Values {
			fields = append(fields, f.Path+"="+value)
		}
	}
	m.Fields = nil
	for _, text := range s.remove.from("match", unique(append(fields, s.match...))) {
		path, value, err := fieldOf(text)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(m.Fields, func(f deploy.Field) bool { return f.Path == path })
		if i < 0 {
			i, m.Fields = len(m.Fields), append(m.Fields, deploy.Field{Path: path})
		}
		m.Fields[i].Values = append(m.Fields[i].Values, value)
	}
	return s.remove.unused()
}

// isQueue reports whether a hub is named by its queue.
func isQueue(hub string) bool { return deploy.QueueARN.Check(hub) == nil }

// needHub wants a hub.
func needHub(cmd *cobra.Command, spoke *deploy.Spoke) error {
	if spoke.Hub != "" {
		return nil
	}
	return usage(fmt.Errorf("%s: where is the hub?", cmd.CommandPath()), "--hub ARN, which crosstrail deploy up hub prints, and crosstrail deploy status")
}

// matchText says which events a spoke sends.
func matchText(m deploy.Match) string {
	var only []string
	for _, part := range []struct {
		what string
		of   []string
	}{{"with the external id ", m.ExternalIDs}, {"of the role ", m.Roles}} {
		if len(part.of) > 0 {
			only = append(only, part.what+strings.Join(part.of, " or "))
		}
	}
	for _, f := range m.Fields {
		only = append(only, "where "+f.Path+" is "+strings.Join(f.Values, " or "))
	}
	what := "every call that hands out credentials"
	if len(m.ExternalIDs)+len(m.Roles) > 0 {
		what = "who assumes a role"
	}
	if len(only) == 0 {
		return what
	}
	return what + ", " + strings.Join(only, ", and ")
}

// regionFlags are where a spoke is, and for whom.
type regionFlags struct {
	regions      []string
	organization bool
	units        []string
}

func (r *regionFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&r.regions, "region", nil, "only in this `REGION` (repeatable; default: in every one that is enabled)")
	flags.BoolVar(&r.organization, "organization", false, "in every account of the organisation, those to come too: a StackSet, from its management account or delegated administrator")
	flags.StringArrayVar(&r.units, "ou", nil, "only in the accounts of this organisational unit, by its `ID` (repeatable)")
}

func (r *regionFlags) check() error {
	if err := cmp.Or(checkFlags("region", deploy.Region, r.regions), checkFlags("ou", deploy.UnitID, r.units)); err != nil {
		return err
	}
	if len(r.units) > 0 && !r.organization {
		return usage(errors.New("--ou narrows --organization, which is not given"))
	}
	return nil
}
