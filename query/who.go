package query

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// WhoAnswer is who is behind what was asked for.
type WhoAnswer struct {
	Asked   string
	As      Word
	Answers []Answer // by time; several where a name fits several sessions
	Absent  *Absence // set where there are no Answers
}

// Word is how something asked for was understood.
type Word string

// The words.
const (
	AsEvent   Word = "event"
	AsKey     Word = "key"
	AsSession Word = "session"
	AsName    Word = "name" // of a session, a caller or a role
	AsRole    Word = "role"
	AsPerson  Word = "person"
	AsAddress Word = "address"
	AsRecord  Word = "record"
)

// Answer is one event or session. The proof of each hop is in Chain.Hops, with
// both records and what was ruled out.
type Answer struct {
	Line                 // of the event; of a session, its first event
	Session *SessionLine // where a key, a session or a name was asked for
	Unused  bool         // no event shows it in use: Row tells of its issuance
	Places  Places       // of the session that made the call
}

// Who finds EVENT (event id, <eventID>@<account>, sha256:…), KEY, SESSION (id,
// ARN or name) or the name of a caller or of a role, whose sessions it answers
// for. Not finding it is no error: the answer
// says in Absent what the data covers.
func Who(ctx context.Context, r Reader, resolver *lineage.Resolver, asked string) (*WhoAnswer, error) {
	answer, err := findWho(ctx, r, resolver, asked)
	if err != nil {
		return nil, err
	}
	return answer, wherePlaced(ctx, r, answer.Answers)
}

func findWho(ctx context.Context, r Reader, resolver *lineage.Resolver, asked string) (*WhoAnswer, error) {
	answer := &WhoAnswer{Asked: asked, As: AsEvent}
	asked = strings.TrimSpace(asked)
	var events []Line
	var err error
	if !isKeyID(asked) { // which is no event's
		if events, err = findEvents(ctx, r, resolver, asked); err != nil {
			return nil, err
		}
	}
	if len(events) > 0 {
		for _, l := range events {
			answer.Answers = append(answer.Answers, Answer{Line: l})
		}
		return answer, nil
	}
	answer.As = whatIs(asked)
	account, at := "", cloudtrail.Time(0)
	switch answer.As {
	case AsKey:
		account = lineage.KeyAccount(asked)
		answer.Answers, err = whoFits(ctx, r, resolver, Selection{AccessKeys: []string{asked}}, func(id *lineage.Identity) bool { return id.AccessKeyID == asked })
	case AsSession:
		_, at, _ = splitSessionID(asked)
		account = accountOf(asked)
		answer.Answers, err = whoFits(ctx, r, resolver, Selection{Principals: principalsOf([]string{asked})}, func(id *lineage.Identity) bool { return inSession(id, asked) })
	case AsName:
		account = accountOf(asked)
		answer.Answers, err = whoFits(ctx, r, resolver, Selection{}, func(id *lineage.Identity) bool {
			return inSession(id, asked) || isCaller(id, asked) || isRole(id.IssuerARN, asked)
		})
	case AsEvent:
		account = eventAccount(asked)
	}
	if err != nil {
		return nil, err
	}
	if len(answer.Answers) == 0 {
		if answer.Answers, err = whoUnused(ctx, r, resolver, asked); err != nil {
			return nil, err
		}
	}
	if len(answer.Answers) == 0 {
		answer.Absent, err = absence(ctx, r, account, at)
	}
	return answer, err
}

// WhoRows answers for records that were brought along, in the data or not.
func WhoRows(ctx context.Context, resolver *lineage.Resolver, asked string, rows []Row) (*WhoAnswer, error) {
	answer := &WhoAnswer{Asked: asked, As: AsRecord}
	lines, err := linkRows(ctx, resolver, rows)
	for _, l := range lines {
		answer.Answers = append(answer.Answers, Answer{Line: l})
	}
	return answer, err
}

// whatIs tells what an asked text looks like, when it is no event in the data.
func whatIs(asked string) Word {
	switch {
	case isKeyID(asked):
		return AsKey
	case strings.HasPrefix(asked, "sha256:"), isUUID(asked), isUUID(strings.TrimSuffix(asked, "@"+eventAccount(asked))):
		return AsEvent
	case strings.HasPrefix(asked, "arn:") && strings.Contains(asked, ":sts:"):
		return AsSession
	}
	if _, _, ok := splitSessionID(asked); ok {
		return AsSession
	}
	return AsName
}

// isKeyID accepts what looks like an access key id: 16 to 128 capital letters
// and digits (IAM API Reference, AccessKey) that begin as AWS's do.
func isKeyID(s string) bool {
	if len(s) < 16 || len(s) > 128 || !strings.HasPrefix(s, "ASIA") && !strings.HasPrefix(s, "AKIA") {
		return false
	}
	return strings.IndexFunc(s, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < '0' || c > '9') }) < 0
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range []byte(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !strings.ContainsRune("0123456789abcdefABCDEF", rune(c)) {
			return false
		}
	}
	return true
}

// isCaller reports whether asked is the ARN, unique id or name of the caller
// itself, not of its session. A role's unique id fits all its sessions.
func isCaller(id *lineage.Identity, asked string) bool {
	return asked != "" && (asked == id.ARN || asked == id.PrincipalID || asked == id.RoleID() || strings.EqualFold(asked, id.UserName))
}

// whoUnused answers for credentials that were handed out and never seen in use,
// found by the key that a store would keep their issuance under.
func whoUnused(ctx context.Context, r Reader, resolver *lineage.Resolver, asked string) ([]Answer, error) {
	want := lineage.Fact{Kind: lineage.Issuance, Use: lineage.Use{Caller: &lineage.Identity{}}}
	principal, created, session := splitSessionID(asked)
	switch {
	case session:
		want.Grant.PrincipalID = principal
	case isKeyID(asked):
		want.Grant.AccessKeyID = asked
	default:
		return nil, nil
	}
	facts, err := r.Facts(ctx, want.Keys(), 0, 0)
	if err != nil {
		return nil, fmt.Errorf("looking for the issuance of %s: %w", asked, err)
	}
	facts = slices.DeleteFunc(slices.Clone(facts), func(f *lineage.Fact) bool {
		return f.Kind != lineage.Issuance || f.ErrorCode != "" || session && (f.Time != created || f.Grant.PrincipalID != principal) ||
			!session && f.Grant.AccessKeyID != asked
	})
	slices.SortFunc(facts, func(x, y *lineage.Fact) int {
		return cmp.Or(cmp.Compare(x.Time, y.Time), cmp.Compare(x.ID.Event, y.ID.Event),
			cmp.Compare(x.ID.Recipient, y.ID.Recipient), cmp.Compare(x.Fingerprint, y.Fingerprint))
	})
	var answers []Answer
	seen := map[string]bool{}
	for _, f := range facts {
		use := firstUse(f)
		chains, err := resolver.Resolve(ctx, []lineage.Use{use})
		if err != nil {
			return nil, fmt.Errorf("linking %s: %w", asked, err)
		}
		id := use.Caller.SessionID()
		if seen[id] { // another account's copy of the same call
			continue
		}
		seen[id] = true
		row := &Row{Use: f.Use, ReadOnly: cloudtrail.True}
		answers = append(answers, Answer{Line: Line{Row: row, Chain: chains[0]}, Unused: true, Session: &SessionLine{
			ID: id, SessionARN: use.Caller.ARN, RoleARN: use.Caller.IssuerARN, AccountID: use.Caller.AccountID,
			AccessKeyIDs: []string{f.Grant.AccessKeyID}, Chain: chains[0],
		}})
	}
	return answers, nil
}

// firstUse is what a use of the credentials would look like that an issuance
// handed out, in the second it did.
func firstUse(f *lineage.Fact) lineage.Use {
	id := lineage.Identity{
		Type: "AssumedRole", PrincipalID: f.Grant.PrincipalID, ARN: f.Grant.ARN,
		AccountID: cmp.Or(accountOf(f.Grant.ARN), accountOf(f.Request.RoleARN)),
	}
	switch {
	case f.EventName == "GetFederationToken":
		id.Type = "FederatedUser"
	case f.Grant.PrincipalID == "" && f.Request.RoleARN == "": // GetSessionToken: the caller again
		id = *f.Caller
	default:
		id.IssuerType, id.IssuerARN = "Role", f.Request.RoleARN
		id.IssuerPrincipal, _, _ = cutLast(f.Grant.PrincipalID, ':')
	}
	id.AccessKeyID, id.Created = f.Grant.AccessKeyID, f.Time
	return lineage.Use{Time: f.Time, Caller: &id}
}
