//go:build !race

package share_test

const sparse = 1
