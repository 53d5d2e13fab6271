package gateway

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
)

// roles are two of them: the first may assume the second, if it says for whom, and pass tags on.
const roles = `
Resources:
  First:
    Type: AWS::IAM::Role
    Properties:
      RoleName: first
      MaxSessionDuration: 7200
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}]}
      Policies: [{PolicyName: p, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], Resource: "*"}]}}]
  Second:
    Type: AWS::IAM::Role
    Properties:
      RoleName: second
      MaxSessionDuration: 7200
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Sid: ForBob, Effect: Allow, Principal: {AWS: !GetAtt First.Arn}, Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
             Condition: {StringEquals: {"aws:SourceIdentity": bob}, StringLike: {"sts:RoleSessionName": "job-*"}}}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Version: "2012-10-17"
            Statement: [{Sid: OwnTeam, Effect: Allow, Action: "s3:*", Resource: "arn:aws:s3:::lake/${aws:PrincipalTag/team}/*"}]
  Puts: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: puts, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:PutObject", Resource: "*"}]}}}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
`

// assume assumes a role of account 111111111111 and returns its credentials, or the error as "CODE: MESSAGE".
func (w world) assume(c aws.Credentials, role string, change func(*sts.AssumeRoleInput)) (aws.Credentials, string) {
	input := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/" + role), RoleSessionName: aws.String("job-1")}
	if change != nil {
		change(input)
	}
	got, err := sts.NewFromConfig(w.config(c)).AssumeRole(w.t.Context(), input)
	if err != nil {
		return aws.Credentials{}, coded(err)
	}
	return aws.Credentials{AccessKeyID: *got.Credentials.AccessKeyId, SecretAccessKey: *got.Credentials.SecretAccessKey, SessionToken: *got.Credentials.SessionToken, Expires: *got.Credentials.Expiration}, ""
}

// coded is an error of AWS as "CODE: MESSAGE". "" for none.
func coded(err error) string {
	var of smithy.APIError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &of):
		return of.ErrorCode() + ": " + of.ErrorMessage()
	}
	return err.Error()
}

func TestAssumedRoles(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	administrator := w.Administrator(source)
	first, problem := w.assume(administrator, "first", func(in *sts.AssumeRoleInput) {
		in.SourceIdentity, in.DurationSeconds = aws.String("bob"), aws.Int32(7200)
		in.Tags, in.TransitiveTagKeys = []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}, {Key: aws.String("own"), Value: aws.String("x")}}, []string{"team"}
	})
	if left := time.Until(first.Expires); problem != "" || left < 119*time.Minute || left > 120*time.Minute {
		t.Fatalf("found %s, a session of %s, expected one of two hours", problem, left)
	}
	second, problem := w.assume(first, "second", nil)
	if left := time.Until(second.Expires); problem != "" || left < 59*time.Minute || left > time.Hour {
		t.Fatalf("found %s, a session of %s, expected one of an hour", problem, left)
	}
	put := func(c aws.Credentials, key string) string {
		_, err := s3.NewFromConfig(w.config(c)).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("lake"), Key: aws.String(key), Body: strings.NewReader("x")})
		return coded(err)
	}
	if problem := put(second, "blue/1"); problem != "" {
		t.Errorf("with the tag that the first session passes on: found %s", problem)
	}
	if problem := put(second, "red/1"); !strings.HasPrefix(problem, "AccessDenied: ") || !strings.Contains(problem, "OwnTeam") {
		t.Errorf("for another tag: found %s, expected that statement OwnTeam does not permit it", problem)
	}
	limited, problem := w.assume(first, "second", func(in *sts.AssumeRoleInput) {
		in.Policy = aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::lake/*/public"}]}`)
	})
	if problem != "" || put(limited, "blue/public") != "" {
		t.Errorf("a session with a policy: found %s and %s", problem, put(limited, "blue/public"))
	}
	if problem := put(limited, "blue/1"); !strings.HasPrefix(problem, "AccessDenied: ") || !strings.Contains(problem, "no session policy allows the s3:PutObject action") {
		t.Errorf("beyond its policy: found %s, expected that the session policy does not permit it", problem)
	}

	// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
	const chained, longest = "ValidationError: a parameter is invalid: The requested DurationSeconds exceeds the 1 hour session limit", "ValidationError: a parameter is invalid: The requested DurationSeconds exceeds the MaxSessionDuration"
	for name, c := range map[string]struct {
		by       aws.Credentials
		role     string
		change   func(*sts.AssumeRoleInput)
		expected string
	}{
		"a chained session of more than an hour": {first, "second", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(3601) }, chained},
		"a session longer than the role's":       {administrator, "first", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(7201) }, longest},
		"a session of 14 minutes":                {administrator, "first", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(840) }, "ValidationError: "},
		"another name":                           {first, "second", func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("other") }, "AccessDenied: User: arn:aws:sts::111111111111:assumed-role/first/job-1 is not authorized to perform: sts:AssumeRole"},
		"nobody's session":                       {administrator, "second", nil, "AccessDenied: "},
		"another source identity":                {first, "second", func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("eve") }, "ValidationError: "},
		"a tag that is passed on": {first, "second", func(in *sts.AssumeRoleInput) {
			in.Tags = []types.Tag{{Key: aws.String("Team"), Value: aws.String("red")}}
		}, "ValidationError: "},
		"a role that nobody has": {administrator, "third", nil, "AccessDenied: "},
		"an MFA device": {administrator, "first", func(in *sts.AssumeRoleInput) {
			in.SerialNumber, in.TokenCode = aws.String("arn:aws:iam::111111111111:mfa/a"), aws.String("123456")
		}, "AccessDenied: the sandbox denies what it does not know"},
		"a managed policy of nobody": {administrator, "first", func(in *sts.AssumeRoleInput) {
			in.PolicyArns = []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::111111111111:policy/nobody")}}
		}, "AccessDenied: the sandbox denies what it does not know: session policy arn:aws:iam::111111111111:policy/nobody: no deployed stack has it"},
		"a managed policy of another account": {administrator, "first", func(in *sts.AssumeRoleInput) {
			in.PolicyArns = []types.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::222222222222:policy/p")}}
		}, "ValidationError: "},
		"a session policy that is none": {administrator, "first", func(in *sts.AssumeRoleInput) { in.Policy = aws.String("{") }, "ValidationError: "},
	} {
		if _, found := w.assume(c.by, c.role, c.change); !strings.HasPrefix(found, c.expected) {
			t.Errorf("%s: found %q, expected %q", name, found, c.expected)
		}
	}

	for name, policies := range map[string][]string{"no session policy allows the s3:PutObject action": {"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}, "": {"arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", "arn:aws:iam::111111111111:policy/puts"}} {
		managed, problem := w.assume(first, "second", func(in *sts.AssumeRoleInput) {
			for _, one := range policies {
				in.PolicyArns = append(in.PolicyArns, types.PolicyDescriptorType{Arn: aws.String(one)})
			}
		})
		if problem != "" {
			t.Fatal(problem)
		}
		if problem := put(managed, "blue/1"); !strings.Contains(problem, name) || name == "" && problem != "" {
			t.Errorf("a session with %s: found %q, expected %q", policies, problem, name)
		}
	}
	if _, err := sts.NewFromConfig(w.config(first)).GetSessionToken(t.Context(), nil); coded(err) != "AccessDenied: Cannot call GetSessionToken with session credentials" {
		t.Errorf("GetSessionToken: found %v", err)
	}
	if info, err := sts.NewFromConfig(w.config(administrator)).GetAccessKeyInfo(t.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String(first.AccessKeyID)}); err != nil || *info.Account != source {
		t.Errorf("GetAccessKeyInfo: found %+v, %v", info, err)
	}
	if _, err := sts.NewFromConfig(w.config(first)).GetAccessKeyInfo(t.Context(), &sts.GetAccessKeyInfoInput{AccessKeyId: aws.String(first.AccessKeyID)}); !strings.HasPrefix(coded(err), "AccessDenied: ") {
		t.Errorf("GetAccessKeyInfo without a permission: found %v", err)
	}
	config := w.config(first)
	config.Credentials = aws.AnonymousCredentials{}
	_, err := sts.NewFromConfig(config).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{RoleArn: aws.String("arn:aws:iam::111111111111:role/first"), RoleSessionName: aws.String("job"), WebIdentityToken: aws.String("token")})
	if problem := coded(err); !strings.HasPrefix(problem, "AccessDenied: the sandbox denies what it does not know: found AssumeRoleWithWebIdentity") {
		t.Errorf("a token: found %s", problem)
	}

	who, err := sts.NewFromConfig(w.config(second)).GetCallerIdentity(t.Context(), nil)
	if err != nil || *who.Arn != "arn:aws:sts::111111111111:assumed-role/second/job-1" || !strings.HasPrefix(*who.UserId, "AROA") || !strings.HasSuffix(*who.UserId, ":job-1") || *who.Account != source {
		t.Errorf("found %+v, %v", who, err)
	}
	if _, err := w.Assume("lambda.amazonaws.com", "arn:aws:iam::111111111111:role/first", "f"); err == nil || !strings.Contains(err.Error(), "no role trust policy allows") {
		t.Errorf("a service that the role does not trust: found %v", err)
	}
}
