package query

import (
	"context"

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
	AsName    Word = "name" // of a session or a person
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
}

// Who finds EVENT (event id, <eventID>@<account>, sha256:…), KEY, SESSION (id,
// ARN or name) or the name of a caller. Not finding it is no error: the answer
// says in Absent what the data covers.
func Who(ctx context.Context, r Reader, resolver *lineage.Resolver, asked string) (*WhoAnswer, error) {
	panic("skeleton")
}

// WhoRows answers for records that were brought along, in the data or not.
func WhoRows(ctx context.Context, resolver *lineage.Resolver, asked string, rows []Row) (*WhoAnswer, error) {
	panic("skeleton")
}
