package digest

import (
	"slices"

	"github.com/crosstrail/crosstrail/cloudtrail"
)

// Kind is a kind of finding.
type Kind string

// What can be wrong, the worst first.
const (
	AlteredFile       Kind = "altered-file"
	MissingFile       Kind = "missing-file"
	UnlistedFile      Kind = "unlisted-file"
	ListedTwice       Kind = "listed-twice" // with two hashes
	DamagedDigest     Kind = "damaged-digest"
	ReplayedDigest    Kind = "replayed-digest"
	MovedDigest       Kind = "moved-digest"
	WrongAlgorithm    Kind = "wrong-algorithm"
	UnknownKey        Kind = "unknown-key"
	KeyOutOfTime      Kind = "key-out-of-time"
	AlteredDigest     Kind = "altered-digest"
	BadSignature      Kind = "bad-signature"
	UnsignedDigest    Kind = "unsigned-digest"
	MissingDigest     Kind = "missing-digest"
	UnlinkedDigest    Kind = "unlinked-digest"
	SignatureReplaced Kind = "signature-replaced" // in the metadata
	Gap               Kind = "gap"
	ChainEnded        Kind = "chain-ended"
	WithoutDigests    Kind = "without-digests" // a place, and others of the trail have them
)

// Finding is something that is wrong.
type Finding struct {
	Kind  Kind
	Place Place
	Trail string // empty where it is no trail's
	// Text says what, in a sentence.
	Text string
	// File is the log file it is about, Digest the digest file that shows it, or
	// that it is about.
	File, Digest string
	// From and Until are the span that it concerns: of events for a log file, of
	// deliveries for a digest. Zero where it is not known.
	From, Until cloudtrail.Time
}

// State is what is known of one log file in the end.
type State uint8

// The states. Each log file that was looked at, or should have been there, has one.
const (
	Verified  State = iota // its bytes are those that a digest lists, whose signature was checked
	Altered                // a digest lists other bytes
	Missing                // a digest lists it, and it is not there
	Unlisted               // no digest lists it, and those of its time are there
	Unchecked              // see [Report.Unchecked]
	Unread                 // it could not be read
	states
)

// Integrity is the state in the words of answers.
func (s State) Integrity() cloudtrail.Integrity {
	switch s {
	case Verified:
		return cloudtrail.Verified
	case Altered:
		return cloudtrail.Altered
	}
	return cloudtrail.Unverified
}

// FileState is what was found of one log file.
type FileState struct {
	File   Object // its URI is that of the digest's entry where it is missing
	State  State
	Place  Place
	Digest string // that lists it, if one does
}

// Reason is why something was not checked.
type Reason string

// The reasons.
const (
	NoDigests    Reason = "no-digests"           // of this account and region
	BeforeFirst  Reason = "before-first-digest"  // log files
	BehindNewest Reason = "behind-newest-digest" // log files
	BeginLate    Reason = "digests-begin-later"  // than was asked for
	EndEarly     Reason = "digests-end-earlier"  // than was asked for, or than those of the trail's other places
	NotCollected Reason = "not-collected"        // log files of a time of which a store has read none
	InGap        Reason = "in-gap"               // log files of which the digests are missing or bad
	DigestDoubt  Reason = "digest-not-verified"  // log files that match a digest, which itself was not verified
	Elsewhere    Reason = "elsewhere"            // log files or digests in another bucket or under another prefix
	Copied       Reason = "copied"               // digests that were delivered to another bucket than they are in
	NoSignature  Reason = "no-signature"         // digests of which it is not at hand
	NoKeys       Reason = "no-public-key"        // digests of which it could not be told
	Nameless     Reason = "nameless"             // log files of whose names none tells account and region
)

// Omission is something that was not checked: no finding, and always told.
type Omission struct {
	Reason      Reason
	Place       Place
	Trail       string
	Files       int // log files
	Digests     int
	From, Until cloudtrail.Time // by the stamps of their names
	Example     string
	Cause       string // what went wrong, if something did
	// Expected is what there is of in every log that nobody touched: what was
	// delivered before the first digest where no time was asked for, or after the
	// newest, no longer ago than digests take.
	Expected bool
}

// join adds what was not checked for the same reason.
func (u *Omission) join(o Omission) {
	u.Files, u.Digests = u.Files+o.Files, u.Digests+o.Digests
	if u.From.IsZero() || !o.From.IsZero() && o.From < u.From {
		u.From = o.From
	}
	u.Until = max(u.Until, o.Until)
	u.Example = least(u.Example, o.Example)
	u.Cause = least(u.Cause, o.Cause)
}

// Tally counts log files by state.
type Tally [states]int

// All is the sum.
func (t *Tally) All() int {
	n := 0
	for _, of := range t {
		n += of
	}
	return n
}

// Digests counts digest files.
type Digests struct {
	Verified  int // by their signature, or by the hash in a newer one that is
	Bad       int // not to be trusted: there is a finding about each
	Missing   int
	Unchecked int
	Unread    int
}

// All is the sum.
func (d Digests) All() int { return d.Verified + d.Bad + d.Missing + d.Unchecked + d.Unread }

// Chain is one trail's digests of one place: how many are there, and of which time
// are those that can be believed.
type Chain struct {
	Place       Place
	Trail       string
	Digests     int
	From, Until cloudtrail.Time // the start of the oldest and the end of the newest
}

// Lost is a span of one place of which something is lost: of events, where a log
// file that a digest lists is not there; of deliveries, where the digest that
// would tell of them is not, or cannot be believed.
type Lost struct {
	Account, Region string
	From, Until     cloudtrail.Time
}

// MostFindings is how many findings a report holds.
const MostFindings = 100_000

// Report is what verification came to.
type Report struct {
	Files     Tally
	Digests   Digests
	Findings  []Finding // by place and time
	More      int       // findings beyond MostFindings
	Unchecked []Omission
	Chains    []Chain
	Lost      []Lost // by place and time, none touching another
	Bytes     int64  // of log files, decompressed
	Unlisted  int    // places whose files could not be listed: nothing is known of them
}

// Verdict is what a verification came to, in a word.
type Verdict string

// The verdicts.
const (
	Whole    Verdict = "whole"          // all that was asked for is proved, but for what is [Omission.Expected]
	Unproved Verdict = "not-all-proved" // nothing is wrong, and some of it nothing proves
	NotWhole Verdict = "not-whole"      // there are findings
)

// Verdict is whole only where there are digests that can be believed, of all the
// time that was asked for, and all that they list could be read.
func (r *Report) Verdict() Verdict {
	open := func(u Omission) bool { return !u.Expected }
	switch {
	case len(r.Findings) > 0:
		return NotWhole
	case r.Digests.Verified == 0 || !r.Complete() || slices.ContainsFunc(r.Unchecked, open):
		return Unproved
	}
	return Whole
}

// Whole reports whether all that was asked for is proved.
func (r *Report) Whole() bool { return r.Verdict() == Whole }

// Complete reports whether all that there was could be read.
func (r *Report) Complete() bool { return r.Files[Unread]+r.Digests.Unread+r.Unlisted == 0 }
