package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/deploy"
	cfn "github.com/crosstrail/crosstrail/deploy/stack"
)

// works are what a command does, for the permissions that it needs.
type works struct {
	deploy []deploy.Work
	stack  []cfn.Work
	more   []string
	less   string // how the actions begin that are not needed
	down   bool   // nothing is made or changed

	role, table, bucket, code string // whose names are known; "": any
}

// actions are all of them, sorted.
func (w works) actions() []string {
	all := deploy.Permissions(w.deploy...)
	if w.down {
		all = deploy.PermissionsDown(w.deploy...)
	}
	all = unique(append(append(all, cfn.Permissions(w.stack...)...), w.more...))
	return slices.DeleteFunc(all, func(a string) bool { return w.less != "" && strings.HasPrefix(a, w.less) })
}

// policyStatement is one of a policy that lets somebody run a command.
type policyStatement struct {
	Effect           string
	Action, Resource []string
}

// printPolicy prints the policy that lets somebody run the command, in any region,
// without asking AWS: resources are named by the deployment's name. What has no
// resources in IAM, or somebody else's, is allowed on all (Service Authorization
// Reference, "Actions, resources, and condition keys" of each service).
func (c *changing) printPolicy(w works) error {
	var all []policyStatement
	at := map[string]int{}
	for _, action := range w.actions() {
		service, _, _ := strings.Cut(action, ":")
		resources := c.resources(w, service, action)
		key := service + strings.Join(resources, " ")
		if resources[0] == "*" {
			key = "*"
		}
		i, ok := at[key]
		if !ok {
			i, at[key] = len(all), len(all)
			all = append(all, policyStatement{Effect: "Allow", Resource: resources})
		}
		all[i].Action = append(all[i].Action, action)
	}
	return c.ui.print(func(out io.Writer) error {
		text, err := json.MarshalIndent(struct {
			Version   string
			Statement []policyStatement
		}{"2012-10-17", all}, "", "  ")
		if err == nil {
			_, err = fmt.Fprintln(out, string(text))
		}
		return err
	})
}

// resources are what an action of a command is on.
func (c *changing) resources(w works, service, action string) []string {
	partition := "arn:aws"
	for before, name := range map[string]string{"cn-": "arn:aws-cn", "us-gov-": "arn:aws-us-gov"} {
		if strings.HasPrefix(c.aws.o.Region, before) {
			partition = name
		}
	}
	arns := func(ends ...string) (all []string) {
		for _, end := range ends {
			all = append(all, partition+":"+service+":"+end)
		}
		return all
	}
	switch service {
	case "cloudformation":
		if action == "cloudformation:DescribeStacks" || strings.Contains(action, "StackSet") || strings.Contains(action, "StackInstance") || strings.Contains(action, "OrganizationsAccess") {
			break
		}
		return arns("*:*:stack/"+c.name+"-*/*", "*:*:changeSet/crosstrail-*/*")
	case "cloudwatch":
		if action != "cloudwatch:DescribeAlarms" {
			return arns("*:*:alarm:" + c.name + "-*")
		}
	case "dynamodb":
		table := orElse(w.table, deploy.DefaultTable)
		return arns("*:*:table/"+table, "*:*:table/"+table+"/index/*")
	case "events":
		return arns("*:*:event-bus/"+c.name, "*:*:rule/"+c.name+"*")
	case "iam":
		if w.role != "" {
			return arns(":*:role/" + w.role)
		}
		// CloudFormation cuts names of stacks in those of roles, where they are long.
		return arns(":*:role/" + c.name[:min(len(c.name), 24)] + "*")
	case "lambda":
		// An event source has no name before it is made, and a random one then.
		if !strings.Contains(action, "EventSourceMapping") && !strings.HasSuffix(action, "Resource") && action != "lambda:ListTags" {
			return arns("*:*:function:" + c.name)
		}
	case "logs":
		if action != "logs:DescribeLogGroups" {
			return arns("*:*:log-group:/aws/lambda/" + c.name + "*")
		}
	case "s3":
		in := orElse(w.code, "crosstrail-code-*")
		code := []string{"::" + in, "::" + in + "/*"}
		switch action {
		case "s3:GetBucketNotification", "s3:PutBucketNotification", "s3:GetEncryptionConfiguration":
			return arns("::" + orElse(w.bucket, "*"))
		case "s3:ListBucket", "s3:GetObject":
			if bucket := orElse(w.bucket, "*"); slices.Contains(w.deploy, deploy.WorkForecast) {
				return arns(append(code, "::"+bucket, "::"+bucket+"/*")...)
			}
		}
		return arns(code...)
	case "sqs":
		return arns("*:*:"+c.name, "*:*:"+c.name+"-dead-letters")
	}
	return []string{"*"}
}
