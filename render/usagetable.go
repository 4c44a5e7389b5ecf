package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// usageTable prints the users of each grant below it.
func usageTable(w io.Writer, all []query.UsageLine, style Style) error {
	p := &page{style: style}
	if len(all) == 0 {
		p.prose("", "", strong, "There is no grant.")
	}
	head := "  CALLS   READ  DENIED"
	who := min(style.columns()-len("  =  ")-len(head)-len("  2016-04-05 20:39")-1, 60)
	refused := false
	for i, l := range all {
		if i == 0 || l.Grant != all[i-1].Grant {
			if i > 0 {
				p.blank("")
			}
			p.grant(l)
			if l.Chain != nil {
				p.line("", say(faint, "     "+pad("WHO", who)+head+"  "+lastHead(l)))
			}
		}
		p.usage(l, who, len(head))
		refused = refused || l.Grant.RoleARN != "" && (l.Chain != nil || l.OwnerLogged.Since != 0)
	}
	if refused {
		p.blank("")
		p.prose("", "", faint, "Who asks for a role and is refused is logged in the account that the call came from, and nowhere else: of accounts, and of times, whose log is not here no refusal is told.")
	}
	return p.writeTo(w)
}

func lastHead(l query.UsageLine) string {
	if l.Use != query.GrantRefused {
		return "LAST (UTC)"
	}
	return "WHEN (UTC)"
}

// grant is the heading of a grant: what it is, and how long it lasts.
func (p *page) grant(l query.UsageLine) {
	g, s := l.Grant, p.style
	facts := []piece{say(strong, "GRANT "+g.ID)}
	add := func(t tone, text string) { facts = append(facts, say(t, text)) }
	if g.To != "" {
		add(ordinary, "to "+s.named(g.To))
	}
	switch {
	case g.RoleARN == "":
		add(ordinary, "by the bucket's policy")
	case g.RoleARN != g.ID:
		add(ordinary, "by "+roleName(&lineage.Hop{RoleARN: g.RoleARN}))
	}
	if g.Bucket != "" {
		add(ordinary, "of "+g.Bucket)
	}
	switch l.End {
	case query.GrantExpired:
		add(yellow, "ended "+minute(g.Expires))
	case query.GrantEnds:
		add(yellow, "ends soon: "+minute(g.Expires))
	default:
		if g.Expires != 0 {
			add(ordinary, "ends "+minute(g.Expires))
		}
	}
	p.flow("", "      ", ", ", facts...)
}

// usage is one user, or that there was none.
func (p *page) usage(l query.UsageLine, who, numbers int) {
	if l.Chain == nil {
		p.unused(l)
		return
	}
	s := p.style
	name := s.who(l.Chain)
	if o := l.Chain.Origin; o != nil && o.AccountID != l.FromAccount { // else it is told below
		name = s.titled(o)
	}
	if name == "" {
		name = "?"
	}
	read := piece{faint, "-"}
	if l.DataEvents == query.Used {
		read = piece{ordinary, strconv.Itoa(l.Reads)}
	}
	denied := count(l.Denied, red) // of the calls: who was refused the role has made none in it, which is told below
	p.line("", piece{ordinary, "  "}, p.mark(l.Chain.Evidence), piece{ordinary, "  "},
		piece{strong, pad(s.cut(Text(name), who), who)},
		piece{ordinary, padLeft(strconv.Itoa(l.Calls), len("  CALLS"))},
		piece{read.tone, padLeft(read.text, len("   READ"))},
		piece{denied.tone, padLeft(denied.text, len("  DENIED"))},
		piece{ordinary, "  " + minute(l.Last)})
	p.flow("       ", "       ", ", ", usageFacts(s, l)...)
	if l.DataEvents == query.NotUsed {
		p.prose("       ", "       ", yellow, "Nothing tells what was read: "+noData(l)+".")
	}
}

// noData says that data events are missing.
func noData(l query.UsageLine) string {
	of := "any bucket"
	if l.Grant.Bucket != "" {
		of = l.Grant.Bucket
	}
	if l.DataBeyond != 0 {
		return "the log has S3 data events of " + of + ", and none of them that only reads is of the time that is asked about; one is of " + minute(l.DataBeyond)
	}
	return "the log has no S3 data event of " + of + " that only reads, which a trail logs only where it is told to"
}

// unused is what can be said of a grant that nothing shows in use.
func (p *page) unused(l query.UsageLine) {
	g := l.Grant
	if l.Use == query.GrantUnused {
		text := "Nobody used it, as " + p.ownersLog(g) + " tells:"
		for _, r := range l.Regions {
			text += " in " + r.Region + " from " + minute(r.Since) + " to " + minute(r.Until) + ","
		}
		text = strings.TrimSuffix(text, ",") + "."
		if g.RoleARN != "" {
			text += " That a role was asked for at the endpoint of another region is logged there."
		}
		p.prose("  ", "  ", yellow, text)
	} else {
		p.prose("  ", "  ", yellow, "Nothing tells whether it was used: "+p.whyNotTold(l)+".")
	}
	if g.LastUsed != 0 && l.Why != query.SaidUsed {
		p.prose("  ", "  ", ordinary, "IAM says that the role was last used at "+stamp(g.LastUsed)+".")
	}
}

func (p *page) ownersLog(g *query.Shared) string {
	if g.Owner == "" {
		return "the log of its owner"
	}
	return "the log of " + p.style.named(g.Owner)
}

// whyNotTold is why nothing tells whether a grant was used.
func (p *page) whyNotTold(l query.UsageLine) string {
	g := l.Grant
	log, at := p.ownersLog(g), query.RegionLog{}
	for _, r := range l.Regions {
		if r.Hole == l.Why {
			at = r
			break
		}
	}
	in := log
	if at.Region != "" {
		in += " in " + at.Region
	}
	switch l.Why {
	case query.NoOwner:
		return "whose log would tell is not known"
	case query.NoAccount:
		return log + " is not here"
	case query.NoRegion:
		return in + ", where a use would be logged, is not here"
	case query.BeforeFirst:
		return in + " begins at " + minute(at.Since) + ", after what is asked about"
	case query.BehindNewest:
		return in + " ends before what is asked about does"
	case query.LostFiles:
		return "of " + in + " digest files prove that some is lost: crosstrail coverage"
	case query.SilentHours:
		return fmt.Sprintf("of %s there is no file in %s between %s and %s, and nothing proves that there was nothing to log. Digest files would: crosstrail verify; which hours these are: crosstrail coverage",
			in, plural(at.SilentHours, "hour"), minute(at.Since), minute(at.Until))
	case query.NoDataEvents:
		if l.DataEvents == query.Used {
			return "the S3 data events of " + g.Bucket + " in it, from " + minute(l.OwnerLogged.Since) + " to " + minute(l.OwnerLogged.Until) + ", do not reach as far as is asked"
		}
		return noData(l)
	case query.NoReadEvents:
		return log + " has nothing that only reads, and that a role is taken is logged as such"
	case query.Damaged:
		return "some log files could not be read, or are not as they were delivered"
	case query.SaidUsed:
		return "IAM says that it was used at " + stamp(g.LastUsed) + ", and the log does not show it"
	}
	return in + " came in files whose names tell no time, so that nothing tells of its holes"
}

// regionsOf are the regions where the log would tell.
func regionsOf(l query.UsageLine) []string {
	var all []string
	for _, r := range l.Regions {
		all = append(all, r.Region)
	}
	return all
}

// usageFacts are what else is known of a user.
func usageFacts(s Style, l query.UsageLine) []piece {
	var facts []piece
	add := func(t tone, text string) { facts = append(facts, say(t, text)) }
	if l.FromAccount != "" {
		add(ordinary, "from "+s.named(l.FromAccount))
	}
	if l.Elsewhere() {
		add(red, "from another account than it was granted to")
	}
	if l.Sessions > 0 {
		add(ordinary, plural(l.Sessions, "session"))
	}
	switch l.Use {
	case query.GrantTaken:
		add(ordinary, "not seen in use")
	case query.GrantMaybeUsed:
		add(yellow, "not proved to be a use of the grant")
	case query.GrantOutside:
		add(yellow, "no use of the grant")
	}
	if l.First != l.Last {
		add(ordinary, "since "+minute(l.First))
	}
	switch l.MFA {
	case query.Used:
		add(green, "with MFA")
	case query.Mixed:
		add(ordinary, "MFA in part")
	case query.NotUsed:
		add(ordinary, "no MFA")
	}
	if ids := strings.Join(l.ExternalIDs, " "); ids != "" {
		part := ""
		if l.ExternalID == query.Mixed {
			part = " in part"
		}
		add(ordinary, "external id "+ids+part)
	}
	list := func(t tone, what string, top query.Top) {
		if n := 40; len(top.Most) > 0 {
			add(t, what+s.list(values(top), top.More, n))
		}
	}
	list(ordinary, "by ", l.Addresses)
	list(ordinary, "with ", l.Agents)
	if l.DataEvents == query.Used {
		add(ordinary, readWords(l.Reading))
	}
	if l.Writes > 0 {
		add(yellow, plural(l.Writes, "write"))
	}
	if l.Errors > l.Denied {
		add(ordinary, plural(l.Errors-l.Denied, "other error"))
	}
	list(red, "denied on ", l.DeniedOn)
	list(red, "let through on what the grant is not of: ", l.OutsideOn)
	if l.Refused > 0 {
		list(red, "the role refused "+plural(l.Refused, "time")+" from ", l.RefusedFrom)
	}
	return facts
}

// readWords is what was read.
func readWords(r query.Reading) string {
	if r.Reads == 0 {
		return "no object got"
	}
	words := plural(r.Keys, "object")
	if r.Reads > r.Keys {
		words += " got " + plural(r.Reads, "time")
	} else {
		words += " got"
	}
	if r.Untold < r.Reads {
		words += ", " + bytesWord(r.Bytes)
		if r.Untold > 0 {
			words += " and more"
		}
	}
	return words
}

// bytesWord is a size for people.
func bytesWord(n int64) string {
	size, unit := float64(n), "bytes"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if size < 1024 {
			break
		}
		size, unit = size/1024, next
	}
	if unit == "bytes" {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	return strconv.FormatFloat(size, 'f', 1, 64) + " " + unit
}
