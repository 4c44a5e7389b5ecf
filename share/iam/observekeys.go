package iam

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/crosstrail/crosstrail/share"
	"github.com/crosstrail/crosstrail/share/policy"
)

// keys reads the keys that were met: the trail's, the bucket's default, and those
// of log files that were looked at.
func (o *observing) keys(ctx context.Context) error {
	met := o.sealed
	if o.s.Trail.KeyID != "" {
		met = append([]string{o.s.Trail.KeyID}, met...)
	}
	for i, id := range met {
		if slices.Contains(met[:i], id) {
			continue
		}
		key, err := o.key(ctx, id)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(o.s.Keys, func(k share.Key) bool { return k.ARN == key.ARN }) {
			o.s.Keys = append(o.s.Keys, key)
		}
	}
	return nil
}

// key reads one, by its ARN, id or alias. Of another account's key no more is to
// be had than its ARN and whose it is: its policy is read by its own account alone
// (KMS API Reference, GetKeyPolicy, cross-account use: no).
func (o *observing) key(ctx context.Context, id string) (share.Key, error) {
	region := cmp.Or(part(id, 3), o.s.Bucket.Region)
	k := share.Key{ARN: id, Account: cmp.Or(part(id, 4), o.s.Caller.Account)}
	if part(id, 0) == "" { // an id, or an alias
		what := "key/" + id
		if len(id) > 6 && id[:6] == "alias/" {
			what = id
		}
		k.ARN = "arn:" + o.s.Caller.Partition + ":kms:" + region + ":" + k.Account + ":" + what
	}
	k.AWSManaged = id == awsKey
	api := o.kms(region)
	out, err := api.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
	if err != nil {
		if err := o.optional(ctx, err, "kms:DescribeKey", k.ARN); err != nil {
			return k, err
		}
	} else if m := out.KeyMetadata; m != nil {
		k.ARN, k.Account = cmp.Or(aws.ToString(m.Arn), k.ARN), cmp.Or(aws.ToString(m.AWSAccountId), k.Account)
		k.AWSManaged = m.KeyManager == types.KeyManagerTypeAws
	}
	switch {
	case k.AWSManaged:
		return k, nil // it is nobody's to change
	case k.Account != o.s.Caller.Account:
		o.unread("kms:GetKeyPolicy", k.ARN, "the key is of the account "+k.Account+", and AWS shows its policy to nobody of another")
		return k, nil
	}
	if k.Text, err = o.keyText(ctx, k.ARN); err != nil {
		if err := o.optional(ctx, err, "kms:GetKeyPolicy", k.ARN); err != nil {
			return k, err
		}
	} else {
		o.read[k.ARN] = k.Text
		if k.Policy, err = policy.Parse(k.Text); err != nil {
			o.unread("kms:GetKeyPolicy", k.ARN, err.Error())
		}
	}
	return k, o.keyGrants(ctx, &k)
}

// keyText is the one policy that a key has.
func (c *Client) keyText(ctx context.Context, arn string) (string, error) {
	out, err := c.kms(part(arn, 3)).GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &arn, PolicyName: aws.String("default")})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Policy), nil
}

// opening are the operations that lay what a key encrypts open: by themselves, by
// another key, by another grant (KMS API Reference, CreateGrant).
var opening = []types.GrantOperation{types.GrantOperationDecrypt, types.GrantOperationReEncryptFrom, types.GrantOperationCreateGrant}

// keyGrants reads who may use the key so by a grant of KMS.
func (o *observing) keyGrants(ctx context.Context, k *share.Key) error {
	pages := kms.NewListGrantsPaginator(o.kms(part(k.ARN, 3)), &kms.ListGrantsInput{KeyId: &k.ARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return o.optional(ctx, err, "kms:ListGrants", k.ARN)
		}
		for i := range page.Grants {
			g := &page.Grants[i]
			may := share.KeyGrant{ID: aws.ToString(g.GrantId), Grantee: aws.ToString(g.GranteePrincipal), Retiring: aws.ToString(g.RetiringPrincipal)}
			for _, operation := range opening {
				if slices.Contains(g.Operations, operation) {
					may.Operations = append(may.Operations, string(operation))
				}
			}
			if may.Operations != nil {
				k.Grants = append(k.Grants, may)
			}
		}
	}
	return nil
}
