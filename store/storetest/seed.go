package storetest

import (
	"os"
	"strconv"
	"testing"
	"time"
)

// seedVariable is the seed with which tests choose at random, to repeat what one of
// them came upon. Without it every run takes another.
//
//	CROSSTRAIL_TEST_SEED=1795981607628497317 go test -run TestDamagedCatalogue ./store/local
const seedVariable = "CROSSTRAIL_TEST_SEED"

// Seed is the seed of a test, which its log tells.
func Seed(t testing.TB) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	t.Logf("to repeat: %s=%d", seedVariable, seed)
	return seed
}
