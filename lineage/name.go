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
		name := who.UserName
		// The sessions of Identity Center's own roles bear the user's name
		// (linkage.md section 2).
		if name == "" && strings.HasPrefix(who.IssuerName, "AWSReservedSSO_") {
			name = who.SessionName()
		}
		facts = appendName(facts, t, "idc:"+who.OnBehalfOfStore+":"+who.OnBehalfOfUser, name, "")
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
