package share

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/crosstrail/crosstrail/share/policy"
)

// Template is a CloudFormation template that does what plans on one bucket do, in
// JSON, with what it leaves: the policies of keys that are there already, as they
// have to be. A bucket has one policy, so the template has the whole of it; deleting the stack
// leaves it, since CloudTrail could not deliver without. A policy that no stack has
// must be imported first: one cannot be created beside it (CloudFormation User
// Guide, Import AWS resources into a CloudFormation stack;
// aws-cloudformation/cloudformation-coverage-roadmap#1068).
func Template(plans []*Plan) (template []byte, left []Document, warnings []Warning) {
	resources := map[string]any{}
	var bucket *policy.Document
	there := false
	keys := map[string]Document{} // with the statements of all plans
	for _, p := range plans {
		g := p.Grant
		for _, d := range p.Documents {
			switch d.Kind {
			case BucketDocument:
				if bucket == nil {
					bucket = d.Before
					there = bucket != nil && len(bucket.Statements) > 0
				}
				bucket = bucket.With(g.owns, d.After.Named(g.owns)...)
				bucket.Version = d.After.Version
				resources["BucketPolicy"] = map[string]any{
					"Type": "AWS::S3::BucketPolicy", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
					"Properties": map[string]any{"Bucket": g.Bucket, "PolicyDocument": bucket},
				}
			case KeyDocument:
				key, ok := keys[d.Resource]
				if !ok {
					key = Document{Kind: KeyDocument, Resource: d.Resource, Before: d.Before, After: d.Before}
				}
				key.After = key.After.With(g.owns, d.After.Named(g.owns)...)
				keys[d.Resource] = key
			}
		}
		if g.Means == Role {
			resources["Role"+g.ID] = g.roleResource(p.Documents)
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(keys)) {
		left = append(left, keys[arn])
	}
	if there {
		warnings = append(warnings, Warning{"bucket-policy-there", "the bucket has a policy already, and CloudFormation refuses to create a second one (\"The bucket policy already exists\"): where a stack has it, put these statements into that stack's template; else first import the policy as it is into a stack (a change set of the type IMPORT), and update that stack with this template; or have it done without a stack: crosstrail share grant"})
	}
	if bucket != nil {
		warnings = append(warnings, Warning{"whole-bucket-policy", "the stack will have the whole policy of the bucket: what is changed in it elsewhere later, the next update of the stack takes back"})
	}
	text, err := json.MarshalIndent(map[string]any{
		"AWSTemplateFormatVersion": "2010-09-09", "Description": "crosstrail: access to log files", "Resources": resources,
	}, "", "  ")
	if err != nil {
		panic(err) // texts and maps of them
	}
	return append(text, '\n'), left, warnings
}

func (g *Grant) roleResource(documents []Document) map[string]any {
	properties := map[string]any{
		"RoleName": g.RoleName(), "Path": Path, "Description": g.description(), "MaxSessionDuration": sessionSeconds,
		"AssumeRolePolicyDocument": g.Trust(), "Tags": tagList(g.tags()),
	}
	for _, d := range documents {
		if d.Kind == PermissionsDocument && d.After != nil {
			properties["Policies"] = []any{map[string]any{"PolicyName": d.Name, "PolicyDocument": d.After}}
		}
	}
	if g.Policy == ManagedReadOnly {
		properties["ManagedPolicyArns"] = []string{g.managedARN()}
	}
	return map[string]any{"Type": "AWS::IAM::Role", "Properties": properties}
}
