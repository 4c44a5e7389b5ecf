package site

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
)

// Region is one that AWS has.
type Region struct {
	Name    string
	Enabled bool // in the account
}

// Regions are all regions, by name. One that is being turned on or off is not enabled:
// calls there may fail (Account Management User Guide, "Enable or disable AWS
// Regions in your account"). Who may not ask is told to name regions: a guess would
// leave some unwatched without a word.
func (s *Site) Regions(ctx context.Context) ([]Region, error) {
	var all []Region
	pages := account.NewListRegionsPaginator(s.accounts(), &account.ListRegionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			err = s.explain(ctx, err, "tell which regions are enabled", "account:ListRegions", "*")
			if e, ok := err.(*Error); ok {
				e.Hints = append(e.Hints, "or name them, which does without: --region REGION, once for each")
			}
			return nil, err
		}
		for _, r := range page.Regions {
			on := r.RegionOptStatus == types.RegionOptStatusEnabled || r.RegionOptStatus == types.RegionOptStatusEnabledByDefault
			all = append(all, Region{aws.ToString(r.RegionName), on})
		}
	}
	slices.SortFunc(all, func(a, b Region) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
