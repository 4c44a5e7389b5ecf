package deploy

// handlers are the actions by which CloudFormation makes, changes and tags a kind of
// resource, and those by which it looks at it and removes it, as far as our templates use
// it (the handlers of each resource type's schema: CloudFormation Template Reference; the
// names: Service Authorization Reference). The tags are the stack's, which CloudFormation
// puts on what can have them, and takes off (CloudFormation User Guide, "Resource tag").
func handlers(kind string) (makes, removes []string) {
	switch kind {
	case "AWS::DynamoDB::Table":
		return []string{
			"dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:DescribeTimeToLive", "dynamodb:UpdateTimeToLive", "dynamodb:DescribeContinuousBackups", "dynamodb:UpdateContinuousBackups",
			"dynamodb:DescribeContributorInsights", "dynamodb:DescribeKinesisStreamingDestination", "dynamodb:GetResourcePolicy", "dynamodb:ListTagsOfResource", "dynamodb:TagResource", "dynamodb:UntagResource",
		}, []string{"dynamodb:DescribeTable", "dynamodb:DeleteTable"}
	case "AWS::SQS::Queue":
		return []string{"sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:ListQueueTags", "sqs:TagQueue", "sqs:UntagQueue"}, []string{"sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:DeleteQueue"}
	case "AWS::SQS::QueuePolicy": // a policy is one of the attributes
		return nil, []string{"sqs:GetQueueAttributes", "sqs:SetQueueAttributes"}
	case "AWS::Events::EventBus":
		return []string{"events:CreateEventBus", "events:UpdateEventBus", "events:ListTagsForResource", "events:TagResource", "events:UntagResource"}, []string{"events:DescribeEventBus", "events:DeleteEventBus"}
	case "AWS::Events::EventBusPolicy":
		return []string{"events:PutPermission"}, []string{"events:DescribeEventBus", "events:RemovePermission"}
	case "AWS::Events::Rule":
		return []string{"events:PutRule", "events:PutTargets", "events:ListTagsForResource", "events:TagResource", "events:UntagResource", "iam:PassRole"},
			[]string{"events:DescribeRule", "events:ListTargetsByRule", "events:RemoveTargets", "events:DeleteRule"}
	case "AWS::SNS::Topic":
		return []string{"sns:CreateTopic", "sns:SetTopicAttributes", "sns:GetDataProtectionPolicy", "sns:ListTagsForResource", "sns:TagResource", "sns:UntagResource"},
			[]string{"sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:DeleteTopic"}
	case "AWS::SNS::TopicPolicy":
		return nil, []string{"sns:GetTopicAttributes", "sns:SetTopicAttributes"}
	case "AWS::SNS::Subscription":
		return []string{"sns:Subscribe", "sns:SetSubscriptionAttributes"}, []string{"sns:GetSubscriptionAttributes", "sns:ListSubscriptionsByTopic", "sns:Unsubscribe"}
	case "AWS::IAM::Role":
		return []string{"iam:CreateRole", "iam:UpdateRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:TagRole", "iam:UntagRole"}, []string{
			"iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:DeleteRolePolicy", "iam:ListAttachedRolePolicies", "iam:DetachRolePolicy", "iam:DeleteRole",
		}
	case "AWS::Logs::LogGroup":
		return []string{"logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy", "logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource"},
			[]string{"logs:DescribeLogGroups", "logs:DeleteLogGroup"}
	case "AWS::Lambda::Function":
		return []string{
			"lambda:CreateFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionRecursionConfig", "lambda:GetRuntimeManagementConfig", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
			"lambda:ListTags", "lambda:TagResource", "lambda:UntagResource", "iam:PassRole", "s3:GetObject",
		}, []string{"lambda:GetFunction", "lambda:DeleteFunction"}
	case "AWS::Lambda::EventSourceMapping":
		return []string{"lambda:CreateEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:ListTags", "lambda:TagResource", "lambda:UntagResource"},
			[]string{"lambda:GetEventSourceMapping", "lambda:DeleteEventSourceMapping"}
	case "AWS::CloudWatch::Alarm":
		return []string{"cloudwatch:PutMetricAlarm", "cloudwatch:ListTagsForResource", "cloudwatch:TagResource", "cloudwatch:UntagResource"}, []string{"cloudwatch:DescribeAlarms", "cloudwatch:DeleteAlarms"}
	}
	return nil, nil
}
