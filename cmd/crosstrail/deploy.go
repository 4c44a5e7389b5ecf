package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/deploy"
)

func newDeployCommand(ui *terminal) *cobra.Command {
	return group(&cobra.Command{
		Use:   "deploy",
		Short: "set up on AWS what fills a table as things happen, test it, take it down",
		Long: `Set up what AWS's text "How to Audit Cross-Account Roles Using AWS CloudTrail and Amazon
CloudWatch Events" does: a hub, which keeps events in a DynamoDB table; spokes, which
send it who got credentials in other accounts; and the role that is assumed across them.

CloudFormation does the work, from templates that can be read, and AWS holds the state:
what is there is looked at, shown and asked about before anything is changed, and the
same command again changes only what differs.`,
		Example: `  # the hub, in the account that owns the role
  crosstrail deploy up hub --profile prod --account 111111111111 \
    --watch-role arn:aws:iam::999999999999:role/CrossAccountTest

  # a spoke, in the account whose people assume it
  crosstrail deploy up spoke --profile dev --external-id 3414 \
    --hub arn:aws:events:us-east-1:999999999999:event-bus/crosstrail

  # does it work, is it well, and taking it down
  crosstrail deploy test --profile prod --as dev --external-id 3414 \
    --role-arn arn:aws:iam::999999999999:role/CrossAccountTest
  crosstrail deploy status --profile prod
  crosstrail deploy down hub --profile prod

  # the templates alone: for a third party, or for a reviewer
  crosstrail deploy template spoke --external-id 3414 \
    --hub arn:aws:events:us-east-1:999999999999:event-bus/crosstrail`,
	},
		newDeployTemplateCommand(ui),
		newDeployUpCommand(ui),
		newDeployTestCommand(ui),
		newDeployStatusCommand(ui),
		newDeployDownCommand(ui),
	)
}

// deployFlags are what every command of deploy takes: which deployment, and how AWS is
// reached. --role-arn and --external-id are no part of it, for here they mean the role
// that is watched.
type deployFlags struct {
	name string
	aws  awsFlags
}

func (d *deployFlags) addName(cmd *cobra.Command) {
	d.name = deploy.DefaultName
	cmd.Flags().Var(said(&d.name), "name", "the `NAME` of the deployment, where there are several: what is made is named after it")
}

func (d *deployFlags) addAWS(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&d.aws.o.Profile, "profile", "", "AWS: the `NAME` of a profile of your AWS configuration")
	flags.StringVar(&d.aws.o.Region, "aws-region", "", "AWS: the `REGION` to call, where it is not the profile's")
	flags.StringVar(&d.aws.o.Endpoint, "endpoint-url", "", "AWS: the `URL` to call in place of AWS's own")
}

// deployment is the name, looked at.
func (d *deployFlags) deployment() (deploy.Name, error) {
	name := deploy.Name(d.name)
	if err := name.Check(); err != nil {
		return "", usage(fmt.Errorf("--name: %w", err))
	}
	return name, nil
}

// config is how AWS is called.
func (d *deployFlags) config(ctx context.Context, ui *terminal) (aws.Config, error) {
	return d.aws.config(ctx, ui, "")
}

// flag is how a command that is printed names the deployment, and reaches AWS as this
// one did: nothing where nothing was said.
func (d *deployFlags) flag() string {
	text := ""
	if d.name != deploy.DefaultName {
		text = " --name " + quoteShell(d.name)
	}
	return text + d.aws.flag()
}
