package lineage

import (
	"maps"
	"testing"
)

// Every rule and every guard is taken away in turn: some case must come out
// otherwise, else nothing shows that it is needed.
func TestMutations(t *testing.T) {
	cases := vectors()
	decoded := make([][]entry, len(cases))
	for i := range cases {
		decoded[i] = cases[i].entries(t)
	}
	names := map[switches]string{
		ruleAccessKey: "access-key", ruleSignInSession: "sign-in-session", ruleNamedOnRecord: "named-on-record",
		ruleSession: "session", ruleServiceSession: "service-session", ruleSignIn: "sign-in", ruleSharedEvent: "shared-event",
		ruleForwardAccess: "forward-access", ruleSoleCandidate: "sole-candidate", rulePortal: "portal",
		ruleSourceIdentity: "source-identity", guardDenied: "denied", guardBeforeIssue: "before-issue", guardExpiry: "expiry",
		guardAccount: "account", guardContradicted: "contradicted", guardCreationDate: "creation-date", guardOwnKey: "own-key",
		guardLoop: "loop", joinCopies: "copies", nearSeconds: "near seconds", holeLowers: "holes", unanimousOrigin: "unanimous origin",
		contestOrigins: "contested", delegation: "delegation", groupOnBehalfOf: "propagation", applyCorrections: "corrections",
		expiredStops: "expired stops", rootByAssumeRoot: "AssumeRoot",
	}
	for s := switches(1); s < lastSwitch; s <<= 1 {
		t.Run(names[s], func(t *testing.T) {
			if names[s] == "" {
				t.Fatalf("switch %b has no name", s)
			}
			for i := range cases {
				if !maps.Equal(cases[i].want, cases[i].answers(t, decoded[i], s)) {
					return
				}
			}
			t.Error("no case needs it")
		})
	}
}
