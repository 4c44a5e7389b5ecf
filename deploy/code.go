package deploy

import (
	"crypto/sha256"
	"encoding/hex"
)

// CodeBucket is the bucket of the function's deployment packages, one in each account
// and region that has a hub.
func CodeBucket(account, region string) string { return "crosstrail-code-" + account + "-" + region }

// CodePrefix is how the key of each package begins.
const CodePrefix = "crosstrail-lambda-"

// CodeOf is where a package lies: the same code has the same key.
func CodeOf(account, region, architecture string, zip []byte) Code {
	sum := sha256.Sum256(zip)
	return Code{Bucket: CodeBucket(account, region), Key: CodePrefix + architecture + "-" + hex.EncodeToString(sum[:]) + ".zip", Architecture: architecture}
}
