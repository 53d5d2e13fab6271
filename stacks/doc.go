// Package stacks is what this app deploys: the target account's data, the source account's network and functions, and their
// configuration. It is no API: other apps use the packages under constructs.
package stacks
