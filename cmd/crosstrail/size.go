package main

import (
	"strconv"

	"github.com/crosstrail/crosstrail/source"
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

func (v *sizeValue) Set(s string) error {
	n, err := source.ParseSize(s)
	*v = sizeValue(n)
	return err
}
