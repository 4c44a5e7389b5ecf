package synth

import (
	"fmt"
	"time"
)

// Sharing is a grant of log files in an organisation, and what the kept log shows
// of its use (linkage.md section 8).
type Sharing struct {
	RoleARN string // "": the bucket's policy lets the reader in
	Owner   string // account
	Reader  string // account
	Bucket  string
	Prefix  string // of the keys that are granted
	Users   []SharingUser
}

// SharingUser is one who used a grant, or tried to.
type SharingUser struct {
	Origins         []string // ids that name the one: whichever the kept records can give
	From            string   // account
	ExternalID      string
	Sessions, Calls int
	Reads, Keys     int // objects got, and different ones
	Lists           int
	Bytes           int
	Denied, Refused int
	Outside         int
	DeniedOn        []string // resources, as records name them
}

// sharings are a bucket of log files that three are given a part of: an auditor of
// another organisation, by a role and with an external id; a member, by the
// bucket's policy; and a second auditor who never comes. Another member asks for
// the auditor's role, and is refused.
func (c *company) sharings() []Sharing {
	owner, member := c.accounts[len(c.accounts)-1], c.accounts[1]
	stranger := c.accounts[2]
	for _, a := range []*account{owner, member, stranger} {
		a.collected = true
	}
	first := len(c.events)
	bucket, own := "acme-trail-"+owner.id, "AWSLogs/"+member.id+"/"
	at := c.start.Add(time.Hour)

	outsider := c.stranger()
	role := c.role(owner, "crosstrail/crosstrail-"+outsider.id+"-"+c.text(12, "abcdefghijklmnopqrstuvwxyz234567"))
	idle := c.role(owner, "crosstrail/crosstrail-"+c.stranger().id+"-"+c.text(12, "abcdefghijklmnopqrstuvwxyz234567"))
	auditor := c.user(outsider, "auditor")
	external := "acme-" + c.hex(8)
	audit := c.auditing(auditor, role, external, bucket, at)
	knock := c.user(stranger, "curious")
	c.denied(c.longTerm(knock, agentCLI), at.Add(10*time.Minute), role)

	reader := c.user(member, "log-reader")
	cred := c.longTerm(reader, agentBoto)
	policy := SharingUser{Origins: append(reader.actor().also, reader.actor().origin), From: member.id, Calls: 3, Reads: 2, Keys: 2, Denied: 1}
	for i := range 2 {
		e := c.logRead(cred, at.Add(time.Duration(i)*time.Minute), bucket, fmt.Sprintf("%sCloudTrail/%d.json.gz", own, i), 1000+i)
		c.copyFor(e, owner)
		policy.Bytes += 1000 + i
	}
	e := c.logRead(cred, at.Add(5*time.Minute), bucket, "AWSLogs/"+stranger.id+"/x.json.gz", 0)
	e.errorCode, e.errorText, e.extra = "AccessDenied", "Access Denied", ""
	c.copyFor(e, owner)
	policy.DeniedOn = []string{objectARN(bucket, "AWSLogs/"+stranger.id+"/x.json.gz")}

	for _, e := range c.events[first:] {
		e.whole = true
	}
	return []Sharing{
		{RoleARN: role.arn(), Owner: owner.id, Reader: outsider.id, Bucket: bucket, Prefix: "AWSLogs/", Users: []SharingUser{
			audit, {Origins: append(knock.actor().also, knock.actor().origin), From: stranger.id, Refused: 1},
		}},
		{Owner: owner.id, Reader: member.id, Bucket: bucket, Prefix: own, Users: []SharingUser{policy}},
		{RoleARN: idle.arn(), Owner: owner.id, Bucket: bucket, Prefix: "AWSLogs/"},
	}
}

// auditing is two sessions that read log files, and one that does nothing.
func (c *company) auditing(u *user, r *role, external, bucket string, at time.Time) SharingUser {
	did := SharingUser{Origins: append(u.actor().also, u.actor().origin), From: u.in.id, ExternalID: external}
	cred := c.longTerm(u, agentCLI)
	for n := range 3 {
		s := c.assume(cred, at, r, "audit-"+fmt.Sprint(n), ask{external: external})
		did.Sessions++
		at = at.Add(30 * time.Minute)
		if n == 2 {
			return did
		}
		list := c.logList(s, s.who.created.Add(time.Minute), bucket, "AWSLogs/")
		did.Calls, did.Lists = did.Calls+1, did.Lists+1
		if n == 1 {
			list.errorCode, list.errorText = "AccessDenied", "Access Denied"
			list.request = object("bucketName", bucket, "list-type", "2", "prefix", "")
			did.Lists--
			did.Denied++
			did.DeniedOn = append(did.DeniedOn, bucket+"/*")
		}
		for i := range 3 {
			e := c.logRead(s, s.who.created.Add(time.Duration(2+i)*time.Minute), bucket, fmt.Sprintf("AWSLogs/%s/CloudTrail/%d.json.gz", r.in.id, i), 500*(n+1))
			did.Calls++
			if i < 2 {
				did.Reads, did.Keys, did.Bytes = did.Reads+1, 2, did.Bytes+500*(n+1)
			} else { // an object of another bucket, which nothing forbids
				const other = "acme-web"
				e.request = object("bucketName", other, "key", "index.html")
				e.resources = s3Resources(other, "index.html", s.in.id)
				did.Outside++
			}
		}
	}
	return did
}

func objectARN(bucket, key string) string { return "arn:aws:s3:::" + bucket + "/" + key }

// s3Resources are the resources of a data event (S3 User Guide, "CloudTrail log
// entries"): the object, then its bucket.
func s3Resources(bucket, key, owner string) raw {
	return array(object("type", "AWS::S3::Object", "ARN", objectARN(bucket, key)),
		object("accountId", owner, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::"+bucket))
}

// logRead gets an object.
func (w *world) logRead(c *cred, at time.Time, bucket, key string, size int) *event {
	e := w.record(c, at, "s3.amazonaws.com", "GetObject")
	e.request = object("bucketName", bucket, "Host", bucket+".s3."+c.region+".amazonaws.com", "key", key)
	e.extra = object("SignatureVersion", "SigV4", "bytesTransferredIn", 0, "bytesTransferredOut", size)
	e.resources = s3Resources(bucket, key, c.in.id)
	return e
}

// logList lists the keys below a prefix.
func (w *world) logList(c *cred, at time.Time, bucket, prefix string) *event {
	e := w.record(c, at, "s3.amazonaws.com", "ListObjects")
	e.request = object("list-type", "2", "bucketName", bucket, "prefix", prefix, "encoding-type", "url")
	e.resources = array(object("accountId", c.in.id, "type", "AWS::S3::Bucket", "ARN", "arn:aws:s3:::"+bucket),
		object("type", "AWS::S3::Object", "ARNPrefix", "arn:aws:s3:::"+bucket+"/"+prefix))
	return e
}
