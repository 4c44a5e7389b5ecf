package share

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// meaning judges what the grant itself says, whatever its documents do.
func (j *judge) meaning() {
	g, s := j.g, j.s
	switch {
	case g.Expires.IsZero():
		j.note("no-end", "it has no end", g.Command("--expires", "90d"))
	case !g.Expires.After(j.now):
		j.note("expired", "it ended on "+g.Expires.UTC().Format(time.RFC3339)+", and lets nobody read any more", "crosstrail share revoke "+g.ID+" takes it away")
	}
	if !g.MFA {
		j.note("no-mfa", "it asks for no MFA", "where the readers are users with a device: "+g.Command("--require-mfa"))
	}
	if IsAccount(g.To) {
		j.note("root", "it is for all of account "+g.To+": that account's administrators choose who of it may read", "name one role or user of it: --to arn:…")
	}
	j.breadth()
	j.values()
	j.membership()
	if g.Trail != "" && s.Trail.ARN == g.Trail && s.Trail.Prefix != g.Prefix {
		j.fault("other-prefix", "it is for the prefix "+quoted(g.Prefix)+", and trail "+s.Trail.Name+" writes below "+quoted(s.Trail.Prefix), again)
	}
	for _, k := range s.Keys {
		if k.AWSManaged && g.Means == BucketPolicy {
			j.fault("aws-managed-key", "log files are encrypted with "+k.ARN+", an AWS managed key, which no other account can use: they cannot be read", "share by a role (--via role), or encrypt with a key of your own")
		}
	}
}

// breadth tells of a policy that lays more open than log files.
func (j *judge) breadth() {
	narrower := j.g.Command("--policy", "minimal")
	switch {
	case j.g.Means != Role:
		if o := j.s.Bucket.Ownership; o != Enforced {
			j.fault("ownership", "Object Ownership is "+string(cmp.Or(o, Writer))+": log files may belong to other accounts, and the bucket's policy opens only those of its owner: what was meant works in part, or not at all",
				"make it Bucket owner enforced again, or share by a role (--via role)")
		}
	case j.g.Policy == Seed:
		j.note("seed-policy", "it is of --policy seed: the names of all log files of all accounts can be listed, and the bucket's own policy and settings read", narrower)
	case j.g.Policy == ManagedReadOnly:
		j.note("managed-policy", "it is of --policy managed-read-only: every bucket of account "+j.g.Owner+" can be read, not only log files", narrower)
	}
}

// anExternalID reports whether AWS takes a text as an external id. None holds a
// variable.
func anExternalID(id string) bool {
	return len(id) >= 2 && len(id) <= mostExternalID && externalIDForm.MatchString(id)
}

// values judges what was meant by itself: a document that has the same is held to
// nothing, if that is a variable which stands for whatever a request has there, as
// ${sts:ExternalId} does for sts:ExternalId.
func (j *judge) values() {
	g := j.g
	if g.ExternalID != "" && !anExternalID(g.ExternalID) {
		j.fault("external-id", "the external id that was meant, "+strconv.Quote(g.ExternalID)+", is none that AWS takes: a document may take it for a variable, that any fits", "the reader makes one, then: "+j.g.Command("--via", "role", "--external-id", "ID"))
	}
	if g.Organization != "" && !orgPattern.MatchString(g.Organization) {
		j.fault("organization", strconv.Quote(g.Organization)+" is no organisation's id, and holds the reader to none", again)
	}
	if name := g.SessionName; name != "" && (strings.Trim(name, "*?") == "" || !sessionForm.MatchString(name)) {
		j.fault("session-name", "the session name that was meant, "+strconv.Quote(name)+", is none, or any", j.g.Command("--pin-session-name", "NAME")+", or leave it away")
	}
	if g.Region != "" && !regionForm.MatchString(g.Region) {
		j.fault("region", strconv.Quote(g.Region)+" is no region: through which service a key may be used is not held", again)
	}
	if g.To != g.Organization && !IsAccount(g.To) && !principal.MatchString(g.To) {
		j.fault("other-principal", strconv.Quote(g.To)+" is no account, user or role", "crosstrail share revoke "+g.ID)
	}
}

// membership judges whether the reader is of the owner's organisation, or else
// shows an external id. An organisation that is not known to be the owner's own
// excuses nothing.
func (j *judge) membership() {
	g, o := j.g, j.s.Organization
	held := g.Organization != "" && o != nil && g.Organization == o.ID
	inside, known := j.s.Inside(g.account())
	if g.To == g.Organization && g.To != "" {
		inside, known = held, o != nil
	}
	if g.Organization != "" && o != nil && !held {
		j.fault("organization", "it is for members of organisation "+g.Organization+", and yours is "+o.ID, "crosstrail share revoke "+g.ID)
	}
	own := g.meant(g.Logs).String() == "own"
	shows := anExternalID(g.ExternalID)
	switch {
	case known && inside && g.Organization == "":
		j.note("organization-unheld", "it stays if account "+g.account()+" leaves the organisation", again)
	case known && inside:
	case known && held:
		j.fault("left-organization", "account "+g.account()+" is no member of the organisation (any more): it is refused, or will be", "crosstrail share revoke "+g.ID)
	case !shows && (known || !own) && !held:
		j.outsider(known)
	case !known:
		j.note("membership-unknown", "whether account "+g.account()+" is in the organisation could not be seen", "run this with organizations:ListAccounts")
	}
}

// outsider is a reader that shows no external id, and is not known to be of the
// owner's organisation.
func (j *judge) outsider(known bool) {
	text, remedy := "account "+j.g.account()+" is outside the organisation, and shows no external id: ", "the reader makes one, then: "+j.g.Command("--via", "role", "--external-id", "ID")
	if !known {
		text = "whether account " + j.g.account() + " is in the organisation could not be seen, and it shows no external id: "
		if j.g.Organization != "" {
			text = "that it has to be of organisation " + j.g.Organization + " excuses no external id, for that could not be seen to be yours: "
			remedy = "run this with organizations:DescribeOrganization; where that is not yours: " + remedy
		}
	}
	j.fault("no-external-id", text+"whoever deals with it may be let it read for another", remedy)
}

func quoted(prefix string) string {
	if prefix == "" {
		return "\"\" (none)"
	}
	return "\"" + prefix + "\""
}
