package synth

import "time"

// event is one record, and what the record does not tell.
type event struct {
	version   string
	who       identity
	at        time.Time
	source    string
	name      string
	region    string
	ip, agent string
	errorCode string
	errorText string
	request   raw
	response  raw
	extra     raw // additionalEventData
	details   raw // serviceEventDetails
	resources raw
	addendum  raw
	requestID string
	id        string
	shared    string
	readOnly  bool
	kind      string // eventType
	recipient string
	host      string // of tlsDetails, "" for a call that AWS made
	console   bool

	truth
}

// truth is what the story knows of a record.
type truth struct {
	by       *actor
	names    string // origin id that the record itself names, "" for none
	partner  *event // the same call in another account's log
	amended  *event // the addendum that gives it anew
	owner    bool   // this copy names its caller by account and unique id only
	dead     bool   // made with a key that had expired
	disputed bool   // told twice, of two callers
	issues   bool   // handed out credentials
	grants   string // origin of what it handed out, where its caller has no name
	whole    bool   // its file is never lost
	hidden   bool   // no log has it
	kept     bool   // some delivery of it survived
}

// identity is a userIdentity element.
type identity struct {
	kind, principal, arn, account, key, user string
	idp, invokedBy, credentialID, delegate   string
	behalfUser, behalfStore                  string
	scopeType, scopeARN                      string

	created        time.Time // of the session; zero: no sessionContext
	mfa            bool
	issuer         *role
	issuerUser     *user
	web            raw
	sourceIdentity string
	ec2            string
	signIn         string
	assumedRoot    bool
}

const stamp = "2006-01-02T15:04:05Z"

func (i *identity) append(b []byte) []byte {
	b = append(b, '{')
	n := len(b)
	add := func(name, value string) {
		if value == "" {
			return
		}
		if len(b) > n {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), name...), '"', ':')
		b = appendString(b, value)
	}
	add("type", i.kind)
	add("principalId", i.principal)
	add("arn", i.arn)
	add("accountId", i.account)
	add("accessKeyId", i.key)
	add("userName", i.user)
	add("identityProvider", i.idp)
	add("credentialId", i.credentialID)
	if !i.created.IsZero() {
		b = append(b, `,"sessionContext":`...)
		b = i.appendSession(b)
	}
	add("invokedBy", i.invokedBy)
	more := func(name string, value raw) { b = append(append(b, `,"`+name+`":`...), value...) }
	if i.behalfUser != "" {
		more("onBehalfOf", object("userId", i.behalfUser, "identityStoreArn", i.behalfStore))
	}
	if i.scopeARN != "" {
		more("inScopeOf", object("issuerType", i.scopeType, "credentialsIssuedTo", i.scopeARN))
	}
	if i.delegate != "" {
		more("invokedByDelegate", object("accountId", i.delegate))
	}
	return append(b, '}')
}

func (i *identity) appendSession(b []byte) []byte {
	b = append(b, `{"sessionIssuer":`...)
	switch {
	case i.issuer != nil:
		r := i.issuer
		b = append(b, object("type", "Role", "principalId", r.id, "arn", r.arn(), "accountId", r.in.id, "userName", r.name)...)
	case i.issuerUser != nil:
		u := i.issuerUser
		b = append(b, object("type", "IAMUser", "principalId", u.id, "arn", u.arn(), "accountId", u.in.id, "userName", u.name)...)
	default:
		b = append(b, '{', '}')
	}
	if i.web != "" {
		b = append(append(b, `,"webIdFederationData":`...), i.web...)
	}
	b = append(b, `,"attributes":{"creationDate":"`...)
	b = i.created.AppendFormat(b, stamp)
	if i.mfa {
		b = append(b, `","mfaAuthenticated":"true"}`...)
	} else {
		b = append(b, `","mfaAuthenticated":"false"}`...)
	}
	add := func(name, value string) {
		if value != "" {
			b = appendString(append(b, `,"`+name+`":`...), value)
		}
	}
	add("sourceIdentity", i.sourceIdentity)
	add("ec2RoleDelivery", i.ec2)
	add("signInSessionArn", i.signIn)
	if i.assumedRoot {
		add("assumedRoot", "true")
	}
	return append(b, '}')
}

// append writes the record, members in the order AWS writes them.
func (e *event) append(b []byte) []byte {
	b = appendString(append(b, `{"eventVersion":`...), e.version)
	b = e.who.append(append(b, `,"userIdentity":`...))
	b = e.at.AppendFormat(append(b, `,"eventTime":"`...), stamp)
	b = append(b, '"')
	text := func(name, value string) {
		if value != "" {
			b = appendString(append(append(append(b, ',', '"'), name...), '"', ':'), value)
		}
	}
	value := func(name string, v raw) {
		if v != "" {
			b = append(append(append(append(b, ',', '"'), name...), '"', ':'), v...)
		}
	}
	text("eventSource", e.source)
	text("eventName", e.name)
	text("awsRegion", e.region)
	text("sourceIPAddress", e.ip)
	text("userAgent", e.agent)
	text("errorCode", e.errorCode)
	text("errorMessage", e.errorText)
	value("requestParameters", orNull(e.request))
	value("responseElements", orNull(e.response))
	value("additionalEventData", e.extra)
	text("requestID", e.requestID)
	text("eventID", e.id)
	b = appendValue(append(b, `,"readOnly":`...), e.readOnly)
	value("resources", e.resources)
	text("eventType", e.kind)
	if e.version >= "1.06" {
		b = append(b, `,"managementEvent":true`...)
	}
	text("recipientAccountId", e.recipient)
	text("sharedEventID", e.shared)
	value("serviceEventDetails", e.details)
	value("addendum", e.addendum)
	if e.version >= "1.07" {
		b = append(b, `,"eventCategory":"Management"`...)
	}
	if e.version >= "1.08" && e.host != "" {
		b = append(b, `,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":`...)
		b = append(appendString(b, e.host), '}')
	}
	if e.console {
		b = append(b, `,"sessionCredentialFromConsole":"true"`...)
	}
	return append(b, '}')
}

func orNull(r raw) raw {
	if r == "" {
		return null
	}
	return r
}
