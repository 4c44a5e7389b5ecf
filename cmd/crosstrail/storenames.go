package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/store/local"
)

// keeping is one run of store names.
type keeping struct {
	ui     *terminal
	store  storeValue
	naming naming
	forget []string
	aws    awsFlags
	form   formValue
	wait   bool
}

func newStoreNamesCommand(ui *terminal) *cobra.Command {
	k := keeping{ui: ui}
	cmd := &cobra.Command{
		Use:   "names",
		Short: "keep names in the store: of accounts, people and vendors",
		Long: `Keep names in the store, so that every question that asks it knows them: the accounts
of your organisation (--organization), the users of Identity Center (--identity-center),
vendors' accounts and whatever else a file names (--names). Then print what is kept, with
the time that it was so: of a file, when it was last changed.

A later reading of the same organisation, Identity Center or file takes the place of the
earlier as a whole. Where AWS gives one and not another, that one is kept. Names that a
question is given itself win over those that are kept.`,
		Example: `  # with credentials of the management account, or of a delegated administrator
  crosstrail store names --organization --identity-center --profile management

  # the public list of vendors' accounts
  crosstrail store names --names known_aws_accounts/accounts.yaml

  # which are kept, and since when
  crosstrail store names

  crosstrail store names --forget o-a1b2c3d4e5`,
		Annotations:       exits(exitDone, exitFailed, exitUsage, exitPart),
		Args:              noArguments,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE:              func(cmd *cobra.Command, _ []string) error { return k.run(cmd.Context()) },
	}
	addStore(cmd, &k.store)
	k.naming.add(cmd)
	cmd.Flags().StringArrayVar(&k.forget, "forget", nil, "let go of the names of an organisation, Identity Center or file, by its `ID` as it is printed (repeatable)")
	addWait(cmd, &k.wait)
	addForm(cmd, &k.form)
	k.aws.add(cmd)
	return cmd
}

func (k *keeping) run(ctx context.Context) error {
	if err := k.store.refuse("a table keeps no names: they are kept in a store in a folder",
		"give them with the question: --names accounts.csv, --organization"); err != nil {
		return err
	}
	dir, err := k.store.existing(ctx)
	if err != nil {
		return err
	}
	lacks := false
	if k.naming.isGiven() || len(k.forget) > 0 {
		if lacks, err = k.keep(ctx, dir); err != nil {
			return err
		}
	}
	kept, err := local.Directories(ctx, dir)
	if err == nil {
		err = k.print(kept)
	}
	if err == nil && lacks {
		err = silent(exitPart)
	}
	return err
}

// keep reads names and writes them into the store. lacks is that AWS did not give
// all that was asked for.
func (k *keeping) keep(ctx context.Context, dir string) (lacks bool, err error) {
	read, failed, err := k.naming.readWhatCan(ctx, k.ui, &k.aws)
	if err != nil {
		return false, err
	}
	for _, one := range failed {
		k.ui.complain(one)
	}
	if len(failed) > 0 && len(read) == 0 {
		return true, silent(exitFailed)
	}
	return len(failed) > 0, k.write(ctx, dir, read)
}

func (k *keeping) write(ctx context.Context, dir string, read []query.Directory) error {
	for i := range read {
		if d := &read[i]; d.Kind == query.VendorDirectory || d.Kind == query.ListDirectory {
			var err error
			if d.ID, err = filepath.Abs(d.ID); err != nil { // a store outlives the folder that it is asked from
				return err
			}
		}
	}
	s, err := openToWrite(ctx, k.ui, &k.store, dir, k.wait, local.Options{})
	if err != nil {
		return err
	}
	for _, id := range k.forget {
		n, err := s.ForgetDirectory(ctx, id)
		if err == nil && n == 0 {
			err = usage(fmt.Errorf("--forget: no names of %s are kept", id), "which are: crosstrail store names"+k.store.flag())
		}
		if err != nil {
			return err
		}
	}
	if len(read) == 0 {
		return nil
	}
	return s.KeepDirectories(ctx, read...)
}

func (k *keeping) print(kept []query.Directory) error {
	form := render.Form(k.form)
	return k.ui.print(func(w io.Writer) error {
		if form == render.Table {
			return tellNames(w, kept, k)
		}
		list := []flat{}
		for i := range kept {
			list = append(list, namesOf(&kept[i]))
		}
		return printList(w, form, namesOf(&query.Directory{}), list)
	})
}

func namesOf(d *query.Directory) flat {
	return flat{{"kind", string(d.Kind)}, {"id", d.ID}, {"managementAccountId", d.Management}, {"names", len(d.Entries)}, {"taken", d.Taken}}
}

func tellNames(w io.Writer, kept []query.Directory, k *keeping) error {
	var l lines
	if len(kept) == 0 {
		fmt.Fprintln(k.ui.stderr, "no names are kept")
		k.ui.say("hint", "to keep those of your organisation: crosstrail store names --organization"+k.store.flag())
	}
	for i := range kept {
		l.add("names", "%s", namesText(&kept[i], time.Now()))
	}
	_, err := io.WriteString(w, l.String())
	return err
}

// staleAfter is when names are so old that people are told how old they are.
const staleAfter = 30 * 24 * time.Hour

// namesText tells of a directory what it holds, of what, and of when.
func namesText(d *query.Directory, now time.Time) string {
	what := "name"
	switch d.Kind {
	case query.OrganizationDirectory:
		what = "account"
	case query.IdentityCenterDirectory:
		what = "user"
	case query.VendorDirectory:
		what = "vendor account"
	}
	managed := ""
	if d.Management != "" {
		managed = " (management account " + render.Text(d.Management) + ")"
	}
	age := ""
	if passed := now.Sub(d.Taken.Time()); passed >= staleAfter {
		age = fmt.Sprintf(", %s ago", number(int(passed/(24*time.Hour)), "day"))
	}
	return fmt.Sprintf("%s of %s%s, as of %s%s", number(len(d.Entries), what), render.Text(d.ID), managed, d.Taken, age)
}
