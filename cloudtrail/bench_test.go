package cloudtrail_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/crosstrail/crosstrail/cloudtrail"
	"github.com/crosstrail/crosstrail/internal/synth"
)

// corpus is bulk log files, padded, and their size.
func corpus(b *testing.B, events int) (files [][]byte, size int64) {
	for f := range synth.Corpus(synth.Bulk, 1, events) {
		body := f.Body()
		files = append(files, append(make([]byte, 0, len(body)+cloudtrail.Padding), body...))
		size += int64(len(body))
	}
	return files, size
}

func BenchmarkDecoder(b *testing.B) {
	files, size := corpus(b, 20_000)
	b.SetBytes(size)
	b.ReportAllocs()
	var d cloudtrail.Decoder
	for b.Loop() {
		decodeAll(b, &d, files)
	}
}

func decodeAll(b *testing.B, d *cloudtrail.Decoder, files [][]byte) {
	for _, f := range files {
		for _, err := range d.Records(f) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkAgainstEncodingJSON decodes the same files with the Decoder and with
// json.Unmarshal into the same fields, in turn, and reports how many times the
// Decoder is as fast (wanted: 8).
func BenchmarkAgainstEncodingJSON(b *testing.B) {
	files, size := corpus(b, 5_000)
	var d cloudtrail.Decoder
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		decodeAll(b, &d, files)
		ours += time.Since(start)
		start = time.Now()
		for _, f := range files {
			var file struct{ Records []typedRecord }
			if err := json.Unmarshal(f, &file); err != nil {
				b.Fatal(err)
			}
		}
		theirs += time.Since(start)
	}
	total := float64(size) * float64(b.N) / 1e6
	b.ReportMetric(total/ours.Seconds(), "MB/s")
	b.ReportMetric(total/theirs.Seconds(), "json-MB/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "times-json")
}

// typedRecord has the fields of a Record for encoding/json.
type typedRecord struct {
	EventVersion, EventSource, EventName, AWSRegion, SourceIPAddress, UserAgent      string
	ErrorCode, ErrorMessage, RequestID, EventID, EventType, EventCategory            string
	RecipientAccountID, SharedEventID, VPCEndpointID, VPCEndpointAccountID           string
	EventTime                                                                        time.Time
	ReadOnly, ManagementEvent, SessionCredentialFromConsole, APIVersion              any
	RequestParameters, ResponseElements, AdditionalEventData, ServiceEventDetails    json.RawMessage
	Resources, Addendum, InsightDetails, TLSDetails, EdgeDeviceDetails, EventContext json.RawMessage
	UserIdentity                                                                     struct {
		Type, PrincipalID, ARN, AccountID, AccessKeyID, UserName, IdentityProvider, InvokedBy, CredentialID string
		InvokedByDelegate                                                                                   struct{ AccountID string }
		OnBehalfOf                                                                                          struct{ UserID, IdentityStoreARN string }
		InScopeOf                                                                                           struct {
			SourceARN, SourceAccount, IssuerType, CredentialsIssuedTo, CredentialsIssuedToVersion string
		}
		SessionContext struct {
			SessionIssuer       struct{ Type, UserName, PrincipalID, ARN, AccountID string }
			Attributes          struct{ CreationDate, MFAAuthenticated string }
			WebIDFederationData struct {
				FederatedProvider string
				Attributes        json.RawMessage
			}
			SourceIdentity, EC2RoleDelivery, SignInSessionARN string
			AssumedRoot                                       any
		}
	}
}
