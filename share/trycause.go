package share

import (
	"cmp"
	"regexp"
	"strings"
)

// refusal is how AWS words which kind of policy refused whom what (IAM User Guide,
// Troubleshoot access denied error messages).
var refusal = regexp.MustCompile(`User: (\S+) is not authorized to perform: (\S+)(?: on resource: "?[^"\s]+"?)? (because no|with an explicit deny in (?:an?|the)) (.+?) ?(?:policy|policies|boundary)(?: |$|\.)`)

// told is the cause that AWS itself names; empty where it names none.
func (g *Grant) told(t Tried) string {
	m := refusal.FindStringSubmatch(t.Message)
	if m == nil {
		return ""
	}
	who, action, denied := m[1], m[2], m[3] != "because no"
	is := map[bool]string{false: "does not allow ", true: "denies "}[denied]
	switch m[4] {
	case "identity-based":
		switch {
		case denied:
			return "a policy of " + who + " denies " + action
		case t.Call != "sts:AssumeRole" && g.Means == Role:
			return "the permissions of the role do not allow " + action + " there: the owner can mend them (crosstrail share verify" + spaced(g.ID) + ")"
		}
		return "no policy of " + who + " allows " + action + "; crosstrail share reader-policy " + g.readerPolicy(t, who) + " gives it"
	case "service control":
		return "a service control policy of the organisation of " + cmp.Or(AccountOf(who), who) + " " + is + action + ": its management account can change that"
	case "resource control":
		return "a resource control policy of the owner's organisation " + is + action + ": its management account can change that"
	case "permissions":
		return "the permissions boundary of " + who + " " + is + action
	case "session":
		return "the session policy that " + who + " was signed in with " + is + action
	case "VPC endpoint":
		return "the policy of the VPC endpoint " + is + action
	}
	return ""
}

// readerPolicy is what reader-policy is told for a caller.
func (g *Grant) readerPolicy(t Tried, who string) string {
	grant := "handover.json"
	if t.Call == "sts:AssumeRole" {
		grant = t.Where
	}
	if parts := strings.SplitN(who, ":", 6); len(parts) == 6 && strings.HasPrefix(parts[5], "assumed-role/") {
		who = "role/" + strings.SplitN(parts[5], "/", 3)[1]
	}
	if kind, name, _, err := ParseHolder(who); err == nil {
		return grant + " --attach " + kind + "/" + name
	}
	return grant
}

func spaced(text string) string {
	if text == "" {
		return ""
	}
	return " " + text
}
