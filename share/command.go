package share

import (
	"strings"
	"time"
)

// Command is the command line that makes the grant, or makes it again, with more
// arguments behind; an argument that repeats one of the grant's own, as another
// --expires, takes its place.
func (g *Grant) Command(more ...string) string { return g.command("grant", more) }

// Planned is likewise the one that plans it.
func (g *Grant) Planned(more ...string) string { return g.command("plan", more) }

func (g *Grant) command(verb string, more []string) string {
	var b strings.Builder
	b.WriteString("crosstrail share " + verb)
	said := map[string]bool{}
	for _, word := range more {
		said[word] = strings.HasPrefix(word, "--")
	}
	add := func(flag, value string) {
		if value != "" && !said[flag] {
			b.WriteString(" " + flag + " " + quote(value))
		}
	}
	if g.To == g.Organization && g.To != "" {
		b.WriteString(" --to-organization")
	} else {
		add("--to", g.To)
		add("--via", string(g.Means))
	}
	if logs := g.Logs.String(); logs != "own" {
		add("--logs", logs)
	}
	add("--since", g.Since.String())
	add("--until", g.Until.String())
	if g.Policy != Minimal {
		add("--policy", string(g.Policy))
	}
	add("--external-id", g.ExternalID)
	if g.MFA && !said["--require-mfa"] {
		b.WriteString(" --require-mfa")
	}
	add("--pin-session-name", g.SessionName)
	if !g.Expires.IsZero() {
		add("--expires", g.Expires.UTC().Format(time.RFC3339))
	}
	if g.Trail != "" {
		add("--trail", g.Trail)
	} else {
		add("--bucket", g.Bucket)
		add("--prefix", g.Prefix)
	}
	for _, word := range more {
		b.WriteString(" " + quote(word))
	}
	return b.String()
}

// quote makes one word of a shell of a text: tags, which others may have written,
// tell what is in it.
func quote(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+:@,=") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
