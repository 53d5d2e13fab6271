package crossaccount

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	"github.com/crossgrant/crossgrant/contract"
)

// ReadBucket permits listing a bucket and reading its objects and their tags, and decrypting them if the bucket has a customer
// key. With prefixes, only keys that begin with one of them: list requests must then name a prefix inside a granted one. A
// prefix is taken literally ("inbox/" is a folder, "inbox" also matches "inbox-old/"); it must not begin with "/".
// The grantee's code reads CROSSGRANT_BUCKET and, as a JSON array, CROSSGRANT_PREFIXES.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
func ReadBucket(bucket awss3.IBucket, prefixes ...string) Permission {
	if bucket == nil {
		return missing("bucket")
	}
	p := inBucket(bucket)
	p.add(bucketHolder(bucket), p.listing("ReadBucketList", prefixes))
	p.add(bucketHolder(bucket), contract.Statement{
		Sid:       "ReadBucketObjects",
		Actions:   []string{"s3:GetObject", "s3:GetObjectTagging"},
		Resources: p.objects(contract.VariablePrefixes, prefixes),
	})
	p.encrypted("ReadBucket", bucket.EncryptionKey(), "s3", "kms:Decrypt")
	return p
}

// ListBucket permits listing a bucket, but not reading its objects. Prefixes are as in [ReadBucket].
// The grantee's code reads CROSSGRANT_BUCKET.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func ListBucket(bucket awss3.IBucket, prefixes ...string) Permission {
	if bucket == nil {
		return missing("bucket")
	}
	p := inBucket(bucket)
	p.problems = append(p.problems, prefixProblems(prefixes)...)
	p.add(bucketHolder(bucket), p.listing("ListBucketKeys", prefixes))
	return p
}

// WriteBucket permits writing objects and their tags, whole or in parts, but neither reading, listing nor deleting them; it does
// permit replacing one. If the bucket has a customer key, a new data key and decrypting with it are permitted too: S3 decrypts
// the parts of a multipart upload before it joins them. Prefixes are as in [ReadBucket].
// The grantee's code reads CROSSGRANT_BUCKET and, as a JSON array, CROSSGRANT_WRITE_PREFIXES.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html#mpuAndPermissions
func WriteBucket(bucket awss3.IBucket, prefixes ...string) Permission {
	if bucket == nil {
		return missing("bucket")
	}
	p := inBucket(bucket)
	p.add(bucketHolder(bucket), contract.Statement{
		Sid:       "WriteBucketObjects",
		Actions:   writing(),
		Resources: p.objects(contract.VariableWritePrefixes, prefixes),
	})
	p.encrypted("WriteBucket", bucket.EncryptionKey(), "s3", "kms:Decrypt", "kms:GenerateDataKey")
	return p
}

// DeleteFromBucket permits deleting objects. In a bucket with versions that only adds a delete marker: no version is lost, since
// s3:DeleteObjectVersion is not permitted. Prefixes are as in [ReadBucket].
// The grantee's code reads CROSSGRANT_BUCKET and, as a JSON array, CROSSGRANT_DELETE_PREFIXES.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
func DeleteFromBucket(bucket awss3.IBucket, prefixes ...string) Permission {
	if bucket == nil {
		return missing("bucket")
	}
	p := inBucket(bucket)
	p.add(bucketHolder(bucket), contract.Statement{
		Sid:       "DeleteFromBucketObjects",
		Actions:   []string{"s3:DeleteObject"},
		Resources: p.objects(contract.VariableDeletePrefixes, prefixes),
	})
	return p
}

// writing are the actions that write an object and its tags, whole or in parts.
func writing() []string {
	return []string{"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging"}
}

// listing permits listing a bucket, or the keys in it that begin with a prefix.
func (p *permission) listing(sid string, prefixes []string) contract.Statement {
	list := contract.Statement{Sid: sid, Actions: []string{"s3:ListBucket"}, Resources: []string{p.arn}}
	if len(prefixes) > 0 {
		var patterns []string
		for _, prefix := range prefixes {
			patterns = append(patterns, prefix+"*")
		}
		list.Conditions = map[string]map[string][]string{"StringLike": {"s3:prefix": patterns}}
	}
	return list
}

func inBucket(bucket awss3.IBucket) permission {
	p := permission{bucket: bucket, arn: *bucket.BucketArn(), environment: map[string]string{contract.VariableBucket: *bucket.BucketName()}}
	p.placed("bucket", bucket.Env())
	return p
}

// objects returns the ARNs of the objects that begin with a prefix, and tells the grantee's code the prefixes by a variable of
// their own, so that a grant can read here and write there. Without prefixes, all objects and no variable.
func (p *permission) objects(variable string, prefixes []string) []string {
	if len(prefixes) == 0 {
		return p.objectsOf(nil)
	}
	p.problems = append(p.problems, prefixProblems(prefixes)...)
	encoded, _ := json.Marshal(prefixes) // strings always encode
	p.environment[variable] = string(encoded)
	return p.objectsOf(prefixes)
}

// prefixProblems returns what is wrong with prefixes.
func prefixProblems(prefixes []string) (problems []error) {
	for _, prefix := range prefixes {
		if strings.HasPrefix(prefix, "/") {
			problems = append(problems, fmt.Errorf("prefixes: found %q, expected it without the leading /: keys do not begin with one", prefix))
		}
	}
	return append(problems, literal("prefixes", prefixes)...)
}

// objectsOf returns the ARNs of all objects, or of those that begin with a prefix.
func (p *permission) objectsOf(prefixes []string) (resources []string) {
	if len(prefixes) == 0 {
		prefixes = []string{""}
	}
	for _, prefix := range prefixes {
		resources = append(resources, p.arn+"/"+prefix+"*")
	}
	return resources
}
