package render

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// stamp is a moment for people, in UTC.
func stamp(t cloudtrail.Time) string {
	if t.IsZero() {
		return "time not known"
	}
	return t.Time().Format("2006-01-02 15:04:05Z")
}

// minute is a stamp without its seconds.
func minute(t cloudtrail.Time) string {
	if t.IsZero() {
		return stamp(t)
	}
	return t.Time().Format("2006-01-02 15:04")
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

// calledWords is what was called, as policies write it: s3:ListBuckets.
func calledWords(source, name string) string {
	if name == "" {
		name = "?"
	}
	if source == "" {
		return name
	}
	return service(source) + ":" + name
}

// who is the origin of a chain in one word, "" where none is picked.
func (s Style) who(c *lineage.Chain) string {
	if c.Origin != nil {
		return s.originWord(c.Origin)
	}
	return s.disputed(c.Candidates, c.Conflicts)
}

// originWord is the shortest name that people know an origin by, with the name
// that it was given, and of a workload the service that it runs on.
func (s Style) originWord(o *lineage.Origin) string {
	if o.Kind == lineage.AWSService && o.Workload != "" {
		return s.workload(o.Workload) + " of " + service(strings.TrimPrefix(o.ID, "service:"))
	}
	word := s.bareWord(o)
	if given := givenName(s.Names, o); given != "" && given != word {
		return word + " (" + given + ")"
	}
	return word
}

// workload is a workload's id or, of an ARN, its end; with its name.
func (s Style) workload(id string) string {
	if strings.HasPrefix(id, "arn:") && s.Names.Of(id) == "" {
		return lastPart(id)
	}
	return s.named(id)
}

// named is an id with its name beside it.
func (s Style) named(id string) string {
	if name := s.Names.Of(id); name != "" {
		return id + " (" + name + ")"
	}
	return id
}

func (s Style) bareWord(o *lineage.Origin) string {
	switch name := originName(s.Names, o); {
	case name != "":
		return name
	case o.Kind == lineage.Root:
		return "root of " + o.AccountID
	case o.Workload != "":
		return o.Workload
	case o.Kind == lineage.AWSAccount && o.PrincipalID != "":
		return o.PrincipalID
	case o.ARN != "":
		return lastPart(o.ARN)
	case o.Kind == lineage.AWSService:
		return strings.TrimPrefix(o.ID, "service:")
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

// role is a session's role, with the name that its unique id was given.
func (s Style) role(h *lineage.Hop) string {
	id, _, _ := strings.Cut(h.ID, ":")
	if name := s.Names.Of(id); name != "" && name != roleName(h) {
		return roleName(h) + " (" + name + ")"
	}
	return roleName(h)
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

// plural counts things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// titled is an origin with its account, so that two of one name differ.
func (s Style) titled(o *lineage.Origin) string {
	word := s.originWord(o)
	if o.AccountID == "" || strings.Contains(word, o.AccountID) {
		return word
	}
	if name := s.Names.Of(o.AccountID); name != "" {
		return word + " in " + name
	}
	return word + " in " + o.AccountID
}

// told is an origin by its title and, where others have the same, by what tells
// it from them.
func (s Style) told(o *lineage.Origin, all []*lineage.Origin) string {
	title := s.titled(o)
	alike, kind := false, false
	for _, x := range all {
		if x != nil && x.ID != o.ID && s.titled(x) == title {
			alike = true
			kind = kind || x.Kind == o.Kind
		}
	}
	switch {
	case kind:
		return title + " (" + cmp.Or(o.PrincipalID, o.ID) + ")"
	case alike:
		return title + " (" + string(o.Kind) + ")"
	}
	return title
}

// disputed names all that fit.
func (s Style) disputed(candidates []lineage.Candidate, conflicts []lineage.Conflict) string {
	origins := make([]*lineage.Origin, 0, len(candidates)+len(conflicts))
	for _, c := range candidates {
		origins = append(origins, c.Origin)
	}
	for _, c := range conflicts {
		origins = append(origins, c.Origin)
	}
	return joinedBy(origins, " or ", func(o *lineage.Origin) string {
		if o == nil {
			return "somebody not known"
		}
		return s.told(o, origins)
	})
}

// inAccount is where something is, with the account's name.
func (s Style) inAccount(id string) string {
	if id == "" {
		return ""
	}
	if name := s.Names.Of(id); name != "" {
		return "in " + id + " (" + name + ")"
	}
	return "in " + id
}

// touched is a resource as short as people say it: the end of its ARN, and its
// account where that is another one.
func (s Style) touched(arn, here string) string {
	if !strings.HasPrefix(arn, "arn:") {
		return arn
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[5] == "" {
		return arn
	}
	if account := parts[4]; account != "" && account != here {
		return parts[5] + " " + s.inAccount(account)
	}
	return parts[5]
}

// lack tells what the set lacks, a sentence a line.
func (p *page) lack(indent string, l query.Lack) {
	if unread := Unread(l); unread != "" {
		p.prose(indent, indent, yellow, unread+": what they held is not here.")
	}
	if l.Altered > 0 {
		p.prose(indent, indent, red, Altered(l)+".")
	}
	if lost := lostSentence(l.Lost); lost != "" {
		p.prose(indent, indent, red, lost+" (crosstrail coverage).")
	}
	if l.Floor != 0 {
		p.prose(indent, indent, yellow, "The store keeps nothing before "+floorWords(l.Floor)+" (store retain).")
	}
}

// Unread says which log files could not be read, "" where all could.
func Unread(l query.Lack) string {
	switch {
	case l.Failed == 0 && l.Partly == 0:
		return ""
	case l.Failed == 0:
		return plural(l.Partly, "log file") + " could be read only in part"
	case l.Partly == 0:
		return plural(l.Failed, "log file") + " could not be read"
	}
	return plural(l.Failed, "log file") + " could not be read, and " + strconv.Itoa(l.Partly) + " more only in part"
}

// Altered says how many log files are not as they were delivered, "" where none
// is known to be.
func Altered(l query.Lack) string {
	if l.Altered == 0 {
		return ""
	}
	if l.Altered == 1 {
		return "1 log file here is not what CloudTrail delivered (altered), and answers may lean on what stands in it"
	}
	return plural(l.Altered, "log file") + " here are not what CloudTrail delivered (altered), and answers may lean on what stands in them"
}

// floorWords is a floor for people: nearly always it is a day.
func floorWords(t cloudtrail.Time) string {
	if t%(24*3600) == 0 {
		return t.Time().Format("2006-01-02")
	}
	return stamp(t)
}
