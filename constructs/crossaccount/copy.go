package crossaccount

import (
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// CopyIntoBucket permits copying objects with their tags, whole or in parts, from a bucket of the source account into one of the
// target account, and listing both, so that what is there already can be left out. It permits no reading from the destination. A copy is
// one request by one principal, so the trusted role may read the origin: the source account's half says so in the origin's policy, and in
// that of its customer key. If the destination has a customer key, a new data key and decrypting with it are permitted too. With
// prefixes, only keys that begin with one of them, in both buckets; they are as in [ReadBucket].
// The grantee's code reads CROSSGRANT_ORIGIN_BUCKET, CROSSGRANT_BUCKET (the destination) and, as a JSON array, CROSSGRANT_COPY_PREFIXES.
//
// The origin is a bucket of this app, or one imported by name with its account and, if it has one, its key. The role's own policy cannot
// name a key of another account that is not imported by its ARN, so it says "any key there, on behalf of S3"; that key's policy is exact.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
func CopyIntoBucket(origin, destination awss3.IBucket, prefixes ...string) Permission {
	if origin == nil {
		return missing("origin")
	}
	if destination == nil {
		return missing("destination")
	}
	from := permission{arn: *origin.BucketArn(), environment: map[string]string{}}
	from.placed("origin", origin.Env())
	from.add(bucketHolder(origin), from.listing("CopyOriginList", prefixes))
	from.add(bucketHolder(origin), contract.Statement{
		Sid:       "CopyOriginObjects",
		Actions:   []string{"s3:GetObject", "s3:GetObjectTagging"},
		Resources: from.objects(contract.VariableCopyPrefixes, prefixes),
	})
	from.encrypted("CopyOrigin", origin.EncryptionKey(), "s3", "kms:Decrypt")
	for i := range from.statements {
		from.statements[i].Account = from.account
	}

	p := inBucket(destination)
	if p.account == from.account {
		p.problems = append(p.problems, fmt.Errorf("origin: found a bucket of the destination's account %s, expected one of the source account; inside one account ReadBucket and WriteBucket do it", p.account))
	}
	p.origin = origin
	p.problems = append(p.problems, from.problems...)
	p.statements, p.holders = from.statements, from.holders
	for name, value := range from.environment {
		p.environment[name] = value
	}
	p.environment[contract.VariableOriginBucket] = *origin.BucketName()
	p.add(bucketHolder(destination), p.listing("CopyDestinationList", prefixes))
	p.add(bucketHolder(destination), contract.Statement{
		Sid: "CopyDestinationObjects", Actions: writing(), Resources: p.objectsOf(prefixes),
	})
	p.encrypted("CopyDestination", destination.EncryptionKey(), "s3", "kms:Decrypt", "kms:GenerateDataKey")
	return p
}

// originsOf returns the buckets that the permissions copy from.
func originsOf(permissions []Permission) (origins []awss3.IBucket) {
	for _, p := range permissions {
		if ours, ok := p.(permission); ok && ours.origin != nil {
			origins = append(origins, ours.origin)
		}
	}
	return origins
}

// returnRights lets the trusted role read what a copy reads of this account, in the policies of the origins and of their keys. The
// target account is named with a condition on the role's name, so that either account can be deployed first.
func returnRights(g contract.Grant, origin awss3.IBucket, by *half) {
	if g.Access == Direct {
		return // the grantee reads its own account's bucket by its own policy
	}
	for _, s := range g.Permissions {
		if s.Account != by.place.Account {
			continue
		}
		when := with(s.Conditions, map[string]map[string][]string{"ArnEquals": {"aws:PrincipalArn": {g.RoleARN}}})
		statement := func(resources []string) awsiam.PolicyStatement {
			return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid:        jsii.String(sidOf(g.Key()) + s.Sid),
				Principals: &[]awsiam.IPrincipal{awsiam.NewAccountPrincipal(g.Target.Account)},
				Actions:    jsii.Strings(s.Actions...), Resources: jsii.Strings(resources...), Conditions: conditions(when),
			})
		}
		h := holder{}
		switch {
		case origin == nil:
		case s.Service() != "kms":
			h = bucketHolder(origin)
		case origin.EncryptionKey() != nil:
			h = keyHolder(origin.EncryptionKey())
		}
		resources := s.Resources
		if s.Service() == "kms" {
			resources = []string{"*"} // in a key's policy: that key
		}
		if h.construct == nil {
			by.needs("the policy of "+s.Resources[0]+", which is not among SourceBuckets", statement(resources))
		} else {
			h.write(statement(resources), by)
		}
	}
	if unreadable(g, by.place.Account, origin) {
		by.problem("SourceBuckets: found bucket %s with a customer key, which the contract has no right on; expected the owner to import the bucket with its EncryptionKey", *origin.Node().Path())
	}
}

// copiedBy are the actions that a copy takes on its origin and the origin's key.
func copiedBy() []string {
	return []string{"kms:Decrypt", "s3:GetObject", "s3:GetObjectTagging", "s3:ListBucket"}
}

// originOf returns the one of the origins that a grant copies from; nil if it is not among them.
func originOf(g contract.Grant, origins []awss3.IBucket, by *half) awss3.IBucket {
	for _, origin := range origins {
		arn, err := by.text(*origin.BucketArn())
		if err != nil {
			by.problem("SourceBuckets: found bucket %s without a name of its own, expected BucketName to be set on it", *origin.Node().Path())
			continue
		}
		for _, s := range g.Permissions {
			if s.Account == by.place.Account && s.Service() == "s3" && slices.Contains(s.Resources, arn) { // which listing it has
				return origin
			}
		}
	}
	return nil
}

// unreadable reports whether the contract has no right on the customer key of an account's origin: its objects could not be decrypted.
func unreadable(g contract.Grant, account string, origin awss3.IBucket) bool {
	return origin != nil && origin.EncryptionKey() != nil && !slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool {
		return s.Account == account && s.Service() == "kms"
	})
}
