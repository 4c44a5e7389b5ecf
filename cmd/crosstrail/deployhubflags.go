package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
	"github.com/crosstrail/crosstrail/deploy/function"
)

// hubFlags are what a hub is to be. What is not given stays as it is, and lists grow:
// --remove takes away.
type hubFlags struct {
	trail, bucket string
	noLogs        bool
	table         string
	accounts      []string
	organization  string
	topics        []string
	letters       []string
	trigger       string
	architecture  string
	memory, days  int
	alarmTopic    string
	remove        removals
}

// ownOrganization is --organization without an id: that of the account.
const ownOrganization = "own"

func (h *hubFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&h.accounts, "account", nil, "an account that may send to the hub, by its `ID` (repeatable)")
	flags.Var(said(&h.organization), "organization", "every account of your organisation may; or of another: --organization=`ID`")
	flags.Lookup("organization").NoOptDefVal = ownOrganization
	flags.StringArrayVar(&h.topics, "topic", nil, "the `ARN` of a spoke's topic that the hub listens to (repeatable)")
	flags.Var(said(&h.table), "table", "the `NAME` of the table (default "+deploy.DefaultTable+"); one that is there is adopted, with what is in it")
	flags.Var(said(&h.trigger), "trigger", "the `WAY` in which the hub hears of new log files: auto, notification, eventbridge, or sns (default auto: the first of these that the bucket allows)")
	flags.Var(said(&h.architecture), "architecture", "what the function runs on: arm64 or x86_64 (default arm64, or that of --function)")
	flags.IntVar(&h.memory, "memory-size", 0, "the function's memory in `MB` (default 512)")
	flags.IntVar(&h.days, "log-days", 0, "for how many `DAYS` the function's own log is kept (default 30)")
	flags.Var(said(&h.alarmTopic), "alarm-topic", "the `ARN` of a topic that alarms tell (default: they are only shown)")
	flags.Var(said(&h.trail), "trail", "the trail whose log files are read, by `NAME` or ARN")
	flags.Var(said(&h.bucket), "bucket", "or the `BUCKET` that it writes to")
	flags.BoolVar(&h.noLogs, "no-logs", false, "no log files: only what spokes send")
	must(cmd.RegisterFlagCompletionFunc("trigger", cobra.FixedCompletions(triggerWords(), cobra.ShellCompDirectiveNoFileComp)))
	must(cmd.RegisterFlagCompletionFunc("architecture", cobra.FixedCompletions(architectures(), cobra.ShellCompDirectiveNoFileComp)))
}

const autoTrigger = "auto"

func triggerWords() []string {
	return []string{autoTrigger, string(deploy.TriggerNotification), string(deploy.TriggerEventBridge), string(deploy.TriggerSNS)}
}

func architectures() []string { return []string{function.ARM, function.X86} }

// checkFlag looks at the value of a flag that AWS takes in a form of its own.
func checkFlag(flag string, is deploy.Value, value string) error {
	if value == "" {
		return nil
	}
	if err := is.Check(value); err != nil {
		return usage(fmt.Errorf("--%s: %w", flag, err))
	}
	return nil
}

// checkFlags does so with each of several values.
func checkFlags(flag string, is deploy.Value, values []string) error {
	for _, value := range values {
		if err := is.Check(value); err != nil {
			return usage(fmt.Errorf("--%s: %w", flag, err))
		}
	}
	return nil
}

// check looks at the flags alone.
func (h *hubFlags) check() error {
	organization := h.organization
	if organization == ownOrganization {
		organization = ""
	}
	if err := cmp.Or(
		checkFlags("account", deploy.AccountID, h.accounts), checkFlags("letter", deploy.AccountID, h.letters), checkFlags("topic", deploy.TopicARN, h.topics), checkFlag("alarm-topic", deploy.TopicARN, h.alarmTopic),
		checkFlag("organization", deploy.OrganizationID, organization), checkFlag("table", deploy.TableName, h.table),
	); err != nil {
		return err
	}
	if trigger, ok := fold(triggerWords(), orElse(h.trigger, autoTrigger)); ok {
		h.trigger = trigger
	} else {
		return usage(fmt.Errorf("--trigger %s: it is %s", quoteShell(h.trigger), join(triggerWords())))
	}
	if h.architecture != "" && !slices.Contains(architectures(), h.architecture) {
		return usage(fmt.Errorf("--architecture %s: it is %s", quoteShell(h.architecture), join(architectures())))
	}
	if h.noLogs && h.trail+h.bucket != "" {
		return usage(errors.New("--no-logs reads no log files: --trail and --bucket say which"), "give one or the other")
	}
	return h.remove.check("account", "topic", "organization", "alarm-topic", "watch-role", "watch-external-id", "watch-account")
}

// merge brings what was given into a hub that is there, or a new one. What has to be
// looked up on AWS is left: the organization's id, and the log files.
func (h *hubFlags) merge(hub *deploy.Hub) {
	hub.Senders.Accounts = h.remove.from("account", unique(append(hub.Senders.Accounts, h.accounts...)))
	hub.Topics = h.remove.from("topic", unique(append(hub.Topics, h.topics...)))
	hub.Senders.Organization = h.remove.of("organization", hub.Senders.Organization)
	if h.organization != "" && h.organization != ownOrganization {
		hub.Senders.Organization = h.organization
	}
	hub.AlarmTo = orElse(h.alarmTopic, h.remove.of("alarm-topic", hub.AlarmTo))
	hub.Table = orElse(h.table, orElse(hub.Table, deploy.DefaultTable))
	hub.Code.Architecture = orElse(h.architecture, hub.Code.Architecture)
	if h.memory != 0 {
		hub.Function.MemoryMB = h.memory
	}
	if h.days != 0 {
		hub.Function.LogDays = h.days
	}
	if h.noLogs {
		hub.Logs = nil
	}
}

// wanted is the trigger that was asked for; "": the best there is.
func (h *hubFlags) wanted() deploy.Trigger {
	if h.trigger == autoTrigger {
		return ""
	}
	return deploy.Trigger(h.trigger)
}

// removals are what --remove takes away of a deployment that is there: WHAT=VALUE, or
// WHAT alone of what there is one of.
type removals struct {
	texts []string
	used  []bool
}

func (r *removals) add(cmd *cobra.Command, example string) {
	cmd.Flags().StringArrayVar(&r.texts, "remove", nil, "take away what an earlier run gave, a `FLAG=VALUE` as "+example+" (repeatable)")
}

// check wants each to name one of these flags.
func (r *removals) check(names ...string) error {
	r.used = make([]bool, len(r.texts))
	for _, text := range r.texts {
		if name, _, _ := strings.Cut(text, "="); !slices.Contains(names, name) {
			return usage(fmt.Errorf("--remove %s: what can be removed is %s", quoteShell(text), join(names)), "for example: --remove "+names[0]+"=VALUE")
		}
	}
	return nil
}

// any reports whether something is to be taken away whose flag begins so.
func (r *removals) any(begin string) bool {
	return slices.ContainsFunc(r.texts, func(text string) bool { return strings.HasPrefix(text, begin) })
}

// of is a value, "" where it is to be taken away.
func (r *removals) of(name, value string) string {
	for i, text := range r.texts {
		if value != "" && (text == name || text == name+"="+value) {
			r.used[i], value = true, ""
		}
	}
	return value
}

// from is a list without what is to be taken away of it.
func (r *removals) from(name string, list []string) []string {
	return slices.DeleteFunc(list, func(value string) bool {
		i := slices.Index(r.texts, name+"="+value)
		if i >= 0 {
			r.used[i] = true
		}
		return i >= 0
	})
}

// unused is an error where something that is to be taken away is not there.
func (r *removals) unused() error {
	for i, text := range r.texts {
		if !r.used[i] {
			return usage(fmt.Errorf("--remove %s: the deployment has no such", quoteShell(text)), "what it has, this command tells without --remove")
		}
	}
	return nil
}
