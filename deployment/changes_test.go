package deployment

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
)

// stack reads the resources of a stack, as YAML.
func stack(t *testing.T, name, resources string) *assembly.Assembly {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".yaml")
	if err := os.WriteFile(path, []byte("Resources:\n  Nothing: {Type: AWS::CloudFormation::WaitConditionHandle}\n"+resources), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: path, StackName: name, Account: "111111111111", Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// What CloudFormation does with a property is on the page of its type: "Update requires: Replacement", "No interruption", "Some interruptions".
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
func TestCompare(t *testing.T) {
	const bucket = "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, VersioningConfiguration: {Status: Enabled}}}\n"
	for name, c := range map[string]struct {
		before, after string
		want          []string // effect, logical ID, and what is said
	}{
		"nothing": {bucket, bucket, nil},
		"text for a number, and CDK's own": {"  Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 5}}\n  M: {Type: AWS::CDK::Metadata, Properties: {Analytics: a}}\n",
			"  Q: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: '5'}}\n  M: {Type: AWS::CDK::Metadata, Properties: {Analytics: b}}\n", nil},
		"a property in place": {bucket, strings.Replace(bucket, "Enabled", "Suspended", 1), []string{"updated Lake"}},
		"another name":        {bucket, strings.Replace(bucket, "lake,", "pond,", 1), []string{"replaced Lake: BucketName is fixed when the resource is created; lost"}},
		"a named table with another key": {
			"  T: {Type: AWS::DynamoDB::Table, Properties: {TableName: shop, KeySchema: [{AttributeName: a, KeyType: HASH}]}}\n",
			"  T: {Type: AWS::DynamoDB::Table, Properties: {TableName: shop, KeySchema: [{AttributeName: b, KeyType: HASH}]}}\n",
			[]string{"perhaps replaced T: some changes of KeySchema replace the resource; lost"}},
		"a named resource that would be replaced": {
			"  F: {Type: AWS::SQS::Queue, Properties: {QueueName: orders.fifo, FifoQueue: true}}\n", "  F: {Type: AWS::SQS::Queue, Properties: {QueueName: orders.fifo}}\n",
			[]string{"refused F: FifoQueue is fixed when the resource is created, and CloudFormation creates the new one before it deletes the old one, whose name it has: " +
				"give it another name, or delete the old one before"}},
		"another type":      {bucket, "  Lake: {Type: AWS::SQS::Queue}\n", []string{"refused Lake: CloudFormation does not change the type of a resource, from AWS::S3::Bucket: give it another logical ID"}},
		"removed":           {bucket, "", []string{"removed Lake; lost"}},
		"removed, and kept": {strings.Replace(bucket, "Type:", "DeletionPolicy: RetainExceptOnCreate, Type:", 1), "", []string{"removed Lake; kept"}},
		"replaced, and kept": {bucket, strings.NewReplacer("lake,", "pond,", "Type:", "UpdateReplacePolicy: Retain, Type:").Replace(bucket),
			[]string{"replaced Lake: BucketName is fixed when the resource is created; kept"}},
		"no longer kept": {strings.Replace(bucket, "Type:", "DeletionPolicy: Retain, Type:", 1), bucket,
			[]string{"updated Lake: it stayed when its stack dropped it, and is deleted with its stack from now on"}},
		"added": {"", bucket, []string{"added Lake"}},
		"another logical ID for the same name": {bucket, strings.Replace(bucket, "Lake", "Pond", 1),
			[]string{"refused Pond: Lake has the same name, and is deleted only afterwards: keep its logical ID, or deploy without it first", "removed Lake; lost"}},
		"another logical ID for what stays": {strings.Replace(bucket, "Type:", "DeletionPolicy: Retain, Type:", 1), strings.Replace(bucket, "Lake", "Pond", 1),
			[]string{"refused Pond: Lake has the same name, and stays when its stack drops it: import it under the new logical ID, or delete it before", "removed Lake; kept"}},
		"what has no update": {
			"  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: 'lambda:InvokeFunction', Principal: s3.amazonaws.com}}\n",
			"  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: 'lambda:InvokeFunction', Principal: sns.amazonaws.com}}\n",
			[]string{"replaced P: resources of this type cannot be changed in place"}},
		"a type without a schema": {"  X: {Type: Acme::X::Y, Properties: {A: 1}}\n", "  X: {Type: Acme::X::Y, Properties: {A: 2}}\n",
			[]string{"perhaps replaced X: CloudFormation's schemas have no type Acme::X::Y"}},
		"what refers to a replaced resource": {
			"  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n  S: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.0.0.0/24}}\n" +
				"  F: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {SubnetIds: [!Ref S]}}}\n  VV: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: a, Value: !Ref Other}]}}\n  Other: {Type: AWS::EC2::VPC}\n",
			"  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.1.0.0/16}}\n  S: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.0.0.0/24}}\n" +
				"  F: {Type: AWS::Lambda::Function, Properties: {VpcConfig: {SubnetIds: [!Ref S]}}}\n  VV: {Type: AWS::SQS::Queue, Properties: {Tags: [{Key: a, Value: !Ref Other}]}}\n  Other: {Type: AWS::EC2::VPC}\n",
			[]string{"replaced S: VpcId refers to V, which is replaced", "replaced V: CidrBlock is fixed when the resource is created", "updated F"}},
		"a subnet in another zone, with the same addresses": {
			"  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n  S: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-1a}}\n",
			"  V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n  S: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref V, CidrBlock: 10.0.0.0/24, AvailabilityZone: eu-west-1c}}\n",
			[]string{"refused S: its addresses 10.0.0.0/24 overlap 10.0.0.0/24 of S, which is deleted only afterwards: give it a range of its own"}},
	} {
		t.Run(name, func(t *testing.T) {
			if found := said(Compare(stack(t, "App", c.before), stack(t, "App", c.after))); !slices.Equal(found, c.want) {
				t.Errorf("found\n%s\nexpected\n%s", strings.Join(found, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// A stack that the new assembly does not have stays, with the names that it has taken.
func TestStacksThatStay(t *testing.T) {
	const bucket = "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n"
	if found := said(Compare(stack(t, "Old", bucket), stack(t, "New", ""))); !slices.Equal(found, []string{"added Nothing"}) {
		t.Errorf("found %q", found)
	}
	want := []string{"refused Lake: Lake of stack Old has the same name, and stays: delete that stack before", "added Nothing"}
	if found := said(Compare(stack(t, "Old", bucket), stack(t, "New", bucket))); !slices.Equal(found, want) {
		t.Errorf("found %q, expected %q", found, want)
	}
}

func said(changes []Change) (all []string) {
	for _, c := range changes {
		text := string(c.Effect) + " " + c.Resource().LogicalID
		if c.Why != "" {
			text += ": " + c.Why
		}
		if c.Destroys() {
			text += "; lost"
		} else if c.Kept && c.Effect != Updated {
			text += "; kept"
		}
		all = append(all, text)
	}
	return all
}
