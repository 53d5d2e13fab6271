package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Types of resources. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html
const (
	vpcType                = "AWS::EC2::VPC"
	cidrType               = "AWS::EC2::VPCCidrBlock"
	dhcpType               = "AWS::EC2::DHCPOptions"
	dhcpAssociationType    = "AWS::EC2::VPCDHCPOptionsAssociation"
	subnetType             = "AWS::EC2::Subnet"
	tableType              = "AWS::EC2::RouteTable"
	associationType        = "AWS::EC2::SubnetRouteTableAssociation"
	routeType              = "AWS::EC2::Route"
	internetType           = "AWS::EC2::InternetGateway"
	attachmentType         = "AWS::EC2::VPCGatewayAttachment"
	natType                = "AWS::EC2::NatGateway"
	endpointType           = "AWS::EC2::VPCEndpoint"
	prefixListType         = "AWS::EC2::PrefixList"
	groupType              = "AWS::EC2::SecurityGroup"
	ingressType            = "AWS::EC2::SecurityGroupIngress"
	egressType             = "AWS::EC2::SecurityGroupEgress"
	aclType                = "AWS::EC2::NetworkAcl"
	aclAssociationType     = "AWS::EC2::SubnetNetworkAclAssociation"
	entryType              = "AWS::EC2::NetworkAclEntry"
	instanceType           = "AWS::EC2::Instance"
	interfaceType          = "AWS::EC2::NetworkInterface"
	addressType            = "AWS::EC2::EIP"
	addressAssociationType = "AWS::EC2::EIPAssociation"
	functionType           = "AWS::Lambda::Function"
	serviceType            = "AWS::ECS::Service"
	taskType               = "AWS::ECS::TaskDefinition"
	jobType                = "AWS::Glue::Job"
	connectionType         = "AWS::Glue::Connection"
	profileType            = "AWS::IAM::InstanceProfile"
	roleType               = "AWS::IAM::Role"
	subnetCidrType         = "AWS::EC2::SubnetCidrBlock"
	publicBlockType        = "AWS::EC2::VPCBlockPublicAccessOptions"
	publicExclusionType    = "AWS::EC2::VPCBlockPublicAccessExclusion"
	// restrictType is a custom resource of the CDK that removes the rules of a VPC's default security group.
	restrictType = "Custom::VpcRestrictDefaultSG"
)

// Attributes of a VPC: what AWS creates with it. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html
const (
	defaultGroup = "DefaultSecurityGroup"
	defaultACL   = "DefaultNetworkAcl"
)

// catalog finds resources by their ids, and by the ids that they refer to.
type catalog struct {
	app        *assembly.Assembly
	given      given                         // beside what the templates define
	ids        map[string]string             // other forms of an id -> Ref
	defined    map[string]*assembly.Resource // Ref -> resource; for what AWS creates with a VPC, the VPC
	referring  map[referenceKey][]*assembly.Resource
	unresolved map[referenceKey][]*assembly.Resource // references to what no template defines; the id of the key is ""
}

// referenceKey is a property by which resources of a type refer to another resource.
type referenceKey struct{ kind, property, id string }

// kinds are the types of resources that others refer to, with the attribute that equals Ref if package assembly does not know that.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html, "Return values" of each
var kinds = map[string]string{
	vpcType: "", subnetType: "", groupType: "", tableType: "", instanceType: "", internetType: "", natType: "", aclType: "", taskType: "",
	interfaceType: "Id", prefixListType: "PrefixListId", dhcpType: "DhcpOptionsId",
}

// referenceProperties are the properties of resources that configure another resource.
var referenceProperties = []referenceKey{
	{kind: endpointType, property: "VpcId"}, {kind: associationType, property: "SubnetId"}, {kind: routeType, property: "RouteTableId"},
	{kind: attachmentType, property: "InternetGatewayId"}, {kind: cidrType, property: "VpcId"}, {kind: dhcpAssociationType,
		property: "VpcId"},
	{kind: subnetCidrType, property: "SubnetId"}, {kind: ingressType, property: "GroupId"}, {kind: egressType, property: "GroupId"}, {kind: restrictType,
		property: "DefaultSecurityGroupId"},
	{kind: aclAssociationType, property: "SubnetId"}, {kind: entryType, property: "NetworkAclId"}, {kind: addressType,
		property: "InstanceId"},
	{kind: addressAssociationType, property: "InstanceId"}, {kind: addressAssociationType, property: "NetworkInterfaceId"},
}

func newCatalog(app *assembly.Assembly) *catalog {
	c := &catalog{app, givenIn(app), map[string]string{}, map[string]*assembly.Resource{}, map[referenceKey][]*assembly.Resource{},
		map[referenceKey][]*assembly.Resource{}}
	for kind, id := range kinds {
		for _, r := range c.ofType(kind) {
			c.defined[r.Ref] = r
			c.ids[attribute(r, id)] = r.Ref
			if kind == vpcType {
				c.defined[attribute(r, defaultGroup)], c.defined[attribute(r, defaultACL)] = r, r
			}
		}
	}
	for _, n := range referenceProperties {
		for _, r := range c.ofType(n.kind) {
			id := c.id(text(r.Properties, n.property))
			if id == "" {
				continue
			}
			key := referenceKey{n.kind, n.property, id}
			c.referring[key] = append(c.referring[key], r)
			if c.defined[id] == nil {
				c.unresolved[n] = append(c.unresolved[n], r)
			}
		}
	}
	return c
}

// ofType returns the resources of a type, also those that are given.
func (c *catalog) ofType(kind string) []*assembly.Resource {
	return append(c.app.OfType(kind), c.given.resources[kind]...)
}

// attribute returns the value of Fn::GetAtt for an attribute that is unknown before deployment.
func attribute(r *assembly.Resource, name string) string {
	return policy.Unresolved(r.Stack.Label + "." + r.LogicalID + "." + name)
}

// id returns the Ref for any form of an id.
func (c *catalog) id(written string) string {
	if ref, is := c.ids[written]; is {
		return ref
	}
	return written
}

// find returns the resource of a type by its id; nil if no template defines it.
func (c *catalog) find(kind, id string) *assembly.Resource {
	if r := c.defined[c.id(id)]; r != nil && r.Type == kind {
		return r
	}
	return nil
}

// is reports whether two ids are the same. Two resources that templates define always have different ids.
func (c *catalog) is(a, b string) policy.Answer {
	a, b = c.id(a), c.id(b)
	if a != b && c.defined[a] != nil && c.defined[b] != nil {
		return policy.No
	}
	return same(a, b)
}

// reference is a resource that refers to another one, or may do so.
type reference struct {
	*assembly.Resource
	sure policy.Answer // never no
}

// references returns the resources whose property refers to an id, the certain ones first. A resource that refers to something that no template
// defines may mean it as well, unless it is in another account or region than around, a resource of the same VPC.
func (c *catalog) references(kind, property, id string, around *assembly.Resource) (found []reference) {
	id = c.id(id)
	var open []reference
	for _, r := range c.referring[referenceKey{kind, property, id}] {
		if l := (reference{r, exists(r, around)}); l.sure == policy.Yes {
			found = append(found, l)
		} else {
			open = append(open, l)
		}
	}
	for _, r := range c.unresolved[referenceKey{kind: kind, property: property}] {
		written := c.id(text(r.Properties, property))
		if written != id && c.is(written, id) == policy.Indeterminate && mayShareEnvironment(r.Stack, around.Stack) {
			open = append(open, reference{r, policy.Indeterminate})
		}
	}
	return append(found, open...)
}

// firstOf returns the first reference and whether it is certain; no if there is none.
func firstOf(found []reference) (*assembly.Resource, policy.Answer) {
	if len(found) == 0 {
		return nil, policy.No
	}
	return found[0].Resource, found[0].sure
}

// exists reports whether a resource exists if another one does. It does if both have the same condition of the same stack.
func exists(r, other *assembly.Resource) policy.Answer {
	if r.Conditional == "" || r.Stack == other.Stack && r.Conditional == other.Conditional {
		return policy.Yes
	}
	return policy.Indeterminate
}

// mayShareEnvironment reports whether two stacks may be in the same account and region.
func mayShareEnvironment(a, b *assembly.Stack) bool {
	return same(a.Account, b.Account) != policy.No && same(a.Region, b.Region) != policy.No
}

// tableOf returns the association of a subnet with a route table, and the table, nil if no template defines it. The answer is no without an
// association: then the subnet has the main route table of the VPC, to which no template can add routes.
// https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html
func (c *catalog) tableOf(subnet *assembly.Resource) (association, table *assembly.Resource, sure policy.Answer) {
	association, sure = firstOf(c.references(associationType, "SubnetId", subnet.Ref, subnet))
	if sure == policy.Yes {
		table = c.find(tableType, text(association.Properties, "RouteTableId"))
	}
	return association, table, sure
}
