//go:build !unix

package python

import "context"

// exclusive does nothing: the sandbox runs in the background on unix alone, where processes can install at the same time.
func exclusive(context.Context, string) (unlock func(), err error) { return func() {}, nil }
