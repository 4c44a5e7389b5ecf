// Command crosstrail-lambda keeps what S3, SNS, SQS and EventBridge announce in a
// DynamoDB table, as an AWS Lambda function (provided.al2023): one program for every
// shape of event. Its configuration is its environment, config.go; what it does with
// a message is in handle.go and outcome.go.
package main

import (
	"fmt"
	"log"
	"os"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	if os.Getenv(envRuntime) == "" {
		fmt.Fprintln(os.Stderr, "error: this program is a Lambda function's, and "+envRuntime+" is not set here\nhint: crosstrail follow --queue URL does the same work on any machine")
		os.Exit(2)
	}
	log.SetFlags(0) // what the runtime's loop logs is JSON then
	c, err := readConfig(os.Getenv)
	logger := newLogger(os.Stdout, c.level)
	if err != nil {
		// It goes on, so that who invokes it is told too.
		logger.Error("the environment of the function is wrong", "reason", err.Error())
	} else if len(c.from) == 0 {
		logger.Warn("without "+envFrom+" the function reads whatever object a message names, of any bucket that its role may read", "hint", "say which are yours: "+envFrom+"=s3://bucket/prefix")
	}
	debug.SetMemoryLimit(c.heap())
	lambda.Start((&function{config: c, wrong: err, log: logger}).handle)
}
