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

// CodeKey is the key of a package: the same code has the same key.
func CodeKey(architecture string, zip []byte) string {
	sum := sha256.Sum256(zip)
	return CodePrefix + architecture + "-" + hex.EncodeToString(sum[:]) + ".zip"
}
