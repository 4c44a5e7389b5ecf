package lineage

import (
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// switches name the rules and guards one by one, so that the mutation test can
// take each away and see a case fail.
type switches uint64

const (
	ruleAccessKey switches = 1 << iota
	ruleSignInSession
	ruleNamedOnRecord
	ruleSession
	ruleServiceSession
	ruleSignIn
	ruleSharedEvent
	ruleForwardAccess
	ruleSoleCandidate
	rulePortal
	ruleSourceIdentity
	guardDenied       // G1
	guardBeforeIssue  // G2
	guardExpiry       // G3
	guardAccount      // G4
	guardContradicted // G5
	guardCreationDate // of E1
	guardOwnKey
	guardLoop
	joinCopies
	nearSeconds // of the tuple rules
	holeLowers
	unanimousOrigin
	contestOrigins
	delegation
	groupOnBehalfOf
	applyCorrections
	expiredStops
	rootByAssumeRoot
	lastSwitch
)

func (w *walk) on(s switches) bool { return w.r.without&s == 0 }

const (
	// mostHops is how long a chain may be; what lies behind is cut and noted.
	mostHops = 32
	// mostCuts bounds the work on rings of sessions that, all in one second,
	// hand each other on: forged logs can hold any number of them.
	mostCuts = 64
	// mostDeep bounds how deep the rules may lead into each other, whichever they
	// are: a hop takes a few steps at most, so a chain that may be as long as it
	// is never comes near.
	mostDeep = 4 * mostHops
	// mostSteps bounds an attempt on forged logs where every step leads on to
	// many.
	mostSteps = 1 << 14
	// mostMissed ends an attempt that has to be made again in any case.
	mostMissed = 16
)

// walk is one attempt to resolve one use with what is on the shelf.
type walk struct {
	r    *Resolver
	want *wants

	missed int          // how often the shelf did not hold what was looked for
	cut    int          // how often a loop, or the length of the chain, ended it
	path   []string     // the issuances on the way, the use's side first
	within []standpoint // what is being resolved, the use first
	steps  int          // how much was resolved
	spoken bool         // an agent's own event is being resolved
}

// standpoint is one use as the rules see it. No chain leads through one twice,
// whatever rule led back to it.
type standpoint struct {
	who     Identity
	event   cloudtrail.ID
	request string
	at      cloudtrail.Time
	calling bool
}

// resolve returns the chain of a use. calling: it is an issuing call, and the
// chain is that of its caller.
//
// What was cut short depends on where the walk began, and what missed a fact is
// not settled: neither is remembered.
func (w *walk) resolve(u *Use, calling bool) *Chain {
	if c := w.r.recall(u, calling); c != nil {
		return c
	}
	here := standpoint{*u.Caller, u.ID, u.RequestID, u.Time, calling}
	if w.steps++; len(w.within) >= mostDeep || w.steps > mostSteps || w.on(guardLoop) && slices.Contains(w.within, here) {
		w.cut++
		return &Chain{Evidence: Unresolved, cutOff: true}
	}
	w.within = append(w.within, here)
	f := w.frame(u, calling)
	missed, cut := w.missed, w.cut
	c := f.chain()
	w.within = w.within[:len(w.within)-1]
	if w.missed == missed && w.cut == cut && !f.single {
		w.r.remember(f, c)
	}
	return c
}

// chain climbs the ladder for one use.
func (f *frame) chain() *Chain {
	var c *Chain
	switch f.id.standing() {
	case asAnonymous:
		c = f.stop(Anonymous)
	case asAccount:
		c = f.account()
	case asSession:
		f.begin()
		c = f.session()
	default:
		c = f.person()
	}
	if !f.calling {
		c = f.forwarded(c)
	}
	return c
}

// parent returns the chain of the caller of an issuance, as one of its copies
// names it; nil where the chain would go round in a ring.
func (w *walk) parent(i *issuance, by *Fact) *Chain {
	if o := grantOrigin(by); o != nil && w.on(ruleNamedOnRecord) {
		return &Chain{Evidence: Exact, Origin: o}
	}
	me := i.id + "\x1f" + by.Grant.AccessKeyID
	if w.missed > mostMissed || w.cut > mostCuts || w.on(guardLoop) && slices.Contains(w.path, me) {
		w.cut++
		return nil
	}
	w.path = append(w.path, me)
	c := w.resolve(&by.Use, true)
	w.path = w.path[:len(w.path)-1]
	if c.ring && c.Origin == nil {
		return nil
	}
	if o := c.Origin; o != nil && o.Kind == AWSService && by.Caller.standing() == asService && o.Workload == "" {
		if workload := workloadOf(by); workload != "" {
			named := *o
			named.Workload = workload
			with := *c
			with.Origin = &named
			return &with
		}
	}
	return c
}

// stop is a chain that ends without an origin.
func (f *frame) stop(reason Reason, hops ...Hop) *Chain {
	return &Chain{Evidence: Unresolved, Hops: hops, Gaps: []Gap{f.gap(reason, callerAccount(f.id))}}
}

// person ends a chain: the record names who it is, or nobody.
func (f *frame) person() *Chain {
	o := namedOnRecord(f.id)
	if !f.w.on(ruleNamedOnRecord) {
		o = nil
	}
	if o == nil {
		return f.nameless()
	}
	if f.id.Type == "Root" {
		if c, ok := f.byAssumeRoot(); ok {
			return c
		}
	}
	if other := f.id.OnBehalfOfUser; other != "" && o.Kind != IdentityCenterUser {
		return &Chain{
			Evidence:   Contested,
			Candidates: []Candidate{{Origin: o}},
			Conflicts:  []Conflict{{Says: "onBehalfOf", Origin: identityCenterOrigin(f.id)}},
		}
	}
	if o.SignIn = f.signIn(); o.SignIn != nil && o.SignIn.By == "GetSessionToken" {
		o.AccessKeyID = o.SignIn.Event.Caller.AccessKeyID
	}
	return &Chain{Evidence: Exact, Origin: o}
}

// nameless is the chain of a record that names nobody and shows no session.
func (f *frame) nameless() *Chain {
	if c := f.byCredential(); c != nil {
		return c
	}
	reason := NoSessionFields
	switch {
	case f.id.Redacted:
		reason = Redacted
	case f.id.standing() == asService:
		reason = ServiceInternal
	}
	c := f.stop(reason)
	if f.w.on(ruleSourceIdentity) {
		c = f.claimed(c)
	}
	return c
}
