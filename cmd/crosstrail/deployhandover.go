package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/deploy"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/render"
)

// outcome is what there is after a command: for programs an object a part, for people
// some lines, and what the other side has to know, ready to send.
type outcome struct {
	parts []flat
	blank flat // for the names of columns
	lines lines
	told  letterPage
}

// printOutcome prints it.
func (c *changing) printOutcome(o *outcome) error {
	return c.ui.print(func(w io.Writer) error {
		if form := render.Form(c.form); form != render.Table {
			return printList(w, form, o.blank, o.parts)
		}
		text := o.lines.String()
		if o.told.Len() > 0 {
			text += "\n" + strings.TrimRight(o.told.String(), "\n") + "\n"
		}
		_, err := io.WriteString(w, text)
		return err
	})
}

// page is plain text that can be mailed, and Markdown.
type letterPage struct{ strings.Builder }

func (p *letterPage) line(format string, args ...any) {
	fmt.Fprintln(p, render.Text(fmt.Sprintf(format, args...)))
}

// block is what is copied as it stands.
func (p *letterPage) block(lines ...string) {
	p.line("")
	for _, text := range lines {
		p.line("    %s", text)
	}
	p.line("")
}

// printHub prints what a hub is, and what the owners of spokes have to do.
func (h *hubUp) printHub(outputs map[string]string, changed bool) error {
	hub, c := h.hub, h.at.caller
	trigger := ""
	if hub.Logs != nil {
		trigger = string(hub.Logs.Trigger)
	}
	part := flat{
		{"deployment", string(hub.Name)},
		{"part", "hub"},
		{"accountId", c.Account},
		{"region", c.Region},
		{"stack", hub.Name.HubStack()},
		{"bus", outputs[deploy.OutputHubBus]},
		{"queue", outputs[deploy.OutputHubQueue]},
		{"deadLetters", outputs[deploy.OutputDeadLetters]},
		{"table", outputs[deploy.OutputTableName]},
		{"function", outputs[deploy.OutputFunctionName]},
		{"functionRole", outputs[deploy.OutputFunctionRole]},
		{"trigger", trigger},
		{"accounts", hub.Senders.Accounts},
		{"organization", hub.Senders.Organization},
		{"topics", hub.Topics},
		{"changed", changed},
	}
	o := outcome{parts: []flat{part}, blank: part}
	for _, l := range [][2]string{{"bus", outputs[deploy.OutputHubBus]}, {"queue", outputs[deploy.OutputHubQueue]}, {"table", outputs[deploy.OutputTableName]}, {"function", outputs[deploy.OutputFunctionName]}} {
		o.lines.add(l[0], "%s", render.Text(l[1]))
	}
	h.lacking(&o.told, outputs[deploy.OutputFunctionRole])
	for _, account := range h.letters() {
		h.handOver(&o.told, outputs, account)
	}
	test := " --as OTHER-PROFILE --role-arn ARN"
	if w := h.table.watch(); w != nil && len(w.Roles) > 0 {
		test = " --as OTHER-PROFILE --role-arn " + quoteShell(w.Roles[0])
	}
	h.ui.say("hint", "once a spoke is there, does it work: crosstrail deploy test"+h.flag()+test+" [--external-id ID]; how it is: crosstrail deploy status"+h.flag())
	h.ui.say("hint", "an account more that may send: crosstrail deploy up hub --account ID"+h.flag()+"; what its owner has to do, once more: --letter ID")
	h.ui.say("hint", "who is behind a call: crosstrail who EVENT --store "+quoteShell("dynamodb://"+hub.Table)+h.aws.flag())
	return h.printOutcome(&o)
}

// lacking are the statements that others' policies need.
func (h *hubUp) lacking(p *letterPage, role string) {
	if h.logs == nil {
		return
	}
	if h.logs.Key != "" && !h.logs.KeyLets {
		p.line("# For the policy of the key %s", h.logs.Key)
		p.block(strings.Split(string(h.hub.KeyStatement(role)), "\n")...)
	}
	if !h.logs.Ours() {
		p.line("# For the policy of the bucket %s, %s", h.hub.Logs.Bucket, orElse(before("in account ", h.hub.Logs.Owner), "which is another account's"))
		foreign, logs := *h.hub, *h.hub.Logs
		logs.Owner = orElse(logs.Owner, "another") // whose, the statements do not say
		foreign.Logs = &logs
		p.block(strings.Split(string(foreign.BucketStatements(role)), "\n")...)
	}
}

// letters are the accounts that are to be told how to send, one a letter: those that may
// since this run, and those that were asked for. "" is whoever it may be.
func (h *hubUp) letters() []string {
	var had deploy.Senders
	if h.old != nil {
		had = h.old.Senders
	}
	all := slices.Clone(h.flags.letters)
	for _, account := range h.hub.Senders.Accounts {
		if !slices.Contains(had.Accounts, account) {
			all = append(all, account)
		}
	}
	if h.hub.Senders.Organization != had.Organization && h.hub.Senders.Organization != "" || h.old == nil && len(all) == 0 {
		all = append(all, "")
	}
	return unique(all)
}

// handOver is what the owner of a spoke does.
func (h *hubUp) handOver(p *letterPage, outputs map[string]string, account string) {
	hub := h.hub
	p.line("# For %s", orElse(before("account ", account), "the accounts whose people assume the role"))
	p.line("")
	p.line("Who gets credentials there is to be sent to the event bus of account %s, from every region that is enabled.", h.at.caller.Account)
	p.line("With crosstrail, as somebody who may make stacks, rules and roles there:")
	only, which := h.only()
	flags := " --hub " + quoteShell(outputs[deploy.OutputHubBus]) + only
	if hub.Name != deploy.DefaultName {
		flags += " --name " + quoteShell(string(hub.Name))
	}
	p.block("crosstrail deploy up spoke" + flags)
	if which != "" {
		p.line("%s", which)
	}
	p.line("Without crosstrail: spoke.yaml, which is made by the first of these commands, here, and the others, there:")
	p.block("crosstrail deploy template spoke"+flags+" > spoke.yaml",
		"for region in $(aws account list-regions --region-opt-status-contains ENABLED ENABLED_BY_DEFAULT --query 'Regions[].RegionName' --output text); do",
		"  aws cloudformation deploy --template-file spoke.yaml --stack-name "+hub.Name.SpokeStack()+` --capabilities CAPABILITY_IAM --tags `+cfn.Tag+"="+string(hub.Name)+` --region "$region"`,
		"done")
	p.line("EventBridge is told by CloudTrail: a trail has to log management events there.")
	p.line("")
}

// only is what the spokes are to send, as far as the table's watch is one that a spoke
// can have. Where there are several roles or external ids, they are others' affair: which
// says what is to be put in.
func (h *hubUp) only() (flags, which string) {
	w := h.table.watch()
	switch {
	case w == nil || len(w.Accounts) > 0 || len(w.Roles) > 0 && len(w.ExternalIDs) > 0:
		return "", ""
	case len(w.Roles) == 1:
		return " --role-arn " + quoteShell(w.Roles[0]), ""
	case len(w.Roles) > 1:
		return " --role-arn ROLE-ARN", "ROLE-ARN is the role that is assumed from there, as arn:aws:iam::" + h.at.caller.Account + ":role/NAME."
	case len(w.ExternalIDs) == 1:
		return " --external-id " + quoteShell(w.ExternalIDs[0]), ""
	case len(w.ExternalIDs) > 1:
		return " --external-id EXTERNAL-ID", "EXTERNAL-ID is the one that was agreed on."
	}
	return "", ""
}

// handOverRole is what the developer types who assumes a role.
func handOverRole(p *letterPage, role *deploy.Role, arn string) {
	p.line("# For %s", role.To)
	p.line("")
	p.line("The role %s may be assumed%s. Your own account has to allow that too, in a policy of the user or role:", arn, before(" with ", conditionsText(role)))
	p.block(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":` + quoted(arn) + `}]}`)
	p.line("In ~/.aws/config:")
	profile := []string{"[profile " + role.Name + "]", "role_arn = " + arn, "source_profile = YOUR-PROFILE"}
	by := "aws sts assume-role --profile YOUR-PROFILE --role-arn " + quoteShell(arn) + " --role-session-name YOUR-NAME"
	if role.ExternalID != "" {
		profile = append(profile, "external_id = "+role.ExternalID)
		by += " --external-id " + quoteShell(role.ExternalID)
	}
	if role.RequireMFA {
		profile = append(profile, "mfa_serial = arn:"+strings.Split(arn, ":")[1]+":iam::YOUR-ACCOUNT:mfa/YOUR-DEVICE")
		by += " --serial-number arn:" + strings.Split(arn, ":")[1] + ":iam::YOUR-ACCOUNT:mfa/YOUR-DEVICE --token-code CODE"
	}
	p.block(profile...)
	p.line("Then, for example:")
	p.block("aws s3 ls --profile " + quoteShell(role.Name))
	p.line("or the credentials by themselves:")
	p.block(by)
	send := "--role-arn " + quoteShell(arn)
	if role.ExternalID != "" {
		send = "--external-id " + quoteShell(role.ExternalID)
	}
	p.line("Who assumes it, a spoke in your account tells whoever keeps the hub, if there is one:")
	p.block("crosstrail deploy up spoke --hub ARN " + send)
}

func before(first, text string) string {
	if text == "" {
		return ""
	}
	return first + text
}

// quoted is a text as JSON has it.
func quoted(text string) string { return string(appendText(nil, text)) }
