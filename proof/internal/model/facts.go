package model

import (
	"fmt"

	"github.com/crossgrant/crossgrant/assembly/facts"
)

// ToGive says which facts decide what is unknown of a resource that no template has. "" for one that facts cannot be about.
func ToGive(resource string) string {
	about, fields := facts.About(resource)
	if about == "" {
		return ""
	}
	return fmt.Sprintf("give the facts of %s, which no template has, in a facts file (--facts FILE, Options.Facts, or facts in cdk.json): under resources, %q with %s", about, about, fields)
}
