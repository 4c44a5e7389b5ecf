package cloudtrail

// Slots of reader.texts.
const (
	eventVersionText = iota
	eventTimeText
	eventSourceText
	eventNameText
	awsRegionText
	sourceIPAddressText
	userAgentText
	errorCodeText
	errorMessageText
	requestIDText
	eventIDText
	eventTypeText
	eventCategoryText
	apiVersionText
	recipientAccountIDText
	sharedEventIDText
	vpcEndpointIDText
	vpcEndpointAccountIDText

	identityTypeText
	principalIDText
	arnText
	accountIDText
	accessKeyIDText
	userNameText
	identityProviderText
	invokedByText
	credentialIDText
	delegateAccountText
	userIDText
	identityStoreARNText
	sourceARNText
	sourceAccountText
	issuedByTypeText
	issuedToText
	issuedToVersionText

	creationDateText
	issuerTypeText
	issuerUserNameText
	issuerPrincipalIDText
	issuerARNText
	issuerAccountIDText
	federatedProviderText
	sourceIdentityText
	ec2RoleDeliveryText
	signInSessionARNText

	envelopeIDText
	envelopeAccountText
	envelopeRegionText
	envelopeTimeText
	envelopeDetailTypeText
	textCount
)

// Slots of reader.bools.
const (
	readOnlyBool = iota
	managementEventBool
	fromConsoleBool
	mfaBool
	assumedRootBool
	boolCount
)

// Slots of reader.jsons.
const (
	requestParametersJSON = iota
	responseElementsJSON
	additionalEventDataJSON
	serviceEventDetailsJSON
	resourcesJSON
	addendumJSON
	insightDetailsJSON
	tlsDetailsJSON
	edgeDeviceDetailsJSON
	eventContextJSON
	federatedAttributesJSON
	jsonCount
)

// slots are the addresses of a Record's and an Envelope's fields, by the slot
// numbers above.
type slots struct {
	texts [textCount]*string
	bools [boolCount]*Bool
	jsons [jsonCount]*JSON
}

func newSlots(r *Record, e *Envelope) *slots {
	u, s := &r.UserIdentity, &r.UserIdentity.SessionContext
	return &slots{
		texts: [textCount]*string{
			eventVersionText: &r.EventVersion, eventTimeText: &r.EventTimeText,
			eventSourceText: &r.EventSource, eventNameText: &r.EventName,
			awsRegionText: &r.AWSRegion, sourceIPAddressText: &r.SourceIPAddress,
			userAgentText: &r.UserAgent, errorCodeText: &r.ErrorCode,
			errorMessageText: &r.ErrorMessage, requestIDText: &r.RequestID,
			eventIDText: &r.EventID, eventTypeText: &r.EventType,
			eventCategoryText: &r.EventCategory, apiVersionText: &r.APIVersion,
			recipientAccountIDText: &r.RecipientAccountID, sharedEventIDText: &r.SharedEventID,
			vpcEndpointIDText: &r.VPCEndpointID, vpcEndpointAccountIDText: &r.VPCEndpointAccountID,

			identityTypeText: &u.Type, principalIDText: &u.PrincipalID, arnText: &u.ARN,
			accountIDText: &u.AccountID, accessKeyIDText: &u.AccessKeyID, userNameText: &u.UserName,
			identityProviderText: &u.IdentityProvider, invokedByText: &u.InvokedBy,
			credentialIDText: &u.CredentialID, delegateAccountText: &u.DelegateAccount,
			userIDText: &u.OnBehalfOf.UserID, identityStoreARNText: &u.OnBehalfOf.IdentityStoreARN,
			sourceARNText: &u.InScopeOf.SourceARN, sourceAccountText: &u.InScopeOf.SourceAccount,
			issuedByTypeText: &u.InScopeOf.IssuerType, issuedToText: &u.InScopeOf.CredentialsIssuedTo,
			issuedToVersionText: &u.InScopeOf.CredentialsIssuedToVersion,

			creationDateText: &s.CreationDateText,
			issuerTypeText:   &s.Issuer.Type, issuerUserNameText: &s.Issuer.UserName,
			issuerPrincipalIDText: &s.Issuer.PrincipalID, issuerARNText: &s.Issuer.ARN,
			issuerAccountIDText: &s.Issuer.AccountID, federatedProviderText: &s.FederatedProvider,
			sourceIdentityText: &s.SourceIdentity, ec2RoleDeliveryText: &s.EC2RoleDelivery,
			signInSessionARNText: &s.SignInSessionARN,

			envelopeIDText: &e.ID, envelopeAccountText: &e.Account, envelopeRegionText: &e.Region,
			envelopeTimeText: &e.Time, envelopeDetailTypeText: &e.DetailType,
		},
		bools: [boolCount]*Bool{
			readOnlyBool: &r.ReadOnly, managementEventBool: &r.ManagementEvent,
			fromConsoleBool: &r.SessionCredentialFromConsole,
			mfaBool:         &s.MFAAuthenticated, assumedRootBool: &s.AssumedRoot,
		},
		jsons: [jsonCount]*JSON{
			requestParametersJSON: &r.RequestParameters, responseElementsJSON: &r.ResponseElements,
			additionalEventDataJSON: &r.AdditionalEventData, serviceEventDetailsJSON: &r.ServiceEventDetails,
			resourcesJSON: &r.Resources, addendumJSON: &r.Addendum,
			insightDetailsJSON: &r.InsightDetails, tlsDetailsJSON: &r.TLSDetails,
			edgeDeviceDetailsJSON: &r.EdgeDeviceDetails, eventContextJSON: &r.EventContext,
			federatedAttributesJSON: &s.FederatedAttributes,
		},
	}
}
