package lineage

import "strings"

// Names returns the fields by which a record with this identity names an origin
// itself (rule E3, named-on-record; C1 for a source identity), as the record
// writes them. None: it does not name this one.
func (id *Identity) Names(o *Origin) []Equal {
	switch {
	case o == nil:
		return nil
	case o.Rule == SourceIdentity || strings.HasPrefix(o.ID, "sourceIdentity:"):
		if id.SourceIdentity == "" || o.ID != "sourceIdentity:"+id.SourceIdentity {
			return nil
		}
		return []Equal{{"userIdentity.sessionContext.sourceIdentity", id.SourceIdentity}}
	case o.Kind == AWSAccount:
		if id.Type != "AWSAccount" || id.AccountID != o.AccountID || id.PrincipalID != o.PrincipalID {
			return nil
		}
	case !sameOrigin(namedOnRecord(id), o):
		return nil
	}
	return id.naming()
}

// naming are the fields that [namedOnRecord] reads, in its order.
func (id *Identity) naming() []Equal {
	var said []Equal
	say := func(field, value string) {
		if value != "" {
			said = append(said, Equal{"userIdentity." + field, value})
		}
	}
	switch {
	case id.OnBehalfOfUser != "" && id.Type != "IAMUser" && id.Type != "Root":
		say("onBehalfOf.userId", id.OnBehalfOfUser)
	case id.standing() == asPerson || id.standing() == asAccount:
		say("type", id.Type)
		say("principalId", id.PrincipalID)
		say("arn", id.ARN)
		say("identityProvider", id.IdentityProvider)
		say("userName", id.UserName)
		if id.ARN == "" {
			say("accountId", id.AccountID)
		}
	case id.FederatedSubject != "":
		say("sessionContext.webIdFederationData.federatedProvider", id.FederatedProvider)
		say("sessionContext.webIdFederationData.attributes…:sub", id.FederatedSubject)
	case id.Type == "FederatedUser":
		say("sessionContext.sessionIssuer.type", id.IssuerType)
		say("sessionContext.sessionIssuer.principalId", id.IssuerPrincipal)
		say("sessionContext.sessionIssuer.arn", id.IssuerARN)
	case id.standing() == asService:
		say("type", id.Type)
		say("invokedBy", id.InvokedBy)
	case id.InScopeARN != "":
		say("inScopeOf.issuerType", id.InScopeType)
		say("inScopeOf.credentialsIssuedTo", id.InScopeARN)
	case id.isInstance():
		say("sessionContext.ec2RoleDelivery", id.EC2RoleDelivery)
		say("principalId", id.PrincipalID)
	}
	return said
}
