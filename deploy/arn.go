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

// always are the regions that an account of AWS's first partition has without asking
// (Account Management Reference Guide, "Regions that are enabled by default").
const always = " us-east-1 us-east-2 us-west-1 us-west-2 ap-south-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-west-1 eu-west-2 eu-west-3 eu-north-1 sa-east-1 cn-north-1 cn-northwest-1 us-gov-east-1 us-gov-west-1 "

// snsIn is SNS as it delivers from a region: to another one, it is called by its
// region in those that an account has to ask for (SNS Developer Guide, "Cross-region
// delivery").
func snsIn(region string) string {
	if strings.Contains(always, " "+region+" ") {
		return "sns.amazonaws.com"
	}
	return "sns." + region + ".amazonaws.com"
}
