package policy

import (
	"net/netip"
	"slices"
	"strings"
)

// Fixed are the values that a test holds its key to; none where it holds it to
// nothing. As S3 asks of a condition that is to keep a policy from being public it
// has to be one that fails where the key is not there, and no value may have a
// wildcard or a variable, or be a very wide range of addresses (Amazon S3 User
// Guide, "Blocking public access to your Amazon S3 storage", The meaning of
// "public": wider than /8 of IPv4, than /32 of IPv6).
func (t Test) Fixed() Strings {
	o := operatorOf(t.Operator)
	fixed := !slices.ContainsFunc(t.Values, func(v string) bool { return Vague(v) })
	switch {
	case o.ifExists || o.set == "forallvalues:" || !fixed:
		return nil
	case o.base == "ipaddress":
		if slices.ContainsFunc(t.Values, func(v string) bool { _, narrow := addresses(v); return !narrow }) {
			return nil
		}
		return t.Values
	case slices.Contains([]string{"stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike"}, o.base):
		return t.Values
	}
	return nil
}

// Positive are the values that a test holds its key to, whatever they are; none
// where it does not fail for want of the key.
func (t Test) Positive() Strings {
	o := operatorOf(t.Operator)
	if o.ifExists || o.set == "forallvalues:" || !slices.Contains([]string{"stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike"}, o.base) {
		return nil
	}
	return t.Values
}

// Vague reports whether a value stands for more than itself: it has a wildcard, or
// a variable.
func Vague(value string) bool {
	return value == "" || strings.ContainsAny(value, "*?") || strings.Contains(value, "${")
}

// AllAddresses reports whether ranges that are narrow each by itself come to a
// sixteenth of the internet or more: 128 times /7 is everybody too.
func (t Test) AllAddresses() bool {
	if operatorOf(t.Operator).base != "ipaddress" {
		return false
	}
	share := 0.0
	for _, v := range t.Values {
		part, _ := addresses(v)
		share += part
	}
	return share >= 1.0/16
}

// addresses is which part of all addresses of its version a range is, and whether
// S3 takes it for narrow.
func addresses(v string) (part float64, narrow bool) {
	p, err := netip.ParsePrefix(v)
	if err != nil {
		a, err := netip.ParseAddr(v)
		if err != nil || a.Is4In6() {
			return 1, false
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	part = 1
	for range p.Bits() {
		part /= 2
	}
	switch {
	case p.Addr().Is4In6():
		return 1, false
	case p.Addr().Is4():
		return part, p.Bits() >= 8
	}
	return part, p.Bits() >= 32
}
