package synth

import "time"

// listBuckets is the story of "How to Audit Cross-Account Roles Using AWS
// CloudTrail and Amazon CloudWatch Events" (AWS Security Blog, 2016): jsmith of
// dev assumes a role of prod, and lists its buckets. Identifiers as printed there.
func (d *demo) listBuckets() []Name {
	jsmith := &user{in: d.dev, name: "jsmith", id: "AIDAIDVUOOO7V6R6HKL6E", key: "AKIAJ2DZP3QVQ3D6VJBQ", address: "72.21.196.66"}
	r := &role{in: d.prod, path: "/", name: "CrossAccountTest", id: "AROAICKBBQTXWLOLJLHW4"}
	const agent = "Boto3/1.3.0 Python/3.4.4 Darwin/15.4.0 Botocore/1.4.8"
	at := time.Date(2016, 4, 5, 20, 39, 37, 0, time.UTC)

	caller := d.longTerm(jsmith, agent)
	caller.host = false // TLS was not told of then
	s := d.session(caller, r, "TestSessionCrossAccount", at, ask{})
	s.who.key, s.by.key, s.who.web = "ASIAJJQOJ64OAM7C65AA", "ASIAJJQOJ64OAM7C65AA", ""
	issued := d.record(caller, at, "sts.amazonaws.com", "AssumeRole")
	d.fill(issued, caller, s, ask{external: "3414"})
	issued.version, issued.region = "1.04", "global"
	issued.request = object("roleArn", r.arn(), "roleSessionName", "TestSessionCrossAccount", "externalId", "3414")
	issued.response = object("credentials", object("accessKeyId", s.by.key, "expiration", "Apr 5, 2016 9:39:37 PM",
		"sessionToken", "FQoDYXdzEH4aDLnt4a+IhSowXRB+0iLXATIl"),
		"assumedRoleUser", object("assumedRoleId", s.who.principal, "arn", s.who.arn))
	issued.requestID, issued.id = "83a263cd-fb6e-11e5-88cf-c19f9d99b57d", "e5a09871-dc41-4979-8cd3-e6e0fdf5ebaf"
	issued.resources = ""
	s.by.issued = issued

	use := d.record(s, at.Add(2*time.Second), "s3.amazonaws.com", "ListBuckets")
	use.version, use.ip, use.agent = "1.03", "AWS Internal", "["+agent+" Resource]"
	use.requestID, use.id = "2ED523DEA5409137", "099ff820-00f2-4500-94fc-2b9da26d576f"
	d.tale(use, "Where it began", "the two records of the AWS Security Blog's article of 2016: one key in both, so it was jsmith")
	return nil
}
