package accounts

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// decideService decides a request of a service by a resource policy.
func decideService(d *policy.Document, service, action, resource string, context map[string][]string) policy.Decision {
	return policy.Decide(policy.Request{Principal: service, Action: action, Resource: resource, ResourceAccount: "111111111111", Context: context}, policy.Policies{Resource: d})
}

func allowService(service string) string {
	return `{Statement: [{Effect: Allow, Principal: {Service: ` + service + `.amazonaws.com}, Action: "*", Resource: "*"}]}`
}

func TestResourcePolicies(t *testing.T) {
	a := of(t, nil, map[string]string{"S": `
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  BucketPolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: ` + allowService("a") + `}}
  Plain: {Type: AWS::S3::Bucket, Properties: {BucketName: plain}}
  Generated: {Type: AWS::S3::Bucket}
  GeneratedPolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Generated, PolicyDocument: ` + allowService("b") + `}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  QueuePolicy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: ` + allowService("c") + `}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t}}
  TopicPolicy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: ` + allowService("d") + `}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: t, ResourcePolicy: {PolicyDocument: ` + allowService("e") + `}}}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: ` + allowService("f") + `}}
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: s}}
  SecretPolicy: {Type: AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: !Ref Secret, ResourcePolicy: ` + allowService("g") + `}}
  Imported: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: imported, PolicyDocument: ` + allowService("h") + `}}
  Global:
    Type: AWS::DynamoDB::GlobalTable
    Properties: {TableName: g, Replicas: [{Region: eu-west-1, ResourcePolicy: {PolicyDocument: ` + allowService("i") + `}}, {Region: eu-north-1}]}
`})
	for arn, service := range map[string]string{
		"arn:aws:s3:::data": "a", "arn:aws:s3:::" + policy.Unresolved("S.Generated"): "b", "arn:aws:sqs:eu-west-1:111111111111:q": "c", "arn:aws:sns:eu-west-1:111111111111:t": "d",
		"arn:aws:dynamodb:eu-west-1:111111111111:table/t": "e", "arn:aws:kms:eu-west-1:111111111111:key/" + policy.Unresolved("S.Key"): "f",
		"arn:aws:dynamodb:eu-west-1:111111111111:table/g": "i", "arn:aws:s3:::plain": "", "arn:aws:dynamodb:eu-north-1:111111111111:table/g": "",
	} {
		g, ok := a.ResourceOf(arn)
		switch {
		case !ok:
			t.Errorf("%q: found nothing", arn)
		case service == "":
			if g.Policy != nil {
				t.Errorf("%q: found a policy", arn)
			}
		case g.Policy == nil:
			t.Errorf("%q: found no policy", arn)
		default:
			for _, other := range strings.Split("abcdefghi", "") {
				if d := decideService(g.Policy, other+".amazonaws.com", "x:Y", arn, nil); (d == policy.Allowed) != (other == service) {
					t.Errorf("%q: service %s is %s", arn, other, d)
				}
			}
		}
	}
	secrets := 0
	for _, r := range a.assembly.OfType("AWS::SecretsManager::Secret") {
		if g, ok := a.ResourceOf(r.ARN); ok && g.Policy != nil {
			secrets++
		}
	}
	if secrets != 1 || len(a.Notes) > 0 {
		t.Errorf("found %d secrets with a policy, and notes %v", secrets, a.Notes)
	}
}

// S3 stores the ARN of an origin access identity in place of its canonical user ID: whether a role is one is known.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
func TestOriginAccessIdentities(t *testing.T) {
	a := of(t, nil, map[string]string{"S": `
Parameters: {User: {Type: String}}
Resources:
  One: {Type: AWS::CloudFront::CloudFrontOriginAccessIdentity, Properties: {CloudFrontOriginAccessIdentityConfig: {Comment: c}}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: {Statement: [
    {Effect: Allow, Principal: {AWS: "333333333333", CanonicalUser: !GetAtt One.S3CanonicalUserId}, Action: "s3:GetObject", Resource: "*"},
    {Effect: Allow, Principal: {CanonicalUser: [!GetAtt One.S3CanonicalUserId, !Ref User]}, Action: "s3:PutObject", Resource: "*"},
    {Effect: Deny, NotPrincipal: {CanonicalUser: !GetAtt One.S3CanonicalUserId}, Action: "s3:DeleteObject", Resource: "*"}]}}}
`})
	everything, err := policy.Parse([]byte(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`))
	bucket, ok := a.ResourceOf("arn:aws:s3:::data")
	if err != nil || !ok {
		t.Fatal(err, ok)
	}
	one, role := "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "+policy.Unresolved("S.One"), "arn:aws:iam::222222222222:role/r"
	for _, c := range []struct {
		caller, action string
		want           policy.Decision
	}{
		{one, "GetObject", policy.Allowed}, {role, "GetObject", policy.ImplicitlyDenied}, {"arn:aws:iam::333333333333:root", "GetObject", policy.Allowed},
		{one, "PutObject", policy.Allowed}, {role, "PutObject", policy.Unknown},
		{one, "DeleteObject", policy.ImplicitlyDenied}, {role, "DeleteObject", policy.ExplicitlyDenied},
	} {
		r := policy.Request{Principal: c.caller, Action: "s3:" + c.action, Resource: "arn:aws:s3:::data/k", ResourceAccount: "111111111111"}
		if found := policy.Decide(r, policy.Policies{Resource: bucket.Policy, Identity: []*policy.Document{everything}}); found != c.want {
			t.Errorf("%s by %s: found %s, expected %s", c.action, policy.Readable(c.caller), found, c.want)
		}
	}
}

func TestResourceOf(t *testing.T) {
	a := of(t, nil, map[string]string{"S": `
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: t}}
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
`})
	for arn, want := range map[string]string{
		"arn:aws:s3:::data": "Bucket", "arn:aws:s3:::data/a/b": "Bucket", "arn:aws:s3:::data2": "", "arn:aws:s3:::data2/a": "", "arn:aws:s3:::": "",
		"arn:aws:dynamodb:eu-west-1:111111111111:table/t": "Table", "arn:aws:dynamodb:eu-west-1:111111111111:table/t/index/i": "Table",
		"arn:aws:dynamodb:eu-west-1:111111111111:table/t/stream/2026": "Table", "arn:aws:dynamodb:eu-west-1:222222222222:table/t": "", "arn:aws:dynamodb:eu-west-1:111111111111:table/tt": "",
		"arn:aws:lambda:eu-west-1:111111111111:function:f": "Function", "arn:aws:lambda:eu-west-1:111111111111:function:f:live": "Function", "arn:aws:lambda:eu-west-1:111111111111:function:g": "",
		"arn:aws:sqs:eu-west-1:111111111111:q": "", "data": "", "": "",
	} {
		g, ok := a.ResourceOf(arn)
		if ok != (want != "") || ok && g.LogicalID != want {
			t.Errorf("%q: found %v, expected %q", arn, ok, want)
		}
	}
}

func TestARNs(t *testing.T) {
	a := of(t, nil, map[string]string{"S": `
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: ` + allowService("a") + `}}
`})
	if found := a.ARNs(); !slices.Equal(found, []string{"arn:aws:s3:::data", "arn:aws:sqs:eu-west-1:111111111111:q"}) {
		t.Errorf("found %v", found)
	}
}

func TestKeys(t *testing.T) {
	const here = "arn:aws:kms:eu-west-1:111111111111:"
	key := here + "key/" + policy.Unresolved("S.Key")
	a := of(t, nil, map[string]string{"S": `
Resources:
  Key: {Type: AWS::KMS::Key}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/own, TargetKeyId: !Ref Key}}
  ByARN: {Type: AWS::S3::Bucket, Properties: {BucketName: by-arn, BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms", KMSMasterKeyID: !GetAtt Key.Arn}}]}}}
  Managed: {Type: AWS::S3::Bucket, Properties: {BucketName: managed, BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms"}}]}}}
  ById: {Type: AWS::SQS::Queue, Properties: {QueueName: by-id, KmsMasterKeyId: !Ref Key}}
  ByAlias: {Type: AWS::SNS::Topic, Properties: {TopicName: by-alias, KmsMasterKeyId: alias/own}}
  OfAWS: {Type: AWS::SNS::Topic, Properties: {TopicName: of-aws, KmsMasterKeyId: alias/aws/sns}}
  NotDefined: {Type: AWS::SNS::Topic, Properties: {TopicName: not-defined, KmsMasterKeyId: alias/not-defined}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: t, SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: "1234"}}}
`})
	for arn, want := range map[string]string{
		"arn:aws:s3:::by-arn": key, "arn:aws:s3:::managed": "", "arn:aws:sqs:eu-west-1:111111111111:by-id": key, "arn:aws:sns:eu-west-1:111111111111:by-alias": key,
		"arn:aws:sns:eu-west-1:111111111111:of-aws": "", "arn:aws:sns:eu-west-1:111111111111:not-defined": here + "alias/not-defined",
		"arn:aws:dynamodb:eu-west-1:111111111111:table/t": here + "key/1234",
	} {
		if g, ok := a.ResourceOf(arn); !ok || g.Key != want {
			t.Errorf("%s: found %v %q, expected %q", arn, ok, g.Key, want)
		}
	}
}

// AWS keeps one of two policies; which one is unknown.
func TestTwoPoliciesOfOneResource(t *testing.T) {
	a := of(t, nil, map[string]string{"S": `
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  One: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: ` + allowService("a") + `}}
  Two: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: ` + allowService("b") + `}}
`})
	g, _ := a.ResourceOf("arn:aws:sqs:eu-west-1:111111111111:q")
	for _, service := range []string{"a", "b"} {
		if d := decideService(g.Policy, service+".amazonaws.com", "sqs:SendMessage", g.ARN, nil); d != policy.Unknown {
			t.Errorf("service %s: found %s", service, d)
		}
	}
	if len(a.Notes) != 1 || !strings.Contains(a.Notes[0].String(), "S.Two.Queues: this is the second policy of queue q") {
		t.Errorf("found notes %v", a.Notes)
	}
}

func TestPermissionsOfFunctions(t *testing.T) {
	a := of(t, nil, map[string]string{"S": `
Parameters: {P: {Type: String}}
Conditions: {Maybe: !Equals [!Ref P, "x"]}
Resources:
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Bucket: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Function, Action: "lambda:InvokeFunction", Principal: s3.amazonaws.com, SourceArn: "arn:aws:s3:::b", SourceAccount: "111111111111"}}
  Other: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !GetAtt Function.Arn, Action: "lambda:InvokeFunction", Principal: "222222222222"}}
  Maybe: {Type: AWS::Lambda::Permission, Condition: Maybe, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", Principal: events.amazonaws.com}}
  Url: {Type: AWS::Lambda::Permission, Properties: {FunctionName: "111111111111:function:f", Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: AWS_IAM}}
  ViaUrl: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", Principal: "*", InvokedViaFunctionUrl: true}}
  NotDefined: {Type: AWS::Lambda::Permission, Properties: {FunctionName: g, Action: "lambda:InvokeFunction", Principal: "*"}}
`})
	g, ok := a.ResourceOf("arn:aws:lambda:eu-west-1:111111111111:function:f")
	if !ok || g.Policy == nil {
		t.Fatal("found no policy")
	}
	from := func(account string) map[string][]string {
		return map[string][]string{"aws:SourceArn": {"arn:aws:s3:::b"}, "aws:SourceAccount": {account}}
	}
	for _, c := range []struct {
		caller, action string
		context        map[string][]string
		want           policy.Decision
	}{
		{"s3.amazonaws.com", "lambda:InvokeFunction", from("111111111111"), policy.Allowed},
		{"s3.amazonaws.com", "lambda:InvokeFunction", from("222222222222"), policy.ImplicitlyDenied},
		{"s3.amazonaws.com", "lambda:InvokeFunction", nil, policy.ImplicitlyDenied},
		{"events.amazonaws.com", "lambda:InvokeFunction", nil, policy.Unknown},
		{"anonymous", "lambda:InvokeFunctionUrl", map[string][]string{"lambda:FunctionUrlAuthType": {"AWS_IAM"}}, policy.Allowed},
		{"anonymous", "lambda:InvokeFunctionUrl", map[string][]string{"lambda:FunctionUrlAuthType": {"NONE"}}, policy.ImplicitlyDenied},
		{"anonymous", "lambda:InvokeFunction", nil, policy.ImplicitlyDenied},
		{"anonymous", "lambda:InvokeFunction", map[string][]string{"lambda:InvokedViaFunctionUrl": {"true"}}, policy.Allowed},
	} {
		if d := decideService(g.Policy, c.caller, c.action, g.ARN, c.context); d != c.want {
			t.Errorf("%s by %s: found %s, expected %s", c.action, c.caller, d, c.want)
		}
	}
	if g.Policy.Statements[1].Elements().Principals["AWS"] == nil && g.Policy.Statements[2].Elements().Principals["AWS"] == nil {
		t.Error("found no account among the principals")
	}
}

// The pages of each type in the CloudFormation Template Reference say which property is the policy.
func TestPoliciesOfMoreTypes(t *testing.T) {
	text := func(service string) string { // as JSON in a text
		return `'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "` + service + `.amazonaws.com"}, "Action": "*", "Resource": "*"}]}'`
	}
	a := of(t, nil, map[string]string{"S": `
Resources:
  Domain: {Type: AWS::OpenSearchService::Domain, Properties: {DomainName: search, AccessPolicies: ` + allowService("a") + `}}
  Old: {Type: AWS::Elasticsearch::Domain, Properties: {DomainName: old, AccessPolicies: ` + allowService("b") + `}}
  Files: {Type: AWS::EFS::FileSystem, Properties: {FileSystemPolicy: ` + allowService("c") + `}}
  Vault: {Type: AWS::Backup::BackupVault, Properties: {BackupVaultName: vault, AccessPolicy: ` + allowService("d") + `}}
  Packages: {Type: AWS::CodeArtifact::Domain, Properties: {DomainName: company, PermissionsPolicyDocument: ` + allowService("e") + `}}
  Repository: {Type: AWS::CodeArtifact::Repository, Properties: {DomainName: company, RepositoryName: r, PermissionsPolicyDocument: ` + allowService("f") + `}}
  Fast: {Type: AWS::S3Express::DirectoryBucket, Properties: {BucketName: fast--x-s3}}
  FastPolicy: {Type: AWS::S3Express::BucketPolicy, Properties: {Bucket: !Ref Fast, PolicyDocument: ` + allowService("g") + `}}
  Streamed: {Type: AWS::DynamoDB::Table, Properties: {TableName: streamed, ResourcePolicy: {PolicyDocument: ` + allowService("h") + `},
    StreamSpecification: {StreamViewType: NEW_IMAGE, ResourcePolicy: {PolicyDocument: ` + allowService("i") + `}}}}
  Closed: {Type: AWS::DynamoDB::Table, Properties: {TableName: closed, ResourcePolicy: {PolicyDocument: ` + allowService("j") + `}}}
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  FunctionPolicy: {Type: AWS::Lambda::ResourcePolicy, Properties: {ResourceArn: !GetAtt Function.Arn, PolicyDocument: ` + text("k") + `}}
  Layer: {Type: AWS::Lambda::LayerVersion, Properties: {LayerName: l}}
  LayerPermission: {Type: AWS::Lambda::LayerVersionPermission, Properties: {LayerVersionArn: !Ref Layer, Action: "lambda:GetLayerVersion", Principal: l.amazonaws.com}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: own, ResourcePolicyDocument: ` + allowService("m") + `}}
  LogsPolicy: {Type: AWS::Logs::ResourcePolicy, Properties: {PolicyName: p, PolicyDocument: !Sub '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "n.amazonaws.com"}, "Action": "*", "Resource": "${Logs.Arn}"}]}'}}
  Parameter: {Type: AWS::SSM::Parameter, Properties: {Name: /p, Type: String, Value: v}}
  ParameterPolicy: {Type: AWS::SSM::ResourcePolicy, Properties: {ResourceArn: !Sub "arn:aws:ssm:eu-west-1:111111111111:parameter/p", Policy: ` + allowService("o") + `}}
`})
	const here = ":eu-west-1:111111111111:"
	for arn, services := range map[string]string{
		"arn:aws:es" + here + "domain/search": "a", "arn:aws:es" + here + "domain/search/index/_search": "a", "arn:aws:es" + here + "domain/old": "b",
		"arn:aws:elasticfilesystem" + here + "file-system/" + policy.Unresolved("S.Files"): "c", "arn:aws:backup" + here + "backup-vault:vault": "d",
		"arn:aws:codeartifact" + here + "domain/company": "e", "arn:aws:codeartifact" + here + "repository/company/r": "f", "arn:aws:s3express" + here + "bucket/fast--x-s3": "g",
		"arn:aws:dynamodb" + here + "table/streamed": "h", "arn:aws:dynamodb" + here + "table/streamed/index/i": "h", "arn:aws:dynamodb" + here + "table/streamed/stream/2026": "i",
		"arn:aws:dynamodb" + here + "table/closed/stream/2026": "", "arn:aws:lambda" + here + "function:f": "k",
		"arn:aws:lambda" + here + "layer:l:" + policy.Unresolved("S.Layer.Version"): "l", "arn:aws:logs" + here + "log-group:own:*": "mn", "arn:aws:ssm" + here + "parameter/p": "o",
	} {
		g, ok := a.ResourceOf(arn)
		if !ok || (g.Policy == nil) != (services == "") {
			t.Errorf("%q: found a resource %t, expected one with policies for %q", arn, ok, services)
			continue
		}
		for _, service := range strings.Split("abcdefghijklmno", "") {
			action := "x:Y"
			if service == "l" {
				action = "lambda:GetLayerVersion"
			}
			if d := decideService(g.Policy, service+".amazonaws.com", action, arn, nil); (d == policy.Allowed) != strings.Contains(services, service) {
				t.Errorf("%q: service %s is %s", arn, service, d)
			}
		}
	}
	if len(a.Notes) > 0 {
		t.Errorf("found notes %v", a.Notes)
	}
}

// Two resources that are each the whole policy of a function: which of them stays is not known.
func TestFunctionWithTwoPolicies(t *testing.T) {
	a := of(t, nil, map[string]string{"S": `
Resources:
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Function, Action: "lambda:InvokeFunction", Principal: a.amazonaws.com}}
  Policy: {Type: AWS::Lambda::ResourcePolicy, Properties: {ResourceArn: !GetAtt Function.Arn, PolicyDocument: ` + allowService("b") + `}}
`})
	const arn = "arn:aws:lambda:eu-west-1:111111111111:function:f"
	g, _ := a.ResourceOf(arn)
	for _, service := range []string{"a", "b"} {
		if d := decideService(g.Policy, service+".amazonaws.com", "lambda:InvokeFunction", arn, nil); d != policy.Unknown {
			t.Errorf("service %s is %s, expected unknown", service, d)
		}
	}
	if len(a.Notes) != 1 || !strings.Contains(a.Notes[0].Why, "the policy is unknown") {
		t.Errorf("found notes %v, expected one", a.Notes)
	}
}
