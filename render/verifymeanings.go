package render

import "github.com/crosstrail/crosstrail/cloudtrail/digest"

// findingMeanings are what each kind of finding means and what to do, in the order
// in which people are told of them.
var findingMeanings = []struct {
	kind        digest.Kind
	means, todo string
}{
	{
		digest.AlteredFile, "The file was changed after CloudTrail delivered it. What it says is not what CloudTrail wrote.",
		"Keep it as evidence. Look for an older version (aws s3api list-object-versions), and for who wrote to the bucket.",
	},
	{
		digest.MissingFile, "CloudTrail delivered the file, and it is not here: what happened then is lost.",
		"Look whether it was left out when the logs were copied, for an older version or a delete marker in the bucket, and for who deleted it.",
	},
	{
		digest.UnlistedFile, "CloudTrail does not vouch for the file: it may be made up.",
		"Believe none of it before you know where it came from.",
	},
	{
		digest.ListedTwice, "Two digests name other bytes for one file: one of them is not genuine.",
		"Verify with the public keys of CloudTrail: a genuine digest is signed.",
	},
	{
		digest.DamagedDigest, "A digest is no digest any more. What was delivered in its hour is not proved.",
		"Fetch it again, or an older version of it.",
	},
	{
		digest.ReplayedDigest, "A digest was put in the place of another one, which is gone: what that one listed is not proved.",
		"Look for an older version of the object, and for who wrote it.",
	},
	{
		digest.MovedDigest, "A digest is not where CloudTrail put it.",
		"Put it back under the key that it names, or verify the place where CloudTrail delivered it.",
	},
	{
		digest.WrongAlgorithm, "A digest names an algorithm that CloudTrail does not use: it was changed, or made by somebody else.",
		"Believe none of what it lists. Look for an older version of the object, and for who wrote it.",
	},
	{
		digest.UnknownKey, "A digest is signed by a key that is not one of CloudTrail's in its region.",
		"If the keys came from a file, see that it has those of this region and time; if not, somebody forged the digest.",
	},
	{
		digest.KeyOutOfTime, "A digest is signed by a key that CloudTrail did not use at that time.",
		"See that the keys are those that AWS lists: aws cloudtrail list-public-keys.",
	},
	{
		digest.AlteredDigest, "A digest is not the one that CloudTrail signed. What it lists proves nothing.",
		"Look for an older version of the object, and for who wrote it.",
	},
	{
		digest.BadSignature, "A digest, or its signature, was changed. What it lists proves nothing.",
		"Look for an older version of the object, and for who wrote it.",
	},
	{
		digest.UnsignedDigest, "A digest lies in the bucket without a signature, as CloudTrail never leaves one. What it lists proves nothing.",
		"Look for an older version of the object, and for who wrote it.",
	},
	{
		digest.MissingDigest, "A digest was delivered and is not here: whether log files of its hour are missing nothing tells.",
		"Look whether it was left out when the logs were copied, for an older version or a delete marker, and for who deleted it.",
	},
	{
		digest.UnlinkedDigest, "A digest stands beside the chain: CloudTrail makes one chain.",
		"Look where it came from, and who wrote it.",
	},
	{
		digest.SignatureReplaced, "The digest is genuine, and somebody changed the signature that is kept beside it.",
		"Look for who wrote the object.",
	},
	{
		digest.Gap, "Nothing proves what was logged or delivered in that time.",
		"crosstrail coverage tells who stopped or changed a trail.",
	},
	{
		digest.WithoutDigests, "The trail writes digests elsewhere, and here there is none: nothing proves these log files.",
		"See whether validation was ever on here, and who deleted from CloudTrail-Digest.",
	},
	{
		digest.ChainEnded, "Log files go on where the digests end: nothing proves those.",
		"See whether validation was turned off (UpdateTrail), or later digests were deleted.",
	},
}

// omissionMeanings are why something was not checked.
var omissionMeanings = []struct {
	reason digest.Reason
	means  string
}{
	{digest.NoKeys, "The public keys that check these digests are not at hand. They fit together; whoever rewrote all of them would not be found out. Give --public-keys, or let aws ask for them."},
	{digest.NoSignature, "The signature of these digests is in the metadata of their objects, which this copy does not have, and no later digest has it either. Verify in the bucket, or keep FILE.json.gz.head.json."},
	{digest.DigestDoubt, "These log files are as a digest says, or it says otherwise; but the digest itself was not verified."},
	{digest.BehindNewest, "No digest is due yet for these log files, or none of their time is here."},
	{digest.EndEarly, "The digests end long before what was asked for, or before those that the trail writes elsewhere. What was delivered later may be gone together with its digests, and nothing would show it."},
	{digest.BeginLate, "The digests begin later than what was asked for: of what was delivered before, or taken away, nothing tells."},
	{digest.BeforeFirst, "These log files were delivered before the first digest: validation was turned on later, or older digests are not here."},
	{digest.NotCollected, "Digests list these log files, of a time or place of which the store has read no log file: they were not collected, or are still to come."},
	{digest.InGap, "The digests that would tell of these log files are missing, or cannot be believed."},
	{digest.NoDigests, "There is no digest file of these accounts and regions: is log file validation on?"},
	{digest.Elsewhere, "The digests name these in another bucket or under another prefix, which was not asked for."},
	{digest.Copied, "These digests were delivered to another bucket: this is a copy, and was held to what they say all the same."},
	{digest.Nameless, "The names of these files do not tell whose log they are, so that no digest can be found for them."},
}
