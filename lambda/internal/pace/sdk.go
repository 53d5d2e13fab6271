package pace

import (
	"context"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go/middleware"
)

// Apply makes the clients of a configuration keep this pace.
func (p *Pace) Apply(config *aws.Config) {
	config.Retryer = func() aws.Retryer { return retryer{} }
	config.APIOptions = append(config.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("crossgrant:Pace", p.initialize), middleware.Before)
	})
}

type callKey struct{}

func (p *Pace) initialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
	c := p.Call(ctx, targetOf(in.Parameters))
	defer c.Close()
	return next.HandleInitialize(context.WithValue(ctx, callKey{}, c), in)
}

// targetOf returns what a call of the SDK is for: the key or prefix in a bucket.
func targetOf(input any) string {
	v := reflect.Indirect(reflect.ValueOf(input))
	text := func(name string) string {
		if f := reflect.Indirect(v.FieldByName(name)); f.IsValid() && f.Kind() == reflect.String {
			return f.String()
		}
		return ""
	}
	if v.Kind() != reflect.Struct {
		return ""
	}
	if bucket := text("Bucket"); bucket != "" {
		return bucket + "/" + text("Key") + text("Prefix")
	}
	return ""
}

// retryer is the pace as the SDK calls it. What a call knows is in its context.
type retryer struct{}

func callOf(ctx context.Context) *Call { return ctx.Value(callKey{}).(*Call) }

// IsErrorRetryable reports whether there may be another attempt.
func (retryer) IsErrorRetryable(err error) bool { return Classify(err) != Final }

// MaxAttempts is zero: GetRetryToken decides.
func (retryer) MaxAttempts() int { return 0 }

// RetryDelay is zero: GetRetryToken has waited.
func (retryer) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

// GetRetryToken waits before another attempt.
func (retryer) GetRetryToken(ctx context.Context, err error) (func(error) error, error) {
	return done, callOf(ctx).Wait(ctx, err)
}

// GetAttemptToken waits until an attempt may begin; the SDK calls what it returns when the attempt has ended.
func (retryer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	c := callOf(ctx)
	if err := c.Begin(ctx); err != nil {
		return done, err
	}
	return func(err error) error { c.End(ctx, err); return nil }, nil
}

// GetInitialToken is not called by the SDK's middleware, which prefers GetAttemptToken.
func (retryer) GetInitialToken() func(error) error { return done }

func done(error) error { return nil }
