package query

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// count counts a call of a user, and what it was about.
func (b *usageBook) count(ctx context.Context, u *usage, row *Row) error {
	u.did.add(row, row.IsWrite())
	denied := isDenied(row.ErrorCode)
	if denied {
		u.Denied++
	}
	if isDataCall(row) {
		u.DataEvents = Used
	}
	read := readAgain{u: u, at: row.Location, account: callerAccount(row.Caller), denied: denied, failed: row.IsError()}
	switch {
	case !isDataCall(row):
	case u.Grant.Bucket != "" && !aboutBucket(row, u.Grant.Bucket):
	case row.EventName == "GetObject" && !row.IsError():
		u.Reads++
		u.keys.add(strings.Join(objectsOf(row), keySep))
		read.bytes = true
	case isList(row):
		if !row.IsError() {
			u.Lists++
		}
		read.list = u.Grant.Lists != nil && u.Grant.Bucket != ""
	}
	if !read.list {
		u.about(row, denied)
	}
	if !read.list && !read.bytes {
		return nil
	}
	if b.again = append(b.again, read); len(b.again) < fullBatch {
		return nil
	}
	return b.flush(ctx)
}

// isList reports whether a call lists keys.
func isList(row *Row) bool { return strings.HasPrefix(row.EventName, "ListObject") }

// about notes what a call was on that was refused, or let through and is not of
// the grant.
func (u *usage) about(row *Row, denied bool) {
	on := calledOn(row)
	switch {
	case denied:
		u.denied.add(on)
	case !row.IsError() && !u.Grant.covers(row):
		u.Outside++
		u.outside.add(on)
	}
}

// calledOn is what a call was about: what its record names first, else the call.
func calledOn(row *Row) string {
	if len(row.Resources) > 0 {
		return row.Resources[0]
	}
	return strings.TrimSuffix(row.EventSource, ".amazonaws.com") + ":" + row.EventName
}

// s3Name is the bucket, or bucket/key, that a resource of an S3 call names; "" for
// what is neither, as an access point's ARN, which tells region and account.
func s3Name(resource string) string {
	if !strings.HasPrefix(resource, "arn:") {
		return resource
	}
	_, name, ok := strings.Cut(resource, ":::")
	if !ok {
		return ""
	}
	return name
}

// aboutBucket reports whether a call names a bucket, or something in it.
func aboutBucket(row *Row, bucket string) bool {
	return slices.ContainsFunc(row.Resources, func(r string) bool {
		name, _, _ := strings.Cut(s3Name(r), "/")
		return name == bucket
	})
}

// objectsOf are the objects that a call names, as bucket/key.
func objectsOf(row *Row) []string {
	var all []string
	for _, r := range row.Resources {
		if name := s3Name(r); strings.Contains(name, "/") {
			all = append(all, name)
		}
	}
	return all
}

// readAgain is a call of which the record itself is to tell more than its row.
type readAgain struct {
	u              *usage
	at             lineage.Location
	account        string // the caller's
	bytes, list    bool
	denied, failed bool

	told   bool
	got    int64  // bytes; below zero where the record does not tell
	prefix string // of a list
}

// flush reads the records again, file by file, and counts them in the order in
// which they came.
func (b *usageBook) flush(ctx context.Context) error {
	order := make([]int, len(b.again))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(x, y int) int {
		a, z := &b.again[x].at, &b.again[y].at
		return cmp.Or(cmp.Compare(a.File, z.File), cmp.Compare(a.Record, z.Record))
	})
	for _, i := range order {
		if err := b.again[i].read(ctx, b.reader); err != nil {
			return err
		}
	}
	for i := range b.again {
		b.again[i].count()
	}
	b.again = b.again[:0]
	return nil
}

// read reads the record. One that cannot be read any more, as of a file that the
// store only refers to, tells nothing; that is no reason to tell nothing else.
func (a *readAgain) read(ctx context.Context, r Reader) error {
	a.got = -1
	raw, err := r.Raw(ctx, a.at)
	if err != nil {
		return ctx.Err()
	}
	var d cloudtrail.Decoder
	for rec, err := range d.Records(raw) {
		if err != nil || rec == nil {
			continue
		}
		a.told = true
		asked := rec.RequestParameters.Unquoted()
		a.prefix = strings.Clone(asked.Get("prefix").Text())
		if n, err := strconv.ParseFloat(rec.AdditionalEventData.Unquoted().Get("bytesTransferredOut").Text(), 64); err == nil && n >= 0 && n < 1<<62 {
			a.got = int64(n)
		}
		break
	}
	return nil
}

func (a *readAgain) count() {
	u := a.u
	switch {
	case a.bytes && a.got >= 0:
		u.Bytes += a.got
	case a.bytes:
		u.Untold++
	case a.denied && !a.told:
		u.denied.add(u.Grant.Bucket)
	case a.denied:
		u.denied.add(u.Grant.Bucket + "/" + a.prefix + "*")
	case !a.told && !a.failed:
		u.unread++
	case a.told && !a.failed && !u.Grant.lists(a.prefix, a.account):
		u.Outside++
		u.outside.add(u.Grant.Bucket + "/" + a.prefix + "*")
	}
}
