package main

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// filterFlag is one of the contract's filters, as a flag and inside --not.
type filterFlag struct {
	name  string
	value string // what the help calls the value; "" for a switch
	help  string
	set   func(f *query.Filter, value string, now time.Time) error
	once  bool // about the answer as a whole: cannot be negated
}

// filterFlags are the contract's filters.
func filterFlags() []filterFlag {
	return []filterFlag{
		{name: "since", value: "TIME", once: true, help: "not before `TIME`: RFC 3339, a date (from 00:00 UTC), or how long ago: 7d, 12h, 2w", set: setSince},
		{name: "until", value: "TIME", once: true, help: "not after `TIME`; a date is meant to its end", set: setUntil},
		{name: "origin", value: "WHO", help: "who is behind it: origin id, ARN, name, e-mail or workload", set: texts(func(f *query.Filter) *[]string { return &f.Origins })},
		{name: "kind", value: "KIND", help: "`KIND` of origin: " + join(originKinds()), set: setKind},
		{name: "role", value: "ROLE", help: "a role in the chain, by name or ARN", set: texts(func(f *query.Filter) *[]string { return &f.Roles })},
		{name: "account", value: "ID", help: "the account where it happened, by id or by its name in --names or --organization", set: texts(func(f *query.Filter) *[]string { return &f.Accounts })},
		{name: "from-account", value: "ID", help: "the account that the origin, or the caller of a hop, belongs to, by id or name", set: texts(func(f *query.Filter) *[]string { return &f.FromAccounts })},
		{name: "region", value: "REGION", help: "the `REGION` where it happened", set: setRegion},
		{name: "key", value: "KEY", help: "access key id: of the call, or issued or used on the way to it", set: texts(func(f *query.Filter) *[]string { return &f.Keys })},
		{name: "session", value: "SESSION", help: "session id, or the session's name", set: texts(func(f *query.Filter) *[]string { return &f.Sessions })},
		{name: "event-name", value: "NAME", help: "`NAME` of the call, as AssumeRole, whatever its case", set: texts(func(f *query.Filter) *[]string { return &f.EventNames })},
		{name: "event-source", value: "HOST", help: "service, as s3.amazonaws.com", set: texts(func(f *query.Filter) *[]string { return &f.EventSources })},
		{name: "ip", value: "ADDRESS", help: "source `ADDRESS`, or a range: 203.0.113.0/24", set: setIP},
		{name: "user-agent", value: "TEXT", help: "part of the user agent", set: texts(func(f *query.Filter) *[]string { return &f.UserAgents })},
		{name: "resource", value: "RESOURCE", help: "what was touched: an ARN or name, as table/ledger or acme-logs", set: texts(func(f *query.Filter) *[]string { return &f.Resources })},
		{name: "evidence", value: "GRADE", help: "at least this sure: " + join(grades()), set: setEvidence},
		{name: "cross-account", help: "only where some hop was made from another account", set: toggle(func(f *query.Filter) *bool { return &f.CrossAccount })},
		{name: "third-party", help: "only where somebody of an account that the logs are not of, and not in the organisation, is in the chain", set: toggle(func(f *query.Filter) *bool { return &f.ThirdParty })},
		{name: "writes", help: "only calls that change something", set: toggle(func(f *query.Filter) *bool { return &f.Writes })},
		{name: "errors", help: "only calls that were refused or failed", set: toggle(func(f *query.Filter) *bool { return &f.Errors })},
		{name: "newest", once: true, help: "newest first", set: toggle(func(f *query.Filter) *bool { return &f.Newest })},
		{name: "limit", value: "N", once: true, help: "at most `N`", set: setLimit},
	}
}

// addFilters puts the filters on a command. Each flag writes into f; several
// values of one filter mean any of them, several filters all of them. Where some
// are named, only those are put there.
func addFilters(cmd *cobra.Command, f *query.Filter, now time.Time, only ...string) {
	flags := filterFlags()
	if len(only) > 0 {
		flags = slices.DeleteFunc(flags, func(flag filterFlag) bool { return !slices.Contains(only, flag.name) })
	}
	for _, flag := range flags {
		v := &filterValue{f: f, flag: flag, now: now}
		cmd.Flags().Var(v, flag.name, flag.help)
		complete := cobra.NoFileCompletions
		switch flag.name {
		case "kind":
			complete = cobra.FixedCompletions(originKinds(), cobra.ShellCompDirectiveNoFileComp)
		case "evidence":
			complete = cobra.FixedCompletions(grades(), cobra.ShellCompDirectiveNoFileComp)
		}
		if flag.value == "" {
			cmd.Flags().Lookup(flag.name).NoOptDefVal = "true"
		}
		must(cmd.RegisterFlagCompletionFunc(flag.name, complete))
	}
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if err := f.Check(); err != nil {
			return usage(err, "see: "+cmd.CommandPath()+" --help")
		}
		return nil
	}
	if len(only) > 0 {
		return
	}
	not := &notValue{f: f, flags: flags, now: now}
	cmd.Flags().Var(not, "not", "leave out what this filter matches: --not event-name=Decrypt, --not writes; --not evidence=unresolved leaves out just that grade")
	must(cmd.RegisterFlagCompletionFunc("not", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var names []string
		for _, flag := range flags {
			switch {
			case flag.once:
			case flag.value == "":
				names = append(names, flag.name)
			default:
				names = append(names, flag.name+"=")
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}))
}

// must is for what can only fail where the lines above it are wrong.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// filterValue is one filter on the command line (pflag.Value).
type filterValue struct {
	f     *query.Filter
	flag  filterFlag
	now   time.Time
	given []string
}

func (v *filterValue) Set(s string) error {
	v.given = append(v.given, s)
	return v.flag.set(v.f, s, v.now)
}
func (v *filterValue) String() string { return strings.Join(v.given, ",") }
func (v *filterValue) Type() string {
	if v.flag.value == "" {
		return "bool"
	}
	return v.flag.value
}

// notValue is --not FILTER=VALUE, or --not SWITCH.
type notValue struct {
	f     *query.Filter
	flags []filterFlag
	now   time.Time
	given []string
}

func (v *notValue) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	i := slices.IndexFunc(v.flags, func(f filterFlag) bool { return f.name == name && !f.once })
	if i < 0 {
		return fmt.Errorf("%q is no filter that can be negated; it takes FILTER=VALUE with one of the filters, as event-name=Decrypt", name)
	}
	if !ok {
		if v.flags[i].value != "" {
			return fmt.Errorf("%s needs a value: %s=%s", name, name, v.flags[i].value)
		}
		value = "true"
	}
	if on, err := strconv.ParseBool(value); v.flags[i].value == "" && err == nil && !on {
		return fmt.Errorf("%s=false leaves out what is not so: to ask for the others, --%s", name, name)
	}
	var not query.Filter
	if err := v.flags[i].set(&not, value, v.now); err != nil {
		return err
	}
	v.given = append(v.given, s)
	v.f.Not = append(v.f.Not, not)
	return nil
}
func (v *notValue) String() string { return strings.Join(v.given, ",") }
func (v *notValue) Type() string   { return "FILTER=VALUE" }

func texts(field func(*query.Filter) *[]string) func(*query.Filter, string, time.Time) error {
	return func(f *query.Filter, value string, _ time.Time) error {
		if value = strings.TrimSpace(value); value == "" {
			return fmt.Errorf("it is empty")
		}
		list := field(f)
		*list = append(*list, value)
		return nil
	}
}

func toggle(field func(*query.Filter) *bool) func(*query.Filter, string, time.Time) error {
	return func(f *query.Filter, value string, _ time.Time) error {
		on, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("it is a switch: true or false")
		}
		*field(f) = on
		return nil
	}
}

func setSince(f *query.Filter, value string, now time.Time) (err error) {
	f.Since, err = parseMoment(value, now, 0)
	return err
}

func setUntil(f *query.Filter, value string, now time.Time) (err error) {
	f.Until, err = parseMoment(value, now, 24*time.Hour-time.Second)
	return err
}

// setRegion takes a region whatever its case: AWS writes them small.
func setRegion(f *query.Filter, value string, now time.Time) error {
	return texts(func(f *query.Filter) *[]string { return &f.Regions })(f, strings.ToLower(value), now)
}

func setKind(f *query.Filter, value string, _ time.Time) error {
	kind, ok := fold(originKinds(), value)
	if !ok {
		return fmt.Errorf("there is no kind %q; the kinds are %s", value, join(originKinds()))
	}
	f.Kinds = append(f.Kinds, kind)
	return nil
}

func setEvidence(f *query.Filter, value string, _ time.Time) error {
	grade, ok := fold(grades(), value)
	if !ok {
		return fmt.Errorf("there is no grade %q; the grades are, best first, %s", value, join(grades()))
	}
	f.Evidence = lineage.Exact + lineage.Evidence(slices.Index(grades(), grade))
	return nil
}

func setIP(f *query.Filter, value string, _ time.Time) error {
	if strings.Contains(value, "/") {
		if _, err := netip.ParsePrefix(value); err != nil {
			return fmt.Errorf("%q is no range of addresses; one looks like 203.0.113.0/24", value)
		}
	}
	if _, err := netip.ParseAddr(value); err != nil && !strings.Contains(value, "/") && !strings.Contains(value, ".") && !strings.EqualFold(value, "AWS Internal") {
		return fmt.Errorf("%q is no address; one looks like 203.0.113.7, a range like 203.0.113.0/24, a service like cloudformation.amazonaws.com", value)
	}
	// AWS writes host names here too.
	f.IPs = append(f.IPs, value)
	return nil
}

// namePeople adds to the origins that were asked for the ids of those that have
// that name, or are known by it, in the names alone: records may tell it too.
func namePeople(f *query.Filter, names *query.Names) {
	for _, asked := range f.Origins {
		f.Origins = append(f.Origins, slices.DeleteFunc(names.IDs(asked), isAccount)...) // root has the id of its account
	}
	for i := range f.Not {
		namePeople(&f.Not[i], names)
	}
}

// isAccount reports whether a text can be the id of an account.
func isAccount(id string) bool { return strings.Trim(id, "0123456789") == "" }

// nameAccounts puts ids in the place of the names that accounts were asked for by.
func nameAccounts(f *query.Filter, names *query.Names) error {
	for _, list := range []*[]string{&f.Accounts, &f.FromAccounts} {
		var ids []string
		for _, asked := range *list {
			if isAccount(asked) || strings.HasPrefix(strings.ToLower(asked), "anonymous") {
				ids = append(ids, asked)
				continue
			}
			named := slices.DeleteFunc(names.IDs(asked), func(id string) bool { return !isAccount(id) })
			if len(named) == 0 {
				return usage(fmt.Errorf("there is no account %q: an account has a number", asked),
					"to ask by name, say where the names are: --names accounts.csv, or --organization")
			}
			ids = append(ids, named...)
		}
		*list = ids
	}
	for i := range f.Not {
		if err := nameAccounts(&f.Not[i], names); err != nil {
			return err
		}
	}
	return nil
}

func setLimit(f *query.Filter, value string, _ time.Time) error {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return fmt.Errorf("it is a number from 1")
	}
	f.Limit = n
	return nil
}

// parseMoment reads what --since and --until take. A date is meant from its
// start, or from as much later as wholeDay says.
func parseMoment(s string, now time.Time, wholeDay time.Duration) (cloudtrail.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return cloudtrail.TimeOf(t), nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return cloudtrail.TimeOf(t.Add(wholeDay)), nil
	}
	units := map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if len(s) > 1 && units[s[len(s)-1]] != 0 {
		if n, err := strconv.Atoi(s[:len(s)-1]); err == nil && n >= 0 && n < 1_000_000 {
			return cloudtrail.TimeOf(now.Add(-time.Duration(n) * units[s[len(s)-1]])), nil
		}
	}
	return 0, fmt.Errorf("it is a time (2016-04-05T20:39:39Z), a date (2016-04-05), or how long ago (30m, 12h, 7d, 2w)")
}

// fold finds a word whatever its case.
func fold(words []string, word string) (string, bool) {
	i := slices.IndexFunc(words, func(w string) bool { return strings.EqualFold(w, word) })
	if i < 0 {
		return "", false
	}
	return words[i], true
}

func join(words []string) string { return strings.Join(words, ", ") }

func originKinds() []string {
	return []string{
		string(lineage.IAMUser), string(lineage.Root), string(lineage.SAMLUser), string(lineage.WebIdentityUser),
		string(lineage.IdentityCenterUser), string(lineage.AWSService), string(lineage.AWSAccount), string(lineage.UnknownOrigin),
	}
}

// grades are the evidence words in the order of lineage's constants.
func grades() []string {
	return []string{"exact", "strong", "inferred", "claimed", "contested", "unresolved"}
}
