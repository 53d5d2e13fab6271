package model

import (
	"fmt"
	"path"
	"regexp"

	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/internal/managedpolicy"
)

// ToGiveOf is the ARN by which facts name a resource, or what it is a part of, or a managed policy. "" if facts cannot be about it.
func ToGiveOf(resource string) string {
	if managedPolicy.MatchString(resource) {
		return resource
	}
	about, _ := facts.About(resource)
	return about
}

var managedPolicy = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[A-Za-z0-9_+=,.@/-]+$`)

// ToGive says which facts decide what is unknown of a resource that no template has. "" for one that facts cannot be about.
func ToGive(resource string) string {
	const file = "in a facts file (--facts FILE, Options.Facts, or facts in cdk.json)"
	if of := managedPolicy.FindStringSubmatch(resource); of != nil {
		why := "which no template has"
		if of[1] == "aws" {
			why = "which AWS's managed policies of " + managedpolicy.Date() + " do not have"
			if similar := managedpolicy.Similar(resource); similar != "" {
				why += " (they have " + similar + ")"
			}
		}
		return fmt.Sprintf("give the document of the managed policy %s, %s, %s: under managedPolicies, %q with what aws iam get-policy-version shows", path.Base(resource), why, file, resource)
	}
	about, fields := facts.About(resource)
	if about == "" {
		return ""
	}
	return fmt.Sprintf("give the facts of %s, which no template has, %s: under resources, %q with %s", about, file, about, fields)
}
