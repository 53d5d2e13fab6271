package simulate

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// blockPublicAccess adds what S3 does with a bucket whose policy is public: RestrictPublicBuckets lets only services and callers of its own account in.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
func (w walk) blockPublicAccess(r request) {
	bucket := r.policyOf
	same := policy.SameAccount(arn.Account(r.caller), r.owner)
	if bucket == nil || bucket.Type != "AWS::S3::Bucket" || r.resourcePolicy == nil || model.IsService(r.caller) || same == policy.Yes {
		return
	}
	public := IsPublic(r.resourcePolicy)
	if public == policy.No {
		return
	}
	name := "bucket " + policy.Readable(bucket.Name)
	h := Hop{What: "Block Public Access of " + name, Passes: policy.Yes, where: []*assembly.Resource{bucket},
		remedy: []string{"let the policy of " + name + " name who has access, so that it is not public"}}
	switch restricts := restrictsPublic(bucket); {
	case restricts == policy.No:
		return
	case restricts == policy.Yes && public == policy.Yes && same == policy.Indeterminate:
		h.Passes = policy.Indeterminate
		h.Says = []string{"unknown: the policy of " + name + " is public, and its RestrictPublicBuckets keeps everybody of other accounts out; whether " + policy.Readable(r.caller) +
			" is of account " + policy.Readable(r.owner) + " is not known"}
	case restricts == policy.Yes && public == policy.Yes:
		h.Passes = policy.No
		h.Says = []string{"denied: the policy of " + name + " is public, and its RestrictPublicBuckets keeps everybody of other accounts out"}
	case restricts == policy.Yes:
		h.Passes = policy.Indeterminate
		h.Says = []string{"unknown: if the policy of " + name + " is public, its RestrictPublicBuckets keeps everybody of other accounts out"}
	default:
		h.Passes = policy.Indeterminate
		is := " is"
		if public == policy.Indeterminate {
			is = " may be"
		}
		h.Says = []string{"unknown: the policy of " + name + is + " public, and the template does not say that the bucket lets the public in; by default a new one does not"}
	}
	w.add(h)
}

// restrictsPublic says whether a bucket restricts public policies. Buckets made since April 2023 do so unless they are told otherwise; a template that
// sets some of the settings leaves the others off.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-publicaccessblockconfiguration.html
func restrictsPublic(bucket *assembly.Resource) policy.Answer {
	configuration, ok := bucket.Properties["PublicAccessBlockConfiguration"].(map[string]any)
	if !ok {
		return policy.Indeterminate
	}
	switch configuration["RestrictPublicBuckets"] {
	case true, "true":
		return policy.Yes
	case nil, false, "false":
		return policy.No
	}
	return policy.Indeterminate
}

// IsPublic says whether S3 takes a bucket's policy to be public: it is, unless each statement that allows is for fixed principals, or on condition of
// fixed values of certain keys. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
func IsPublic(d *policy.Document) policy.Answer {
	public := policy.No
	for i := range d.Statements {
		s := &d.Statements[i]
		if s.Effect != policy.Allow {
			continue
		}
		e := s.Elements()
		if e.NotPrincipal || slices.Contains(e.Principals["AWS"], "*") || slices.Contains(e.Principals[""], "*") {
			switch isFixed(e.Conditions) {
			case policy.No:
				return policy.Yes
			case policy.Indeterminate:
				public = policy.Indeterminate
			}
			continue
		}
		for group, principals := range e.Principals {
			if group != "CanonicalUser" && slices.ContainsFunc(principals, mayBeAnybody) {
				public = policy.Indeterminate
			}
		}
	}
	return public
}

// mayBeAnybody says that a principal is unknown as a whole. A role whose name AWS generates is a fixed one.
func mayBeAnybody(principal string) bool {
	_, isARN := arn.Parse(principal)
	return !policy.IsKnown(principal) && !isARN
}

// fixes are the condition keys whose fixed values make a statement not public.
var fixes = map[string]bool{
	"aws:sourcearn": true, "aws:sourcevpc": true, "aws:sourcevpce": true, "aws:sourceowner": true, "aws:sourceaccount": true, "aws:userid": true,
	"aws:principalarn": true, "aws:principalaccount": true, "aws:principalorgid": true, "aws:principalorgpaths": true, "aws:sourceip": true,
	"s3:x-amz-server-side-encryption-aws-kms-key-id": true, "s3:dataaccesspointarn": true, "s3:dataaccesspointaccount": true,
}

// isFixed says whether a condition asks for fixed values of a key that makes a statement not public.
func isFixed(conditions map[string]map[string][]string) policy.Answer {
	best := policy.No
	for operator, keys := range conditions {
		operator = strings.ToLower(operator)
		if strings.Contains(operator, "not") || strings.Contains(operator, "ifexists") || strings.HasPrefix(operator, "forallvalues:") || operator == "null" {
			continue
		}
		for key, values := range keys {
			if key = strings.ToLower(key); !fixes[key] {
				continue
			}
			fixed := policy.Yes
			for _, value := range values {
				fixed = all(fixed, isFixedValue(key, value))
			}
			if best != policy.Yes && fixed != policy.No {
				best = fixed
			}
		}
	}
	return best
}

// all is the worse of two answers.
func all(a, b policy.Answer) policy.Answer {
	if a == policy.No || b == policy.Yes {
		return a
	}
	return b
}

// isFixedValue says whether a value is fixed: without wildcards, but in the name of an access point of one account, and no range of addresses that is
// most of the internet. Of an ARN with an account and a wildcard the documentation says nothing.
func isFixedValue(key, value string) policy.Answer {
	if key == "aws:sourceip" {
		block, err := netip.ParsePrefix(value)
		return answer(err != nil || block.Addr().Is4() && block.Bits() >= 8 || block.Bits() >= 32)
	}
	if !strings.ContainsAny(value, "*?") {
		return policy.Yes
	}
	a, ok := arn.Parse(value)
	switch {
	case !ok || a.Account == "" || strings.ContainsAny(a.Account, "*?"):
		return policy.No
	case key == "s3:dataaccesspointarn":
		return policy.Yes
	}
	return policy.Indeterminate
}

func answer(yes bool) policy.Answer {
	if yes {
		return policy.Yes
	}
	return policy.No
}
