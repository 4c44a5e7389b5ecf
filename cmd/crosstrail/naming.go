package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/source"
	"github.com/crosstrail/crosstrail/source/directory"
	"github.com/crosstrail/crosstrail/store/local"
)

// naming is where names come from: files, and AWS itself.
type naming struct {
	files          []string
	organization   bool
	identityCenter bool
}

func (n *naming) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&n.files, "names", nil,
		"put names beside ids: a `FILE` of id,name lines, the YAML of known_aws_accounts, or what aws organizations list-accounts or aws identitystore list-users prints (repeatable)")
	must(cmd.MarkFlagFilename("names", "csv", "yaml", "yml", "json"))
	flags.BoolVar(&n.organization, "organization", false, "ask AWS Organizations which accounts there are, by name: who belongs, who is silent, who is a third party")
	flags.BoolVar(&n.identityCenter, "identity-center", false, "ask Identity Center for the names of its users, in the region of --aws-region")
}

// isGiven reports whether there is any place to read names from.
func (n *naming) isGiven() bool { return len(n.files) > 0 || n.organization || n.identityCenter }

// read reads all names that were asked for, those last that win: who names an id
// in a file means it.
func (n *naming) read(ctx context.Context, ui *terminal, flags *awsFlags) ([]query.Directory, error) {
	all, failed, err := n.readWhatCan(ctx, ui, flags)
	if err == nil && len(failed) > 0 {
		err = failed[0]
	}
	return all, err
}

// readWhatCan is read that goes on where AWS does not give some of them.
func (n *naming) readWhatCan(ctx context.Context, ui *terminal, flags *awsFlags) (all []query.Directory, failed []error, err error) {
	var fromFiles []query.Directory
	for _, file := range n.files {
		some, err := readNamesFile(file)
		if err != nil {
			return nil, nil, err
		}
		fromFiles = append(fromFiles, some...)
	}
	if n.organization || n.identityCenter {
		cfg, err := flags.config(ctx, ui, directory.Policy)
		if err != nil {
			return nil, nil, err
		}
		all, failed = n.ask(ctx, cfg, flags)
	}
	return append(all, fromFiles...), failed, ctx.Err()
}

// ask asks AWS for names.
func (n *naming) ask(ctx context.Context, cfg aws.Config, flags *awsFlags) (all []query.Directory, failed []error) {
	if n.organization {
		if d, err := directory.Organization(ctx, cfg); err != nil {
			failed = append(failed, explainNames(flags, "--organization", err))
		} else {
			all = append(all, d)
		}
	}
	if n.identityCenter {
		users, err := directory.Users(ctx, cfg)
		if err != nil {
			failed = append(failed, explainNames(flags, "--identity-center", err))
		}
		all = append(all, users...)
	}
	return all, failed
}

// explainNames says what to do about names that AWS did not give.
func explainNames(flags *awsFlags, flag string, err error) error {
	asked, ok := errors.AsType[*directory.Error](err)
	err = fmt.Errorf("%s: %w", flag, err)
	if ok && len(asked.Hints) > 0 {
		return hinted(err, asked.Hints...)
	}
	return flags.explained(err)
}

func readNamesFile(file string) ([]query.Directory, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage(fmt.Errorf("--names: %w", err), "it takes a file of id,name lines, the YAML of known_aws_accounts, or what aws organizations list-accounts or aws identitystore list-users prints")
	}
	defer f.Close() //nolint:errcheck // only read from
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	all, err := source.ReadNames(file, f)
	if err != nil {
		return nil, usage(fmt.Errorf("--names: %w", err))
	}
	for i := range all {
		all[i].Taken = cloudtrail.TimeOf(info.ModTime()) // what it says is as old as it is
	}
	return all, nil
}

// readNames are the names of the command line and, where the store is asked,
// those that it keeps. The former win.
func (q *question) readNames(ctx context.Context, sources []string) (*query.Names, error) {
	given, err := q.naming.read(ctx, q.ui, &q.aws)
	if err != nil {
		return nil, err
	}
	table, err := q.store.table()
	if err != nil {
		return nil, err
	}
	if len(sources) > 0 || table != "" {
		return query.NewNames(given...), nil
	}
	dir, err := q.store.folder()
	if err != nil {
		return nil, err
	}
	kept, err := local.Directories(ctx, dir)
	if err != nil && !errors.Is(err, local.ErrNoStore) { // who asks it says that there is none
		return nil, q.store.opened(err, dir)
	}
	return query.NewNames(append(kept, given...)...), nil
}
