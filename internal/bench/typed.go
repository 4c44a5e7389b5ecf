package main

import (
	"encoding/json"
	"strconv"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// typed is what a Go program without a scanner of its own would decode a log
// file into: the same fields as cloudtrail.Record, by struct tags.
type typed struct {
	Records []typedRecord
}

type typedRecord struct {
	EventVersion                 string          `json:"eventVersion"`
	EventTime                    string          `json:"eventTime"`
	EventSource                  string          `json:"eventSource"`
	EventName                    string          `json:"eventName"`
	AWSRegion                    string          `json:"awsRegion"`
	SourceIPAddress              string          `json:"sourceIPAddress"`
	UserAgent                    string          `json:"userAgent"`
	ErrorCode                    string          `json:"errorCode"`
	ErrorMessage                 string          `json:"errorMessage"`
	RequestID                    string          `json:"requestID"`
	EventID                      string          `json:"eventID"`
	EventType                    string          `json:"eventType"`
	EventCategory                string          `json:"eventCategory"`
	APIVersion                   string          `json:"apiVersion"`
	RecipientAccountID           string          `json:"recipientAccountId"`
	SharedEventID                string          `json:"sharedEventID"`
	VPCEndpointID                string          `json:"vpcEndpointId"`
	VPCEndpointAccountID         string          `json:"vpcEndpointAccountId"`
	ReadOnly                     *flexibleBool   `json:"readOnly"`
	ManagementEvent              *flexibleBool   `json:"managementEvent"`
	SessionCredentialFromConsole *flexibleBool   `json:"sessionCredentialFromConsole"`
	UserIdentity                 typedIdentity   `json:"userIdentity"`
	RequestParameters            json.RawMessage `json:"requestParameters"`
	ResponseElements             json.RawMessage `json:"responseElements"`
	AdditionalEventData          json.RawMessage `json:"additionalEventData"`
	ServiceEventDetails          json.RawMessage `json:"serviceEventDetails"`
	Resources                    json.RawMessage `json:"resources"`
	Addendum                     json.RawMessage `json:"addendum"`
	InsightDetails               json.RawMessage `json:"insightDetails"`
	TLSDetails                   json.RawMessage `json:"tlsDetails"`
	EdgeDeviceDetails            json.RawMessage `json:"edgeDeviceDetails"`
	EventContext                 json.RawMessage `json:"eventContext"`
}

type typedIdentity struct {
	Type              string                     `json:"type"`
	PrincipalID       string                     `json:"principalId"`
	ARN               string                     `json:"arn"`
	AccountID         string                     `json:"accountId"`
	AccessKeyID       string                     `json:"accessKeyId"`
	UserName          string                     `json:"userName"`
	IdentityProvider  string                     `json:"identityProvider"`
	InvokedBy         string                     `json:"invokedBy"`
	CredentialID      string                     `json:"credentialId"`
	InvokedByDelegate struct{ AccountID string } `json:"invokedByDelegate"`
	OnBehalfOf        struct {
		UserID           string `json:"userId"`
		IdentityStoreARN string `json:"identityStoreArn"`
	} `json:"onBehalfOf"`
	InScopeOf struct {
		SourceARN                  string `json:"sourceArn"`
		SourceAccount              string `json:"sourceAccount"`
		IssuerType                 string `json:"issuerType"`
		CredentialsIssuedTo        string `json:"credentialsIssuedTo"`
		CredentialsIssuedToVersion string `json:"credentialsIssuedToVersion"`
	} `json:"inScopeOf"`
	SessionContext struct {
		Attributes struct {
			CreationDate     string        `json:"creationDate"`
			MFAAuthenticated *flexibleBool `json:"mfaAuthenticated"`
		} `json:"attributes"`
		SessionIssuer struct {
			Type        string `json:"type"`
			UserName    string `json:"userName"`
			PrincipalID string `json:"principalId"`
			ARN         string `json:"arn"`
			AccountID   string `json:"accountId"`
		} `json:"sessionIssuer"`
		WebIDFederationData struct {
			FederatedProvider string          `json:"federatedProvider"`
			Attributes        json.RawMessage `json:"attributes"`
		} `json:"webIdFederationData"`
		SourceIdentity   string        `json:"sourceIdentity"`
		EC2RoleDelivery  string        `json:"ec2RoleDelivery"`
		SignInSessionARN string        `json:"signInSessionArn"`
		AssumedRoot      *flexibleBool `json:"assumedRoot"`
	} `json:"sessionContext"`
}

// flexibleBool takes true and "true", as the scanner does.
type flexibleBool bool

func (b *flexibleBool) UnmarshalJSON(text []byte) error {
	s := string(text)
	if unquoted, err := strconv.Unquote(s); err == nil {
		s = unquoted
	}
	v, err := strconv.ParseBool(s)
	*b = flexibleBool(v)
	return err
}

// times parses what the scanner parses, so that both do the same work.
func (r *typedRecord) times() (event, created cloudtrail.Time) {
	event, _ = cloudtrail.ParseTime(r.EventTime)
	created, _ = cloudtrail.ParseTime(r.UserIdentity.SessionContext.Attributes.CreationDate)
	return event, created
}
