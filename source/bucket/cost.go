package bucket

import (
	"context"
	"strings"
	"sync/atomic"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go/middleware"
)

// Cost is what reading has cost so far, every attempt counted.
type Cost struct {
	Lists, Gets int
	Retries     int   // of them, those that were sent again
	Throttled   int   // of them, those that S3 refused for being too many
	Bytes       int64 // of bodies that came
}

type cost struct {
	lists, gets, retries, throttled, bytes atomic.Int64
}

func (c *cost) told() Cost {
	return Cost{
		Lists: int(c.lists.Load()), Gets: int(c.gets.Load()),
		Retries: int(c.retries.Load()), Throttled: int(c.throttled.Load()), Bytes: c.bytes.Load(),
	}
}

// count has every attempt counted, those that the SDK makes again too.
func (c *cost) count(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("crosstrailCost",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
			if strings.HasPrefix(awsmiddleware.GetOperationName(ctx), "List") {
				c.lists.Add(1)
			} else {
				c.gets.Add(1)
			}
			out, meta, err := next.HandleFinalize(ctx, in)
			if err != nil && throttle.IsErrorThrottle(err).Bool() {
				c.throttled.Add(1)
			}
			return out, meta, err
		}), "Retry", middleware.After)
}

var throttle = retry.IsErrorThrottles(retry.DefaultThrottles)
