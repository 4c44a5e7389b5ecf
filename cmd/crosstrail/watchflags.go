package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/lineage"
)

// watchFlags are what a table is to take of the records that it is given.
type watchFlags struct {
	roles, externalIDs, accounts []string
	uses                         string
	everything                   bool
}

func (w *watchFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&w.roles, "watch-role", nil, "take who assumes this role: its `ARN` (repeatable)")
	flags.StringArrayVar(&w.externalIDs, "watch-external-id", nil, "take who assumes a role with this external `ID` (repeatable)")
	flags.StringArrayVar(&w.accounts, "watch-account", nil, "take who assumes a role of this account, or gets credentials in it, by its `ID` (repeatable)")
	flags.StringVar(&w.uses, "uses", "", "which `CALLS` of sessions are taken: none, watched (of sessions of a --watch-role) or all but those of service-linked roles (default: watched where a role is named, else all)")
	flags.BoolVar(&w.everything, "everything", false, "take every record")
	must(cmd.RegisterFlagCompletionFunc("uses", cobra.FixedCompletions(usesWords(), cobra.ShellCompDirectiveNoFileComp)))
}

func usesWords() []string {
	return []string{string(lineage.NoUses), string(lineage.WatchedOnly), string(lineage.AllUses)}
}

// isGiven reports whether a watch is to be set.
func (w *watchFlags) isGiven() bool { return w.everything || w.some() }

func (w *watchFlags) some() bool {
	return len(w.roles)+len(w.externalIDs)+len(w.accounts) > 0 || w.uses != ""
}

// sessionARN is the ARN of a session of a role, or what AWS's text on auditing
// cross-account roles makes of it: the part that it looks for.
var sessionARN = regexp.MustCompile(`^arn:(aws[a-z-]*):sts::(\d{12,13}):assumed-role/([^/]+)(/.*)?$`)

// watch is what is asked for; nil: everything.
func (w *watchFlags) watch() (*lineage.Watch, error) {
	if w.everything {
		if w.some() {
			return nil, usage(errors.New("--everything takes every record: the other flags of a watch choose among them"), "give one or the other")
		}
		return nil, nil
	}
	for _, role := range w.roles {
		if m := sessionARN.FindStringSubmatch(role); m != nil {
			return nil, usage(fmt.Errorf("--watch-role %s: that is how sessions of the role are named, and a watch compares the ARN of the role itself, whole", quoteShell(role)),
				"it is, if the role has no path: --watch-role arn:"+m[1]+":iam::"+m[2]+":role/"+m[3])
		}
		if !roleARN().MatchString(role) || strings.ContainsAny(role, "*?") {
			return nil, usage(fmt.Errorf("--watch-role %s: it is no ARN of a role", quoteShell(role)), "one looks like arn:aws:iam::999999999999:role/CrossAccountTest, with the role's path before its name, if it has one")
		}
	}
	for _, id := range w.externalIDs {
		if !externalID().MatchString(id) {
			return nil, usage(fmt.Errorf("--watch-external-id %s: AWS takes no such external id", quoteShell(id)), "it has 2 signs or more, letters, digits and +=,.@:/_- alone")
		}
	}
	for _, id := range w.accounts {
		if !isAccount(id) || len(id) < 12 {
			return nil, usage(fmt.Errorf("--watch-account %s: the number of an account has twelve digits", quoteShell(id)), "for example: --watch-account 999999999999")
		}
	}
	uses, err := w.watchedUses()
	if err != nil {
		return nil, err
	}
	return &lineage.Watch{Roles: unique(w.roles), ExternalIDs: unique(w.externalIDs), Accounts: unique(w.accounts), Uses: uses}, nil
}

func (w *watchFlags) watchedUses() (lineage.WatchedUses, error) {
	word, ok := fold(usesWords(), w.uses)
	switch {
	case w.uses == "" && len(w.roles) > 0:
		return lineage.WatchedOnly, nil
	case w.uses == "":
		return lineage.AllUses, nil
	case !ok:
		return "", usage(fmt.Errorf("--uses %s: it is %s", quoteShell(w.uses), join(usesWords())))
	case word == string(lineage.WatchedOnly) && len(w.roles) == 0:
		return "", usage(errors.New("--uses watched takes the calls of sessions of the roles that are watched, and none is named"), "name them: --watch-role ARN; or take the calls of all sessions: --uses all")
	}
	return lineage.WatchedUses(word), nil
}

// beside is what is asked for beside what a table takes already, where that is not
// everything: the lists grow, and remove takes away.
func (w *watchFlags) beside(was *lineage.Watch, remove *removals) (*lineage.Watch, error) {
	all := *w
	if was != nil && !w.everything {
		all.roles = remove.from("watch-role", append(slices.Clone(was.Roles), w.roles...))
		all.externalIDs = remove.from("watch-external-id", append(slices.Clone(was.ExternalIDs), w.externalIDs...))
		all.accounts = remove.from("watch-account", append(slices.Clone(was.Accounts), w.accounts...))
		all.uses = orElse(w.uses, string(was.Uses))
	}
	return all.watch()
}

// unique is a list in its order without what it repeats, so that what is meant
// alike is written alike.
func unique(list []string) []string {
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// watchText says what a watch takes.
func watchText(w *lineage.Watch) string {
	if w == nil {
		return "none: every record is taken"
	}
	var only []string
	for _, part := range []struct {
		what string
		of   []string
	}{{"of ", w.Roles}, {"with external id ", w.ExternalIDs}, {"in account ", w.Accounts}} {
		for _, one := range part.of {
			only = append(only, part.what+one)
		}
	}
	issuances := "every issuance"
	if len(only) > 0 {
		issuances = "issuances " + strings.Join(only, ", ")
	}
	switch w.Uses {
	case lineage.WatchedOnly:
		return issuances + "; calls of sessions of these roles"
	case lineage.AllUses:
		return issuances + "; calls of all sessions but those of service-linked roles"
	case lineage.NoUses:
	}
	return issuances + "; no calls"
}

func watchOf(w *lineage.Watch) flat {
	if w == nil {
		return flat{{"everything", true}, {"roles", []string{}}, {"externalIds", []string{}}, {"accounts", []string{}}, {"uses", ""}}
	}
	return flat{{"everything", false}, {"roles", w.Roles}, {"externalIds", w.ExternalIDs}, {"accounts", w.Accounts}, {"uses", string(w.Uses)}}
}
