package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

func newAccessCommand(ui *terminal) *cobra.Command {
	return newFiltered(ui, &cobra.Command{
		Use:   "access",
		Short: "tell who reaches which account, through which role",
		Long: `Draw the map between accounts: who came into which account, from which, through which
role; how much was done there, when first and last, with MFA or without, with which
external id.

A call counts once, into the account where it was made: for the last step on its way
that led from one account into another, or, where a resource's policy let somebody of
another account in, for that. Services that act without an account of their own are on
no such way. A role that was taken, and that no call shows in use, is a line without
calls. --third-party chooses the ways of accounts that the logs are not of; where it is
known which belong to the organisation (--organization), those are no third parties, and
one whose log is missing is marked. Vendors are told by name: --names takes the public
list of their accounts.

With --since, ways that nobody came before it are marked as new, where the log of the
account they lead into reaches back further. Of a bucket nothing from before it is read,
and so nothing is marked. The other filters choose among the calls, the older ones too:
with --writes, new is who had not written before.
--limit counts ways.`,
		Example: `  # who comes into production from elsewhere, with names beside ids
  crosstrail access --from AWSLogs/ --account 999999999999 --names accounts.csv

  # vendors: who of another organisation reaches what, and do they send an external id?
  crosstrail access --from AWSLogs/ --third-party --organization --names known_aws_accounts.yaml

  # ways that were not there before last week
  crosstrail access --from AWSLogs/ --since 7d -o jsonl | jq 'select(.firstTime)'`,
	}, answerAccess)
}

func answerAccess(ctx context.Context, q *question, c *corpus, filter query.Filter, style render.Style) error {
	a, err := query.Access(ctx, c, c.resolver, filter)
	if err != nil {
		return err
	}
	if filter.Since != 0 && filter.NoHistory && len(a.Lines) > 0 {
		q.ui.say("note", "nothing tells here which ways are new: of what was before --since nothing was read")
		q.ui.say("hint", "to tell, read all of it into a store: crosstrail ingest "+quoteShell(q.from[0]))
	}
	return q.print(func(w io.Writer) error { return render.Access(w, a, render.Form(q.form), style) })
}
