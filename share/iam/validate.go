package iam

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/crosstrail/crosstrail/internal/awserr"
	"github.com/crosstrail/crosstrail/share"
)

// Validate has IAM Access Analyzer look at the After of documents, and gives its
// errors, warnings and suggestions (Access Analyzer API Reference, ValidatePolicy).
// Where it may not be asked, or is not there, a note says so.
func (c *Client) Validate(ctx context.Context, documents []share.Document) ([]share.Finding, error) {
	api := accessanalyzer.NewFromConfig(c.cfg, func(o *accessanalyzer.Options) { o.RetryMaxAttempts = 2 })
	var out []share.Finding
	for _, d := range documents {
		if d.After == nil {
			continue
		}
		in := &accessanalyzer.ValidatePolicyInput{PolicyDocument: aws.String(d.After.String())}
		in.PolicyType, in.ValidatePolicyResourceType = kindOf(d.Kind)
		asked, enough := context.WithTimeout(ctx, validateMost)
		pages := accessanalyzer.NewValidatePolicyPaginator(api, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(asked)
			if err != nil {
				enough()
				if ctx.Err() != nil {
					return out, ctx.Err()
				}
				return append(out, notValidated(err)), nil
			}
			for _, f := range page.Findings {
				out = append(out, validated(d, f))
			}
		}
		enough()
	}
	return out, nil
}

// validateMost is how long one document may take: what it tells is good to have,
// and not what verification rests on.
const validateMost = 20 * time.Second

func kindOf(k share.Kind) (types.PolicyType, types.ValidatePolicyResourceType) {
	switch k {
	case share.TrustDocument:
		return types.PolicyTypeResourcePolicy, types.ValidatePolicyResourceTypeRoleTrust
	case share.BucketDocument:
		return types.PolicyTypeResourcePolicy, types.ValidatePolicyResourceTypeS3Bucket
	case share.KeyDocument:
		return types.PolicyTypeResourcePolicy, ""
	}
	return types.PolicyTypeIdentityPolicy, ""
}

// validated is a finding of Access Analyzer. Its errors are faults; of its warnings
// people judge.
func validated(d share.Document, f types.ValidatePolicyFinding) share.Finding {
	out := share.Finding{
		Code: "access-analyzer", Level: share.Note, Kind: d.Kind, Resource: d.Resource, Name: d.Name, Index: -1,
		Text: "IAM Access Analyzer: " + strings.ToLower(string(f.FindingType)) + " " + aws.ToString(f.IssueCode) + ": " + aws.ToString(f.FindingDetails), Remedy: aws.ToString(f.LearnMoreLink),
	}
	if f.FindingType == types.ValidatePolicyFindingTypeError {
		out.Level = share.Fault
	}
	for _, l := range f.Locations {
		if at := statementAt(l.Path); at >= 0 && at < len(d.After.Statements) {
			out.Statement = &d.After.Statements[at]
			if d.Kind == share.TrustDocument || d.Kind == share.PermissionsDocument { // others' policies hold more
				out.Index = at
			}
			break
		}
	}
	return out
}

// statementAt is the index in a path such as Statement[2].Action.
func statementAt(path []types.PathElement) int {
	for i, e := range path {
		if v, ok := e.(*types.PathElementMemberValue); ok && v.Value == "Statement" && i+1 < len(path) {
			if n, ok := path[i+1].(*types.PathElementMemberIndex); ok {
				return int(n.Value)
			}
		}
	}
	return -1
}

func notValidated(err error) share.Finding {
	text := "IAM Access Analyzer was not asked: "
	switch code := awserr.Code(err); {
	case awserr.Denied(code):
		text += "the caller needs access-analyzer:ValidatePolicy"
	case code != "":
		text += code + ": " + strings.TrimSpace(awserr.Message(err))
	default:
		text += "it cannot be reached"
	}
	return share.Finding{Code: "not-validated", Level: share.Note, Index: -1, Text: text, Remedy: "crosstrail's own checks do not rest on it"}
}
