package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/crosstrail/crosstrail/render"
	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/iam"
	"github.com/crosstrail/crosstrail/share/policy"
)

// agreed is an error unless what was shown is wanted: yes says so, or a person.
func (t *terminal) agreed(ctx context.Context, yes bool) error {
	return t.wanted(ctx, yes, "nothing was changed")
}

// explainedShare is an error of a call of sharing with what to do about it.
func explainedShare(a *awsFlags, err error) error {
	if err == nil {
		return nil
	}
	var hints []string
	if e, ok := errors.AsType[*iam.Error](err); ok {
		hints = e.Hints
		if e.Misread {
			return usage(err, hints...)
		}
	}
	if h, ok := errors.AsType[*iam.Halted](err); ok && len(h.Done) > 0 {
		hints = append(slices.Clone(hints), "when that is mended, the same command does the rest")
	}
	if len(hints) > 0 {
		return hinted(err, hints...)
	}
	return a.explained(err)
}

// stopped says, where somebody stopped calls on their way, which of them were made:
// that one was sent whose answer did not come does not tell whether it was.
func (t *terminal) stopped(ctx context.Context, err error) {
	h, ok := errors.AsType[*iam.Halted](err)
	if !ok || ctx.Err() == nil || len(h.Left) == 0 {
		return
	}
	for _, part := range []struct {
		label string
		calls []share.Call
	}{{"done", h.Done}, {"perhaps done", h.Left[:1]}, {"not done", h.Left[1:]}} {
		if len(part.calls) > 0 {
			var texts []string
			for _, call := range part.calls {
				texts = append(texts, callText(call))
			}
			t.say("note", part.label+": "+strings.Join(texts, ", "))
		}
	}
	t.say("note", "the same command does the rest")
}

// refused is an error of planning with what to do instead.
func refused(err error) error {
	r, ok := errors.AsType[*share.Refusal](err)
	switch {
	case ok && r.Misread:
		return usage(err, r.Hints...)
	case ok:
		return hinted(err, r.Hints...)
	}
	return err
}

// showDiff shows what changes in a policy, with a few lines around.
func (t *terminal) showDiff(d share.Document) { printDiff(t.stderr, d, false) }

// printDiff prints what changes in a policy. Colour is never the only carrier of
// what a line is.
func printDiff(w io.Writer, d share.Document, colour bool) {
	for _, line := range diff(indented(d.Before), indented(d.After)) {
		tint := map[byte]string{'-': "\x1b[31m", '+': "\x1b[32m"}[line[0]]
		if line = render.Text(line); colour && tint != "" {
			line = tint + line + "\x1b[0m"
		}
		fmt.Fprintln(w, line)
	}
}

func indented(d *policy.Document) []string {
	if d == nil {
		return nil
	}
	return strings.Split(d.Indented(), "\n")
}

// around is how many lines that stay are shown beside those that do not.
const around = 3

// diff are the lines of two texts: "- " gone, "+ " new, "  " both, "  …" left out.
func diff(before, after []string) []string {
	// same[i][j] is how many lines before[i:] and after[j:] have in common, in order.
	same := make([][]int, len(before)+1)
	for i := range same {
		same[i] = make([]int, len(after)+1)
	}
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				same[i][j] = same[i+1][j+1] + 1
			} else {
				same[i][j] = max(same[i+1][j], same[i][j+1])
			}
		}
	}
	var all []string
	for i, j := 0, 0; i < len(before) || j < len(after); {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			all = append(all, "  "+before[i])
			i, j = i+1, j+1
		case j == len(after) || i < len(before) && same[i+1][j] >= same[i][j+1]:
			all = append(all, "- "+before[i])
			i++
		default:
			all = append(all, "+ "+after[j])
			j++
		}
	}
	var out []string
	for i, line := range all {
		near := slices.ContainsFunc(all[max(0, i-around):min(len(all), i+around+1)], func(l string) bool { return !strings.HasPrefix(l, " ") })
		switch {
		case near:
			out = append(out, line)
		case len(out) == 0 || out[len(out)-1] != "  …":
			out = append(out, "  …")
		}
	}
	return out
}

// showCalls says what is about to be called.
func (t *terminal) showCalls(calls []share.Call) {
	fmt.Fprintln(t.stderr, "calls:")
	for _, call := range calls {
		fmt.Fprintln(t.stderr, "  "+render.Text(callText(call)))
	}
}

// callText is a call in a line: what is called on what.
func callText(call share.Call) string {
	text := call.Service + ":" + call.Operation
	for _, name := range []string{"RoleName", "UserName", "InstanceProfileName", "PolicyName", "PolicyArn", "VersionId", "Bucket", "KeyId"} {
		if v, ok := call.Parameters[name].(string); ok {
			text += " " + v
		}
	}
	return text
}

// printJSON prints an object for programs: with what a terminal would obey escaped.
func printJSON(w io.Writer, v any) error {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, visible(b.String()))
	return err
}

// visible is JSON in which what cannot be seen is escaped.
func visible(text string) string {
	if !strings.ContainsFunc(text, isHidden) {
		return text
	}
	var out []byte
	for _, r := range text {
		if !isHidden(r) {
			out = append(out, string(r)...)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, "\\u%04x", unit)
		}
	}
	return string(out)
}

func isHidden(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// orEmpty is a list that JSON has as one.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
