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

	parent      *actor
	issued      *event   // the caller's copy, or the only one; nil where AWS logs none
	copied      *event   // the role owner's copy
	twins       []*actor // sessions of the same principal and second, for the same
	portal      *event   // the call to Identity Center that led to it
	key         string   // as issued
	switched    *event   // the console's SwitchRole record
	named       []*event
	claim       string   // source identity
	shown       []*event // its records that name the workload
	sole        bool     // a copy that names it by principal alone can mean no other session
	skewed      bool     // its creation date is a second off
	doubted     bool     // two variants of its issuance name two callers
	placeholder bool     // its issuance shows its caller's own key, and is taken for none
	asked       bool     // being looked at: twins lead to each other
	tied        bool     // another's session has the same principal and second
	vouched     bool     // the claim was made by AWS: it is the origin
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
	case e.dead:
		return nothing
	case e.names != "":
		return knowledge{e.names, exact}
	case e.amended != nil && e.amended.kept:
		return known(e.amended)
	case e.grants != "" || e.disputed:
		return knowledge{grade: exact}
	case e.owner && e.partner.kept:
		k := known(e.partner)
		if !e.issues {
			k = k.atBest(strong)
		}
		return k
	case e.owner && e.by.unique != "":
		return knowledge{"account:" + e.who.account + ":" + e.by.unique, exact}
	case e.owner && e.by.sole:
		return knownSession(e.by, "").atBest(inferred)
	case e.owner:
		return knowledge{grade: inferred}
	case e.by.parent == nil && e.by.origin == "":
		return nothing
	case e.by.parent == nil:
		return knowledge{e.by.origin, exact}
	}
	if k := knownSession(e.by, e.who.key); k.id != "" || e.who.invokedBy == "" || !slices.ContainsFunc(e.by.shown, isKept) {
		return k
	}
	// A service went on with a session that other records name.
	return knowledge{e.by.root().origin, inferred}
}

func isKept(e *event) bool { return e.kept }

// knownSession is what the kept records tell of a session, seen under a key.
func knownSession(s *actor, key string) knowledge {
	link := strong
	if key != "" && key == s.key {
		link = exact
	} else if s.skewed {
		link = inferred
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
	if s.doubted || link != exact && s.tied {
		return knowledge{grade: contested}
	}
	if best.id != "" {
		return best
	}
	if k := s.knownIssuance(link); link == exact && k != nothing {
		best = k
	} else {
		for _, made := range append([]*actor{s}, s.twins...) {
			if k := made.knownIssuance(max(link, strong)); k.grade < best.grade {
				best = k
			}
		}
	}
	switch {
	case best.id != "":
		return best
	case s.switched != nil && s.switched.kept:
		return knowledge{s.root().origin, strong}
	case s.portal != nil && s.portal.kept:
		return knowledge{s.portal.names, inferred}
	}
	return best
}

// knownIssuance is what the kept copies of a session's issuance tell, by a link
// of some grade.
func (a *actor) knownIssuance(link int) knowledge {
	e := a.issued
	if e == nil || !e.kept {
		e = a.copied
	}
	if e == nil || !e.kept || a.asked {
		return nothing
	}
	a.asked = true
	defer func() { a.asked = false }()
	switch {
	case e.grants != "":
		return knowledge{e.grants, link}
	case a.vouched:
		return knowledge{a.root().origin, strong}
	case a.placeholder:
		return knowledge{grade: link}
	}
	return known(e).atBest(link)
}
