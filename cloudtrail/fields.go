package cloudtrail

// fieldKind says what the reader does with the value of a member.
type fieldKind uint8

const (
	skipField      fieldKind = iota
	textField                // into reader.texts
	boolField                // into reader.bools
	jsonField                // into reader.jsons
	objectField              // an object with a table of its own
	identityField            // userIdentity
	containerField           // an array of records: Records, Events
	wrappedField             // a record in an envelope: detail, CloudTrailEvent
)

// field is one member that the reader knows by name.
type field struct {
	kind  fieldKind
	slot  uint8 // index in texts, bools or jsons
	table *table
	name  string
	// quoted is the name as it stands in JSON, `"name":`, as words of eight
	// bytes, the last ones masked.
	quoted, mask [quotedWords]uint64
	size         int
}

// quotedWords holds the longest known name, sessionCredentialFromConsole.
const quotedWords = 4

// table is the members that the reader knows of one object.
type table struct {
	id     uint8 // which, in reader.guess and reader.entered
	fields []field
	byName map[string]uint8
	clear  func(*Record) // what the table fills, for when its object is repeated
}

// How many tables and, at most, fields in one there are.
const (
	tableCount = 9
	fieldCount = 64
)

func newTable(id uint8, clear func(*Record), fields ...field) *table {
	t := &table{id: id, clear: clear, byName: make(map[string]uint8, len(fields))}
	for i, f := range fields {
		q := `"` + f.name + `":`
		for k := range len(q) {
			f.quoted[k/8] |= uint64(q[k]) << (k % 8 * 8)
			f.mask[k/8] |= 0xff << (k % 8 * 8)
		}
		f.size = len(q)
		t.fields = append(t.fields, f)
		t.byName[f.name] = uint8(i)
	}
	// The last stands for every unknown name. It matches no byte that a name
	// may begin with.
	t.fields = append(t.fields, field{quoted: [quotedWords]uint64{1}, mask: [quotedWords]uint64{0xff}})
	return t
}

func text(name string, slot uint8) field { return field{kind: textField, name: name, slot: slot} }

func boolean(name string, slot uint8) field { return field{kind: boolField, name: name, slot: slot} }

func raw(name string, slot uint8) field { return field{kind: jsonField, name: name, slot: slot} }

func object(name string, t *table) field     { return field{kind: objectField, name: name, table: t} }
func special(name string, k fieldKind) field { return field{kind: k, name: name} }

var (
	issuerTable = newTable(0, func(r *Record) {
		s := &r.UserIdentity.SessionContext.Issuer
		*s = SessionContext{}.Issuer
	},
		text("type", issuerTypeText),
		text("principalId", issuerPrincipalIDText),
		text("arn", issuerARNText),
		text("accountId", issuerAccountIDText),
		text("userName", issuerUserNameText))

	attributesTable = newTable(1, func(r *Record) {
		s := &r.UserIdentity.SessionContext
		s.CreationDate, s.CreationDateText, s.MFAAuthenticated = 0, "", Absent
	},
		text("creationDate", creationDateText),
		boolean("mfaAuthenticated", mfaBool))

	federationTable = newTable(2, func(r *Record) {
		s := &r.UserIdentity.SessionContext
		s.FederatedProvider, s.FederatedAttributes = "", ""
	},
		text("federatedProvider", federatedProviderText),
		raw("attributes", federatedAttributesJSON))

	sessionTable = newTable(3, func(r *Record) { r.UserIdentity.SessionContext = SessionContext{} },
		object("sessionIssuer", issuerTable),
		object("webIdFederationData", federationTable),
		object("attributes", attributesTable),
		text("sourceIdentity", sourceIdentityText),
		text("ec2RoleDelivery", ec2RoleDeliveryText),
		text("signInSessionArn", signInSessionARNText),
		boolean("assumedRoot", assumedRootBool))

	delegateTable = newTable(4, func(r *Record) { r.UserIdentity.DelegateAccount = "" },
		text("accountId", delegateAccountText))

	onBehalfOfTable = newTable(5, func(r *Record) { r.UserIdentity.OnBehalfOf = UserIdentity{}.OnBehalfOf },
		text("userId", userIDText),
		text("identityStoreArn", identityStoreARNText))

	inScopeOfTable = newTable(6, func(r *Record) { r.UserIdentity.InScopeOf = UserIdentity{}.InScopeOf },
		text("sourceArn", sourceARNText),
		text("sourceAccount", sourceAccountText),
		text("issuerType", issuedByTypeText),
		text("credentialsIssuedTo", issuedToText),
		text("credentialsIssuedToVersion", issuedToVersionText))

	identityTable = newTable(7, func(r *Record) { r.UserIdentity = UserIdentity{} },
		text("type", identityTypeText),
		text("principalId", principalIDText),
		text("arn", arnText),
		text("accountId", accountIDText),
		text("accessKeyId", accessKeyIDText),
		text("userName", userNameText),
		object("sessionContext", sessionTable),
		text("invokedBy", invokedByText),
		text("identityProvider", identityProviderText),
		text("credentialId", credentialIDText),
		object("invokedByDelegate", delegateTable),
		object("onBehalfOf", onBehalfOfTable),
		object("inScopeOf", inScopeOfTable))

	// recordTable has the members of a record (linkage.md 4.1), of what may
	// stand around one, and of what holds many: which of them an object is
	// shows when it has been read.
	recordTable = newTable(8, nil,
		text("eventVersion", eventVersionText),
		field{kind: identityField, name: "userIdentity", table: identityTable},
		text("eventTime", eventTimeText),
		text("eventSource", eventSourceText),
		text("eventName", eventNameText),
		text("awsRegion", awsRegionText),
		text("sourceIPAddress", sourceIPAddressText),
		text("userAgent", userAgentText),
		text("errorCode", errorCodeText),
		text("errorMessage", errorMessageText),
		raw("requestParameters", requestParametersJSON),
		raw("responseElements", responseElementsJSON),
		raw("additionalEventData", additionalEventDataJSON),
		text("requestID", requestIDText),
		text("eventID", eventIDText),
		boolean("readOnly", readOnlyBool),
		raw("resources", resourcesJSON),
		text("eventType", eventTypeText),
		text("apiVersion", apiVersionText),
		boolean("managementEvent", managementEventBool),
		text("recipientAccountId", recipientAccountIDText),
		raw("serviceEventDetails", serviceEventDetailsJSON),
		text("sharedEventID", sharedEventIDText),
		text("vpcEndpointId", vpcEndpointIDText),
		text("vpcEndpointAccountId", vpcEndpointAccountIDText),
		text("eventCategory", eventCategoryText),
		raw("addendum", addendumJSON),
		boolean("sessionCredentialFromConsole", fromConsoleBool),
		raw("tlsDetails", tlsDetailsJSON),
		raw("edgeDeviceDetails", edgeDeviceDetailsJSON),
		raw("insightDetails", insightDetailsJSON),
		raw("eventContext", eventContextJSON),

		special("Records", containerField),
		special("Events", containerField),

		text("id", envelopeIDText), // EventBridge
		text("account", envelopeAccountText),
		text("region", envelopeRegionText),
		text("time", envelopeTimeText),
		text("detail-type", envelopeDetailTypeText),
		special("detail", wrappedField),

		text("EventId", envelopeIDText), // LookupEvents
		text("EventTime", envelopeTimeText),
		special("CloudTrailEvent", wrappedField))
)
