package synth

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
)

// dice is the one source of chance: the same seed rolls the same organisation.
type dice struct{ *rand.Rand }

func newDice(seed, stream uint64) dice { return dice{rand.New(rand.NewPCG(seed, stream))} }

// chance is true in percent of 100 cases.
func (d dice) chance(percent int) bool { return d.IntN(100) < percent }

func pick[T any](d dice, of []T) T { return of[d.IntN(len(of))] }

const (
	hexDigits   = "0123456789abcdef"
	base32Chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	alnum       = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

func (d dice) appendText(b []byte, n int, from string) []byte {
	for range n {
		b = append(b, from[d.IntN(len(from))])
	}
	return b
}

func (d dice) text(n int, from string) string { return string(d.appendText(nil, n, from)) }

func (d dice) hex(n int) string { return d.text(n, hexDigits) }

func (d dice) appendUUID(b []byte) []byte {
	hi, lo := d.Uint64(), d.Uint64()
	var u [16]byte
	binary.BigEndian.PutUint64(u[:], hi)
	binary.BigEndian.PutUint64(u[8:], lo)
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	for i, c := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

func (d dice) uuid() string { return string(d.appendUUID(nil)) }

// uniqueID is an id as AWS makes them since about 2019: the account is encoded
// in the first characters after the prefix (linkage.md section 1).
func (d dice) uniqueID(prefix, account string, length int) string {
	n, _ := strconv.ParseUint(account, 10, 64)
	var b [10]byte
	binary.BigEndian.PutUint64(b[:8], (1<<47|n<<7|d.Uint64N(128))<<16|d.Uint64N(1<<16))
	b[8], b[9] = byte(d.IntN(256)), byte(d.IntN(256))
	id := prefix + base32.StdEncoding.EncodeToString(b[:])
	return id + d.text(length-len(id), base32Chars)
}

func (d dice) accessKey(prefix, account string) string { return d.uniqueID(prefix, account, 20) }

func (d dice) address() string {
	return fmt.Sprintf("%d.%d.%d.%d", pick(d, []int{3, 18, 34, 52, 81, 93, 185, 203}), d.IntN(255), d.IntN(255), 1+d.IntN(253))
}

// token stands for the session token that STS writes into issuances.
func (d dice) token(n int) string { return "IQoJb3JpZ2luX2Vj" + d.text(n, alnum+"+/") }
