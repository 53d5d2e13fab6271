package demo

import (
	"context"

	"github.com/crossgrant/crossgrant/sandbox"
)

// Then returns options with which Run calls f at the end, with the -c flags of every cdk command.
func (o Options) Then(f func(ctx context.Context, s *sandbox.Sandbox, contextFlags []string) error) Options {
	o.then = f
	return o
}
