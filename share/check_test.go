package share_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crosstrail/crosstrail/share"
)

// TestMisread: what the command line alone is to blame for is told apart.
func TestMisread(t *testing.T) {
	prefix := "pre"
	for _, c := range []struct {
		w    share.Want
		want bool
	}{
		{share.Want{Organization: true, Via: share.Role}, true},
		{share.Want{Organization: true, Logs: share.Logs{All: true}}, true},
		{share.Want{Organization: true, ExternalID: "abc"}, true},
		{share.Want{To: member, Via: share.BucketPolicy, Policy: share.Seed}, true},
		{share.Want{To: member, Prefix: &prefix}, true},
		{share.Want{To: "arn:aws:sts::222222222222:assumed-role/a/b"}, true},
		{share.Want{To: outside}, false},
		{share.Want{To: outside, ExternalID: "acme-1", Logs: many(400)}, false},
	} {
		_, err := share.NewPlan(c.w, surroundings(t), nil, now)
		if r, ok := errors.AsType[*share.Refusal](err); !ok || r.Misread != c.want || len(r.Hints) == 0 {
			t.Errorf("%+v: %+v", c.w, err)
		}
	}
}

// TestWarned: what a want is warned of, and what it is not.
func TestWarned(t *testing.T) {
	tower := func(s *share.Surroundings) { s.Bucket.Name = "aws-controltower-logs-111111111111-eu-west-1" }
	for _, c := range []struct {
		w    share.Want
		code string
		want bool
	}{
		{share.Want{To: member, Via: share.BucketPolicy}, "control-tower", true},
		{share.Want{Organization: true}, "control-tower", true},
		{share.Want{To: member}, "control-tower", false},
		{share.Want{To: member, MFA: true}, "mfa-role", true},
		{share.Want{To: "arn:aws:iam::" + member + ":role/audit", MFA: true}, "mfa-role", true},
		{share.Want{To: "arn:aws:iam::" + member + ":user/auditor", MFA: true}, "mfa-role", false},
	} {
		_, warnings, _, err := share.NewGrant(c.w, surroundings(t, tower))
		if got := slices.ContainsFunc(warnings, func(w share.Warning) bool { return w.Code == c.code }); err != nil || got != c.want {
			t.Errorf("%+v, %s: %v, %+v", c.w, c.code, err, warnings)
		}
	}
}

// TestNameTaken: where a role of that name is somebody else's, only what is possible
// is proposed.
func TestNameTaken(t *testing.T) {
	for _, c := range []struct {
		change []func(*share.Surroundings)
		want   bool
	}{{nil, true}, {[]func(*share.Surroundings){writer}, false}} {
		_, err := share.NewPlan(share.Want{To: member, Via: share.Role}, surroundings(t, c.change...), &share.RoleState{Name: "x", Path: "/"}, now)
		r, ok := errors.AsType[*share.Refusal](err)
		if !ok || strings.Contains(strings.Join(r.Hints, ";"), "--via bucket-policy") != c.want {
			t.Errorf("%+v", err)
		}
	}
}

// TestNoRoom: what a bucket's policy that is too long is done about with.
func TestNoRoom(t *testing.T) {
	full := func(s *share.Surroundings) {
		for i := range 90 {
			st := s.Bucket.Policy.Statements[0]
			st.Sid = fmt.Sprintf("Theirs%d%s", i, strings.Repeat("x", 100))
			s.Bucket.Policy.Statements = append(s.Bucket.Policy.Statements, st)
		}
	}
	for _, c := range []struct {
		w    share.Want
		want string
	}{{share.Want{To: member}, "--via role --to-organization"}, {share.Want{Organization: true}, "share revoke"}, {share.Want{To: member, Logs: share.Logs{All: true}}, "--via role"}} {
		_, err := share.NewPlan(c.w, surroundings(t, full), nil, now)
		r, ok := errors.AsType[*share.Refusal](err)
		if !ok {
			t.Fatalf("%+v: %v", c.w, err)
		}
		hints := strings.Join(r.Hints, " ")
		for _, flag := range []string{"--via role", "--to-organization", "share revoke"} {
			if strings.Contains(hints, flag) != strings.Contains(c.want, flag) {
				t.Errorf("%+v: %s", c.w, hints)
			}
		}
	}
}
