package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// sizeValue is a number of bytes (pflag.Value).
type sizeValue int64

func (v *sizeValue) String() string {
	if *v == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*v), 10)
}
func (v *sizeValue) Type() string { return "SIZE" }

// Set reads 512MiB, 512M, 1.5GiB or a plain number of bytes. As with dd and du,
// M and MiB are 1024*1024, MB is a million.
func (v *sizeValue) Set(s string) error {
	number := strings.TrimRight(s, "kKmMgGtTiIbB")
	n, err := strconv.ParseFloat(number, 64)
	factor := sizeUnit(strings.ToLower(s[len(number):]))
	// The comparison is false for what is no number too.
	if n *= factor; err != nil || !(n >= 1 && n < 1<<62) {
		return errors.New("it is a size, as 512MiB, 2GiB or a number of bytes")
	}
	*v = sizeValue(n)
	return nil
}

// sizeUnit is how many bytes a unit stands for, 0 if it is none.
func sizeUnit(unit string) float64 {
	if unit == "" || unit == "b" {
		return 1
	}
	power := strings.IndexByte("kmgt", unit[0]) + 1
	if power == 0 {
		return 0
	}
	switch unit[1:] {
	case "", "ib":
		return math.Pow(1024, float64(power))
	case "b":
		return math.Pow(1000, float64(power))
	}
	return 0
}
