package stack

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// All are the stacks of the account and region that are ours, of whichever deployment,
// without their resources and templates.
func (c *Client) All(ctx context.Context) ([]*Found, error) {
	var all []*Found
	pages := cloudformation.NewDescribeStacksPaginator(c.api, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("looking for other stacks of ours: %w", err)
		}
		for i := range page.Stacks {
			s := &page.Stacks[i]
			f := &Found{
				Name: aws.ToString(s.StackName), ID: aws.ToString(s.StackId), Status: string(s.StackStatus), Reason: aws.ToString(s.StackStatusReason),
				Tags: tagged(s.Tags), Outputs: outputs(s), Parameters: map[string]string{},
			}
			for _, p := range s.Parameters {
				f.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
			}
			if f.Ours = f.Tags[Tag] != ""; f.Ours {
				all = append(all, f)
			}
		}
	}
	return all, nil
}
