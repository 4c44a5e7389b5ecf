package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/source/lookup"
)

// awsFlags are how AWS is reached, on every command that may.
type awsFlags struct {
	o     awscfg.Options
	payer payerValue
}

func (a *awsFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&a.o.Profile, "profile", "", "AWS: the `NAME` of a profile of your AWS configuration")
	flags.StringVar(&a.o.Region, "aws-region", "", "AWS: the `REGION` to call, where it is not the profile's")
	flags.StringVar(&a.o.Endpoint, "endpoint-url", "", "AWS: the `URL` to call in place of AWS's own")
	flags.StringVar(&a.o.RoleARN, "role-arn", "", "AWS: the `ARN` of a role to assume, to reach somebody else's logs")
	flags.StringVar(&a.o.ExternalID, "external-id", "", "AWS: the external `ID` that the role wants")
	flags.StringVar(&a.o.SessionName, "session-name", "", "AWS: the `NAME` of the session in the role (default crosstrail)")
	flags.StringVar(&a.o.MFASerial, "mfa-serial", "", "AWS: the `ARN` of your MFA device, where the role wants MFA; the code is asked for")
	flags.Var(&a.payer, "request-payer", "AWS: `requester` to read a bucket whose readers pay, as you then do")
	must(cmd.RegisterFlagCompletionFunc("request-payer", cobra.FixedCompletions([]string{payerWord}, cobra.ShellCompDirectiveNoFileComp)))
}

// payerValue is --request-payer, as the aws command has it (pflag.Value).
type payerValue string

const payerWord = "requester"

func (v *payerValue) Type() string   { return payerWord }
func (v *payerValue) String() string { return string(*v) }
func (v *payerValue) Set(s string) error {
	if s != payerWord {
		return errors.New("it is " + payerWord)
	}
	*v = payerWord
	return nil
}

func (a *awsFlags) check() error {
	if a.o.RoleARN != "" {
		return nil
	}
	for flag, value := range map[string]string{"--external-id": a.o.ExternalID, "--session-name": a.o.SessionName, "--mfa-serial": a.o.MFASerial} {
		if value != "" {
			return usage(fmt.Errorf("%s goes with a role: it says nothing without --role-arn", flag))
		}
	}
	return nil
}

// config is the configuration for calls that need no more than a session policy
// says (JSON, empty: all that the role may).
func (a *awsFlags) config(ctx context.Context, ui *terminal, policy string) (aws.Config, error) {
	if err := a.check(); err != nil {
		return aws.Config{}, err
	}
	o := a.o
	o.Policy, o.Code = policy, askCode(ui)
	cfg, err := awscfg.Load(ctx, o)
	if err != nil {
		return cfg, hinted(err, "which profiles there are: aws configure list-profiles")
	}
	return cfg, nil
}

// explained is an error of a call to AWS with what to do about it.
func (a *awsFlags) explained(err error) error {
	if e, ok := errors.AsType[*lookup.Error](err); ok {
		return hinted(err, e.Hints()...)
	}
	if hints := a.o.Hints(err); len(hints) > 0 {
		return hinted(err, hints...)
	}
	return err
}

// askCode asks a person for the code of an MFA device. The terminal itself is
// asked, since standard input may be a log file.
func askCode(ui *terminal) func(context.Context, string) (string, error) {
	return func(_ context.Context, serial string) (string, error) {
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			return "", errors.New("the code of the MFA device " + serial + " can be asked for on a terminal alone: assume the role elsewhere, and give the session's keys in the environment")
		}
		defer tty.Close()
		fmt.Fprintf(ui.stderr, "code of the MFA device %s: ", serial)
		line, err := bufio.NewReader(tty).ReadString('\n')
		return strings.TrimSpace(line), err
	}
}
