package simulate

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// What is surely there, surely not there, or neither: a Deny on Null says which.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func TestPresenceOfConditionKeys(t *testing.T) {
	for key, want := range map[string]policy.Answer{ // whether a function's role has it when it reads an object
		"aws:CurrentTime": policy.Yes, "aws:TokenIssueTime": policy.Yes, "aws:SourceIp": policy.Yes, "aws:RequestedRegion": policy.Yes, "aws:PrincipalArn": policy.Yes,
		"s3:ResourceAccount": policy.Yes, "s3:TlsVersion": policy.Yes, "s3:signatureversion": policy.Yes, "lambda:SourceFunctionArn": policy.Yes, "aws:PrincipalTag/team": policy.Yes,
		"aws:MultiFactorAuthAge": policy.No, "s3:DataAccessPointArn": policy.No, "s3:VersionId": policy.No, "aws:SourceArn": policy.No, "aws:PrincipalTag/other": policy.No,
		"aws:SourceVpce": policy.No, "aws:CalledVia": policy.No, "aws:Referer": policy.No,
		"s3:x-amz-server-side-encryption": policy.Indeterminate, "s3:ExistingObjectTag/class": policy.Indeterminate, "aws:MultiFactorAuthPresent": policy.Indeterminate,
		"aws:PrincipalOrgID": policy.Indeterminate, "new:Key": policy.Indeterminate,
	} {
		b := role("Own", byLambda, `Action: "s3:*", Resource: "*"`) + "      Tags: [{Key: team, Value: data}]\n" +
			"  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Own.Arn, FunctionName: f}}\n" +
			"  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n" +
			`  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: {"Null": {"` + key + `": "true"}}}]}}}` + "\n"
		m := load(t, model.Options{}, map[string]string{"B": b})
		a := m.FromWorkloads(model.Access{Caller: arnOf("222222222222", "own"), Action: "s3:GetObject", Resource: object})[0]
		if got, says := passes(m, a); got != want {
			t.Errorf("%s: found %s (%s), expected %s", key, got, says, want)
		}
	}
}

// In a subnet that no template has, a request may pass an endpoint or not: no Deny that asks for one is sure, whether it asks for it to be there or not.
func TestEndpointKeysOfAnUnknownNetwork(t *testing.T) {
	for _, condition := range []string{
		`{StringNotEqualsIfExists: {"aws:SourceVpce": vpce-1}}`, `{StringNotEquals: {"aws:SourceVpce": vpce-1}}`, `{StringEquals: {"aws:SourceVpce": vpce-1}}`,
		`{StringNotEquals: {"aws:SourceVpc": vpc-1}}`, `{StringNotEquals: {"aws:VpceAccount": "222222222222"}}`,
		`{NotIpAddress: {"aws:SourceIp": 198.51.100.0/24}}`, `{NotIpAddress: {"aws:VpcSourceIp": 10.0.0.0/8}}`,
	} {
		b := role("Own", byLambda, `Action: "s3:*", Resource: "*"`) +
			"  F: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Own.Arn, FunctionName: f, VpcConfig: {SubnetIds: [subnet-1], SecurityGroupIds: [sg-1]}}}\n" +
			"  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n" +
			`  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: ` + condition + `}]}}}` + "\n"
		m := load(t, model.Options{}, map[string]string{"B": b})
		a := m.FromWorkloads(model.Access{Caller: arnOf("222222222222", "own"), Action: "s3:GetObject", Resource: object})[0]
		if got, says := passes(m, a); got != policy.Indeterminate {
			t.Errorf("%s: found %s (%s), expected unknown", condition, got, says)
		}
	}
}

// A role that no template has may have any tag.
func TestTagsOfStrangers(t *testing.T) {
	b := "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n" +
		`  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "999999999999"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: {StringEquals: {"aws:PrincipalTag/team": data}}}]}}}` + "\n"
	m := load(t, model.Options{}, map[string]string{"B": b})
	if got, says := passes(m, model.Access{Caller: arnOf("999999999999", "x"), Administrator: true, Action: "s3:GetObject", Resource: object}); got != policy.Indeterminate {
		t.Errorf("found %s (%s), expected unknown", got, says)
	}
}

// A client may use TLS 1.2 or 1.3, and what is past stays past: what holds for each value is sure.
func TestKeysWithOneOfSeveralValues(t *testing.T) {
	for condition, want := range map[string]policy.Answer{
		// Whether the Deny is about times that are over, or that may come.
		`{DateLessThan: {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}`: policy.Yes, `{DateGreaterThan: {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}`: policy.No,
		`{DateGreaterThan: {"aws:CurrentTime": "2999-01-01T00:00:00Z"}}`: policy.Indeterminate, `{NumericGreaterThan: {"aws:EpochTime": "1"}}`: policy.No,
		`{DateGreaterThan: {"aws:CurrentTime": "2999-01-01T00:00:00Z"}, DateLessThan: {"aws:CurrentTime": "2999-02-01T00:00:00Z"}}`: policy.Indeterminate,
		`{DateGreaterThan: {"aws:CurrentTime": "2020"}}`: policy.Indeterminate, // W3C dates may have less than a time, which is not read
		`{NumericLessThan: {"s3:TlsVersion": "1.2"}}`:    policy.Yes, `{NumericLessThan: {"s3:TlsVersion": "1.3"}}`: policy.Indeterminate,
		`{NumericGreaterThan: {"s3:TlsVersion": "1.2"}}`: policy.Indeterminate, `{NumericGreaterThanEquals: {"s3:TlsVersion": "1.2"}}`: policy.No,
	} {
		b := role("Own", byLambda, `Action: "s3:*", Resource: "*"`) + "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n" +
			`  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "arn:aws:s3:::lake/*", Condition: ` + condition + `}]}}}` + "\n"
		m := load(t, model.Options{}, map[string]string{"B": b})
		if got, says := passes(m, model.Access{Caller: arnOf("222222222222", "own"), Action: "s3:GetObject", Resource: object}); got != want {
			t.Errorf("%s: found %s (%s), expected %s", condition, got, says, want)
		}
	}
}

// A request to Lambda's API is not by the URL of a function, whether AWS says so by the key or leaves it out.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
func TestInvokedViaFunctionURL(t *testing.T) {
	function := "arn:aws:lambda:eu-west-1:222222222222:function:f"
	byURL := map[string][]string{"lambda:InvokedViaFunctionUrl": {"true"}}
	for _, c := range []struct {
		name, permission string
		context          map[string][]string
		want             policy.Answer
	}{
		{"by the API", `Principal: "*", InvokedViaFunctionUrl: true`, nil, policy.No},
		{"by the URL", `Principal: "*", InvokedViaFunctionUrl: true`, byURL, policy.Yes},
		{"by the API, where that is permitted", `Principal: "*"`, nil, policy.Yes},
		{"by the API, where only the other is excluded", `Principal: "*", InvokedViaFunctionUrl: false`, nil, policy.Indeterminate},
	} {
		b := role("Own", byLambda, `Action: "s3:*", Resource: "*"`) + "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f}}\n" +
			`  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", ` + c.permission + "}}\n"
		m := load(t, model.Options{}, map[string]string{"B": b})
		if got, says := passes(m, model.Access{Caller: arnOf("222222222222", "own"), Action: "lambda:InvokeFunction", Resource: function, Context: c.context}); got != c.want {
			t.Errorf("%s: found %s (%s), expected %s", c.name, got, says, c.want)
		}
	}
}

// The region that is asked for follows from the resource's stack, for STS from the caller's, and that of IAM is one for all.
func TestRequestedRegion(t *testing.T) {
	only := func(region string) model.Options {
		d, err := policy.Parse([]byte(`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"` + region + `"}}}]}`))
		if err != nil {
			t.Fatal(err)
		}
		return model.Options{ServiceControl: map[string][][]*policy.Document{"111111111111": {{d}}, "222222222222": {{d}}}}
	}
	stacks := map[string]string{
		"A": role("Caller", byLambda, `Action: "*", Resource: "*"`),
		"B": role("Target", trusting("111111111111"), `Action: "*", Resource: "*"`) + "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n",
	}
	assumes := &model.Assume{Role: arnOf("222222222222", "target")}
	for _, c := range []struct {
		region string
		access model.Access
		want   policy.Answer
	}{
		{"eu-west-1", model.Access{Caller: arnOf("111111111111", "caller"), Assumes: assumes, Action: "s3:GetObject", Resource: object}, policy.Yes},
		{"eu-west-1", model.Access{Caller: arnOf("111111111111", "caller"), Action: "sts:AssumeRole", Resource: assumes.Role}, policy.Yes},
		{"us-east-1", model.Access{Caller: arnOf("111111111111", "caller"), Assumes: assumes, Action: "s3:GetObject", Resource: object}, policy.No},
		{"us-east-1", model.Access{Caller: arnOf("222222222222", "target"), Action: "iam:ListRoles", Resource: "*"}, policy.Yes},
		{"us-east-1", model.Access{Caller: arnOf("222222222222", "target"), Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:222222222222:q", Nonexistent: true}, policy.Yes},
		{"us-east-1", model.Access{Caller: arnOf("222222222222", "target"), Action: "s3:GetObject", Resource: "arn:aws:s3:::elsewhere/k", Owner: "222222222222"}, policy.Indeterminate},
	} {
		if got, says := passes(load(t, only(c.region), stacks), c.access); got != c.want {
			t.Errorf("%s on %s within %s: found %s (%s), expected %s", c.access.Action, c.access.Resource, c.region, got, says, c.want)
		}
	}
}
