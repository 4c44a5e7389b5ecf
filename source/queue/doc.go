// Package queue reads the log files and records that messages announce: those of
// SQS queues as an ingest.Source, and single ones for a Lambda function. What is
// settled is deleted from its queue; what can never be read goes to the queue's
// dead letters with the reason.
package queue
