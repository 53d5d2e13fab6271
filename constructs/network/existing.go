package network

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// ExistingVpcProps describe a VPC that is there already, for [NewExistingVpc].
type ExistingVpcProps struct {
	// VpcID is the ID of the VPC, such as "vpc-0a1b2c3d4e5f67890". It has DNS support and DNS hostnames. Required.
	VpcID string
	// Private are the subnets for workloads, each of another zone. At least one is required.
	Private []ExistingSubnet
	// Isolated are subnets without routes to the internet, each of another zone. Default the private ones.
	Isolated []ExistingSubnet
}

// ExistingSubnet is a subnet that is there already. All fields are required.
type ExistingSubnet struct {
	// AvailabilityZone is its zone, such as "ap-northeast-1a".
	AvailabilityZone string
	// SubnetID is its ID, such as "subnet-0a1b2c3d4e5f67890".
	SubnetID string
	// RouteTableID is the ID of its route table, such as "rtb-0a1b2c3d4e5f67890", which gets the routes of gateway endpoints.
	RouteTableID string
}

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
var resourceID = regexp.MustCompile(`^(vpc|subnet|rtb|vpce)-([0-9a-f]{8}|[0-9a-f]{17})$`)

// IsID reports whether text is the ID of a network resource whose IDs begin with a prefix: "vpc", "subnet", "rtb" or "vpce".
func IsID(prefix, text string) bool {
	parts := resourceID.FindStringSubmatch(text)
	return parts != nil && parts[1] == prefix
}

// Validate returns all problems with the props, joined, or nil.
func (p ExistingVpcProps) Validate() error {
	var problems []error
	if !IsID("vpc", p.VpcID) {
		problems = append(problems, fmt.Errorf("VpcID: found %q, expected an ID such as vpc-0a1b2c3d4e5f67890", p.VpcID))
	}
	if len(p.Private) == 0 {
		problems = append(problems, errors.New("Private: found none, expected at least one subnet"))
	}
	problems = append(problems, subnetProblems("Private", p.Private), subnetProblems("Isolated", p.Isolated))
	return errors.Join(problems...)
}

// subnetProblems returns what is wrong with the subnets of a field. An endpoint takes one subnet of each zone.
func subnetProblems(field string, subnets []ExistingSubnet) error {
	var problems []error
	for i, s := range subnets {
		if !IsZone(s.AvailabilityZone) {
			problems = append(problems, fmt.Errorf("%s[%d].AvailabilityZone: found %q, expected a region and a letter, such as ap-northeast-1a", field, i, s.AvailabilityZone))
		}
		if !IsID("subnet", s.SubnetID) {
			problems = append(problems, fmt.Errorf("%s[%d].SubnetID: found %q, expected an ID such as subnet-0a1b2c3d4e5f67890", field, i, s.SubnetID))
		}
		if !IsID("rtb", s.RouteTableID) {
			problems = append(problems, fmt.Errorf("%s[%d].RouteTableID: found %q, expected an ID such as rtb-0a1b2c3d4e5f67890", field, i, s.RouteTableID))
		}
		if slices.ContainsFunc(subnets[:i], func(other ExistingSubnet) bool { return other.AvailabilityZone == s.AvailabilityZone }) {
			problems = append(problems, fmt.Errorf("%s[%d].AvailabilityZone: found %q twice, expected one subnet for each zone", field, i, s.AvailabilityZone))
		}
	}
	return errors.Join(problems...)
}

// NewExistingVpc takes a VPC that is there already, by what the props say, without a look-up. Endpoints are created in it when they are first asked
// for; it must have none of the same service: AWS refuses a second one with private DNS, or in the same route table. It has no NAT and no flow logs
// of this app. What the props say is recorded for the proof, which takes it as given. It panics, with the construct's path and all problems,
// if the props are invalid.
func NewExistingVpc(scope constructs.Construct, id string, props ExistingVpcProps) *SourceVpc {
	node := constructs.NewConstruct(scope, jsii.String(id))
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("existing VPC %s:\n%w", *node.Node().Path(), err))
	}
	v := &SourceVpc{node: node}
	given := contract.Network{VPC: props.VpcID}
	take := func(group string, subnets []ExistingSubnet) awsec2.SubnetSelection {
		all := []awsec2.ISubnet{}
		for _, s := range subnets {
			given.Subnets = append(given.Subnets, contract.Subnet{ID: s.SubnetID, RouteTable: s.RouteTableID, AvailabilityZone: s.AvailabilityZone})
			all = append(all, awsec2.Subnet_FromSubnetAttributes(node, subnetID(group, s.AvailabilityZone), &awsec2.SubnetAttributes{
				SubnetId: jsii.String(s.SubnetID), AvailabilityZone: jsii.String(s.AvailabilityZone), RouteTableId: jsii.String(s.RouteTableID),
			}))
		}
		return awsec2.SubnetSelection{Subnets: &all}
	}
	v.private = take(privateSubnets, props.Private)
	v.isolated = &v.private
	if len(props.Isolated) > 0 {
		isolated := take(isolatedSubnets, props.Isolated)
		v.isolated = &isolated
	}
	attributes := awsec2.VpcAttributes{VpcId: jsii.String(props.VpcID)}
	var zones, subnets, tables []string
	for _, s := range props.Private {
		zones, subnets, tables = append(zones, s.AvailabilityZone), append(subnets, s.SubnetID), append(tables, s.RouteTableID)
	}
	attributes.AvailabilityZones, attributes.PrivateSubnetIds, attributes.PrivateSubnetRouteTableIds = jsii.Strings(zones...), jsii.Strings(subnets...), jsii.Strings(tables...)
	v.vpc = awsec2.Vpc_FromVpcAttributes(node, jsii.String("Vpc"), &attributes)
	awscdk.Stack_Of(node).AddMetadata(jsii.String(contract.NetworkPrefix+props.VpcID), given.Plain())
	return v
}

// RecordVpc records for the proof what an imported VPC says of itself (Vpc.fromVpcAttributes with subnets and their route tables, or Vpc.fromLookup
// with its values in cdk.context.json), as NewExistingVpc does: the proof takes it as given. It records nothing of a VPC of this app, which the
// template has, nor of the dummy that stands for a look-up whose values are not known yet. It panics, with all problems, if a subnet has no route
// table, without which nothing is known of its way.
func RecordVpc(scope constructs.Construct, vpc awsec2.IVpc) {
	stack := awscdk.Stack_Of(scope)
	id := *vpc.VpcId()
	if !IsID("vpc", id) || id == dummyVpc {
		return
	}
	given := contract.Network{VPC: id}
	var problems []error
	for _, subnets := range []*[]awsec2.ISubnet{vpc.PrivateSubnets(), vpc.IsolatedSubnets(), vpc.PublicSubnets()} {
		for _, s := range *subnets {
			one := contract.Subnet{ID: *s.SubnetId(), AvailabilityZone: *s.AvailabilityZone(), RouteTable: routeTableOf(s)}
			if !IsID("rtb", one.RouteTable) {
				problems = append(problems, fmt.Errorf("subnet %s: found route table %q, expected its ID, such as rtb-0a1b2c3d4e5f67890 (PrivateSubnetRouteTableIds and the like)", one.ID, one.RouteTable))
			}
			given.Subnets = append(given.Subnets, one)
		}
	}
	if len(given.Subnets) == 0 {
		problems = append(problems, errors.New("found no subnets, expected those that workloads run in"))
	}
	if err := errors.Join(problems...); err != nil {
		panic(fmt.Errorf("VPC %s:\n%w", id, err))
	}
	stack.AddMetadata(jsii.String(contract.NetworkPrefix+id), given.Plain())
}

// routeTableOf returns the ID of a subnet's route table, or nothing for a subnet that was imported without one, of which CDK panics.
func routeTableOf(s awsec2.ISubnet) (id string) {
	defer func() {
		if problem := recover(); problem != nil && !strings.Contains(fmt.Sprint(problem), "routeTableId") {
			panic(problem)
		}
	}()
	return *s.RouteTable().RouteTableId()
}

// dummyVpc is the VPC that CDK takes until it has looked one up.
const dummyVpc = "vpc-12345"
