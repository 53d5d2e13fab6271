package accounts

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
)

// inPlace are the types whose own properties hold their policy.
var inPlace = map[string][]string{
	"AWS::DynamoDB::Table":  {"ResourcePolicy", "PolicyDocument"},
	"AWS::ECR::Repository":  {"RepositoryPolicyText"},
	"AWS::Events::EventBus": {"Policy"},
	"AWS::KMS::Key":         {"KeyPolicy"},
	"AWS::KMS::ReplicaKey":  {"KeyPolicy"},
	"AWS::S3::AccessPoint":  {"Policy"},
}

// apart are the types that are the policy of other resources, with the properties that name these and hold the policy.
var apart = map[string][2]string{
	"AWS::Kinesis::ResourcePolicy":        {"ResourceArn", "ResourcePolicy"},
	"AWS::S3::BucketPolicy":               {"Bucket", "PolicyDocument"},
	"AWS::SNS::TopicInlinePolicy":         {"TopicArn", "PolicyDocument"},
	"AWS::SNS::TopicPolicy":               {"Topics", "PolicyDocument"},
	"AWS::SQS::QueueInlinePolicy":         {"Queue", "PolicyDocument"},
	"AWS::SQS::QueuePolicy":               {"Queues", "PolicyDocument"},
	"AWS::SecretsManager::ResourcePolicy": {"SecretId", "ResourcePolicy"},
}

// keys are the properties that name the KMS key of a type.
var keys = map[string][]string{
	"AWS::DynamoDB::Table":        {"SSESpecification", "KMSMasterKeyId"},
	"AWS::Kinesis::Stream":        {"StreamEncryption", "KeyId"},
	"AWS::SNS::Topic":             {"KmsMasterKeyId"},
	"AWS::SQS::Queue":             {"KmsMasterKeyId"},
	"AWS::SecretsManager::Secret": {"KmsKeyId"},
}

// guard finds the policies and keys of resources.
func (a *Accounts) guard() {
	refs := map[string]*Resource{}
	for _, s := range a.assembly.Stacks {
		for _, r := range s.Resources {
			if r.ARN == "" {
				continue
			}
			g := &Resource{Resource: r, Key: a.key(r)}
			if value := dig(r.Properties, inPlace[r.Type]...); value != nil && inPlace[r.Type] != nil {
				g.Policy = a.document(r, strings.Join(inPlace[r.Type], "."), value, "the policy of "+DisplayName(r))
			}
			a.guarded[r.ARN] = g
			refs[holder(r, r.Ref)] = g
		}
	}
	for _, s := range a.assembly.Stacks {
		for _, r := range s.Resources {
			if names, ok := apart[r.Type]; ok {
				a.guardOthers(r, names[0], names[1], refs)
			}
		}
	}
	a.replicas()
	a.permissions()
	a.eventBuses()
}

// guardOthers gives a policy to all resources that it names, by ARN or as Ref does.
func (a *Accounts) guardOthers(r *assembly.Resource, property, document string, refs map[string]*Resource) {
	for _, name := range list(r.Properties[property]) {
		g := a.guarded[text(name)]
		if g == nil {
			g = refs[holder(r, text(name))]
		}
		switch {
		case g == nil: // no template has it
		case g.Policy != nil:
			a.note(r, property, "this is the second policy of "+DisplayName(g.Resource)+", of which AWS keeps the one that is deployed last, so neither is relied on")
			g.Policy = unknownDocument(r.Stack.Label+"."+r.LogicalID, true)
			g.Policy.Name = "the policy of " + DisplayName(g.Resource)
		default:
			g.Policy = a.document(r, document, r.Properties[document], "the policy of "+DisplayName(g.Resource))
		}
	}
}

// key is the ARN of the KMS key that encrypts a resource.
func (a *Accounts) key(r *assembly.Resource) string {
	name := text(dig(r.Properties, keys[r.Type]...))
	if keys[r.Type] == nil {
		name = ""
	}
	if r.Type == "AWS::S3::Bucket" {
		for _, rule := range list(dig(r.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration")) {
			if name == "" {
				name = text(dig(rule, "ServerSideEncryptionByDefault", "KMSMasterKeyID"))
			}
		}
	}
	return a.keyARN(r, name)
}

// keyARN is the ARN of a key that is named by ARN, id or alias.
func (a *Accounts) keyARN(r *assembly.Resource, name string) string {
	here := "arn:" + r.Stack.Partition + ":kms:" + r.Stack.Region + ":" + r.Stack.Account + ":"
	switch {
	case name == "" || strings.HasPrefix(name, "alias/aws/"):
		return ""
	case strings.HasPrefix(name, "alias/"):
		name = here + name
	case !strings.HasPrefix(name, "arn:"):
		return here + "key/" + name
	}
	for _, alias := range a.assembly.ByARN(name) {
		if alias.Type == "AWS::KMS::Alias" {
			return a.keyARN(alias, text(alias.Properties["TargetKeyId"]))
		}
	}
	return name
}

// ResourceOf returns the resource of an ARN, or the one that has it: the bucket of an object, the table of an index.
func (a *Accounts) ResourceOf(arn string) (*Resource, bool) {
	if g := a.guarded[arn]; g != nil {
		return g, true
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return nil, false
	}
	separators := map[string]int{"s3": 1, "dynamodb": 2, "lambda": 0, "logs": 0}
	end, ok := separators[parts[2]]
	if !ok {
		return nil, false
	}
	var short []string
	if end > 0 {
		short = strings.SplitN(parts[5], "/", end+1)
		short = short[:min(end, len(short))]
		parts[5] = strings.Join(short, "/")
	} else if short = strings.SplitN(parts[5], ":", 3); len(short) > 2 {
		parts[5] = short[0] + ":" + short[1] // a version or alias of a function
	}
	g := a.guarded[strings.Join(parts, ":")]
	return g, g != nil
}
