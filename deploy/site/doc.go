// Package site looks at an account before, while and after something is deployed in it:
// its trails, buckets and their notices, keys, organisation and regions; and does what
// CloudFormation cannot, such as adding a notice to those that a bucket has.
package site
