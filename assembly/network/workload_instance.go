package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// instances are in the subnet of their primary interface.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html
func (c *catalog) instances() (all []*Workload) {
	roles := c.profiles()
	for _, r := range c.app.OfType(instanceType) {
		w := c.instance(r)
		w.Role = roles(r)
		all = append(all, w)
	}
	return all
}

func (c *catalog) instance(r *assembly.Resource) *Workload {
	from := any(r.Properties)
	w := &Workload{Resource: r, SecurityGroups: texts(from, "SecurityGroupIds"), public: c.elastic(r, "InstanceId")}
	subnet := text(from, "SubnetId")
	if primary := primaryInterface(r); primary != nil {
		subnet, w.SecurityGroups = text(primary, "SubnetId"), texts(primary, "GroupSet")
		w.choose(flag(primary, "AssociatePublicIpAddress", ""))
		if id := text(primary, "NetworkInterfaceId"); id != "" {
			subnet, w.SecurityGroups = c.attached(id, w)
		}
	}
	if names := texts(from, "SecurityGroups"); len(names) > 0 {
		w.SecurityGroups = append(w.SecurityGroups, names...)
	}
	if subnet == "" { // that of a launch template, or of the account's default VPC
		subnet = attribute(r, "SubnetId")
	}
	w.Subnets = []string{subnet}
	return w
}

// choose takes what the interface says of its public address, unless an elastic one is there anyway.
func (w *Workload) choose(associated policy.Answer) {
	if w.public == "" || w.public == policy.Indeterminate && associated == policy.Yes {
		w.public = associated
	}
}

// attached returns subnet and groups of an interface that was made before.
func (c *catalog) attached(id string, w *Workload) (subnet string, groups []string) {
	r := c.find(interfaceType, id)
	if r == nil {
		w.public = policy.Indeterminate
		return policy.Unresolved("subnet of " + policy.Readable(id)), []string{policy.Unresolved("groups of " + policy.Readable(id))}
	}
	// Only at its launch an instance gets a public address of the subnet's choice: an interface that was made before has none.
	w.choose(c.elastic(r, "NetworkInterfaceId"))
	if w.public == "" {
		w.public = policy.No
	}
	return text(r.Properties, "SubnetId"), texts(r.Properties, "GroupSet")
}

// primaryInterface is the one of index 0, by which the default route leads. Nil if the instance names none; an unknown one has no fields.
func primaryInterface(r *assembly.Resource) any {
	for _, one := range list(r.Properties, "NetworkInterfaces") {
		if index := text(one, "DeviceIndex"); index == "0" || index == "" {
			return one
		}
	}
	return nil
}

// elastic says whether an elastic address is associated with an instance or an interface: yes, open, or "" if none is.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-eip.html
func (c *catalog) elastic(r *assembly.Resource, property string) policy.Answer {
	best := policy.No
	for _, kind := range []string{addressType, addressAssociationType} {
		_, sure := surely(c.linked(kind, property, r.Ref, r))
		best = some(best, sure)
	}
	if best == policy.No {
		return ""
	}
	return best
}

// profiles returns a function that tells the role of an instance.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html
func (c *catalog) profiles() func(*assembly.Resource) string {
	type named struct{ kind, account, name string }
	all := map[named]*assembly.Resource{}
	for _, kind := range []string{profileType, roleType} {
		for _, r := range c.app.OfType(kind) {
			all[named{kind, r.Stack.Account, r.Ref}] = r
		}
	}
	return func(r *assembly.Resource) string {
		account, profile := r.Stack.Account, text(r.Properties, "IamInstanceProfile")
		if profile == "" && r.Properties["LaunchTemplate"] == nil {
			return ""
		}
		if p := all[named{profileType, account, profile}]; p != nil {
			for _, name := range texts(p.Properties, "Roles") {
				if role := all[named{roleType, account, name}]; role != nil {
					return role.ARN
				}
			}
		}
		return attribute(r, "Role") // of a profile or a role that no template defines
	}
}
