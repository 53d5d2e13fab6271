package audit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// found are the names and details of the checks of Quota in one stack, "Stack" of account 111111111111 in eu-west-1.
func found(t *testing.T, resources string) (all []string) {
	t.Helper()
	m := modeltest.Read(t, model.Options{}, modeltest.Stack{Name: "Stack", Account: modeltest.SourceAccount, Template: "Resources:\n" + resources})
	for _, c := range quota(m) {
		if len(c.Where) == 0 || len(c.Remedy) != 1 || c.Rule != Quota || c.Expects != check.MustWork {
			t.Errorf("found %+v", c)
		}
		for _, detail := range c.Details {
			detail, _, _ = strings.Cut(detail, ": https://")
			all = append(all, fmt.Sprintf("%s: %s: %s", c.Verdict, strings.TrimPrefix(c.Name, "AWS accepts the size of "), detail))
		}
	}
	return all
}

// grown is a text in which FILL is as many letters as make a document as long as wanted.
func grown(text string, document string, length int) string {
	return strings.Replace(text, "FILL", strings.Repeat("x", length-len(strings.Replace(document, "FILL", "", 1))), 1)
}

// Each limit holds exactly: what is as long as it passes, and one character more is refused. The documents are written as CloudFormation sends them.
func TestLimitsHoldExactly(t *testing.T) {
	const trust = `{"Version":"2012-10-17","Statement":[{"Sid":"FILL","Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	const identity = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::FILL/*"}]}`
	const resource = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::FILL/*"}]}`
	const short = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	for name, c := range map[string]struct {
		resource, document, says string
		max                      int
	}{
		"trust":    {"Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: %s}}", trust, "the policy in AssumeRolePolicyDocument of role r", 2048},
		"inline":   {"Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: " + short + ", Policies: [{PolicyName: p, PolicyDocument: %s}]}}", identity, "the inline policies of role r", 10240},
		"group":    {"Group: {Type: AWS::IAM::Group, Properties: {GroupName: g, Policies: [{PolicyName: p, PolicyDocument: %s}]}}", identity, "the inline policies of group g", 5120},
		"user":     {"User: {Type: AWS::IAM::User, Properties: {UserName: u, Policies: [{PolicyName: p, PolicyDocument: %s}]}}", identity, "the inline policies of user u", 2048},
		"managed":  {"One: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, PolicyDocument: %s}}", identity, "the policy in PolicyDocument of managedpolicy m", 6144},
		"bucket":   {"One: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: %s}}", resource, "the policy in PolicyDocument of bucketpolicy ‹Stack.One›", 20480},
		"queue":    {"One: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [q], PolicyDocument: %s}}", resource, "the policy in PolicyDocument of queuepolicy ‹Stack.One›", 8192},
		"topic":    {"One: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [t], PolicyDocument: %s}}", resource, "the policy in PolicyDocument of topicpolicy ‹Stack.One›", 30720},
		"key":      {"One: {Type: AWS::KMS::Key, Properties: {KeyPolicy: %s}}", resource, "the policy in KeyPolicy of key ‹Stack.One›", 32768},
		"table":    {"One: {Type: AWS::DynamoDB::Table, Properties: {TableName: t, ResourcePolicy: {PolicyDocument: %s}}}", resource, "the policy in ResourcePolicy.PolicyDocument of table t", 20480},
		"secret":   {"One: {Type: AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: s, ResourcePolicy: %s}}", resource, "the policy in ResourcePolicy of resourcepolicy ‹Stack.One›", 20480},
		"endpoint": {"One: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: v, ServiceName: s, PolicyDocument: %s}}", resource, "the policy in PolicyDocument of vpcendpoint ‹Stack.One›", 20480},
		"pattern":  {"One: {Type: AWS::Events::Rule, Properties: {Name: r, EventPattern: %s}}", `{"source":["FILL"]}`, "the event pattern of rule r", 2048},
	} {
		t.Run(name, func(t *testing.T) {
			of := func(length int) string {
				return "  " + strings.Replace(c.resource, "%s", grown(c.document, c.document, length), 1) + "\n"
			}
			if all := found(t, of(c.max)); len(all) > 0 {
				t.Errorf("found %q", all)
			}
			want := fmt.Sprintf("broken: %s: found %d characters, expected %d at most", c.says, c.max+1, c.max)
			if all := found(t, of(c.max+1)); len(all) != 1 || all[0] != want {
				t.Errorf("found %q, expected %q", all, want)
			}
		})
	}
}

// All inline policies of a role count together, those that are resources of their own, too; managed ones do not, but are counted.
func TestPoliciesOfARoleTogether(t *testing.T) {
	const head = "  Role: {Type: AWS::IAM::Role, Properties: {RoleName: r, %sAssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n"
	one := func(id, kind string, length int) string {
		const document = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::FILL/*"}]}`
		return "  " + id + ": {Type: AWS::IAM::" + kind + ", Properties: {PolicyName: " + id + ", Roles: [!Ref Role], RoleName: !Ref Role, PolicyDocument: " + grown(document, document, length) + "}}\n"
	}
	role := fmt.Sprintf(head, "")
	if all := found(t, role+one("A", "Policy", 5120)+one("B", "RolePolicy", 5120)+one("C", "ManagedPolicy", 6144)); len(all) > 0 {
		t.Errorf("found %q", all)
	}
	all := found(t, role+one("A", "Policy", 5121)+one("B", "RolePolicy", 5120))
	if len(all) != 1 || all[0] != "broken: the inline policies of role r: found 10241 characters, expected 10240 at most" {
		t.Errorf("found %q", all)
	}
	attached := fmt.Sprintf(head, "ManagedPolicyArns: ["+strings.Repeat("'arn:aws:iam::aws:policy/ReadOnlyAccess', ", 9)+"'arn:aws:iam::aws:policy/Other'], ")
	if all := found(t, attached); len(all) > 0 {
		t.Errorf("found %q", all)
	}
	if all := found(t, attached+one("C", "ManagedPolicy", 200)); len(all) != 1 || all[0] != "broken: the managed policies of role r: found 11 policies, expected 10 at most" {
		t.Errorf("found %q", all)
	}
}

// What AWS generates is taken at its longest: 36 characters for the id of a key, and for a role the names of stack and resource with up to 15 more, or 64.
func TestGeneratedValuesAtTheirLongest(t *testing.T) {
	const others = "  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [{Sid: A, Effect: Allow, Principal: {AWS: '111111111111'}, Action: 'kms:*', Resource: '*'}]}}}\n" +
		"  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n" +
		"  ARoleOfWhichTheLogicalIdIsLongerThanAnyNameThatIAMWouldAcceptForIt: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n" +
		"  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n"
	const before = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":["FILL","`
	for value, longest := range map[string]int{
		"${Key}":     36,
		"${Key.Arn}": len("arn:aws:kms:eu-west-1:111111111111:key/") + 36,
		"${Role}":    len("Stack") + len("Role") + 15,
		"${ARoleOfWhichTheLogicalIdIsLongerThanAnyNameThatIAMWouldAcceptForIt}": 64,
		"${Vpc}":                      21,
		"${Vpc}/${Vpc}":               43,
		"${Vpc.CidrBlockAssociation}": 255,
		"${AWS::StackId}":             len("arn:aws:cloudformation:eu-west-1:111111111111:stack/Stack/") + 36,
	} {
		t.Run(value, func(t *testing.T) {
			of := func(length int) string {
				whole := before + strings.Repeat("v", longest) + `"]}]}`
				document := strings.Replace(grown(whole, whole, length), `"`+strings.Repeat("v", longest)+`"`, `{"Fn::Sub":"`+value+`"}`, 1)
				return others + "  One: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, PolicyDocument: " + document + "}}\n"
			}
			if all := found(t, of(6144)); len(all) > 0 {
				t.Errorf("found %q", all)
			}
			all := found(t, of(6145))
			if len(all) != 1 || all[0] != "undecided: the policy in PolicyDocument of managedpolicy m: found up to 6145 characters, depending on what AWS generates, expected 6144 at most" {
				t.Errorf("found %q", all)
			}
		})
	}
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
func TestCountsOfQueuesAndTopics(t *testing.T) {
	statement := func(actions, principals int) string {
		return `{Effect: Allow, Action: [` + strings.TrimSuffix(strings.Repeat(`"sqs:SendMessage", `, actions), ", ") + `], Resource: "*", Principal: {AWS: [` +
			strings.TrimSuffix(strings.Repeat(`"111111111111", `, principals), ", ") + `]}}`
	}
	policy := func(kind, of string, n int, statement string) string {
		return "  One: {Type: AWS::" + kind + ", Properties: {" + of + ": [x], PolicyDocument: {Version: '2012-10-17', Statement: [" + strings.TrimSuffix(strings.Repeat(statement+", ", n), ", ") + "]}}}\n"
	}
	for name, c := range map[string]struct{ resource, says string }{
		"7 actions":                {policy("SQS::QueuePolicy", "Queues", 1, statement(7, 1)), ""},
		"8 actions":                {policy("SQS::QueuePolicy", "Queues", 1, statement(8, 1)), "found 8 actions, expected 7 at most"},
		"8 actions of a topic":     {policy("SNS::TopicPolicy", "Topics", 1, statement(8, 1)), ""},
		"20 statements":            {policy("SQS::QueuePolicy", "Queues", 20, statement(1, 2)), ""},
		"21 statements":            {policy("SQS::QueuePolicy", "Queues", 21, statement(1, 1)), "found 21 statements, expected 20 at most"},
		"51 principals":            {policy("SQS::QueuePolicy", "Queues", 17, statement(1, 3)), "found 51 principals, expected 50 at most"},
		"101 statements, of topic": {policy("SNS::TopicPolicy", "Topics", 101, statement(1, 1)), "found 101 statements, expected 100 at most"},
		"201 principals, of topic": {policy("SNS::TopicPolicy", "Topics", 67, statement(1, 3)), "found 201 principals, expected 200 at most"},
		"of a bucket":              {policy("S3::BucketPolicy", "Bucket", 60, statement(8, 3)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			all := found(t, c.resource)
			if c.says == "" && len(all) > 0 || c.says != "" && (len(all) != 1 || !strings.HasSuffix(all[0], c.says)) {
				t.Errorf("found %q, expected %q", all, c.says)
			}
		})
	}
}

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func TestVariablesOfFunctions(t *testing.T) {
	for length, want := range map[int]int{4096: 0, 4097: 1} {
		value := strings.Repeat("x", length-len(`{"AB":""}`))
		all := found(t, "  One: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Environment: {Variables: {AB: "+value+"}}}}\n")
		if len(all) != want || want == 1 && !strings.Contains(all[0], "the variables of function f: found 4097 characters, expected 4096 at most") {
			t.Errorf("of %d characters: found %q", length, all)
		}
	}
}
