package iam

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3control"
)

// Control is for tests to make access points with.
func (c *Client) Control(region string) *s3control.Client { return c.s3control(region) }

// Hasty does not wait long.
func (c *Client) Hasty() *Client {
	c.wait = patience{principals: 5 * time.Second, shown: 300 * time.Millisecond, pause: 50 * time.Millisecond, lock: 5 * time.Second, retry: 10 * time.Millisecond, kept: 50 * time.Millisecond}
	return c
}
