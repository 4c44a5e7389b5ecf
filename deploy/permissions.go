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
	WorkTable    Work = "table"    // make the table ready, and set what it watches
	WorkHub      Work = "hub"      // the hub's stack: up and down
	WorkSpoke    Work = "spoke"    // a spoke's, in each region
	WorkRole     Work = "role"     // a role's
	WorkStackSet Work = "stackset" // see whether the account may make spokes of an organisation
	WorkStatus   Work = "status"   // ask how a hub is doing
)

// Permissions are the actions that an operator needs for some work, sorted: of the
// calls that crosstrail makes itself, and, for what is in stacks, of those that
// CloudFormation makes with the operator's permissions (CloudFormation User Guide,
// "Control CloudFormation access with AWS Identity and Access Management"). Those of
// CloudFormation itself are deploy/stack's.
func Permissions(what ...Work) []string {
	var all []string
	for _, w := range what {
		all = append(all, calls(w)...)
		for _, kind := range Kinds(w) {
			all = append(all, handlers(kind)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// calls are the actions of crosstrail's own calls. GetCallerIdentity needs none.
func calls(w Work) []string {
	switch w {
	case WorkLook:
		return []string{
			"account:ListRegions", "cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors",
			"s3:GetBucketNotification", "s3:GetEncryptionConfiguration", "kms:DescribeKey", "kms:GetKeyPolicy",
			"organizations:DescribeOrganization", "organizations:ListDelegatedAdministrators",
		}
	case WorkForecast:
		return []string{"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}
	case WorkNotify:
		return []string{"s3:GetBucketNotification", "s3:PutBucketNotification"}
	case WorkUpload:
		return []string{"s3:CreateBucket", "s3:GetBucketTagging", "s3:PutBucketTagging", "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteBucket"}
	case WorkTable:
		return []string{
			"dynamodb:DescribeTable", "dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:DescribeTimeToLive", "dynamodb:UpdateTimeToLive",
			"dynamodb:DescribeContinuousBackups", "dynamodb:UpdateContinuousBackups", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem",
		}
	case WorkStackSet:
		return []string{"organizations:DescribeOrganization", "organizations:ListDelegatedAdministrators"}
	case WorkStatus:
		return []string{
			"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility",
			"cloudwatch:DescribeAlarms", "logs:FilterLogEvents", "events:DescribeRule", "events:ListTargetsByRule", "lambda:GetFunctionConfiguration", "lambda:ListEventSourceMappings",
		}
	}
	return nil
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

// handlers are the actions by which CloudFormation makes, reads, changes and removes a
// kind of resource, as far as our templates use it (the handlers of each resource
// type's schema: CloudFormation Template Reference; the names: Service Authorization
// Reference).
func handlers(kind string) []string {
	switch kind {
	case "AWS::DynamoDB::Table":
		return []string{
			"dynamodb:CreateTable", "dynamodb:DescribeTable", "dynamodb:UpdateTable", "dynamodb:DeleteTable", "dynamodb:DescribeTimeToLive", "dynamodb:UpdateTimeToLive",
			"dynamodb:DescribeContinuousBackups", "dynamodb:UpdateContinuousBackups", "dynamodb:DescribeContributorInsights", "dynamodb:DescribeKinesisStreamingDestination",
			"dynamodb:GetResourcePolicy", "dynamodb:ListTagsOfResource", "dynamodb:TagResource", "dynamodb:UntagResource",
		}
	case "AWS::SQS::Queue":
		return []string{
			"sqs:CreateQueue", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes", "sqs:DeleteQueue", "sqs:ListQueueTags", "sqs:TagQueue", "sqs:UntagQueue",
		}
	case "AWS::SQS::QueuePolicy":
		return []string{"sqs:GetQueueAttributes", "sqs:SetQueueAttributes"}
	case "AWS::Events::EventBus":
		return []string{
			"events:CreateEventBus", "events:DescribeEventBus", "events:UpdateEventBus", "events:DeleteEventBus", "events:ListTagsForResource", "events:TagResource", "events:UntagResource",
		}
	case "AWS::Events::EventBusPolicy":
		return []string{"events:DescribeEventBus", "events:PutPermission", "events:RemovePermission"}
	case "AWS::Events::Rule":
		return []string{
			"events:PutRule", "events:DescribeRule", "events:DeleteRule", "events:PutTargets", "events:ListTargetsByRule", "events:RemoveTargets",
			"events:ListTagsForResource", "events:TagResource", "events:UntagResource", "iam:PassRole",
		}
	case "AWS::SNS::Topic":
		return []string{
			"sns:CreateTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:DeleteTopic", "sns:ListSubscriptionsByTopic", "sns:GetDataProtectionPolicy",
			"sns:ListTagsForResource", "sns:TagResource", "sns:UntagResource",
		}
	case "AWS::SNS::TopicPolicy":
		return []string{"sns:GetTopicAttributes", "sns:SetTopicAttributes"}
	case "AWS::SNS::Subscription":
		return []string{"sns:Subscribe", "sns:Unsubscribe", "sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:ListSubscriptionsByTopic"}
	case "AWS::IAM::Role":
		return []string{
			"iam:CreateRole", "iam:GetRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole", "iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy",
			"iam:ListRolePolicies", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:ListAttachedRolePolicies", "iam:TagRole", "iam:UntagRole",
		}
	case "AWS::Logs::LogGroup":
		return []string{
			"logs:CreateLogGroup", "logs:DescribeLogGroups", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:DeleteLogGroup",
			"logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource",
		}
	case "AWS::Lambda::Function":
		return []string{
			"lambda:CreateFunction", "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionRecursionConfig", "lambda:GetRuntimeManagementConfig",
			"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:DeleteFunction", "lambda:ListTags", "lambda:TagResource", "lambda:UntagResource",
			"iam:PassRole", "s3:GetObject",
		}
	case "AWS::Lambda::EventSourceMapping":
		return []string{
			"lambda:CreateEventSourceMapping", "lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping",
			"lambda:ListTags", "lambda:TagResource", "lambda:UntagResource",
		}
	case "AWS::CloudWatch::Alarm":
		return []string{
			"cloudwatch:PutMetricAlarm", "cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms", "cloudwatch:ListTagsForResource", "cloudwatch:TagResource", "cloudwatch:UntagResource",
		}
	}
	return nil
}
