package crossaccount

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// holder is a resource with a policy of its own.
type holder struct {
	construct constructs.IConstruct
	what      string // "bucket", "table" or "key"
	add       func(awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult
	encryption
}

// encryption returns what the template says of a resource's encryption where that has no customer key, or nil.
type encryption func() any

func bucketHolder(bucket awss3.IBucket) holder {
	return holder{construct: bucket, what: "bucket", add: bucket.AddToResourcePolicy, encryption: func() any {
		if made, ok := bucket.Node().DefaultChild().(awss3.CfnBucket); ok && bucket.EncryptionKey() == nil {
			return made.BucketEncryption()
		}
		return nil
	}}
}

func tableHolder(table awsdynamodb.ITable) holder {
	h := holder{construct: table, what: "table", encryption: func() any {
		if table.EncryptionKey() != nil {
			return nil
		}
		switch made := table.Node().DefaultChild().(type) {
		case awsdynamodb.CfnTable:
			return made.SseSpecification()
		case awsdynamodb.CfnGlobalTable:
			return made.SseSpecification()
		}
		return nil
	}}
	if protected, ok := table.(interface {
		AddToResourcePolicy(awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult
	}); ok {
		h.add = protected.AddToResourcePolicy
	}
	return h
}

func keyHolder(key awskms.IKey) holder {
	return holder{construct: key, what: "key", add: func(s awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult {
		return key.AddToResourcePolicy(s, jsii.Bool(true))
	}}
}

// opens returns why the holder's policy cannot let another account's role do what a statement says, or nil.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
func (h holder) opens(s contract.Statement) error {
	if h.construct == nil {
		return fmt.Errorf("found %s with Direct access, expected AssumeRole: only buckets, tables and keys are opened by policies of their own", s.Sid)
	}
	if h.encryption == nil {
		return nil
	}
	if found := h.encryption(); found != nil && awsManaged(awscdk.Stack_Of(h.construct).Resolve(found)) {
		return fmt.Errorf("found %s %s, encrypted with a key that AWS manages, with Direct access; expected AssumeRole, or a key of the customer's: the policy of AWS's key lets no other account use it",
			h.what, *h.construct.Node().Path())
	}
	return nil
}

// awsManaged reports whether the encryption of a bucket or a table without a customer key is by KMS.
func awsManaged(encryption any) bool {
	text, err := json.Marshal(encryption)
	lower := strings.ToLower(string(text))
	return err == nil && (strings.Contains(lower, `"ssealgorithm":"aws:kms`) || strings.Contains(lower, `"sseenabled":true`))
}

// write adds a statement to the holder's policy, or says that it is needed if that is not possible.
func (h holder) write(s awsiam.PolicyStatement, by *half) {
	if h.add != nil {
		if added := h.add(s); *added.StatementAdded {
			by.limit(h.construct, h.what)
			return
		}
	}
	by.needs(fmt.Sprintf("the policy of %s %s", h.what, *h.construct.Node().Path()), s)
}

// openDirectly lets the grantees themselves do what is permitted, in the policies of the resources.
func openDirectly(permissions []Permission, g contract.Grant, by *half) {
	agreed := map[string]contract.Statement{}
	for _, s := range g.Permissions {
		agreed[s.Sid] = s
	}
	principals, when := who(g)
	prefix := sidOf(g.Key())
	for _, p := range permissions {
		ours, ok := p.(permission)
		if !ok {
			continue // which was refused before
		}
		for _, s := range ours.statements {
			if s.Account != "" {
				continue // the grantees' own
			}
			h := ours.holders[s.Sid]
			// In plain text: a table's policy is part of the table, which cannot refer to itself.
			resources := agreed[s.Sid].Resources
			if h.what == "key" {
				resources = []string{"*"} // in a key's policy: that key
			}
			h.write(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
				Sid: jsii.String(prefix + s.Sid), Principals: &principals, Actions: jsii.Strings(s.Actions...), Resources: jsii.Strings(resources...),
				Conditions: conditions(with(with(s.Conditions, when), insideOf(g.Perimeter, s, g.Target.Region))),
			}), by)
		}
	}
}
