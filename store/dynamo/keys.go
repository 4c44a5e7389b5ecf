package dynamo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/lineage"
)

// index is a global secondary index.
type index struct {
	name, partition, sort string // of the attributes that are its keys
	whole                 bool   // it has all attributes, else the keys alone
}

// The indexes. A session is asked for by its role alone where its records may mask
// the session's name, so the role is the partition and its sessions lie in it one
// beside the other.
var (
	indexKey     = index{name: "byKey", partition: attrKey, sort: attrTime}
	indexSession = index{name: "bySession", partition: attrPrincipal, sort: attrSession}
	indexTime    = index{name: "byTime", partition: attrDay, sort: attrTime, whole: true}
)

func indexes() []index { return []index{indexKey, indexSession, indexTime} }

// Partitions that are no event's. An event id that has a # in it is hashed, so that
// none of them can be an event's.
const (
	partFact   = "fact#"
	partFile   = "file#"
	partDays   = "days#"
	partSpans  = "spans#"
	partFailed = "failed#"
	partTable  = "crosstrail#"
)

// shards is over how many partitions of byTime a day of an account is spread.
// Changing it changes the format.
const shards = 4

// What DynamoDB lets a key be long, in bytes, less what is put around it here
// (Developer Guide, "Quotas": 2,048 for partition keys, 1,024 for sort keys).
const (
	mostPartition = 1900
	mostPart      = 250
	mostSort      = 900
)

// itemKey is where an item is.
type itemKey struct{ partition, sort string }

// hashed begins what stands for a text that cannot be a part of a key.
const hashed = "sha256-"

// fit is a text as a part of a key: as it is, or its hash where it is too long or,
// which DynamoDB takes for no text, not in UTF-8. No two texts are the same part.
func fit(s string, most int) string {
	if len(s) <= most && utf8.ValidString(s) && !strings.HasPrefix(s, hashed) {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return hashed + hex.EncodeToString(sum[:])
}

// eventPartition is where the forms of an event are.
func eventPartition(eventID string) string {
	if strings.Contains(eventID, "#") || eventID == "" || len(eventID) > mostPart || !utf8.ValidString(eventID) {
		sum := sha256.Sum256([]byte(eventID))
		return "id#" + hex.EncodeToString(sum[:])
	}
	return eventID
}

// timeText is a moment so that texts sort as moments do. That which is not told is
// 1970, as [cloudtrail.Time] has it.
func timeText(t cloudtrail.Time) string {
	return time.Unix(int64(t), 0).UTC().Format("2006-01-02T15:04:05Z")
}

func dayText(t cloudtrail.Time) string { return timeText(t)[:len("2006-01-02")] }

// eventKey is where a form of an event is.
func eventKey(u *lineage.Use) itemKey {
	return itemKey{
		eventPartition(u.ID.Event),
		timeText(u.Time) + "#" + fit(u.ID.Recipient, mostPart) + "#" + fmt.Sprintf("%016x", uint64(u.Fingerprint)),
	}
}

// factKey is where it is noted that an event has a fact under a key.
func factKey(k lineage.Key, event itemKey) itemKey {
	return itemKey{factPartition(k), event.sort + "#" + event.partition}
}

func factPartition(k lineage.Key) string { return partFact + fit(string(k), mostPartition) }

// nameKey is where a name is noted.
func nameKey(k lineage.Key, f *lineage.Fact) itemKey {
	sum := sha256.Sum256([]byte(f.Detail.ID + "\x00" + f.Detail.Name + "\x00" + f.Detail.ARN))
	return itemKey{factPartition(k), timeText(f.Time) + "#name#" + hex.EncodeToString(sum[:8])}
}

// dayKey is the partition of byTime that an event is in.
func dayKey(u *lineage.Use) string {
	shard := crc32.ChecksumIEEE([]byte(u.ID.Event)) % shards
	return dayShard(u.ID.Recipient, dayText(u.Time), int(shard))
}

func dayShard(account, day string, shard int) string {
	return fmt.Sprintf("%s#%s#%d", fit(account, mostPart), day, shard)
}

// sessionKey is where an event is in bySession.
func sessionKey(principalID string, t cloudtrail.Time) (partition, sort string) {
	role, name, _ := strings.Cut(principalID, ":")
	if role == "" { // which no key may be
		role = ":"
	}
	return fit(role, mostPartition), fit(name, mostSort) + "#" + timeText(t)
}

// daysKey is where it is noted that an account has events on a day.
func daysKey(account, day string) itemKey {
	return itemKey{partDays, day + "#" + fit(account, mostPart)}
}

// spanKey is where first and newest delivery of an account and region are.
func spanKey(account, region string) itemKey {
	return itemKey{partSpans, fit(account, mostPart) + "#" + fit(region, mostPart)}
}

// fileKey is where a log file is noted.
func fileKey(f cloudtrail.LogFile) itemKey {
	return itemKey{filePartition(f.Account, f.Region), timeText(f.Delivered) + "#" + fit(f.URI+"#"+f.Version, mostSort)}
}

func filePartition(account, region string) string {
	return partFile + fit(account, mostPart) + "#" + fit(region, mostPart)
}

// failedKey is where it is noted that a log file could not be read: the sort key is
// that of the file, whose partition stands in attrAt.
func failedKey(f cloudtrail.LogFile) itemKey {
	return itemKey{partFailed, fileKey(f).sort}
}
