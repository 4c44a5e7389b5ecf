package bucket

import "testing"

func TestMeant(t *testing.T) {
	for source, want := range map[string]string{
		"S3://acme-logs":           "s3://acme-logs",
		"s3:/acme-logs/AWSLogs":    "s3://acme-logs/AWSLogs",
		"s3:acme-logs":             "s3://acme-logs",
		"arn:aws:s3:::acme-logs":   "s3://acme-logs",
		"arn:aws-cn:s3:::acme/a/b": "s3://acme/a/b",
		"arn:aws:s3:eu-west-1:111111111111:accesspoint/logs": "s3://arn:aws:s3:eu-west-1:111111111111:accesspoint/logs",
		"s3://acme-logs":        "",
		"logs/":                 "",
		"s3://":                 "",
		"S3://":                 "",
		"arn:aws:iam::1:role/x": "",
		"s3logs":                "",
	} {
		if got := Meant(source); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
