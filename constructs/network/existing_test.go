package network

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/jsii-runtime-go"
)

// existing are the props of a VPC with two private and two isolated subnets.
func existing() ExistingVpcProps {
	return ExistingVpcProps{
		VpcID: "vpc-0a1b2c3d4e5f67890",
		Private: []ExistingSubnet{
			{"ap-northeast-1a", "subnet-0a1b2c3d4e5f6789a", "rtb-0a1b2c3d4e5f6789a"}, {"ap-northeast-1c", "subnet-0a1b2c3d4e5f6789c", "rtb-0a1b2c3d4e5f6789c"},
		},
		Isolated: []ExistingSubnet{{"ap-northeast-1c", "subnet-1a1b2c3d4e5f6789c", "rtb-1a1b2c3d4e5f6789c"}},
	}
}

// The stack creates endpoints in the VPC, and nothing else of a network; and it says what the VPC is.
func TestExistingVpc(t *testing.T) {
	f := newStack(t)
	f.vpc = NewExistingVpc(f.stack, "Network", existing())
	f.vpc.S3()
	f.vpc.AllowSTSFrom(awsec2.NewSecurityGroup(f.stack, jsii.String("Group"), &awsec2.SecurityGroupProps{Vpc: f.vpc.Vpc()}))
	if f.vpc.FlowLogs() != nil || f.vpc.NATInstance() != nil || f.vpc.PublicAddress() != nil {
		t.Error("found flow logs or a NAT, expected none")
	}
	document := f.document(t)
	template := f.template(t)
	for id, r := range template.Resources {
		if !slices.Contains([]string{"AWS::EC2::VPCEndpoint", "AWS::EC2::SecurityGroup", "AWS::EC2::SecurityGroupIngress"}, r.Type) {
			t.Errorf("found %s %s, expected endpoints with their groups only", r.Type, id)
		}
	}
	s3, sts := endpoint(t, template, "s3").Properties, endpoint(t, template, "sts").Properties
	if found := asJSON(s3["RouteTableIds"]); found != `["rtb-0a1b2c3d4e5f6789a","rtb-0a1b2c3d4e5f6789c","rtb-1a1b2c3d4e5f6789c"]` || s3["VpcId"] != "vpc-0a1b2c3d4e5f67890" {
		t.Errorf("found route tables %s of %s", found, asJSON(s3["VpcId"]))
	}
	if found := asJSON(sts["SubnetIds"]); found != `["subnet-0a1b2c3d4e5f6789a","subnet-0a1b2c3d4e5f6789c"]` || sts["PrivateDnsEnabled"] != true {
		t.Errorf("found subnets %s, private DNS %v", found, sts["PrivateDnsEnabled"])
	}
	given := `"CrossGrant::Network::vpc-0a1b2c3d4e5f67890":{"subnets":[{"availabilityZone":"ap-northeast-1a","id":"subnet-0a1b2c3d4e5f6789a","routeTable":"rtb-0a1b2c3d4e5f6789a"},` +
		`{"availabilityZone":"ap-northeast-1c","id":"subnet-0a1b2c3d4e5f6789c","routeTable":"rtb-0a1b2c3d4e5f6789c"},` +
		`{"availabilityZone":"ap-northeast-1c","id":"subnet-1a1b2c3d4e5f6789c","routeTable":"rtb-1a1b2c3d4e5f6789c"}],"vpc":"vpc-0a1b2c3d4e5f67890"}`
	if compact := strings.Join(strings.Fields(string(document)), ""); !strings.Contains(compact, given) {
		t.Errorf("found no %s in %s", given, compact)
	}
	if missing := f.missingContext(t); missing != "" {
		t.Errorf("found missing context %s, expected no look-up", missing)
	}
}

func TestExistingVpcWithoutIsolatedSubnets(t *testing.T) {
	f := newStack(t)
	props := existing()
	props.Isolated = nil
	vpc := NewExistingVpc(f.stack, "Network", props)
	if vpc.IsolatedSubnets() != vpc.PrivateSubnets() {
		t.Error("found other isolated subnets, expected the private ones")
	}
}

func TestExistingVpcProblems(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(*ExistingVpcProps)
		expected string
	}{
		"right":               {func(*ExistingVpcProps) {}, ""},
		"no VPC":              {func(p *ExistingVpcProps) { p.VpcID = "" }, `VpcID: found "", expected an ID such as vpc-0a1b2c3d4e5f67890`},
		"a subnet as VPC":     {func(p *ExistingVpcProps) { p.VpcID = p.Private[0].SubnetID }, `VpcID: found "subnet-0a1b2c3d4e5f6789a"`},
		"no subnets":          {func(p *ExistingVpcProps) { p.Private = nil }, "Private: found none, expected at least one subnet"},
		"two in one zone":     {func(p *ExistingVpcProps) { p.Private[1].AvailabilityZone = "ap-northeast-1a" }, `Private[1].AvailabilityZone: found "ap-northeast-1a" twice`},
		"a local zone":        {func(p *ExistingVpcProps) { p.Private[0].AvailabilityZone = "us-west-2-lax-1a" }, `Private[0].AvailabilityZone: found "us-west-2-lax-1a"`},
		"no route table":      {func(p *ExistingVpcProps) { p.Isolated[0].RouteTableID = "" }, `Isolated[0].RouteTableID: found "", expected an ID such as rtb-`},
		"a table as a subnet": {func(p *ExistingVpcProps) { p.Private[0].SubnetID = "rtb-0a1b2c3d4e5f6789a" }, `Private[0].SubnetID: found "rtb-0a1b2c3d4e5f6789a"`},
	} {
		t.Run(name, func(t *testing.T) {
			props := existing()
			c.change(&props)
			err := props.Validate()
			if c.expected == "" && err != nil || c.expected != "" && (err == nil || !strings.Contains(err.Error(), c.expected)) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}

// What is known of an imported VPC is recorded, and nothing of a VPC whose template says it, or that is not known yet.
func TestRecordVpc(t *testing.T) {
	attributes := func(f *fixture, tables *[]*string) awsec2.IVpc {
		return awsec2.Vpc_FromVpcAttributes(f.stack, jsii.String("Shared"), &awsec2.VpcAttributes{
			VpcId: jsii.String("vpc-0a1b2c3d4e5f67890"), AvailabilityZones: jsii.Strings("ap-northeast-1a"), IsolatedSubnetIds: jsii.Strings("subnet-0a1b2c3d4e5f6789a"), IsolatedSubnetRouteTableIds: tables,
		})
	}
	for name, c := range map[string]struct {
		vpc      func(f *fixture) awsec2.IVpc
		recorded string
	}{
		"by attributes": {func(f *fixture) awsec2.IVpc { return attributes(f, jsii.Strings("rtb-0a1b2c3d4e5f6789a")) },
			`{"subnets":[{"availabilityZone":"ap-northeast-1a","id":"subnet-0a1b2c3d4e5f6789a","routeTable":"rtb-0a1b2c3d4e5f6789a"}],"vpc":"vpc-0a1b2c3d4e5f67890"}`},
		"of the app": {func(f *fixture) awsec2.IVpc {
			return awsec2.NewVpc(f.stack, jsii.String("Own"), &awsec2.VpcProps{AvailabilityZones: jsii.Strings("ap-northeast-1a")})
		}, ""},
		"by a look-up without values": {func(f *fixture) awsec2.IVpc {
			return awsec2.Vpc_FromLookup(f.stack, jsii.String("Shared"), &awsec2.VpcLookupOptions{VpcId: jsii.String("vpc-0a1b2c3d4e5f67890")})
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newStack(t)
			DeclareZones(f.stack, []string{"ap-northeast-1a"})
			RecordVpc(f.stack, c.vpc(f))
			_, after, found := strings.Cut(strings.Join(strings.Fields(string(f.document(t))), ""), `"CrossGrant::Network::vpc-0a1b2c3d4e5f67890":`)
			if found != (c.recorded != "") || !strings.HasPrefix(after, c.recorded) {
				t.Errorf("found %.200s, expected %s", after, c.recorded)
			}
		})
	}
	f := newStack(t)
	defer func() {
		if problem := fmt.Sprint(recover()); !strings.Contains(problem, `subnet subnet-0a1b2c3d4e5f6789a: found route table "", expected its ID`) {
			t.Errorf("found %s, expected that the route table is missing", problem)
		}
	}()
	RecordVpc(f.stack, attributes(f, nil))
}
