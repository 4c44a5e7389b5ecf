package share

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/share/policy"
)

// held is a document of a grant as it is, and as it should be.
type held struct {
	kind     Kind
	resource string
	name     string
	is       *policy.Document
	at       []int            // which statement of its document each one of is is; nil: the same
	most     *policy.Document // what it may allow at most
	least    *policy.Document // and has to
}

func (h held) finding(f Finding, index int, s policy.Statement) Finding {
	f.Kind, f.Resource, f.Name, f.Index, f.Statement = h.kind, h.resource, h.name, index, &s
	if h.at != nil && index >= 0 {
		f.Index = h.at[index]
	}
	return f
}

// compare names each statement that lets more happen than was meant, each that
// denies less, and what was meant and does not happen.
func (j *judge) compare(h held) {
	for _, e := range h.is.Beyond(h.most) {
		j.beyond(h, e)
	}
	for _, e := range h.is.Undenied(h.most) {
		f := Finding{Code: "deny-gone", Level: Fault, Text: "what was meant to be denied is not, or only in part: " + e.Statement.String(), Remedy: again}
		at := slices.IndexFunc(statementsOf(h.is), func(s policy.Statement) bool { return s.Sid == e.Statement.Sid && s.Effect == policy.Deny })
		if at < 0 {
			j.add(h.finding(f, -1, e.Statement))
		} else {
			j.add(h.finding(f, at, h.is.Statements[at]))
		}
	}
	for i, s := range statementsOf(h.is) {
		if h.is.Version != policy.Version2012 && strings.Contains(s.String(), "${") {
			f := Finding{Code: "old-version", Level: Fault, Text: "it holds a variable, and in a document of version 2008-10-17 that is text", Remedy: again}
			j.add(h.finding(f, i, s))
		}
		if gone := goneIn(s); gone != "" {
			f := Finding{Code: "principal-gone", Level: Fault, Text: gone + " was deleted: one of the same name that was made since is another, and is let in no more", Remedy: again}
			j.add(h.finding(f, i, s))
		}
	}
	for _, e := range h.least.Beyond(h.is) {
		f := Finding{Code: lessCode(e.Statement), Level: Fault, Text: lessText(e), Remedy: again}
		j.add(h.finding(f, -1, e.Statement))
	}
}

func statementsOf(d *policy.Document) []policy.Statement {
	if d == nil {
		return nil
	}
	return d.Statements
}

// goneIn is a principal of a statement that is a unique id: AWS shows one where
// the user or role was deleted (IAM User Guide, "Principal").
func goneIn(s policy.Statement) string {
	if s.Principal == nil {
		return ""
	}
	for _, p := range s.Principal.AWS {
		if strings.HasPrefix(p, "AROA") || strings.HasPrefix(p, "AIDA") {
			return p
		}
	}
	return ""
}

// lessCode is by what is missing, which is what a reader will complain of.
func lessCode(s policy.Statement) string {
	for _, action := range s.Action {
		switch action {
		case "kms:Decrypt":
			return "no-decrypt"
		case "s3:ListBucket":
			return "no-list"
		case "s3:GetObject":
			return "no-get"
		case "sts:AssumeRole":
			return "no-assume"
		}
	}
	return "less-than-meant"
}

func lessText(e policy.Excess) string {
	text := "this was meant, and is not allowed"
	if e.Nearest == nil {
		return text + ": there is no such statement"
	}
	var because, actions []string
	for _, p := range e.Parts {
		switch p.Element {
		case policy.InAction:
			actions = append(actions, p.Value)
			because = append(because, p.Element+" lacks "+p.Value)
		case policy.InCondition:
			because = append(because, "it wants "+p.Test.String())
		default:
			because = append(because, p.Element+" lacks "+p.Value)
		}
	}
	if n := len(e.Statement.Action); n > 0 && len(actions) == n { // the nearest is about something else
		return text + ": there is no statement that allows " + few(actions)
	}
	if len(because) > 0 {
		text += " as it was: " + few(because)
	}
	return text
}

// beyond adds a finding for each way in which a statement goes too far.
func (j *judge) beyond(h held, e policy.Excess) {
	if e.Nearest == nil {
		f := Finding{Code: "foreign-statement", Level: Fault, Text: "nothing of this was meant", Remedy: again}
		j.add(h.finding(f, e.Index, e.Statement))
		return
	}
	parts := e.Parts
	if len(parts) == 0 { // each part by itself is meant somewhere, all together nowhere
		parts = []policy.Part{{Element: "together"}}
	}
	var codes []string
	texts := map[string][]string{}
	for _, p := range parts {
		code, text := j.part(e, p)
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
		texts[code] = append(texts[code], text)
	}
	for _, code := range codes {
		f := Finding{Code: code, Level: Fault, Text: few(texts[code]), Remedy: again}
		j.add(h.finding(f, e.Index, e.Statement))
	}
}

// part is the code and the words of one way.
func (j *judge) part(e policy.Excess, p policy.Part) (code, text string) {
	switch p.Element {
	case policy.InAction:
		return "more-actions", "it allows " + p.Value + ", which was not meant"
	case "NotAction":
		return "not-action", "NotAction allows all but what it lists"
	case "NotResource":
		return "not-resource", "NotResource is about all but what it lists"
	case "NotPrincipal":
		return "not-principal", "NotPrincipal lets in everybody but those whom it lists"
	case policy.InPrincipal:
		return j.principal(p.Value)
	case policy.InResource:
		return j.resource(p.Value)
	case policy.InCondition:
		return j.condition(e.Statement, p.Test)
	}
	return "more-than-meant", "it allows more than was meant"
}

func (j *judge) principal(who string) (code, text string) {
	meant := "the one meant is " + j.g.To
	switch account := policy.AccountOf(who); {
	case who == "*" || who == "?":
		return "wildcard-principal", "everybody of every account is let in; " + meant
	case account != "" && account == j.g.account():
		return "whole-account", "all of account " + account + " is let in; " + meant
	}
	return "other-principal", who + " is let in; " + meant
}

// resource tells what is beyond the grant in a resource: another bucket, other
// accounts, a prefix that is not the trail's.
func (j *judge) resource(of string) (code, text string) {
	bucket := policy.Wild(j.g.bucketARN(), true)
	is := policy.Wild(of, true)
	if is.Within(bucket) || !strings.Contains(of, ":s3:") && of != "*" {
		return "wider-resource", "it is about " + of + ", which was not meant"
	}
	objects := policy.Wild(j.g.bucketARN()+"/*", true)
	below := policy.Wild(j.g.bucketARN()+"/"+j.s.base(j.g)+"*", true)
	switch {
	case !is.Within(bucket, objects):
		return "other-bucket", of + " is more than the bucket of the log files"
	case !is.Meets(below):
		return "other-prefix", of + " is not below " + j.s.base(j.g) + ", where the trail writes"
	case !is.Within(below):
		return "other-prefix", of + " is more than what the trail writes, below " + j.s.base(j.g)
	case is.Within(j.whole()...):
		return "other-days", of + " has log files of other days than " + cmp.Or(j.g.Since.String(), "ever") + " to " + cmp.Or(j.g.Until.String(), "ever")
	case j.g.Logs.All:
		return "wider-resource", of + " is more than was meant"
	}
	return "other-accounts", of + " has log files of others than " + j.readable()
}

// whole are the log files of the grant's accounts, of whichever days.
func (j *judge) whole() []policy.Pattern {
	g := *j.g
	g.Since, g.Until = Day{}, Day{}
	var out []policy.Pattern
	for _, arn := range g.keyARNs(j.generous().Scope(&g, Days)) {
		out = append(out, policy.Wild(arn, true))
	}
	return out
}

// readable is whose log files a grant is for, in words.
func (j *judge) readable() string {
	if accounts := j.g.accounts(); len(accounts) > 0 {
		return strings.Join(accounts, ", ")
	}
	if j.g.Logs.All {
		return "all accounts"
	}
	return "each reader's own account"
}

// conditions are what is said of a test that was meant and is not made sure of.
var conditions = map[string]struct{ code, text string }{
	"sts:externalid":             {"external-id", "it does not ask for the external id that was meant"},
	"aws:multifactorauthpresent": {"mfa", "it does not make sure of MFA, which was meant: Bool does, BoolIfExists and no condition let in who has no device"},
	"aws:currenttime":            {"end", "it has no end, or a later one than was meant"},
	"aws:principalorgid":         {"organization", "it does not make sure that the reader is of the organisation"},
	"sts:rolesessionname":        {"session-name", "it takes other session names than was meant"},
	"kms:viaservice":             {"key-open", "the key may be used for more than through S3 of this region"},
}

func (j *judge) condition(s policy.Statement, missed policy.Test) (code, text string) {
	key := policy.Fold(missed.Key)
	has := ""
	for _, t := range s.Condition.Tests() {
		if policy.SameName(t.Key, missed.Key) {
			has = "; it has " + t.String()
		}
	}
	wanted := " (meant: " + missed.String() + has + ")"
	if key == "s3:prefix" {
		if has == "" {
			return "list-open", "the whole bucket can be listed: nothing holds s3:prefix" + wanted
		}
		return "list-open", "more can be listed than " + j.readable() + "'s log files" + wanted
	}
	if known, ok := conditions[key]; ok {
		return known.code, known.text + wanted
	}
	return "condition", fmt.Sprintf("it does not make sure of %s%s", missed.Key, wanted)
}

// few are some of many texts: who reads on has the statement.
func few(texts []string) string {
	const most = 3
	if n := len(texts); n > most {
		texts = append(slices.Clone(texts[:most]), "and "+strconv.Itoa(n-most)+" more")
	}
	return strings.Join(texts, "; ")
}
