//go:build unix

package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/crossgrant/crossgrant/sandbox/background"
)

const workloads = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: [lambda.amazonaws.com, ec2.amazonaws.com]}, Action: "sts:AssumeRole"}]}
  Echo:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: my-echo, Runtime: python3.12, Handler: index.handle, Role: !GetAtt Role.Arn, Code: {ZipFile: "def handle(e, c):\n  print('called')\n  if e == 'fail': raise ValueError('asked to')\n  return e if isinstance(e, str) else e['rawPath']"}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: echo, ProtocolType: HTTP, Target: !GetAtt Echo.Arn}}
  May: {Type: AWS::Lambda::Permission, Properties: {Action: "lambda:InvokeFunction", FunctionName: !GetAtt Echo.Arn, Principal: apigateway.amazonaws.com}}
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.0.0/24}}
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Role]}}
  Instance:
    Type: AWS::EC2::Instance
    Properties:
      SubnetId: !Ref Subnet
      ImageId: ami-0123456789abcdef0
      IamInstanceProfile: !Ref Profile
      UserData: !Base64 "#cloud-config\nwrite_files: [{path: /home/ec2-user/greeting, content: hello}]\n"
`

// What a user does with what is deployed, by the commands.
func TestWorkloadsOfASandbox(t *testing.T) {
	u := newUser(t)
	u.venv = filepath.Join("..", "..", ".build", "venv")
	u.up()
	state, err := background.Find(u.directory)
	if err != nil {
		t.Fatal(err)
	}
	access, err := background.GetAccess.Call(t.Context(), state.Control, background.AccessOf{Account: "source"})
	if err != nil {
		t.Fatal(err)
	}
	client := cloudformation.NewFromConfig(aws.Config{
		Region: access.Region, BaseEndpoint: aws.String(access.Endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(access.AccessKeyID, access.SecretAccessKey, access.SessionToken),
	})
	if _, err := client.CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: aws.String("Workloads"), TemplateBody: aws.String(workloads)}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args     []string
		code     int
		out      string   // the whole output; "" for any
		contains []string // in the output and in the messages
	}{
		{[]string{"invoke", "echo", "--event", `"hello"`}, 0, "\"hello\"\n", nil},
		{[]string{"invoke", "Echo", "--event", `"fail"`, "--account", "source"}, 1, "", []string{`"errorMessage": "asked to"`, "START RequestId", "called", "crossgrant-sandbox: function my-echo failed: ValueError: asked to"}},
		{[]string{"invoke", "echo", "--account", "target"}, 1, "", []string{"found no function in account 222222222222, expected one: deploy it first"}},
		{[]string{"invoke", "echo", "--account", "nobody"}, 1, "", []string{`found account "nobody", expected source, target or an ID of 12 digits`}},
		{[]string{"logs", "echo"}, 0, "", []string{"START RequestId", "[ERROR] ValueError: asked to\nTraceback"}},
		{[]string{"logs", "echo", "--since", "1ns"}, 0, "", nil},
		{[]string{"curl", "-i", "-d", "x=1", "/a/path"}, 0, "HTTP/1.1 200 OK\nContent-Type: application/json\n\n/a/path", nil},
		{[]string{"instance"}, 0, "", []string{"instance  i-", " of account 111111111111\n", "Run a command on it: crossgrant sandbox instance i-"}},
		{[]string{"instance", "Instance", "--", "sh", "-c", "cat greeting; echo $USER $AWS_ACCESS_KEY_ID; exit 3"}, 3, "helloec2-user\n", nil},
		{[]string{"logs", "echo", "--json"}, 0, "", []string{`{"function":"my-echo","account":"111111111111","text":"`, `"next":`}},
		{[]string{"curl", "/b", "--json"}, 0, "", []string{`"status": 200,`, `"body": "/b"`}},
		{[]string{"instance", "--json"}, 0, "", []string{`"id": "i-`, `"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:`}},
		{[]string{"instance", "--", "no-such-program"}, 1, "", []string{`found no program "no-such-program" on the PATH of this machine`}},
	} {
		out, problems, code := u.run(c.args...)
		if code != c.code || c.out != "" && out != c.out {
			t.Errorf("%q: found exit code %d and\n%s%s\nexpected %d and\n%s", c.args, code, out, problems, c.code, c.out)
		}
		for _, expected := range c.contains {
			if !strings.Contains(out+problems, expected) {
				t.Errorf("%q: found\n%s%s\nexpected %s in it", c.args, out, problems, expected)
			}
		}
	}
	out, problems, _ := u.run("invoke", "echo", "--event", `"hello"`, "--json")
	var found struct {
		Function, Account, Payload, Log string
		Failed, Cold                    bool
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil || found.Function != "my-echo" || found.Account != "111111111111" || found.Payload != "hello" || found.Failed || found.Cold || !strings.Contains(found.Log, "called\n") {
		t.Errorf("found %s%s", out, problems)
	}
	if _, problems, code := u.run("reset"); code != 0 {
		t.Errorf("reset: found exit code %d and %s", code, problems)
	}
	if _, problems, code := u.run("invoke", "echo"); code != 1 || !strings.Contains(problems, "found no function in the sandbox") {
		t.Errorf("invoke after reset: found exit code %d and %s", code, problems)
	}
	u.run("down")
	u.gone(state.Endpoint)
}
