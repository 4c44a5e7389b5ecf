// Package lineage ties every use of temporary credentials to the issuance that
// made them, hop by hop, to the origin, and says how sure it is.
//
// [Facts] turns one record into what it adds; a store keeps facts under the
// opaque keys they declare. [Resolver.Resolve] works links out when asked, from
// nothing but facts: no order of arrival, no clock and no map order can change
// an answer. Evidence, rules and gaps are those of linkage.md section 2.
package lineage
