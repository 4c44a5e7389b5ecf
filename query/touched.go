package query

import "github.com/crosstrail/crosstrail/cloudtrail"

// Touched is what a record was about: the ARNs of its resources or, where it
// has none, the names that its request gives, as short as people say them:
// table/ledger, role/admin, acme-logs. Never a secret or session token.
func Touched(r *cloudtrail.Record) []string { panic("skeleton") }
