package cloudtrail

import "iter"

// Get walks down objects by exact member names; the last of repeated names
// wins. It returns "" where a step is missing or not an object.
func (j JSON) Get(path ...string) JSON { panic("skeleton") }

// Text is the value of a string (unescaped), number or boolean; "" for null,
// objects and arrays.
func (j JSON) Text() string { panic("skeleton") }

// Members yields the members of an object, or the elements of an array under
// "". Anything else yields nothing. A string that holds JSON (EFS writes
// additionalEventData so) is not entered; see [JSON.Unquoted].
func (j JSON) Members() iter.Seq2[string, JSON] { panic("skeleton") }

// Unquoted is the JSON inside a JSON string, j itself otherwise, "" where the
// string holds none.
func (j JSON) Unquoted() JSON { panic("skeleton") }

// Clone returns a Record whose strings alias nothing.
func (r *Record) Clone() *Record { panic("skeleton") }

// ID is the identity of the event, given the account in its file's path.
func (r *Record) ID(pathAccount string) ID { panic("skeleton") }

// ParseLogFileName reads a path or object key (linkage.md 7.1).
func ParseLogFileName(uri string) LogFile { panic("skeleton") }

// ParseTime reads every form of linkage.md 4.3; ok is false for none of them.
func ParseTime(s string) (t Time, ok bool) { panic("skeleton") }
