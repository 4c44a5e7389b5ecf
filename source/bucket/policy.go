package bucket

import (
	"encoding/json"
	"slices"
	"strings"
)

// mostPolicy is what STS takes as a session policy.
const mostPolicy = 2048

type statement struct {
	Effect    string
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string `json:",omitempty"`
}

// LeastPolicy is a session policy for a role that is assumed to read these
// sources, in older versions too, and nothing else. Its partition is that of the role. Where so many are
// named that STS would refuse it, it keeps to reading, in whatever bucket.
func LeastPolicy(role string, uris ...string) (string, error) {
	toList, toGet := []string{"s3:ListBucket", "s3:ListBucketVersions"}, []string{"s3:GetObject", "s3:GetObjectVersion"}
	partition := "aws"
	if parts := strings.Split(role, ":"); len(parts) > 1 && parts[0] == "arn" {
		partition = parts[1]
	}
	var all []statement
	for _, uri := range uris {
		bucket, prefix, err := Split(uri)
		if err != nil {
			return "", err
		}
		arn, under := "arn:"+partition+":s3:::"+bucket, "/"
		if strings.HasPrefix(bucket, "arn:") {
			arn, under = bucket, "/object/"
		}
		list := statement{Effect: "Allow", Action: toList, Resource: []string{arn}}
		if prefix != "" {
			list.Condition = map[string]map[string][]string{"StringLike": {"s3:prefix": {literal(prefix) + "*"}}}
		}
		all = append(all, list, statement{Effect: "Allow", Action: toGet, Resource: []string{arn + under + literal(prefix) + "*"}})
	}
	text, err := policy(partition, all)
	if err == nil && len(text) > mostPolicy {
		text, err = policy(partition, []statement{{Effect: "Allow", Action: slices.Concat(toList, toGet), Resource: []string{"*"}}})
	}
	return text, err
}

func policy(partition string, all []statement) (string, error) {
	services := "s3.*.amazonaws.com"
	if partition == "aws-cn" {
		services += ".cn"
	}
	// Which key a bucket is encrypted with is not known before it is read: its own
	// policy still says who may.
	all = append(all, statement{
		Effect: "Allow", Action: []string{"kms:Decrypt"}, Resource: []string{"*"},
		Condition: map[string]map[string][]string{"StringLike": {"kms:ViaService": {services}}},
	})
	text, err := json.Marshal(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", all})
	return string(text), err
}

// literal keeps what a policy would take for a wildcard or a variable.
func literal(s string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}").Replace(s)
}
