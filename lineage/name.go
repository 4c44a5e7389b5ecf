package lineage

import (
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// day is the precision of a name that an ordinary record shows. Users call
// thousands of times a day under one name: a name and a day are one fact, with
// no event of its own, however many records show it. A name that a CreateUser
// or CreateRole gives carries its second.
const day = 24 * 60 * 60

// nobody is the caller of a fact that is no event's own.
var nobody = new(Identity)

// Names are the names that an identity shows beside unique ids, at the day that
// t is on. Person ids of Identity Center are in the form of [Origin.ID].
func Names(who *Identity, t cloudtrail.Time) []Fact {
	t -= t % day
	var facts []Fact
	if who.Type == "IAMUser" {
		facts = appendName(facts, t, who.PrincipalID, who.UserName, who.ARN)
	}
	if who.IssuerType == "Role" || who.IssuerType == "IAMUser" {
		facts = appendName(facts, t, who.IssuerPrincipal, who.IssuerName, who.IssuerARN)
	}
	if who.OnBehalfOfUser != "" {
		o := identityCenterOrigin(who)
		facts = appendName(facts, t, o.ID, o.Name, "")
	}
	return facts
}

// appendRoleName adds the name of the role whose session an issuance made.
func appendRoleName(facts []Fact, f *Fact) []Fact {
	role, _, ok := strings.Cut(f.Grant.PrincipalID, ":")
	if !ok || !strings.Contains(f.Request.RoleARN, ":role/") {
		return facts
	}
	return appendName(facts, f.Time-f.Time%day, role, lastPart(f.Request.RoleARN), f.Request.RoleARN)
}

// appendPersonName adds the name that a person of Identity Center signed in by:
// since 2025 the identity itself has none (linkage.md 3.9).
func appendPersonName(facts []Fact, r *cloudtrail.Record, use Use) []Fact {
	who := use.Caller
	if who.OnBehalfOfUser == "" {
		return facts
	}
	return appendName(facts, use.Time-use.Time%day, originID(identityCenterOrigin(who)),
		r.AdditionalEventData.Unquoted().Get("UserName").Text(), "")
}

func appendName(facts []Fact, t cloudtrail.Time, id, name, arn string) []Fact {
	name, arn = unmasked(name), unmasked(arn)
	if id == "" || name == "" && arn == "" {
		return facts
	}
	return append(facts, Fact{
		Kind:   Name,
		Use:    Use{Time: t, Caller: nobody},
		Detail: Detail{ID: id, Name: name, ARN: arn},
	})
}
