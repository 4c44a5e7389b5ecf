package local

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// packedFact is a fact in a batch: spans of its lists.
type packedFact struct {
	time cloudtrail.Time
	who  uint32
	sum  uint32
	keys [2]uint32
	body [2]uint32
}

// keyHash is how a key is found. It need not be unique: what is found is asked
// for its keys again.
func keyHash(k lineage.Key) uint64 { return cutHash(xxhash.Sum64String(string(k))) }

// addFact packs a fact of the caller number who. It aliases nothing.
func (b *batch) addFact(f *lineage.Fact, who, sum uint32, file int64) {
	p := packedFact{time: f.Time, who: who, sum: sum}
	p.keys[0] = uint32(len(b.keys))
	for _, k := range f.Keys() {
		b.keys = append(b.keys, keyHash(k))
	}
	p.keys[1] = uint32(len(b.keys))
	p.body[0] = uint32(len(b.factText))
	b.factText = appendFact(b.factText, f, file)
	p.body[1] = uint32(len(b.factText))
	b.facts = append(b.facts, p)
}

// appendFact writes all of a fact but its Caller, and its file by number. Names
// of kinds and the order of what follows are part of the format.
func appendFact(b []byte, f *lineage.Fact, file int64) []byte {
	b = append(b, byte(f.Kind))
	b = binary.AppendVarint(b, file)
	for _, n := range factNumbers(f) {
		b = binary.AppendVarint(b, n.get())
	}
	texts := factTexts(f)
	// Most are empty: a bit each, then those that are not.
	var set uint64
	for i, s := range texts {
		if *s != "" {
			set |= 1 << i
		}
	}
	b = binary.LittleEndian.AppendUint64(b, set)
	for _, s := range texts {
		if *s != "" {
			b = appendText(b, *s)
		}
	}
	for _, m := range factMaps(f) {
		b = binary.AppendUvarint(b, uint64(len(*m)))
		for _, k := range slices.Sorted(maps.Keys(*m)) {
			b = appendText(appendText(b, k), (*m)[k])
		}
	}
	for _, l := range factLists(f) {
		b = binary.AppendUvarint(b, uint64(len(*l)))
		for _, s := range *l {
			b = appendText(b, s)
		}
	}
	return b
}

// readFact reads what appendFact wrote. Its texts alias what is read.
func readFact(body []byte) (f *lineage.Fact, file int64, err error) {
	f = &lineage.Fact{}
	if len(body) == 0 {
		return nil, 0, (&reader{}).short()
	}
	f.Kind = lineage.Kind(body[0])
	r := &reader{left: body[1:]}
	file = r.int()
	for _, n := range factNumbers(f) {
		n.set(r.int())
	}
	if len(r.left) < 8 {
		return nil, 0, r.short()
	}
	set := binary.LittleEndian.Uint64(r.left)
	r.left = r.left[8:]
	for i, s := range factTexts(f) {
		if set&(1<<i) != 0 {
			*s = r.text()
		}
	}
	for _, m := range factMaps(f) {
		n := r.uint()
		if n > 0 && n <= uint64(len(r.left)) {
			*m = make(map[string]string, n)
		}
		for ; n > 0 && r.err == nil; n-- {
			k := r.text()
			v := r.text()
			if *m != nil {
				(*m)[k] = v
			}
		}
	}
	for _, l := range factLists(f) {
		for n := r.uint(); n > 0 && r.err == nil; n-- {
			*l = append(*l, r.text())
		}
	}
	return f, file, r.err
}

func (r *reader) short() error { r.fail(); return r.err }

// number is a field that is written as an integer.
type number struct {
	get func() int64
	set func(int64)
}

func numberOf[T ~int64 | ~int | ~uint8 | ~uint64](p *T) number {
	return number{func() int64 { return int64(*p) }, func(v int64) { *p = T(v) }}
}

func flagOf(p *bool) number {
	return number{func() int64 {
		if *p {
			return 1
		}
		return 0
	}, func(v int64) { *p = v != 0 }}
}

func factNumbers(f *lineage.Fact) [7]number {
	return [...]number{
		numberOf(&f.Time), numberOf(&f.Fingerprint), numberOf(&f.Record), flagOf(&f.FromConsole),
		numberOf(&f.Request.Duration), numberOf(&f.Grant.Expires), flagOf(&f.Detail.MFA),
	}
}

func factTexts(f *lineage.Fact) [30]*string {
	u, q, g, d := &f.Use, &f.Request, &f.Grant, &f.Detail
	return [...]*string{
		&u.ID.Event, &u.ID.Recipient, &u.EventSource, &u.EventName, &u.Region, &u.ErrorCode,
		&u.RequestID, &u.SharedEventID, &u.SourceIP, &u.UserAgent,
		&q.RoleARN, &q.SessionName, &q.ExternalID, &q.SourceIdentity, &q.TargetPrincipal, &q.SerialNumber,
		&g.AccessKeyID, &g.PrincipalID, &g.ARN, &g.Subject, &g.Provider, &g.Issuer,
		&d.SwitchFrom, &d.SignInSessionARN, &d.Account, &d.Role, &d.ID, &d.Name, &d.ARN, &d.Key,
	}
}

func factMaps(f *lineage.Fact) [3]*map[string]string {
	return [...]*map[string]string{&f.Request.Tags, &f.Request.IncomingTags, &f.Detail.Fields}
}

func factLists(f *lineage.Fact) [2]*[]string {
	return [...]*[]string{&f.Request.TransitiveTags, &f.Detail.Requests}
}
