package facts

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// Skeleton is a file of facts about what is missing. In place of each value it has the command of the AWS CLI that shows the value, which no reader of facts
// accepts, also where it is a text: what is not filled in cannot be taken for a fact. The commands only read.
func Skeleton(missing []Want) ([]byte, error) {
	s := skeleton{"$schema": SchemaFileName, "version": Version}
	s.section("resources")
	for _, w := range Sorted(missing) {
		switch {
		case w.Account != "":
			s.section("organizationPaths")[w.Account] = command("aws organizations describe-organization --query Organization.Id --output text, and "+
				"aws organizations list-parents --child-id %s --query Parents[0].Id --output text, and so on for that ID up to the root r-… "+
				"(the organization, the root and the units, each with a / behind it: o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/)", w.Account)
		case w.Source.Kind == assembly.ParameterSource:
			s.parameter(w.Source)
		case w.Source.Kind == assembly.ExportSource:
			s.template(w.Source)
		case w.Source.Kind == assembly.StoredSource:
			id, version := w.stored()
			one := s.resource(id)
			if one["value"] = command("aws ssm get-parameter --name %s --region %s --query Parameter.Value --output text", id, regionOf(id)); version != "" {
				one["versions"] = map[string]any{version: command("aws ssm get-parameter --name %s:%s --region %s --query Parameter.Value --output text", id, version, regionOf(id))}
			}
		case managedARN.MatchString(w.Resource):
			s.section("managedPolicies")[w.Resource] = command("aws iam get-policy-version --policy-arn %[1]s --version-id $(aws iam get-policy --policy-arn %[1]s "+
				"--query Policy.DefaultVersionId --output text) --query PolicyVersion.Document", w.Resource)
		case w.VPC() != "":
			s.vpc(w)
		default:
			s.byKind(w.Resource)
		}
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false) // commands have quotes and ">"
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return nil, err
	}
	return bytes.TrimRight(text.Bytes(), "\n"), nil
}

// skeleton is the file in the making.
type skeleton map[string]any

// command is a command in place of a value. Values that are texts do not begin so.
func command(format string, args ...any) string { return unfilled + fmt.Sprintf(format, args...) }

// unfilled begins what stands in place of a value.
const unfilled = "run: "

func regionOf(name string) string {
	a, _ := arn.Parse(name)
	return a.Region
}

func (s skeleton) section(name string) map[string]any {
	all, _ := s[name].(map[string]any)
	if all == nil {
		all = map[string]any{}
		s[name] = all
	}
	return all
}

// resource is what is to be said of a resource.
func (s skeleton) resource(name string) map[string]any { return within(s.section("resources"), name) }

// within is the object of a key.
func within(all map[string]any, key string) map[string]any {
	one, _ := all[key].(map[string]any)
	if one == nil {
		one = map[string]any{}
		all[key] = one
	}
	return one
}

func (s skeleton) byKind(name string) {
	parts, _ := arn.Parse(name)
	k := kindOf(parts)
	if k == nil {
		return
	}
	short := k.form.FindStringSubmatch(parts.Service + " " + parts.Resource)[1]
	fill := strings.NewReplacer("{name}", short, "{arn}", name, "{region}", parts.Region, "{account}", parts.Account)
	for field, one := range fetches[k.resourceType] {
		s.resource(name)[field] = unfilled + fill.Replace(one)
	}
}

// parameter asks for the value of a parameter of a stack.
func (s skeleton) parameter(p assembly.Source) {
	within(s.section("parameters"), p.Stack.DisplayName)[p.Name] = command(
		"aws cloudformation describe-stacks --stack-name %s%s --query \"Stacks[0].Parameters[?ParameterKey=='%s'].ParameterValue\" --output text (or the value of the next deployment)",
		p.Stack.Name, inRegion(p.Stack), p.Name)
}

func inRegion(s *assembly.Stack) string {
	if !policy.IsKnown(s.Region) {
		return ""
	}
	return " --region " + s.Region
}

// template asks for the template of the stack that has an export.
func (s skeleton) template(e assembly.Source) {
	name := fmt.Sprintf("$(aws cloudformation list-exports%s --query \"Exports[?Name=='%s'].ExportingStackId\" --output text)", inRegion(e.Stack), e.Name)
	all, _ := s["templates"].([]any)
	s["templates"] = append(all, map[string]any{
		"file":    command("aws cloudformation get-template%s --stack-name %s --query TemplateBody > FILE (and the path of that file here)", inRegion(e.Stack), name),
		"stack":   command("echo %s (the name in that ARN)", name),
		"account": e.Stack.Account, "region": e.Stack.Region,
	})
}

// vpc asks for a VPC, as far as a decision depends on it.
func (s skeleton) vpc(w Want) {
	region, one := regionOf(w.Resource), s.resource(w.Resource)
	id := w.VPC()
	if id == UnknownVPC {
		id = fmt.Sprintf("$(aws ec2 describe-subnets --region %s --subnet-ids %s --query Subnets[0].VpcId --output text)", region, w.Part)
	}
	ec2 := func(format string, args ...any) string {
		return command("aws ec2 "+strings.Replace(format, " ", " --region "+region+" ", 1), args...)
	}
	one["dnsSupport"] = ec2("describe-vpc-attribute --vpc-id %s --attribute enableDnsSupport --query EnableDnsSupport.Value", id)
	one["dnsHostnames"] = ec2("describe-vpc-attribute --vpc-id %s --attribute enableDnsHostnames --query EnableDnsHostnames.Value", id)
	one["endpoints"] = map[string]any{"vpce-ID": map[string]any{
		"service": ec2("describe-vpc-endpoints --filters Name=vpc-id,Values=%s (each endpoint by its ID; {} for none; here ServiceName)", id),
		"policy":  unfilled + "PolicyDocument of the same (null for the default policy)", "routeTables": unfilled + "RouteTableIds of a Gateway endpoint; leave it out for others",
		"subnets": unfilled + "SubnetIds of an Interface endpoint; leave it out for others", "securityGroups": unfilled + "Groups[].GroupId of an Interface endpoint; leave it out for others",
		"privateDns":          unfilled + "PrivateDnsEnabled of an Interface endpoint; leave it out for others",
		"inboundResolverOnly": unfilled + "DnsOptions.PrivateDnsOnlyForInboundResolverEndpoint of an Interface endpoint for s3 or dynamodb; leave it out for others",
	}}
	within(one, "routeTables")["rtb-ID"] = ec2("describe-route-tables --filters Name=vpc-id,Values=%s --query \"RouteTables[].[RouteTableId,Routes[?DestinationCidrBlock=='0.0.0.0/0']]\" "+
		"(each that a subnet has by its ID: the NatGatewayId or GatewayId; true for another way to the internet; null for none)", id)
	subnets, groups := within(one, "subnets"), within(one, "securityGroups")
	groupOf := func(group string) {
		const rules = "describe-security-group-rules --filters Name=group-id,Values=%s --query 'SecurityGroupRules[?IsEgress==`%s`]' " +
			"(CidrIpv4, ReferencedGroupInfo.GroupId or PrefixListId of those that allow TCP 443)"
		groups[group] = map[string]any{"ingress": ec2(rules, group, "false"), "egress": ec2(rules, group, "true")}
	}
	if subnet := cmp.Or(w.Part, "subnet-ID"); strings.HasPrefix(subnet, "subnet-") {
		subnets[subnet] = map[string]any{
			"cidrBlock": ec2("describe-subnets --subnet-ids %s --query Subnets[0].CidrBlock --output text", subnet),
			"routeTable": ec2("describe-route-tables --filters Name=association.subnet-id,Values=%s --query RouteTables[0].RouteTableId --output text "+
				"(if that is None, the one with Name=association.main,Values=true of the VPC)", subnet),
			"publicAddresses": ec2("describe-subnets --subnet-ids %s --query Subnets[0].MapPublicIpOnLaunch", subnet),
		}
	} else {
		groupOf(w.Part)
	}
	groupOf("sg-ID")
}

// UnknownVPC stands for the ID of a VPC that is not known, in [Want].
const UnknownVPC = "VPC_ID"

// fetches are the commands that show the fields, by resource type.
// https://docs.aws.amazon.com/cli/latest/reference/
var fetches = map[string]map[string]string{
	"AWS::S3::Bucket": {
		"account":           "aws sts get-caller-identity --query Account --output text (as the owner of the bucket)",
		"region":            "aws s3api get-bucket-location --bucket {name} --query LocationConstraint (null is us-east-1, EU is eu-west-1)",
		"policy":            "aws s3api get-bucket-policy --bucket {name} --query Policy --output text (null for none)",
		"kmsKey":            "aws s3api get-bucket-encryption --bucket {name} (KMSMasterKeyID as ARN; alias/aws/s3 for aws:kms without one; null for AES256)",
		"bucketKey":         "aws s3api get-bucket-encryption --bucket {name} (BucketKeyEnabled)",
		"publicAccessBlock": "aws s3api get-public-access-block --bucket {name} --query PublicAccessBlockConfiguration (null for none)",
		"objectOwnership":   "aws s3api get-bucket-ownership-controls --bucket {name} (ObjectWriter for none)",
		"eventBridge":       "aws s3api get-bucket-notification-configuration --bucket {name} (true if it has EventBridgeConfiguration, or else false)",
	},
	"AWS::S3::AccessPoint": {
		"policy":            "aws s3control get-access-point-policy --region {region} --account-id {account} --name {name} --query Policy --output text (null if that finds none)",
		"bucket":            "aws s3control get-access-point --region {region} --account-id {account} --name {name} --query Bucket --output text",
		"bucketAccount":     "aws s3control get-access-point --region {region} --account-id {account} --name {name} --query BucketAccountId --output text",
		"vpc":               "aws s3control get-access-point --region {region} --account-id {account} --name {name} --query VpcConfiguration.VpcId --output text (null for None)",
		"publicAccessBlock": "aws s3control get-access-point --region {region} --account-id {account} --name {name} --query PublicAccessBlockConfiguration",
	},
	"AWS::DynamoDB::Table": {
		"policy": "aws dynamodb get-resource-policy --region {region} --resource-arn {arn} --query Policy --output text (null for none)",
		"kmsKey": "aws dynamodb describe-table --region {region} --table-name {name} --query Table.SSEDescription.KMSMasterKeyArn (null for none)",
	},
	"AWS::Kinesis::Stream": {
		"policy": "aws kinesis get-resource-policy --region {region} --resource-arn {arn} --query Policy --output text (null for none)",
		"kmsKey": "aws kinesis describe-stream-summary --region {region} --stream-arn {arn} --query StreamDescriptionSummary.KeyId (null for none)",
	},
	"AWS::KMS::Key": {
		"policy":  "aws kms get-key-policy --region {region} --key-id {arn} --policy-name default --query Policy --output text",
		"enabled": "aws kms describe-key --region {region} --key-id {arn} --query KeyMetadata.Enabled",
		"grants":  "aws kms list-grants --region {region} --key-id {arn} --query Grants",
	},
	"AWS::SQS::Queue": {
		"policy": "aws sqs get-queue-attributes --region {region} --queue-url $(aws sqs get-queue-url --region {region} --queue-name {name} --query QueueUrl --output text) " +
			"--attribute-names Policy --query Attributes.Policy --output text (null for none)",
		"kmsKey": "aws sqs get-queue-attributes --region {region} --queue-url $(aws sqs get-queue-url --region {region} --queue-name {name} --query QueueUrl --output text) " +
			"--attribute-names KmsMasterKeyId --query Attributes.KmsMasterKeyId --output text (as ARN; null for none)",
	},
	"AWS::SNS::Topic": {
		"policy": "aws sns get-topic-attributes --region {region} --topic-arn {arn} --query Attributes.Policy --output text",
		"kmsKey": "aws sns get-topic-attributes --region {region} --topic-arn {arn} --query Attributes.KmsMasterKeyId (as ARN; null for none)",
	},
	"AWS::SecretsManager::Secret": {
		"policy": "aws secretsmanager get-resource-policy --region {region} --secret-id {name} --query ResourcePolicy --output text (null for none)",
		"kmsKey": "aws secretsmanager describe-secret --region {region} --secret-id {name} --query KmsKeyId (as ARN; alias/aws/secretsmanager for none; --query ARN shows the ARN of the secret itself)",
	},
	"AWS::Events::EventBus": {
		"policy": "aws events describe-event-bus --region {region} --name {name} --query Policy --output text (null for none)",
	},
	"AWS::Lambda::Function": {
		"policy":         "aws lambda get-policy --region {region} --function-name {name} --query Policy --output text (null if that finds none)",
		"role":           "aws lambda get-function-configuration --region {region} --function-name {name} --query Role --output text",
		"subnets":        "aws lambda get-function-configuration --region {region} --function-name {name} --query VpcConfig.SubnetIds ([] for none)",
		"securityGroups": "aws lambda get-function-configuration --region {region} --function-name {name} --query VpcConfig.SecurityGroupIds ([] for none)",
	},
	"AWS::ECR::Repository": {
		"policy": "aws ecr get-repository-policy --region {region} --registry-id {account} --repository-name {name} --query policyText --output text (null if that finds none)",
	},
	"AWS::EC2::PrefixList": {
		"name":    "aws ec2 describe-managed-prefix-lists --region {region} --prefix-list-ids {name} --query PrefixLists[0].PrefixListName --output text",
		"entries": "aws ec2 get-managed-prefix-list-entries --region {region} --prefix-list-id {name} --query Entries[].Cidr (those of IPv4)",
	},
	"AWS::IAM::User": {
		"policies":        "aws iam list-user-policies --user-name {name}, and get-user-policy for each ({} for none)",
		"managedPolicies": "aws iam list-attached-user-policies --user-name {name} --query AttachedPolicies[].PolicyArn",
		"boundary":        "aws iam get-user --user-name {name} --query User.PermissionsBoundary.PermissionsBoundaryArn (null for none)",
		"groups":          "aws iam list-groups-for-user --user-name {name} --query Groups[].GroupName",
		"tags":            "aws iam list-user-tags --user-name {name} --query Tags",
	},
	"AWS::IAM::Group": {
		"policies":        "aws iam list-group-policies --group-name {name}, and get-group-policy for each ({} for none)",
		"managedPolicies": "aws iam list-attached-group-policies --group-name {name} --query AttachedPolicies[].PolicyArn",
	},
	"AWS::IAM::Role": {
		"trust":              "aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument",
		"policies":           "aws iam list-role-policies --role-name {name}, and get-role-policy for each ({} for none)",
		"managedPolicies":    "aws iam list-attached-role-policies --role-name {name} --query AttachedPolicies[].PolicyArn",
		"boundary":           "aws iam get-role --role-name {name} --query Role.PermissionsBoundary.PermissionsBoundaryArn (null for none)",
		"maxSessionDuration": "aws iam get-role --role-name {name} --query Role.MaxSessionDuration",
		"tags":               "aws iam list-role-tags --role-name {name} --query Tags",
	},
}
