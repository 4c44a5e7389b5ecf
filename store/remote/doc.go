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
// on what hours of it would show: see [lineage.NewNarrowResolver].
package remote
