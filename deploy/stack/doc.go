// Package stack drives CloudFormation: it shows what a template would change, does it
// with progress, tells the event that failed when it is rolled back, and takes a stack
// down. It knows nothing of what is in a template.
package stack
