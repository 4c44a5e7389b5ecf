package share

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Revocation is what is to be done for a grant to end, in an order in which a run
// that breaks off anywhere leaves less access than there was, never more
// (linkage.md 8.5). It is made of what is there, so that the next run finishes.
type Revocation struct {
	Grant     *Grant     `json:"grant"`
	Documents []Document `json:"documents"`
	Calls     []Call     `json:"calls"`
	Warnings  []Warning  `json:"warnings"`

	// Ends is when the last session in the role will have ended, where sessions are kept.
	Ends time.Time `json:"ends,omitzero"`
	// Live is whether sessions that were left to end are cut off before they have.
	Live bool `json:"live,omitempty"`
}

const (
	// revokePolicy is the name that the IAM console gives to the policy that cuts
	// sessions off (IAM User Guide, Revoke IAM role temporary security credentials).
	revokePolicy = "AWSRevokeOlderSessions"
	// skew is how far a clock may be off that AWS takes signatures of (IAM User
	// Guide, Troubleshoot signed requests: five minutes). Sessions that were issued
	// while the shut trust policy was on its way are cut off too.
	skew = 5 * time.Minute
	// longestSession is the most that MaxSessionDuration can be.
	longestSession = 12 * time.Hour
)

// NewRevocation makes the way from what is there to nothing of it. role is nil where
// the grant's role is not there. keep leaves the sessions in the role to end by
// themselves: its trust is shut, and the role deleted by the next revocation.
//
// It is an error where the role is none that can be told to be the grant's, or where
// keep makes no sense.
func NewRevocation(g *Grant, role *RoleState, s *Surroundings, now time.Time, keep bool) (*Revocation, error) {
	r := &Revocation{Grant: g}
	if role != nil && (role.Tags[TagGrant] != g.ID || role.Path != Path || role.Name != g.RoleName() || !g.identified()) {
		return nil, fmt.Errorf("role %s cannot be told to be of grant %s, by its name, path and tags: it is left alone", role.ARN, g.ID)
	}
	if keep && g.Means == BucketPolicy {
		return nil, errors.New("a grant by bucket policy has no sessions of its own to keep: readers use those of their account")
	}
	if keep && role != nil {
		ends, known := SessionsEnd(role)
		if !isShut(role.Trust) || !known {
			r.shut(role)
			r.call("iam", "TagRole", "RoleName", role.Name, "Tags", []map[string]string{{"Key": TagShut, "Value": now.UTC().Format(time.RFC3339)}})
			r.Ends = now.UTC().Add(sessionsOf(role) + skew).Truncate(time.Second)
			r.foreign(role, "lets its sessions do more until they have ended")
			return r, nil
		}
		if now.Before(ends) {
			r.Ends = ends // nothing to do but wait
			return r, nil
		}
	}
	if role != nil {
		ends, known := SessionsEnd(role)
		r.Live = known && now.Before(ends)
		r.shut(role)
		r.cut(role, now)
	}
	if err := r.clear(g, s); err != nil {
		return nil, err
	}
	if role != nil {
		r.dismantle(role)
	}
	return r, nil
}

// SessionsEnd is when the last session will have ended in a role whose trust was
// shut to let them end, by its tag.
func SessionsEnd(role *RoleState) (ends time.Time, known bool) {
	shut, err := time.Parse(time.RFC3339, role.Tags[TagShut])
	if err != nil {
		return time.Time{}, false
	}
	return shut.Add(sessionsOf(role) + skew), true
}

func sessionsOf(role *RoleState) time.Duration {
	if role.MaxSession <= 0 {
		return longestSession
	}
	return time.Duration(role.MaxSession) * time.Second
}

// shutTrust lets nobody in. A trust policy has a statement at least.
func shutTrust() *policy.Document {
	return &policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Sid: sidPrefix + "Shut", Effect: policy.Deny, Principal: &policy.Principal{Everyone: true}, Action: policy.Strings{"sts:AssumeRole"},
	}}}
}

// isShut reports whether a trust policy allows nothing.
func isShut(trust *policy.Document) bool {
	return trust != nil && !slices.ContainsFunc(trust.Statements, func(s policy.Statement) bool { return s.Effect != policy.Deny })
}

func (r *Revocation) shut(role *RoleState) {
	if isShut(role.Trust) {
		return
	}
	after := shutTrust()
	r.Documents = append(r.Documents, Document{Kind: TrustDocument, Resource: role.ARN, Before: role.Trust, After: after})
	r.call("iam", "UpdateAssumeRolePolicy", "RoleName", role.Name, "PolicyDocument", after.String())
}

// cut denies everything to sessions that were issued before now.
func (r *Revocation) cut(role *RoleState, now time.Time) {
	after := cutBefore(now.Add(skew))
	r.Documents = append(r.Documents, Document{Kind: PermissionsDocument, Resource: role.ARN, Name: revokePolicy, Before: role.Inline[revokePolicy], After: after})
	r.call("iam", "PutRolePolicy", "RoleName", role.Name, "PolicyName", revokePolicy, "PolicyDocument", after.String())
}

// uncut is for a grant that is given again after it was taken back, in part or as a
// whole: sessions of before stay cut off, and those that begin now are not. nil
// where nothing keeps them out.
func uncut(g *Grant, role *RoleState, now time.Time) *Document {
	if role == nil {
		return nil
	}
	before := role.Inline[revokePolicy]
	moment := cutMoment(before)
	if !moment.After(now) {
		return nil
	}
	return &Document{Kind: PermissionsDocument, Resource: g.RoleARN(), Name: revokePolicy, Before: before, After: cutBefore(now)}
}

// cutMoment is the moment before which a policy cuts sessions off; zero where it
// does nothing of the kind.
func cutMoment(d *policy.Document) time.Time {
	var latest time.Time
	for _, s := range statementsOf(d) {
		for _, text := range s.Condition["DateLessThan"]["aws:TokenIssueTime"] {
			if t, err := time.Parse(time.RFC3339, text); err == nil && s.Effect == policy.Deny && t.After(latest) {
				latest = t
			}
		}
	}
	return latest
}

func cutBefore(moment time.Time) *policy.Document {
	return one(policy.Statement{
		Effect: policy.Deny, Action: policy.Strings{"*"}, Resource: policy.Strings{"*"},
		Condition: policy.Condition{"DateLessThan": {"aws:TokenIssueTime": {moment.UTC().Format(time.RFC3339)}}},
	})
}

// clear takes the grant's own statements out of the policies of the bucket and its
// keys. All others stay as they are.
func (r *Revocation) clear(g *Grant, s *Surroundings) error {
	if before := s.Bucket.Policy; len(before.Named(g.owns)) > 0 {
		after := before.With(g.owns)
		d := Document{Kind: BucketDocument, Resource: g.bucketARN(), Before: before, After: after}
		if len(after.Statements) == 0 {
			d.After = nil
			r.call("s3", "DeleteBucketPolicy", "Bucket", g.Bucket, "ExpectedBucketOwner", g.Owner)
		} else {
			r.call("s3", "PutBucketPolicy", "Bucket", g.Bucket, "Policy", after.String(), "ExpectedBucketOwner", g.Owner)
		}
		r.Calls[len(r.Calls)-1].Region = s.Bucket.Region
		r.Documents = append(r.Documents, d)
	}
	for _, key := range s.Keys {
		before := key.Policy
		if before == nil && !key.AWSManaged {
			r.warn("not-read", "the policy of key "+key.ARN+" could not be read: a statement "+g.Sid("Decrypt")+" in it would stay, though it lets nobody read without the rest")
		}
		if len(before.Named(g.owns)) == 0 {
			continue
		}
		after := before.With(g.owns)
		if len(after.Statements) == 0 {
			return fmt.Errorf("the policy of key %s has no statement but ours: without it nobody could use the key or mend it; give it another first", key.ARN)
		}
		r.Documents = append(r.Documents, Document{Kind: KeyDocument, Resource: key.ARN, Before: before, After: after})
		r.call("kms", "PutKeyPolicy", "KeyId", key.ARN, "PolicyName", "default", "Policy", after.String())
		r.Calls[len(r.Calls)-1].Region = regionOf(key.ARN)
	}
	return nil
}

// dismantle removes what hangs on a role, and the role (IAM API Reference,
// DeleteRole). What denies goes last. A permissions boundary goes with the role:
// without it the role would be allowed more while it is still there.
func (r *Revocation) dismantle(role *RoleState) {
	r.foreign(role, "is taken off it")
	for _, profile := range slices.Sorted(slices.Values(role.Profiles)) {
		r.call("iam", "RemoveRoleFromInstanceProfile", "InstanceProfileName", profile, "RoleName", role.Name)
		text := "instance profile " + profile + " holds the role: an instance that runs with it loses all access"
		if profile == role.Name { // the console makes one of the role's name with the role, and deletes it with it
			r.call("iam", "DeleteInstanceProfile", "InstanceProfileName", profile)
			text += "; the profile is deleted"
		} else {
			text += "; the profile itself stays, empty"
		}
		r.warn("instance-profile", text)
	}
	for _, arn := range slices.Sorted(slices.Values(role.Attached)) {
		r.call("iam", "DetachRolePolicy", "RoleName", role.Name, "PolicyArn", arn)
	}
	for _, name := range slices.Sorted(maps.Keys(role.Inline)) {
		if name != revokePolicy {
			r.call("iam", "DeleteRolePolicy", "RoleName", role.Name, "PolicyName", name)
		}
	}
	r.call("iam", "DeleteRolePolicy", "RoleName", role.Name, "PolicyName", revokePolicy)
	r.call("iam", "DeleteRole", "RoleName", role.Name)
}

// foreign tells of policies on a role that no grant puts there.
func (r *Revocation) foreign(role *RoleState, what string) {
	for _, arn := range slices.Sorted(slices.Values(role.Attached)) {
		if r.Grant.Policy != ManagedReadOnly || arn != r.Grant.managedARN() {
			r.warn("foreign-policy", "policy "+arn+" on the role is not of this grant: it "+what)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(role.Inline)) {
		if name != PermissionsName && name != revokePolicy {
			r.warn("foreign-policy", "policy "+name+" in the role is not of this grant: it "+what)
		}
	}
}

func (r *Revocation) warn(code, text string) { r.Warnings = append(r.Warnings, Warning{code, text}) }

// call adds a call: names and values of its parameters in turn.
func (r *Revocation) call(service, operation string, parameters ...any) {
	c := Call{Service: service, Operation: operation, Parameters: map[string]any{}}
	for i := 0; i+1 < len(parameters); i += 2 {
		c.Parameters[parameters[i].(string)] = parameters[i+1]
	}
	r.Calls = append(r.Calls, c)
}

// Place is a policy that may have statements of a grant.
type Place struct {
	Kind     Kind
	Resource string
	Left     int // how many it has
	Unread   bool
}

// Places are the policies of the bucket and its keys.
func Places(s *Surroundings, g *Grant) []Place {
	out := []Place{{Kind: BucketDocument, Resource: g.bucketARN(), Left: len(s.Bucket.Policy.Named(g.owns))}}
	for _, u := range s.Unread {
		if u.Action == "s3:GetBucketPolicy" {
			out[0].Unread = true
		}
	}
	for _, k := range s.Keys {
		if !k.AWSManaged {
			out = append(out, Place{Kind: KeyDocument, Resource: k.ARN, Left: len(k.Policy.Named(g.owns)), Unread: k.Policy == nil})
		}
	}
	return out
}

// StillReads tells by what else the reader of a grant can read, or may: grants of
// others of its account or of all, and what is no grant.
func StillReads(s *Surroundings, all []*Found, g *Grant) []string {
	mine := func(to string) bool {
		return to == "*" || accountOf(to) == g.account() || to != "" && to == g.Organization
	}
	var out []string
	for _, f := range all {
		if f.Grant.ID != g.ID && mine(f.Grant.To) {
			out = append(out, "grant "+f.Grant.ID+" to "+f.Grant.To)
		}
	}
	for _, w := range s.Ways() {
		if w.Means != "key-policy" && w.Means != "key-grant" && mine(w.To) { // a key opens nothing by itself
			text := w.Means + " of " + w.Resource + " for " + w.To
			if w.Limited {
				text += ", under conditions"
			}
			out = append(out, text)
		}
	}
	return out
}

// Rest is what an interrupted revocation left of a grant by bucket policy: its
// statement in the policy of a key. nil where there is none.
func Rest(s *Surroundings, id string) *Found {
	for _, k := range s.Keys {
		if rest := k.Policy.Named(func(sid string) bool { return id != "" && Ours(sid) == id }); len(rest) > 0 {
			g := &Grant{
				ID: id, Means: BucketPolicy, Partition: s.Caller.Partition, Owner: s.Caller.Account, Trail: s.Trail.ARN,
				Bucket: s.Bucket.Name, Region: s.Bucket.Region, Prefix: s.Trail.Prefix,
			}
			g.readStatement(rest[0])
			return &Found{Grant: g, Statements: rest}
		}
	}
	return nil
}

// Rests are the ids of grants of which the policy of a key has a statement and the
// bucket has none, nor a role.
func Rests(s *Surroundings, found []*Found) []string {
	var out []string
	for _, k := range s.Keys {
		for _, st := range statementsOf(k.Policy) {
			id := Ours(st.Sid)
			known := slices.ContainsFunc(found, func(f *Found) bool { return f.Grant.ID == id })
			if id != "" && !known && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}
