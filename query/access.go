package query

import (
	"context"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// AccessLine is one way from an account into another: who came, from which
// account, by which role.
type AccessLine struct {
	Chain       *lineage.Chain // of the best proved call
	FromAccount string
	RoleARN     string // "" where the caller's own name was let in, or no record tells the role
	ToAccount   string
	ThirdParty  bool            // somebody of an account that the logs are not of, and that is not one's own, is on the way
	Silent      bool            // FromAccount is one's own, and sent no log
	FirstTime   cloudtrail.Bool // see [Access]; absent where nobody can tell
	ExternalID  Told            // of the issuances that opened it
	ExternalIDs []string        // sorted; no more than mostShown
	MFA         Told

	Calls, Writes, Errors int
	First, Last           cloudtrail.Time // of the calls; where there is none, of when the role was taken
}

// Told is what several records tell of one question.
type Told uint8

// What they tell.
const (
	NotTold Told = iota
	NotUsed
	Used
	Mixed // of some it was, of others not
)

func (t *Told) add(used bool) {
	said := NotUsed
	if used {
		said = Used
	}
	if *t == NotTold {
		*t = said
	} else if *t != said {
		*t = Mixed
	}
}

// AccessAnswer is the map of who reaches which account.
type AccessAnswer struct {
	// Lines are by account, the most written to first; within one those seen for
	// the first time come first, then third parties, then by writes, calls and
	// name. Where the filter asks for the newest, they are by last call.
	Lines []AccessLine
	// Unknown are the calls of sessions that nothing ties to an issuance: they
	// may have come from another account too.
	Unknown Unexplained
}

// Unexplained counts sessions and their calls.
type Unexplained struct{ Sessions, Calls int }

// Access returns who reaches which account, from which, through which role. A
// call counts once, into the account where it was made: for the last hop on its
// way that was made from another account, and where the caller itself, or the
// role it was in, belongs to another account (a bucket policy let it in), for
// that. So an entry that only leads on to a third account has the calls made on
// the way there. A role that was taken and that no call shows in use is a line
// without calls, First and Last being when it was taken; but the copy that its
// owner was given of that call is no call in the owner's account. Services that
// act without an account of their own are on no such way; a workload that goes on
// into another account is.
//
// A line is seen for the first time where none of the calls that the filter
// chooses came that way before Since, while the log of the account it leads
// into reaches back further: by the stamp of its first log file or, where no
// file has one, by an event. Without Since nothing is. Where the filter says that
// what was before was not read, nobody can tell.
func Access(ctx context.Context, r Reader, resolver *lineage.Resolver, f Filter) (*AccessAnswer, error) {
	limit := f.Limit
	f.Limit = 0
	logged, err := readLoggedAccounts(ctx, r)
	if err != nil {
		return nil, err
	}
	b := accessBook{own: ownBeside(logged, &f), logged: logged, lines: map[wayKey]*way{}, unknown: newDistinct()}
	q, err := newQuestion(ctx, r, resolver, f)
	if err != nil {
		return nil, err
	}
	if err := b.read(ctx, q); err != nil {
		return nil, err
	}
	if !f.NoHistory {
		for _, w := range b.lines {
			w.FirstTime = cloudtrail.False
		}
	}
	if f.Since != 0 && !f.NoHistory && len(b.lines) > 0 {
		if err := b.markFirst(ctx, r, resolver, f); err != nil {
			return nil, err
		}
	}
	answer := &AccessAnswer{Lines: b.sorted(f.Newest), Unknown: Unexplained{b.unknown.n(), b.unknownCalls}}
	if limit > 0 && len(answer.Lines) > limit {
		answer.Lines = answer.Lines[:limit]
	}
	return answer, nil
}
