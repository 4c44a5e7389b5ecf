// Package digest checks log files against the digest files that CloudTrail
// delivers beside them, every hour, for each account, region and trail: which log
// files were delivered, the hash of each, and the hash and the signature of the
// digest before. So each digest vouches for all that came before it, and what was
// changed, removed, added or put in another's place afterwards shows.
//
// It checks what aws cloudtrail validate-logs checks (linkage.md 7.3) and what that
// leaves out: that the hash and the signature which a digest records of the one
// before are that one's, that their hours join, that the algorithms are the ones
// that were meant, that one log file is not listed with two hashes, and that there
// is no log file which no digest lists.
//
// A digest is trusted (signed, or vouched for by a newer one that is), bad or
// unproved. Only those that are trusted tell of which time there are digests, and
// excuse anything: see [Report.Verdict] for what that comes to.
//
// [Verify] does it, on any [Archive]: a bucket, a folder, a store. What it could
// not check it says, in [Report.Unchecked], and never counts as whole. All that it
// reads is hostile.
package digest
