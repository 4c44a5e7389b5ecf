// Package queue reads the log files and records that messages announce: those of
// an SQS queue as an ingest.Source, and single ones for a Lambda function. What is
// settled is deleted from its queue; what can never be read goes to the queue's
// dead letters with the reason. What S3 refuses, with all else in its bucket, waits in
// hand until it does not.
//
// The caller needs, on each queue, sqs:ReceiveMessage, sqs:DeleteMessage,
// sqs:ChangeMessageVisibility and sqs:GetQueueAttributes; sqs:SendMessage on its
// dead-letter queue; s3:GetObject on the objects, s3:GetObjectVersion where their
// bucket keeps versions; kms:Decrypt on the keys that encrypt them, and on a queue's
// own; kms:GenerateDataKey too on the dead-letter queue's. Of objects that were
// deleted s3:ListBucketVersions finds what the bucket keeps; without s3:ListBucket S3
// does not tell that they are gone, and says that they may not be read.
package queue
