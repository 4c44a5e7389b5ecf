package dynamo

import (
	"strconv"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
	"github.com/crosstrail/crosstrail/query"
)

type item = map[string]types.AttributeValue

// text is a text as an attribute: as bytes where it is not in UTF-8, which DynamoDB
// wants of texts.
func text(s string) types.AttributeValue {
	if !utf8.ValidString(s) {
		return &types.AttributeValueMemberB{Value: []byte(s)}
	}
	return &types.AttributeValueMemberS{Value: s}
}

func number[T ~int | ~int64 | ~uint8](n T) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(n), 10)}
}

func (k itemKey) attributes() item { return item{attrEvent: text(k.partition), attrTime: text(k.sort)} }

func textOf(i item, name string) string {
	switch v := i[name].(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	case *types.AttributeValueMemberB:
		return string(v.Value)
	}
	return ""
}

func keyOf(i item) itemKey { return itemKey{textOf(i, attrEvent), textOf(i, attrTime)} }

const (
	// aUnit is how much of an item costs a write unit (DynamoDB Developer Guide, "Read
	// and write operations"). A record is stored as text, to be read in the console,
	// where the whole item then costs no more than one, and compressed otherwise.
	aUnit = 1 << 10
	// mostItem is how large an item may be, its attributes' names and values counted
	// (DynamoDB Developer Guide, "Quotas": 400 KB; "DynamoDB item sizes and formats").
	mostItem = 400 << 10
	// roomBeside is for what a writer puts beside: whose it is, and when it goes.
	roomBeside = 64
)

// eventItem is a form of an event with its record, session tokens taken out. One
// that is too large is left in its log file, and the item has none, but the version
// of the file.
func eventItem(r *cloudtrail.Record, u *lineage.Use, facts []lineage.Fact, version string, pack func([]byte) []byte) item {
	i := eventKey(u).attributes()
	i[attrDay] = text(dayKey(u))
	i[attrFile] = text(fit(u.File, 2*mostPartition))
	i[attrOrdinal] = number(u.Record)
	key := u.Caller.AccessKeyID
	for n := range facts {
		if f := &facts[n]; f.Kind == lineage.Issuance && f.Grant.AccessKeyID != "" {
			key = f.Grant.AccessKeyID
			break
		}
	}
	if key != "" {
		i[attrKey] = text(fit(key, mostPartition))
	}
	if id := u.Caller.PrincipalID; id != "" {
		role, session := sessionKey(id, u.Time)
		i[attrPrincipal], i[attrSession] = text(role), text(session)
	}
	raw := query.Redact([]byte(r.Raw))
	i[attrRecord] = text(string(raw))
	if sizeOf(i) > aUnit-roomBeside || !utf8.Valid(raw) {
		i[attrRecord] = &types.AttributeValueMemberB{Value: pack(raw)}
	}
	if sizeOf(i) > mostItem-roomBeside || len(raw) > mostRecord {
		delete(i, attrRecord)
		i[attrVersion] = text(version)
	}
	return i
}

// sizeOf is how large an item is, a number taken to be as long as any.
func sizeOf(i item) (n int) {
	for name, value := range i {
		n += len(name)
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			n += len(v.Value)
		case *types.AttributeValueMemberB:
			n += len(v.Value)
		default:
			n += 21
		}
	}
	return n
}

// daysItem tells that an account has events on a day.
func daysItem(u *lineage.Use) item {
	i := daysKey(u.ID.Recipient, dayText(u.Time)).attributes()
	i[attrAccount] = text(u.ID.Recipient)
	return i
}

// factItem points from a key to an event that has a fact under it.
func factItem(k lineage.Key, event itemKey) item {
	i := factKey(k, event).attributes()
	i[attrAt] = text(event.partition)
	return i
}

// nameItem is a name, a fact of no event, under one of its keys.
func nameItem(k lineage.Key, f *lineage.Fact) item {
	i := nameKey(k, f).attributes()
	for attr, value := range map[string]string{attrID: f.Detail.ID, attrName: f.Detail.Name, attrARN: f.Detail.ARN} {
		i[attr] = text(value)
	}
	return i
}

func (k itemKey) String() string { return "item " + k.partition + " " + k.sort }
