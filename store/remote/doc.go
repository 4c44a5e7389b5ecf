// Package remote answers questions from log files that lie elsewhere, of which
// it fetches only what the answer needs.
//
// There is no index over there. A chain itself tells where its next link is: a
// session names its account and the second it was made in, an issuance its
// caller's account. So the question is asked of the little that is there, each
// hop and gap of the answer names a few minutes of one account's log, these are
// fetched, and it is asked again until nothing new is wanted. Facts are a set
// and links are worked out when asked: what was fetched first makes no
// difference.
//
// A few minutes of the log are all there is to ask, so no answer here may rest
// on what hours of it would show: see [lineage.NewNarrowResolver]. What is known
// to be told less fully than with all of the log: records that came hours late,
// a session of Identity Center whose person only its other calls name (its SAML
// subject is told), the call to the portal before it, which is in an account that
// nothing names, and credentials without a creation date that were given out in
// a third region. Calls are counted in what was fetched.
package remote
