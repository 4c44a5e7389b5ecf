package dynamo

import (
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// TestKindOf: what is written is known for what it is, and so is what the program in
// AWS's text puts, whatever event ids it was given.
func TestKindOf(t *testing.T) {
	use := lineage.Use{Time: 1, ID: cloudtrail.ID{Event: "e", Recipient: account}}
	f := cloudtrail.ParseLogFileName(firstFile)
	named := &lineage.Fact{Kind: lineage.Name}
	r := &cloudtrail.Record{Raw: "{}", EventID: "a#b"}
	event := new(Store).items(r, useOf(r, account, lineage.Location{}), "")
	put := func(partition, sort string) item {
		i := itemKey{partition, sort}.attributes()
		i[attrRecord] = text("{}")
		return i
	}
	const moment = "2026-01-02T10:00:00Z"
	for n, test := range []struct {
		i    item
		want kind
	}{
		{event.event, kindEvent},
		{daysItem(&use), kindDay},
		{factItem("kA", eventKey(&use)), kindPointer},
		{nameItem("pA", named), kindName},
		{fileItem(fileKey(f), f), kindFile},
		{failedItem(f, errTooLarge), kindFailed},
		{fileItem(spanKey("a", "b"), f), kindSpan},
		{metaKey.attributes(), kindTable},
		{put("e", moment), kindForeign},
		{put("e", "soon"), kindForeign},
		{put("a#b", moment), kindForeign},
		{put("fact#kA", moment), kindForeign},
		{put("days#", moment), kindForeign},
		{put("e", moment+"#x"), kindOther},
		{itemKey{"e", moment}.attributes(), kindOther},
	} {
		if got := kindOf(test.i); got != test.want {
			t.Errorf("%d, %s: kind %d, want %d", n, keyOf(test.i), got, test.want)
		}
	}
}
