package query

// How a request parameter is shown, where it is not a kind to write before it.
const (
	passOver = "-" // names no resource, though it looks so
	bare     = "." // the value says its kind itself, or has none
	bySource = "?" // the kind depends on the service
)

// parameterKinds is what the well-known request parameters name. A parameter
// not listed is shown where it ends in Name, where it ends in Id and holds an
// AWS resource id, and where it holds an ARN.
var parameterKinds = map[string]string{
	"accessKeyId":          "access-key",
	"agentName":            passOver,
	"attributeName":        passOver,
	"bucket":               bare,
	"clusterIdentifier":    "cluster",
	"commandId":            bare,
	"computerName":         passOver,
	"dBClusterIdentifier":  "cluster",
	"dBInstanceIdentifier": "db",
	"dBSnapshotIdentifier": "snapshot",
	"databaseName":         "database",
	"deviceName":           passOver,
	"displayName":          passOver,
	"distributionId":       "distribution",
	"eventName":            passOver,
	"externalId":           passOver,
	"fieldName":            passOver,
	"firstName":            passOver,
	"functionName":         "function",
	"groupName":            bySource,
	"hostName":             passOver,
	"hostedZoneId":         "hostedzone",
	"identityPoolId":       "identitypool",
	"instanceId":           bare,
	"instanceProfileName":  "instance-profile",
	"keyId":                "key",
	"keyName":              "key-pair",
	"lastName":             passOver,
	"logGroupName":         "log-group",
	"logStreamName":        passOver,
	"metricName":           passOver,
	"name":                 bySource,
	"operationName":        passOver,
	"parameterName":        "parameter",
	"platformName":         passOver,
	"policyArn":            bare,
	"policyName":           "policy",
	"queueName":            bare,
	"queueUrl":             bare,
	"resourceId":           bare,
	"resourceName":         bare,
	"restApiId":            "restapis",
	"roleArn":              bare,
	"roleName":             "role",
	"roleSessionName":      passOver,
	"secretId":             "secret",
	"serialNumber":         passOver, // the MFA device of the caller
	"sessionName":          passOver,
	"stackName":            "stack",
	"streamName":           "stream",
	"tableName":            "table",
	"topicName":            bare,
	"trailName":            "trail",
	"typeName":             passOver,
	"userName":             "user",
	"userPoolId":           "userpool",
	"versionName":          passOver,
}

// sourceKinds is what groupName and a plain name are in a service.
var sourceKinds = map[string]string{
	"autoscaling.amazonaws.com":    "auto-scaling-group",
	"cloudtrail.amazonaws.com":     "trail",
	"ec2.amazonaws.com":            "security-group",
	"ecr.amazonaws.com":            "repository",
	"eks.amazonaws.com":            "cluster",
	"events.amazonaws.com":         "rule",
	"iam.amazonaws.com":            "group",
	"secretsmanager.amazonaws.com": "secret",
	"ssm.amazonaws.com":            "parameter",
}
