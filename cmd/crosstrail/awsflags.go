package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/internal/awscfg"
	"github.com/crosstrail/crosstrail/internal/pattern"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/source/lookup"
)

// awsFlags are how AWS is reached, on every command that may.
type awsFlags struct {
	o     awscfg.Options
	payer payerValue

	mu     sync.Mutex
	caller *aws.Config // who calls, once that was asked for: an MFA code is asked for once
}

func (a *awsFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&a.o.Profile, "profile", "", "AWS: the `NAME` of a profile of your AWS configuration")
	flags.StringVar(&a.o.Region, "aws-region", "", "AWS: the `REGION` to call, where it is not the profile's")
	flags.StringVar(&a.o.Endpoint, "endpoint-url", "", "AWS: the `URL` to call in place of AWS's own")
	flags.StringVar(&a.o.RoleARN, "role-arn", "", "AWS: the `ARN` of a role to assume, to reach somebody else's logs")
	if flags.Lookup("external-id") == nil { // that of a grant is another
		flags.StringVar(&a.o.ExternalID, "external-id", "", "AWS: the external `ID` that the role wants")
	}
	flags.StringVar(&a.o.SessionName, "session-name", "", "AWS: the `NAME` of the session in the role (default crosstrail)")
	flags.StringVar(&a.o.MFASerial, "mfa-serial", "", "AWS: the `ARN` of your MFA device, where the role wants MFA; the code is asked for")
	flags.Var(&a.payer, "request-payer", "AWS: `requester` to read a bucket whose readers pay, as you then do")
	must(cmd.RegisterFlagCompletionFunc("request-payer", cobra.FixedCompletions([]string{payerWord}, cobra.ShellCompDirectiveNoFileComp)))
}

// flag is how a command that is printed reaches AWS as this one did: nothing where
// nothing was said. The external id of a grant is no part of it.
func (a *awsFlags) flag() string {
	text := ""
	for _, f := range [][2]string{
		{"--profile", a.o.Profile},
		{"--aws-region", a.o.Region},
		{"--endpoint-url", a.o.Endpoint},
		{"--role-arn", a.o.RoleARN},
		{"--session-name", a.o.SessionName},
		{"--mfa-serial", a.o.MFASerial},
	} {
		if f[1] != "" {
			text += " " + f[0] + " " + quoteShell(f[1])
		}
	}
	return text
}

// cli is how an aws command that is printed reaches the same place as this one did, in
// a region; "": that which was said.
func (a *awsFlags) cli(region string) string {
	text := ""
	for _, f := range [][2]string{{"--profile", a.o.Profile}, {"--region", orElse(region, a.o.Region)}, {"--endpoint-url", a.o.Endpoint}} {
		if f[1] != "" {
			text += " " + f[0] + " " + quoteShell(f[1])
		}
	}
	return text
}

// commands are the aws commands in a text: to its end, or that of a bracket.
var commands = regexp.MustCompile(`(^|: |, |\()(aws [a-z0-9-]+ [a-z][^()]*)(\)|$)`)

// reaching is a text whose aws commands reach the same place, where they do not yet.
func (a *awsFlags) reaching(text string) string {
	m := commands.FindStringSubmatchIndex(text)
	if m == nil || strings.Contains(text, "--profile ") {
		return text
	}
	flags, end := a.cli(""), m[5]
	if strings.Contains(text[m[4]:end], "--region ") {
		flags = (&awsFlags{o: awscfg.Options{Profile: a.o.Profile, Endpoint: a.o.Endpoint}}).cli("")
	}
	return text[:end] + flags + text[end:]
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

// What AWS takes (STS API Reference, AssumeRole and GetSessionToken).
var (
	roleARN     = pattern.Of(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,1000}$`)
	mfaSerial   = pattern.Of(`^(arn:aws[a-z-]*:iam::\d{12}:mfa/[\w+=,.@/-]{1,200}|[\w+=/,.@-]{9,256})$`)
	sessionName = pattern.Of(`^[\w+=,.@-]{2,64}$`)
	externalID  = pattern.Of(`^[\w+=,.@:/-]{2,1000}[\w+=,.@:/-]{0,224}$`)
	mfaCode     = regexp.MustCompile(`^\d{6}$`)
)

func (a *awsFlags) check() error {
	for _, f := range []struct {
		flag, value string
		form        func() *regexp.Regexp
		is          string
	}{
		{"--role-arn", a.o.RoleARN, roleARN, "it is the ARN of a role, as arn:aws:iam::111111111111:role/log-reader"},
		{"--external-id", a.o.ExternalID, externalID, "it has 2 signs or more, letters, digits and +=,.@:/_- alone"},
		{"--session-name", a.o.SessionName, sessionName, "it has 2 to 64 signs, letters, digits and +=,.@_- alone"},
		{"--mfa-serial", a.o.MFASerial, mfaSerial, "it is the ARN of a device, as arn:aws:iam::111111111111:mfa/kim, or the number on the back of one; which is yours: aws iam list-mfa-devices"},
	} {
		switch {
		case f.value != "" && !f.form().MatchString(f.value):
			return usage(fmt.Errorf("%s %s: AWS takes no such value", f.flag, quoteShell(f.value)), f.is)
		case f.value != "" && a.o.RoleARN == "":
			return usage(fmt.Errorf("%s goes with a role: it says nothing without --role-arn", f.flag))
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
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.caller == nil {
		if a.o.Code == nil {
			a.o.Code = askCode(ui)
		}
		caller, err := awscfg.Load(ctx, a.o)
		if err != nil {
			return caller, hinted(err, "which profiles there are: aws configure list-profiles")
		}
		a.caller = &caller
	}
	return a.o.Assume(*a.caller, policy), nil
}

// explained is an error of a call to AWS with what to do about it.
func (a *awsFlags) explained(err error) error {
	hints := a.o.Hints(err)
	if none, ok := errors.AsType[*awscfg.CredentialsError](err); ok {
		err = none // whichever call wanted them first
	} else if e, ok := errors.AsType[*lookup.Error](err); ok {
		hints = e.Hints()
	}
	if len(hints) > 0 {
		return hinted(err, hints...)
	}
	return err
}

// mayAskCode is an error where nobody can be asked for a code.
func mayAskCode() error {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return errors.New("it can be asked for on a terminal alone: assume the role elsewhere, and give the session's keys in the environment")
	}
	return tty.Close()
}

// askCode asks a person for the code of an MFA device. The terminal itself is
// asked, since standard input may be a log file.
func askCode(ui *terminal) func(context.Context, string) (string, error) {
	return func(ctx context.Context, serial string) (string, error) {
		if err := mayAskCode(); err != nil {
			return "", err
		}
		tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
		if err != nil {
			return "", err
		}
		defer tty.Close() //nolint:errcheck // what was asked is answered
		lines := bufio.NewReader(newStoppable(ctx, tty))
		for {
			fmt.Fprint(ui.stderr, render.Text("code of the MFA device "+serial+":"), " ")
			line, err := lines.ReadString('\n')
			if err != nil {
				return "", err
			}
			if code := strings.TrimSpace(line); mfaCode.MatchString(code) {
				return code, nil
			}
			fmt.Fprintln(ui.stderr, "it is six digits")
		}
	}
}
