package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// catalog finds resources by their ids, and by the ids that they name.
type catalog struct {
	app     *assembly.Assembly
	ids     map[string]string             // other texts for an id -> Ref
	defined map[string]*assembly.Resource // Ref -> resource; of what comes with a VPC, the VPC
	naming  map[naming][]*assembly.Resource
	strays  map[naming][]*assembly.Resource // those that name what no template defines, under naming.id ""
}

// naming is a property in which resources of a type name another one.
type naming struct{ kind, property, id string }

// kinds are the types of what others name, with the attribute that gives the same as Ref where the assembly does not know that it does.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_EC2.html, "Return values" of each
var kinds = map[string]string{
	vpcType: "", subnetType: "", groupType: "", tableType: "", instanceType: "", internetType: "", natType: "", aclType: "", taskType: "",
	interfaceType: "Id", prefixListType: "PrefixListId", dhcpType: "DhcpOptionsId",
}

// namings are the properties by which resources are found that say something of another one.
var namings = []naming{
	{kind: endpointType, property: "VpcId"}, {kind: associationType, property: "SubnetId"}, {kind: routeType, property: "RouteTableId"},
	{kind: attachmentType, property: "InternetGatewayId"}, {kind: cidrType, property: "VpcId"}, {kind: dhcpAssociationType,
		property: "VpcId"},
	{kind: ingressType, property: "GroupId"}, {kind: egressType, property: "GroupId"}, {kind: restrictType,
		property: "DefaultSecurityGroupId"},
	{kind: aclAssociationType, property: "SubnetId"}, {kind: entryType, property: "NetworkAclId"}, {kind: addressType,
		property: "InstanceId"},
	{kind: addressAssociationType, property: "InstanceId"}, {kind: addressAssociationType, property: "NetworkInterfaceId"},
}

func newCatalog(app *assembly.Assembly) *catalog {
	c := &catalog{app, map[string]string{}, map[string]*assembly.Resource{}, map[naming][]*assembly.Resource{},
		map[naming][]*assembly.Resource{}}
	for kind, id := range kinds {
		for _, r := range app.OfType(kind) {
			c.defined[r.Ref] = r
			c.ids[attribute(r, id)] = r.Ref
			if kind == vpcType {
				c.defined[attribute(r, defaultGroup)], c.defined[attribute(r, defaultACL)] = r, r
			}
		}
	}
	for _, n := range namings {
		for _, r := range app.OfType(n.kind) {
			id := c.id(text(r.Properties, n.property))
			if id == "" {
				continue
			}
			key := naming{n.kind, n.property, id}
			c.naming[key] = append(c.naming[key], r)
			if c.defined[id] == nil {
				c.strays[n] = append(c.strays[n], r)
			}
		}
	}
	return c
}

// attribute is what Fn::GetAtt gives for what is known at deployment only.
func attribute(r *assembly.Resource, name string) string {
	return policy.Unresolved(r.Stack.Label + "." + r.LogicalID + "." + name)
}

// id is one text for all the ways to write an id.
func (c *catalog) id(written string) string {
	if ref, is := c.ids[written]; is {
		return ref
	}
	return written
}

// find returns the resource of a type that has an id; nil if no template defines it.
func (c *catalog) find(kind, id string) *assembly.Resource {
	if r := c.defined[c.id(id)]; r != nil && r.Type == kind {
		return r
	}
	return nil
}

// is says whether two ids are one and the same. Resources that templates define differ, whatever their ids will be.
func (c *catalog) is(a, b string) policy.Answer {
	a, b = c.id(a), c.id(b)
	if a != b && c.defined[a] != nil && c.defined[b] != nil {
		return policy.No
	}
	return same(a, b)
}
