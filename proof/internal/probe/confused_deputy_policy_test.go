package probe

import (
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// shared is a bucket of account 222222222222 and its key, for role reader of account 111111111111, with one more statement in both policies.
const shared = `Resources:
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: reports, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: glue.amazonaws.com}, Action: "sts:AssumeRole"}]}}}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [%s]}}}
  Own: {Type: AWS::S3::Bucket, Properties: {BucketName: own}}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {KMSMasterKeyID: !GetAtt Key.Arn}}]}}}
  Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Lake, PolicyDocument: {Statement: [%s, %s]}}}
`

const (
	toNobody   = `{Effect: Deny, Principal: "*", Action: "s3:DeleteObject", Resource: "*"}`
	ownSources = `{Effect: Deny, Principal: "*", Action: "s3:*", Resource: "*", Condition: {StringNotEqualsIfExists: {"aws:SourceAccount": "222222222222"}, Bool: {"aws:PrincipalIsAWSService": "true"}}}`
)

// What a policy allows a service is tried on behalf of others than those that the grant is between.
func TestDeputies(t *testing.T) {
	s3 := func(service, action, condition string) string {
		return fmt.Sprintf(`{Sid: One, Effect: Allow, Principal: {Service: %s}, Action: %s, Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"], Condition: {%s}}`, service, action, condition)
	}
	kms := func(service, condition string) string {
		return fmt.Sprintf(`{Sid: One, Effect: Allow, Principal: {Service: %s}, Action: ["kms:GenerateDataKey*", "kms:Decrypt"], Resource: "*", Condition: {%s}}`, service, condition)
	}
	for name, c := range map[string]struct {
		key, bucket string
		want        check.Verdict
	}{
		"no source":                       {"", s3("config.amazonaws.com", `"s3:*"`, ``), check.Broken},
		"no source, to describe a key":    {`{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "kms:DescribeKey", Resource: "*"}`, "", check.Proved},
		"no source, to write":             {"", s3("config.amazonaws.com", `"s3:PutObject"`, ``), check.Broken},
		"its account":                     {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:SourceAccount": "222222222222"}`), check.Proved},
		"the grantee's account":           {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"AWS:SourceAccount": ["222222222222", "111111111111"]}`), check.Proved},
		"another account":                 {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:SourceAccount": "333333333333"}`), check.Broken},
		"one account and another":         {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:SourceAccount": ["222222222222", "333333333333"]}`), check.Broken},
		"accounts like its own":           {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringLike: {"aws:SourceAccount": "22222222222?"}`), check.Broken},
		"trails of accounts like its own": {"", s3("cloudtrail.amazonaws.com", `"s3:PutObject"`, `ArnLike: {"aws:SourceArn": "arn:aws:cloudtrail:*:2222*:trail/*"}`), check.Broken},
		"its account, if there is one":    {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEqualsIfExists: {"aws:SourceAccount": "222222222222"}`), check.Broken},
		"its trail":                       {"", s3("cloudtrail.amazonaws.com", `"s3:PutObject"`, `ArnLike: {"aws:SourceArn": "arn:aws:cloudtrail:*:222222222222:trail/*"}`), check.Proved},
		"a trail of another account":      {"", s3("cloudtrail.amazonaws.com", `"s3:PutObject"`, `ArnLike: {"aws:SourceArn": "arn:aws:cloudtrail:*:333333333333:trail/*"}`), check.Broken},
		"a trail of any account":          {"", s3("cloudtrail.amazonaws.com", `"s3:PutObject"`, `ArnLike: {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}`), check.Broken},
		"a bucket of its own":             {"", s3("logging.s3.amazonaws.com", `"s3:PutObject"`, `ArnLike: {"aws:SourceArn": "arn:aws:s3:::own"}`), check.Proved},
		"a bucket that no template has":   {"", s3("logging.s3.amazonaws.com", `"s3:PutObject"`, `ArnLike: {"aws:SourceArn": "arn:aws:s3:::far"}`), check.Broken},
		"any bucket":                      {"", s3("logging.s3.amazonaws.com", `"s3:PutObject"`, `ArnLike: {"aws:SourceArn": "arn:aws:s3:::*"}`), check.Broken},
		"its organization":                {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:SourceOrgID": "o-abcdefghij"}`), check.Proved},
		"another organization":            {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:SourceOrgID": "o-foreign000"}`), check.Broken},
		"an organization and its account": {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:SourceOrgID": "o-foreign000", "aws:SourceAccount": "222222222222"}`), check.Proved},
		"an organization, with no known organization of its own": {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:SourceOrgID": "o-abcdefghij"}`), check.Undecided},
		"a part of its organization":                             {"", s3("config.amazonaws.com", `"s3:PutObject"`, `"ForAnyValue:StringLike": {"aws:SourceOrgPaths": "o-abcdefghij/*"}`), check.Proved},
		"an unknown source":                                      {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:SourceAccount": !GetAtt Role.Unknown}`), check.Undecided},
		"an unknown resource":                                    {"", s3("config.amazonaws.com", `"s3:PutObject"`, `ArnEquals: {"aws:SourceArn": !GetAtt Role.Unknown}`), check.Undecided},
		"an unknown resource, as it is":                          {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:SourceArn": !GetAtt Role.Unknown}`), check.Undecided},
		"its account, as a referer":                              {"", s3("ses.amazonaws.com", `"s3:PutObject"`, `StringEquals: {"aws:Referer": "222222222222"}`), check.Proved},
		"an unknown account's resource":                          {"", s3("config.amazonaws.com", `"s3:PutObject"`, `ArnEquals: {"aws:SourceArn": !Sub "arn:aws:config:eu-west-1:${Role.Unknown}:x"}`), check.Undecided},
		"an account that is not excluded":                        {"", s3("config.amazonaws.com", `"s3:PutObject"`, `StringNotEquals: {"aws:SourceAccount": "444444444444"}`), check.Broken},
		"everything but one":                                     {"", `{Sid: One, Effect: Allow, Principal: {Service: config.amazonaws.com}, NotAction: "s3:DeleteBucket", Resource: "arn:aws:s3:::lake/*"}`, check.Broken},
		"every other resource":                                   {"", `{Sid: One, Effect: Allow, Principal: {Service: config.amazonaws.com}, Action: "s3:ListBucket", NotResource: "arn:aws:s3:::lake/*"}`, check.Broken},
		"no source, but a perimeter":                             {"", s3("config.amazonaws.com", `"s3:PutObject"`, ``) + ", " + ownSources, check.Proved},
		"logs of load balancers, anywhere":                       {"", s3("logdelivery.elasticloadbalancing.amazonaws.com", `"s3:PutObject"`, ``), check.Broken},
		"logs of its load balancers":                             {"", `{Sid: One, Effect: Allow, Principal: {Service: logdelivery.elasticloadbalancing.amazonaws.com}, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/AWSLogs/222222222222/*"}`, check.Proved},
		"a skill": {"", toNobody + `]}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: queue}}
  Function: {Type: AWS::Lambda::Function, Metadata: {CrossGrant::MustWork: true}, Properties: {FunctionName: skill, Role: "arn:aws:iam::222222222222:role/skill", DeadLetterConfig: {TargetArn: !GetAtt Queue.Arn}}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: skill, Action: "lambda:InvokeFunction", Principal: alexa-appkit.amazon.com, EventSourceToken: amzn1.ask.skill.1}}
  Rest: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: other, PolicyDocument: {Statement: [` + toNobody, check.Proved},
		"every skill": {"", toNobody + `]}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: queue}}
  Function: {Type: AWS::Lambda::Function, Metadata: {CrossGrant::MustWork: true}, Properties: {FunctionName: skill, Role: "arn:aws:iam::222222222222:role/skill", DeadLetterConfig: {TargetArn: !GetAtt Queue.Arn}}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: skill, Action: "lambda:InvokeFunction", Principal: alexa-appkit.amazon.com}}
  Rest: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: other, PolicyDocument: {Statement: [` + toNobody, check.Broken},
		"a key without a source":    {kms("s3.amazonaws.com", ``), toNobody, check.Broken},
		"a key for its topics":      {kms("sns.amazonaws.com", `ArnLike: {"aws:SourceArn": "arn:aws:sns:*:222222222222:*"}`), toNobody, check.Proved},
		"a key for its log groups":  {kms("logs.eu-west-1.amazonaws.com", `ArnLike: {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:222222222222:*"}`), toNobody, check.Proved},
		"a key for every log group": {kms("logs.eu-west-1.amazonaws.com", `ArnLike: {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:*:*"}`), toNobody, check.Broken},
		"a key of a queue, as AWS has it": {"", toNobody + `]}}}
  QueueKey: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: [` + kms("sns.amazonaws.com", ``) + `]}}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: queue, KmsMasterKeyId: !GetAtt QueueKey.Arn}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: topic}}
  QueuePolicy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: sns.amazonaws.com}, Action: "sqs:SendMessage", Resource: !GetAtt Queue.Arn, Condition: {ArnEquals: {"aws:SourceArn": !Ref Topic}}}]}}}
  Subscription: {Type: AWS::SNS::Subscription, Metadata: {CrossGrant::MustWork: true}, Properties: {Protocol: sqs, TopicArn: !Ref Topic, Endpoint: !GetAtt Queue.Arn}}
  Rest: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: other, PolicyDocument: {Statement: [` + toNobody, check.Proved},
		"services in trust policies": {"", toNobody, check.Proved},
	} {
		t.Run(name, func(t *testing.T) {
			key := c.key
			if key == "" {
				key = `{Effect: Allow, Principal: {AWS: "222222222222"}, Action: "kms:*", Resource: "*"}`
			}
			o := model.Options{Organizations: map[string]string{"222222222222": "o-abcdefghij"}}
			if strings.Contains(name, "no known organization") {
				o = model.Options{}
			}
			m := modeltest.Read(t, o, modeltest.Stack{Name: "Target", Account: modeltest.TargetAccount, Template: modeltest.Grant("Target",
				`[{sid: Objects, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]}]`) + fmt.Sprintf(shared, key, toNobody, c.bucket)})
			checks := confusedDeputy(m)
			check.Run(m, checks)
			got := check.Proved
			for _, one := range checks {
				if one.Grant != "reports-prod-eu-west-1" && strings.Contains(one.Name, "lake") {
					t.Errorf("found grant %q, expected that of the bucket", one.Grant)
				}
				if one.Verdict == check.Broken || got == check.Proved {
					got = one.Verdict
				}
				if one.Verdict == check.Broken && (len(one.Where) == 0 || !strings.Contains(strings.Join(one.Remedy, "\n"), "ask for aws:SourceAccount 222222222222")) {
					t.Errorf("found remedy %q where %v", one.Remedy, one.Where)
				}
			}
			if got != c.want {
				t.Errorf("found %s, expected %s", got, c.want)
				for _, one := range checks {
					t.Log(one.Verdict, one.Name, one.Says)
				}
			}
		})
	}
}
