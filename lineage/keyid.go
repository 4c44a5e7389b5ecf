package lineage

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
)

// What follows the four letters of a key id is base32: a bit that is set in the
// new form (since 2019), 40 bits of account number, and what nobody has explained.
const (
	newKeyForm  = 1 << 47
	mostAccount = 999_999_999_999
)

// KeyAccount is the account id that an access key id holds, "" for keys of the
// old form and what is no key id. It is a label for keys whose issuance is not
// there and a hint where to look, never evidence: logs are anonymised, and AWS
// does not document it (linkage.md section 1).
func KeyAccount(accessKeyID string) string {
	if len(accessKeyID) != 20 {
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
	account := (x &^ newKeyForm) >> 7
	if x&newKeyForm == 0 || account > mostAccount {
		return ""
	}
	return fmt.Sprintf("%012d", account)
}
