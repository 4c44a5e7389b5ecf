package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// KeyStatement is what the policy of the log files' key has to say where it does not
// leave it to IAM, given the ARN of the function's role (output [OutputFunctionRole]);
// nil where no key of KMS seals them. Through S3 alone: for which objects says S3. The
// key cannot say it: with S3 Bucket Keys the encryption context is the bucket's
// (linkage.md 8.4).
func (h *Hub) KeyStatement(role string) json.RawMessage {
	if h.Logs == nil || h.Logs.Key == "" {
		return nil
	}
	key, _ := parseARN(h.Logs.Key)
	return indented(statement{
		Sid: h.sid("Key", role), Effect: "Allow", Principal: map[string]string{"AWS": role}, Action: "kms:Decrypt", Resource: "*",
		Condition: map[string]any{"StringEquals": map[string]string{"kms:ViaService": "s3." + key.region + "." + Suffix(key.partition)}},
	})
}

// BucketStatements are what the policy of the log files' bucket has to say where it is
// another account's, as a JSON list, given the ARN of the function's role; nil where the
// bucket is the hub's own account's, whose role needs none.
func (h *Hub) BucketStatements(role string) json.RawMessage {
	if h.Logs == nil || h.Logs.Owner == "" {
		return nil
	}
	of, _ := parseARN(role)
	bucket := "arn:" + of.partition + ":s3:::" + h.Logs.Bucket
	who := map[string]string{"AWS": role}
	return indented([]statement{
		{Sid: h.sid("Get", role), Effect: "Allow", Principal: who, Action: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resource: bucket + "/" + itself(h.Logs.Prefix) + "*"},
		{Sid: h.sid("List", role), Effect: "Allow", Principal: who, Action: []string{"s3:ListBucket", "s3:ListBucketVersions"}, Resource: bucket},
	})
}

// sid names a statement, after the deployment and the role that it is for: the policy of
// a bucket or key may have those of hubs of the same name, of other accounts and regions,
// and S3 takes no Sid twice (letters and digits alone: IAM User Guide, "Sid").
func (h *Hub) sid(what, role string) string {
	sum := sha256.Sum256([]byte(string(h.Name) + " " + role))
	return "CrosstrailHub" + what + strings.ReplaceAll(string(h.Name), "-", "") + hex.EncodeToString(sum[:4])
}

// statement is one of a policy.
type statement struct {
	Sid, Effect string
	Principal   map[string]string
	Action      any // a text, or a list of them
	Resource    string
	Condition   map[string]any `json:",omitempty"`
}

func indented(v any) json.RawMessage {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(err) // of texts
	}
	return text
}
