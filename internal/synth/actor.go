package synth

import "slices"

// Truth is what is so of one event, and how much of it the log that was kept
// can tell.
type Truth struct {
	// Origin is the id of who is behind the event, in the form that the kept
	// records can give, "" where nobody made it under a name (anonymous).
	Origin string
	// Also are other ids of that same one: right, if less telling.
	Also []string
	// Knowable says whether the kept records can tell the origin.
	Knowable bool
	// Best is the strongest evidence that may honestly be claimed for it:
	// exact, strong, inferred, claimed, contested or unresolved.
	Best string
}

// Names reports whether an origin's id names the one behind the event.
func (t Truth) Names(id string) bool { return id == t.Origin || slices.Contains(t.Also, id) }

// actor is whose credentials made a record: somebody, or a session of theirs.
type actor struct {
	origin string   // id, for who is no session
	also   []string // other ids of the same
	unique string   // unique id, for IAM users: AIDA…

	parent   *actor
	issued   *event   // the caller's copy, or the only one; nil where AWS logs none
	copied   *event   // the role owner's copy
	others   []*event // issuances in the same second, for the same
	portal   *event   // the call to Identity Center that led to it
	key      string   // as issued
	switched *event   // the console's SwitchRole record
	named    []*event
	claim    string // source identity
	tied     bool   // another's session has the same principal and second
	vouched  bool   // the claim was made by AWS: it is the origin
}

func (a *actor) root() *actor {
	for a.parent != nil {
		a = a.parent
	}
	return a
}

// The ladder's words, strongest first; evidence is an index.
var ladder = []string{"exact", "strong", "inferred", "claimed", "contested", "unresolved"}

const (
	exact = iota
	strong
	inferred
	claimed
	contested
	unresolved
)

// knowledge is what kept records tell: an id, or none, and the grade.
type knowledge struct {
	id    string
	grade int
}

var nothing = knowledge{grade: unresolved}

func (k knowledge) atBest(grade int) knowledge {
	k.grade = max(k.grade, grade)
	return k
}

// judge tells the truth of an event, once it is settled which records are kept.
func judge(e *event) Truth {
	root := e.by.root()
	t := Truth{Origin: root.origin, Also: slices.Clone(root.also)}
	if e.names != "" && e.names != root.origin {
		// A record may name somebody else than its session does: the person
		// an application acted for, or the SAML subject of a portal's user.
		t.Also = append(t.Also, root.origin)
		t.Origin = e.names
	}
	k := known(e)
	t.Knowable = k.id != ""
	t.Best = ladder[k.grade]
	if t.Knowable && k.id != t.Origin {
		t.Also = append(t.Also, t.Origin)
		t.Origin = k.id
	}
	if c := e.by.claim; c != "" {
		t.Also = append(t.Also, "sourceIdentity:"+c)
		if k.grade == unresolved {
			t.Best = ladder[claimed]
		}
	}
	return t
}

// known is what the kept records tell of the origin of one of them.
func known(e *event) knowledge {
	switch {
	case e.names != "":
		return knowledge{e.names, exact}
	case e.amended != nil && e.amended.kept:
		return known(e.amended)
	case e.grants != "":
		return knowledge{grade: exact}
	case e.vague:
		return knowledge{grade: strong}
	case e.owner && e.partner.kept:
		k := known(e.partner)
		if !e.issues {
			k = k.atBest(strong)
		}
		return k
	case e.owner && e.by.unique != "":
		return knowledge{"account:" + e.who.account + ":" + e.by.unique, exact}
	case e.owner:
		return knowledge{grade: inferred}
	case e.by.parent == nil && e.by.origin == "":
		return nothing
	case e.by.parent == nil:
		return knowledge{e.by.origin, exact}
	}
	return knownSession(e.by, e.who.key)
}

// knownSession is what the kept records tell of a session, seen under a key.
func knownSession(s *actor, key string) knowledge {
	link := strong
	if key != "" && key == s.key {
		link = exact
	}
	best := nothing
	for _, e := range s.named {
		if !e.kept {
			continue
		}
		if key != "" && e.who.key == key {
			return knowledge{e.names, exact}
		}
		best = knowledge{e.names, strong}
	}
	if link == strong && s.tied {
		return knowledge{grade: contested}
	}
	if best.id != "" {
		return best
	}
	issuance := s.issued
	for _, e := range append([]*event{s.copied}, s.others...) {
		if e != nil && (issuance == nil || !issuance.kept) {
			issuance = e
		}
	}
	switch {
	case issuance != nil && issuance.kept && issuance.grants != "":
		return knowledge{issuance.grants, link}
	case issuance != nil && issuance.kept && s.vouched:
		return knowledge{s.root().origin, strong}
	case issuance != nil && issuance.kept:
		k := known(issuance).atBest(link)
		if k.id == "" && s.switched != nil && s.switched.kept {
			return knowledge{s.root().origin, strong}
		}
		return k
	case s.switched != nil && s.switched.kept:
		return knowledge{s.root().origin, strong}
	case s.portal != nil && s.portal.kept:
		return knowledge{grade: inferred}
	}
	return nothing
}
