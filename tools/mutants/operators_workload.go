package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

func functionOperators() []*operator {
	return []*operator{
		{name: "out of the VPC", resource: ofType("AWS::Lambda::Function", func(r *resource) []change {
			if r.property("VpcConfig") == nil {
				return nil
			}
			return []change{r.set("VpcConfig", nothing{}, "none")}
		})},
		{name: "fewer subnets", resource: ofType("AWS::Lambda::Function", func(r *resource) (all []change) {
			subnets := list(object(r.property("VpcConfig"))["SubnetIds"])
			for i := range subnets {
				if len(subnets) > 1 {
					all = append(all, r.set("VpcConfig", with(r.property("VpcConfig"), place{"SubnetIds"}, without(subnets, i)), "without", "SubnetIds", i))
				}
			}
			return all
		})},
		{name: "another subnet", resource: ofType("AWS::Lambda::Function", func(r *resource) (all []change) {
			subnets := list(object(at(r.Properties, place{"VpcConfig"}))["SubnetIds"])
			for _, other := range r.subject.resources {
				if other.Type == "AWS::EC2::Subnet" && len(subnets) > 0 && !slices.Contains(subnets, any(other.Ref)) {
					to := []any{map[string]any{"Ref": other.LogicalID}}
					all = append(all, r.set("VpcConfig", with(r.property("VpcConfig"), place{"SubnetIds"}, to), other.LogicalID, "SubnetIds"))
				}
			}
			return all
		})},
		{name: "other groups of the function", resource: ofType("AWS::Lambda::Function", func(r *resource) (all []change) {
			has := list(object(at(r.Properties, place{"VpcConfig"}))["SecurityGroupIds"])
			for _, g := range r.groups() {
				if len(has) > 0 && !slices.Contains(has, any(g.Ref)) {
					to := []any{get(g, "GroupId")}
					all = append(all, r.set("VpcConfig", with(r.property("VpcConfig"), place{"SecurityGroupIds"}, to), g.LogicalID, "SecurityGroupIds"))
				}
			}
			return all
		})},
		{name: "the function's role", resource: ofType("AWS::Lambda::Function", func(r *resource) (all []change) {
			for _, role := range r.roles() {
				if role.ARN != r.text(place{"Role"}) {
					all = append(all, r.set("Role", get(role, "Arn"), role.LogicalID))
				}
			}
			return append(all, r.set("Role", "arn:aws:iam::"+r.Stack.Account+":role/another", "role/another"))
		})},
		{name: "the function's environment", resource: ofType("AWS::Lambda::Function", environment)},
	}
}

// environment changes one variable of those that a grant writes.
func environment(r *resource) (all []change) {
	variables := object(object(r.property("Environment"))["Variables"])
	for _, name := range sorted(variables) {
		if strings.HasPrefix(name, contract.EnvironmentPrefix) {
			changed := with(r.property("Environment"), place{"Variables", name}, "another")
			all = append(all, r.set("Environment", changed, "another", "Variables", name))
		}
	}
	return all
}

// dataOperators change what protects data other than policies.
func dataOperators() []*operator {
	return []*operator{
		{name: "the bucket's key to AWS's", resource: ofType("AWS::S3::Bucket", func(r *resource) []change {
			p := place{"ServerSideEncryptionConfiguration", 0, "ServerSideEncryptionByDefault", "KMSMasterKeyID"}
			if at(r.property("BucketEncryption"), p) == nil {
				return nil
			}
			return []change{r.set("BucketEncryption", with(r.property("BucketEncryption"), p, nothing{}), "aws/s3, which no other account may use")}
		})},
		{name: "drop the bucket policy", resource: dropType("AWS::S3::BucketPolicy")},
		{name: "the policy of another bucket", resource: ofType("AWS::S3::BucketPolicy", func(r *resource) []change {
			return []change{r.set("Bucket", "another-bucket", "another-bucket")}
		})},
		{name: "rename the bucket", resource: ofType("AWS::S3::Bucket", func(r *resource) []change {
			return []change{r.set("BucketName", r.Name+"-2", "another name")}
		})},
		{name: "rename the table", resource: func(r *resource) []change {
			if r.Type != "AWS::DynamoDB::Table" && r.Type != "AWS::DynamoDB::GlobalTable" {
				return nil
			}
			return []change{r.set("TableName", r.Name+"-2", "another name")}
		}},
	}
}

func ofType(name string, of func(*resource) []change) func(*resource) []change {
	return func(r *resource) []change {
		if r.Type != name {
			return nil
		}
		return of(r)
	}
}

func dropType(name string) func(*resource) []change {
	return ofType(name, func(r *resource) []change { return []change{r.drop()} })
}

// eachItem takes each item of a list away.
func eachItem(property string) func(*resource) []change {
	return func(r *resource) (all []change) {
		for i := range list(r.property(property)) {
			all = append(all, r.set(property, without(r.property(property), i), "without", i))
		}
		return all
	}
}

// get is what a template says for an attribute.
func get(r *resource, attribute string) any {
	return map[string]any{"Fn::GetAtt": []any{r.LogicalID, attribute}}
}

// groups are the security groups of the same template.
func (r *resource) groups() []*resource {
	var all []*resource
	for _, other := range r.subject.resources {
		if other.template == r.template && other.Type == "AWS::EC2::SecurityGroup" {
			all = append(all, other)
		}
	}
	return all
}
