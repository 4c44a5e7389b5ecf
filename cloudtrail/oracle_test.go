package cloudtrail_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// The oracle decodes with encoding/json's tokens: names are exact (json.Unmarshal
// would fold their case) and the last of repeated members wins. It shares no code
// with the decoder.

// maxOracleDepth is below the decoder's limit wherever a value may stand.
const maxOracleDepth = 400

// errUnclear is given for what the oracle does not judge.
var errUnclear = errors.New("not for the oracle to judge")

// tree is a JSON value: nil, bool, json.Number, string, []tree or members.
type tree = any

type members map[string]value

type value struct {
	tree tree
	raw  string // "" where the value is not whole
}

// readTree reads the value that begins at or behind from. Of a broken one it
// returns what is whole.
func readTree(d *json.Decoder, src []byte, from int64, depth int) (value, error) {
	if depth > maxOracleDepth {
		return value{}, errUnclear
	}
	t, err := d.Token()
	if err != nil {
		return value{}, err
	}
	start := from + int64(len(src[from:])-len(bytes.TrimLeft(src[from:], " \t\r\n,:")))
	var v tree = t
	switch t {
	case json.Delim('{'):
		v, err = readMembers(d, src, depth)
	case json.Delim('['):
		v, err = readItems(d, src, depth)
	}
	if err != nil {
		return value{tree: v}, err
	}
	return value{v, string(src[start:d.InputOffset()])}, nil
}

func readMembers(d *json.Decoder, src []byte, depth int) (members, error) {
	m := members{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return m, err
		}
		member, err := readTree(d, src, d.InputOffset(), depth+1)
		if _, again := m[name.(string)]; again && (name == "Records" || name == "Events") {
			return nil, errUnclear // the decoder reads both
		}
		m[name.(string)] = member
		if err != nil {
			return m, err
		}
	}
	_, err := d.Token()
	return m, err
}

func readItems(d *json.Decoder, src []byte, depth int) ([]value, error) {
	list := []value{}
	for d.More() {
		item, err := readTree(d, src, d.InputOffset(), depth+1)
		list = append(list, item)
		if err != nil {
			return list, err
		}
	}
	_, err := d.Token()
	return list, err
}

// readValues reads values one behind the other until the end or the first fault.
// The value with the fault is the last.
func readValues(src []byte) ([]value, error) {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var all []value
	for {
		v, err := readTree(d, src, d.InputOffset(), 0)
		if err == io.EOF && v.tree == nil {
			return all, nil
		}
		all = append(all, v)
		if err != nil {
			return all, err
		}
	}
}

func (v value) get(path ...string) value {
	for _, name := range path {
		m, _ := v.tree.(members)
		v = m[name]
	}
	return v
}

func (v value) text(path ...string) string {
	switch t := v.get(path...).tree.(type) {
	case string:
		return t
	case json.Number, bool:
		return v.get(path...).raw
	}
	return ""
}

func (v value) errorCode() string {
	switch t := v.get("errorCode").tree.(type) {
	case members:
		if len(t) > 0 {
			return cloudtrail.OddErrorCode
		}
	case []tree:
		if len(t) > 0 {
			return cloudtrail.OddErrorCode
		}
	}
	return v.text("errorCode")
}

func (v value) json(path ...string) cloudtrail.JSON {
	if raw := v.get(path...).raw; raw != "null" && raw != `""` {
		return cloudtrail.JSON(raw)
	}
	return ""
}

func (v value) bool(path ...string) cloudtrail.Bool {
	switch strings.ToLower(v.text(path...)) {
	case "true":
		return cloudtrail.True
	case "false":
		return cloudtrail.False
	}
	return cloudtrail.Absent
}

func (v value) time(path ...string) cloudtrail.Time {
	t, _ := cloudtrail.ParseTime(v.text(path...))
	return t
}

// oracleRecord is the record that the decoder should make of an object.
func oracleRecord(v value) *cloudtrail.Record {
	u := v.get("userIdentity")
	s := u.get("sessionContext")
	r := &cloudtrail.Record{
		Raw:          cloudtrail.JSON(v.raw),
		EventVersion: v.text("eventVersion"), EventTime: v.time("eventTime"),
		EventTimeText: v.text("eventTime"), EventSource: v.text("eventSource"),
		EventName: v.text("eventName"), AWSRegion: v.text("awsRegion"),
		SourceIPAddress: v.text("sourceIPAddress"), UserAgent: v.text("userAgent"),
		ErrorCode: v.errorCode(), ErrorMessage: v.text("errorMessage"),
		RequestID: v.text("requestID"), EventID: v.text("eventID"),
		EventType: v.text("eventType"), EventCategory: v.text("eventCategory"),
		APIVersion: v.text("apiVersion"), RecipientAccountID: v.text("recipientAccountId"),
		SharedEventID: v.text("sharedEventID"), VPCEndpointID: v.text("vpcEndpointId"),
		VPCEndpointAccountID: v.text("vpcEndpointAccountId"),
		ReadOnly:             v.bool("readOnly"), ManagementEvent: v.bool("managementEvent"),
		SessionCredentialFromConsole: v.bool("sessionCredentialFromConsole"),
		RequestParameters:            v.json("requestParameters"), ResponseElements: v.json("responseElements"),
		AdditionalEventData: v.json("additionalEventData"), ServiceEventDetails: v.json("serviceEventDetails"),
		Resources: v.json("resources"), Addendum: v.json("addendum"),
		InsightDetails: v.json("insightDetails"), TLSDetails: v.json("tlsDetails"),
		EdgeDeviceDetails: v.json("edgeDeviceDetails"), EventContext: v.json("eventContext"),
		UserIdentity: cloudtrail.UserIdentity{
			Raw: v.json("userIdentity"), Type: u.text("type"), PrincipalID: u.text("principalId"),
			ARN: u.text("arn"), AccountID: u.text("accountId"), AccessKeyID: u.text("accessKeyId"),
			UserName: u.text("userName"), IdentityProvider: u.text("identityProvider"),
			InvokedBy: u.text("invokedBy"), CredentialID: u.text("credentialId"),
			DelegateAccount: u.text("invokedByDelegate", "accountId"),
			SessionContext: cloudtrail.SessionContext{
				CreationDate:      s.time("attributes", "creationDate"),
				CreationDateText:  s.text("attributes", "creationDate"),
				MFAAuthenticated:  s.bool("attributes", "mfaAuthenticated"),
				FederatedProvider: s.text("webIdFederationData", "federatedProvider"),
				SourceIdentity:    s.text("sourceIdentity"), EC2RoleDelivery: s.text("ec2RoleDelivery"),
				SignInSessionARN: s.text("signInSessionArn"), AssumedRoot: s.bool("assumedRoot"),
				FederatedAttributes: s.json("webIdFederationData", "attributes"),
			},
		},
	}
	i := &r.UserIdentity
	i.OnBehalfOf.UserID = u.text("onBehalfOf", "userId")
	i.OnBehalfOf.IdentityStoreARN = u.text("onBehalfOf", "identityStoreArn")
	i.InScopeOf.SourceARN = u.text("inScopeOf", "sourceArn")
	i.InScopeOf.SourceAccount = u.text("inScopeOf", "sourceAccount")
	i.InScopeOf.IssuerType = u.text("inScopeOf", "issuerType")
	i.InScopeOf.CredentialsIssuedTo = u.text("inScopeOf", "credentialsIssuedTo")
	i.InScopeOf.CredentialsIssuedToVersion = u.text("inScopeOf", "credentialsIssuedToVersion")
	issuer := &i.SessionContext.Issuer
	issuer.Type, issuer.UserName = s.text("sessionIssuer", "type"), s.text("sessionIssuer", "userName")
	issuer.PrincipalID, issuer.ARN = s.text("sessionIssuer", "principalId"), s.text("sessionIssuer", "arn")
	issuer.AccountID = s.text("sessionIssuer", "accountId")
	return r
}
