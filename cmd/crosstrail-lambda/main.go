// Command crosstrail-lambda keeps what S3, SNS, SQS and EventBridge announce in a
// DynamoDB table, as an AWS Lambda function: for every shape one program.
package main

func main() {}
