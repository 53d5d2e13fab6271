package gateway

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/sigv4"
)

// form makes a request with a form, as the administrator of an account. It returns the answer if that is an error, and else "".
func (w world) form(account, service, values string) string {
	w.t.Helper()
	return w.formAs(w.Administrator(account), service, values)
}

// formAs is the same with the credentials of anybody.
func (w world) formAs(c aws.Credentials, service, values string) string {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), "POST", w.AddressURL()+"/", strings.NewReader(values))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := v4.NewSigner().SignHTTP(w.t.Context(), c, r, sigv4.Digest([]byte(values)), service, region, time.Now()); err != nil {
		w.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK {
		return ""
	}
	return string(text)
}

// What somebody changes by hand decides the next request, by the walk that has the templates: the change is on top of them.
func TestChangesBesideCloudFormation(t *testing.T) {
	allow := func(actions string) string {
		return url.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Sid":"ByHand","Effect":"Allow","Principal":"*","Action":"` + actions + `","Resource":"*"}]}`)
	}
	identity := url.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Sid":"ByHand","Effect":"Deny","Action":"s3:*","Resource":"*"}]}`)
	const bucket = `{"Version":"2012-10-17","Statement":[{"Sid":"ByHand","Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::lake/*"}]}`
	for name, c := range map[string]struct {
		service, change string
		expected        string // in the error of the next request; "" for none
		back            string // the change that undoes it. "" for none
	}{
		"an endpoint's policy":          {"ec2", "Action=ModifyVpcEndpoint&VpcEndpointId=vpce-1&PolicyDocument=" + allow("s3:PutObject"), "no VPC endpoint policy allows the s3:GetObject action", "Action=ModifyVpcEndpoint&VpcEndpointId=vpce-1&ResetPolicy=true"},
		"an endpoint's route tables":    {"ec2", "Action=ModifyVpcEndpoint&VpcEndpointId=vpce-1&RemoveRouteTableId.1=rtb-1", "exceeded", "Action=ModifyVpcEndpoint&VpcEndpointId=vpce-1&AddRouteTableId.1=rtb-1"},
		"an endpoint that is gone":      {"ec2", "Action=DeleteVpcEndpoints&VpcEndpointId.1=vpce-1", "exceeded", ""},
		"a rule of a group":             {"ec2", "Action=RevokeSecurityGroupEgress&GroupId=sg-1&IpPermissions.1.IpProtocol=-1&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0", "exceeded", "Action=AuthorizeSecurityGroupEgress&GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=443&IpPermissions.1.ToPort=443&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0"},
		"a policy of a role":            {"iam", "Action=PutRolePolicy&RoleName=isolated&PolicyName=q&PolicyDocument=" + identity, "with an explicit deny in an identity-based policy (statement ByHand", "Action=DeleteRolePolicy&RoleName=isolated&PolicyName=q"},
		"the role's own policy":         {"iam", "Action=DeleteRolePolicy&RoleName=isolated&PolicyName=p", "no identity-based policy allows the s3:GetObject action", "Action=AttachRolePolicy&RoleName=isolated&PolicyArn=arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
		"another version of a policy":   {"iam", "Action=PutRolePolicy&RoleName=isolated&PolicyName=p&PolicyDocument=" + identity, "ByHand", ""},
		"a boundary":                    {"iam", "Action=PutRolePermissionsBoundary&RoleName=isolated&PermissionsBoundary=arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess", "no permissions boundary allows the s3:GetObject action", "Action=DeleteRolePermissionsBoundary&RoleName=isolated"},
		"a policy of a bucket":          {"s3", bucket, "with an explicit deny in a resource-based policy (statement ByHand", ""},
		"a rule that is not there":      {"ec2", "Action=RevokeSecurityGroupEgress&GroupId=sg-1&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=1&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/8", "refused", ""},
		"an endpoint of nobody":         {"ec2", "Action=DeleteVpcEndpoints&VpcEndpointId.1=vpce-2", "refused", ""},
		"what nobody follows":           {"ec2", "Action=DeleteSubnet&SubnetId=subnet-1", "refused", ""},
		"a policy that is none":         {"iam", "Action=PutRolePolicy&RoleName=isolated&PolicyName=p&PolicyDocument=x", "malformed", ""},
		"a policy that is not attached": {"iam", "Action=DetachRolePolicy&RoleName=isolated&PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess", "refused", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			config, _ := w.inside()
			get := func() string {
				short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
				defer cancel()
				_, err := s3.NewFromConfig(config).GetObject(short, &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("1")})
				return coded(err)
			}
			if problem := get(); problem != "" {
				t.Fatalf("before: found %s", problem)
			}
			n := len(w.behind.requests())
			change := func(values string) string {
				if c.service == "s3" {
					_, err := s3.NewFromConfig(w.config(w.Administrator(source))).PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("lake"), Policy: aws.String(values)})
					return coded(err)
				}
				return w.form(source, c.service, values)
			}
			problem := change(c.change)
			if c.expected == "refused" || c.expected == "malformed" {
				if !strings.Contains(problem, map[string]string{"refused": "the sandbox denies", "malformed": "is no policy"}[c.expected]) || len(w.behind.requests()) != n {
					t.Errorf("found %q, and that %d requests were passed on", problem, len(w.behind.requests())-n)
				}
				return
			}
			if problem != "" {
				t.Fatal(problem)
			}
			if problem := get(); !strings.Contains(problem, c.expected) {
				t.Errorf("after: found %q, expected %q in it", problem, c.expected)
			}
			if c.back == "" {
				return
			}
			if problem := w.form(source, c.service, c.back); problem != "" {
				t.Fatal(problem)
			}
			if problem := get(); problem != "" {
				t.Errorf("back: found %s", problem)
			}
		})
	}
}

// A change stays as long as CloudFormation leaves alone what it changed.
func TestDeploymentsAfterChanges(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	trust := func(sid string) string {
		return "Action=UpdateAssumeRolePolicy&RoleName=first&PolicyDocument=" + url.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Sid":"`+sid+`","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]}`)
	}
	assume := func() string {
		_, problem := w.assume(w.Administrator(source), "first", nil)
		return problem
	}
	if problem := w.form(source, "iam", trust("ByHand")); problem != "" {
		t.Fatal(problem)
	}
	if problem := assume(); !strings.Contains(problem, "ByHand") {
		t.Errorf("after the change: found %q", problem)
	}
	w.deploy(source, "Roles", strings.ReplaceAll(roles, "MaxSessionDuration: 7200", "MaxSessionDuration: 3600"))
	if problem := assume(); !strings.Contains(problem, "ByHand") {
		t.Errorf("after a deployment of something else: found %q", problem)
	}
	w.deploy(source, "Roles", strings.Replace(roles, `{AWS: "111111111111"}`, `{AWS: "arn:aws:iam::111111111111:root"}`, 1))
	if problem := assume(); problem != "" {
		t.Errorf("after a deployment of the same: found %q", problem)
	}
}

// A bucket and a role that requests make are decided by their policies, like those of stacks, until they are gone.
func TestBucketsAndRolesMadeByHand(t *testing.T) {
	w := start(t)
	w.behind.buckets = map[string]bool{}
	administrator := s3.NewFromConfig(w.config(w.Administrator(source)))
	trust := url.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}]}`)
	if problem := w.form(source, "iam", "Action=CreateRole&RoleName=own&AssumeRolePolicyDocument="+trust); problem != "" {
		t.Fatal(problem)
	}
	if _, err := administrator.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("own")}); err != nil {
		t.Fatal(err)
	}
	own, problem := w.assume(w.Administrator(source), "own", nil)
	if problem != "" {
		t.Fatal(problem)
	}
	get := func(c aws.Credentials) string {
		_, err := s3.NewFromConfig(w.config(c)).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("own"), Key: aws.String("1")})
		return coded(err)
	}
	if problem := get(w.Administrator(source)); problem != "" {
		t.Errorf("an administrator: found %s", problem)
	}
	if problem := get(w.Administrator(target)); !strings.Contains(problem, "no resource-based policy allows the s3:GetObject action") {
		t.Errorf("an administrator of another account: found %q", problem)
	}
	if problem := get(own); !strings.Contains(problem, "no identity-based policy allows the s3:GetObject action") {
		t.Errorf("the role: found %q", problem)
	}
	policy := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:role/own","222222222222"]},"Action":"s3:GetObject","Resource":"arn:aws:s3:::own/*"}]}`
	if _, err := administrator.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("own"), Policy: aws.String(policy)}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]aws.Credentials{"an administrator of another account": w.Administrator(target), "the role": own} {
		if problem := get(c); problem != "" {
			t.Errorf("%s, by the policy of the bucket: found %s", name, problem)
		}
	}
	w.deploy(source, "Roles", roles)
	if problem := get(own); problem != "" {
		t.Errorf("the role after a deployment: found %s", problem)
	}
	if problem := w.form(source, "iam", "Action=DeleteRole&RoleName=first"); !strings.Contains(problem, "of stack Roles, expected one that a request has made") {
		t.Errorf("a role of a stack: found %q", problem)
	}
	if problem := w.form(source, "iam", "Action=DeleteRole&RoleName=own"); problem != "" {
		t.Fatal(problem)
	}
	if problem := get(own); problem == "" {
		t.Error("found that a session passes of a role that is gone")
	}
	if _, err := administrator.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("own")}); err != nil {
		t.Fatal(err)
	}
	if _, err := administrator.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("own"), Policy: aws.String(policy)}); !strings.Contains(coded(err), "found 0 AWS::S3::Bucket") {
		t.Errorf("a bucket that is gone: found %v", err)
	}
}

// What services ask KMS for, for whoever sends messages or reads items under a key of a customer, by their pages on keys:
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
// A queue that was in a stack and is not any more may be there with its policy, so that it is not taken for one without.
func TestMessagesUnderAKey(t *testing.T) {
	const template = `
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::111111111111:root"}, Action: "kms:*", Resource: "*"}]}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, KmsMasterKeyId: !Ref Key}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news, KmsMasterKeyId: !GetAtt Key.Arn}}
  Table: {Type: AWS::DynamoDB::Table, Properties: {TableName: devices, KeySchema: [{AttributeName: id, KeyType: HASH}], SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: !Ref Key}}}
  Sender:
    Type: AWS::IAM::Role
    Properties:
      RoleName: sender
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole"}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["sqs:*", "sns:*", "dynamodb:*", KMS], Resource: "*"}]}}]
`
	queue, topic, table := aws.String("https://sqs.eu-west-1.amazonaws.com/111111111111/jobs"), aws.String("arn:aws:sns:eu-west-1:111111111111:news"), aws.String("devices")
	for name, c := range map[string]struct{ kms, send, receive, publish, get string }{
		"no action on the key": {"ec2:DescribeVpcs", "kms:GenerateDataKey", "kms:Decrypt", "kms:GenerateDataKey", "kms:Decrypt"},
		"one to write with":    {"kms:GenerateDataKey", "kms:Decrypt", "kms:Decrypt", "kms:Decrypt", "kms:Decrypt"},
		"one to read with":     {"kms:Decrypt", "kms:GenerateDataKey", "", "kms:GenerateDataKey", ""},
		"both":                 {`"kms:Decrypt", "kms:GenerateDataKey"`, "", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			w.behind.called(map[string]string{"Key": "12345678-1234-1234-1234-123456789012", "Queue": *queue, "Topic": *topic, "Table": "devices", "Sender": "sender"})
			w.deploy(source, "Messages", strings.ReplaceAll(template, ", KMS]", ", "+c.kms+"]"))
			sender, problem := w.assume(w.Administrator(source), "sender", nil)
			if problem != "" {
				t.Fatal(problem)
			}
			config := w.config(sender)
			messages := sqs.NewFromConfig(config)
			_, sent := messages.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("m")})
			_, received := messages.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue})
			_, got := dynamodb.NewFromConfig(config).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: table, Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "a"}}})
			published := w.formAs(sender, "sns", "Action=Publish&Message=m&TopicArn="+*topic)
			for what, one := range map[string]struct{ found, expected string }{
				"SendMessage": {coded(sent), c.send}, "ReceiveMessage": {coded(received), c.receive}, "GetItem": {coded(got), c.get}, "Publish": {published, c.publish},
			} {
				denied := strings.Contains(one.found, "not authorized to perform: ")
				if denied != (one.expected != "") || !strings.Contains(one.found, one.expected) {
					t.Errorf("%s: found %q, expected that it lacks %q", what, one.found, one.expected)
				}
			}
			if found := coded(sent); c.send != "" && !strings.HasPrefix(found, "KMS.AccessDeniedException: ") {
				t.Errorf("SendMessage: found %q, expected the code KMS.AccessDeniedException", found)
			}
			if c.send != "" {
				return
			}
			w.deploy(source, "Messages", strings.Replace(template, "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, KmsMasterKeyId: !Ref Key}}\n", "", 1))
			_, sent = sqs.NewFromConfig(w.config(w.Administrator(source))).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue, MessageBody: aws.String("m")})
			if found := coded(sent); !strings.Contains(found, "the sandbox denies what the deployed stacks leave open") {
				t.Errorf("SendMessage to a queue that was in the stack: found %q", found)
			}
		})
	}
}
