package lineage

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
)

// KeyAccount is the account id that an access key id holds, "" for keys of the
// old form (before 2019) and what is no key id. It is a label for keys whose
// issuance is not there, and never evidence: logs are anonymised, and AWS does
// not document it (linkage.md section 1).
func KeyAccount(accessKeyID string) string {
	if len(accessKeyID) != 20 || accessKeyID[4] < 'Q' {
		return ""
	}
	switch accessKeyID[:4] {
	case "ASIA", "AKIA":
	default:
		return ""
	}
	raw, err := base32.StdEncoding.DecodeString(accessKeyID[4:])
	if err != nil {
		return ""
	}
	x := binary.BigEndian.Uint64(append([]byte{0, 0}, raw[:6]...))
	return fmt.Sprintf("%012d", (x&0x7fffffffff80)>>7)
}
