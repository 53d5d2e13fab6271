package reply

import "fmt"

// Invalid is an error about a request that a service refuses, with what AWS says of it.
func Invalid(format string, args ...any) error { return &invalid{fmt.Sprintf(format, args...)} }

type invalid struct{ message string }

func (i *invalid) Error() string { return i.message }

// Unwrap is ErrInvalid.
func (i *invalid) Unwrap() error { return ErrInvalid }
