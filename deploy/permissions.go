package deploy

import "slices"

// Work is something that an operator does, which needs permissions.
type Work string

// What the commands do: up hub looks, forecasts, notifies, uploads and makes the hub,
// down hub notifies, uploads (it removes) and takes it down; and so on.
const (
	WorkLook     Work = "look"     // at the account, its trails, their buckets and keys
	WorkForecast Work = "forecast" // from yesterday's log files
	WorkNotify   Work = "notify"   // be told of new log files, and no longer
	WorkUpload   Work = "upload"   // the function's code, and remove it
	WorkHub      Work = "hub"      // the hub's stack: up and down
	WorkSpoke    Work = "spoke"    // a spoke's, in each region
	WorkRole     Work = "role"     // a role's
	WorkStackSet Work = "stackset" // see whether the account may make spokes of an organisation
)

// Permissions are the actions that an operator needs for some work, up and down, sorted:
// of the calls that crosstrail makes itself, and, for what is in stacks, of those that
// CloudFormation makes with the operator's permissions (CloudFormation User Guide,
// "Control CloudFormation access with AWS Identity and Access Management"). Those of
// CloudFormation itself are deploy/stack's.
func Permissions(what ...Work) []string { return permissions(what, true) }

// PermissionsDown are those of them that take down what is there.
func PermissionsDown(what ...Work) []string { return permissions(what, false) }

func permissions(what []Work, up bool) []string {
	var all []string
	add := func(makes, removes []string) {
		all = append(all, removes...)
		if up {
			all = append(all, makes...)
		}
	}
	for _, w := range what {
		add(calls(w))
		for _, kind := range Kinds(w) {
			add(handlers(kind))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// calls are the actions of crosstrail's own calls: those that only up makes, and those by
// which down looks at and removes what is there. GetCallerIdentity needs none.
func calls(w Work) (makes, removes []string) {
	switch w {
	case WorkLook:
		return []string{
			"account:ListRegions", "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors",
			"s3:GetBucketNotification", "s3:GetEncryptionConfiguration", "kms:DescribeKey", "kms:GetKeyPolicy",
			"organizations:DescribeOrganization", "organizations:ListDelegatedAdministrators",
		}, nil
	case WorkForecast:
		return []string{"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}, nil
	case WorkNotify:
		return nil, []string{"s3:GetBucketNotification", "s3:PutBucketNotification"}
	case WorkUpload:
		return []string{"s3:CreateBucket", "s3:PutBucketTagging", "s3:GetObject", "s3:PutObject"}, []string{"s3:GetBucketTagging", "s3:ListBucket", "s3:DeleteObject", "s3:DeleteBucket"}
	case WorkStackSet:
		return nil, []string{"organizations:DescribeOrganization", "organizations:ListDelegatedAdministrators"}
	}
	return nil, nil
}

// Kinds are the kinds of resources that the stack of some work may have.
func Kinds(w Work) []string {
	switch w {
	case WorkHub:
		return []string{
			"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::Events::EventBus", "AWS::Events::EventBusPolicy", "AWS::Events::Rule", "AWS::SNS::Subscription",
			"AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping", "AWS::CloudWatch::Alarm",
		}
	case WorkSpoke:
		return []string{"AWS::Events::Rule", "AWS::IAM::Role", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy"}
	case WorkRole:
		return []string{"AWS::IAM::Role"}
	}
	return nil
}
