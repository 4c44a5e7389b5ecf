package deploy

import "encoding/json"

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
		Sid: "CrosstrailHubKey", Effect: "Allow", Principal: map[string]string{"AWS": role}, Action: "kms:Decrypt", Resource: "*",
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
		{Sid: "CrosstrailHubGet", Effect: "Allow", Principal: who, Action: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resource: bucket + "/" + itself(h.Logs.Prefix) + "*"},
		{Sid: "CrosstrailHubList", Effect: "Allow", Principal: who, Action: []string{"s3:ListBucket", "s3:ListBucketVersions"}, Resource: bucket},
	})
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
