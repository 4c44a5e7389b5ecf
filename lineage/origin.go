package lineage

import (
	"cmp"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// standing is what kind of caller a record has: where its chain goes on.
type standing uint8

const (
	asNobody    standing = iota // names no one: Unknown, Directory
	asAnonymous                 // whoever knew the address
	asService                   // AWS itself: a start
	asAccount                   // a caller of another account, as the owner of a resource is told
	asPerson                    // named on the record: a start
	asSession                   // temporary credentials: to be tied to their issuance
)

// standing tells from the identity's type, and where that is missing from the
// shape of the rest.
func (id *Identity) standing() standing {
	if isMaskedAccount(id.AccountID) || isMaskedAccount(id.PrincipalID) {
		return asAnonymous
	}
	switch id.Type {
	case "AWSService":
		return asService
	case "IAMUser", "Root":
		if id.isMistyped() {
			return asSession
		}
	}
	switch id.Type {
	case "AWSAccount":
		return asAccount
	case "IAMUser", "SAMLUser", "WebIdentityUser", "IdentityCenterUser":
		return asPerson
	case "Root":
		if id.AssumedRoot {
			return asSession
		}
		return asPerson
	case "AssumedRole", "FederatedUser", "Role":
		return asSession
	}
	switch {
	case id.OnBehalfOfUser != "" && !isRoleID(rolePart(id.PrincipalID)):
		return asPerson
	case isRoleID(rolePart(id.PrincipalID)) || strings.Contains(id.ARN, ":assumed-role/"):
		return asSession
	case id.Type == "" && id.InvokedBy != "":
		return asService
	}
	return asNobody
}

// isMistyped reports whether a record calls a session of a role a user: AWS
// writes none such, so the type alone proves nothing.
func (id *Identity) isMistyped() bool {
	return isRoleID(rolePart(id.PrincipalID)) || isRoleID(id.IssuerPrincipal) || id.IssuerType == "Role" ||
		strings.Contains(id.ARN, ":assumed-role/")
}

// namedOnRecord is rule E3 (named-on-record): the origin that a record names
// itself, whatever is known of its session. nil where it names none.
func namedOnRecord(id *Identity) *Origin {
	var o *Origin
	switch {
	case id.OnBehalfOfUser != "" && id.Type != "IAMUser" && id.Type != "Root":
		o = identityCenterOrigin(id)
	case (id.Type == "IAMUser" || id.Type == "Root") && id.isMistyped():
	case id.Type == "IAMUser":
		o = iamOrigin(callerAccount(id), id.PrincipalID, id.ARN, id.UserName)
		if o != nil && id.Created.IsZero() {
			o.AccessKeyID = id.AccessKeyID
		}
	case id.Type == "Root" && !id.AssumedRoot:
		o = rootOrigin(callerAccount(id), id.PrincipalID, id.ARN)
		if o != nil && id.Created.IsZero() {
			o.AccessKeyID = id.AccessKeyID
		}
	case id.Type == "SAMLUser":
		o = samlOrigin(id)
	case id.Type == "WebIdentityUser":
		o = webIdentityOrigin(id.IdentityProvider, id.UserName, id.PrincipalID)
	case id.FederatedSubject != "":
		o = webIdentityOrigin(id.FederatedProvider, id.FederatedSubject, "")
	case id.Type == "FederatedUser":
		o = federatedOrigin(id)
	case id.standing() == asService:
		o = serviceOrigin(id.InvokedBy, "")
	case id.InScopeARN != "":
		o = serviceOrigin(workloadHost(id), id.InScopeARN)
	case id.isInstance():
		o = serviceOrigin("ec2.amazonaws.com", id.SessionName())
	}
	if o != nil {
		o.Rule = NamedOnRecord
	}
	return o
}

// isInstance reports whether the credentials are of an instance profile: then AWS
// sets ec2RoleDelivery and names the session after the instance. No web identity
// provider has a part in that.
func (id *Identity) isInstance() bool {
	return id.EC2RoleDelivery != "" && strings.HasPrefix(id.SessionName(), "i-") &&
		id.FederatedProvider == "" && id.IdentityProvider == ""
}

func iamOrigin(account, user, arn, name string) *Origin {
	o := &Origin{Kind: IAMUser, ARN: arn, PrincipalID: user, AccountID: account, Name: strings.TrimSpace(name)}
	if o.Name == "" && strings.Contains(arn, ":user/") {
		o.Name = lastPart(arn)
	}
	switch {
	case user != "":
		o.ID = "iam:" + account + ":" + user
	case arn != "":
		o.ID = "iam:" + account + ":" + arn
	case account != "" && o.Name != "":
		o.ID = "iam:" + account + ":user/" + o.Name
	default:
		return nil
	}
	return o
}

func rootOrigin(account, principal, arn string) *Origin {
	if account == "" {
		account = principal
	}
	if account == "" {
		return nil
	}
	return &Origin{ID: "root:" + account, Kind: Root, ARN: arn, PrincipalID: principal, AccountID: account, Name: "root"}
}

func identityCenterOrigin(id *Identity) *Origin {
	o := &Origin{
		ID:   "idc:" + id.OnBehalfOfStore + ":" + id.OnBehalfOfUser,
		Kind: IdentityCenterUser, PrincipalID: id.OnBehalfOfUser, Name: id.UserName,
	}
	if o.Name == "" && isReservedSSO(id) {
		o.Name = id.SessionName() // there the session bears the user's name
	}
	return o
}

// samlOrigin names the subject as it is, a transient one too.
func samlOrigin(id *Identity) *Origin {
	subject := id.UserName
	if subject == "" {
		subject = id.PrincipalID[strings.LastIndexByte(id.PrincipalID, ':')+1:]
	}
	if subject == "" || id.IdentityProvider == "" {
		return nil // subjects of all providers would run together
	}
	return &Origin{
		ID:   "saml:" + id.IdentityProvider + ":" + subject,
		Kind: SAMLUser, PrincipalID: id.PrincipalID, Name: subject,
	}
}

// webIdentityOrigin takes the subject as it stands: it may hold colons, so it is
// never cut out of a principal id but by the whole provider before it.
func webIdentityOrigin(provider, subject, principal string) *Origin {
	if subject == "" {
		if rest, ok := strings.CutPrefix(principal, provider+":"); ok && provider != "" {
			_, subject, _ = strings.Cut(rest, ":") // the audience goes before it
		}
	}
	if subject == "" || oidcProvider(provider) == "" {
		return nil
	}
	return &Origin{
		ID:   "oidc:" + oidcProvider(provider) + ":" + subject,
		Kind: WebIdentityUser, ARN: provider, PrincipalID: principal, Name: subject,
		AccountID: arnAccount(provider),
	}
}

// federatedOrigin is the user whose GetFederationToken made the session: its
// sessionIssuer tells, with and without the issuance.
func federatedOrigin(id *Identity) *Origin {
	account := id.IssuerAccount
	if account == "" {
		account = callerAccount(id)
	}
	switch id.IssuerType {
	case "IAMUser":
		return iamOrigin(account, id.IssuerPrincipal, id.IssuerARN, id.IssuerName)
	case "Root":
		return rootOrigin(account, id.IssuerPrincipal, id.IssuerARN)
	}
	return nil
}

func serviceOrigin(host, workload string) *Origin {
	if host == "" {
		return nil
	}
	return &Origin{ID: "service:" + host, Kind: AWSService, Name: host, Workload: workload}
}

// workloadHost is the service whose workload inScopeOf names.
func workloadHost(id *Identity) string {
	kind := id.InScopeType
	if kind == "" {
		kind = id.InScopeARN
	}
	var name string
	if parts := strings.Split(kind, ":"); len(parts) > 2 {
		name = strings.ToLower(parts[2]) // AWS::Lambda::Function and arn:aws:lambda alike
	}
	switch name {
	case "":
		return ""
	case "ecs":
		name = "ecs-tasks"
	}
	return name + ".amazonaws.com"
}

// grantOrigin is the origin of credentials that a call gave to somebody its own
// userIdentity does not name. nil: the caller is.
func grantOrigin(f *Fact) *Origin {
	var o *Origin
	switch {
	case f.EventSource == "rolesanywhere.amazonaws.com" && f.EventName == "CreateSession":
		workload := f.Grant.Subject
		if workload == "" {
			workload = f.sessionName()
		}
		o = serviceOrigin(f.EventSource, workload)
	case f.EventName == "GetCredentialsForIdentity" && f.Caller.standing() == asNobody:
		o = webIdentityOrigin("cognito-identity.amazonaws.com", f.Grant.Subject, "")
	case f.Caller.Type == "SAMLUser" && namedOnRecord(f.Caller) == nil && f.Grant.Subject != "":
		who := *f.Caller
		who.IdentityProvider = cmp.Or(who.IdentityProvider, f.Grant.Provider)
		who.UserName = cmp.Or(who.UserName, f.Grant.Subject)
		o = samlOrigin(&who)
	case f.Caller.Type == "WebIdentityUser" && f.Grant.Subject != "":
		provider := f.Caller.IdentityProvider
		if provider == "" {
			provider = f.Grant.Provider
		}
		o = webIdentityOrigin(provider, f.Grant.Subject, f.Caller.PrincipalID)
	}
	if o != nil {
		o.Rule = NamedOnRecord
	}
	return o
}

// workloadOf is what a service got credentials for, as the issuing call tells:
// an instance by the session's name, a pod by its tags.
func workloadOf(f *Fact) string {
	switch f.Caller.InvokedBy {
	case "ec2.amazonaws.com", "ecs-tasks.amazonaws.com":
		return f.sessionName()
	case "pods.eks.amazonaws.com":
		t := f.Request.Tags
		if t["kubernetes-pod-name"] == "" {
			return ""
		}
		return strings.Join([]string{
			t["eks-cluster-name"], t["kubernetes-namespace"], t["kubernetes-service-account"], t["kubernetes-pod-name"],
		}, "/")
	}
	return ""
}

// isReservedSSO reports whether the session is of a role that Identity Center
// made: there the SAML subject is the user that onBehalfOf names.
func isReservedSSO(id *Identity) bool {
	return strings.HasPrefix(id.IssuerName, "AWSReservedSSO_") || strings.Contains(id.ARN, ":assumed-role/AWSReservedSSO_") ||
		strings.Contains(id.IssuerARN, "/AWSReservedSSO_")
}

// sameOrigin reports whether two origins are one: by id, or by IAM's unique id,
// whatever account is printed beside it.
func sameOrigin(a, b *Origin) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.ID == b.ID {
		return true
	}
	return a.PrincipalID == b.PrincipalID && isUniqueID(rolePart(a.PrincipalID))
}

// named is the name of a unique id at some moment: the latest at or before it,
// else the earliest after ("last seen" would be the order of arrival).
func (w *walk) named(id string, t cloudtrail.Time) (name, arn string) {
	var best *Fact
	for _, f := range w.always(keyUnique(id)) {
		if f.Kind != Name || f.Detail.ID != id {
			continue
		}
		if best == nil || f.Time <= t && f.Time > best.Time {
			best = f
		}
	}
	if best == nil {
		return "", ""
	}
	return best.Detail.Name, best.Detail.ARN
}

// userByARN is the unique id that an ARN had at some moment, likewise; "" where
// it had two on one day, as of a user made anew.
func (w *walk) userByARN(arn string, t cloudtrail.Time) string {
	var best *Fact
	shared := false
	for _, f := range w.always(keyName(arn)) {
		if f.Kind != Name || f.Detail.ARN != arn || !isUserID(f.Detail.ID) {
			continue
		}
		switch {
		case best == nil || f.Time <= t && f.Time > best.Time:
			best, shared = f, false
		case f.Time == best.Time && f.Detail.ID != best.Detail.ID:
			shared = true
		}
	}
	if best == nil || shared {
		return ""
	}
	return best.Detail.ID
}

// oidcProvider is all that follows "oidc-provider/" in a provider's ARN: the
// host alone would merge the clusters of a region.
func oidcProvider(arn string) string {
	if _, after, ok := strings.Cut(arn, "oidc-provider/"); ok {
		return after
	}
	return arn
}
