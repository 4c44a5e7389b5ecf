package lineage

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// issuesByName reports whether the call is known to hand out temporary
// credentials (linkage.md section 3). Any other is known by an access key of
// theirs in its response.
func issuesByName(r *cloudtrail.Record) bool { return IssuesCredentials(r.EventSource, r.EventName) }

// IssuesCredentials reports whether a call is one that hands out temporary
// credentials, by its name. Its chain may depend on the call itself, that of any
// other on who made it, where and when alone.
func IssuesCredentials(source, name string) bool {
	switch name {
	case "AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot",
		"GetSessionToken", "GetFederationToken", "GetDelegatedAccessToken":
		return source == "sts.amazonaws.com"
	case "GetCredentialsForIdentity":
		return source == "cognito-identity.amazonaws.com"
	case "CreateSession":
		return source == "rolesanywhere.amazonaws.com" ||
			source == "s3express.amazonaws.com" || source == "s3.amazonaws.com"
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
	request := readRequest(r, true)
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

// readRequest reads what was asked for in one pass over the parameters. The tags
// are read where they are wanted.
func readRequest(r *cloudtrail.Record, withTags bool) Request {
	var q Request
	var tags, principalTags, incoming, transitive cloudtrail.JSON
	for name, v := range r.RequestParameters.Unquoted().Members() {
		switch name {
		case "roleArn":
			q.RoleARN = unmasked(v.Text())
		case "roleSessionName":
			q.SessionName = unmasked(v.Text())
		case "name":
			if r.EventName == "GetFederationToken" {
				q.SessionName = unmasked(v.Text())
			}
		case "externalId":
			q.ExternalID = unmasked(v.Text())
		case "sourceIdentity":
			q.SourceIdentity = unmasked(v.Text())
		case "targetPrincipal":
			q.TargetPrincipal = unmasked(v.Text())
		case "serialNumber":
			q.SerialNumber = unmasked(v.Text())
		case "durationSeconds":
			if d, err := strconv.Atoi(v.Text()); err == nil && d > 0 {
				q.Duration = d
			}
		case "tags":
			tags = v
		case "principalTags":
			principalTags = v
		case "incomingTransitiveTags":
			incoming = v
		case "transitiveTagKeys":
			transitive = v
		}
	}
	if !withTags {
		return q
	}
	q.IncomingTags = readTags(nil, incoming)
	q.Tags = readTags(readTags(readTags(nil, incoming), principalTags), tags)
	for _, v := range transitive.Members() {
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
	g := grantReader{strict: strict}
	top := g.read(res, maxDepth)
	if len(g.found) == 0 && !strict {
		// A copy with the credentials taken out whole still says that there
		// were some, and whose session it is.
		if one := top.grant("", 0); one.PrincipalID != "" {
			g.found = append(g.found, one)
		}
	}
	for i := range g.found {
		f := &g.found[i]
		f.Subject = unmasked(cmp.Or(top.tokenSubject, top.subject, top.subjectARN))
		f.Provider = unmasked(cmp.Or(top.provider, top.nameQualifier))
		f.Issuer = unmasked(top.issuer)
	}
	slices.SortStableFunc(g.found, func(a, b granted) int { return strings.Compare(a.AccessKeyID, b.AccessKeyID) })
	return g.found
}

type grantReader struct {
	strict bool
	found  []granted
}

// surroundings are the members of an object that say whose the credentials in
// it are.
type surroundings struct {
	credentials, assumed, federated cloudtrail.JSON
	roleARN, sourceIdentity         string

	tokenSubject, subject, subjectARN, provider, nameQualifier, issuer string
}

// read reads an object, or an array of them, and all that is inside.
func (g *grantReader) read(j cloudtrail.JSON, depth int) surroundings {
	var s surroundings
	for name, v := range j.Members() {
		switch name {
		case "assumedRoleUser":
			s.assumed = v
		case "federatedUser":
			s.federated = v
		case "roleArn":
			s.roleARN = v.Text()
		case "sourceIdentity":
			s.sourceIdentity = v.Text()
		case "subjectFromWebIdentityToken":
			s.tokenSubject = v.Text()
		case "subject":
			s.subject = v.Text()
		case "subjectArn":
			s.subjectARN = v.Text()
		case "provider":
			s.provider = v.Text()
		case "nameQualifier":
			s.nameQualifier = v.Text()
		case "issuer":
			s.issuer = v.Text()
		default:
			switch {
			case v == "" || v[0] != '{' && v[0] != '[':
			case strings.EqualFold(name, "credentials"):
				s.credentials = v
			case depth > 0:
				g.read(v, depth-1)
			}
		}
	}
	g.add(&s, s.credentials)
	if strings.HasPrefix(string(s.credentials), "[") {
		for _, one := range s.credentials.Members() {
			g.add(&s, one)
		}
	}
	return s
}

// add takes up one set of credentials, each key once.
func (g *grantReader) add(beside *surroundings, credentials cloudtrail.JSON) {
	var k string
	var expires cloudtrail.Time
	for name, v := range credentials.Members() {
		switch name {
		case "accessKeyId", "AccessKeyId":
			k = v.Text()
		case "expiration", "Expiration":
			expires, _ = cloudtrail.ParseTime(v.Text())
		}
	}
	if k == "" || g.strict && !isTemporaryKey(k) {
		return
	}
	k = unmaskedKey(k)
	if !slices.ContainsFunc(g.found, func(f granted) bool { return f.AccessKeyID == k }) {
		g.found = append(g.found, beside.grant(k, expires))
	}
}

func (s *surroundings) grant(key string, expires cloudtrail.Time) granted {
	g := granted{roleARN: unmasked(s.roleARN), sourceIdentity: unmasked(s.sourceIdentity)}
	g.AccessKeyID, g.Expires = key, expires
	user := s.assumed
	if user == "" {
		user = s.federated
	}
	for name, v := range user.Members() {
		switch name {
		case "assumedRoleId", "federatedUserId":
			g.PrincipalID = unmaskedKey(v.Text())
		case "arn":
			g.ARN = unmasked(v.Text())
		}
	}
	return g
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
