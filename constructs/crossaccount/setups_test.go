package crossaccount_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/sample"
	"github.com/crossgrant/crossgrant/proof"
)

// setUp is a set-up that people have, with what becomes of it.
type setUp struct {
	verdict string // "proved", "broken" or "undecided" by the proof, or "refused" by the construct
	says    string // in the report, or in the refusal
	build   func(a accounts, p *crossaccount.GrantProps)
	facts   string // the resources of a file of facts, with which it is proved; empty for none
}

var setUps = map[string]setUp{
	"two buckets and two tables in one grant": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{
			crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in/"), crossaccount.WriteBucket(namedBucket(a.target, "Two", keyIn(a.target, "Two")), "out/"),
			crossaccount.ReadTable(namedTable(a.target, "one")), crossaccount.ReadTable(namedTable(a.target, "two"), "byName"), crossaccount.WriteTable(namedTable(a.target, "three")),
		}
	}, ""},
	"buckets with keys, of which one is read, one written and one listed": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{
			crossaccount.ReadBucket(namedBucket(a.target, "One", keyIn(a.target, "One"))), crossaccount.WriteBucket(namedBucket(a.target, "Two", keyIn(a.target, "Two"))),
			crossaccount.ListBucket(namedBucket(a.target, "Three", keyIn(a.target, "Three"))),
		}
	}, ""},
	"two copies in one grant": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{
			crossaccount.CopyIntoBucket(namedBucket(a.source, "FromOne", keyIn(a.source, "FromOne")), namedBucket(a.target, "One", nil), "in/"),
			crossaccount.CopyIntoBucket(namedBucket(a.source, "FromTwo", nil), namedBucket(a.target, "Two", keyIn(a.target, "Two"))),
		}
	}, ""},
	"two buckets, directly": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in/"), crossaccount.ReadBucket(namedBucket(a.target, "Two", keyIn(a.target, "Two")))}
	}, ""},
	"a queue, a topic and a secret, directly": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{
			crossaccount.SendToQueue(tlsQueue(a, keyIn(a.target, "Queue"))), crossaccount.ReceiveFromQueue(awssqs.NewQueue(a.target, jsii.String("Done"), &awssqs.QueueProps{QueueName: jsii.String("done"), EnforceSSL: jsii.Bool(true)})),
			crossaccount.PublishToTopic(topic(a, keyIn(a.target, "Topic"))),
			crossaccount.ReadSecret(secret(a, keyIn(a.target, "Secret"))),
		}
	}, ""},
	"a queue, a topic and a function": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{
			crossaccount.SendToQueue(awssqs.NewQueue(a.target, jsii.String("Done"), &awssqs.QueueProps{QueueName: jsii.String("done"), EnforceSSL: jsii.Bool(true), Encryption: awssqs.QueueEncryption_KMS_MANAGED})),
			crossaccount.PublishToTopic(topic(a, awskms.Alias_FromAliasName(a.target, jsii.String("AWSKey"), jsii.String("alias/aws/sns")))),
			crossaccount.InvokeFunction(callee(a)),
		}
	}, ""},
	"a function, directly, by its exact role": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access, p.Trust.Mode = crossaccount.Direct, crossaccount.ExactRole
		p.Permissions = permissions{crossaccount.InvokeFunction(callee(a))}
	}, ""},
	"an alias of a function, directly, by its exact role": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access, p.Trust.Mode = crossaccount.Direct, crossaccount.ExactRole
		p.Permissions = permissions{crossaccount.InvokeFunction(callee(a).(awslambda.Function).AddAlias(jsii.String("live"), nil))}
	}, ""},
	"two keys, two queues, two secrets and two streams in one grant": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{
			crossaccount.UseKey(keyIn(a.target, "One"), crossaccount.Decrypt), crossaccount.UseKey(keyIn(a.target, "Two").AddAlias(jsii.String("two")), crossaccount.Encrypt),
			crossaccount.SendToQueue(tlsQueue(a, nil)), crossaccount.ReceiveFromQueue(awssqs.NewQueue(a.target, jsii.String("Done"), &awssqs.QueueProps{QueueName: jsii.String("done"), EnforceSSL: jsii.Bool(true)})),
			crossaccount.ReadSecret(secret(a, nil)),
			crossaccount.ReadSecret(awssecretsmanager.NewSecret(a.target, jsii.String("Token"), &awssecretsmanager.SecretProps{SecretName: jsii.String("app/token"), EncryptionKey: keyIn(a.target, "Token")})),
			crossaccount.ReadStream(streamingTable(a, "one")), crossaccount.ReadStream(streamingTable(a, "two")),
		}
	}, ""},
	"an event source mapping of a function in a VPC": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		vpc := network.NewSourceVpc(a.source, "Network", network.SourceVpcProps{AvailabilityZones: []string{"ap-northeast-1a", "ap-northeast-1c"}})
		worker := functionIn(a, vpc.Vpc(), vpc.PrivateSubnets())
		p.Grantees, p.Access = to(worker), crossaccount.Direct
		p.Permissions = permissions{crossaccount.PollByEventSource(tlsQueue(a, keyIn(a.target, "Queue")))}
		mapTo(a, worker)
	}, ""},
	"a function that is there already": {"undecided", "give the facts of arn:aws:lambda:ap-northeast-1:222222222222:function:theirs, which no template has", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.InvokeFunction(awslambda.Function_FromFunctionArn(a.target, jsii.String("Theirs"), jsii.String("arn:aws:lambda:ap-northeast-1:222222222222:function:theirs")))}
	}, `"arn:aws:lambda:ap-northeast-1:222222222222:function:theirs": {"policy": null, "role": "arn:aws:iam::222222222222:role/theirs", "subnets": [], "securityGroups": []}`},
	"a function, directly, by the name of its role": {"refused", "expected Trust.Mode ExactRole, or AssumeRole: the policy of a function takes no condition on the name of the caller's role", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.InvokeFunction(callee(a))}
	}, ""},
	"an event source mapping on the other account's queue": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.PollByEventSource(tlsQueue(a, keyIn(a.target, "Queue")))}
		worker := function(a.source)
		p.Grantees = to(worker)
		mapTo(a, worker)
	}, ""},
	"an event source mapping by a trusted role": {"refused", "expected Access: Direct: an event source mapping polls as the function's own role", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.PollByEventSource(queue(a, nil))}
	}, ""},
	"a queue under aws/sqs, directly": {"refused", "found queue Target/Done, encrypted with a key that AWS manages, with Direct access; expected AssumeRole, or a customer managed key", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.ReceiveFromQueue(awssqs.NewQueue(a.target, jsii.String("Done"), &awssqs.QueueProps{QueueName: jsii.String("done"), EnforceSSL: jsii.Bool(true), Encryption: awssqs.QueueEncryption_KMS_MANAGED}))}
	}, ""},
	"a secret under aws/secretsmanager, directly": {"refused", "found secret Target/Login, encrypted with a key that AWS manages, with Direct access; expected AssumeRole, or a customer managed key (EncryptionKey", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.ReadSecret(secret(a, nil))}
	}, ""},
	"a secret whose name ends as an ARN does, directly": {"refused", "found ReadSecretValue with Direct access, expected AssumeRole: the secret's name ends in a hyphen and six characters", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.ReadSecret(awssecretsmanager.NewSecret(a.target, jsii.String("Login"), &awssecretsmanager.SecretProps{
			SecretName: jsii.String("app/db-master"), EncryptionKey: keyIn(a.target, "Secret"),
		}))}
	}, ""},
	"a topic under aws/sns, directly": {"refused", "found topic Target/Mails, encrypted with a key that AWS manages", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.PublishToTopic(topic(a, awskms.Alias_FromAliasName(a.target, jsii.String("AWSKey"), jsii.String("alias/aws/sns"))))}
	}, ""},
	"a stream, directly": {"refused", "expected AssumeRole: this construct writes no resource policy for it, only those of buckets, tables (not of their streams)", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.ReadStream(tableWithStream(a, nil))}
	}, ""},
	"a prefix with * and ? inside": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in*/a?b/"), crossaccount.WriteBucket(namedBucket(a.target, "One2", nil), "out*/x")}
	}, ""},
	"a prefix that ends in *": {"refused", "expected it without the * at its end: a prefix is taken literally", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in/*")}
	}, ""},
	"an access point in place of its bucket": {"refused", "found data-abc-s3alias, which is an access point, expected its bucket", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(awss3.Bucket_FromBucketName(a.target, jsii.String("Point"), jsii.String("data-abc-s3alias")))}
	}, ""},
	"a bucket with an access point of its account": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		data := namedBucket(a.target, "One", nil)
		p.Permissions = permissions{crossaccount.ReadBucket(data)}
		accessPoint(a, data)
	}, ""},
	"a bucket that leaves access to the access points of its account": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		data := namedBucket(a.target, "One", nil)
		data.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()}, Actions: jsii.Strings("s3:GetObject"), Resources: jsii.Strings(*data.BucketArn() + "/*"),
			Conditions: &map[string]any{"StringEquals": map[string]any{"s3:DataAccessPointAccount": "222222222222"}},
		}))
		p.Permissions = permissions{crossaccount.ReadBucket(data)}
		accessPoint(a, data)
	}, ""},
	"an access point that lets the other account in beside the grant": {"broken", "statement 0 of the policy of accesspoint point: it allows arn:aws:iam::111111111111:role/function, and no grant does", func(a accounts, p *crossaccount.GrantProps) {
		data := namedBucket(a.target, "One", nil)
		p.Permissions = permissions{crossaccount.ReadBucket(data)}
		awss3.NewCfnAccessPoint(a.target, jsii.String("Point"), &awss3.CfnAccessPointProps{Bucket: data.BucketName(), Name: jsii.String("point"), Policy: map[string]any{
			"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Principal": map[string]any{"AWS": "arn:aws:iam::111111111111:role/function"},
				"Action": "s3:GetObject", "Resource": "arn:aws:s3:ap-northeast-1:222222222222:accesspoint/point/object/*"}}}})
	}, ""},
	"an access point, by its ARN, in place of its bucket": {"refused", "found arn:aws:s3:ap-northeast-1:222222222222:accesspoint/point, which is an access point, expected its bucket", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(awss3.Bucket_FromBucketArn(a.target, jsii.String("Point"), jsii.String("arn:aws:s3:ap-northeast-1:222222222222:accesspoint/point")))}
	}, ""},
	"a permission of one's own on an access point": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		data := namedBucket(a.target, "One", nil)
		accessPoint(a, data)
		p.Permissions = permissions{throughPoint{}}
	}, ""},
	"a permission of one's own on what its action is not on": {"broken", "found resource \"arn:aws:s3:::one-of-222222222222/", func(a accounts, p *crossaccount.GrantProps) {
		namedBucket(a.target, "One", nil)
		p.Permissions = permissions{onNothing{}}
	}, ""},
	"writing into a bucket with ObjectWriter, as a trusted role": {"undecided", "ObjectOwnership ObjectWriter lets each object of bucket owned-of-222 (data) have an ACL of its own", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.WriteBucket(ownedBucket(a, awss3.ObjectOwnership_OBJECT_WRITER))}
	}, ""},
	"writing into a bucket with ObjectWriter, directly": {"refused", "found bucket Target/Owned with the object ownership ObjectWriter and Direct access", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.WriteBucket(ownedBucket(a, awss3.ObjectOwnership_OBJECT_WRITER))}
	}, ""},
	"writing into a bucket with BucketOwnerPreferred, directly": {"refused", "BucketOwnerPreferred and Direct access", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.WriteBucket(ownedBucket(a, awss3.ObjectOwnership_BUCKET_OWNER_PREFERRED))}
	}, ""},
	"a copy from a bucket under aws/s3": {"refused", "SourceBuckets: found bucket Source/Origin, encrypted with a key that AWS manages, expected a customer managed key, or Direct access", func(a accounts, p *crossaccount.GrantProps) {
		origin := awss3.NewBucket(a.source, jsii.String("Origin"), &awss3.BucketProps{BucketName: jsii.String("origin-of-111"), Encryption: awss3.BucketEncryption_KMS_MANAGED})
		p.Permissions = permissions{crossaccount.CopyIntoBucket(origin, namedBucket(a.target, "One", nil))}
	}, ""},
	"a copy from a bucket under aws/s3, directly": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		origin := awss3.NewBucket(a.source, jsii.String("Origin"), &awss3.BucketProps{BucketName: jsii.String("origin-of-111"), Encryption: awss3.BucketEncryption_KMS_MANAGED, EnforceSSL: jsii.Bool(true)})
		p.Permissions = permissions{crossaccount.CopyIntoBucket(origin, namedBucket(a.target, "One", nil))}
	}, ""},
	"a copy from another region, through an endpoint": {"refused", "SourceBuckets: found bucket Far/FromFar in eu-west-1 for a destination in ap-northeast-1 with an S3 endpoint", func(a accounts, p *crossaccount.GrantProps) {
		far := stackIn(a.app, "Far", "111111111111", "eu-west-1")
		p.Permissions = permissions{crossaccount.CopyIntoBucket(namedBucket(far, "FromFar", nil), namedBucket(a.target, "One", nil))}
		p.Endpoints.S3 = gateway(a)
	}, ""},
	"a copy from another region, from anywhere": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		far := stackIn(a.app, "Far", "111111111111", "eu-west-1")
		p.Permissions = permissions{crossaccount.CopyIntoBucket(namedBucket(far, "FromFar", nil), namedBucket(a.target, "One", nil))}
	}, ""},
	"a perimeter of a VPC of the same app": {"refused", "Perimeter.Vpcs: found an ID that AWS generates at deployment, such as that of a VPC or an endpoint of this app, expected VpceAccounts", func(a accounts, p *crossaccount.GrantProps) {
		vpc := awsec2.NewVpc(a.source, jsii.String("Vpc"), &awsec2.VpcProps{AvailabilityZones: jsii.Strings("ap-northeast-1a")})
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil))}
		p.Perimeter.Vpcs = []string{*vpc.VpcId()}
	}, ""},
	"an organization's trail under a key": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		logs := workload.NewTrailBucket(a.target, "Trail", workload.TrailBucketProps{
			BucketName: "logs-of-222", TrailName: "company", CreateTrail: true, OrganizationID: "o-a1b2c3d4e5", EncryptionKey: keyIn(a.target, "Logs"),
		})
		p.Permissions = permissions{crossaccount.ReadBucket(logs.Bucket(), logs.PrefixOf("111111111111"), logs.Prefix())}
	}, ""},
	"an organization's trail of another account under a key": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		logs := workload.NewTrailBucket(a.target, "Trail", workload.TrailBucketProps{
			BucketName: "logs-of-222", TrailName: "company", TrailAccount: "333333333333", OrganizationID: "o-a1b2c3d4e5", EncryptionKey: keyIn(a.target, "Logs"),
		})
		p.Permissions = permissions{crossaccount.ReadBucket(logs.Bucket(), logs.PrefixOf("111111111111"))}
	}, ""},
	"a VPC by attributes, with endpoints of this app": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		inVpc(a, p, byAttributes(a), true)
	}, ""},
	"a VPC by attributes that nobody has recorded": {"undecided", "subnet-0a1b2c3d4e5f67891", func(a accounts, p *crossaccount.GrantProps) {
		inVpc(a, p, byAttributes(a), false)
	}, vpcFacts("")},
	"a VPC by look-up, with endpoints of this app": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		inVpc(a, p, byLookUp(a), true)
	}, ""},
	"a VPC by attributes, with endpoints that are there already": {"undecided", "subnet-0a1b2c3d4e5f67891", func(a accounts, p *crossaccount.GrantProps) {
		vpc := byAttributes(a)
		p.Grantees = to(functionIn(a, vpc, &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}))
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil))}
		p.Endpoints = crossaccount.Endpoints{STS: crossaccount.ImportedEndpoint("vpce-0a1b2c3d4e5f67890"), S3: crossaccount.ImportedEndpoint("vpce-0a1b2c3d4e5f67891")}
		p.StatementsAddedManually = true
	}, vpcFacts(`
		"vpce-0a1b2c3d4e5f67890": {"service": "com.amazonaws.ap-northeast-1.sts", "subnets": ["subnet-0a1b2c3d4e5f67891"], "securityGroups": ["sg-0a1b2c3d4e5f67890"], "privateDns": true,
			"policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1",
				"Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/in-vpc"}}}]}},
		"vpce-0a1b2c3d4e5f67891": {"service": "com.amazonaws.ap-northeast-1.s3", "routeTables": ["rtb-0a1b2c3d4e5f67891"],
			"policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:GetObjectTagging", "s3:ListBucket"],
				"Resource": ["arn:aws:s3:::one-of-222222222222", "arn:aws:s3:::one-of-222222222222/*"],
				"Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"}}}]}}`)},
	"an endpoint that is there already": {"refused", "found the policy of the sts endpoint vpce-0a1b2c3d4e5f67890, which this app cannot change. Add this statement to it, then set StatementsAddedManually", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil))}
		p.Endpoints = crossaccount.Endpoints{STS: crossaccount.ImportedEndpoint("vpce-0a1b2c3d4e5f67890")}
	}, ""},
	"a perimeter of a VPC of the same app, by an ID as text": {"undecided", "require the account of the endpoint instead (aws:VpceAccount, for S3 and KMS; VpceAccounts of a Perimeter)", func(a accounts, p *crossaccount.GrantProps) {
		vpc := network.NewSourceVpc(a.source, "Network", network.SourceVpcProps{AvailabilityZones: []string{"ap-northeast-1a", "ap-northeast-1c"}})
		grantee := functionIn(a, vpc.Vpc(), vpc.PrivateSubnets())
		vpc.AllowSTSFrom(grantee)
		p.Grantees, p.Endpoints = to(grantee), crossaccount.Endpoints{STS: vpc.STS(), S3: vpc.S3()}
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil))}
		p.Perimeter.Vpcs = []string{"vpc-0a1b2c3d4e5f67890"}
	}, ""},
	"a perimeter of a VPC by attributes": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		inVpc(a, p, byAttributes(a), true)
		p.Perimeter.Vpcs = []string{"vpc-0a1b2c3d4e5f67890"}
	}, ""},
	"a perimeter of the account of a VPC of the same app": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		vpc := network.NewSourceVpc(a.source, "Network", network.SourceVpcProps{AvailabilityZones: []string{"ap-northeast-1a", "ap-northeast-1c"}})
		grantee := functionIn(a, vpc.Vpc(), vpc.PrivateSubnets())
		vpc.AllowSTSFrom(grantee)
		p.Grantees, p.Endpoints = to(grantee), crossaccount.Endpoints{STS: vpc.STS(), S3: vpc.S3()}
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil))}
		p.Perimeter.VpceAccounts = []string{"111111111111"}
	}, ""},
	"several buckets and tables from a VPC": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		vpc := network.NewSourceVpc(a.source, "Network", network.SourceVpcProps{AvailabilityZones: []string{"ap-northeast-1a", "ap-northeast-1c"}})
		grantee := functionIn(a, vpc.Vpc(), vpc.PrivateSubnets())
		vpc.AllowSTSFrom(grantee)
		p.Grantees, p.Endpoints = to(grantee), crossaccount.Endpoints{STS: vpc.STS(), S3: vpc.S3(), DynamoDB: vpc.DynamoDB()}
		p.Permissions = permissions{
			crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in*/"), crossaccount.WriteBucket(namedBucket(a.target, "Two", keyIn(a.target, "Two"))),
			crossaccount.ReadTable(namedTable(a.target, "one")), crossaccount.ReadTable(namedTable(a.target, "two"), "byName"),
		}
	}, ""},
	"an imported bucket": {"undecided", "arn:aws:s3:::data-of-222", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(importedBucket(a, nil), "in/")}
	}, `"arn:aws:s3:::data-of-222": ` + bucketFacts("222222222222", "data-of-222", "")},
	"an imported table": {"undecided", "table/devices", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadTable(importedTable(a.target))}
	}, `"arn:aws:dynamodb:ap-northeast-1:222222222222:table/devices": {"policy": null, "kmsKey": null}`},
	"a bucket under an imported key": {"undecided", "key/1234abcd-12ab-34cd-56ef-1234567890ab", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", importedKey(a)), "in/")}
	}, `"arn:aws:kms:ap-northeast-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab": {"policy": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::222222222222:root"}, "Action": "kms:*", "Resource": "*"}]}}`},
	"an imported trusted role": {"undecided", "role/there", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in/")}
		p.Role, p.StatementsAddedManually = awsiam.Role_FromRoleName(a.target, jsii.String("There"), jsii.String("there"), nil), true
	}, `"arn:aws:iam::222222222222:role/there": {"trust": {"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole", "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/function"}}}]},
		"policies": {}, "managedPolicies": [], "boundary": null}`},
	"an imported origin of a copy": {"undecided", "origin-of-111", func(a accounts, p *crossaccount.GrantProps) {
		origin := awss3.Bucket_FromBucketName(a.source, jsii.String("Origin"), jsii.String("origin-of-111"))
		p.Permissions = permissions{crossaccount.CopyIntoBucket(origin, namedBucket(a.target, "One", nil))}
		p.StatementsAddedManually = true
	}, `"arn:aws:s3:::origin-of-111": ` + bucketFacts("111111111111", "origin-of-111", `,
		{"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::origin-of-111",
			"Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"}}},
		{"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": ["s3:GetObject", "s3:GetObjectTagging"], "Resource": "arn:aws:s3:::origin-of-111/*",
			"Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"}}}`)},
	"an imported bucket, directly, whose policy has the statements": {"undecided", "arn:aws:s3:::data-of-222", func(a accounts, p *crossaccount.GrantProps) {
		p.Access, p.StatementsAddedManually = crossaccount.Direct, true
		p.Permissions = permissions{crossaccount.DeleteFromBucket(importedBucket(a, nil), "in/")}
	}, `"arn:aws:s3:::data-of-222": ` + bucketFacts("222222222222", "data-of-222", `,
		{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::data-of-222/in/*",
			"Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/function"}}}`)},
	"an imported bucket, directly": {"refused", "found the policy of bucket Target/Data, which this app cannot change. Add this statement to it, then set StatementsAddedManually: ", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.DeleteFromBucket(importedBucket(a, nil), "in/")}
	}, ""},
}

// vpcFacts are the facts of a VPC with one subnet, without a way to the internet, and with endpoints.
func vpcFacts(endpoints string) string {
	return `"arn:aws:ec2:ap-northeast-1:111111111111:vpc/vpc-0a1b2c3d4e5f67890": {"dnsSupport": true, "dnsHostnames": true,
		"subnets": {"subnet-0a1b2c3d4e5f67891": {"cidrBlock": "10.0.0.0/24", "routeTable": "rtb-0a1b2c3d4e5f67891"}}, "routeTables": {"rtb-0a1b2c3d4e5f67891": null},
		"endpoints": {` + endpoints + `}, "securityGroups": {"sg-0a1b2c3d4e5f67890": {"ingress": ["10.0.0.0/16"], "egress": []}}}`
}

// bucketFacts are the facts of a bucket that takes requests over TLS only, with more statements in its policy.
func bucketFacts(account, name, more string) string {
	arn := "arn:aws:s3:::" + name
	return fmt.Sprintf(`{"account": %q, "region": "ap-northeast-1", "kmsKey": null, "objectOwnership": "BucketOwnerEnforced",
		"publicAccessBlock": {"BlockPublicAcls": true, "IgnorePublicAcls": true, "BlockPublicPolicy": true, "RestrictPublicBuckets": true},
		"policy": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [%q, %q], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}%s]}}`, account, arn, arn+"/*", more)
}

// inVpc makes the grantee a function in a VPC, with endpoints in it.
func inVpc(a accounts, p *crossaccount.GrantProps, vpc awsec2.IVpc, recorded bool) {
	if recorded {
		network.RecordVpc(a.source, vpc)
	}
	subnets := &awsec2.SubnetSelection{SubnetType: awsec2.SubnetType_PRIVATE_ISOLATED}
	sts := vpc.AddInterfaceEndpoint(jsii.String("STS"), &awsec2.InterfaceVpcEndpointOptions{Service: awsec2.InterfaceVpcEndpointAwsService_STS(), Open: jsii.Bool(false), Subnets: subnets})
	grantee := functionIn(a, vpc, subnets)
	sts.Connections().AllowDefaultPortFrom(grantee, nil)
	p.Grantees = to(grantee)
	p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil))}
	p.Endpoints = crossaccount.Endpoints{STS: sts, S3: vpc.AddGatewayEndpoint(jsii.String("S3"), &awsec2.GatewayVpcEndpointOptions{
		Service: awsec2.GatewayVpcEndpointAwsService_S3(), Subnets: &[]*awsec2.SubnetSelection{subnets},
	})}
}

// functionIn is a function in subnets of a VPC.
func functionIn(a accounts, vpc awsec2.IVpc, subnets *awsec2.SubnetSelection) awslambda.Function {
	return awslambda.NewFunction(a.source, jsii.String("InVpc"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("-")),
		Role: role(a.source, "InVpcRole", "in-vpc"), Vpc: vpc, VpcSubnets: subnets,
	})
}

func byAttributes(a accounts) awsec2.IVpc {
	return awsec2.Vpc_FromVpcAttributes(a.source, jsii.String("Vpc"), &awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-0a1b2c3d4e5f67890"), AvailabilityZones: jsii.Strings("ap-northeast-1a"),
		IsolatedSubnetIds: jsii.Strings("subnet-0a1b2c3d4e5f67891"), IsolatedSubnetRouteTableIds: jsii.Strings("rtb-0a1b2c3d4e5f67891"),
	})
}

// byLookUp is a VPC with what a look-up wrote into cdk.context.json.
func byLookUp(a accounts) awsec2.IVpc {
	a.source.Node().SetContext(jsii.String("vpc-provider:account=111111111111:filter.vpc-id=vpc-0a1b2c3d4e5f67890:region=ap-northeast-1:returnAsymmetricSubnets=true"), map[string]any{
		"vpcId": "vpc-0a1b2c3d4e5f67890", "vpcCidrBlock": "10.0.0.0/16", "ownerAccountId": "111111111111", "availabilityZones": []any{},
		"subnetGroups": []any{map[string]any{"name": "Isolated", "type": "Isolated", "subnets": []any{map[string]any{
			"subnetId": "subnet-0a1b2c3d4e5f67891", "cidr": "10.0.0.0/24", "availabilityZone": "ap-northeast-1a", "routeTableId": "rtb-0a1b2c3d4e5f67891",
		}}}},
	})
	return awsec2.Vpc_FromLookup(a.source, jsii.String("Vpc"), &awsec2.VpcLookupOptions{VpcId: jsii.String("vpc-0a1b2c3d4e5f67890")})
}

// mapTo is an event source mapping of the target account's queue to a function, which has to work.
func mapTo(a accounts, function awslambda.Function) {
	mapping := awslambda.NewEventSourceMapping(a.source, jsii.String("Jobs"), &awslambda.EventSourceMappingProps{
		Target: function, EventSourceArn: jsii.String("arn:aws:sqs:ap-northeast-1:222222222222:jobs"),
	})
	mapping.Node().DefaultChild().(awslambda.CfnEventSourceMapping).AddMetadata(jsii.String(contract.MustWorkKey), true)
}

func streamingTable(a accounts, name string) awsdynamodb.ITable {
	return awsdynamodb.NewTable(a.target, jsii.String("Streaming-"+name), &awsdynamodb.TableProps{
		TableName: jsii.String(name), PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING}, Stream: awsdynamodb.StreamViewType_NEW_IMAGE,
	})
}

// throughPoint is a permission of one's own, to read by an access point and from its bucket.
type throughPoint struct{}

func (throughPoint) Statements() []contract.Statement {
	return []contract.Statement{{Sid: "Own", Actions: []string{"s3:GetObject"}, Resources: []string{
		"arn:aws:s3:::one-of-222222222222/*", "arn:aws:s3:ap-northeast-1:222222222222:accesspoint/point/object/*",
	}}}
}
func (throughPoint) Environment() map[string]string { return nil }
func (throughPoint) Validate() error                { return nil }

// onNothing is a permission of one's own to list objects, where only a bucket can be listed.
type onNothing struct{ throughPoint }

func (onNothing) Statements() []contract.Statement {
	return []contract.Statement{{Sid: "Own", Actions: []string{"s3:ListBucket"}, Resources: []string{"arn:aws:s3:::one-of-222222222222/*"}}}
}

func accessPoint(a accounts, bucket awss3.IBucket) {
	awss3.NewCfnAccessPoint(a.target, jsii.String("Point"), &awss3.CfnAccessPointProps{Bucket: bucket.BucketName(), Name: jsii.String("point")})
}

func keyIn(stack awscdk.Stack, id string) awskms.IKey {
	return awskms.NewKey(stack, jsii.String("Key"+id), nil)
}

func namedBucket(stack awscdk.Stack, id string, key awskms.IKey) awss3.IBucket {
	return awss3.NewBucket(stack, jsii.String(id), &awss3.BucketProps{
		BucketName: jsii.String(strings.ToLower(id) + "-of-" + *stack.Account()), EncryptionKey: key, EnforceSSL: jsii.Bool(true),
	})
}

func ownedBucket(a accounts, ownership awss3.ObjectOwnership) awss3.IBucket {
	return awss3.NewBucket(a.target, jsii.String("Owned"), &awss3.BucketProps{BucketName: jsii.String("owned-of-222"), ObjectOwnership: ownership, EnforceSSL: jsii.Bool(true)})
}

func namedTable(stack awscdk.Stack, name string) awsdynamodb.ITable {
	t := awsdynamodb.NewTable(stack, jsii.String("Table-"+name), &awsdynamodb.TableProps{
		TableName: jsii.String(name), PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
	})
	t.AddGlobalSecondaryIndex(&awsdynamodb.GlobalSecondaryIndexProps{IndexName: jsii.String("byName"), PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("name"), Type: awsdynamodb.AttributeType_STRING}})
	return t
}

func tlsQueue(a accounts, key awskms.IKey) awssqs.IQueue {
	return awssqs.NewQueue(a.target, jsii.String("Jobs"), &awssqs.QueueProps{QueueName: jsii.String("jobs"), EncryptionMasterKey: key, EnforceSSL: jsii.Bool(true)})
}

// setUpWords are of what a set-up is about.
var setUpWords = regexp.MustCompile("access point|aws/|bucket|cop(y|ies)|directly|endpoint|event source|exact role|function|imported|key|look-up|ObjectWriter|perimeter|prefix|queue|recorded|region|secret|stream|table|there already|topic|trail|trusted|VPC")

// setUpKinds are what a set-up is about, and what becomes of it.
func setUpKinds(name string) []string {
	c := setUps[name]
	return append(setUpWords.FindAllString(name, -1), fmt.Sprint(c.verdict, c.facts != ""))
}

// Each set-up comes out as the README's table says. With -short a sample does.
func TestSetUps(t *testing.T) {
	for _, name := range sample.Of(t, sample.Seed(t), slices.Sorted(maps.Keys(setUps)), setUpKinds) {
		t.Run(name, func(t *testing.T) {
			c := setUps[name]
			found, says := verdictOf(t, name, "")
			if found != c.verdict || !strings.Contains(says, c.says) {
				t.Errorf("found %s: %s\nexpected %s: %s", found, says, c.verdict, c.says)
			}
			if c.facts == "" {
				return
			}
			if found, says := verdictOf(t, name, c.facts); found != "proved" {
				t.Errorf("found %s: %s\nexpected it to be proved with facts", found, says)
			}
		})
	}
}

// The README's table has each set-up with what becomes of it.
func TestReadmeHasTheSetUps(t *testing.T) {
	_, table, _ := strings.Cut(read(t, "README.md"), "| set-up | comes out |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	found := strings.Split(strings.TrimSpace(table), "\n")
	var expected []string
	for name, c := range setUps {
		verdict := c.verdict
		if c.facts != "" {
			verdict += "; with facts, proved"
		}
		expected = append(expected, "| "+name+" | "+verdict+" |")
	}
	slices.Sort(found)
	slices.Sort(expected)
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("table of set-ups (-expected +found):\n%s", diff)
	}
}

// verdictOf is what becomes of a grant to a function, and what is said of it.
func verdictOf(t *testing.T, name, given string) (verdict, says string) {
	t.Helper()
	dir, refused := synthesized(t, name)
	if refused != "" {
		return "refused", refused
	}
	var o proof.Options
	if given != "" {
		var err error
		if o.Facts, err = facts.Parse("facts.json", []byte(`{"version": 1, "resources": {`+given+`}}`)); err != nil {
			t.Fatal(err)
		}
	}
	return provedIn(t, dir, o)
}

// synthesizedSetUps are set-ups by their names, in the folder assemblies; "" for none.
var (
	synthesizedSetUps = map[string]struct{ dir, refused string }{}
	assemblies        string
)

// synthesized is the folder of a set-up's assembly, or how it is refused. A test that changes the folder undoes it, since others read it.
func synthesized(t *testing.T, name string) (dir, refused string) {
	t.Helper()
	if assemblies == "" {
		var err error
		if assemblies, err = os.MkdirTemp("", "set-ups-"); err != nil {
			t.Fatal(err)
		}
	}
	s, ok := synthesizedSetUps[name]
	if !ok {
		s.dir = filepath.Join(assemblies, fmt.Sprint(len(synthesizedSetUps)))
		s.refused = synthesizeInto(s.dir, setUps[name].build)
		synthesizedSetUps[name] = s
	}
	return s.dir, s.refused
}

func synthesizeInto(dir string, build func(a accounts, p *crossaccount.GrantProps)) (refused string) {
	a := accountsIn(dir)
	p := crossaccount.GrantProps{Name: "reading", Stage: "dev", Target: a.target}
	if refused := refusal(func() {
		build(a, &p)
		if p.Grantees == nil {
			p.Grantees = to(function(a.source))
		}
		crossaccount.NewCrossAccountGrant(a.source, "Reading", p)
	}); refused != "" {
		return refused
	}
	a.app.Synth(nil)
	return ""
}

// provedIn is the verdict on an assembly, and its findings.
func provedIn(t *testing.T, dir string, o proof.Options) (verdict, says string) {
	t.Helper()
	read, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := proof.Prove(read, o)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range report.Findings() {
		fmt.Fprintf(&all, "%s %s: %s: %s; %s\n", f.Verdict, f.Rule, f.Checks[0].Name, strings.Join(f.Says, "; "), strings.Join(f.Remedy, "; "))
	}
	return string(report.Verdict()), all.String()
}

// Each statement that a grant or a log bucket writes is needed: without it, the proof does not say proved. With -short, those of a sample are.
func TestSetUpsNeedEachStatement(t *testing.T) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(setUps)) {
		if setUps[name].verdict == "proved" && regexp.MustCompile("two|directly|event source|trail|[*]|topic and a function").MatchString(name) {
			names = append(names, name)
		}
	}
	for _, name := range sample.Of(t, sample.Seed(t), names, setUpKinds) {
		t.Run(name, func(t *testing.T) {
			dir, _ := synthesized(t, name)
			templates, err := filepath.Glob(filepath.Join(dir, "*.template.json"))
			if err != nil {
				t.Fatal(err)
			}
			tried := 0
			for _, file := range templates {
				whole := read(t, file)
				var template any
				if err := json.Unmarshal([]byte(whole), &template); err != nil {
					t.Fatal(err)
				}
				eachStatement(template, func(sid string, remove, restore func()) {
					remove()
					without, err := json.Marshal(template)
					restore()
					if err != nil {
						t.Fatal(err)
					}
					write(t, file, string(without))
					if found, _ := provedIn(t, dir, proof.Options{}); found == "proved" {
						t.Errorf("found proved without %s of %s", sid, filepath.Base(file))
					}
					tried++
				})
				write(t, file, whole)
			}
			if tried == 0 {
				t.Error("found no statement, expected some")
			}
		})
	}
}

// eachStatement calls f for each statement with a Sid in the policies of a template.
func eachStatement(value any, f func(sid string, remove, restore func())) {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			eachStatement(one, f)
		}
	case map[string]any:
		statements, _ := v["Statement"].([]any)
		for i, s := range statements {
			if sid, ok := s.(map[string]any)["Sid"].(string); ok {
				f(sid, func() { v["Statement"] = slices.Delete(slices.Clone(statements), i, i+1) }, func() { v["Statement"] = statements })
			}
		}
		for key, inner := range v {
			if key != "Metadata" {
				eachStatement(inner, f)
			}
		}
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
