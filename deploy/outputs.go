package deploy

// The outputs of the stacks. Of the hub's:
const (
	OutputHubBus         = "HubBus"         // ARN of the event bus
	OutputHubQueue       = "HubQueue"       // ARN of the queue
	OutputHubQueueURL    = "HubQueueURL"    // its URL
	OutputDeadLetters    = "DeadLetters"    // ARN of the queue of dead letters
	OutputDeadLettersURL = "DeadLettersURL" // its URL
	OutputFunctionName   = "FunctionName"
	OutputFunctionRole   = "FunctionRole" // ARN of its execution role
	OutputTableName      = "TableName"
	OutputTrigger        = "Trigger" // a [Trigger]; absent where no log files are read, as the next two
	OutputLogBucket      = "LogBucket"
	OutputLogPrefix      = "LogPrefix"
)

// Of a spoke's, in each region, and of a role's.
const (
	OutputRule    = "Rule"  // ARN of the rule
	OutputTopic   = "Topic" // ARN of the topic, where it is by topic
	OutputRoleARN = "RoleArn"
)
