package share_test

import (
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// TestJudge: a plan alone is in order, and what others' policies spoil is said
// before it is done.
func TestJudge(t *testing.T) {
	for name, w := range wants() {
		s := surroundings(t, key(false, owner, iamKey))
		p, err := share.NewPlan(w, s, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		if found := p.Judge(s, nil, now); len(found) > 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
	s := surroundings(t, func(s *share.Surroundings) {
		shut := `{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-logs/*"}`
		s.Bucket.Text = strings.Replace(s.Bucket.Text, `"Statement":[`, `"Statement":[`+shut+`,`, 1)
		s.Bucket.Policy, _ = policy.Parse(s.Bucket.Text)
	})
	p, err := share.NewPlan(share.Want{To: member}, s, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	if found := p.Judge(s, nil, now); len(found) == 0 {
		t.Error("a grant that is denied by the bucket's policy is in order")
	}
}
