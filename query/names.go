package query

import (
	"net/netip"
	"slices"
	"strings"
)

// Names puts display names beside ids: account ids, unique ids, Identity Center
// user ids, ARNs, addresses and CIDRs (the contract's --names), and knows which
// accounts belong to an organisation and which are vendors'. The zero value and
// nil know none. Safe for concurrent reading once built.
type Names struct {
	exact map[string]string
	nets  map[netip.Prefix]string
	bits  []int               // prefix lengths in nets, longest first, of both families
	also  map[string][]string // ids by what else they are known by, in small letters

	accounts      map[string]account
	organizations []string
}

// Add names an id, or every address of a CIDR. The last name given to one id
// stays. Empty ids and names are passed over.
func (n *Names) Add(id, name string) {
	id, name = strings.TrimSpace(id), strings.TrimSpace(name)
	if id == "" || name == "" {
		return
	}
	if prefix, err := netip.ParsePrefix(id); err == nil {
		n.addNet(prefix.Masked(), name)
		return
	}
	if n.exact == nil {
		n.exact = map[string]string{}
	}
	n.exact[canonicalID(id)] = name
}

func (n *Names) addNet(prefix netip.Prefix, name string) {
	if n.nets == nil {
		n.nets = map[netip.Prefix]string{}
	}
	n.nets[prefix] = name
	for i, b := range n.bits {
		if b == prefix.Bits() {
			return
		}
		if b < prefix.Bits() {
			n.bits = append(n.bits[:i], append([]int{prefix.Bits()}, n.bits[i:]...)...)
			return
		}
	}
	n.bits = append(n.bits, prefix.Bits())
}

// Len is the number of ids and CIDRs that have a name.
func (n *Names) Len() int {
	if n == nil {
		return 0
	}
	return len(n.exact) + len(n.nets)
}

// Of returns the name of an id, or of the smallest CIDR that holds an address;
// "" where there is none.
func (n *Names) Of(id string) string {
	if n.Len() == 0 || id == "" {
		return ""
	}
	if name, ok := n.exact[id]; ok {
		return name
	}
	if len(n.nets) == 0 && strings.IndexByte(id, ':') < 0 {
		return ""
	}
	addr, err := netip.ParseAddr(id)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	if name, ok := n.exact[addr.String()]; ok {
		return name
	}
	for _, b := range n.bits {
		prefix, err := addr.Prefix(b)
		if err != nil {
			continue // longer than an IPv4 address
		}
		if name, ok := n.nets[prefix]; ok {
			return name
		}
	}
	return ""
}

// IDs are the ids that bear a name or are known by it, however capitalised, sorted.
func (n *Names) IDs(name string) []string {
	if n == nil {
		return nil
	}
	var ids []string
	for id, known := range n.exact {
		if strings.EqualFold(known, name) {
			ids = append(ids, id)
		}
	}
	ids = append(ids, n.also[strings.ToLower(name)]...)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Accounts are the ids among those named that can be an account's, sorted: twelve
// digits, or more, as some logs have been published with.
func (n *Names) Accounts() []string {
	if n == nil {
		return nil
	}
	var ids []string
	for id := range n.exact {
		if len(id) >= 12 && strings.Trim(id, "0123456789") == "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// canonicalID writes an address in its one canonical form, other ids as they are.
func canonicalID(id string) string {
	if addr, err := netip.ParseAddr(id); err == nil {
		return addr.Unmap().WithZone("").String()
	}
	return id
}
