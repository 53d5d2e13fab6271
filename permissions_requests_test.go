package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/schema"
	"github.com/crossgrant/crossgrant/policy"
)

// arns are the ARNs of resources by type, from the service on. $R is the region, $A the account and $N the name of the resource.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var arns = map[string][]string{
	"AWS::ApiGatewayV2::Api":           {"apigateway:$R::/apis/a1b2c3d4e5"},
	"AWS::ApiGatewayV2::Integration":   {"apigateway:$R::/apis/a1b2c3d4e5/integrations/abc123", "apigateway:$R::/apis/a1b2c3d4e5/integrations"},
	"AWS::ApiGatewayV2::Route":         {"apigateway:$R::/apis/a1b2c3d4e5/routes/abc123", "apigateway:$R::/apis/a1b2c3d4e5/routes"},
	"AWS::ApiGatewayV2::Stage":         {"apigateway:$R::/apis/a1b2c3d4e5/stages/$default", "apigateway:$R::/apis/a1b2c3d4e5/stages"},
	"AWS::CloudTrail::Trail":           {"cloudtrail:$R:$A:trail/$N"},
	"AWS::CloudWatch::Alarm":           {"cloudwatch:$R:$A:alarm:$N"},
	"AWS::CloudWatch::Dashboard":       {"cloudwatch::$A:dashboard/$N"},
	"AWS::DynamoDB::Table":             {"dynamodb:$R:$A:table/$N"},
	"AWS::EC2::EIP":                    {"ec2:$R:$A:elastic-ip/eipalloc-0123456789abcdef0"},
	"AWS::EC2::FlowLog":                {"ec2:$R:$A:vpc-flow-log/fl-0123456789abcdef0"},
	"AWS::EC2::Instance":               {"ec2:$R:$A:instance/i-0123456789abcdef0"},
	"AWS::EC2::InternetGateway":        {"ec2:$R:$A:internet-gateway/igw-0123456789abcdef0"},
	"AWS::EC2::NatGateway":             {"ec2:$R:$A:natgateway/nat-0123456789abcdef0"},
	"AWS::EC2::RouteTable":             {"ec2:$R:$A:route-table/rtb-0123456789abcdef0"},
	"AWS::EC2::SecurityGroup":          {"ec2:$R:$A:security-group/sg-0123456789abcdef0"},
	"AWS::EC2::Subnet":                 {"ec2:$R:$A:subnet/subnet-0123456789abcdef0"},
	"AWS::EC2::VPC":                    {"ec2:$R:$A:vpc/vpc-0123456789abcdef0"},
	"AWS::EC2::VPCEndpoint":            {"ec2:$R:$A:vpc-endpoint/vpce-0123456789abcdef0"},
	"AWS::Events::EventBus":            {"events:$R:$A:event-bus/$N"},
	"AWS::IAM::InstanceProfile":        {"iam::$A:instance-profile/$N"},
	"AWS::IAM::Role":                   {"iam::$A:role/$N"},
	"AWS::KMS::Key":                    {"kms:$R:$A:key/1234abcd-12ab-34cd-56ef-1234567890ab"},
	"AWS::Lambda::EventSourceMapping":  {"lambda:$R:$A:event-source-mapping:1234abcd-12ab-34cd-56ef-1234567890ab"},
	"AWS::Lambda::Function":            {"lambda:$R:$A:function:$N"},
	"AWS::Logs::LogGroup":              {"logs:$R:$A:log-group:$N", "logs:$R:$A:log-group:$N:log-stream:"},
	"AWS::S3::Bucket":                  {"s3:::$N"},
	"AWS::SNS::Topic":                  {"sns:$R:$A:$N"},
	"AWS::SQS::Queue":                  {"sqs:$R:$A:$N"},
	"AWS::StepFunctions::StateMachine": {"states:$R:$A:stateMachine:$N"},
}

// names are the properties that name a resource. CloudFormation generates other names.
var names = map[string]string{
	"AWS::CloudTrail::Trail": "TrailName", "AWS::CloudWatch::Alarm": "AlarmName", "AWS::CloudWatch::Dashboard": "DashboardName",
	"AWS::DynamoDB::Table": "TableName", "AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name",
	"AWS::IAM::InstanceProfile": "InstanceProfileName", "AWS::IAM::Role": "RoleName", "AWS::Lambda::Function": "FunctionName",
	"AWS::Logs::LogGroup": "LogGroupName", "AWS::S3::Bucket": "BucketName", "AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName", "AWS::StepFunctions::StateMachine": "StateMachineName",
}

// refers are the properties by which resources refer to the resource that their actions are on.
var refers = map[string]string{
	"AWS::EC2::Route": "RouteTableId", "AWS::EC2::SecurityGroupEgress": "GroupId", "AWS::EC2::SecurityGroupIngress": "GroupId",
	"AWS::Events::EventBusPolicy": "EventBusName", "AWS::IAM::Policy": "Roles", "AWS::Lambda::Permission": "FunctionName", "AWS::Logs::MetricFilter": "LogGroupName",
	"AWS::S3::BucketPolicy":  "Bucket",
	"AWS::SNS::Subscription": "TopicArn", "AWS::SNS::TopicPolicy": "Topics", "AWS::SQS::QueuePolicy": "Queues",
}

// onAnything are the actions that a policy can permit on "*" only.
var onAnything = regexp.MustCompile(`^(autoscaling:DescribeTags|cloudtrail:(Describe|List)Trails|cloudwatch:ListDashboards|dynamodb:ListTables|` +
	`ec2:Describe[A-Za-z]+|events:(List(EventBuses|Rules)|(Put|Remove)Permission)|iam:List(InstanceProfiles|Roles)|kms:(CreateKey|ListKeys)|` +
	`lambda:(CreateEventSourceMapping|List(EventSourceMappings|Functions))|logs:(CreateLogDelivery|DeleteLogDelivery|GetLogDelivery|ListLogDeliveries|` +
	`UpdateLogDelivery|(Put|Delete|Describe)ResourcePolic(y|ies)|(Put|Delete|Describe)IndexPolic(y|ies)|DescribeLogGroups)|` +
	`organizations:(DescribeOrganization|ListAWSServiceAccessForOrganization)|s3:ListAllMyBuckets|sns:(ListTopics|ListSubscriptions)|sqs:ListQueues|` +
	`ssm:ListAssociations)$`)

// otherwise are the ARNs of actions that are not on the resource alone; "own" stands for those of the resource.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
var otherwise = map[string]string{
	"cloudwatch:DescribeAlarms": "cloudwatch:$R:$A:alarm:*", "events:DescribeEventBus": "events:$R:$A:event-bus/crossgrant-dev-events",
	"dynamodb:Query": "own own/index/i", "dynamodb:Scan": "own own/index/i", "dynamodb:DescribeContributorInsights": "own own/index/i",
	"dynamodb:UpdateContributorInsights": "own own/index/i", "dynamodb:DescribeImport": "own/import/01234567890123-abcdefab",
	"dynamodb:GetResourcePolicy": "own own/stream/s", "dynamodb:PutResourcePolicy": "own own/stream/s", "dynamodb:DeleteResourcePolicy": "own own/stream/s",
	"ec2:AssociateAddress": "own network-interface", "ec2:DisassociateAddress": "own network-interface", "ec2:AttachVolume": "own volume", "ec2:DetachVolume": "own volume",
	"ec2:AssociateNatGatewayAddress": "own elastic-ip", "ec2:DisassociateNatGatewayAddress": "own elastic-ip network-interface", "ec2:CreateNatGateway": "own elastic-ip subnet",
	"ec2:AssociateRouteTable": "route-table subnet", "ec2:DisassociateRouteTable": "route-table subnet", "ec2:ReplaceRouteTableAssociation": "route-table subnet",
	"ec2:AttachInternetGateway": "internet-gateway vpc", "ec2:DetachInternetGateway": "internet-gateway vpc",
	"ec2:AuthorizeSecurityGroupIngress": "own security-group-rule", "ec2:AuthorizeSecurityGroupEgress": "own security-group-rule",
	"ec2:CreateFlowLogs": "own vpc", "ec2:CreateRouteTable": "own vpc", "ec2:CreateSecurityGroup": "own vpc", "ec2:CreateSubnet": "own vpc",
	"ec2:CreateVpcEncryptionControl": "own vpc-encryption-control", "ec2:RunInstances": "own image network-interface security-group subnet volume",
	"ec2:ModifyInstanceAttribute": "own security-group", "s3:DeleteObject": "own/k", "s3:PutObjectAcl": "own/k",
	"s3:GetObject": "s3:::cdk-hnb659fds-assets-$A-$R/f.zip", "s3:GetObjectVersion": "s3:::cdk-hnb659fds-assets-$A-$R/f.zip",
	"iam:CreateServiceLinkedRole": "iam::$A:role/aws-service-role/$S/AWSServiceRole",
}

// needless are the permissions of schemas that no resource of this app needs, since it does not have the property that they are for: objects as
// API descriptions, roles that are not passed (those that are, roles finds), streams, imports, customer keys of tables, buses and functions, flow
// logs in buckets, associations, service networks, VPN gateways, policies of users and groups, file systems, signed code, layers, definitions in
// buckets and keys of state machines, and deliveries of other kinds.
var needless = regexp.MustCompile(`^(AWS::ApiGatewayV2::Api s3:GetObject|[A-Za-z0-9:]+ iam:PassRole|` +
	`AWS::(CloudTrail::Trail|SNS::Topic|SNS::Subscription) iam:GetRole|AWS::DynamoDB::Table (kinesis|logs|s3|kms):.*|AWS::EC2::FlowLog s3:.*|` +
	`AWS::EC2::Instance ssm:De.*|AWS::EC2::VPCEndpoint vpc-lattice:.*|AWS::EC2::VPCGatewayAttachment ec2:(At|De)tachVpnGateway|` +
	`AWS::(Events::EventBus|Lambda::EventSourceMapping|Lambda::Function) kms:.*|AWS::IAM::Policy iam:.*(Group|User)Policy|` +
	`AWS::Lambda::Function ((elasticfilesystem|s3files):.*|lambda:(GetCodeSigningConfig|GetLayerVersion|PassCapacityProvider))|` +
	`AWS::Logs::LogGroup (firehose:TagDeliveryStream|s3:REST.PUT.OBJECT)|AWS::S3::Bucket s3tables:.*|AWS::StepFunctions::StateMachine (kms:.*|s3:GetObject))$`)

// requestsOf are the requests that CloudFormation's handlers make for all resources of an account.
func requestsOf(t *testing.T, a *assembly.Assembly, account string) []policy.Request {
	t.Helper()
	requests := map[string]policy.Request{}
	ask := func(action, arn string, context map[string]string) {
		r := policy.Request{Principal: execution(account), Action: action, Resource: arn, Context: map[string][]string{"aws:RequestedRegion": {"ap-northeast-1"}}}
		for key, value := range context {
			r.Context[key] = []string{value}
		}
		requests[fmt.Sprint(action, arn, context)] = r
	}
	for _, s := range a.Stacks {
		if s.Account != account {
			continue
		}
		fill := func(arn, name string) string {
			return "arn:aws:" + strings.NewReplacer("$R", s.Region, "$A", account, "$N", name).Replace(arn)
		}
		byRef := map[string]*assembly.Resource{}
		for _, r := range s.Resources {
			byRef[r.Ref], byRef[r.Name], byRef[r.ARN] = r, r, r
		}
		nameOf := func(r *assembly.Resource) string {
			if name, ok := r.Properties[names[r.Type]].(string); ok && policy.IsKnown(name) {
				return name
			}
			name := s.Name + "-" + r.LogicalID[:min(len(r.LogicalID), 24)] + "-1A2B3C4D5E6F"
			if r.Type == "AWS::S3::Bucket" {
				name = strings.ToLower(name)
			}
			return name
		}
		var own func(r *assembly.Resource) []string
		own = func(r *assembly.Resource) (all []string) {
			if r.Type == "AWS::Events::Rule" {
				name := nameOf(r)
				if bus := byRef[fmt.Sprint(r.Properties["EventBusName"])]; bus != nil {
					name = nameOf(bus) + "/" + name
				}
				return []string{fill("events:$R:$A:rule/$N", name)}
			}
			for _, arn := range arns[r.Type] {
				all = append(all, fill(arn, nameOf(r)))
			}
			values, ok := r.Properties[refers[r.Type]].([]any)
			if !ok {
				values = []any{r.Properties[refers[r.Type]]}
			}
			for _, value := range values {
				text, _ := value.(string)
				if other := byRef[text]; text != "" && other != nil {
					all = append(all, own(other)...)
				} else if id := regexp.MustCompile(`^\x00[^.]+\.([^.\x00]+)\.`).FindStringSubmatch(text); id != nil { // an attribute
					for _, other := range s.Resources {
						if other.LogicalID == id[1] {
							all = append(all, own(other)...)
						}
					}
				}
			}
			return all
		}
		ask("ssm:GetParameters", fill("ssm:$R:$A:parameter/cdk-bootstrap/hnb659fds/version", ""), nil)
		for _, r := range s.Resources {
			if r.Type == "AWS::CDK::Metadata" {
				continue
			}
			if strings.HasPrefix(r.Type, "Custom::") {
				ask("lambda:InvokeFunction", fill("lambda:$R:$A:function:$N", s.Name+"-CustomS3AutoDelete-1A2B3C4D5E6F"), nil)
				continue
			}
			kind, ok := schema.Lookup(r.Type)
			if !ok {
				t.Fatalf("%s: found no schema of %s", r.Path, r.Type)
			}
			permissions := map[string]bool{}
			for _, list := range slices.Collect(maps.Values(kind.Handlers)) {
				for _, one := range list {
					permissions[one] = true
				}
			}
			if kind.Tagging != nil {
				for _, one := range kind.Tagging.Permissions {
					permissions[one] = true
				}
			}
			if r.Type == "AWS::ApiGatewayV2::Stage" && r.Properties["AccessLogSettings"] != nil {
				for _, name := range strings.Fields("CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy DescribeResourcePolicies DescribeLogGroups") {
					permissions["logs:"+name] = true
				}
			}
			if r.Type == "AWS::EC2::Instance" {
				ask("ec2:DescribeImages", "*", nil)
				if image, ok := r.Properties["ImageId"].(string); ok && !policy.IsKnown(image) {
					for _, reference := range s.External {
						if name, ok := strings.CutPrefix(reference, "ssm:/aws/"); ok {
							ask("ssm:GetParameters", fill("ssm:$R::parameter/aws/"+name, ""), nil)
						}
					}
				}
			}
			roles(r, byRef, func(name, service string) {
				if !permissions["iam:PassRole"] {
					t.Errorf("%s passes a role, and the handlers of %s do not ask for it", r.Path, r.Type)
				}
				ask("iam:PassRole", fill("iam::$A:role/$N", name), map[string]string{"iam:PassedToService": service})
			}, nameOf)
			for _, permission := range slices.Sorted(maps.Keys(permissions)) {
				service, name, _ := strings.Cut(permission, ":")
				permission = strings.ToLower(service) + ":" + strings.ToUpper(name[:1]) + name[1:]
				context := map[string]string{}
				where := strings.Fields(otherwise[permission])
				switch {
				case needless.MatchString(r.Type + " " + permission), permission == "iam:PassRole", permission == "iam:GetRole" && r.Type != "AWS::IAM::Role":
					continue
				case onAnything.MatchString(permission) && permission != "ec2:DescribeVpcAttribute" && permission != "ec2:DescribeInstanceAttribute":
					if permission == "lambda:CreateEventSourceMapping" {
						context["lambda:FunctionArn"] = fill("lambda:$R:$A:function:$N", nameOf(byRef[fmt.Sprint(r.Properties["FunctionName"])]))
					}
					ask(permission, "*", context)
					continue
				case permission == "iam:CreateServiceLinkedRole":
					context["iam:AWSServiceName"] = map[string]string{"AWS::DynamoDB::Table": "replication.dynamodb.amazonaws.com",
						"AWS::EC2::FlowLog": "delivery.logs.amazonaws.com", "AWS::CloudTrail::Trail": "cloudtrail.amazonaws.com"}[r.Type]
				case len(where) == 0:
					where = []string{"own"}
				}
				if strings.HasSuffix(permission, "VpcEndpoint") {
					where = strings.Fields(map[any]string{"Interface": "own security-group subnet", "Gateway": "own route-table"}[r.Properties["VpcEndpointType"]])
					if permission == "ec2:CreateVpcEndpoint" {
						where = append(where, "vpc")
					}
				}
				if boundary := boundaryOf(r, byRef); boundary != "" {
					if permission == "iam:DeleteRolePermissionsBoundary" {
						continue
					}
					context["iam:PermissionsBoundary"] = boundary
				}
				if r.Type == "AWS::Lambda::EventSourceMapping" {
					context["lambda:FunctionArn"] = fill("lambda:$R:$A:function:$N", nameOf(byRef[fmt.Sprint(r.Properties["FunctionName"])]))
				}
				if strings.HasPrefix(permission, "ec2:") {
					context["ec2:ResourceTag/aws:cloudformation:stack-name"] = s.Name
				}
				if strings.HasPrefix(permission, "apigateway:") && r.Type != "AWS::ApiGatewayV2::Route" && r.Type != "AWS::ApiGatewayV2::Integration" {
					ask(permission, fill("apigateway:$R::/tags/arn%3Aaws%3Aapigateway%3Aap-northeast-1%3A%3A%2Fapis%2Fa1b2c3d4e5", ""), nil)
					ask(permission, fill("apigateway:$R::/apis", ""), nil)
				}
				found := 0
				for _, one := range where {
					if rest, ok := strings.CutPrefix(one, "own"); ok {
						for _, arn := range own(r) {
							found++
							ask(permission, arn+rest, context)
						}
						continue
					}
					if given := givenIDs(one, r.Properties); len(given) > 0 { // which has no tags of the stack
						for _, id := range given {
							found++
							ask(permission, fill("ec2:$R:$A:"+one+"/"+id, ""), nil)
						}
						continue
					}
					if !strings.Contains(one, ":") {
						one = "ec2:$R:$A:" + one + "/x-0123456789abcdef0"
					}
					found++
					one = strings.NewReplacer(":$A:image", "::image", "$S", context["iam:AWSServiceName"]).Replace(one)
					ask(permission, fill(one, ""), context)
				}
				if found == 0 {
					t.Errorf("%s: the test does not know what %s of %s is on", r.Path, permission, r.Type)
				}
				if permission == "s3:GetObject" {
					bucket := fill("s3:::cdk-hnb659fds-assets-$A-$R", "")
					for _, object := range []string{bucket, bucket + "/f.zip"} { // with and without a bucket key
						ask("kms:Decrypt", fill("kms:$R:$A:key/1234abcd-12ab-34cd-56ef-1234567890ab", ""),
							map[string]string{"kms:ViaService": "s3." + s.Region + ".amazonaws.com", "kms:EncryptionContext:aws:s3:arn": object})
					}
				}
			}
		}
	}
	return slices.Collect(maps.Values(requests))
}

// roles are the roles that a resource passes, and the services that it passes them to.
func roles(r *assembly.Resource, byRef map[string]*assembly.Resource, pass func(name, service string), nameOf func(*assembly.Resource) string) {
	properties, err := json.Marshal(r.Properties)
	if err != nil {
		panic(err)
	}
	var p struct {
		Role, RoleArn, DeliverLogsPermissionArn, IamInstanceProfile string
		Roles                                                       []string
		Targets                                                     []struct{ RoleArn string }
	}
	service := map[string]string{"AWS::Lambda::Function": "lambda.amazonaws.com", "AWS::EC2::FlowLog": "vpc-flow-logs.amazonaws.com",
		"AWS::EC2::Instance": "ec2.amazonaws.com", "AWS::IAM::InstanceProfile": "ec2.amazonaws.com", "AWS::Events::Rule": "events.amazonaws.com", "AWS::StepFunctions::StateMachine": "states.amazonaws.com"}[r.Type]
	if service == "" {
		return
	}
	if err := json.Unmarshal(properties, &p); err != nil {
		panic(err)
	}
	names := append(p.Roles, p.Role, p.RoleArn, p.DeliverLogsPermissionArn)
	for _, target := range p.Targets {
		names = append(names, target.RoleArn)
	}
	if profile := byRef[p.IamInstanceProfile]; profile != nil && p.IamInstanceProfile != "" {
		roles(profile, byRef, pass, nameOf)
	}
	for _, name := range names {
		if role := byRef[name]; role != nil && name != "" {
			pass(nameOf(role), service)
		}
	}
}

// boundaryOf is the permissions boundary of a role, or of the roles that a policy is attached to. "" for none.
func boundaryOf(r *assembly.Resource, byRef map[string]*assembly.Resource) string {
	if boundary, ok := r.Properties["PermissionsBoundary"].(string); ok {
		return boundary
	}
	if roles, ok := r.Properties["Roles"].([]any); ok && r.Type == "AWS::IAM::Policy" && byRef[fmt.Sprint(roles[0])] != nil {
		return boundaryOf(byRef[fmt.Sprint(roles[0])], nil)
	}
	return ""
}

// givenIDs are the IDs of network resources of a kind that properties name by their IDs: what is there before the app.
func givenIDs(kind string, properties map[string]any) (ids []string) {
	prefix := map[string]string{"vpc": "vpc-", "subnet": "subnet-", "route-table": "rtb-"}[kind]
	for _, property := range []string{"VpcId", "SubnetIds", "RouteTableIds"} {
		list, ok := properties[property].([]any)
		if !ok {
			list = []any{properties[property]}
		}
		for _, one := range list {
			if id, _ := one.(string); prefix != "" && strings.HasPrefix(id, prefix) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
