package crossaccount

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// ReadBucket permits listing a bucket and reading its objects and their tags, and decrypting them if the bucket has a customer key. With
// prefixes, only keys that begin with one of them: list requests must then name a prefix inside a permitted one. A prefix is taken
// literally ("inbox/" is a folder, "inbox" also matches "inbox-old/"), with a "*" or "?" inside, too; it must not begin with "/" or end in "*".
// The grantee's code reads CROSSGRANT_BUCKET and, as a JSON array, CROSSGRANT_PREFIXES.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func ReadBucket(bucket awss3.IBucket, prefixes ...string) Permission {
	if bucket == nil {
		return nilResource("bucket", "bucket")
	}
	p := onBucket(bucket)
	p.add(bucketPolicy(bucket), p.listing("ReadBucketList", prefixes))
	p.add(bucketPolicy(bucket), contract.Statement{
		Sid:       "ReadBucketObjects",
		Actions:   readActions(),
		Resources: p.objectsUnder(contract.VariablePrefixes, prefixes),
	})
	p.addKey("ReadBucket", keyOf(bucket), "s3", "kms:Decrypt")
	return p
}

// ListBucket permits listing a bucket, but not reading its objects. Prefixes are as in [ReadBucket].
// The grantee's code reads CROSSGRANT_BUCKET.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func ListBucket(bucket awss3.IBucket, prefixes ...string) Permission {
	if bucket == nil {
		return nilResource("bucket", "bucket")
	}
	p := onBucket(bucket)
	p.problems = append(p.problems, prefixProblems(prefixes)...)
	p.add(bucketPolicy(bucket), p.listing("ListBucketKeys", prefixes))
	return p
}

// WriteBucket permits writing objects and their tags, whole or in parts. It permits replacing an object, but not reading, listing or
// deleting one. If the bucket has a customer key, generating a data key and decrypting with it are permitted too: S3 decrypts the parts of
// a multipart upload before it joins them. Prefixes are as in [ReadBucket].
// The grantee's code reads CROSSGRANT_BUCKET and, as a JSON array, CROSSGRANT_WRITE_PREFIXES.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
func WriteBucket(bucket awss3.IBucket, prefixes ...string) Permission {
	if bucket == nil {
		return nilResource("bucket", "bucket")
	}
	p := onBucket(bucket)
	p.add(bucketPolicy(bucket), contract.Statement{
		Sid:       "WriteBucketObjects",
		Actions:   writeActions(),
		Resources: p.objectsUnder(contract.VariableWritePrefixes, prefixes),
	})
	p.addKey("WriteBucket", keyOf(bucket), "s3", "kms:Decrypt", "kms:GenerateDataKey")
	return p
}

// DeleteFromBucket permits deleting objects. In a versioned bucket that only adds a delete marker: no version is lost, since
// s3:DeleteObjectVersion is not permitted. Prefixes are as in [ReadBucket].
// The grantee's code reads CROSSGRANT_BUCKET and, as a JSON array, CROSSGRANT_DELETE_PREFIXES.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
func DeleteFromBucket(bucket awss3.IBucket, prefixes ...string) Permission {
	if bucket == nil {
		return nilResource("bucket", "bucket")
	}
	p := onBucket(bucket)
	p.add(bucketPolicy(bucket), contract.Statement{
		Sid:       "DeleteFromBucketObjects",
		Actions:   []string{"s3:DeleteObject"},
		Resources: p.objectsUnder(contract.VariableDeletePrefixes, prefixes),
	})
	return p
}

// CopyIntoBucket permits copying objects with their tags, whole or in parts, from a bucket of the source account into one of the target
// account; listing both, so that code can skip the objects that the destination has already; and listing the destination's open multipart
// uploads, so that code can abort those that it left. It does not permit reading from the destination. One principal makes a copy request,
// so the trusted role also reads the source bucket: the source account's half permits that in the policies of the bucket and its customer
// key. If the destination has a customer key, generating a data key and decrypting with it are permitted too. With prefixes, only keys that
// begin with one of them, in both buckets, except that open uploads are listed with any key: S3 has no condition key for the prefix of that
// request. Prefixes are as in [ReadBucket].
// The grantee's code reads CROSSGRANT_ORIGIN_BUCKET (the source), CROSSGRANT_BUCKET (the destination) and, as a JSON array,
// CROSSGRANT_COPY_PREFIXES.
//
// The source is a bucket of this app, or one imported by name with its account and, if it has one, its key. The role's own policy can
// name another account's key only if that is imported by its ARN. Otherwise it permits any key of that account through S3, and the key's
// own policy is exact.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
func CopyIntoBucket(source, destination awss3.IBucket, prefixes ...string) Permission {
	if source == nil {
		return nilResource("source", "bucket")
	}
	if destination == nil {
		return nilResource("destination", "bucket")
	}
	from := permission{arn: bucketARN(source), environment: map[string]string{}}
	from.setEnv("source", source)
	from.problems = append(from.problems, accessPointProblems("source", source)...)
	from.add(bucketPolicy(source), from.listing("CopyOriginList", prefixes))
	from.add(bucketPolicy(source), contract.Statement{
		Sid:       "CopyOriginObjects",
		Actions:   readActions(),
		Resources: from.objectsUnder(contract.VariableCopyPrefixes, prefixes),
	})
	from.addKey("CopyOrigin", keyOf(source), "s3", "kms:Decrypt")
	for i := range from.statements {
		from.statements[i].Account = from.account
	}

	p := onBucket(destination)
	if p.account == from.account {
		p.problems = append(p.problems, fmt.Errorf("source: found a bucket of the destination's account %s, expected one of the source account; inside one account, use ReadBucket and WriteBucket", p.account))
	}
	p.sourceBucket = source
	p.problems = append(p.problems, from.problems...)
	p.statements, p.policies = from.statements, from.policies
	maps.Copy(p.environment, from.environment)
	p.environment[contract.VariableOriginBucket] = nameOf(source)
	p.add(bucketPolicy(destination), p.listing("CopyDestinationList", prefixes))
	// No condition on s3:prefix, which S3 does not set for this action: the statement would permit nothing.
	p.add(bucketPolicy(destination), contract.Statement{
		Sid: "CopyDestinationUploads", Actions: []string{"s3:ListBucketMultipartUploads"}, Resources: []string{p.arn},
	})
	p.add(bucketPolicy(destination), contract.Statement{
		Sid: "CopyDestinationObjects", Actions: writeActions(), Resources: p.objectARNs(prefixes),
	})
	p.addKey("CopyDestination", keyOf(destination), "s3", "kms:Decrypt", "kms:GenerateDataKey")
	return p
}

// readActions read an object and its tags.
func readActions() []string { return []string{"s3:GetObject", "s3:GetObjectTagging"} }

// writeActions write an object and its tags, whole or in parts.
func writeActions() []string {
	return []string{"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging"}
}

// copySourceActions are what a copy does with the source bucket and its key.
func copySourceActions() []string {
	return append(append([]string{"kms:Decrypt"}, readActions()...), "s3:ListBucket")
}

// keyOf returns the customer key of a bucket, or nil.
func keyOf(bucket awss3.IBucket) awskms.IKey { return place.Once(bucket, "key", bucket.EncryptionKey) }

// bucketARN returns the ARN of a bucket.
func bucketARN(bucket awss3.IBucket) string { return *place.Once(bucket, "arn", bucket.BucketArn) }

// nameOf returns the name of a bucket.
func nameOf(bucket awss3.IBucket) string { return *place.Once(bucket, "name", bucket.BucketName) }

func onBucket(bucket awss3.IBucket) permission {
	p := permission{bucket: bucket, kind: "bucket", arn: bucketARN(bucket), environment: map[string]string{contract.VariableBucket: nameOf(bucket)}}
	p.setEnv("bucket", bucket)
	p.problems = append(p.problems, accessPointProblems("bucket", bucket)...)
	return p
}

// accessPointProblems returns a problem if what stands for a bucket is an access point. Policies do not name one by its alias, and it has a policy of its own
// beside the bucket's.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html#access-points-alias
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html
func accessPointProblems(argument string, bucket awss3.IBucket) []error {
	arn, name := bucketARN(bucket), nameOf(bucket)
	found := name
	if strings.Contains(arn, ":accesspoint/") {
		found = arn
	}
	for _, mark := range []string{"-s3alias", "--ol-s3", ".mrap"} {
		if strings.HasSuffix(name, mark) || strings.HasSuffix(arn, mark) || strings.Contains(arn, ":accesspoint/") {
			return []error{fmt.Errorf("%s: found %s, which is an access point, expected its bucket: an access point takes a Permission of your own, "+
				"with its ARN (arn:…:accesspoint/NAME, and /object/… for objects) beside the bucket's among the Resources", argument, found)}
		}
	}
	return nil
}

// listing permits listing a bucket, or the keys in it that begin with a prefix.
func (p *permission) listing(sid string, prefixes []string) contract.Statement {
	list := contract.Statement{Sid: sid, Actions: []string{"s3:ListBucket"}, Resources: []string{p.arn}}
	if len(prefixes) > 0 {
		var patterns []string
		for _, prefix := range prefixes {
			patterns = append(patterns, literally(prefix)+"*")
		}
		list.Conditions = map[string]map[string][]string{"StringLike": {"s3:prefix": patterns}}
	}
	return list
}

// objectsUnder returns the ARNs of the objects under the prefixes, and sets a variable to these, one for each kind of permission, so that
// a grant can read under one prefix and write under another. Without prefixes, all objects and no variable.
func (p *permission) objectsUnder(variable string, prefixes []string) []string {
	if len(prefixes) == 0 {
		return p.objectARNs(nil)
	}
	p.problems = append(p.problems, prefixProblems(prefixes)...)
	encoded, _ := json.Marshal(prefixes) // strings always encode
	p.environment[variable] = string(encoded)
	return p.objectARNs(prefixes)
}

// objectARNs returns the ARNs of all objects, or of those under the prefixes.
func (p *permission) objectARNs(prefixes []string) (resources []string) {
	if len(prefixes) == 0 {
		prefixes = []string{""}
	}
	for _, prefix := range prefixes {
		resources = append(resources, p.arn+"/"+literally(prefix)+"*")
	}
	return resources
}

// prefixProblems returns what is wrong with prefixes.
func prefixProblems(prefixes []string) (problems []error) {
	for _, prefix := range prefixes {
		if strings.HasPrefix(prefix, "/") {
			problems = append(problems, fmt.Errorf("prefixes: found %q, expected it without the leading /: keys in a folder begin with its name", prefix))
		}
		switch {
		case prefix == "":
			problems = append(problems, errors.New("prefixes: found an empty one, expected text; leave the list out for all"))
		case strings.HasSuffix(prefix, "*"):
			problems = append(problems, fmt.Errorf("prefixes: found %q, expected it without the * at its end: a prefix is taken literally, and matches every key that begins with it", prefix))
		case strings.Contains(prefix, "${"):
			problems = append(problems, fmt.Errorf("prefixes: found %q, expected it without ${…}: a prefix is taken literally, and nothing is put in place of a variable", prefix))
		}
	}
	return problems
}

// literally writes what IAM would take as wildcards by the policy variables that stand for them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
func literally(prefix string) string {
	return strings.NewReplacer("*", "${*}", "?", "${?}").Replace(prefix)
}

// ownershipProblem returns why objects that another account's role writes directly would not belong to the bucket's account, or nil. As a role of the
// bucket's account, or without ACLs, as for new buckets by default, they always do.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
func ownershipProblem(bucket awss3.IBucket) error {
	created, ok := bucket.Node().DefaultChild().(awss3.CfnBucket)
	if !ok {
		return nil
	}
	properties, _ := place.Stack(bucket).Resolve(created.CfnProperties()).(map[string]any) // CDK cannot return the controls alone
	text, _ := json.Marshal(properties["ownershipControls"])                               // came from JSON
	for _, ownership := range []string{"ObjectWriter", "BucketOwnerPreferred"} {
		if strings.Contains(string(text), `"`+ownership+`"`) {
			return fmt.Errorf("found bucket %s with the object ownership %s and Direct access, expected BucketOwnerEnforced, or AssumeRole: objects would belong to the account of the writer, "+
				"and this account could not read them", *bucket.Node().Path(), ownership)
		}
	}
	return nil
}
