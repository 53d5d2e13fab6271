package crossaccount

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"

	"github.com/crossgrant/crossgrant/contract"
)

// ReadBucket permits listing a bucket and reading its objects, and decrypting them if the bucket has a customer key.
// With prefixes, only keys that begin with one of them: list requests must then name a prefix inside a granted one. A
// prefix is taken literally ("inbox/" is a folder, "inbox" also matches "inbox-old/"); it must not begin with "/".
// The grantee's code reads CROSSGRANT_BUCKET and, as a JSON array, CROSSGRANT_PREFIXES.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func ReadBucket(bucket awss3.IBucket, prefixes ...string) Permission {
	arn := *bucket.BucketArn()
	list := contract.Statement{Sid: "ReadBucketList", Actions: []string{"s3:ListBucket"}, Resources: []string{arn}}
	read := contract.Statement{Sid: "ReadBucketObjects", Actions: []string{"s3:GetObject"}}
	p := permission{environment: map[string]string{"CROSSGRANT_BUCKET": *bucket.BucketName()}}

	if len(prefixes) == 0 {
		read.Resources = []string{arn + "/*"}
	} else {
		var patterns []string
		for _, prefix := range prefixes {
			patterns = append(patterns, prefix+"*")
			read.Resources = append(read.Resources, arn+"/"+prefix+"*")
			if strings.HasPrefix(prefix, "/") {
				p.problems = append(p.problems, fmt.Errorf("prefixes: found %q, expected it without the leading /: keys do not begin with one", prefix))
			}
		}
		list.Conditions = map[string]map[string][]string{"StringLike": {"s3:prefix": patterns}}
		encoded, _ := json.Marshal(prefixes) // strings always encode
		p.environment["CROSSGRANT_PREFIXES"] = string(encoded)
		p.problems = append(p.problems, literal("prefixes", prefixes)...)
	}
	p.statements = []contract.Statement{list, read}
	if key := bucket.EncryptionKey(); key != nil {
		p.statements = append(p.statements, useKey("ReadBucket", *key.KeyArn(), *bucket.Env().Region, "s3", "kms:Decrypt"))
	}
	return p
}
