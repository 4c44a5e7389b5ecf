package render

import (
	"testing"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

func TestCopyID(t *testing.T) {
	call := func(event, account string) *lineage.Fact {
		return &lineage.Fact{Use: lineage.Use{ID: cloudtrail.ID{Event: event, Recipient: account}}}
	}
	h := &lineage.Hop{Issuance: call("e", "111111111111")}
	for _, c := range []struct {
		name string
		copy *lineage.Fact
		want string
	}{
		{"an id of its own", call("f", "222222222222"), "f"},
		{"the issuance's id", call("e", "222222222222"), "e@222222222222"},
		{"the issuance's id, no account", call("e", ""), "e"},
	} {
		if got := copyID(h, c.copy); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}
