package share_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share"
)

// TestHandover: the external id is told of, not told; the folders are those of the
// grant, as keys are written.
func TestHandover(t *testing.T) {
	s := around()
	prefix := "a*b ?"
	s.Trail.Prefix = prefix
	const id = "the-id-that-the-reader-made"
	g, role := granted(t, share.Want{To: member, Via: share.Role, ExternalID: id, Logs: share.Logs{Accounts: []string{"222222222222", "333333333333"}}}, s)
	h := (&share.Found{Grant: g, Role: role}).Handover(s)
	same(t, h.Folders, []string{"a*b ?/AWSLogs/222222222222/", "a*b ?/AWSLogs/333333333333/"})
	text, err := json.Marshal(h)
	if err != nil || strings.Contains(string(text), id) || !strings.Contains(string(text), `"externalId":true`) {
		t.Errorf("%s, %v", text, err)
	}
	var read struct{ Reading *share.Reading }
	if err := json.Unmarshal(text, &read); err != nil || read.Reading.Check() != nil || read.Reading.Document().String() != h.Policy.String() {
		t.Errorf("what is handed over makes another policy: %s, %v", text, err)
	}
}

func TestHandoverToAll(t *testing.T) {
	s := around()
	s.Trail.Organization = true
	s.Organization = &share.Organization{ID: "o-exampleorgid", Management: owner, Members: []string{member}}
	g, _, _, err := share.NewGrant(share.Want{Organization: true}, s)
	if err != nil {
		t.Fatal(err)
	}
	h := (&share.Found{Grant: g}).Handover(s)
	same(t, h.Folders, []string{"AWSLogs/o-exampleorgid/YOUR-ACCOUNT-ID/"})
	if !h.EachItsOwn {
		t.Error("each account reads its own")
	}
}
