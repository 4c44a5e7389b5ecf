package lineage

import "github.com/crosstrail/crosstrail/cloudtrail"

// appendSignIn adds what a sign-in, a switch of role or a grant tells
// (linkage.md 3.10 to 3.12). Who calls it a failure adds nothing.
func appendSignIn(facts []Fact, r *cloudtrail.Record, use Use) []Fact {
	more, res := r.AdditionalEventData.Unquoted(), r.ResponseElements.Unquoted()
	f := Fact{Kind: SignIn, Use: use}
	switch use.EventName {
	case "ConsoleLogin":
		if res.Get("ConsoleLogin").Text() != "Success" {
			return facts
		}
		f.Detail.MFA = more.Get("MFAUsed").Text() == "Yes"
		f.Grant.Provider = more.Get("SamlProviderArn").Text()
	case "CreateOAuth2Token":
		if more.Get("success").Text() == "false" {
			return facts
		}
		f.Detail.SignInSessionARN = unmasked(more.Get("signInSessionArn").Text())
	case "CreateToken", "CreateTokenWithIAM":
		f.Detail.SignInSessionARN = unmasked(more.Get("identitycenter:CredentialId").Text())
		f.Grant.Subject = unmasked(more.Get("identitystore:UserId").Text())
	default:
		if res.Get(use.EventName).Text() == "Failure" {
			return facts
		}
		f.Detail.SwitchFrom = unmasked(more.Get("SwitchFrom").Text())
	}
	return append(facts, f)
}

// appendPortal adds a GetRoleCredentials call of Identity Center (3.9).
func appendPortal(facts []Fact, r *cloudtrail.Record, use Use) []Fact {
	d := r.ServiceEventDetails.Unquoted()
	f := Fact{Kind: Portal, Use: use}
	f.Detail.Account = unmasked(d.Get("account_id").Text())
	f.Detail.Role = unmasked(d.Get("role_name").Text())
	if f.Detail.Account == "" || f.Detail.Role == "" {
		return facts
	}
	return append(facts, f)
}

// appendDownstream adds the requests that an agent's event speaks for (3.12).
func appendDownstream(facts []Fact, r *cloudtrail.Record, use Use) []Fact {
	f := Fact{Kind: Downstream, Use: use}
	for _, request := range r.AdditionalEventData.Unquoted().Get("downstreamRequests").Members() {
		if id := unmasked(request.Get("requestId").Text()); id != "" {
			f.Detail.Requests = append(f.Detail.Requests, id)
		}
	}
	if f.Detail.Requests == nil {
		return facts
	}
	return append(facts, f)
}
