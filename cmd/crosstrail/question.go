package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/query"
	"github.com/crosstrail/crosstrail/render"
)

// question holds the flags that every question has.
type question struct {
	ui     *terminal
	from   []string
	store  storeValue
	naming naming
	form   formValue
	limits limits
	aws    awsFlags
	yes    bool         // do not ask before much is fetched
	polls  bool         // a table, for as long as it runs: what that costs was told
	where  query.Filter // of questions about one thing: where to look for it

	who, usage string // the command as it is called, and with its arguments
}

// newQuestion puts the flags on a command, with --from and --store where the
// sources are not its arguments.
func newQuestion(ui *terminal, cmd *cobra.Command, from bool) *question {
	q := &question{ui: ui}
	flags := cmd.Flags()
	if from {
		flags.StringArrayVar(&q.from, "from", nil, "ask log files, not the store: a `SOURCE` is a log file, a folder of them, s3://bucket/prefix, dynamodb://TABLE, lookup-events, or - for standard input (repeatable)")
		must(cmd.MarkFlagFilename("from"))
		addStore(cmd, &q.store)
		cmd.Long += "\n\nIt asks the store that crosstrail ingest fills or, with --from, log files themselves: of a\nbucket (s3://bucket/prefix) no more is listed and fetched than is asked for. A DynamoDB table\n(--store dynamodb://TABLE) is asked where it is: what was read of it is told, and where that\nwould be much, what it would cost, first."
	}
	addForm(cmd, &q.form)
	q.naming.add(cmd)
	q.limits.add(cmd)
	q.aws.add(cmd)
	addYes(cmd, &q.yes)
	return q
}

// needFrom sees to it that one place is asked: the sources of --from or, without
// it, the store.
func (q *question) needFrom(cmd *cobra.Command) error {
	q.who = cmd.CommandPath()
	q.usage = q.who + " " + strings.Join(placeholders(cmd), " ")
	if len(q.from) > 0 && q.store != "" {
		return usage(errors.New("--from and --store are two places to look: give one of them"),
			"to ask the store about more log files, read them into it first: crosstrail ingest "+quoteShell(q.from[0])+q.store.flag())
	}
	return nil
}

// placeholders are the arguments of a command as its usage line names them.
func placeholders(cmd *cobra.Command) []string {
	_, args, ok := strings.Cut(cmd.Use, " ")
	if !ok {
		return nil
	}
	return []string{args, ""}
}

// style is how the answer is printed, with the names that are known where these
// sources are asked, or the store.
func (q *question) style(ctx context.Context, sources []string) (render.Style, error) {
	names, err := q.readNames(ctx, sources)
	return render.Style{Width: q.ui.columns(), Color: q.ui.colour(), ASCII: asciiOnly(), Names: names}, err
}

// print hands a buffered standard output to a printer.
func (q *question) print(to func(w io.Writer) error) error { return q.ui.print(to) }

// asciiOnly reports whether the locale says, in so many words, that it is not
// UTF-8. Where it says nothing (as in most containers) a terminal shows UTF-8.
func asciiOnly() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ToLower(v)
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return false
}

// formValue is -o (pflag.Value).
type formValue render.Form

// addForm puts -o on a command.
func addForm(cmd *cobra.Command, form *formValue) {
	*form = formValue(render.Table)
	cmd.Flags().VarP(form, "output", "o", "how to print: "+join(forms()))
	must(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(forms(), cobra.ShellCompDirectiveNoFileComp)))
}

func forms() []string {
	return []string{string(render.Table), string(render.JSONL), string(render.JSON), string(render.CSV)}
}

func (f *formValue) String() string { return string(*f) }
func (f *formValue) Type() string   { return "FORM" }
func (f *formValue) Set(s string) error {
	form, ok := fold(forms(), s)
	if !ok {
		return fmt.Errorf("the forms are %s", join(forms()))
	}
	*f = formValue(form)
	return nil
}
