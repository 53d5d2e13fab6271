package stacks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/plugin"
)

// newNetwork creates the source VPC, or takes the one that the configuration names.
func (s *sourceStack) newNetwork() *network.SourceVpc {
	c := s.config
	s.accept()
	if c.VpcID != "" {
		return network.NewExistingVpc(s.stack, "Network", network.ExistingVpcProps{
			VpcID: c.VpcID, Private: existingSubnets(c.PrivateSubnets), Isolated: existingSubnets(c.IsolatedSubnets),
		})
	}
	return network.NewSourceVpc(s.stack, "Network", network.SourceVpcProps{
		AvailabilityZones: c.AvailabilityZones,
		CIDR:              c.VpcCIDR,
		ImageID:           c.ImageID,
		Egress:            c.Egress,
		Isolated:          c.has(Instance),
		FlowLogRetention:  c.logRetention(),
		RemovalPolicy:     c.RemovalPolicy.cdk(),
	})
}

// accept acknowledges that it is undecided whether what is there already lets the grants' requests pass, which statementsAdded says: of each bucket, table and key
// that the facts have nothing about, and of the VPC whose endpoints are there already.
func (s *sourceStack) accept() {
	c := s.config
	if !c.StatementsAdded {
		return
	}
	var known *facts.Facts
	if c.Facts != "" {
		var err error
		if known, err = facts.Read(c.Facts); err != nil {
			panic(err)
		}
	}
	var all []*awscdk.Acknowledgment
	for _, what := range c.existing() {
		if !known.Has(what) {
			all = append(all, &awscdk.Acknowledgment{Id: jsii.String(plugin.Name + "::" + proof.UndecidedID(what)),
				Reason: jsii.String("statementsAdded says that " + what + ", which is there already, lets the grants' requests pass; no template has it.")})
		}
	}
	awscdk.Validations_Of(s.stack.Node().Root()).Acknowledge(all...)
}

// existing are the ARNs of what is there already.
func (c Config) existing() (all []string) {
	partition := place.Partition(c.Region)
	if c.STSEndpointID != "" || c.S3EndpointID != "" || c.DynamoDBEndpointID != "" {
		all = append(all, arn.ARN{Partition: partition, Service: "ec2", Region: c.Region, Account: c.SourceAccount, Resource: "vpc/" + c.VpcID}.String())
	}
	for _, bucket := range []string{c.DataBucket, c.TrailBucket} {
		if bucket != "" {
			all = append(all, arn.ARN{Partition: partition, Service: "s3", Resource: bucket}.String())
		}
	}
	if c.Table != "" {
		all = append(all, arn.ARN{Partition: partition, Service: "dynamodb", Region: c.Region, Account: c.TargetAccount, Resource: "table/" + c.Table}.String())
	}
	for _, key := range []string{c.DataKeyARN, c.TableKeyARN, c.TrailKeyARN} {
		if key != "" {
			all = append(all, key)
		}
	}
	return all
}

// existingSubnets reads subnets as the configuration has them: ZONE/SUBNET/ROUTETABLE.
func existingSubnets(texts []string) (all []network.ExistingSubnet) {
	for _, text := range texts {
		parts := strings.Split(text, "/")
		all = append(all, network.ExistingSubnet{AvailabilityZone: parts[0], SubnetID: parts[1], RouteTableID: parts[2]})
	}
	return all
}

// isExistingSubnet reports whether text is a subnet as the configuration has it.
func isExistingSubnet(text string) bool {
	parts := strings.Split(text, "/")
	return len(parts) == 3 && network.IsZone(parts[0]) && network.IsID("subnet", parts[1]) && network.IsID("rtb", parts[2])
}

// endpoints returns the VPC endpoints that the requests of a grant pass. What no grant needs is not created.
func (s *sourceStack) endpoints(access crossaccount.AccessMode, permissions []crossaccount.Permission) (e crossaccount.Endpoints) {
	if access == crossaccount.AssumeRole {
		e.STS = s.endpoint(s.config.STSEndpointID, func() crossaccount.EndpointPolicy { return s.vpc.STS() })
	}
	for _, p := range permissions {
		for _, statement := range p.Statements() {
			switch statement.Service() {
			case "s3":
				e.S3 = s.s3()
			case "dynamodb":
				e.DynamoDB = s.endpoint(s.config.DynamoDBEndpointID, func() crossaccount.EndpointPolicy { return s.vpc.DynamoDB() })
			}
		}
	}
	return e
}

// s3 returns the endpoint of S3.
func (s *sourceStack) s3() crossaccount.EndpointPolicy {
	return s.endpoint(s.config.S3EndpointID, func() crossaccount.EndpointPolicy { return s.vpc.S3() })
}

// endpoint returns the endpoint of an ID, whose policy this app cannot change; or without an ID, that of the VPC.
func (s *sourceStack) endpoint(id string, own func() crossaccount.EndpointPolicy) crossaccount.EndpointPolicy {
	if id != "" {
		return crossaccount.ImportedEndpoint(id)
	}
	return own()
}

// allowSTSFrom lets a workload connect to the STS endpoint. Who may connect to one that is there already is up to its security groups.
func (s *sourceStack) allowSTSFrom(workload awsec2.IConnectable) {
	if s.config.STSEndpointID == "" {
		s.vpc.AllowSTSFrom(workload)
	}
}

// allowCallerIdentity lets roles ask the STS endpoint who they are.
func (s *sourceStack) allowCallerIdentity(roleARNs []string) {
	if s.config.STSEndpointID == "" {
		s.vpc.AllowCallerIdentity(roleARNs...)
	}
}

// allowAWSBuckets lets requests for objects in AWS's own buckets pass the S3 endpoint.
func (s *sourceStack) allowAWSBuckets(sets ...crossaccount.AWSBuckets) {
	endpoint := s.s3()
	if s.config.S3EndpointID != "" {
		endpoint = &reported{s.stack, "the S3 endpoint " + s.config.S3EndpointID}
	}
	crossaccount.AllowAWSBuckets(endpoint, s.config.Region, sets...)
}

// reported is an endpoint whose policy this app cannot change: what it must have is a warning of synthesis.
type reported struct {
	stack awscdk.Stack
	name  string
}

// AddToPolicy reports the statement.
func (r *reported) AddToPolicy(statement awsiam.PolicyStatement) {
	text, _ := json.Marshal(r.stack.Resolve(statement.ToStatementJson()))
	awscdk.Annotations_Of(r.stack).AddWarningV2(jsii.String("crossgrant:statementAddedManually:"+*statement.Sid()),
		jsii.String(fmt.Sprintf("this app does not write the policy of %s. It must have this statement: %s", r.name, text)), nil)
}

// existingSubnet is the form of a subnet as the configuration has it.
const existingSubnet = "zones with their subnet and its route table, such as ap-northeast-1a/subnet-0a1b2c3d4e5f67890/rtb-0a1b2c3d4e5f67890"

// isID checks the ID of a network resource.
func isID(prefix string) check {
	return satisfying(func(text string) bool { return network.IsID(prefix, text) }, "an ID such as "+prefix+"-0a1b2c3d4e5f67890")
}

// checkVpc checks the settings of a VPC that is there already, and that no others are set that only a new one takes, or the other way round.
func (r *reader) checkVpc(c Config) {
	if r.context["vpcId"] == nil {
		for _, key := range []string{"privateSubnets", "isolatedSubnets", "stsEndpointId", "s3EndpointId", "dynamoDbEndpointId"} {
			if r.context[key] != nil && !r.isWrong(key) {
				r.problem(key, describe(r.context[key])+" without vpcId", "vpcId, or no "+key)
			}
		}
	} else if !r.isWrong("vpcId") {
		with, defaults := c.withDefaults(), Config{Region: c.Region}.withDefaults()
		for key, isSet := range map[string]bool{
			"availabilityZones": !slices.Equal(with.AvailabilityZones, defaults.AvailabilityZones), "egress": with.Egress != defaults.Egress, "vpcCidr": c.VpcCIDR != "",
		} {
			if isSet && !r.isWrong(key) {
				r.problem(key, describe(r.context[key])+" with vpcId", "no "+key+" for a VPC that is there already")
			}
		}
		if len(c.PrivateSubnets) == 0 && !r.isWrong("privateSubnets") {
			r.problem("privateSubnets", "nothing", "the subnets of vpcId for the workloads: "+existingSubnet)
		}
	}
	for key, subnets := range map[string][]string{"privateSubnets": c.PrivateSubnets, "isolatedSubnets": c.IsolatedSubnets} {
		seen := map[string]bool{}
		for _, subnet := range subnets {
			zone, _, _ := strings.Cut(subnet, "/")
			switch {
			case !isExistingSubnet(subnet): // which is a problem already
			case c.Region != "" && zone[:len(zone)-1] != c.Region:
				r.problem(key, describe(subnet), "subnets in region "+c.Region)
			case seen[zone]:
				r.problem(key, describe(subnet)+", a second one in its zone", "one for each zone")
			}
			seen[zone] = true
		}
	}
	if c.StatementsAdded && c.STSEndpointID+c.S3EndpointID+c.DynamoDBEndpointID+c.DataBucket+c.Table+c.TrailBucket == "" {
		r.problem("statementsAdded", "true without stsEndpointId, s3EndpointId, dynamoDbEndpointId, dataBucket, table or trailBucket",
			"one of them, or no statementsAdded: the app writes the policies of its own endpoints, buckets and table")
	}
}
