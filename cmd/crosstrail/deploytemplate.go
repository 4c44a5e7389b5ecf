package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
)

func newDeployTemplateCommand(ui *terminal) *cobra.Command {
	return group(&cobra.Command{
		Use:   "template",
		Short: "print a CloudFormation template: for a reviewer, or a third party",
		Long: `Print the CloudFormation template that crosstrail deploy up uses: commented, complete,
and of use without crosstrail. Nothing is called. What differs from account to account is
a parameter of the template, whose default is what was given here.`,
		Example: `  # what a third party deploys, who has no crosstrail
  crosstrail deploy template spoke --external-id 3414 \
    --hub arn:aws:events:us-east-1:999999999999:event-bus/crosstrail > spoke.yaml
  aws cloudformation deploy --template-file spoke.yaml --stack-name crosstrail-spoke \
    --capabilities CAPABILITY_IAM --tags crosstrail=crosstrail

  crosstrail deploy template hub --account 111111111111 --bucket cloudtrailbucket
  crosstrail deploy template role CrossAccountTest --to 111111111111 --external-id 3414`,
	}, newTemplateHubCommand(ui), newTemplateSpokeCommand(ui), newTemplateRoleCommand(ui))
}

// templateCommand is a command that prints a template; of makes what it is of.
func templateCommand(ui *terminal, cmd *cobra.Command, of func(cmd *cobra.Command, name deploy.Name, args []string) (templated, error)) *cobra.Command {
	var d deployFlags
	cmd.Annotations, cmd.ValidArgsFunction = exits(exitDone, exitFailed, exitUsage), cobra.NoFileCompletions
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := d.deployment()
		if err != nil {
			return err
		}
		made, err := of(cmd, name, args)
		if err != nil {
			return err
		}
		return printTemplate(ui, made)
	}
	d.addName(cmd)
	return cmd
}

func newTemplateHubCommand(ui *terminal) *cobra.Command {
	var h hubFlags
	var prefix, key, topic, code string
	cmd := &cobra.Command{
		Use:   "hub",
		Short: "print the template of a hub",
		Long: `Print the template of a hub. It makes everything but two things, which are said at its
head: the notice of the bucket to the hub's queue (aws s3api
put-bucket-notification-configuration), and the code of the function (make lambda, aws s3
cp; parameters CodeBucket and CodeKey). crosstrail deploy up hub does all of it.`,
		Example: `  crosstrail deploy template hub --account 111111111111 --bucket cloudtrailbucket > hub.yaml
  aws cloudformation deploy --template-file hub.yaml --stack-name crosstrail-hub \
    --capabilities CAPABILITY_IAM --tags crosstrail=crosstrail --parameter-overrides CodeBucket=my-code CodeKey=crosstrail-lambda-arm64.zip`,
		Args: noArguments,
	}
	h.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&prefix, "prefix", "AWSLogs/", "how the keys of log files begin")
	flags.Var(said(&key), "key", "the `ARN` of the KMS key that encrypts them")
	flags.Var(said(&topic), "trail-topic", "the `ARN` of the topic that the trail tells, for --trigger sns")
	flags.Var(said(&code), "code-bucket", "the `BUCKET` with the function's code")
	return templateCommand(ui, cmd, func(_ *cobra.Command, name deploy.Name, _ []string) (templated, error) {
		hub := &deploy.Hub{Name: name, MakeTable: true}
		if err := h.check(); err != nil {
			return nil, err
		}
		if h.organization == ownOrganization {
			return nil, usage(errors.New("a template is made without asking AWS, so it has to be said which organisation"), "--organization=o-a1b2c3d4e5 (aws organizations describe-organization)")
		}
		h.merge(hub)
		switch {
		case h.bucket == "" && !h.noLogs:
			return nil, usage(errors.New("deploy template hub: in which bucket are the log files?"), "--bucket NAME; or, for what spokes send alone, --no-logs")
		case h.bucket != "":
			hub.Logs = &deploy.Logs{Bucket: h.bucket, Prefix: prefix, Trigger: deploy.Trigger(orElse(string(h.wanted()), string(deploy.TriggerNotification))), Topic: topic, Key: key, Trail: h.trail}
		}
		hub.Code.Bucket = code
		hub.Code.Architecture = orElse(hub.Code.Architecture, architectures()[0])
		return hub, nil
	})
}

func newTemplateSpokeCommand(ui *terminal) *cobra.Command {
	var s spokeFlags
	cmd := &cobra.Command{
		Use:   "spoke",
		Short: "print the template of a spoke",
		Long: `Print the template of a spoke, which sends a hub who gets credentials in an account and
region. EventBridge and STS are regional: deploy it in every region that is enabled, in an
organisation as a StackSet.

Without --external-id and --role-arn it sends every call that hands out credentials.`,
		Example: `  crosstrail deploy template spoke --external-id 3414 \
    --hub arn:aws:events:us-east-1:999999999999:event-bus/crosstrail > spoke.yaml
  aws cloudformation deploy --template-file spoke.yaml --stack-name crosstrail-spoke \
    --capabilities CAPABILITY_IAM --tags crosstrail=crosstrail --region us-east-1`,
		Args: noArguments,
	}
	s.add(cmd)
	return templateCommand(ui, cmd, func(cmd *cobra.Command, name deploy.Name, _ []string) (templated, error) {
		spoke := &deploy.Spoke{Name: name}
		if err := s.check(); err != nil {
			return nil, err
		}
		if err := s.merge(spoke); err != nil {
			return nil, err
		}
		return spoke, needHub(cmd, spoke)
	})
}

func newTemplateRoleCommand(ui *terminal) *cobra.Command {
	var r roleFlags
	cmd := &cobra.Command{
		Use:   "role NAME",
		Short: "print the template of a role that is assumed across accounts",
		Long: `Print the template of a role that is assumed from another account, as AWS's text makes
CrossAccountTest: whom it trusts, with which external id, and what may be done with it.`,
		Example: `  crosstrail deploy template role CrossAccountTest --to 111111111111 --external-id 3414 > role.yaml
  aws cloudformation deploy --template-file role.yaml --stack-name crosstrail-role-CrossAccountTest \
    --capabilities CAPABILITY_NAMED_IAM --tags crosstrail=crosstrail`,
		Args: oneArgument("NAME", "crosstrail deploy template role CrossAccountTest --to 111111111111"),
	}
	r.add(cmd)
	return templateCommand(ui, cmd, func(cmd *cobra.Command, name deploy.Name, args []string) (templated, error) {
		role := &deploy.Role{Deployment: name, Name: args[0]}
		if err := r.check(cmd, args[0]); err != nil {
			return nil, err
		}
		return role, r.merge(cmd, role)
	})
}

// templated is what a template is made of.
type templated interface {
	Check() error
	Template() []byte
}

func printTemplate(ui *terminal, of templated) error {
	if err := wrongSettings(of.Check()); err != nil {
		return err
	}
	_, err := ui.stdout.Write([]byte(visible(string(of.Template()))))
	return err
}
