package source

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ParseSize reads a number of bytes: 512MiB, 512M, 1.5GiB or a plain number. As with
// dd and du, M and MiB are 1024*1024, MB is a million.
func ParseSize(text string) (int64, error) {
	number := strings.TrimRight(text, "kKmMgGtTiIbB")
	n, err := strconv.ParseFloat(number, 64)
	factor := sizeUnit(strings.ToLower(text[len(number):]))
	// The comparison is false for what is no number too.
	if n *= factor; err != nil || !(n >= 1 && n < 1<<62) {
		return 0, errors.New("it is a size, as 512MiB, 2GiB or a number of bytes")
	}
	return int64(n), nil
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

func bytesText(n int) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
