package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	cfn "github.com/crosstrail/crosstrail/deploy/stack"
	"github.com/crosstrail/crosstrail/render"
)

// intent is what a command is about to do, for people and for programs.
type intent struct {
	Deployment  string   `json:"deployment"`
	Part        string   `json:"part"` // hub, spoke or role
	Account     string   `json:"account"`
	Regions     []string `json:"regions"`
	Facts       []fact   `json:"facts"`
	Steps       []step   `json:"steps"`
	Warnings    []string `json:"warnings"`
	Permissions []string `json:"permissions"`
}

// fact is what will be so, in words.
type fact struct {
	What string `json:"what"`
	Is   string `json:"is"`
}

// step is one thing that is to be done.
type step struct {
	Where string `json:"where"`          // the stack, or "beside the stack"
	Do    string `json:"do"`             // add, change, put back, replace, remove
	What  string `json:"what"`           // in words
	Name  string `json:"name,omitempty"` // of a resource
	Why   string `json:"why,omitempty"`  // what of it differs
}

func (i *intent) say(what, format string, args ...any) {
	i.Facts = append(i.Facts, fact{what, fmt.Sprintf(format, args...)})
}

func (i *intent) warn(format string, args ...any) {
	i.Warnings = append(i.Warnings, fmt.Sprintf(format, args...))
}

const besideTheStack = "beside the stack"

// beside is a step that CloudFormation does not take.
func (i *intent) beside(do, what, name string) {
	i.Steps = append(i.Steps, step{besideTheStack, do, what, name, ""})
}

// showIntent says what is about to be done: to people on standard error, and where
// nothing but that is wanted, on standard output.
func (c *changing) showIntent(i *intent) error {
	if c.dry && render.Form(c.form) != render.Table {
		i.Regions, i.Facts, i.Steps, i.Warnings = orEmpty(i.Regions), orEmpty(i.Facts), orEmpty(i.Steps), orEmpty(i.Warnings)
		i.Permissions = orEmpty(i.Permissions)
		return c.ui.print(func(w io.Writer) error { return printJSON(w, i) })
	}
	out := c.ui.stderr
	if c.dry {
		out = c.ui.stdout
	}
	p := told{out, c.ui.columns()}
	p.say("", "  ", fmt.Sprintf("%s of the deployment %s, account %s, %s", i.Part, i.Deployment, i.Account, regionsText(i.Regions)))
	for _, f := range i.Facts {
		p.labelled(f.What, f.Is)
	}
	where := ""
	for _, s := range i.Steps {
		if s.Where != where {
			where = s.Where
			p.say("", "  ", where)
		}
		text := strings.TrimSpace(s.What + " " + s.Name)
		if s.Do == toPutBack {
			text = "put back, after a change by hand: " + text
		}
		text += before(": ", s.Why)
		switch {
		case s.Do == toReplace && s.What == kinds["AWS::DynamoDB::Table"]:
			text += ": a new one is made, and the old one stays"
		case s.Do == toReplace:
			text += ": REPLACED by a new one, and the old one is deleted"
		}
		p.say("  "+marks[s.Do]+" ", "      ", text)
	}
	services := byService(i.Permissions)
	switch {
	case len(services) > 0 && !c.dry:
		p.labelled("needs", fmt.Sprintf("%s of %s: --permissions prints them as a policy", number(len(i.Permissions), "permission"), number(len(services), "service")))
	case len(services) > 0:
		p.say("", "  ", "permissions that you need")
		for _, text := range services {
			p.say("  ", "    ", text)
		}
	}
	for _, text := range i.Warnings {
		c.ui.warn("%s", c.aws.reaching(text))
	}
	return nil
}

// regionsText names regions, where they are few.
func regionsText(regions []string) string {
	if len(regions) > 3 {
		return number(len(regions), "region")
	}
	return join(regions)
}

// byService are permissions, a text a service.
func byService(actions []string) []string {
	var all []string
	last := ""
	for _, a := range actions {
		service, name, _ := strings.Cut(a, ":")
		if service != last {
			last, all = service, append(all, service+":")
		}
		all[len(all)-1] += " " + name
	}
	return all
}

// What a step does, and how it begins, whatever the colours.
const (
	toAdd     = "add"
	toChange  = "change"
	toPutBack = "put back" // what was changed by hand
	toReplace = "replace"
	toRemove  = "remove"
)

var marks = map[string]string{toAdd: "+", toChange: "~", toPutBack: "~", toReplace: "!", toRemove: "-"}

// stackSteps are the changes of a stack.
func stackSteps(p *cfn.Plan) []step {
	where := "stack " + p.Stack.Name
	if p.Kind == cfn.Create {
		where += " (new)"
	}
	var all []step
	for _, ch := range p.Changes {
		if ch.Perhaps {
			continue // it hangs on what the others turn out to be
		}
		do := map[string]string{"Add": toAdd, "Remove": toRemove, "Import": toAdd}[ch.Action]
		switch {
		case ch.Drifted && ch.Replacement != "True":
			do = toPutBack
		case do != "":
		case ch.Replacement == "True":
			do = toReplace
		default:
			do = toChange
		}
		what, name := resourceText(ch.Type, ch.LogicalID, ch.PhysicalID)
		all = append(all, step{where, do, what, name, propertiesText(ch.Properties)})
	}
	if p.Kind == cfn.Update && len(all) == 0 {
		all = []step{{where, toChange, "what it says of itself: outputs or tags", "", ""}}
	}
	if p.Leftover {
		all = append([]step{{where, toRemove, "what a run that failed left of the stack: nothing but its name", "", ""}}, all...)
	}
	return all
}

// mostValue is how long a value is that is shown, in bytes.
const mostValue = 60

// propertiesText says in a few words what of a resource differs.
func propertiesText(all []cfn.Property) string {
	var texts []string
	for _, p := range all {
		switch {
		case p.Before == "" && p.After == "" || len(p.Before) > mostValue || len(p.After) > mostValue:
			texts = append(texts, p.Name)
		default:
			texts = append(texts, p.Name+" "+orElse(p.Before, "nothing")+" → "+orElse(p.After, "nothing"))
		}
	}
	return strings.Join(texts, ", ")
}

// resourceText is a resource in plain words, by its name where it has one that people
// know, else by what the template calls it.
func resourceText(kind, logical, physical string) (what, name string) {
	what = kindText(kind)
	switch kind {
	case "AWS::Events::EventBusPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::Lambda::EventSourceMapping":
		return what, logical
	}
	if strings.HasPrefix(physical, "arn:") || strings.Contains(physical, "://") {
		physical = physical[strings.LastIndexAny(physical, ":/")+1:]
	}
	if kind == "AWS::Events::Rule" {
		physical = physical[strings.LastIndexByte(physical, '|')+1:]
	}
	return what, orElse(physical, logical)
}

// kindText is a type of CloudFormation in plain words.
func kindText(kind string) string {
	if text := kinds[kind]; text != "" {
		return text
	}
	return kind
}

var kinds = map[string]string{
	"AWS::CloudFormation::Stack":      "stack",
	"AWS::CloudWatch::Alarm":          "alarm",
	"AWS::DynamoDB::Table":            "table",
	"AWS::Events::EventBus":           "event bus",
	"AWS::Events::EventBusPolicy":     "event bus policy",
	"AWS::Events::Rule":               "event rule",
	"AWS::IAM::Role":                  "role",
	"AWS::Lambda::EventSourceMapping": "event source of the function",
	"AWS::Lambda::Function":           "function",
	"AWS::Logs::LogGroup":             "log group",
	"AWS::SNS::Subscription":          "topic subscription",
	"AWS::SNS::Topic":                 "topic",
	"AWS::SNS::TopicPolicy":           "topic policy",
	"AWS::SQS::Queue":                 "queue",
	"AWS::SQS::QueuePolicy":           "queue policy",
}

// progress tells the steps of a stack as they are done.
func (c *changing) progress(before string) func(cfn.Event) {
	return func(e cfn.Event) {
		if text := eventText(e); text != "" {
			fmt.Fprintln(c.ui.stderr, render.Text(before+text))
		}
	}
}

// eventText is a step of CloudFormation that a person wants to see; "" of others.
func eventText(e cfn.Event) string {
	if e.Type == "AWS::CloudFormation::Stack" {
		if strings.Contains(e.Status, "ROLLBACK_IN_PROGRESS") {
			return "taken back: " + orElse(e.Reason, e.Status)
		}
		return ""
	}
	what, name := resourceText(e.Type, e.LogicalID, e.PhysicalID)
	what += " " + name
	switch {
	case e.Retained():
		return "kept: " + what
	case strings.HasSuffix(e.Status, "_FAILED"):
		return "failed: " + what + ": " + e.Reason
	}
	done, ok := map[string]string{"CREATE_COMPLETE": "made: ", "UPDATE_COMPLETE": "changed: ", "DELETE_COMPLETE": "removed: "}[e.Status]
	if !ok {
		return ""
	}
	return done + what
}

// agreedOn is an error unless what was shown is to be done.
func (c *changing) agreedOn(ctx context.Context) error {
	if c.dry {
		return silent(exitDone)
	}
	return c.ui.agreed(ctx, c.yes)
}
