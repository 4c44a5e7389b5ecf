package lineage_test

import (
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// What a store pays a record for, one figure each, on real records.
func BenchmarkRecord(b *testing.B) {
	var records []*cloudtrail.Record
	var uses []lineage.Use
	realRecords(b, "invictus", func(r *cloudtrail.Record, use lineage.Use) {
		records = append(records, r.Clone())
		use.Caller = use.Caller.Clone()
		uses = append(uses, use)
	})
	measure := func(name string, f func(r *cloudtrail.Record, use lineage.Use)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f(records[i%len(records)], uses[i%len(records)])
			}
		})
	}
	measure("identity", func(r *cloudtrail.Record, _ lineage.Use) { lineage.NewIdentity(&r.UserIdentity) })
	measure("use", func(r *cloudtrail.Record, u lineage.Use) { lineage.NewUse(r, u.ID, u.Caller, u.Location) })
	measure("adds-only-names", func(r *cloudtrail.Record, u lineage.Use) { lineage.AddsOnlyNames(r, u.Caller) })
	measure("facts", func(r *cloudtrail.Record, u lineage.Use) { lineage.Facts(r, u) })
	measure("facts-but-repeated-names", func(r *cloudtrail.Record, u lineage.Use) {
		if !lineage.AddsOnlyNames(r, u.Caller) {
			lineage.Facts(r, u)
		}
	})
}

// Keys are made when a fact is kept and again when it is read.
func BenchmarkKeys(b *testing.B) {
	var facts []*lineage.Fact
	realRecords(b, "invictus", func(r *cloudtrail.Record, use lineage.Use) {
		use.Caller = use.Caller.Clone()
		for _, f := range lineage.Facts(r, use) {
			if f.Kind != lineage.Name {
				facts = append(facts, f.Clone())
			}
		}
	})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		facts[i%len(facts)].Keys()
	}
}
