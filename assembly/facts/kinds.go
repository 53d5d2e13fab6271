package facts

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/jsonread"
	"github.com/crossgrant/crossgrant/policy"
)

// kind is a kind of resource that facts can be about.
type kind struct {
	// form is that of the ARN's service and resource, "SERVICE RESOURCE"; the group is the name.
	form *regexp.Regexp
	// resourceType is that of CloudFormation.
	resourceType string
	fields       []field
	// write returns what a template would have: the resource, and behind it its policy if that is a resource of its own.
	write func(r resource, name string) []*assembly.Resource
	// check says what is found and expected of all fields together; "" if they are as they have to be. Nil for a kind of which each field is by itself.
	check func(r resource) (found, expected string)
}

// field is one thing that can be said of a resource. A field that is not optional must be there: what is not said is not taken for the best.
type field struct {
	name     string
	optional bool
	read     func(p *parser) any
}

var (
	policyField   = field{name: "policy", read: (*parser).documentOrNull}
	keyField      = field{name: "kmsKey", read: (*parser).key}
	policiesField = field{name: "policies", read: func(p *parser) any {
		policies := map[string]any{}
		p.each("an object with inline policies by name, {} for none", func(name string) { policies[name] = p.document() })
		return policies
	}}
	managedField  = field{name: "managedPolicies", read: texts("the ARN of a managed policy", "the ARNs of managed policies", "[] for none", managedARN)}
	boundaryField = field{name: "boundary", read: func(p *parser) any { return p.textOrNull("the ARN of a managed policy", managedARN.MatchString) }}
)

var kinds = []*kind{
	{form: regexp.MustCompile(`^s3 ([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])$`), resourceType: "AWS::S3::Bucket", write: bucket, fields: []field{
		policyField, keyField, {name: "bucketKey", optional: true, read: (*parser).flag}, {name: "publicAccessBlock", read: publicAccessBlock},
		{name: "objectOwnership", read: func(p *parser) any {
			all := []string{"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"}
			return p.text("one of "+strings.Join(all, ", "), func(s string) bool { return slices.Contains(all, s) })
		}},
		{name: "eventBridge", optional: true, read: (*parser).flag},
	}},
	{form: regexp.MustCompile(`^s3 accesspoint/([a-z0-9][a-z0-9-]{1,48}[a-z0-9])$`), resourceType: "AWS::S3::AccessPoint", fields: []field{
		policyField, {name: "bucket", read: func(p *parser) any { return p.text("the name of a bucket", bucketName.MatchString) }},
		{name: "bucketAccount", optional: true, read: func(p *parser) any { return p.text("the account of the bucket, 12 digits", contract.IsAccountID) }},
		{name: "vpc", read: func(p *parser) any {
			return p.textOrNull("the ID of the only VPC from which it takes requests", vpcID.MatchString)
		}},
		{name: "publicAccessBlock", read: publicAccessBlock},
	}, write: func(r resource, name string) []*assembly.Resource {
		properties := map[string]any{"Name": name, "Bucket": r.values["bucket"], "PublicAccessBlockConfiguration": r.values["publicAccessBlock"]}
		if vpc := r.values["vpc"]; vpc != nil {
			properties["VpcConfiguration"] = map[string]any{"VpcId": vpc}
		}
		if account := r.values["bucketAccount"]; account != nil {
			properties["BucketAccountId"] = account
		}
		return []*assembly.Resource{{Name: name, Ref: name, Properties: withDocument(properties, "Policy", r)}}
	}},
	{form: regexp.MustCompile(`^dynamodb table/([A-Za-z0-9_.-]{3,255})$`), resourceType: "AWS::DynamoDB::Table", fields: []field{policyField, keyField}, write: table},
	{form: regexp.MustCompile(`^kms key/([A-Za-z0-9-]+)$`), resourceType: "AWS::KMS::Key", write: key,
		fields: []field{{name: "policy", read: (*parser).document}, {name: "enabled", optional: true, read: (*parser).flag}, {name: "grants", optional: true, read: (*parser).grants}}},
	{form: regexp.MustCompile(`^sqs ([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$`), resourceType: "AWS::SQS::Queue", fields: []field{policyField, keyField},
		write: withPolicy("AWS::SQS::QueuePolicy", "Queues", "PolicyDocument", "QueueName", "KmsMasterKeyId")},
	{form: regexp.MustCompile(`^sns ([A-Za-z0-9_-]{1,256}(?:\.fifo)?)$`), resourceType: "AWS::SNS::Topic", fields: []field{policyField, keyField},
		write: withPolicy("AWS::SNS::TopicPolicy", "Topics", "PolicyDocument", "TopicName", "KmsMasterKeyId")},
	{form: regexp.MustCompile(`^secretsmanager secret:([A-Za-z0-9/_+=.@-]+)-[A-Za-z0-9]{6}$`), resourceType: "AWS::SecretsManager::Secret", fields: []field{policyField, keyField},
		write: withPolicy("AWS::SecretsManager::ResourcePolicy", "SecretId", "ResourcePolicy", "Name", "KmsKeyId")},
	{form: regexp.MustCompile(`^iam role/(?:[^/]+/)*([A-Za-z0-9_+=,.@-]{1,64})$`), resourceType: "AWS::IAM::Role", write: identity("RoleName", "role"), fields: []field{
		{name: "trust", read: (*parser).document}, policiesField, managedField, boundaryField,
		{name: "maxSessionDuration", optional: true, read: (*parser).seconds},
		{name: "tags", optional: true, read: (*parser).tags},
	}},
	{form: regexp.MustCompile(`^iam user/(?:[^/]+/)*([A-Za-z0-9_+=,.@-]{1,64})$`), resourceType: "AWS::IAM::User", write: identity("UserName", "user"), fields: []field{
		policiesField, managedField, boundaryField,
		{name: "groups", read: texts("the name of a group", "the names of its groups", "[] for none", groupName)},
		{name: "tags", optional: true, read: (*parser).tags},
	}},
	{form: regexp.MustCompile(`^iam group/(?:[^/]+/)*([A-Za-z0-9_+=,.@-]{1,128})$`), resourceType: "AWS::IAM::Group", write: identity("GroupName", "group"), fields: []field{
		policiesField, managedField,
	}},
	{form: regexp.MustCompile(`^ecr repository/([a-z0-9][a-z0-9._/-]{1,255})$`), resourceType: "AWS::ECR::Repository", fields: []field{policyField},
		write: func(r resource, name string) []*assembly.Resource {
			return []*assembly.Resource{{Name: name, Ref: name, Properties: withDocument(map[string]any{"RepositoryName": name}, "RepositoryPolicyText", r)}}
		}},
	{form: regexp.MustCompile(`^kinesis stream/([A-Za-z0-9_.-]{1,128})$`), resourceType: "AWS::Kinesis::Stream", fields: []field{policyField, keyField}, write: stream},
	{form: regexp.MustCompile(`^events event-bus/([A-Za-z0-9/_.-]{1,256})$`), resourceType: "AWS::Events::EventBus", fields: []field{policyField},
		write: func(r resource, name string) []*assembly.Resource {
			return []*assembly.Resource{{Name: name, Ref: name, Properties: withDocument(map[string]any{"Name": name}, "Policy", r)}}
		}},
	{form: regexp.MustCompile(`^lambda function:([A-Za-z0-9_-]{1,64})$`), resourceType: "AWS::Lambda::Function", write: function, fields: []field{
		policyField, {name: "role", read: func(p *parser) any { return p.text("the ARN of a role", roleARN.MatchString) }},
		{name: "subnets", read: texts("the ID of a subnet", "the IDs of subnets", "[] outside of a VPC", subnetID)}, {name: "securityGroups", read: texts("the ID of a security group", "the IDs of security groups", "[] outside of a VPC", groupID)},
	}},
	{form: regexp.MustCompile(`^ssm parameter/(.+)$`), resourceType: "AWS::SSM::Parameter", fields: []field{
		{name: "value", read: func(p *parser) any {
			return p.text("the value of the parameter as text, with commas between the items of a list", isText)
		}},
		{name: "versions", optional: true, read: func(p *parser) any {
			all := map[string]any{}
			p.each("an object with values by version", func(version string) { all[version] = p.text("the value of this version", isText) })
			return all
		}},
	}, write: func(r resource, name string) []*assembly.Resource {
		return []*assembly.Resource{{Name: name, Ref: name, Properties: map[string]any{"Name": name, "Type": "String", "Value": r.values["value"]}}}
	}},
	{form: regexp.MustCompile(`^ec2 prefix-list/(pl-[0-9a-z]+)$`), resourceType: "AWS::EC2::PrefixList", fields: []field{
		{name: "name", read: func(p *parser) any {
			return p.text("the name of the prefix list, such as com.amazonaws.eu-west-1.s3", func(s string) bool { return s != "" && isText(s) })
		}},
		{name: "entries", read: func(p *parser) any {
			all := []any{}
			if kind, _ := p.Next(); kind != jsonread.List {
				p.refuse(kind, "a list of the IPv4 blocks in the prefix list")
				return nil
			}
			for p.Item() {
				all = append(all, map[string]any{"Cidr": p.text("an IPv4 block, such as 10.0.1.0/24", isBlock)})
			}
			return all
		}},
	}, write: func(r resource, id string) []*assembly.Resource {
		return []*assembly.Resource{{Name: id, Ref: id, Properties: map[string]any{"PrefixListName": r.values["name"], "Entries": r.values["entries"]}}}
	}},
	network,
}

var (
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	vpcID      = regexp.MustCompile(`^vpc-[0-9a-z]+$`)
)

var groupName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,128}$`)

var roleARN = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:role/([^/]+/)*[A-Za-z0-9_+=,.@-]{1,64}$`)

func (p *parser) seconds() any {
	kind, text := p.Next()
	n, err := strconv.Atoi(text)
	if kind != jsonread.Number || err != nil || n < 3600 || n > 43200 {
		p.refuse(kind, "seconds from 3600 to 43200")
	}
	return json.Number(text)
}

// key reads the key of a resource: its ARN, or the alias of an AWS managed key, also as the ARN of that.
func (p *parser) key() any {
	const expected = "the ARN of a KMS key, or the alias of an AWS managed key, such as alias/aws/s3"
	found := p.textOrNull(expected, func(s string) bool { return keyARN.MatchString(s) || awsKey.MatchString(s) || awsKeyARN.MatchString(s) })
	if name, _ := found.(string); awsKeyARN.MatchString(name) {
		return name[strings.LastIndex(name, "alias/"):]
	}
	return found
}

// tags reads tags, and writes them as templates have them: by key, or a list as AWS has it.
func (p *parser) tags() any {
	const expected = "an object with the values of tags by key, or a list of objects with Key and Value"
	all := []any{}
	switch kind, _ := p.Next(); kind {
	case jsonread.Object:
		p.keys(func(key string) {
			all = append(all, map[string]any{"Key": key, "Value": p.text("the value of the tag", isText)})
		})
	case jsonread.List:
		for p.Item() {
			tag := map[string]any{}
			p.object([]string{"Key", "Value"}, map[string]func(){
				"Key":   func() { tag["Key"] = p.text("the key of the tag", isText) },
				"Value": func() { tag["Value"] = p.text("the value of the tag", isText) },
			})
			all = append(all, tag)
		}
	default:
		p.refuse(kind, expected)
	}
	return all
}

// texts reads a list of texts: what one of them is, what all are, and what stands for none.
func texts(one, what, none string, form *regexp.Regexp) func(p *parser) any {
	return func(p *parser) any {
		all := []any{}
		if kind, _ := p.Next(); kind != jsonread.List {
			p.refuse(kind, "a list of "+what+", "+none)
			return nil
		}
		for p.Item() {
			all = append(all, p.text(one, form.MatchString))
		}
		return all
	}
}

// customerPolicy is a managed policy of an account.
var customerPolicy = &kind{form: regexp.MustCompile(`^iam policy/(?:[^/]+/)*([^/]+)$`), resourceType: "AWS::IAM::ManagedPolicy",
	write: func(r resource, name string) []*assembly.Resource {
		return []*assembly.Resource{{Name: name, Ref: r.arn, Properties: map[string]any{"ManagedPolicyName": name, "PolicyDocument": r.values["policy"]}}}
	}}

// kindOf is the kind of resource that an ARN names. Nil if facts cannot be about it.
func kindOf(a arn.ARN) *kind {
	for _, k := range kinds {
		if !k.form.MatchString(a.Service+" "+a.Resource) || !strings.HasPrefix(a.Partition, "aws") {
			continue
		}
		located := contract.IsAccountID(a.Account) && (contract.IsRegion(a.Region) || a.Service == "iam" && a.Region == "")
		if k.resourceType == "AWS::S3::Bucket" {
			located = a.Account == "" && a.Region == ""
		}
		if located {
			return k
		}
	}
	return nil
}

// publicAccessBlock reads the settings as AWS's answer has them, or null for none.
func publicAccessBlock(p *parser) any {
	settings := map[string]any{"BlockPublicAcls": false, "IgnorePublicAcls": false, "BlockPublicPolicy": false, "RestrictPublicBuckets": false}
	names := slices.Sorted(maps.Keys(settings))
	kind, _ := p.Next()
	switch kind {
	case jsonread.Null:
		return settings
	case jsonread.Object:
	default:
		p.refuse(kind, "an object with "+strings.Join(names, ", ")+", or null for none")
		return nil
	}
	seen := map[string]bool{}
	for p.Field() {
		name := p.Key()
		if seen[name] {
			p.Duplicate()
		}
		if !slices.Contains(names, name) {
			p.RefuseKey("one of " + strings.Join(names, ", "))
			return nil
		}
		seen[name], settings[name] = true, p.flag()
	}
	return settings
}

func bucket(r resource, name string) []*assembly.Resource {
	byDefault := map[string]any{"SSEAlgorithm": "AES256"}
	if id, _ := r.values["kmsKey"].(string); id != "" {
		byDefault["SSEAlgorithm"] = "aws:kms"
		if !awsKey.MatchString(id) {
			byDefault["KMSMasterKeyID"] = id
		}
	}
	properties := map[string]any{
		"BucketName": name, "PublicAccessBlockConfiguration": r.values["publicAccessBlock"],
		"BucketEncryption": map[string]any{"ServerSideEncryptionConfiguration": []any{
			map[string]any{"ServerSideEncryptionByDefault": byDefault, "BucketKeyEnabled": r.values["bucketKey"] == true}}},
		"OwnershipControls": map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": r.values["objectOwnership"]}}},
	}
	if r.values["eventBridge"] == true {
		properties["NotificationConfiguration"] = map[string]any{"EventBridgeConfiguration": map[string]any{"EventBridgeEnabled": true}}
	}
	all := []*assembly.Resource{{Name: name, Ref: name, Properties: properties}}
	return append(all, policyOf(r, "AWS::S3::BucketPolicy", map[string]any{"Bucket": name, "PolicyDocument": r.values["policy"]})...)
}

func table(r resource, name string) []*assembly.Resource {
	properties := map[string]any{"TableName": name}
	if id, _ := r.values["kmsKey"].(string); id != "" {
		specification := map[string]any{"SSEEnabled": true, "SSEType": "KMS"}
		if !awsKey.MatchString(id) {
			specification["KMSMasterKeyId"] = id
		}
		properties["SSESpecification"] = specification
	}
	if d := r.values["policy"]; d != nil {
		properties["ResourcePolicy"] = map[string]any{"PolicyDocument": d}
	}
	return []*assembly.Resource{{Name: name, Ref: name, Properties: properties}}
}

// key writes a key. Its grants, which no template has, are statements of its policy, and beside that by their Sids.
func key(r resource, name string) []*assembly.Resource {
	properties := map[string]any{"KeyPolicy": r.values["policy"], "Enabled": r.values["enabled"] != false}
	if grants, _ := r.values["grants"].([]any); len(grants) > 0 {
		document, _ := r.values["policy"].(map[string]any)
		document = maps.Clone(document)
		document["Statement"] = slices.Concat(assembly.Listed(document["Statement"]), grants)
		sids := []any{}
		for _, one := range grants {
			sids = append(sids, one.(map[string]any)["Sid"])
		}
		properties["KeyPolicy"], properties["Grants"] = document, sids
	}
	return []*assembly.Resource{{Name: name, Ref: name, Properties: properties}}
}

func stream(r resource, name string) []*assembly.Resource {
	properties := map[string]any{"Name": name}
	if id := r.values["kmsKey"]; id != nil {
		properties["StreamEncryption"] = map[string]any{"EncryptionType": "KMS", "KeyId": id}
	}
	all := []*assembly.Resource{{Name: name, Ref: name, Properties: properties}}
	return append(all, policyOf(r, "AWS::Kinesis::ResourcePolicy", map[string]any{"ResourceArn": r.arn, "ResourcePolicy": r.values["policy"]})...)
}

// function writes a function. Templates have its policy statement by statement, in resources of their own; a fact has all of it.
func function(r resource, name string) []*assembly.Resource {
	properties := map[string]any{"FunctionName": name, "Role": r.values["role"]}
	if subnets, _ := r.values["subnets"].([]any); len(subnets) > 0 {
		properties["VpcConfig"] = map[string]any{"SubnetIds": subnets, "SecurityGroupIds": r.values["securityGroups"]}
	}
	return []*assembly.Resource{{Name: name, Ref: name, Properties: withDocument(properties, "Policy", r)}}
}

// withDocument adds the policy of a resource to its properties, if it has one.
func withDocument(properties map[string]any, property string, r resource) map[string]any {
	if d := r.values["policy"]; d != nil {
		properties[property] = d
	}
	return properties
}

// withPolicy writes a resource whose policy is a resource of its own: the type of that, the properties that name the resource and that hold the
// policy, and the properties of the resource's name and key.
func withPolicy(policyType, of, document, named, encrypted string) func(r resource, name string) []*assembly.Resource {
	return func(r resource, name string) []*assembly.Resource {
		properties := map[string]any{named: name}
		if id := r.values["kmsKey"]; id != nil {
			properties[encrypted] = id
		}
		all := []*assembly.Resource{{Name: name, Ref: r.arn, Properties: properties}}
		return append(all, policyOf(r, policyType, map[string]any{of: r.arn, document: r.values["policy"]})...)
	}
}

// policyOf is the policy of a resource, as a resource of its own; none if it has none.
func policyOf(r resource, policyType string, properties map[string]any) []*assembly.Resource {
	if r.values["policy"] == nil {
		return nil
	}
	return []*assembly.Resource{{Type: policyType, LogicalID: r.arn + ".policy", Name: r.arn + ".policy", Ref: r.arn + ".policy", Properties: properties}}
}

// identity writes a role, a user or a group: the property of its name, and what its ARN calls it.
func identity(named, word string) func(r resource, name string) []*assembly.Resource {
	return func(r resource, name string) []*assembly.Resource {
		properties := map[string]any{named: name, "ManagedPolicyArns": r.values["managedPolicies"]}
		properties["Path"] = strings.TrimSuffix(strings.TrimPrefix(r.parts.Resource, word), name)
		policies := []any{}
		all, _ := r.values["policies"].(map[string]any)
		for _, policyName := range slices.Sorted(maps.Keys(all)) {
			policies = append(policies, map[string]any{"PolicyName": policyName, "PolicyDocument": all[policyName]})
		}
		properties["Policies"] = policies
		for property, field := range map[string]string{"AssumeRolePolicyDocument": "trust", "PermissionsBoundary": "boundary", "MaxSessionDuration": "maxSessionDuration", "Groups": "groups", "Tags": "tags"} {
			if value := r.values[field]; value != nil {
				properties[property] = value
			}
		}
		return []*assembly.Resource{{Name: name, Ref: name, Properties: properties}}
	}
}

// stacks are the resources of the facts, in a stack for each account and region, as a template would have them.
func (f *Facts) stacks() []*assembly.Stack {
	var all []*assembly.Stack
	by := map[string]*assembly.Stack{}
	for _, r := range f.resources {
		label := f.Name + "@" + r.account
		if r.region != "" {
			label += "@" + r.region
		}
		s := by[label]
		if s == nil {
			s = &assembly.Stack{Name: f.Name, Label: label, DisplayName: f.Name, Account: r.account, Region: r.region, Partition: r.parts.Partition, Facts: f.File}
			if f.File == "" {
				s.Facts = f.Name
			}
			if r.region == "" { // of IAM, which has none
				s.Region = policy.Unresolved(label + ".Region")
			}
			by[label] = s
			all = append(all, s)
		}
		name := r.kind.form.FindStringSubmatch(r.parts.Service + " " + r.parts.Resource)[1]
		for i, one := range r.kind.write(r, name) {
			if one.Stack, one.Fact = s, r.arn; i == 0 {
				one.Type, one.LogicalID, one.ARN = r.kind.resourceType, r.arn, r.arn
			}
			s.Resources = append(s.Resources, one)
		}
	}
	return all
}
