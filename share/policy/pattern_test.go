package policy_test

import (
	"math/rand/v2"
	"testing"

	"github.com/crosstrail/crosstrail/share/policy"
)

// TestWithin: every text of one pattern is one of the others.
func TestWithin(t *testing.T) {
	const account, org = "b/AWSLogs/222222222222/*", "b/AWSLogs/${aws:PrincipalAccount}/*"
	for _, c := range []struct {
		in   string
		of   []string
		want bool
	}{
		{account, []string{account}, true},
		{"b/AWSLogs/2222*", []string{account}, false},
		{"b/AWSLogs/222222222222*", []string{account}, false},
		{"b/AWSLogs/22222222222?/*", []string{account}, false},
		{"b/AWSLogs/222222222222/CloudTrail*/*/2026/0?/*", []string{account}, true},
		{"b/*/222222222222/*", []string{account}, false},
		{"b/AWSLogs/222222222222/", []string{account}, true},
		{"b/AWSLogs/222222222222", []string{account}, false},
		{"b/AWSLogs/222222222222/*", []string{"b/AWSLogs/111111111111/*", "b/*22/*"}, true},
		{"*", []string{"?*", ""}, true},
		{"*", []string{"?*"}, false},
		{"a*", []string{"a", "a?", "a??*"}, true},
		{"**", []string{"*"}, true},
		{"*?", []string{"?*"}, true},
		{"?", []string{"a", "b"}, false},
		{"a*b*c", []string{"a*c"}, true},
		{"a*c", []string{"a*b*c"}, false},
		{org, []string{org}, true},
		{org, []string{"b/AWSLogs/${AWS:principalaccount}/*"}, true},
		{org, []string{"b/AWSLogs/*"}, true},
		{org, []string{account}, false},
		{org, []string{"b/AWSLogs/????????????/*"}, false}, // sound, though an account has twelve digits
		{account, []string{org}, false},
		{"b/AWSLogs/*/*", []string{org}, false},
		{"b/AWSLogs/${aws:username}/*", []string{org}, false},
		{"b/${*}/x", []string{"b/*/x"}, true},
		{"b/*/x", []string{"b/${*}/x"}, false},
		{"b/${?}", []string{"b/${?}"}, true},
		{"${aws:username, 'a'}", []string{"${aws:username, 'A'}"}, false},
		{"${aws:username", []string{"${*}{aws:username"}, false},
	} {
		var of []policy.Pattern
		for _, text := range c.of {
			of = append(of, policy.Wild(text, true))
		}
		if got := policy.Wild(c.in, true).Within(of...); got != c.want {
			t.Errorf("%s within %s: %t", c.in, c.of, got)
		}
	}
	if policy.Wild("x${*}", false).Within(policy.Wild("x${*}", true)) {
		t.Error("in 2008-10-17 a variable is text")
	}
	if !policy.Exactly("a*", true).Within(policy.Wild("a${*}", true)) || policy.Wild("a*", true).Within(policy.Exactly("a*", true)) {
		t.Error("StringEquals has no wildcards")
	}
}

// words are all texts of up to so many of the signs.
func words(signs string, most int) []string {
	out, from := []string{""}, 0
	for range most {
		until := len(out)
		for _, w := range out[from:until] {
			for _, s := range signs {
				out = append(out, w+string(s))
			}
		}
		from = until
	}
	return out
}

// TestWithinIsExact holds Within and Meets to all short texts: two patterns of
// five signs differ, if they do, in a text that is not much longer.
func TestWithinIsExact(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	texts := words("abc", 6) // c is in no pattern
	pattern := func() string {
		p := ""
		for range random.IntN(6) {
			p += string("ab*?"[random.IntN(4)])
		}
		return p
	}
	of := func(text, p string) bool { return policy.Exactly(text, false).Within(policy.Wild(p, false)) }
	contained := 0
	for range 200 {
		in, first, second := pattern(), pattern(), pattern()
		within, meets := true, false
		for _, text := range texts {
			if of(text, in) {
				within = within && (of(text, first) || of(text, second))
				meets = meets || of(text, first)
			}
		}
		if within {
			contained++
		}
		if got := policy.Wild(in, false).Within(policy.Wild(first, false), policy.Wild(second, false)); got != within {
			t.Errorf("%q within %q, %q: %t", in, first, second, got)
		}
		if got := policy.Wild(in, false).Meets(policy.Wild(first, false)); got != meets {
			t.Errorf("%q meets %q: %t", in, first, got)
		}
	}
	if contained < 20 {
		t.Errorf("only %d are contained", contained)
	}
}

// TestHostile: no pattern takes for ever, and what is given up on is not called
// contained.
func TestHostile(t *testing.T) {
	long := ""
	for range 200 {
		long += "*a?b"
	}
	if policy.Wild(long+"*", true).Within(policy.Wild("*"+long, true), policy.Wild(long[1:]+"*", true)) {
		t.Error("contained")
	}
}
