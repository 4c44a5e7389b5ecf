package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/internal/userdir"
	"github.com/crosstrail/crosstrail/store/dynamo"
	"github.com/crosstrail/crosstrail/store/local"
)

// storeVariable names the store where --store does not.
const storeVariable = "CROSSTRAIL_STORE"

// storeValue is --store: the folder that the store is in, or dynamodb://TABLE
// (pflag.Value).
type storeValue string

func (v *storeValue) String() string { return string(*v) }
func (v *storeValue) Type() string   { return "STORE" }
func (v *storeValue) Set(s string) error {
	place, err := placeOf(s)
	*v = storeValue(place)
	return err
}

// placeOf is the place that a store was named by.
func placeOf(s string) (string, error) {
	if dynamo.Is(s) {
		table, err := dynamo.TableOf(s)
		return dynamo.Scheme + table, err
	}
	dir, err := atHome(s)
	if err == nil {
		err = isFolder(dir)
	}
	return dir, err
}

// atHome puts the home folder in the place of a ~ that no shell has expanded: in
// quotes, in a file of variables, behind --store=. A folder named ~ here is what
// nobody means, and what nobody wants to remove.
func atHome(s string) (string, error) {
	rest, ok := strings.CutPrefix(s, "~")
	if !ok {
		return s, nil
	}
	if rest != "" && !os.IsPathSeparator(rest[0]) {
		return "", fmt.Errorf("%s: of whose home folder it is can be told by a shell alone: write the folder out; one that is named so here is ./%s", s, s)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("%s: %w", s, err)
	}
	return filepath.Join(home, rest), nil
}

// isFolder refuses what cannot be meant as a folder: a variable that is not
// set, a store of another kind.
func isFolder(s string) error {
	switch {
	case strings.TrimSpace(s) == "":
		return errors.New("it is the folder that the store is in, and empty")
	case strings.HasPrefix(s, "arn:"):
		return fmt.Errorf("%s: a table is named by its name: dynamodb://TABLE", s)
	case strings.HasPrefix(s, "dynamodb:"):
		return fmt.Errorf("%s: a table is named dynamodb://%s", s, strings.TrimLeft(strings.TrimPrefix(s, "dynamodb:"), "/"))
	case strings.Contains(s, "://"):
		return fmt.Errorf("%s: a store is a folder of this machine, or dynamodb://TABLE", s)
	}
	return nil
}

// addStore puts --store on a command.
func addStore(cmd *cobra.Command, v *storeValue) {
	cmd.Flags().Var(v, "store", "the folder that the store is in, or dynamodb://TABLE (default: $"+storeVariable+", else crosstrail in your data folder)")
	completeStore(cmd)
}

// completeStore has a shell complete --store: as a folder, or as a table.
func completeStore(cmd *cobra.Command) {
	must(cmd.RegisterFlagCompletionFunc("store", func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		if begun != "" && strings.HasPrefix(dynamo.Scheme, begun) {
			return []string{dynamo.Scheme}, cobra.ShellCompDirectiveNoSpace
		}
		return nil, cobra.ShellCompDirectiveFilterDirs
	}))
}

// table is the name of the table that the store is, "" where it is a folder.
func (v *storeValue) table() (string, error) {
	place, err := v.place()
	if err != nil || !dynamo.Is(place) {
		return "", err
	}
	return dynamo.TableOf(place)
}

// folder is where the store is, for what only a store in a folder has.
func (v *storeValue) folder() (string, error) {
	place, err := v.place()
	if err == nil && dynamo.Is(place) {
		return "", usage(fmt.Errorf("%s: the store is a table, and this is for one in a folder", place), "name one: --store PATH")
	}
	return place, err
}

// refuse refuses what makes no sense where the store is a table.
func (v *storeValue) refuse(why string, hints ...string) error {
	place, err := v.place()
	if err != nil || !dynamo.Is(place) {
		return err
	}
	return usage(fmt.Errorf("%s: %s", place, why), hints...)
}

// place is where the store is: a folder, or dynamodb://TABLE.
func (v *storeValue) place() (string, error) {
	if *v != "" {
		return string(*v), nil
	}
	if place := os.Getenv(storeVariable); place != "" {
		place, err := placeOf(place)
		if err != nil {
			return "", usage(fmt.Errorf("$%s: %w", storeVariable, err))
		}
		return place, nil
	}
	data, err := userdir.Data()
	if err != nil {
		return "", usage(fmt.Errorf("where the store is cannot be told: %w", err), "name it: --store PATH, or $"+storeVariable)
	}
	return filepath.Join(data, "crosstrail"), nil
}

// flag is how a command that is printed names this store: not at all where it
// needs no naming.
func (v *storeValue) flag() string {
	if *v == "" {
		return ""
	}
	return " --store " + quoteShell(string(*v))
}

// noStore is that there is none where one is to be read.
type noStore struct{ text string }

func (e *noStore) Error() string { return e.text }
func (e *noStore) Unwrap() error { return local.ErrNoStore }

// missing says how the store is made that is not there. before says who misses it.
func (v *storeValue) missing(before, dir string, hints ...string) error {
	hints = append([]string{"make one: crosstrail ingest AWSLogs/" + v.flag()}, hints...)
	return usage(&noStore{before + "there is no store at " + dir}, hints...)
}

// opened puts errors of opening a store into words.
func (v *storeValue) opened(err error, dir string) error {
	locked, isLocked := errors.AsType[*local.LockedError](err)
	switch {
	case errors.Is(err, local.ErrNoStore):
		return v.missing("", dir)
	case errors.Is(err, local.ErrLost), errors.Is(err, local.ErrUnsealed):
		return hinted(err, "to make it anew: crosstrail store rebuild"+v.flag())
	case isLocked:
		return hinted(locked, "to begin when that has ended: --wait", "questions need not wait: they can be asked meanwhile")
	case errors.Is(err, syscall.ENOTDIR):
		return usage(fmt.Errorf("%s: the store is a folder, and this is a file or lies below one", dir), "name a folder: --store PATH, or $"+storeVariable)
	case errors.Is(err, fs.ErrPermission):
		return hinted(fmt.Errorf("%s: this user may not open the store: %w", dir, err),
			"give this user the right to it, or name a folder of its own: --store PATH")
	}
	return err
}
