package gateway

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
)

// asking asks CloudFormation in an account, as its administrator.
type asking struct {
	*cloudformation.Client
	w world
}

func (w world) cloudFormation(account string) asking {
	w.t.Helper()
	return asking{cloudformation.NewFromConfig(w.config(w.Administrator(account))), w}
}

// deploy creates or updates a stack, and returns its status, and the events of what failed as "LOGICALID: REASON".
func (a asking) deploy(name, template string) (status string, failed []string) {
	a.w.t.Helper()
	ctx := a.w.t.Context()
	if _, err := a.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: aws.String(name), TemplateBody: aws.String(template)}); err != nil {
		a.w.t.Fatal(err)
	}
	return a.status(name)
}

func (a asking) update(name, template string) (status string, failed []string) {
	a.w.t.Helper()
	if _, err := a.UpdateStack(a.w.t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String(name), TemplateBody: aws.String(template)}); err != nil {
		a.w.t.Fatal(err)
	}
	return a.status(name)
}

func (a asking) delete(name string) {
	a.w.t.Helper()
	if _, err := a.DeleteStack(a.w.t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String(name)}); err != nil {
		a.w.t.Fatal(err)
	}
}

// status is the status of a stack, and what its events say since it last began.
func (a asking) status(name string) (status string, failed []string) {
	a.w.t.Helper()
	stacks, err := a.DescribeStacks(a.w.t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(name)})
	if err != nil {
		a.w.t.Fatal(err)
	}
	events, err := a.DescribeStackEvents(a.w.t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String(name)})
	if err != nil {
		a.w.t.Fatal(err)
	}
	for _, e := range events.StackEvents {
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") && aws.ToString(e.LogicalResourceId) != name {
			failed = append(failed, aws.ToString(e.LogicalResourceId)+": "+string(e.ResourceStatus)+": "+aws.ToString(e.ResourceStatusReason))
		}
		if aws.ToString(e.LogicalResourceId) == name && strings.HasSuffix(string(e.ResourceStatus), "_IN_PROGRESS") && aws.ToString(e.ResourceStatusReason) == "User Initiated" {
			break
		}
	}
	return string(stacks.Stacks[0].StackStatus), failed
}

// readerRole is a role of the source account, and lakeBucket a bucket of the target account with a policy.
const (
	readerRole = `
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:ListBucket", Resource: "*"}]}}]
`
	lakeBucket = `
Resources:
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Lake
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Sid: List, Effect: Allow, Principal: PRINCIPAL, Action: "s3:ListBucket", Resource: !GetAtt Lake.Arn, Condition: CONDITION}]
`
)

// lake is the bucket whose policy names a principal, on a condition.
func lake(principal, condition string) string {
	return strings.NewReplacer("PRINCIPAL", principal, "CONDITION", condition).Replace(lakeBucket)
}

var (
	exactRole = lake(`{AWS: "arn:aws:iam::111111111111:role/reader"}`, "{}")
	namedRole = lake(`{AWS: "111111111111"}`, `{ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}}`)
)

// A stack that fails is rolled back: it has nothing, cannot be updated, and can be deleted and made again when what it names is there.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
func TestRolesThatDoNotExist(t *testing.T) {
	w := start(t)
	from, to := w.cloudFormation(source), w.cloudFormation(target)
	const refused = "Policy: CREATE_FAILED: Invalid principal in policy (Service: Amazon S3; Status Code: 400; Error Code: MalformedPolicy) (arn:aws:iam::111111111111:role/reader does not exist: no deployed stack of the sandbox has it)"
	if status, failed := to.deploy("Lake", exactRole); status != "ROLLBACK_COMPLETE" || len(failed) != 1 || failed[0] != refused {
		t.Errorf("before the role: found %s, %q", status, failed)
	}
	if w.stacks.Now().Has("arn:aws:s3:::lake") {
		t.Error("found the bucket of a stack that was rolled back")
	}
	_, err := to.UpdateStack(t.Context(), &cloudformation.UpdateStackInput{StackName: aws.String("Lake"), TemplateBody: aws.String(exactRole)})
	if found := coded(err); !strings.HasPrefix(found, "ValidationError: Stack:arn:aws:cloudformation:") || !strings.HasSuffix(found, " is in ROLLBACK_COMPLETE state and can not be updated.") {
		t.Errorf("found %s", found)
	}
	to.delete("Lake")
	if status, failed := to.deploy("Lake", namedRole); status != "CREATE_COMPLETE" || failed != nil { // AWS checks no ARN in a condition
		t.Errorf("a policy that has the role in a condition: found %s, %q", status, failed)
	}
	if status, failed := to.update("Lake", exactRole); status != "UPDATE_ROLLBACK_COMPLETE" || len(failed) != 1 || failed[0] != strings.Replace(refused, "CREATE", "UPDATE", 1) {
		t.Errorf("an update before the role: found %s, %q", status, failed)
	}
	if status, failed := from.deploy("Roles", readerRole); status != "CREATE_COMPLETE" || failed != nil {
		t.Errorf("found %s, %q", status, failed)
	}
	if found := w.list("reader"); found != "" { // by the policy that the update did not replace
		t.Errorf("after a rollback: found %s", found)
	}
	if status, _ := to.update("Lake", exactRole); status != "CREATE_COMPLETE" { // the local AWS's own, which here knows no other
		t.Errorf("after the role: found %s", status)
	}
}

// list lists bucket lake as a role of the source account, and returns the error as "CODE: MESSAGE".
func (w world) list(role string) string {
	w.t.Helper()
	c, problem := w.assume(w.Administrator(source), role, nil)
	if problem != "" {
		return problem
	}
	_, err := s3.NewFromConfig(w.config(c)).ListObjectsV2(w.t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("lake")})
	return coded(err)
}

// A policy that names a role means the one that was there. One with the role in a condition means any of the name.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
func TestRolesThatAreMadeAgain(t *testing.T) {
	for name, c := range map[string]struct {
		template string
		survives bool
	}{"the role as principal": {exactRole, false}, "the role in a condition": {namedRole, true}} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			from, to := w.cloudFormation(source), w.cloudFormation(target)
			from.deploy("Roles", readerRole)
			to.deploy("Lake", c.template)
			if found := w.list("reader"); found != "" {
				t.Errorf("found %s", found)
			}
			old, _ := w.assume(w.Administrator(source), "reader", nil)
			id := w.stacks.Now().UniqueID("arn:aws:iam::111111111111:role/reader")
			from.delete("Roles")
			from.deploy("Roles", readerRole)
			if _, err := sts.NewFromConfig(w.config(old)).GetCallerIdentity(t.Context(), nil); !strings.HasPrefix(coded(err), "InvalidClientTokenId: ") {
				t.Errorf("a session of the role that is gone: found %v", err)
			}
			found := w.list("reader")
			if c.survives {
				if found != "" {
					t.Errorf("after the role was made again: found %s", found)
				}
				return
			}
			if !strings.HasPrefix(found, "AccessDenied: ") || !strings.Contains(found, "nearest: statement List, fails on Principal ("+id+")") {
				t.Errorf("after the role was made again: found %s, expected that the policy has %s", found, id)
			}
			to.update("Lake", c.template) // of which CloudFormation sees no change
			if again := w.list("reader"); again != found {
				t.Errorf("after the same template: found %s", again)
			}
			to.update("Lake", strings.Replace(c.template, "Sid: List", "Sid: ListAgain", 1))
			if found := w.list("reader"); found != "" {
				t.Errorf("after a change of the policy: found %s", found)
			}
		})
	}
}

// What a principal that does not exist fails, by the type of the policy, and what waits for a role of the same stack.
func TestPrincipalsByType(t *testing.T) {
	const somebody = `{Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:role/nobody"}, Action: "*", Resource: "*"}]}`
	const role = "  Role: {Type: AWS::IAM::Role, Properties: {RoleName: nobody, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: '222222222222'}, Action: 'sts:AssumeRole'}]}}}\n"
	for name, c := range map[string]struct{ resources, want string }{
		"trust": {`  R: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: ` + strings.NewReplacer(`"*", Resource: "*"`, `"sts:AssumeRole"`).Replace(somebody) + "}}\n",
			`R: CREATE_FAILED: Invalid principal in policy: "AWS":"arn:aws:iam::222222222222:role/nobody" (Service: AmazonIdentityManagement;`},
		"key":        {"  R: {Type: AWS::KMS::Key, Properties: {KeyPolicy: " + strings.Replace(somebody, `"*",`, `"kms:*",`, 1) + "}}\n", "R: CREATE_FAILED: Policy contains a statement with one or more invalid principals."},
		"queue":      {"  R: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [q], PolicyDocument: " + strings.Replace(somebody, `"*",`, `"sqs:SendMessage",`, 1) + "}}\n", "R: CREATE_FAILED: Invalid value for the parameter Policy."},
		"topic":      {"  R: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [t], PolicyDocument: " + strings.Replace(somebody, `"*",`, `"sns:Publish",`, 1) + "}}\n", "R: CREATE_FAILED: Invalid parameter: Policy Error: PrincipalNotFound"},
		"secret":     {"  R: {Type: AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: s, ResourcePolicy: " + strings.Replace(somebody, `"*",`, `"secretsmanager:GetSecretValue",`, 1) + "}}\n", "R: CREATE_FAILED: This resource policy contains an unsupported principal."},
		"function":   {"  R: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: 'lambda:InvokeFunction', Principal: 'arn:aws:iam::222222222222:role/nobody'}}\n", "R: CREATE_FAILED: The provided principal was invalid."},
		"table":      {"  R: {Type: AWS::DynamoDB::Table, Properties: {TableName: t, ResourcePolicy: {PolicyDocument: " + strings.Replace(somebody, `"*",`, `"dynamodb:Scan",`, 1) + "}}}\n", "R: CREATE_FAILED: One or more parameter values were invalid: Invalid principal in policy document."},
		"bucket":     {"  R: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: " + strings.Replace(somebody, `"*",`, `"s3:*",`, 1) + "}}\n", "R: CREATE_FAILED: Invalid principal in policy (Service: Amazon S3;"},
		"not wait":   {role + "  R: {Type: AWS::KMS::Key, Properties: {KeyPolicy: " + strings.Replace(somebody, `"*",`, `"kms:*",`, 1) + "}}\n", "R: CREATE_FAILED: Policy contains a statement with one or more invalid principals."},
		"wait":       {role + "  R: {Type: AWS::KMS::Key, DependsOn: Role, Properties: {KeyPolicy: " + strings.Replace(somebody, `"*",`, `"kms:*",`, 1) + "}}\n", ""},
		"reference":  {role + "  R: {Type: AWS::KMS::Key, Properties: {KeyPolicy: " + strings.NewReplacer(`"*",`, `"kms:*",`, `"arn:aws:iam::222222222222:role/nobody"`, "!GetAtt Role.Arn").Replace(somebody) + "}}\n", ""},
		"elsewhere":  {"  R: {Type: AWS::KMS::Key, Properties: {KeyPolicy: " + strings.NewReplacer(`"*",`, `"kms:*",`, "222222222222", "333333333333").Replace(somebody) + "}}\n", ""},
		"an account": {"  R: {Type: AWS::KMS::Key, Properties: {KeyPolicy: " + strings.NewReplacer(`"*",`, `"kms:*",`, "role/nobody", "root").Replace(somebody) + "}}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			status, failed := start(t).cloudFormation(target).deploy("S", "Resources:\n"+c.resources)
			if c.want == "" && (status != "CREATE_COMPLETE" || failed != nil) || c.want != "" && (status != "ROLLBACK_COMPLETE" || len(failed) != 1 || !strings.HasPrefix(failed[0], c.want)) {
				t.Errorf("found %s, %q, expected %q", status, failed, c.want)
			}
		})
	}
}

// What AWS refuses of names, sizes and policies.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func TestLimitsOfDeployments(t *testing.T) {
	trust := func(name, statement string) string {
		return "  R: {Type: AWS::IAM::Role, Properties: {RoleName: " + name + ", AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [" + statement + "]}}}\n"
	}
	const ec2 = "{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 'sts:AssumeRole'}"
	policies := func(length int) string {
		return strings.Replace(trust("r", ec2), "Properties: {", "Properties: {Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/"+strings.Repeat("x", length)+"'}]}}], ", 1)
	}
	const existing = "  Q: {Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [" + ec2 + "]}}}\n"
	for name, c := range map[string]struct{ resources, want string }{
		"a name of 64":              {trust(strings.Repeat("r", 64), ec2), ""},
		"a name of 65":              {trust(strings.Repeat("r", 65), ec2), "R: CREATE_FAILED: 1 validation error detected: Value '" + strings.Repeat("r", 65) + "' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to 64"},
		"a bucket's name":           {"  R: {Type: AWS::S3::Bucket, Properties: {BucketName: Lake}}\n", "R: CREATE_FAILED: The specified bucket is not valid."},
		"inline policies":           {policies(10240), "R: CREATE_FAILED: Maximum policy size of 10240 bytes exceeded"},
		"inline policies that fit":  {policies(10100), ""},
		"a trust policy":            {trust("r", strings.Repeat(ec2+", ", 30)+ec2), "R: CREATE_FAILED: Cannot exceed quota for ACLSizePerRole: 2048"},
		"a trust policy of nothing": {trust("r", "{Effect: Allow, Principal: {Service: ec2.amazonaws.com}, Action: 's3:GetObject'}"), "R: CREATE_FAILED: Statement[0].Action: AssumeRole policy may only specify STS AssumeRole actions."},
		"a name that is taken":      {trust("r", ec2) + existing, "Q: CREATE_FAILED: r already exists"},
	} {
		t.Run(name, func(t *testing.T) {
			status, failed := start(t).cloudFormation(target).deploy("S", "Resources:\n"+c.resources)
			if c.want == "" && (status != "CREATE_COMPLETE" || failed != nil) || c.want != "" && (status != "ROLLBACK_COMPLETE" || len(failed) != 1 || !strings.HasPrefix(failed[0], c.want)) {
				t.Errorf("found %s, %q, expected %q", status, failed, c.want)
			}
		})
	}
}

// A stack whose exports others import stays as it is.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
func TestExportsInUse(t *testing.T) {
	w := start(t)
	to := w.cloudFormation(target)
	const exports = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}}\nOutputs: {Name: {Value: !Ref B, Export: {Name: lake-name}}}\n"
	to.deploy("Lake", exports)
	to.deploy("User", "Resources: {P: {Type: AWS::SSM::Parameter, Properties: {Name: p, Type: String, Value: !ImportValue lake-name}}}\n")
	to.delete("Lake")
	stacks, err := to.DescribeStackEvents(t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String("Lake")})
	if err != nil {
		t.Fatal(err)
	}
	if e := stacks.StackEvents[0]; aws.ToString(e.ResourceStatusReason) != "Export lake-name cannot be deleted as it is in use by User" || e.ResourceStatus != types.ResourceStatusCreateComplete {
		t.Errorf("found %s: %s", e.ResourceStatus, aws.ToString(e.ResourceStatusReason))
	}
	if status, _ := to.update("Lake", strings.Replace(exports, "!Ref B", "other", 1)); status != "UPDATE_ROLLBACK_COMPLETE" {
		t.Errorf("an update of the value: found %s", status)
	}
	to.delete("User")
	if status, _ := to.update("Lake", strings.Replace(exports, "!Ref B", "other", 1)); status != "CREATE_COMPLETE" {
		t.Errorf("after its user is gone: found %s", status)
	}
}

// CloudFormation makes its requests as the role that it is given, and what that may not do fails the resource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
func TestExecutionRole(t *testing.T) {
	const execution = `
Resources:
  Narrow:
    Type: AWS::IAM::Role
    Properties:
      RoleName: narrow
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: cloudformation.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: Queues, Effect: Allow, Action: ["sqs:*"], Resource: "arn:aws:sqs:*:*:S-*"}, {Sid: NoDelete, Effect: Deny, Action: "sqs:DeleteQueue", Resource: "*"}]}}]
  Wide:
    Type: AWS::IAM::Role
    Properties:
      RoleName: wide
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: cloudformation.amazonaws.com}, Action: "sts:AssumeRole"}]}
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"]
  Other:
    Type: AWS::IAM::Role
    Properties:
      RoleName: other
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
`
	const role = "arn:aws:iam::222222222222:role/"
	w := start(t)
	w.behind.called(map[string]string{"Q": "S-Q-1"})
	to := w.cloudFormation(target)
	to.deploy("Execution", execution)
	create := func(name, role, resources string) (string, []string, error) {
		_, err := to.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String(name), TemplateBody: aws.String("Resources:\n" + resources), RoleARN: aws.String(role)})
		if err != nil {
			return "", nil, err
		}
		status, failed := to.status(name)
		return status, failed, nil
	}
	const queue, bucket, unknown = "  Q: {Type: AWS::SQS::Queue}\n", "  B: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n", "  X: {Type: Acme::X::Y}\n"
	if status, failed, err := create("S", role+"narrow", queue); status != "CREATE_COMPLETE" {
		t.Errorf("a queue: found %s, %q, %v", status, failed, err)
	}
	const denied = "B: CREATE_FAILED: API: s3:CreateBucket Access Denied (User: arn:aws:sts::222222222222:assumed-role/narrow/AWSCloudFormation is not authorized to perform: s3:CreateBucket on resource: \"arn:aws:s3:::lake\" because no identity-based policy allows the s3:CreateBucket action "
	if status, failed, err := create("S2", role+"narrow", bucket+queue); status != "ROLLBACK_COMPLETE" || len(failed) != 2 || !strings.HasPrefix(failed[1], denied) && !strings.HasPrefix(failed[0], denied) {
		t.Errorf("a bucket: found %s, %q, %v", status, failed, err)
	}
	if status, failed, err := create("Wide", role+"wide", bucket+queue+unknown); status != "CREATE_COMPLETE" {
		t.Errorf("with AdministratorAccess: found %s, %q, %v", status, failed, err)
	}
	if status, failed, err := create("S3", role+"narrow", unknown); status != "ROLLBACK_COMPLETE" || len(failed) != 1 || !strings.HasPrefix(failed[0], "X: CREATE_FAILED: the sandbox denies what it does not know: S3.X: found a resource of type Acme::X::Y") {
		t.Errorf("a type that is not known: found %s, %q, %v", status, failed, err)
	}
	if _, _, err := create("S4", role+"other", queue); !strings.HasPrefix(coded(err), "ValidationError: Role arn:aws:iam::222222222222:role/other is invalid or cannot be assumed") {
		t.Errorf("a role that CloudFormation cannot assume: found %v", err)
	}
	to.delete("S") // with the role that it was deployed with
	if status, failed := to.status("S"); status != "DELETE_FAILED" || len(failed) != 1 || !strings.Contains(failed[0], "Q: DELETE_FAILED: User: ") || !strings.Contains(failed[0], "NoDelete") {
		t.Errorf("a deletion: found %s, %q", status, failed)
	}
	if _, err := to.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("S"), RoleARN: aws.String(role + "wide")}); err != nil {
		t.Fatal(err)
	}
	if now := w.stacks.Now().Stack(deployed.Place{Account: target, Region: region}, "S"); now != nil {
		t.Error("found stack S, expected that another role deletes it")
	}
}

// AWS deletes no bucket with objects in it. The CDK can have a custom resource empty it, which the local AWS does not run.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
func TestBucketsWithObjects(t *testing.T) {
	const bucket = "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n"
	for name, c := range map[string]struct {
		resources string
		goes      bool
	}{
		"a bucket":            {bucket, false},
		"a bucket that stays": {strings.Replace(bucket, "Type:", "DeletionPolicy: Retain, Type:", 1), true},
		"a bucket that the CDK empties": {bucket + "  Empty: {Type: 'Custom::S3AutoDeleteObjects', Properties: {ServiceToken: 'arn:aws:lambda:eu-west-1:222222222222:function:empty', BucketName: !Ref Lake}}\n",
			true},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			to := w.cloudFormation(target)
			to.deploy("S", "Resources:\n"+c.resources)
			w.behind.fill("lake")
			to.delete("S")
			if gone := w.stacks.Now().Stack(deployed.Place{Account: target, Region: region}, "S") == nil; gone != c.goes {
				t.Errorf("found that the stack is gone: %t, expected %t", gone, c.goes)
			}
			if emptied := w.behind.fill("") == ""; emptied != (name == "a bucket that the CDK empties") {
				t.Errorf("found that the bucket was emptied: %t", emptied)
			}
		})
	}
}
