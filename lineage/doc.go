// Package lineage ties every use of temporary credentials to the issuance that
// made them, hop by hop, to the origin, and says how sure it is.
//
// [Facts] turns one record into what it adds; a store keeps facts under the
// opaque keys they declare. [Resolver.Resolve] works links out when asked, from
// nothing but facts: no order of arrival, no clock and no map order can change
// an answer. [Resolver.Descend] goes the other way: what a person, a session or a
// key handed out. [LogHorizon] tells what of a log was there to be read.
// Evidence, rules and gaps are those of linkage.md section 2.
//
// To keep records: [NewIdentity] once for equal userIdentity elements, [NewUse]
// for each record, [Facts] unless it [AddsOnlyNames] that are known already. All
// of it aliases the decoder's buffer until cloned.
package lineage
