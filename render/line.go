package render

import (
	"cmp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

// Encoder writes the contract's JSON line. What a line says of its chain is
// encoded once a chain and remembered by its pointer, for chains are shared by
// all events of a session and never change. Safe for concurrent use.
type Encoder struct {
	names     *query.Names
	integrity func(file string) cloudtrail.Integrity
	chains    atomic.Pointer[chainCache]
}

// chainCache maps *lineage.Chain to the []byte that it encodes to.
type chainCache struct {
	sync.Map
	size atomic.Int64 // bytes of the values
}

// keep bounds what an Encoder remembers. Lines come by time, so the chains of
// the moment are few and forgetting them all at once costs little.
const keep = 4 << 20

// NewEncoder returns an Encoder that puts names beside ids, and beside files
// whether they are as they were delivered.
func NewEncoder(style Style) *Encoder {
	e := &Encoder{names: style.Names, integrity: style.Integrity}
	e.chains.Store(&chainCache{})
	return e
}

// Append appends one line of trace and events, without the newline, in the
// contract's order of fields. Empty fields are left out; a boolean is empty
// where it is not known, not where it is false.
func (e *Encoder) Append(dst []byte, l query.Line) []byte {
	return append(e.members(append(dst, '{'), l), '}')
}

func (e *Encoder) members(dst []byte, l query.Line) []byte {
	dst = e.event(dst, l.Row)
	if l.Chain != nil {
		dst = append(dst, ',')
		dst = append(dst, e.chain(l.Chain)...)
	}
	return e.variants(e.location(dst, l.Row.Location), l)
}

// variantWord says in CSV what is true of few rows.
func variantWord(r *query.Row) string {
	if r.Variant {
		return "true"
	}
	return ""
}

// placeWord is where a record stands, in one word.
func placeWord(r query.Row) string { return r.File + "#" + strconv.Itoa(r.Record) }

// variants tells whether the record is the event's least form, and of the others
// what they say was called and where they stand.
func (e *Encoder) variants(dst []byte, l query.Line) []byte {
	if l.Row.Variant {
		dst = boolean(dst, "variant", true)
	}
	if len(l.Variants) == 0 {
		if l.Row.Forms > 0 { // they were not looked up
			dst = number(dst, "otherForms", l.Row.Forms)
		}
		return dst
	}
	return array(dst, "variants", l.Variants, func(dst []byte, r query.Row) []byte {
		dst = moment(dst, "eventTime", r.Time)
		dst = text(text(dst, "eventSource", r.EventSource), "eventName", r.EventName)
		return e.location(dst, r.Location)
	})
}

func (e *Encoder) event(dst []byte, r *query.Row) []byte {
	dst = append(dst, `"eventID":`...)
	dst = quote(dst, r.ID.Event)
	dst = moment(dst, "eventTime", r.Time)
	dst = text(dst, "eventSource", r.EventSource)
	dst = text(dst, "eventName", r.EventName)
	dst = text(dst, "awsRegion", r.Region)
	dst = text(dst, "recipientAccountId", r.ID.Recipient)
	dst = text(dst, "recipientAccountName", e.names.Of(r.ID.Recipient))
	if r.Caller != nil {
		dst = text(dst, "accessKeyId", r.Caller.AccessKeyID)
		dst = text(dst, "principalId", r.Caller.PrincipalID)
		dst = text(dst, "principalName", e.principalName(r.Caller.PrincipalID))
	}
	dst = text(dst, "sourceIPAddress", r.SourceIP)
	dst = text(dst, "sourceIPName", e.names.Of(r.SourceIP))
	dst = text(dst, "userAgent", r.UserAgent)
	dst = text(dst, "errorCode", r.ErrorCode)
	dst = text(dst, "errorMessage", r.ErrorMessage)
	dst = known(dst, "readOnly", r.ReadOnly)
	dst = text(dst, "requestID", r.RequestID)
	dst = text(dst, "sharedEventID", r.SharedEventID)
	if r.Caller != nil {
		dst = text(dst, "invokedBy", r.Caller.InvokedBy)
	}
	return texts(dst, "resources", r.Resources)
}

// chain returns the members that depend on the chain alone.
func (e *Encoder) chain(c *lineage.Chain) []byte {
	cache := e.chains.Load()
	if b, ok := cache.Load(c); ok {
		return b.([]byte)
	}
	b := e.appendChain([]byte{'{'}, c)[1:]
	if cache.size.Add(int64(len(b))) > keep {
		e.chains.CompareAndSwap(cache, &chainCache{})
		return b
	}
	cache.Store(c, b)
	return b
}

// location appends where a record is found, and whether that file is as it was
// delivered. An ordinal means nothing without its file.
func (e *Encoder) location(dst []byte, at lineage.Location) []byte {
	return e.standsIn(dst, at, "record")
}

func (e *Encoder) standsIn(dst []byte, at lineage.Location, ordinal string) []byte {
	if at.File == "" {
		return dst
	}
	dst = number(text(dst, "file", at.File), ordinal, at.Record)
	return text(dst, "integrity", string(e.integrityOf(at.File)))
}

// integrityOf is what digests tell of a log file, "" where nobody looked.
func (e *Encoder) integrityOf(file string) cloudtrail.Integrity {
	if e.integrity == nil || file == "" {
		return ""
	}
	return e.integrity(file)
}

// principalName is the name given to a principal or, for a session, to its role.
func (e *Encoder) principalName(id string) string {
	if e.names.Len() == 0 {
		return ""
	}
	if name := e.names.Of(id); name != "" {
		return name
	}
	role, _, _ := strings.Cut(id, ":")
	return e.names.Of(role)
}

func (e *Encoder) originName(o *lineage.Origin) string { return originName(e.names, o) }

// originName is the name the records give an origin, else the one it was given.
func originName(names *query.Names, o *lineage.Origin) string {
	return cmp.Or(o.Name, givenName(names, o))
}

// givenName is the name that --names gives an origin.
func givenName(names *query.Names, o *lineage.Origin) string {
	if names.Len() == 0 {
		return ""
	}
	for _, id := range []string{o.ID, o.PrincipalID, o.ARN, o.ID[strings.LastIndexByte(o.ID, ':')+1:]} {
		if name := names.Of(id); name != "" {
			return name
		}
	}
	return ""
}
