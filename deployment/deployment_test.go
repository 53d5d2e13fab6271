package deployment_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/internal/schema"
	"github.com/crossgrant/crossgrant/policy"
)

// load reads a template as a stack of account 111122223333.
func load(t *testing.T, stack, region, template string) *assembly.Assembly {
	t.Helper()
	file := filepath.Join(t.TempDir(), "t.yaml")
	if err := os.WriteFile(file, []byte(template), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: file, Account: "111122223333", Region: region, StackName: stack})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func derive(t *testing.T, stack, template string) *deployment.Permissions {
	t.Helper()
	p, err := deployment.Derive(load(t, stack, "us-west-2", template), "111122223333")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// on are the resources on which the policies permit an action, each with the condition if it has one.
func on(p *deployment.Permissions, action string) (all []string) {
	for _, one := range p.Policies {
		for _, s := range one.Statements {
			if !slices.Contains(s.Action, action) {
				continue
			}
			for _, resource := range s.Resource {
				if s.Condition != nil {
					text, _ := json.Marshal(s.Condition)
					resource += " if " + string(text)
				}
				all = append(all, resource)
			}
		}
	}
	slices.Sort(all)
	return all
}

func TestNames(t *testing.T) {
	const template = `Resources:
  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Bucket: {Type: AWS::S3::Bucket}
  Role: {Type: AWS::IAM::Role, Properties: {Path: /team/, AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}}}
  Policy: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref Role, given], PolicyDocument: {Statement: {Resource: "arn:aws:iam::111122223333:role/other"}}}}
  Queue: {Type: AWS::SQS::Queue}
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/x}}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Version: "2012-10-17", Statement: []}}}
  Dashboard: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardName: d, DashboardBody: "{}"}}
  Secret: {Type: AWS::SecretsManager::Secret}
`
	p := derive(t, "Reports", template)
	for action, want := range map[string][]string{
		"s3:CreateBucket":               {"arn:aws:s3:::lake", "arn:aws:s3:::reports-*"},
		"s3:DeleteObject":               {"arn:aws:s3:::lake/*", "arn:aws:s3:::reports-*/*"},
		"iam:CreateRole":                {"arn:aws:iam::111122223333:role/team/Reports-*"},
		"iam:PutRolePolicy":             {"arn:aws:iam::111122223333:role/given", "arn:aws:iam::111122223333:role/team/Reports-*"},
		"sqs:CreateQueue":               {"arn:aws:sqs:us-west-2:111122223333:Reports-*"},
		"logs:DeleteLogGroup":           {"arn:aws:logs:us-west-2:111122223333:log-group:/aws/x", "arn:aws:logs:us-west-2:111122223333:log-group:/aws/x:*"},
		"kms:PutKeyPolicy":              {"arn:aws:kms:us-west-2:111122223333:key/*"},
		"kms:CreateKey":                 {`* if {"StringEquals":{"aws:RequestedRegion":["us-west-2"]}}`},
		"iam:ListRoles":                 {"*"},
		"cloudwatch:PutDashboard":       {"arn:aws:cloudwatch::111122223333:dashboard/d"},
		"secretsmanager:DeleteSecret":   {"arn:aws:secretsmanager:us-west-2:111122223333:secret:*-*"},
		"iam:PutGroupPolicy":            nil,
		"iam:PassRole":                  nil,
		"s3tables:PutTableBucketPolicy": nil,
	} {
		if got := on(p, action); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, expected %q", action, got, want)
		}
	}
	if !slices.ContainsFunc(p.LeftOut, func(one deployment.LeftOut) bool {
		return one.Type == "AWS::IAM::Policy" && one.Action == "iam:PutGroupPolicy" && strings.Contains(one.Why, "group")
	}) {
		t.Errorf("found %v, expected iam:PutGroupPolicy among what is left out", p.LeftOut)
	}
	if want := []string{"arn:aws:kms:us-west-2:111122223333:key/*", "arn:aws:secretsmanager:us-west-2:111122223333:secret:*-*"}; !slices.Equal(p.Wide, want) {
		t.Errorf("wide: found %q, expected %q", p.Wide, want)
	}
	long := derive(t, "ReportsOfAllDepartmentsAndTeams", template)
	if got, want := on(long, "s3:CreateBucket"), []string{"arn:aws:s3:::lake", "arn:aws:s3:::reportsofalldepartmentsa*"}; !slices.Equal(got, want) {
		t.Errorf("a long name of a stack: found %q, expected %q", got, want)
	}
}

func TestPartitions(t *testing.T) {
	a := load(t, "S", "cn-north-1", `Resources:
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}}}}
  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Role: !GetAtt Role.Arn, Code: {S3Bucket: cdk-hnb659fds-assets-111122223333-cn-north-1, S3Key: k}}}
`)
	p, err := deployment.Derive(a, "111122223333")
	if err != nil {
		t.Fatal(err)
	}
	for action, want := range map[string][]string{
		"lambda:CreateFunction": {"arn:aws-cn:lambda:cn-north-1:111122223333:function:f"},
		"iam:PassRole":          {`arn:aws-cn:iam::111122223333:role/r if {"StringEquals":{"iam:PassedToService":["lambda.amazonaws.com","lambda.amazonaws.com.cn"]}}`},
		"s3:GetObject":          {"arn:aws-cn:s3:::cdk-hnb659fds-assets-111122223333-cn-north-1/*"},
		"kms:Decrypt": {`arn:aws-cn:kms:cn-north-1:111122223333:key/* if {"StringLike":{"kms:EncryptionContext:aws:s3:arn":["arn:aws-cn:s3:::cdk-hnb659fds-assets-111122223333-cn-north-1",` +
			`"arn:aws-cn:s3:::cdk-hnb659fds-assets-111122223333-cn-north-1/*"],"kms:ViaService":["s3.cn-north-1.*"]}}`},
	} {
		if got := on(p, action); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, expected %q", action, got, want)
		}
	}
	if p.Partition != "aws-cn" {
		t.Errorf("found partition %s, expected aws-cn", p.Partition)
	}
}

// Roles are passed to the services that trust them, and only those that a resource has.
func TestPassedRoles(t *testing.T) {
	p := derive(t, "S", `Resources:
  Own: {Type: AWS::IAM::Role, Properties: {RoleName: own, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: [ec2.amazonaws.com]}, Action: sts:AssumeRole}}}}
  Named: {Type: AWS::IAM::Role, Properties: {RoleName: named, AssumeRolePolicyDocument: {Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}}}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Own]}}
  Instance: {Type: AWS::EC2::Instance, Properties: {ImageId: ami-0123456789abcdef0, IamInstanceProfile: !Ref Profile, KeyName: k}}
  Function: {Type: AWS::Lambda::Function, Properties: {Role: "arn:aws:iam::111122223333:role/theirs", Code: {ZipFile: x}, Environment: {Variables: {ROLE: !GetAtt Named.Arn}}}}
  Rule: {Type: AWS::Events::Rule, Properties: {Targets: [{Id: a, Arn: "arn:aws:sqs:us-west-2:444455556666:q", RoleArn: "arn:aws:iam::444455556666:role/foreign"}]}}
`)
	want := []string{
		`arn:aws:iam::111122223333:role/own if {"StringEquals":{"iam:PassedToService":["ec2.amazonaws.com"]}}`,
		`arn:aws:iam::111122223333:role/theirs if {"StringEquals":{"iam:PassedToService":["lambda.amazonaws.com"]}}`,
	}
	if got := on(p, "iam:PassRole"); !slices.Equal(got, want) {
		t.Errorf("found %q, expected %q", got, want)
	}
	if got := on(p, "ec2:RunInstances"); !slices.Contains(got, "arn:aws:ec2:us-west-2:111122223333:key-pair/k") {
		t.Errorf("ec2:RunInstances: found %q, expected the key pair among them", got)
	}
	if got, want := on(p, "ec2:TerminateInstances"), []string{`arn:aws:ec2:us-west-2:111122223333:instance/* if {"StringEquals":{"ec2:ResourceTag/aws:cloudformation:stack-name":["S"]}}`}; !slices.Equal(got, want) {
		t.Errorf("ec2:TerminateInstances: found %q, expected %q", got, want)
	}
}

// A customer's key is used through DynamoDB only.
func TestKeyOfATable(t *testing.T) {
	p := derive(t, "S", `Resources:
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: t, SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: "arn:aws:kms:us-west-2:111122223333:key/k"}}}
`)
	for _, action := range []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey"} {
		if got, want := on(p, action), []string{`arn:aws:kms:us-west-2:111122223333:key/k if {"StringLike":{"kms:ViaService":["dynamodb.us-west-2.*"]}}`}; !slices.Equal(got, want) {
			t.Errorf("%s: found %q, expected %q", action, got, want)
		}
	}
	if got := on(p, "kms:ListAliases"); len(got) != 1 {
		t.Errorf("kms:ListAliases: found %q, expected it, since the table has a key", got)
	}
	if got, want := on(p, "iam:CreateServiceLinkedRole"), []string{`arn:aws:iam::111122223333:role/aws-service-role/* if {"StringLike":{"iam:AWSServiceName":["dynamodb.amazonaws.com","*.dynamodb.amazonaws.com"]}}`}; !slices.Equal(got, want) {
		t.Errorf("iam:CreateServiceLinkedRole: found %q, expected %q", got, want)
	}
}

// Values that CloudFormation reads at deployment.
func TestExternalValues(t *testing.T) {
	p := derive(t, "S", `Parameters:
  Image: {Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /aws/service/ami}
  Version: {Type: "AWS::SSM::Parameter::Value<String>", Default: /cdk-bootstrap/q/version}
Resources:
  T: {Type: AWS::SNS::Topic, Properties: {TopicName: t, DisplayName: "{{resolve:ssm:plain:3}} {{resolve:secretsmanager:db:SecretString:name}}", Tags: [{Key: a, Value: "{{resolve:secretsmanager:arn:aws:secretsmanager:us-west-2:111122223333:secret:s-AbCdEf:SecretString:x}}"}]}}
`)
	for action, want := range map[string][]string{
		"ssm:GetParameters":             {"arn:aws:ssm:us-west-2:111122223333:parameter/cdk-bootstrap/q/version", "arn:aws:ssm:us-west-2:111122223333:parameter/plain", "arn:aws:ssm:us-west-2::parameter/aws/service/ami"},
		"secretsmanager:GetSecretValue": {"arn:aws:secretsmanager:us-west-2:111122223333:secret:db-??????", "arn:aws:secretsmanager:us-west-2:111122223333:secret:s-AbCdEf"},
	} {
		if got := on(p, action); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, expected %q", action, got, want)
		}
	}
}

func TestCustomResources(t *testing.T) {
	p := derive(t, "S", `Resources:
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: []}}}
  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn, Code: {ZipFile: x}}}
  A: {Type: Custom::A, Properties: {ServiceToken: !GetAtt F.Arn}}
  B: {Type: AWS::CloudFormation::CustomResource, Properties: {ServiceToken: "arn:aws:sns:us-west-2:444455556666:t"}}
  W: {Type: AWS::CloudFormation::WaitConditionHandle}
  N: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://s3.us-west-2.amazonaws.com/templates/a.json"}}
`)
	for action, want := range map[string][]string{
		"lambda:InvokeFunction":      {"arn:aws:lambda:us-west-2:111122223333:function:S-*"},
		"sns:Publish":                {"arn:aws:sns:us-west-2:444455556666:t"},
		"cloudformation:CreateStack": {"arn:aws:cloudformation:us-west-2:111122223333:stack/S-*/*"},
	} {
		if got := on(p, action); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, expected %q", action, got, want)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	for name, c := range map[string]struct{ template, want string }{
		"a type without a schema":     {`Resources: {X: {Type: Datadog::Monitors::Monitor, Metadata: {"aws:cdk:path": S/Alerts/X}}}`, "S/Alerts/X: found a resource of type Datadog::Monitors::Monitor"},
		"a type without handlers":     {`Resources: {X: {Type: AWS::QLDB::Ledger}}`, "S.X: found a resource of type AWS::QLDB::Ledger"},
		"a macro":                     {"Transform: AWS::Serverless-2016-10-31\nResources: {X: {Type: AWS::SNS::Topic}}", "found the macro AWS::Serverless-2016-10-31"},
		"a token without an ARN":      {`Resources: {X: {Type: Custom::X, Properties: {ServiceToken: f}}}`, `S.X: found the service token "f"`},
		"what is not understood":      {`Resources: {X: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Nothing}}}`, "what is not understood may need any permission"},
		"a name that is a parameter":  {"Parameters: {N: {Type: String}}\nResources: {X: {Type: AWS::S3::Bucket, Properties: {BucketName: !Ref N}}}", "S.X: found the name ‹S.N›, which only the deployment knows"},
		"what names nothing":          {"Resources: {X: {Type: AWS::Lambda::Permission, Properties: {Action: a}}}", "S.X: found a resource of type AWS::Lambda::Permission, of which it is not known what lambda:AddPermission is on"},
		"two problems, both of which": {`Resources: {X: {Type: A::B::C}, Y: {Type: A::B::D}}`, "A::B::D"},
	} {
		a := load(t, "S", "us-west-2", c.template)
		if _, err := deployment.Derive(a, "111122223333"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: found %v, expected an error with %q", name, err, c.want)
		}
	}
	a := load(t, "S", "us-west-2", `Resources: {X: {Type: AWS::SNS::Topic}}`)
	if _, err := deployment.Derive(a, "444455556666"); err == nil || !strings.Contains(err.Error(), "expected one of the accounts 111122223333") {
		t.Errorf("another account: found %v", err)
	}
	a.Stacks[0].Account = policy.Unresolved("S.AWS::AccountId")
	if _, err := deployment.Derive(a, "111122223333"); err == nil || !strings.Contains(err.Error(), "stack S: found no account") {
		t.Errorf("a stack without an account: found %v", err)
	}
}

// Policies of a large app have legal sizes and lose nothing.
func TestSizes(t *testing.T) {
	var template strings.Builder
	template.WriteString("Resources:\n")
	for i := range 200 {
		fmt.Fprintf(&template, "  Q%d: {Type: AWS::SQS::Queue, Properties: {QueueName: a-queue-with-quite-a-long-name-for-tests-%03d}}\n", i, i)
	}
	p := derive(t, "S", template.String())
	if len(p.Policies) < 3 {
		t.Fatalf("found %d policies, expected several", len(p.Policies))
	}
	for i, one := range p.Policies {
		var whole map[string]any
		if err := json.Unmarshal(one.JSON(), &whole); err != nil {
			t.Fatal(err)
		}
		compact, _ := json.Marshal(whole)
		if one.Size() != len(compact) || one.Size() > deployment.MaxSize {
			t.Errorf("%s: found the size %d for %d characters, expected the same, at most %d", one.Name, one.Size(), len(compact), deployment.MaxSize)
		}
		if want := fmt.Sprintf("S-exec-%d", i+1); one.Name != want {
			t.Errorf("found the name %s, expected %s", one.Name, want)
		}
	}
	for _, action := range []string{"sqs:CreateQueue", "sqs:UntagQueue"} {
		if got := on(p, action); len(slices.Compact(got)) != 200 {
			t.Errorf("%s: found %d queues, expected 200", action, len(got))
		}
	}
}

// Of each type, each permission is in the policies or left out with a reason, unless the type is refused.
func TestEveryType(t *testing.T) {
	derived, refused := 0, 0
	for _, name := range schema.Names() {
		kind, _ := schema.Lookup(name)
		if kind.Handlers == nil {
			continue
		}
		p, err := deployment.Derive(load(t, "S", "us-west-2", `{"Resources": {"X": {"Type": "`+name+`"}}}`), "111122223333")
		if err != nil {
			if refused++; !strings.Contains(err.Error(), "S.X: found ") || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: found %v, expected an error that names the resource and the type", name, err)
			}
			continue
		}
		derived++
		known := map[string]bool{}
		for _, one := range p.LeftOut {
			if known[strings.ToLower(one.Action)] = true; one.Why == "" {
				t.Errorf("%s: %s is left out without a reason", name, one.Action)
			}
		}
		for _, one := range p.Policies {
			if one.Size() > deployment.MaxSize {
				t.Errorf("%s: %s has %d characters", name, one.Name, one.Size())
			}
			for _, s := range one.Statements {
				for _, action := range s.Action {
					known[strings.ToLower(action)] = true
				}
			}
		}
		for operation, list := range kind.Handlers {
			for _, permission := range list {
				if !strings.Contains(permission, "*") && !known[strings.ToLower(permission)] {
					t.Errorf("%s: %s: %s is neither in the policies nor left out", name, operation, permission)
				}
			}
		}
	}
	if derived < 1_400 || refused < 100 {
		t.Errorf("found %d types with policies and %d that are refused, expected over 1,400 and 100", derived, refused)
	}
}
