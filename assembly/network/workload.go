package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Workload is a function, an instance, a service or a job that runs code with a role.
type Workload struct {
	// Resource defines the workload.
	Resource *assembly.Resource
	// Role is the ARN of its role. It may be unresolved. "" if it has none.
	Role string
	// Subnets are the ids of the subnets that it may run in. They may be unresolved. None if it runs outside of a VPC.
	Subnets []string
	// SecurityGroups are the ids of its security groups. They may be unresolved. None stands for the default group of the VPC.
	SecurityGroups []string

	// public reports whether it has a public IPv4 address; "" if the subnet decides.
	public policy.Answer
}

// functions returns the Lambda functions. Without subnets in VpcConfig a function is outside of a VPC; within one it has no public address.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
func functions(a *assembly.Assembly) (all []*Workload) {
	for _, r := range a.OfType(functionType) {
		w := &Workload{Resource: r, Role: text(r.Properties, "Role"), public: policy.No}
		if isUnknown(r.Properties, "VpcConfig") {
			w.Subnets = texts(r.Properties, "VpcConfig")
			w.SecurityGroups = w.Subnets
		} else {
			w.Subnets = texts(r.Properties["VpcConfig"], "SubnetIds")
			w.SecurityGroups = texts(r.Properties["VpcConfig"], "SecurityGroupIds")
		}
		all = append(all, w)
	}
	return all
}

// instances returns the EC2 instances. An instance is in the subnet of its primary network interface.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html
func (c *catalog) instances() (all []*Workload) {
	roles := c.instanceRoles()
	for _, r := range c.app.OfType(instanceType) {
		w := c.instance(r)
		w.Role = roles(r)
		all = append(all, w)
	}
	return all
}

func (c *catalog) instance(r *assembly.Resource) *Workload {
	from := any(r.Properties)
	w := &Workload{Resource: r, SecurityGroups: texts(from, "SecurityGroupIds"), public: c.elasticIP(r, "InstanceId")}
	subnet := text(from, "SubnetId")
	if primary := primaryInterface(r); primary != nil {
		subnet, w.SecurityGroups = text(primary, "SubnetId"), texts(primary, "GroupSet")
		w.setPublic(flag(primary, "AssociatePublicIpAddress", ""))
		if id := text(primary, "NetworkInterfaceId"); id != "" {
			subnet, w.SecurityGroups = c.existingInterface(id, w)
		}
	}
	if names := texts(from, "SecurityGroups"); len(names) > 0 {
		w.SecurityGroups = append(w.SecurityGroups, names...)
	}
	if subnet == "" { // from a launch template, or in the default VPC of the account
		subnet = attribute(r, "SubnetId")
	}
	w.Subnets = []string{subnet}
	return w
}

// setPublic sets whether the network interface has a public address, unless an Elastic IP address decides that.
func (w *Workload) setPublic(associated policy.Answer) {
	if w.public == "" || w.public == policy.Indeterminate && associated == policy.Yes {
		w.public = associated
	}
}

// existingInterface returns the subnet and the security groups of a network interface that is a resource.
func (c *catalog) existingInterface(id string, w *Workload) (subnet string, groups []string) {
	r := c.find(interfaceType, id)
	if r == nil {
		w.public = policy.Indeterminate
		return policy.Unresolved("subnet of " + policy.Readable(id)), []string{policy.Unresolved("groups of " + policy.Readable(id))}
	}
	// A subnet assigns public addresses only to interfaces created at launch.
	w.setPublic(c.elasticIP(r, "NetworkInterfaceId"))
	if w.public == "" {
		w.public = policy.No
	}
	return text(r.Properties, "SubnetId"), texts(r.Properties, "GroupSet")
}

// primaryInterface returns the network interface of index 0, which has the default route. Nil if there is none; an unknown one has no fields.
func primaryInterface(r *assembly.Resource) any {
	for _, one := range list(r.Properties, "NetworkInterfaces") {
		if index := text(one, "DeviceIndex"); index == "0" || index == "" {
			return one
		}
	}
	return nil
}

// elasticIP reports whether an Elastic IP address is associated with an instance or a network interface: yes, indeterminate, or "" for none.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-eip.html
func (c *catalog) elasticIP(r *assembly.Resource, property string) policy.Answer {
	best := policy.No
	for _, kind := range []string{addressType, addressAssociationType} {
		_, sure := firstOf(c.references(kind, property, r.Ref, r))
		best = some(best, sure)
	}
	if best == policy.No {
		return ""
	}
	return best
}

// instanceRoles returns a function that returns the role of an instance.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-instanceprofile.html
func (c *catalog) instanceRoles() func(*assembly.Resource) string {
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
		return attribute(r, "Role") // no template defines the instance profile or the role
	}
}

// services returns the ECS services. Tasks have their own network interfaces; in network modes other than awsvpc they use those of their instances,
// which are unknown.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ecs-service-awsvpcconfiguration.html
func (c *catalog) services() (all []*Workload) {
	for _, r := range c.app.OfType(serviceType) {
		network, _ := r.Properties["NetworkConfiguration"].(map[string]any)
		vpc := network["AwsvpcConfiguration"]
		w := &Workload{Resource: r, Subnets: texts(vpc, "Subnets"), SecurityGroups: texts(vpc, "SecurityGroups")}
		if len(w.Subnets) == 0 {
			w.Subnets = []string{attribute(r, "Subnets")}
		}
		switch choice := text(vpc, "AssignPublicIp"); {
		case choice == "ENABLED":
			w.public = policy.Yes
		case choice == "" || policy.IsKnown(choice):
			w.public = policy.No
		default:
			w.public = policy.Indeterminate
		}
		if task := c.find(taskType, text(r.Properties, "TaskDefinition")); task != nil {
			w.Role = text(task.Properties, "TaskRoleArn")
		} else {
			w.Role = attribute(r, "TaskRoleArn")
		}
		all = append(all, w)
	}
	return all
}

// jobs returns the Glue jobs. A job with a connection that has a subnet runs there, without a public address; any other one outside of a VPC. Its role may be
// a name or an ARN.
// https://docs.aws.amazon.com/glue/latest/dg/start-connecting.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-glue-job.html
func (c *catalog) jobs() (all []*Workload) {
	for _, r := range c.app.OfType(jobType) {
		w := &Workload{Resource: r, Role: text(r.Properties, "Role"), public: policy.No}
		for _, role := range c.app.OfType(roleType) {
			if role.Ref == w.Role && role.Stack.Account == r.Stack.Account {
				w.Role = role.ARN
			}
		}
		if isUnknown(r.Properties, "Connections") {
			w.Subnets = []string{attribute(r, "Subnets")}
		}
		for _, name := range texts(r.Properties["Connections"], "Connections") {
			connection := c.connection(r, name)
			if connection == nil {
				w.Subnets = append(w.Subnets, attribute(r, "Subnets"))
				continue
			}
			input, _ := connection.Properties["ConnectionInput"].(map[string]any)
			requirements := input["PhysicalConnectionRequirements"]
			if subnet := text(requirements, "SubnetId"); subnet != "" {
				w.Subnets = append(w.Subnets, subnet)
				w.SecurityGroups = append(w.SecurityGroups, texts(requirements, "SecurityGroupIdList")...)
			}
		}
		all = append(all, w)
	}
	return all
}

// connection returns the Glue connection of a name in the account and region of a job. Nil if no template defines it.
func (c *catalog) connection(job *assembly.Resource, name string) *assembly.Resource {
	for _, r := range c.app.OfType(connectionType) {
		if r.Stack.Account != job.Stack.Account || r.Stack.Region != job.Stack.Region {
			continue
		}
		if r.Ref == name || text(r.Properties["ConnectionInput"], "Name") == name {
			return r
		}
	}
	return nil
}
