package local

import (
	"strings"

	"github.com/cespare/xxhash/v2"
)

// principalHash is what a caller's tallies are found by: the part of its
// principal id before the first ':', so that a role's sessions are found
// together. 0: by nothing. What is found is compared again.
func principalHash(id string) uint64 {
	stem, _, _ := strings.Cut(id, ":")
	if stem == "" {
		return 0
	}
	return cutHash(xxhash.Sum64String("p" + stem))
}

func accessKeyHash(id string) uint64 {
	if id == "" {
		return 0
	}
	return cutHash(xxhash.Sum64String("k" + id))
}
