package awstest

import "encoding/json"

// Allow is a policy of one statement: these actions on this resource.
func Allow(resource string, actions ...string) string {
	return document(map[string]any{"Effect": "Allow", "Action": actions, "Resource": resource})
}

// Deny is a policy of one statement that denies these actions on this resource.
func Deny(resource string, actions ...string) string {
	return document(map[string]any{"Effect": "Deny", "Action": actions, "Resource": resource})
}

// Trust is a trust policy for these principals (ARNs, or account ids), which must
// show the external id, if it is not empty.
func Trust(externalID string, principals ...string) string {
	statement := map[string]any{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"AWS": principals}}
	if externalID != "" {
		statement["Condition"] = map[string]any{"StringEquals": map[string]string{"sts:ExternalId": externalID}}
	}
	return document(statement)
}

// AllowService is the policy of a resource, a queue or a topic: a service, as
// s3.amazonaws.com, may do these actions on it for a source, whose ARN it is.
func AllowService(service, source, resource string, actions ...string) string {
	return document(map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"Service": service}, "Action": actions, "Resource": resource,
		"Condition": map[string]any{"ArnLike": map[string]string{"aws:SourceArn": source}},
	})
}

// AllowAccount is the policy of a resource: another account may do these actions.
func AllowAccount(account, resource string, actions ...string) string {
	return document(map[string]any{
		"Effect": "Allow", "Principal": map[string]string{"AWS": "arn:aws:iam::" + account + ":root"}, "Action": actions, "Resource": resource,
	})
}

// document is a policy of one statement.
func document(statement map[string]any) string {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}})
	if err != nil {
		panic(err) // maps of strings
	}
	return string(text)
}
