package share_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// granted is a grant by role, and the role as AWS has it after it was granted.
func granted(t *testing.T, w share.Want, s *share.Surroundings) (*share.Grant, *share.RoleState) {
	t.Helper()
	g, _, _, err := share.NewGrant(w, s)
	if err != nil {
		t.Fatal(err)
	}
	return g, &share.RoleState{
		Name: g.RoleName(), Path: share.Path, ARN: g.RoleARN(), Trust: g.Trust(), MaxSession: 3600, Tags: map[string]string{share.TagGrant: g.ID},
		Inline: map[string]*policy.Document{share.PermissionsName: g.Permissions(s, s.Scope(g, share.Days))},
	}
}

func around() *share.Surroundings {
	return &share.Surroundings{
		Caller: share.Caller{Account: owner, Partition: "aws"},
		Trail:  share.Trail{ARN: "arn:aws:cloudtrail:us-east-1:" + owner + ":trail/all", Name: "all", Account: owner, Bucket: "logs"},
		Bucket: share.Bucket{Name: "logs", Account: owner, Region: "eu-west-1", Ownership: share.Enforced},
	}
}

// operations are the calls in short: the operation, and what it is about.
func operations(calls []share.Call) []string {
	var out []string
	for _, c := range calls {
		text := c.Operation
		for _, name := range []string{"InstanceProfileName", "PolicyName", "PolicyArn", "Bucket", "VersionId"} {
			if v, ok := c.Parameters[name].(string); ok {
				text += " " + v
			}
		}
		out = append(out, text)
	}
	return out
}

func same(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// TestRevokeOrder: access only ever shrinks on the way, and what denies goes last.
func TestRevokeOrder(t *testing.T) {
	s := around()
	g, role := granted(t, share.Want{To: member, Via: share.Role}, s)
	role.Profiles = []string{"web", role.Name}
	role.Attached = []string{"arn:aws:iam::aws:policy/AdministratorAccess"}
	role.Inline["more"] = &policy.Document{Version: policy.Version2012}
	role.Boundary = "arn:aws:iam::111111111111:policy/bound"
	r, err := share.NewRevocation(g, role, s, now, false)
	if err != nil {
		t.Fatal(err)
	}
	same(t, operations(r.Calls), []string{
		"UpdateAssumeRolePolicy", "PutRolePolicy AWSRevokeOlderSessions",
		"RemoveRoleFromInstanceProfile " + role.Name, "DeleteInstanceProfile " + role.Name, "RemoveRoleFromInstanceProfile web",
		"DetachRolePolicy arn:aws:iam::aws:policy/AdministratorAccess", "DeleteRolePolicy crosstrail", "DeleteRolePolicy more",
		"DeleteRolePolicy AWSRevokeOlderSessions", "DeleteRole",
	})
	if cut := r.Documents[1].After.String(); !strings.Contains(cut, `"DateLessThan":{"aws:TokenIssueTime":"2026-11-29T12:05:00Z"}`) || !strings.Contains(cut, `"Effect":"Deny","Action":"*","Resource":"*"`) {
		t.Error(cut)
	}
	var told []string
	for _, w := range r.Warnings {
		told = append(told, w.Code)
	}
	same(t, told, []string{"foreign-policy", "foreign-policy", "instance-profile", "instance-profile"})
}

// TestRevokeInParts: what an interrupted run left is what the next does.
func TestRevokeInParts(t *testing.T) {
	s := around()
	g, role := granted(t, share.Want{To: member, Via: share.Role}, s)
	first, err := share.NewRevocation(g, role, s, now, false)
	if err != nil {
		t.Fatal(err)
	}
	role.Trust, role.Inline = first.Documents[0].After, map[string]*policy.Document{"AWSRevokeOlderSessions": first.Documents[1].After}
	second, err := share.NewRevocation(g, role, s, now.Add(time.Hour), false)
	if err != nil {
		t.Fatal(err)
	}
	same(t, operations(second.Calls), []string{"PutRolePolicy AWSRevokeOlderSessions", "DeleteRolePolicy AWSRevokeOlderSessions", "DeleteRole"})
	third, err := share.NewRevocation(g, nil, s, now, false)
	if err != nil || len(third.Calls) > 0 {
		t.Errorf("%v, %v", third, err)
	}
}

func TestKeepSessions(t *testing.T) {
	s := around()
	g, role := granted(t, share.Want{To: member, Via: share.Role}, s)
	at := func(now time.Time, keep bool) *share.Revocation {
		t.Helper()
		r, err := share.NewRevocation(g, role, s, now, keep)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	first := at(now, true)
	same(t, operations(first.Calls), []string{"UpdateAssumeRolePolicy", "TagRole"})
	ends := now.Add(time.Hour + 5*time.Minute)
	if !first.Ends.Equal(ends) {
		t.Errorf("its sessions end at %s, not at %s", ends, first.Ends)
	}
	role.Trust = first.Documents[0].After
	role.Tags[share.TagShut] = "2026-11-29T12:00:00Z"
	if again := at(now.Add(time.Minute), true); len(again.Calls) > 0 || !again.Ends.Equal(ends) {
		t.Errorf("a second --keep-sessions moves the end: %v, %s", again.Calls, again.Ends)
	}
	if now := at(now.Add(time.Minute), false); !now.Live || len(now.Calls) != 4 {
		t.Errorf("before the end, without --keep-sessions: %+v", now)
	}
	if later := at(ends, true); later.Live || operations(later.Calls)[len(later.Calls)-1] != "DeleteRole" {
		t.Errorf("the next revoke after the end: %+v", later)
	}
	role.Trust = g.Trust()
	if opened := at(ends, true); !opened.Ends.After(ends) || len(opened.Calls) != 2 {
		t.Errorf("a trust that was opened again in between: %+v", opened)
	}
}

// TestRevokeStatements: of the policies of bucket and key only our own statements
// go, and the others keep their bytes.
func TestRevokeStatements(t *testing.T) {
	s := around()
	const cloudtrail = `{"Sid":"AWSCloudTrailWrite", "Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/AWSLogs/111111111111/*"}`
	before, err := policy.Parse(`{"Version":"2012-10-17","Statement":[` + cloudtrail + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	s.Bucket.Policy = before
	s.Keys = []share.Key{{ARN: "arn:aws:kms:eu-west-1:" + owner + ":key/k", Account: owner, Policy: before}}
	g, _, _, err := share.NewGrant(share.Want{To: member}, s)
	if err != nil {
		t.Fatal(err)
	}
	other := *g
	other.ID = "abcdefghijkl"
	s.Bucket.Policy = before.With(named(g), g.BucketStatements(s.Scope(g, share.Days))...).With(named(&other), other.BucketStatements(s.Scope(g, share.Days))...)
	s.Keys[0].Policy = before.With(named(g), g.KeyStatement())
	r, err := share.NewRevocation(g, nil, s, now, false)
	if err != nil {
		t.Fatal(err)
	}
	same(t, operations(r.Calls), []string{"PutBucketPolicy logs", "PutKeyPolicy default"})
	if r.Calls[0].Region != "eu-west-1" || r.Calls[1].Region != "eu-west-1" {
		t.Errorf("%+v", r.Calls)
	}
	want := before.With(named(&other), other.BucketStatements(s.Scope(g, share.Days))...).String()
	if got := r.Calls[0].Parameters["Policy"]; got != want {
		t.Errorf("the bucket's policy is to be\n%s\nand not\n%s", want, got)
	}
	if got := r.Calls[1].Parameters["Policy"]; got != before.String() {
		t.Errorf("the key's policy is to be\n%s\nand not\n%s", before, got)
	}

	s.Bucket.Policy, s.Keys = new(policy.Document).With(named(g), g.BucketStatements(s.Scope(g, share.Days))...), nil
	if r, err = share.NewRevocation(g, nil, s, now, false); err != nil || operations(r.Calls)[0] != "DeleteBucketPolicy logs" {
		t.Errorf("%v, %v: a policy without statements is none", r, err)
	}
	if _, err = share.NewRevocation(g, nil, s, now, true); err == nil {
		t.Error("--keep-sessions of a grant that has none")
	}
}

func TestRevokeLeavesOthersRoles(t *testing.T) {
	s := around()
	g, role := granted(t, share.Want{To: member, Via: share.Role}, s)
	for name, change := range map[string]func(){
		"another tag": func() { role.Tags[share.TagGrant] = "abcdefghijkl" },
		"no tag":      func() { delete(role.Tags, share.TagGrant) },
	} {
		change()
		if r, err := share.NewRevocation(g, role, s, now, false); err == nil {
			t.Errorf("%s: %v", name, r.Calls)
		}
	}
}

// named tells a grant's own statements.
func named(g *share.Grant) func(sid string) bool {
	return func(sid string) bool { return share.Ours(sid) == g.ID }
}

// TestGrantedAgain: after a revocation that was interrupted, who is granted again is
// not kept out by what cut his older sessions off.
func TestGrantedAgain(t *testing.T) {
	s := surroundings(t)
	w := share.Want{To: member, Via: share.Role}
	p, err := share.NewPlan(w, s, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	role := apply(t, p, s)
	r, err := share.NewRevocation(p.Grant, role, s, now, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Documents {
		if d.Kind == share.TrustDocument {
			role.Trust = d.After
		} else if d.Kind == share.PermissionsDocument {
			role.Inline[d.Name] = d.After
		}
	}
	later := now.Add(time.Minute)
	if p, err = share.NewPlan(w, s, role, later); err != nil {
		t.Fatal(err)
	}
	moment := ""
	for _, c := range p.Calls {
		if c.Parameters["PolicyName"] == "AWSRevokeOlderSessions" {
			d, err := policy.Parse(c.Parameters["PolicyDocument"].(string))
			if err != nil {
				t.Fatal(err)
			}
			moment = d.Statements[0].Condition["DateLessThan"]["aws:TokenIssueTime"][0]
			role.Inline["AWSRevokeOlderSessions"] = d
		} else if c.Operation == "UpdateAssumeRolePolicy" {
			role.Trust = p.Grant.Trust()
		}
	}
	if moment != later.UTC().Format(time.RFC3339) {
		t.Errorf("sessions of before %q are cut off: %+v", moment, p.Calls)
	}
	if p, err = share.NewPlan(w, s, role, later.Add(time.Second)); err != nil || len(p.Calls) > 0 {
		t.Errorf("again: %v %+v", err, p.Calls)
	}
}
