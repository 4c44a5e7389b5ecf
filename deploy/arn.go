package deploy

import "strings"

// arn is an ARN in its parts.
type arn struct{ partition, service, region, account, resource string }

func parseARN(text string) (arn, bool) {
	p := strings.SplitN(text, ":", 6)
	if len(p) != 6 || p[0] != "arn" {
		return arn{}, false
	}
	return arn{p[1], p[2], p[3], p[4], p[5]}, true
}

// Suffix ends the names of a partition's hosts, and what a key's policy calls services
// by (KMS Developer Guide, "kms:ViaService"; the suffixes: partitions.json of the AWS SDKs).
func Suffix(partition string) string {
	switch partition {
	case "aws-cn":
		return "amazonaws.com.cn"
	case "aws-eusc":
		return "amazonaws.eu"
	case "aws-iso":
		return "c2s.ic.gov"
	case "aws-iso-b":
		return "sc2s.sgov.gov"
	case "aws-iso-e":
		return "cloud.adc-e.uk"
	case "aws-iso-f":
		return "csp.hci.ic.gov"
	}
	return "amazonaws.com"
}

// unasked are the regions that an account has without asking for them (SNS Developer
// Guide, "Sending Amazon SNS messages to an Amazon SQS queue or AWS Lambda function in
// a different Region": those launched before March 20, 2019).
const unasked = " us-east-1 us-east-2 us-west-1 us-west-2 ap-south-1 ap-northeast-1 ap-northeast-2 ap-southeast-1 ap-southeast-2" +
	" ca-central-1 eu-central-1 eu-west-1 eu-west-2 eu-west-3 eu-north-1 sa-east-1 cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 "

// osaka is asked for according to that page, and not according to the Account
// Management Reference Guide.
const osaka = "ap-northeast-3"

// sns is what SNS is called by who delivers from one region to a queue in another one,
// by that page: where a region is one to be asked for, by its name. Where "to" is not
// known it is taken for none of those.
func sns(from, to string) []string {
	const global = "sns.amazonaws.com"
	asked := func(region string) bool { return region != "" && !strings.Contains(unasked, " "+region+" ") }
	if from == to || !asked(from) && !asked(to) {
		return []string{global}
	}
	var all []string
	for _, region := range []string{from, to} {
		if asked(region) {
			all = append(all, "sns."+region+".amazonaws.com")
		}
		if region == osaka {
			all = append(all, global)
		}
	}
	return all
}
