package main

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/deploy/site"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/store/dynamo"
)

// What a hub costs beside its table, at list prices of us-east-1 (docs/cost.md, "Beside
// the table"): an invocation of the function with half a second on 512 MB of arm64, the
// queue's three requests, and a GET; alarms (Amazon CloudWatch pricing) each a month.
const (
	dollarsToInvoke = 0.2/million + 0.25*0.0000133334 + 3*0.4/million + 0.4/million
	dollarsAnAlarm  = 0.10
	alarms          = 5
	daysAMonth      = 30
)

// Write units (docs/cost.md, "Writing and keeping"): of an issuance about ten pointers
// more, and two of a log file.
const (
	unitsToPoint = 10
	unitsAFile   = 2
)

// describeCost says what a day is likely to bring, and what that costs.
func (h *hubUp) describeCost(ctx context.Context) {
	if h.logs == nil {
		h.does.say("expected", "as many events as spokes send; a million of them %s to write and %s a month to keep, beside %s a month for alarms (list prices of us-east-1)",
			dollars(million*(unitsToWrite+unitsToPoint)*dynamo.DollarsAWrite), dollars(million*dollarsToKeep), dollars(alarms*dollarsAnAlarm))
		return
	}
	watch := h.table.watch()
	e := site.Expecting{Bucket: h.logs.Bucket, Region: h.logs.BucketRegion, Prefix: h.logs.Prefix, UnitsAFile: unitsAFile, Units: func(r *cloudtrail.Record) float64 { return unitsOf(watch, r) }}
	f, err := h.at.site.Forecast(ctx, e)
	if err != nil {
		h.does.warn("what a day is likely to bring cannot be told: %v", h.explain(err))
		return
	}
	if f.Empty || f.Unreadable != "" {
		h.does.say("expected", "%s; a million events %s to write and %s a month to keep (list prices of us-east-1)", f.How(), dollars(million*dollarsToWrite), dollars(million*dollarsToKeep))
		return
	}
	h.does.say("expected", "about %s a day, of which about %s taken: about %s a day (%s)",
		number(int(f.Records+0.5), "event"), thousands(int(f.Taken+0.5)), number(int(f.Units+0.5), "write unit"), f.How())
	h.does.say("costs", "%s a month to write, %s for function, queue and alarms, and with each month %s a month more to keep (list prices of us-east-1)",
		dollars(f.Units*dynamo.DollarsAWrite*daysAMonth), dollars(f.Invocations*dollarsToInvoke*daysAMonth+alarms*dollarsAnAlarm), dollars(f.Taken*daysAMonth*dollarsToKeep))
}

// unitsOf is about how many write units a record costs; 0: it is left out.
func unitsOf(watch *lineage.Watch, r *cloudtrail.Record) float64 {
	who := lineage.NewIdentity(&r.UserIdentity)
	use := lineage.NewUse(r, r.ID(""), &who, lineage.Location{})
	if !watch.Takes(r, &use) {
		return 0
	}
	units := float64(unitsToWrite)
	for _, f := range lineage.Facts(r, use) {
		if f.Kind == lineage.Issuance {
			units += unitsToPoint
		}
	}
	return units
}
