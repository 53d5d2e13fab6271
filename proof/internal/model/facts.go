package model

import (
	"fmt"

	"github.com/crossgrant/crossgrant/assembly/facts"
)

// ToGiveOf is the ARN by which facts name a resource, or what it is a part of. "" if facts cannot be about it.
func ToGiveOf(resource string) string {
	about, _ := facts.About(resource)
	return about
}

// ToGive says which facts decide what is unknown of a resource that no template has. "" for one that facts cannot be about.
func ToGive(resource string) string {
	about, fields := facts.About(resource)
	if about == "" {
		return ""
	}
	return fmt.Sprintf("give the facts of %s, which no template has, in a facts file (--facts FILE, Options.Facts, or facts in cdk.json): under resources, %q with %s", about, about, fields)
}
