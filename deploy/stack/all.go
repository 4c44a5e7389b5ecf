package stack

import (
	"context"

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
			return nil, c.cannot(err, "look for other stacks of ours", "")
		}
		for i := range page.Stacks {
			if f := found(&page.Stacks[i]); f.Ours {
				all = append(all, f)
			}
		}
	}
	return all, nil
}
