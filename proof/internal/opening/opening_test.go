package opening_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
	"github.com/crossgrant/crossgrant/proof/internal/opening"
)

// found are the rules with a check that is not proved, with their verdicts, such as "PublicAccess broken".
func found(t *testing.T, o model.Options, template string) (all []string, details string) {
	t.Helper()
	m, err := model.NewWithNamed(modeltest.Read(t, o, modeltest.Stack{Name: "App", Account: modeltest.TargetAccount, Template: template}).Assembly, o)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, d := range opening.Rules() {
		for _, c := range d.Checks(m) {
			n++
			if c.Verdict == check.Proved {
				continue
			}
			if len(c.Details) == 0 || len(c.Remedy) == 0 {
				t.Errorf("%s: found no details or no remedy", c.Name)
			}
			details += strings.Join(c.Details, "\n") + "\n"
			if one := fmt.Sprintf("%s %s", c.Rule, c.Verdict); !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
	}
	if n == 0 {
		t.Error("found no check, expected one for each statement that allows")
	}
	return all, details
}

// bucket is a template with a bucket that lets the public in as far as its policy does, which is a statement in YAML.
func bucket(statement string) string {
	return `
Parameters: {Account: {Type: String}}
Resources:
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, PublicAccessBlockConfiguration: {BlockPublicPolicy: false}}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: {Statement: [` + statement + `]}}}
`
}

// role is a template with a role whose trust policy is a statement in YAML.
func role(statement string) string {
	return "Resources: {Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: [" + statement + "]}}}}"
}

func TestWhomPoliciesLetIn(t *testing.T) {
	get := func(principal, condition string) string {
		return bucket(`{Effect: Allow, Principal: ` + principal + `, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"` + condition + `}`)
	}
	for _, c := range []struct {
		name, template string
		want           string
	}{
		{"everybody", get(`"*"`, ""), "PublicAccess broken"},
		{"everybody with a prefix that they choose", bucket(`{Effect: Allow, Principal: {AWS: "*"}, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Condition: {StringLike: {"s3:prefix": "in/*"}}}`), "PublicAccess broken"},
		{"everybody from all addresses", get(`"*"`, `, Condition: {IpAddress: {"aws:SourceIp": 0.0.0.0/0}}`), "PublicAccess broken"},
		{"everybody from some addresses", get(`"*"`, `, Condition: {IpAddress: {"aws:SourceIp": 198.51.100.0/24}}`), ""},
		{"everybody from an endpoint", get(`"*"`, `, Condition: {StringEquals: {"aws:SourceVpce": vpce-1}}`), ""},
		{"everybody of the account", get(`"*"`, `, Condition: {StringEquals: {"aws:PrincipalAccount": "222222222222"}}`), ""},
		{"everybody of an organization that is not known", get(`"*"`, `, Condition: {StringEquals: {"aws:PrincipalOrgID": o-a1b2c3d4e5}}`), "ForeignAccess undecided"},
		{"everybody but an account", bucket(`{Effect: Allow, NotPrincipal: {AWS: "333333333333"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`), "PublicAccess undecided"},
		{"everybody, denied but from an endpoint", bucket(`{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}, ` +
			`{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::lake/*", Condition: {StringNotEquals: {"aws:SourceVpce": vpce-1}}}`), ""},
		{"another account", get(`{AWS: "333333333333"}`, ""), "ForeignAccess broken"},
		{"a role of another account", get(`{AWS: "arn:aws:iam::333333333333:role/reader"}`, ""), "ForeignAccess broken"},
		{"its own account", get(`{AWS: "222222222222"}`, ""), ""},
		{"an account that a parameter has", get(`{AWS: !Sub "arn:aws:iam::${Account}:root"}`, ""), "ForeignAccess undecided"},
		{"Elastic Load Balancing of us-east-1", get(`{AWS: "arn:aws:iam::127311923021:root"}`, ""), ""},
		{"CloudTrail for everybody", bucket(`{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/*"}`), "ConfusedDeputy broken"},
		{"CloudTrail below the account's prefix", bucket(`{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/AWSLogs/222222222222/*"}`), ""},
		{"CloudTrail for the account", bucket(`{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/*", Condition: {StringEquals: {"aws:SourceAccount": "222222222222"}}}`), ""},
		{"CloudTrail for another account as well", bucket(`{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/*", Condition: {StringEquals: {"aws:SourceAccount": ["222222222222", "333333333333"]}}}`), "ConfusedDeputy broken"},
		{"CloudTrail reads the bucket's ACL", bucket(`{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:GetBucketAcl", Resource: "arn:aws:s3:::lake"}`), ""},
		{"CloudFront by an identity of the template", `
Resources:
  Identity: {Type: AWS::CloudFront::CloudFrontOriginAccessIdentity, Properties: {CloudFrontOriginAccessIdentityConfig: {Comment: c}}}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: {Statement: [
    {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${Identity}"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"},
    {Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${Identity.Id}"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"},
    {Effect: Allow, Principal: {CanonicalUser: !GetAtt Identity.S3CanonicalUserId}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}]}}}
`, ""},
		{"CloudFront by an identity that no template has", bucket(`{Effect: Allow, Principal: {AWS: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`),
			"ForeignAccess broken"},
		{"CloudFront by an identity that is a parameter", bucket(`{Effect: Allow, Principal: {AWS: !Sub "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${Account}"},
			Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`), "ForeignAccess undecided"},
		{"a canonical user that is a parameter", strings.Replace(bucket(`{Effect: Allow, Principal: {CanonicalUser: !Ref IdentityS3CanonicalUserId}, Action: "s3:GetObject",
			Resource: "arn:aws:s3:::lake/*"}`), "Account:", "IdentityS3CanonicalUserId:", 1), "ForeignAccess undecided"},
		{"a canonical user", bucket(`{Effect: Allow, Principal: {CanonicalUser: 79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`), "ForeignAccess undecided"},
		{"an identity that a statement denies again", bucket(`{Effect: Allow, Principal: {AWS: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"},
			{Effect: Deny, Principal: {AWS: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"}, Action: "s3:*", Resource: "arn:aws:s3:::lake/*"}`), ""},
		{"CloudFront for a distribution of the template", `
Resources:
  Distribution: {Type: AWS::CloudFront::Distribution}
  Bucket: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Bucket, PolicyDocument: {Statement: [
    {Effect: Allow, Principal: {Service: cloudfront.amazonaws.com}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*",
     Condition: {StringEquals: {"AWS:SourceArn": !Sub "arn:aws:cloudfront::222222222222:distribution/${Distribution}"}}}]}}}
`, ""},
		{"everybody assumes a role", role(`{Effect: Allow, Principal: {AWS: "*"}, Action: "sts:AssumeRole"}`), "PublicAccess broken"},
		{"another account with an external ID assumes a role", role(`{Effect: Allow, Principal: {AWS: "333333333333"}, Action: "sts:AssumeRole", Condition: {StringEquals: {"sts:ExternalId": x}}}`), "ForeignAccess broken"},
		{"a service assumes a role", role(`{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}`), ""},
		{"a function for any bucket", `
Resources:
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", Principal: s3.amazonaws.com}}
`, "ConfusedDeputy broken"},
		{"a function for a bucket of the account", `
Resources:
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", Principal: s3.amazonaws.com, SourceAccount: "222222222222"}}
`, ""},
		{"a public URL of a function", `
Resources:
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: NONE}}
`, "PublicAccess broken"},
		{"a public URL of a function, on purpose", `
Resources:
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Permission:
    Type: AWS::Lambda::Permission
    Metadata: {"CrossGrant::Public": true}
    Properties: {FunctionName: f, Action: "lambda:InvokeFunctionUrl", Principal: "*", FunctionUrlAuthType: NONE}
`, ""},
		{"a topic that everybody uses for its owner", `
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: t}}
  Policy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "*"}, Action: "sns:Publish", Resource: !Ref Topic,
    Condition: {StringEquals: {"aws:SourceOwner": "222222222222"}}}]}}}
`, ""},
		{"a queue for a topic", `
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}
  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "sqs:SendMessage", Resource: !GetAtt Queue.Arn,
    Condition: {ArnEquals: {"aws:SourceArn": "arn:aws:sns:eu-west-1:222222222222:t"}}}]}}}
`, ""},
		{"a key for AWS services of the account", `
Resources:
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [{Effect: Allow, Principal: "*", Action: "kms:*", Resource: "*",
    Condition: {StringEquals: {"kms:CallerAccount": "222222222222", "kms:ViaService": secretsmanager.eu-west-1.amazonaws.com}}}]}}}
`, ""},
		{"an endpoint without a policy", `
Resources:
  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref VPC, ServiceName: com.amazonaws.eu-west-1.s3}}
`, "OpenEndpoint broken"},
		{"an endpoint of logs without a policy", `
Resources:
  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref VPC, ServiceName: com.amazonaws.eu-west-1.logs, VpcEndpointType: Interface}}
`, "OpenEndpoint broken"},
		{"an endpoint of streams for the account's resources", `
Resources:
  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref VPC, ServiceName: com.amazonaws.eu-west-1.kinesis-streams, VpcEndpointType: Interface,
    PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "kinesis:*", Resource: "arn:aws:kinesis:eu-west-1:222222222222:stream/*"}]}}}
`, ""},
		{"an endpoint of functions for any", `
Resources:
  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref VPC, ServiceName: com.amazonaws.eu-west-1.lambda, VpcEndpointType: Interface,
    PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "lambda:InvokeFunction", Resource: "*"}]}}}
`, "OpenEndpoint broken"},
		{"an endpoint for the account's principals", `
Resources:
  VPC: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: !Ref VPC, ServiceName: com.amazonaws.eu-west-1.s3, PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "*", Resource: "*",
    Condition: {StringEquals: {"aws:PrincipalAccount": "222222222222"}}}]}}}
`, ""},
		{"a bucket that no template has", `
Resources: {Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [
  {Effect: Allow, Principal: {AWS: "333333333333"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}]}}}}
`, "ForeignAccess broken"},
		{"a queue that no template has", `
Resources: {Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: ["https://sqs.eu-west-1.amazonaws.com/222222222222/q"], PolicyDocument: {Statement: [
  {Effect: Allow, Principal: "*", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:222222222222:q"}]}}}}
`, "PublicAccess broken"},
		{"a function that no template has", `
Resources: {Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: "f:live", Action: "lambda:InvokeFunction", Principal: sns.amazonaws.com}}}
`, "ConfusedDeputy broken"},
		{"the default event bus", `
Resources: {Policy: {Type: AWS::Events::EventBusPolicy, Properties: {StatementId: s, Action: "events:PutEvents", Principal: "*"}}}
`, "PublicAccess broken"},
		{"a private API for everybody", `
Resources: {Api: {Type: AWS::ApiGateway::RestApi, Properties: {Policy: {Statement: [{Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*"}]}}}}
`, "PublicAccess undecided"},
		{"a macro that adds what it likes", "Transform: MyMacro\n" + role(`{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}`), "PublicAccess undecided"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if all, details := found(t, model.Options{}, c.template); strings.Join(all, ", ") != c.want {
				t.Errorf("found %q, expected %q:\n%s", all, c.want, details)
			}
		})
	}
}

func TestWhoIsNoForeigner(t *testing.T) {
	statement := func(condition string) string {
		return bucket(`{Effect: Allow, Principal: ` + condition + `, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`)
	}
	if all, details := found(t, model.Options{Trusted: []string{"333333333333"}}, statement(`{AWS: "333333333333"}`)); len(all) > 0 {
		t.Errorf("an account that is trusted: found %q: %s", all, details)
	}
	identity := statement(`{AWS: "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"}`)
	if all, details := found(t, model.Options{Trusted: []string{"E2QWRUHAPOMQZL"}}, identity); len(all) > 0 {
		t.Errorf("an origin access identity that is trusted: found %q: %s", all, details)
	}
	organization := bucket(`{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: {StringEquals: {"aws:PrincipalOrgID": o-a1b2c3d4e5}}}`)
	for own, want := range map[string]string{"o-a1b2c3d4e5": "", "o-other12345": "ForeignAccess broken"} {
		if all, details := found(t, model.Options{Organizations: map[string]string{modeltest.TargetAccount: own}}, organization); strings.Join(all, ", ") != want {
			t.Errorf("organization %s: found %q, expected %q: %s", own, all, want, details)
		}
	}
}

// No statement is taken to be closed of which no request was tried.
func TestStatementsAreTried(t *testing.T) {
	for name, template := range map[string]string{
		"an alias of a function": `
Resources:
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}
  Alias: {Type: AWS::Lambda::Alias, Properties: {FunctionName: !Ref Function, FunctionVersion: "1", Name: live}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Alias, Action: "lambda:InvokeFunction", Principal: "*"}}
`,
	} {
		if all, details := found(t, model.Options{}, template); strings.Join(all, ", ") != "PublicAccess broken" {
			t.Errorf("%s: found %q: %s", name, all, details)
		}
	}
	template := bucket(`{Effect: Allow, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake"}`)
	if all, details := found(t, model.Options{}, template); strings.Join(all, ", ") != "PublicAccess undecided" || !strings.Contains(details, "no request is known") {
		t.Errorf("an action that is not on the resource: found %q: %s", all, details)
	}
}

// Of two statements about the same request, the one that permits it is found.
func TestStatementThatLetsIn(t *testing.T) {
	template := bucket(`{Effect: Allow, Principal: {AWS: "222222222222"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}, ` +
		`{Effect: Allow, Principal: {AWS: "333333333333"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`)
	if all, details := found(t, model.Options{}, template); strings.Join(all, ", ") != "ForeignAccess broken" || strings.Count(details, "account 333333333333 may") != 1 {
		t.Errorf("found %q: %s", all, details)
	}
}
