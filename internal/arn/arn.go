// Package arn splits Amazon Resource Names. It checks no form beyond the six parts and knows no service: a part may be empty, a wildcard, a
// CDK token or an unresolved value.
package arn

import "strings"

// ARN is an Amazon Resource Name: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
type ARN struct {
	// Partition is the group of regions, such as "aws" or "aws-cn".
	Partition string
	// Service is the service namespace, such as "s3".
	Service string
	// Region is a region code. Empty for global resources and for S3 buckets.
	Region string
	// Account is the owner's account ID. Empty for S3 buckets.
	Account string
	// Resource is everything behind the fifth colon, such as "role/path/name"; it may contain colons.
	Resource string
}

// Parse splits s. ok is false if s does not begin with "arn:" or has fewer than six parts.
func Parse(s string) (a ARN, ok bool) {
	rest, ok := strings.CutPrefix(s, "arn:")
	if !ok {
		return ARN{}, false
	}
	var parts [4]string // an array, because strings.SplitN allocates
	for i := range parts {
		colon := strings.IndexByte(rest, ':')
		if colon < 0 {
			return ARN{}, false
		}
		parts[i], rest = rest[:colon], rest[colon+1:]
	}
	return ARN{parts[0], parts[1], parts[2], parts[3], rest}, true
}

// Account returns the account ID in the ARN s, or "" if s is not an ARN or has none.
func Account(s string) string {
	a, _ := Parse(s)
	return a.Account
}

// String returns the ARN as text.
func (a ARN) String() string {
	return strings.Join([]string{"arn", a.Partition, a.Service, a.Region, a.Account, a.Resource}, ":")
}
