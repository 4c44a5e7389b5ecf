// Package share is the sharing of log files: who may read which part of which
// trail's bucket, how, and until when. It decides what is to be done and judges
// what is there; it calls nobody (share/iam does). Pure: what was read from AWS
// goes in, documents, calls, findings and words come out.
//
// A [Want] is what the owner asks for. With the [Surroundings] it makes a
// [Grant]: one act of sharing, with an id that follows from what it is. AWS
// holds the state: a grant is a role with our tags, or statements of a bucket
// policy with our Sids. A [Plan] is the way from what is there to the grant.
package share
