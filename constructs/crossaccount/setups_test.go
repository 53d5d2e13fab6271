package crossaccount_test

import (
	"fmt"
	"maps"
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
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof"
)

// setUp is a set-up that people have, with what becomes of it.
type setUp struct {
	verdict string // "proved", "broken" or "undecided" by the proof, or "refused" by the construct
	says    string // in the report, or in the refusal
	build   func(a accounts, p *crossaccount.GrantProps)
}

var setUps = map[string]setUp{
	"two buckets and two tables in one grant": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{
			crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in/"), crossaccount.WriteBucket(namedBucket(a.target, "Two", keyIn(a.target, "Two")), "out/"),
			crossaccount.ReadTable(namedTable(a.target, "one")), crossaccount.ReadTable(namedTable(a.target, "two"), "byName"), crossaccount.WriteTable(namedTable(a.target, "three")),
		}
	}},
	"buckets with keys, of which one is read, one written and one listed": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{
			crossaccount.ReadBucket(namedBucket(a.target, "One", keyIn(a.target, "One"))), crossaccount.WriteBucket(namedBucket(a.target, "Two", keyIn(a.target, "Two"))),
			crossaccount.ListBucket(namedBucket(a.target, "Three", keyIn(a.target, "Three"))),
		}
	}},
	"two copies in one grant": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{
			crossaccount.CopyIntoBucket(namedBucket(a.source, "FromOne", keyIn(a.source, "FromOne")), namedBucket(a.target, "One", nil), "in/"),
			crossaccount.CopyIntoBucket(namedBucket(a.source, "FromTwo", nil), namedBucket(a.target, "Two", keyIn(a.target, "Two"))),
		}
	}},
	"two buckets, directly": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in/"), crossaccount.ReadBucket(namedBucket(a.target, "Two", keyIn(a.target, "Two")))}
	}},
	"a queue, a topic and a secret, directly": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{
			crossaccount.SendToQueue(tlsQueue(a, keyIn(a.target, "Queue"))), crossaccount.ReceiveFromQueue(awssqs.NewQueue(a.target, jsii.String("Done"), &awssqs.QueueProps{QueueName: jsii.String("done"), EnforceSSL: jsii.Bool(true)})),
			crossaccount.PublishToTopic(topic(a, keyIn(a.target, "Topic"))),
			crossaccount.ReadSecret(secret(a, keyIn(a.target, "Secret"))),
		}
	}},
	"a queue, a topic and a function": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{
			crossaccount.SendToQueue(awssqs.NewQueue(a.target, jsii.String("Done"), &awssqs.QueueProps{QueueName: jsii.String("done"), EnforceSSL: jsii.Bool(true), Encryption: awssqs.QueueEncryption_KMS_MANAGED})),
			crossaccount.PublishToTopic(topic(a, awskms.Alias_FromAliasName(a.target, jsii.String("AWSKey"), jsii.String("alias/aws/sns")))),
			crossaccount.InvokeFunction(callee(a)),
		}
	}},
	"a function, directly, by its exact role": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access, p.Trust.Mode = crossaccount.Direct, crossaccount.ExactRole
		p.Permissions = permissions{crossaccount.InvokeFunction(callee(a))}
	}},
	"a function, directly, by the name of its role": {"refused", "expected Trust.Mode ExactRole, or AssumeRole: the policy of a function takes no condition on the name of the caller's role", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.InvokeFunction(callee(a))}
	}},
	"an event source mapping on the other account's queue": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.PollByEventSource(tlsQueue(a, keyIn(a.target, "Queue")))}
		awslambda.NewEventSourceMapping(a.source, jsii.String("Jobs"), &awslambda.EventSourceMappingProps{
			Target: p.Grantees[0].(awslambda.IFunction), EventSourceArn: jsii.String("arn:aws:sqs:ap-northeast-1:222222222222:jobs"),
		})
	}},
	"an event source mapping by a trusted role": {"refused", "expected Access: Direct: an event source mapping polls as the function's own role", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.PollByEventSource(queue(a, nil))}
	}},
	"a queue under aws/sqs, directly": {"refused", "found queue Target/Done, encrypted with a key that AWS manages, with Direct access; expected AssumeRole, or a customer managed key", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.ReceiveFromQueue(awssqs.NewQueue(a.target, jsii.String("Done"), &awssqs.QueueProps{QueueName: jsii.String("done"), EnforceSSL: jsii.Bool(true), Encryption: awssqs.QueueEncryption_KMS_MANAGED}))}
	}},
	"a secret under aws/secretsmanager, directly": {"refused", "found secret Target/Login, encrypted with a key that AWS manages, with Direct access; expected AssumeRole, or a customer managed key (EncryptionKey", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.ReadSecret(secret(a, nil))}
	}},
	"a topic under aws/sns, directly": {"refused", "found topic Target/Mails, encrypted with a key that AWS manages", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.PublishToTopic(topic(a, awskms.Alias_FromAliasName(a.target, jsii.String("AWSKey"), jsii.String("alias/aws/sns"))))}
	}},
	"a stream, directly": {"refused", "expected AssumeRole: this construct writes no resource policy for it, only those of buckets, tables (not of their streams)", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.ReadStream(tableWithStream(a, nil))}
	}},
	"a prefix with * and ? inside": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in*/a?b/"), crossaccount.WriteBucket(namedBucket(a.target, "One2", nil), "out*/x")}
	}},
	"a prefix that ends in *": {"refused", "expected it without the * at its end: a prefix is taken literally", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in/*")}
	}},
	"an access point in place of its bucket": {"refused", "found data-abc-s3alias, which is an access point, expected its bucket", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(awss3.Bucket_FromBucketName(a.target, jsii.String("Point"), jsii.String("data-abc-s3alias")))}
	}},
	"a bucket with an access point of its account": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		data := namedBucket(a.target, "One", nil)
		p.Permissions = permissions{crossaccount.ReadBucket(data)}
		accessPoint(a, data)
	}},
	"a permission of one's own on an access point": {"undecided", "accesspoint", func(a accounts, p *crossaccount.GrantProps) {
		data := namedBucket(a.target, "One", nil)
		accessPoint(a, data)
		p.Permissions = permissions{throughPoint{}}
	}},
	"writing into a bucket with ObjectWriter, as a trusted role": {"undecided", "ObjectOwnership ObjectWriter lets each object of bucket owned-of-222 (data) have an ACL of its own", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.WriteBucket(ownedBucket(a, awss3.ObjectOwnership_OBJECT_WRITER))}
	}},
	"writing into a bucket with ObjectWriter, directly": {"refused", "found bucket Target/Owned with the object ownership ObjectWriter and Direct access", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.WriteBucket(ownedBucket(a, awss3.ObjectOwnership_OBJECT_WRITER))}
	}},
	"writing into a bucket with BucketOwnerPreferred, directly": {"refused", "BucketOwnerPreferred and Direct access", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		p.Permissions = permissions{crossaccount.WriteBucket(ownedBucket(a, awss3.ObjectOwnership_BUCKET_OWNER_PREFERRED))}
	}},
	"a copy from a bucket under aws/s3": {"refused", "SourceBuckets: found bucket Source/Origin, encrypted with a key that AWS manages, expected a customer managed key, or Direct access", func(a accounts, p *crossaccount.GrantProps) {
		origin := awss3.NewBucket(a.source, jsii.String("Origin"), &awss3.BucketProps{BucketName: jsii.String("origin-of-111"), Encryption: awss3.BucketEncryption_KMS_MANAGED})
		p.Permissions = permissions{crossaccount.CopyIntoBucket(origin, namedBucket(a.target, "One", nil))}
	}},
	"a copy from a bucket under aws/s3, directly": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		p.Access = crossaccount.Direct
		origin := awss3.NewBucket(a.source, jsii.String("Origin"), &awss3.BucketProps{BucketName: jsii.String("origin-of-111"), Encryption: awss3.BucketEncryption_KMS_MANAGED, EnforceSSL: jsii.Bool(true)})
		p.Permissions = permissions{crossaccount.CopyIntoBucket(origin, namedBucket(a.target, "One", nil))}
	}},
	"a copy from another region, through an endpoint": {"refused", "SourceBuckets: found bucket Far/FromFar in eu-west-1 for a destination in ap-northeast-1 with an S3 endpoint", func(a accounts, p *crossaccount.GrantProps) {
		far := stackIn(a.app, "Far", "111111111111", "eu-west-1")
		p.Permissions = permissions{crossaccount.CopyIntoBucket(namedBucket(far, "FromFar", nil), namedBucket(a.target, "One", nil))}
		p.Endpoints.S3 = gateway(a)
	}},
	"a copy from another region, from anywhere": {"proved", "", func(a accounts, p *crossaccount.GrantProps) {
		far := stackIn(a.app, "Far", "111111111111", "eu-west-1")
		p.Permissions = permissions{crossaccount.CopyIntoBucket(namedBucket(far, "FromFar", nil), namedBucket(a.target, "One", nil))}
	}},
	"a perimeter of a VPC of the same app": {"refused", "Perimeter.Vpcs: found an ID that AWS generates at deployment, such as that of a VPC or an endpoint of this app, expected VpceAccounts", func(a accounts, p *crossaccount.GrantProps) {
		vpc := awsec2.NewVpc(a.source, jsii.String("Vpc"), &awsec2.VpcProps{AvailabilityZones: jsii.Strings("ap-northeast-1a")})
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil))}
		p.Perimeter.Vpcs = []string{*vpc.VpcId()}
	}},
	"an imported bucket": {"undecided", "arn:aws:s3:::data-of-222", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(importedBucket(a, nil), "in/")}
	}},
	"an imported table": {"undecided", "table/devices", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadTable(importedTable(a.target))}
	}},
	"a bucket under an imported key": {"undecided", "key/1234abcd-12ab-34cd-56ef-1234567890ab", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", importedKey(a)), "in/")}
	}},
	"an imported trusted role": {"undecided", "role/there", func(a accounts, p *crossaccount.GrantProps) {
		p.Permissions = permissions{crossaccount.ReadBucket(namedBucket(a.target, "One", nil), "in/")}
		p.Role, p.StatementsAddedManually = awsiam.Role_FromRoleName(a.target, jsii.String("There"), jsii.String("there"), nil), true
	}},
	"an imported origin of a copy": {"undecided", "origin-of-111", func(a accounts, p *crossaccount.GrantProps) {
		origin := awss3.Bucket_FromBucketName(a.source, jsii.String("Origin"), jsii.String("origin-of-111"))
		p.Permissions = permissions{crossaccount.CopyIntoBucket(origin, namedBucket(a.target, "One", nil))}
		p.StatementsAddedManually = true
	}},
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

// Each set-up comes out as the README's table says.
func TestSetUps(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(setUps)) {
		t.Run(name, func(t *testing.T) {
			c := setUps[name]
			found, says := verdictOf(t, c.build)
			if found != c.verdict || !strings.Contains(says, c.says) {
				t.Errorf("found %s: %s\nexpected %s: %s", found, says, c.verdict, c.says)
			}
		})
	}
}

// verdictOf is what becomes of a grant to a function, and what is said of it.
func verdictOf(t *testing.T, build func(a accounts, p *crossaccount.GrantProps)) (verdict, says string) {
	t.Helper()
	a := twoAccounts(t)
	p := crossaccount.GrantProps{Name: "reading", Stage: "dev", Grantees: to(function(a.source)), Target: a.target}
	if refused := refusal(func() {
		build(a, &p)
		crossaccount.NewCrossAccountGrant(a.source, "Reading", p)
	}); refused != "" {
		return "refused", refused
	}
	dir := *a.app.Synth(nil).Directory()
	read, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := proof.Prove(read, proof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range report.Findings() {
		fmt.Fprintf(&all, "%s %s: %s: %s; %s\n", f.Verdict, f.Rule, f.Checks[0].Name, strings.Join(f.Says, "; "), strings.Join(f.Remedy, "; "))
	}
	return string(report.Verdict()), all.String()
}
