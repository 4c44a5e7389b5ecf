// Package crosstrail is the root of a tool that tells who really did what
// across AWS accounts: it ties every CloudTrail record made with temporary
// credentials to the issuance that made them, hop by hop, to the origin, with
// proof.
//
// Two packages are meant for import by other programs: cloudtrail, which
// decodes records, and lineage, which links them. ARCHITECTURE.md is the tour.
package crosstrail
