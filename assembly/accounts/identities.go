package accounts

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// withIdentities names the templates' origin access identities in a policy by ARN where it names them by canonical user ID, as S3 does when it stores the
// policy: so a request of one is known to be no other principal's.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
func (a *Accounts) withIdentities(document any) any {
	whole, ok := document.(map[string]any)
	identities := a.assembly.OfType("AWS::CloudFront::CloudFrontOriginAccessIdentity")
	if !ok || len(identities) == 0 {
		return document
	}
	byID := map[string]string{}
	for _, one := range identities {
		// The ID is an attribute that is unknown before deployment; its name is that of the stack, the resource and the attribute.
		byID[policy.Unresolved(one.Stack.Label+"."+one.LogicalID+".S3CanonicalUserId")] = policy.OriginAccessIdentityARN(one.Stack.Partition, one.Ref)
	}
	var statements []any
	for _, item := range assembly.Listed(whole["Statement"]) {
		if statement, ok := item.(map[string]any); ok {
			for _, element := range []string{"Principal", "NotPrincipal"} {
				if principals, ok := statement[element].(map[string]any); ok {
					statement = with(statement, element, principalsByARN(principals, byID))
				}
			}
			item = statement
		}
		statements = append(statements, item)
	}
	return with(whole, "Statement", statements)
}

// principalsByARN are principals with the ARNs of those whose canonical user IDs are given.
func principalsByARN(principals map[string]any, byID map[string]string) map[string]any {
	var others, arns []any
	for _, one := range assembly.Listed(principals["CanonicalUser"]) {
		if name := byID[text(one)]; name != "" {
			arns = append(arns, name)
		} else {
			others = append(others, one)
		}
	}
	if len(arns) == 0 {
		return principals
	}
	changed := with(principals, "AWS", slices.Concat(assembly.Listed(principals["AWS"]), arns))
	if delete(changed, "CanonicalUser"); len(others) > 0 {
		changed["CanonicalUser"] = others
	}
	return changed
}
