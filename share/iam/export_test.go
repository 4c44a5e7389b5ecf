package iam

import "time"

// Hasty does not wait long.
func (c *Client) Hasty() *Client {
	c.wait = patience{principals: 5 * time.Second, shown: 300 * time.Millisecond, pause: 50 * time.Millisecond}
	return c
}
