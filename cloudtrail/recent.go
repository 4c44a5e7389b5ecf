package cloudtrail

import "strings"

// recent is what the last records of the input had. Records come in bursts: the
// next one often has an identity or a detail that has just been read, and then
// comparing its bytes is all there is to do. Equal text that begins with the
// same bracket ends with the same bracket.
//
// Only values without escapes and bytes above 0x7f are kept: the text of others
// may lie in the arena, and their record may turn out to be no UTF-8.
type recent struct {
	identities [8]UserIdentity // the last eight to be read in full
	oldest     uint8           // index of the next to go
	jsons      [jsonCount]JSON
}

// identity reads userIdentity.
func (r *reader) identity(i int, t *table) int {
	r.enter(t)
	rest := r.text[i:]
	for k := range r.recent.identities {
		known := &r.recent.identities[k]
		if raw := string(known.Raw); raw != "" && strings.HasPrefix(rest, raw) {
			r.record.UserIdentity = *known
			return i + len(raw)
		}
	}
	texts := len(r.arena)
	end := r.objectOrOther(i, t)
	u := &r.record.UserIdentity
	u.Raw = r.span(i, end)
	u.SessionContext.CreationDate, _ = ParseTime(u.SessionContext.CreationDateText)
	if u.Raw != "" && u.Raw[0] == '{' && len(r.arena) == texts && !r.high && r.fault == noFault {
		r.recent.identities[r.recent.oldest] = *u
		r.recent.oldest = (r.recent.oldest + 1) % uint8(len(r.recent.identities))
	}
	return end
}

// forget makes ready for another buffer.
func (c *recent) forget() {
	for i := range c.identities {
		c.identities[i].Raw = ""
	}
	clear(c.jsons[:])
}

// json reads a field that is kept as it is.
func (r *reader) json(i int, slot uint8) int {
	known := r.recent.jsons[slot]
	if known != "" && strings.HasPrefix(r.text[i:], string(known)) {
		*r.jsons[slot] = known
		return i + len(known)
	}
	end := r.value(i)
	j := r.span(i, end)
	*r.jsons[slot] = j
	if j != "" && (j[0] == '{' || j[0] == '[') && !r.high && r.fault == noFault {
		r.recent.jsons[slot] = j
	}
	return end
}
