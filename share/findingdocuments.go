package share

import (
	"maps"
	"slices"
	"strconv"

	"github.com/crosstrail/crosstrail/share/policy"
)

// generous is what was read, with every folder that the accounts of a grant may
// have: their own and that of the organisation's trail. What a grant may lay open
// is all that is theirs, whether it was seen there or not.
func (j *judge) generous() *Surroundings {
	s := *j.s
	accounts := j.g.accounts()
	if accounts == nil {
		accounts = []string{readersOwn}
	}
	s.Bucket.Folders = slices.Clone(s.Bucket.Folders)
	for _, account := range accounts {
		s.Bucket.Folders = append(s.Bucket.Folders, account)
		if s.Organization != nil {
			s.Bucket.Folders = append(s.Bucket.Folders, s.Organization.ID+"/"+account)
		}
	}
	return &s
}

const readersOwn = "${aws:PrincipalAccount}"

// scopes are what a grant lays open at most, and at least.
func (j *judge) scopes() (most, least Scope) {
	least, err := j.s.fit(j.g)
	if err != nil { // it has no room, so somebody else wrote it
		least = j.s.Scope(j.g, Years)
	}
	return j.generous().Scope(j.g, least.Coarse), least
}

// shut reports whether the grant is being taken back: its trust was shut, and its
// sessions may end by themselves.
func (j *judge) shut() bool {
	_, shut := j.f.Shut()
	return shut
}

// role judges the documents of a grant's role, and the role.
func (j *judge) role(r *RoleState) {
	g := j.g
	most, least := j.scopes()
	trust := held{kind: TrustDocument, resource: r.ARN, is: r.Trust, most: g.Trust(), least: g.Trust()}
	if j.shut() {
		trust.least = nil
		j.note("shut", "it is being taken back: nobody can begin a session any more", "crosstrail share revoke "+g.ID+" removes it")
	}
	j.compare(trust)
	j.compare(held{
		kind: PermissionsDocument, resource: r.ARN, name: PermissionsName, is: r.Inline[PermissionsName],
		most: g.Permissions(j.s, most), least: g.Permissions(j.s, least),
	})
	for _, name := range slices.Sorted(maps.Keys(r.Inline)) {
		if name == PermissionsName {
			continue
		}
		for _, e := range r.Inline[name].Beyond(nil) {
			f := Finding{Code: "foreign-policy", Level: Fault, Text: "an inline policy that is not crosstrail's allows this as well", Remedy: "aws iam delete-role-policy, after asking who put it there; revoke removes it with the role"}
			j.add(held{kind: PermissionsDocument, resource: r.ARN, name: name}.finding(f, e.Index, e.Statement))
		}
	}
	j.attached(r)
	if r.MaxSession > sessionSeconds {
		j.fault("long-sessions", "a session may last "+strconv.Itoa(r.MaxSession/60)+" minutes, where an hour was meant", again)
	}
	if r.Boundary != "" {
		j.note("boundary", "the permissions boundary "+r.Boundary+" may cut what it allows", "look at it, or let the reader try: crosstrail share selftest")
	}
	if len(r.Profiles) > 0 {
		j.note("instance-profile", "an instance profile holds the role: "+r.Profiles[0], "aws iam remove-role-from-instance-profile")
	}
}

// attached judges the managed policies of the role.
func (j *judge) attached(r *RoleState) {
	managed := j.g.managedARN()
	for _, arn := range r.Attached {
		if arn == managed && j.g.Policy == ManagedReadOnly {
			continue
		}
		j.add(Finding{
			Code: "foreign-policy", Level: Fault, Kind: AttachedDocument, Resource: arn, Index: -1,
			Text: "a managed policy is attached to the role that was not meant: all that it allows, the reader may", Remedy: "aws iam detach-role-policy, after asking who attached it; revoke removes it with the role",
		})
	}
	if j.g.Policy == ManagedReadOnly && !slices.Contains(r.Attached, managed) {
		j.add(Finding{Code: "no-get", Level: Fault, Kind: AttachedDocument, Resource: managed, Index: -1, Text: "the managed policy that was meant is not attached: nothing can be read", Remedy: again})
	}
}

// bucket judges the grant's statements in the bucket's policy.
func (j *judge) bucket() {
	most, least := j.scopes()
	is, at := j.ours(j.s.Bucket.Policy)
	j.compare(held{
		kind: BucketDocument, resource: j.g.bucketARN(), is: is, at: at,
		most: one(j.g.BucketStatements(most)...), least: one(j.g.BucketStatements(least)...),
	})
}

// ours are the grant's statements in a policy that others write to as well, and
// where in it they are.
func (j *judge) ours(d *policy.Document) (is *policy.Document, at []int) {
	if d == nil {
		return nil, nil
	}
	is = &policy.Document{Version: d.Version}
	for i, s := range d.Statements {
		if j.g.owns(s.Sid) {
			is.Statements, at = append(is.Statements, s), append(at, i)
		}
	}
	return is, at
}

// keys judges the grant's statements in the policies of keys.
func (j *judge) keys() {
	for i := range j.s.Keys {
		k := &j.s.Keys[i]
		switch {
		case k.AWSManaged:
			continue
		case k.Policy == nil:
			j.add(Finding{Code: "key-unread", Level: Note, Kind: KeyDocument, Resource: k.ARN, Index: -1, Text: "the key's policy could not be read: whether the reader may decrypt is not known", Remedy: "look at it as account " + k.Account + ", or let the reader try: crosstrail share selftest"})
			continue
		}
		is, at := j.ours(k.Policy)
		meant := one(j.g.KeyStatement())
		h := held{kind: KeyDocument, resource: k.ARN, is: is, at: at, most: meant}
		if j.g.needsKeyStatement(k) {
			h.least = meant
		}
		j.compare(h)
	}
}

// Written are the grant's own statements as AWS has them, a document each.
func (f *Found) Written(s *Surroundings) []Document {
	j := &judge{s: s, f: f, g: f.Grant}
	var out []Document
	add := func(kind Kind, resource, name string, d *policy.Document) {
		if d != nil && len(d.Statements) > 0 {
			out = append(out, Document{Kind: kind, Resource: resource, Name: name, After: d})
		}
	}
	if f.Role != nil {
		add(TrustDocument, f.Role.ARN, "", f.Role.Trust)
		add(PermissionsDocument, f.Role.ARN, PermissionsName, f.Role.Inline[PermissionsName])
	}
	is, _ := j.ours(s.Bucket.Policy)
	add(BucketDocument, f.Grant.bucketARN(), "", is)
	for i := range s.Keys {
		is, _ := j.ours(s.Keys[i].Policy)
		add(KeyDocument, s.Keys[i].ARN, "", is)
	}
	return out
}
