package lineage

import (
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// issuesByName reports whether the call is known to hand out temporary
// credentials (linkage.md section 3). Any other is known by an access key of
// theirs in its response.
func issuesByName(r *cloudtrail.Record) bool {
	switch r.EventName {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot",
		"GetSessionToken", "GetFederationToken", "GetDelegatedAccessToken":
		return r.EventSource == "sts.amazonaws.com"
	case "GetCredentialsForIdentity":
		return r.EventSource == "cognito-identity.amazonaws.com"
	case "CreateSession":
		return r.EventSource == "rolesanywhere.amazonaws.com" ||
			r.EventSource == "s3express.amazonaws.com" || r.EventSource == "s3.amazonaws.com"
	}
	return false
}

// appendIssuances adds one fact for each set of credentials the call handed out.
func appendIssuances(facts []Fact, r *cloudtrail.Record, use Use) []Fact {
	res := r.ResponseElements.Unquoted()
	granted := readGrants(res, !issuesByName(r))
	if len(granted) == 0 {
		return facts
	}
	request := readRequest(r)
	for _, g := range granted {
		f := Fact{Kind: Issuance, Use: use, Request: request, Grant: g.Grant}
		if f.Request.RoleARN == "" {
			f.Request.RoleARN = g.roleARN
		}
		if f.Request.SourceIdentity == "" {
			f.Request.SourceIdentity = g.sourceIdentity
		}
		if use.EventName == "GetCredentialsForIdentity" {
			f.Grant.Subject = unmasked(r.RequestParameters.Unquoted().Get("identityId").Text())
			f.Grant.Provider = "cognito-identity.amazonaws.com"
		}
		facts = append(facts, f)
		facts = appendRoleName(facts, &f)
	}
	return facts
}

func readRequest(r *cloudtrail.Record) Request {
	p := r.RequestParameters.Unquoted()
	text := func(name string) string { return unmasked(p.Get(name).Text()) }
	q := Request{
		RoleARN:         text("roleArn"),
		SessionName:     text("roleSessionName"),
		ExternalID:      text("externalId"),
		SourceIdentity:  text("sourceIdentity"),
		TargetPrincipal: text("targetPrincipal"),
		SerialNumber:    text("serialNumber"),
	}
	if r.EventName == "GetFederationToken" {
		q.SessionName = text("name")
	}
	if d, err := strconv.Atoi(p.Get("durationSeconds").Text()); err == nil && d > 0 {
		q.Duration = d
	}
	q.IncomingTags = readTags(nil, p.Get("incomingTransitiveTags"))
	q.Tags = readTags(nil, p.Get("incomingTransitiveTags"))
	q.Tags = readTags(q.Tags, p.Get("principalTags"))
	q.Tags = readTags(q.Tags, p.Get("tags"))
	for _, v := range p.Get("transitiveTagKeys").Members() {
		if t := v.Text(); t != "" {
			q.TransitiveTags = append(q.TransitiveTags, t)
		}
	}
	slices.Sort(q.TransitiveTags)
	return q
}

// readTags reads both forms: {"key":"value"} and [{"key":…,"value":…}].
func readTags(tags map[string]string, j cloudtrail.JSON) map[string]string {
	for name, v := range j.Members() {
		value := v.Text()
		if strings.HasPrefix(string(j), "[") {
			name, value = v.Get("key").Text(), v.Get("value").Text()
		}
		if name == "" {
			continue
		}
		if tags == nil {
			tags = map[string]string{}
		}
		tags[name] = value
	}
	return tags
}

// granted is one set of credentials in a response, with what stands beside it.
type granted struct {
	Grant
	roleARN, sourceIdentity string
}

// maxDepth is how deep in a response credentials are looked for. AWS nests them
// three deep; each level is read once more.
const maxDepth = 24

// readGrants finds the credentials in a response, at any depth and in arrays:
// any accessKeyId under "credentials" (linkage.md section 9). strict takes only
// what has the form of a temporary key, for calls not known to issue any. They
// come by key, so that re-serialised copies give one answer.
func readGrants(res cloudtrail.JSON, strict bool) []granted {
	var found []granted
	var walk func(parent cloudtrail.JSON, depth int)
	add := func(parent, creds cloudtrail.JSON) {
		k := either(creds, "accessKeyId", "AccessKeyId")
		if k == "" || strict && !isTemporaryKey(k) ||
			slices.ContainsFunc(found, func(g granted) bool { return g.AccessKeyID == unmasked(k) }) {
			return
		}
		found = append(found, readGrant(res, parent, creds, k))
	}
	walk = func(parent cloudtrail.JSON, depth int) {
		for name, v := range parent.Members() {
			if v == "" || v[0] != '{' && v[0] != '[' || depth == 0 {
				continue
			}
			if !strings.EqualFold(name, "credentials") {
				walk(v, depth-1)
				continue
			}
			add(parent, v)
			if v[0] == '[' {
				for _, one := range v.Members() {
					add(parent, one)
				}
			}
		}
	}
	walk(res, maxDepth)
	if len(found) == 0 && !strict {
		// A copy with the credentials taken out whole still says that there
		// were some, and whose session it is.
		if g := readGrant(res, res, "", ""); g.PrincipalID != "" {
			found = append(found, g)
		}
	}
	slices.SortStableFunc(found, func(a, b granted) int { return strings.Compare(a.AccessKeyID, b.AccessKeyID) })
	return found
}

// readGrant reads what the credentials' own object says, and for the subject
// and the provider what the whole response does.
func readGrant(res, parent, creds cloudtrail.JSON, key string) granted {
	var g granted
	g.AccessKeyID = unmasked(key)
	g.Expires, _ = cloudtrail.ParseTime(either(creds, "expiration", "Expiration"))
	if user := parent.Get("assumedRoleUser"); user != "" {
		g.PrincipalID, g.ARN = unmasked(user.Get("assumedRoleId").Text()), unmasked(user.Get("arn").Text())
	} else if user := parent.Get("federatedUser"); user != "" {
		g.PrincipalID, g.ARN = unmasked(user.Get("federatedUserId").Text()), unmasked(user.Get("arn").Text())
	}
	g.roleARN = unmasked(parent.Get("roleArn").Text())
	g.sourceIdentity = unmasked(parent.Get("sourceIdentity").Text())
	g.Subject = unmasked(either(res, "subjectFromWebIdentityToken", "subject", "subjectArn"))
	g.Provider = unmasked(either(res, "provider", "nameQualifier"))
	g.Issuer = unmasked(res.Get("issuer").Text())
	return g
}

// either is the text of the first of the members that has one.
func either(j cloudtrail.JSON, names ...string) string {
	for _, name := range names {
		if s := j.Get(name).Text(); s != "" {
			return s
		}
	}
	return ""
}

// isTemporaryKey reports whether s has the form ^ASIA[A-Z2-7]{16}$.
func isTemporaryKey(s string) bool {
	if len(s) != 20 || !strings.HasPrefix(s, "ASIA") {
		return false
	}
	for _, c := range []byte(s[4:]) {
		if (c < 'A' || c > 'Z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
