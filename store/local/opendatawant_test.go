package local_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/query"
)

// openRow is a row as the files tell it, but for the number of its log file.
func openRow(r *query.Row) map[string]any {
	resources := []any{}
	for _, name := range r.Resources {
		resources = append(resources, name)
	}
	console := cloudtrail.Absent
	if r.FromConsole {
		console = cloudtrail.True
	}
	who := r.Caller
	return map[string]any{
		"event_id": orNull(r.ID.Event), "recipient_account_id": orNull(r.ID.Recipient), "event_time": orNull(r.Time.String()),
		"event_source": orNull(r.EventSource), "event_name": orNull(r.EventName), "event_type": orNull(r.EventType),
		"read_only": orNullFlag(r.ReadOnly), "aws_region": orNull(r.Region), "source_ip_address": orNull(r.SourceIP),
		"user_agent": orNull(r.UserAgent), "error_code": orNull(r.ErrorCode), "error_message": orNull(r.ErrorMessage),
		"request_id": orNull(r.RequestID), "shared_event_id": orNull(r.SharedEventID), "resources": resources,
		"session_credential_from_console": orNullFlag(console), "user_type": orNull(who.Type), "principal_id": orNull(who.PrincipalID),
		"user_arn": orNull(who.ARN), "user_account_id": orNull(who.AccountID), "access_key_id": orNull(who.AccessKeyID),
		"user_name": orNull(who.UserName), "invoked_by": orNull(who.InvokedBy), "session_issuer_arn": orNull(who.IssuerARN),
		"session_created": orNull(who.Created.String()), "mfa_authenticated": orNullFlag(who.MFA), "source_identity": orNull(who.SourceIdentity),
		"on_behalf_of_user_id": orNull(who.OnBehalfOfUser), "fingerprint": asNumber(r.Fingerprint), "record": asNumber(r.Record),
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func orNullFlag(b cloudtrail.Bool) any {
	if b == cloudtrail.Absent {
		return nil
	}
	return b == cloudtrail.True
}

// asNumber is unsigned where its type is: a fingerprint that came out signed is
// another number.
func asNumber[N int | ~uint64](n N) json.Number { return json.Number(fmt.Sprint(n)) }

// sortRows sorts by what a row says first.
func sortRows(rows [][]any) [][]any {
	return slices.SortedFunc(slices.Values(rows), func(a, b []any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
}

// compareKeys orders by columns as SQL does: null last.
func compareKeys(a, b []any, columns ...int) int {
	for _, i := range columns {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x == nil || y == nil {
			return cmp.Compare(fmt.Sprint(y == nil), fmt.Sprint(x == nil))
		}
		return cmp.Compare(x.(string), y.(string))
	}
	return 0
}

// wantDeleted is what the examples of that name ask for.
func wantDeleted(all []query.Row) [][]any {
	names := map[[3]any][]any{}
	for i := range all {
		r := &all[i]
		if r.ErrorCode == "" && (strings.HasPrefix(r.EventName, "Delete") || strings.HasPrefix(r.EventName, "Terminate")) {
			key := [3]any{orNull(r.Caller.ARN), orNull(r.ID.Recipient), orNull((r.Time - r.Time%3600).String())}
			names[key] = append(names[key], r.EventName)
		}
	}
	var rows [][]any
	for key, all := range names {
		n := len(all)
		slices.SortFunc(all, func(a, b any) int { return cmp.Compare(a.(string), b.(string)) })
		rows = append(rows, []any{key[0], key[1], key[2], asNumber(n), slices.Compact(all)})
	}
	slices.SortFunc(rows, func(a, b []any) int { return compareKeys(a, b, 2, 0, 1) })
	return rows
}

func wantAddresses(all []query.Row) [][]any {
	type use struct {
		n            int
		since, until cloudtrail.Time
	}
	address := regexp.MustCompile(`^[0-9a-f.:]+$`)
	keys := map[string]map[string]use{}
	for i := range all {
		r := &all[i]
		if r.Caller.AccessKeyID == "" || !address.MatchString(r.SourceIP) {
			continue
		}
		if keys[r.Caller.AccessKeyID] == nil {
			keys[r.Caller.AccessKeyID] = map[string]use{}
		}
		u, ok := keys[r.Caller.AccessKeyID][r.SourceIP]
		if !ok {
			u.since = r.Time
		}
		keys[r.Caller.AccessKeyID][r.SourceIP] = use{u.n + 1, min(u.since, r.Time), max(u.until, r.Time)}
	}
	var rows [][]any
	for key, from := range keys {
		for ip, u := range from {
			if len(from) > 1 {
				rows = append(rows, []any{key, ip, asNumber(u.n), orNull(u.since.String()), orNull(u.until.String())})
			}
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { return compareKeys(a, b, 0, 3, 1) })
	return rows
}

func wantFailures(all []query.Row) [][]any {
	calls, kinds := map[[2]any]int{}, map[[2]any]map[string]bool{}
	for i := range all {
		r := &all[i]
		if r.ErrorCode == "" {
			continue
		}
		key := [2]any{orNull(r.Caller.PrincipalID), r.ErrorCode}
		if calls[key]++; kinds[key] == nil {
			kinds[key] = map[string]bool{}
		}
		if r.EventName != "" {
			kinds[key][r.EventName] = true
		}
	}
	keys := slices.SortedFunc(maps.Keys(calls), func(a, b [2]any) int {
		return cmp.Or(cmp.Compare(calls[b], calls[a]), compareKeys(a[:], b[:], 0, 1))
	})
	var rows [][]any
	for _, key := range keys[:min(20, len(keys))] {
		rows = append(rows, []any{key[0], key[1], asNumber(calls[key]), asNumber(len(kinds[key]))})
	}
	return rows
}

func wantTouched(all []query.Row) [][]any {
	var rows [][]any
	for i := range all {
		r := &all[i]
		if slices.ContainsFunc(r.Resources, func(name string) bool { return name == "table/ledger" || strings.HasSuffix(name, ":table/ledger") }) {
			rows = append(rows, []any{orNull(r.Time.String()), orNull(r.Caller.ARN), orNull(r.EventName), orNull(r.ErrorCode), orNull(r.SourceIP), r.ID.Event})
		}
	}
	return rows
}
