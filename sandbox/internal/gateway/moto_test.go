package gateway_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway"
	"github.com/crossgrant/crossgrant/sandbox/internal/localaws"
)

const (
	region = "eu-west-1"
	source = "111111111111"
	target = "222222222222"
)

// world is a local AWS with a gateway before it.
type world struct {
	*gateway.Gateway
	t testing.TB
}

func start(t *testing.T) world {
	t.Helper()
	server, err := localaws.Start(t.Context(), filepath.Join("..", "..", "..", ".build", "venv"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	g, err := gateway.Start(server.AddressURL(), gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Stop(); err != nil {
			t.Error(err)
		}
	})
	return world{g, t}
}

// config is the configuration of a client with credentials.
func (w world) config(c aws.Credentials) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: aws.String(w.AddressURL()), Credentials: credentials.StaticCredentialsProvider{Value: c}, RetryMaxAttempts: 1}
}

// deploy deploys a template into an account.
func (w world) deploy(account, name, template string) {
	w.t.Helper()
	client := cloudformation.NewFromConfig(w.config(w.Administrator(account)))
	if _, err := client.CreateStack(w.t.Context(), &cloudformation.CreateStackInput{StackName: aws.String(name), TemplateBody: aws.String(template)}); err != nil {
		w.t.Fatal(err)
	}
}

// assume assumes a role.
func (w world) assume(c aws.Credentials, input *sts.AssumeRoleInput) (aws.Credentials, error) {
	got, err := sts.NewFromConfig(w.config(c)).AssumeRole(w.t.Context(), input)
	if err != nil {
		return aws.Credentials{}, err
	}
	return aws.Credentials{AccessKeyID: *got.Credentials.AccessKeyId, SecretAccessKey: *got.Credentials.SecretAccessKey, SessionToken: *got.Credentials.SessionToken}, nil
}

// byHand makes a request to IAM as the administrator of an account.
func (w world) byHand(account, values string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), "POST", w.AddressURL()+"/", strings.NewReader(values))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	sum := sha256.Sum256([]byte(values))
	if err := v4.NewSigner().SignHTTP(w.t.Context(), w.Administrator(account), r, hex.EncodeToString(sum[:]), "iam", "us-east-1", time.Now()); err != nil {
		w.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		w.t.Fatalf("found status %d, %s, %v", response.StatusCode, text, err)
	}
}

// code is the code of an error of AWS, and its message.
func code(err error) (string, string) {
	var of smithy.APIError
	if errors.As(err, &of) {
		return of.ErrorCode(), of.ErrorMessage()
	}
	return "", ""
}

// denied checks that AWS denies a request, in words that contain some.
func denied(t *testing.T, err error, expected ...string) {
	t.Helper()
	found, message := code(err)
	if !strings.HasPrefix(found, "AccessDenied") {
		t.Errorf("found %v, expected AccessDenied", err)
		return
	}
	for _, one := range expected {
		if !strings.Contains(message, one) {
			t.Errorf("found message %q, expected %q in it", message, one)
		}
	}
}

const sourceTemplate = `
Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      RoleName: reader
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
      Policies:
        - PolicyName: assume
          PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: AssumeAccess, Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/access"}]}
`

const targetTemplate = `
Resources:
  Lake:
    Type: AWS::S3::Bucket
    Properties: {BucketName: lake}
  LakePolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Lake
      PolicyDocument: {Version: "2012-10-17", Statement: [{Sid: NoSecrets, Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/inbox/secret"}]}
  Access:
    Type: AWS::IAM::Role
    Properties:
      RoleName: access
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Sid: TrustReader, Effect: Allow, Principal: {AWS: "arn:aws:iam::111111111111:root"}, Action: "sts:AssumeRole",
        Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/reader"}, StringEquals: {"sts:ExternalId": "shared"}}}]}
      Policies:
        - PolicyName: list
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - {Sid: ListInbox, Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake", Condition: {StringLike: {"s3:prefix": "inbox/*"}}}
              - {Sid: ReadInbox, Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/inbox/*"}
  Own:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {Version: "2012-10-17", Statement: [{Sid: Owner, Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:root"}, Action: "kms:*", Resource: "*"}]}
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/own, TargetKeyId: !Ref Own}}
`

// One role of one account lists what it is granted in the other one, through the role that is there for it, and nothing else.
func TestAccessAcrossAccounts(t *testing.T) {
	w := start(t)
	w.deploy(source, "Reports", sourceTemplate)
	w.deploy(target, "Lake", targetTemplate)
	owner := s3.NewFromConfig(w.config(w.Administrator(target)))
	for _, key := range []string{"inbox/1", "inbox/secret", "private/1"} {
		if _, err := owner.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("lake"), Key: aws.String(key), Body: strings.NewReader("content of " + key)}); err != nil {
			t.Fatal(err)
		}
	}
	reader, err := w.Assume("lambda.amazonaws.com", "arn:aws:iam::111111111111:role/reader", "list")
	if err != nil {
		t.Fatal(err)
	}
	input := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::222222222222:role/access"), RoleSessionName: aws.String("reports"), ExternalId: aws.String("shared")}
	access, err := w.assume(reader, input)
	if err != nil {
		t.Fatal(err)
	}
	client := s3.NewFromConfig(w.config(access))
	list := func(prefix string) (*s3.ListObjectsV2Output, error) {
		return client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("lake"), Prefix: aws.String(prefix)})
	}
	get := func(key string) (string, error) {
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String(key)})
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(got.Body)
		return string(text), err
	}

	if listed, err := list("inbox/"); err != nil || len(listed.Contents) != 2 || *listed.Contents[0].Key != "inbox/1" {
		t.Errorf("inbox/: found %+v, %v, expected inbox/1 and inbox/secret", listed, err)
	}
	_, err = list("private/")
	denied(t, err, `User: arn:aws:sts::222222222222:assumed-role/access/reports is not authorized to perform: s3:ListBucket on resource: "arn:aws:s3:::lake" because no identity-based policy allows the s3:ListBucket action`,
		"statement ListInbox", "s3:prefix", "private/")
	if text, err := get("inbox/1"); err != nil || text != "content of inbox/1" {
		t.Errorf("inbox/1: found %q, %v", text, err)
	}
	_, err = get("private/1")
	denied(t, err, "no identity-based policy allows the s3:GetObject action", "ReadInbox")
	_, err = get("inbox/secret")
	denied(t, err, "with an explicit deny in a resource-based policy", "NoSecrets")

	t.Run("objects under a key of their own", func(t *testing.T) {
		for key, input := range map[string]*s3.PutObjectInput{
			"inbox/own":   {ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String("alias/own")},
			"inbox/plain": {ServerSideEncryption: s3types.ServerSideEncryptionAes256},
		} {
			input.Bucket, input.Key, input.Body = aws.String("lake"), aws.String(key), strings.NewReader("content of "+key)
			if _, err := owner.PutObject(t.Context(), input); err != nil {
				t.Fatal(err)
			}
		}
		parts, err := owner.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: aws.String("lake"), Key: aws.String("inbox/parts"), ServerSideEncryption: s3types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String("alias/own")})
		if err != nil || parts.UploadId == nil {
			t.Fatal(parts, err)
		}
		part, err := owner.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: aws.String("lake"), Key: aws.String("inbox/parts"), UploadId: parts.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("content of inbox/parts")})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := owner.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{Bucket: aws.String("lake"), Key: aws.String("inbox/parts"), UploadId: parts.UploadId,
			MultipartUpload: &s3types.CompletedMultipartUpload{Parts: []s3types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}}}}); err != nil {
			t.Fatal(err)
		}
		if text, err := get("inbox/plain"); err != nil || text != "content of inbox/plain" {
			t.Errorf("under S3's own: found %q, %v", text, err)
		}
		for _, key := range []string{"inbox/own", "inbox/parts"} {
			_, err = get(key)
			denied(t, err, "is not authorized to perform: kms:Decrypt on resource: \"arn:aws:kms:eu-west-1:222222222222:key/", "because no identity-based policy allows the kms:Decrypt action")
		}
		w.byHand(target, "Action=PutRolePolicy&Version=2010-05-08&RoleName=access&PolicyName=key&PolicyDocument="+url.QueryEscape(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*",
			"Condition":{"StringEquals":{"kms:ViaService":"s3.eu-west-1.amazonaws.com"},"StringLike":{"kms:EncryptionContext:aws:s3:arn":"arn:aws:s3:::lake/inbox/*"}}}]}`))
		for _, key := range []string{"inbox/own", "inbox/parts"} {
			if text, err := get(key); err != nil || text != "content of "+key {
				t.Errorf("%s with a permission for the key: found %q, %v", key, text, err)
			}
		}
		w.byHand(target, "Action=DeleteRolePolicy&Version=2010-05-08&RoleName=access&PolicyName=key")
		_, err = get("inbox/own")
		denied(t, err, "kms:Decrypt")
	})
	t.Run("without the external ID", func(t *testing.T) {
		_, err := w.assume(reader, &sts.AssumeRoleInput{RoleArn: input.RoleArn, RoleSessionName: input.RoleSessionName})
		denied(t, err, "sts:AssumeRole", "no role trust policy allows", "TrustReader", "sts:ExternalId")
	})
	t.Run("another role of the account", func(t *testing.T) {
		_, err := w.assume(w.Administrator(source), input)
		denied(t, err, "no role trust policy allows", "aws:PrincipalArn")
	})
	t.Run("who one is", func(t *testing.T) {
		who, err := sts.NewFromConfig(w.config(access)).GetCallerIdentity(context.Background(), nil)
		if err != nil || *who.Arn != "arn:aws:sts::222222222222:assumed-role/access/reports" || *who.Account != target {
			t.Errorf("found %+v, %v", who, err)
		}
	})
	t.Run("a change set that AWS refuses", func(t *testing.T) { w.refusedChangeSets() })
	t.Run("change sets that export and import", func(t *testing.T) { w.exportingChangeSets() })
	t.Run("a bucket with objects", func(t *testing.T) {
		client := cloudformation.NewFromConfig(w.config(w.Administrator(target)))
		if _, err := client.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("Lake")}); err != nil {
			t.Fatal(err)
		}
		if status, why := w.status(client, "Lake"); status != "DELETE_FAILED" || !strings.Contains(why, "The bucket you tried to delete is not empty") {
			t.Errorf("found %s: %s, expected that the stack stays", status, why)
		}
		if text, err := get("inbox/1"); err != nil || text != "content of inbox/1" {
			t.Errorf("inbox/1: found %q, %v", text, err)
		}
	})
	t.Run("keys in paths and in sources of copies", func(t *testing.T) { keysAreReadAlike(t, w) })
	t.Run("parameters that are lists", func(t *testing.T) {
		w.deploy(target, "Lists", `{"Parameters": {"Some": {"Type": "CommaDelimitedList", "Default": "a,b&c"}, "None": {"Type": "CommaDelimitedList", "Default": ""}},
			"Resources": {"Group": {"Type": "AWS::Logs::LogGroup"}}}`)
		found, err := cloudformation.NewFromConfig(w.config(w.Administrator(target))).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("Lists")})
		if err != nil {
			t.Fatal(err)
		}
		values := map[string]string{}
		for _, p := range found.Stacks[0].Parameters {
			values[*p.ParameterKey] = *p.ParameterValue
		}
		if values["Some"] != "a,b&c" || values["None"] != "" {
			t.Errorf("found %q, expected a,b&c and nothing", values)
		}
	})
}

// refusedChangeSets deploys a stack by change sets, as the CDK's and the AWS command line do: first when a principal is not there, then when it is.
func (w world) refusedChangeSets() {
	client := cloudformation.NewFromConfig(w.config(w.Administrator(target)))
	const role = "Resources: {Late: {Type: AWS::IAM::Role, Properties: {RoleName: late, AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Principal: {AWS: 'ROLE'}, Action: 'sts:AssumeRole'}]}}}}"
	deploy := func(kind types.ChangeSetType, principal string) (status, why string) {
		w.t.Helper()
		set, err := client.CreateChangeSet(w.t.Context(), &cloudformation.CreateChangeSetInput{StackName: aws.String("Late"), ChangeSetName: aws.String("deploy"), ChangeSetType: kind,
			TemplateBody: aws.String(strings.Replace(role, "ROLE", principal, 1))})
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := client.ExecuteChangeSet(w.t.Context(), &cloudformation.ExecuteChangeSetInput{StackName: set.StackId, ChangeSetName: aws.String("deploy")}); err != nil {
			w.t.Fatal(err)
		}
		return w.status(client, "Late")
	}
	if status, why := deploy(types.ChangeSetTypeCreate, "arn:aws:iam::111111111111:role/nobody"); status != "ROLLBACK_COMPLETE" || !strings.Contains(why, "Invalid principal in policy") {
		w.t.Errorf("found %s: %s, expected that the stack is rolled back", status, why)
	}
	_, err := client.CreateChangeSet(w.t.Context(), &cloudformation.CreateChangeSetInput{StackName: aws.String("Late"), ChangeSetName: aws.String("again"), ChangeSetType: types.ChangeSetTypeUpdate, TemplateBody: aws.String(role)})
	if _, message := code(err); !strings.Contains(message, "is in ROLLBACK_COMPLETE state and can not be updated") {
		w.t.Errorf("found %v, expected that the stack has to be deleted", err)
	}
	summary, err := client.GetTemplateSummary(w.t.Context(), &cloudformation.GetTemplateSummaryInput{StackName: aws.String("Late")}) // which the AWS command line asks for
	if err != nil || len(summary.ResourceTypes) != 1 || summary.ResourceTypes[0] != "AWS::IAM::Role" {
		w.t.Errorf("found %+v, %v, expected the template that was refused", summary, err)
	}
	if _, err := client.DeleteStack(w.t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("Late")}); err != nil {
		w.t.Fatal(err)
	}
	if status, _ := deploy(types.ChangeSetTypeCreate, "arn:aws:iam::111111111111:role/reader"); status != "CREATE_COMPLETE" {
		w.t.Errorf("found %s, expected that the stack is there", status)
	}
	for range 2 { // of which there is none the second time
		if _, err := client.DeleteChangeSet(w.t.Context(), &cloudformation.DeleteChangeSetInput{StackName: aws.String("Late"), ChangeSetName: aws.String("deploy")}); err != nil {
			w.t.Error(err)
		}
	}
	if status, why := deploy(types.ChangeSetTypeUpdate, "arn:aws:iam::111111111111:role/nobody"); status != "UPDATE_ROLLBACK_COMPLETE" || !strings.Contains(why, "Invalid principal in policy") {
		w.t.Errorf("found %s: %s, expected that the stack is as it was", status, why)
	}
}

// exportingChangeSets deploys a stack that exports a name, and one that imports it, by change sets, and deletes them in the wrong order and in the right one.
func (w world) exportingChangeSets() {
	client := cloudformation.NewFromConfig(w.config(w.Administrator(target)))
	deploy := func(stack, template string) *types.Stack {
		w.t.Helper()
		if _, err := client.CreateChangeSet(w.t.Context(), &cloudformation.CreateChangeSetInput{StackName: aws.String(stack), ChangeSetName: aws.String("deploy"), ChangeSetType: types.ChangeSetTypeCreate, TemplateBody: aws.String(template)}); err != nil {
			w.t.Fatal(err)
		}
		if _, err := client.ExecuteChangeSet(w.t.Context(), &cloudformation.ExecuteChangeSetInput{StackName: aws.String(stack), ChangeSetName: aws.String("deploy")}); err != nil {
			w.t.Fatal(err)
		}
		got, err := client.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(stack)})
		if err != nil {
			w.t.Fatal(err)
		}
		return &got.Stacks[0]
	}
	made := deploy("Exports", "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: exported}}}\nOutputs: {Name: {Value: !GetAtt Q.QueueName, Export: {Name: 'queue:name'}}, Lost: {Value: !GetAtt Q.Nothing}}\n")
	if len(made.Outputs) != 1 || aws.ToString(made.Outputs[0].OutputValue) != "exported" {
		w.t.Errorf("found outputs %+v, expected the name", made.Outputs)
	}
	deploy("Imports", "Resources: {R: {Type: AWS::SQS::Queue, Properties: {QueueName: !Join ['', [of-, !ImportValue 'queue:name']]}}}\n")
	remove := func(stack string) {
		w.t.Helper()
		if _, err := client.DeleteStack(w.t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String(stack)}); err != nil {
			w.t.Fatal(err)
		}
	}
	remove("Exports")
	if found, err := client.DescribeStackResource(w.t.Context(), &cloudformation.DescribeStackResourceInput{StackName: aws.String("Imports"), LogicalResourceId: aws.String("R")}); err != nil || !strings.HasSuffix(aws.ToString(found.StackResourceDetail.PhysicalResourceId), "/of-exported") {
		w.t.Errorf("found %+v, %v, expected a queue with the name that is imported", found, err)
	}
	if status, _ := w.status(client, "Exports"); status != "CREATE_COMPLETE" {
		w.t.Errorf("found %s, expected that the stack stays while its export is used", status)
	}
	remove("Imports")
	remove("Exports")
	if _, err := client.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("Exports")}); err == nil {
		w.t.Error("found the stack, expected that it is gone")
	}
}

// status is the status of a stack, and the reason of the last event that has failed.
func (w world) status(client *cloudformation.Client, stack string) (status, why string) {
	w.t.Helper()
	found, err := client.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String(stack)})
	if err != nil {
		w.t.Fatal(err)
	}
	events, err := client.DescribeStackEvents(w.t.Context(), &cloudformation.DescribeStackEventsInput{StackName: aws.String(stack)})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events.StackEvents {
		if strings.HasSuffix(string(e.ResourceStatus), "_FAILED") && aws.ToString(e.ResourceType) != "AWS::CloudFormation::Stack" {
			why = aws.ToString(e.ResourceStatusReason)
			break
		}
	}
	return string(found.Stacks[0].StackStatus), why
}

// The key that is decided is the key that the local AWS stores, however a client writes it in the path; and what is no path of a bucket reaches nothing.
func keysAreReadAlike(t *testing.T, w world) {
	w.deploy(target, "Keys", "Resources: {Keys: {Type: AWS::S3::Bucket, Properties: {BucketName: keys}}}")
	administrator := w.Administrator(target)
	address := strings.TrimPrefix(w.AddressURL(), "http://")
	_, port, _ := strings.Cut(address, ":")
	stored := map[string]string{} // the paths, by the keys that are expected
	// "@" stands for a name of its own. With a host, the bucket is in that. Without a key, nothing has to be stored.
	for i, c := range []struct{ host, path, key string }{
		{"", "/keys/@", "@"}, {"", "/keys/@%20b", "@ b"}, {"", "/keys/@+b", "@+b"}, {"", "/keys/@%2Bb", "@+b"}, {"", "/keys/@%2Fb", "@/b"}, {"", "/keys/@%252Fb", "@%2Fb"},
		{"", "/keys/@/../b", "@/../b"}, {"", "/keys/../@", "../@"}, {"", "/keys/@/%2E%2E/b", "@/../b"}, {"", "/keys/./@", "./@"}, {"", "/keys/@/.", "@/."}, {"", "/keys/@/", "@/"},
		{"", "/keys/@//b", "@//b"}, {"", "/keys//@", "/@"}, {"", "/keys/%2F@", "/@"}, {"", "//keys/@", ""}, {"", "/%2Fkeys/@", ""}, {"", "/keys%2F@", ""},
		{"", "/keys/%E6%97%A5@", "日@"}, {"", "/keys/%FF@", ""}, {"", "/keys/%00@", ""}, {"", "/keys/@%3Fb", "@?b"}, {"", "/keys/@%23b", "@#b"}, {"", "/keys/@;b", "@;b"}, {"", "/keys/@:b", "@:b"},
		{"", "/keys/x.us-east-1.amazonaws.com/@", "x.us-east-1.amazonaws.com/@"}, {"", "/keys/../moto-api/@", "../moto-api/@"},
		{"", "/moto-api/reset", ""}, {"", "/%6Doto-api/reset", ""}, {"", "//moto-api/reset", ""}, {"", "/v20180820/configuration/publicAccessBlock", ""},
		{"keys.localhost", "/@", "@"}, {"keys.localhost", "/other/@", "other/@"}, {"keys.localhost", "//@", "/@"}, {"keys.s3.localhost", "/@", "@"}, {"keys.s3-control.localhost", "/@", ""},
	} {
		name := fmt.Sprint("k", i)
		path, key := strings.ReplaceAll(c.path, "@", name), strings.ReplaceAll(c.key, "@", name)
		r := &http.Request{Method: http.MethodPut, Header: http.Header{}, URL: &url.URL{Scheme: "http", Host: address, RawPath: path}, Body: io.NopCloser(strings.NewReader("x")), ContentLength: 1}
		var err error
		if r.URL.Path, err = url.PathUnescape(path); err != nil {
			t.Fatal(err)
		}
		if c.host != "" {
			r.Host = c.host + ":" + port
		}
		r.Header.Set("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")
		if err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).SignHTTP(t.Context(), administrator, r, "UNSIGNED-PAYLOAD", "s3", region, time.Now()); err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Errorf("%s%s: %v", c.host, path, err)
			continue
		}
		response.Body.Close()
		all := w.Decisions(0)
		last := all[len(all)-1]
		switch {
		case key != "":
			stored[key] = c.host + path
			if decided := "arn:aws:s3:::keys/" + key; response.StatusCode != http.StatusOK || last.Asks[0].Chain.Resource != decided {
				t.Errorf("%s%s: found status %d and %+v, expected that %s is decided", c.host, path, response.StatusCode, last, decided)
			}
		case response.StatusCode < 400:
			t.Errorf("%s%s: found status %d, expected that it is refused", c.host, path, response.StatusCode)
		}
	}
	listed, err := s3.NewFromConfig(w.config(administrator)).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("keys")})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range listed.Contents {
		if _, ok := stored[*o.Key]; !ok {
			t.Errorf("found key %q, which nothing was decided for", *o.Key)
		}
		delete(stored, *o.Key)
	}
	for key, path := range stored {
		t.Errorf("%s: found no key %q", path, key)
	}
	client := s3.NewFromConfig(w.config(administrator))
	for _, key := range []string{"from/1", "from/1;2", "from/1#2", "from/1?2", "from/1+2", "from/1:2", "from/1/../2"} {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("keys"), Key: aws.String(key), Body: strings.NewReader(key)}); err != nil {
			t.Fatal(err)
		}
	}
	for written, key := range map[string]string{
		"keys/from/1": "from/1", "/keys/from/1": "from/1", "keys/from%2F1": "from/1", "keys/from/1;2": "from/1;2", "keys/from/1%3B2": "from/1;2", "keys/from/1#2": "from/1#2", "keys/from/1%3F2": "from/1?2", "keys/from/1+2": "from/1+2",
		"keys/from/1%2B2": "from/1+2", "keys/from/1:2": "from/1:2", "keys/from/1/../2": "from/1/../2", "x://other/keys/from/1": "", "//keys/from/1": "", "%2Fkeys/from/1": "", "keys/from/1?versionid=1": "", "keys/from/1?x=1&versionId=2": "",
	} {
		_, err := client.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("keys"), Key: aws.String("to"), CopySource: aws.String(written)})
		if (err == nil) != (key != "") {
			t.Errorf("copy from %s: found %v, expected a copy of %q", written, err, key)
			continue
		}
		if key == "" {
			continue
		}
		got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("keys"), Key: aws.String("to")})
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(got.Body); err != nil || string(text) != key {
			t.Errorf("copy from %s: found %q, %v, expected %q", written, text, err, key)
		}
	}
}
