package render

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// stamp is a moment for people, in UTC.
func stamp(t cloudtrail.Time) string {
	if t.IsZero() {
		return "time not known"
	}
	return t.Time().Format("2006-01-02 15:04:05Z")
}

// span is two moments for people; the day is said once where it is one.
func span(first, last cloudtrail.Time) string {
	switch {
	case first == last || last.IsZero():
		return stamp(first)
	case first.IsZero():
		return "until " + stamp(last)
	case first.Time().Format("2006-01-02") == last.Time().Format("2006-01-02"):
		return first.Time().Format("2006-01-02 15:04:05") + " to " + last.Time().Format("15:04:05Z")
	}
	return stamp(first) + " to " + stamp(last)
}

// service is an event source without the domain that all of them share.
func service(source string) string { return strings.TrimSuffix(source, ".amazonaws.com") }

// who is the origin of a chain in one word, "" where none is picked.
func (s Style) who(c *lineage.Chain) string {
	if c.Origin != nil {
		return s.originWord(c.Origin)
	}
	if len(c.Candidates) > 0 {
		return joinedBy(c.Candidates, " or ", func(x lineage.Candidate) string {
			if x.Origin == nil {
				return ""
			}
			return s.originWord(x.Origin)
		})
	}
	return ""
}

// originWord is the shortest name that people know an origin by.
func (s Style) originWord(o *lineage.Origin) string {
	switch name := originName(s.Names, o); {
	case name != "":
		return name
	case o.Kind == lineage.Root:
		return "root of " + o.AccountID
	case o.Workload != "":
		return o.Workload
	case o.ARN != "":
		return lastPart(o.ARN)
	}
	return o.ID
}

// roleName is what people call a session's role: its name or, where it has no
// role, what it is a session of.
func roleName(h *lineage.Hop) string {
	if h.RoleARN != "" {
		_, path, ok := strings.Cut(h.RoleARN, ":role/")
		if ok {
			return path[strings.LastIndexByte(path, '/')+1:]
		}
		return lastPart(h.RoleARN)
	}
	if h.SessionARN != "" {
		parts := strings.Split(h.SessionARN, "/")
		if len(parts) >= 2 {
			return parts[1]
		}
		return lastPart(h.SessionARN)
	}
	id, _, _ := strings.Cut(h.ID, "@")
	return id
}

// sessionName is the name that the caller chose for a session.
func sessionName(h *lineage.Hop) string {
	if i := strings.LastIndexByte(h.SessionARN, '/'); i >= 0 {
		return h.SessionARN[i+1:]
	}
	id, _, _ := strings.Cut(h.ID, "@")
	_, name, _ := strings.Cut(id, ":")
	return name
}

// lastPart is what an ARN ends in.
func lastPart(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	return parts[len(parts)-1]
}

// callerWords is what a record itself says of its caller.
func callerWords(id *lineage.Identity) string {
	for _, w := range []string{id.ARN, id.UserName, id.PrincipalID, id.InvokedBy, id.AccountID, id.Type} {
		if w != "" {
			if w == id.ARN {
				return lastPart(w)
			}
			return w
		}
	}
	return ""
}

// joinedBy is the words of a list that are not empty, each once, in order.
func joinedBy[T any](all []T, sep string, word func(T) string) string {
	var words []string
	seen := map[string]bool{}
	for _, x := range all {
		if w := word(x); w != "" && !seen[w] {
			seen[w] = true
			words = append(words, w)
		}
	}
	return strings.Join(words, sep)
}
