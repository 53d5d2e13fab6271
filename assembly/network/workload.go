package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Workload is something that runs code with a role.
type Workload struct {
	// Resource is the function, the instance or the service.
	Resource *assembly.Resource
	// Role is the ARN of the role that it runs with, unresolved allowed. "" if it has none.
	Role string
	// Subnets are the ids of those it may run in, unresolved allowed. None if it runs outside of a VPC.
	Subnets []string
	// SecurityGroups are the ids of its groups, unresolved allowed. None stands for the default group of the VPC.
	SecurityGroups []string

	// public says whether it has a public IPv4 address; "" leaves that to the subnet.
	public policy.Answer
}

// functions are outside of a VPC without a VpcConfig that names subnets. One in a VPC never has a public address.
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
