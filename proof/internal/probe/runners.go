package probe

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// runner says by which service the resources of a type run, as which role.
type runner struct {
	service string
	// role is the property that has the role.
	role string
	// context are the condition keys that the service gives when it assumes the role. Default none.
	context func(*assembly.Resource) map[string][]string
}

// runners are the types of what runs as a role, beside instances, whose role is in a profile.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
var runners = map[string]runner{
	"AWS::CodeBuild::Project":          {service: "codebuild.amazonaws.com", role: "ServiceRole", context: inAccount("codebuild")},
	"AWS::ECS::TaskDefinition":         {service: "ecs-tasks.amazonaws.com", role: "TaskRoleArn", context: inAccount("ecs")},
	"AWS::EKS::PodIdentityAssociation": {service: model.PodIdentity, role: "RoleArn", context: ofPod},
	"AWS::Glue::Job":                   {service: "glue.amazonaws.com", role: "Role", context: inAccount("glue")},
	"AWS::Lambda::Function":            {service: "lambda.amazonaws.com", role: "Role"},
	"AWS::SageMaker::NotebookInstance": {service: "sagemaker.amazonaws.com", role: "RoleArn", context: inAccount("sagemaker")},
	"AWS::StepFunctions::StateMachine": {service: "states.amazonaws.com", role: "RoleArn", context: inAccount("states")},
}

// inAccount is what a service says of whom it assumes a role for: the resource, or something in the account of which no template has the name.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
// https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
func inAccount(service string) func(*assembly.Resource) map[string][]string {
	return func(r *assembly.Resource) map[string][]string {
		source := arn.ARN{Partition: r.Stack.Partition, Service: service, Region: r.Stack.Region, Account: r.Stack.Account, Resource: policy.Unresolved(r.Stack.Label + "." + r.LogicalID)}
		if r.ARN != "" && service != "ecs" { // ECS says which task it is
			return map[string][]string{"aws:SourceAccount": {r.Stack.Account}, "aws:SourceArn": {r.ARN}}
		}
		return map[string][]string{"aws:SourceAccount": {r.Stack.Account}, "aws:SourceArn": {source.String()}}
	}
}

// ofPod is what EKS says of a pod.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
func ofPod(r *assembly.Resource) map[string][]string {
	text := func(property string) string {
		value, ok := r.Properties[property].(string)
		if !ok {
			return policy.Unresolved(r.Stack.Label + "." + r.LogicalID + "." + property)
		}
		return value
	}
	cluster := arn.ARN{Partition: r.Stack.Partition, Service: "eks", Region: r.Stack.Region, Account: r.Stack.Account, Resource: "cluster/" + text("ClusterName")}.String()
	context := map[string][]string{"aws:SourceAccount": {r.Stack.Account}, "aws:SourceArn": {cluster}}
	if disabled := r.Properties["DisableSessionTags"]; disabled == true || disabled == "true" {
		return context
	}
	for _, tag := range model.PodTags() {
		context["aws:RequestTag/"+tag] = []string{policy.Unresolved(r.Stack.Label + "." + r.LogicalID + "." + tag)}
	}
	context["aws:RequestTag/eks-cluster-arn"], context["aws:RequestTag/eks-cluster-name"] = []string{cluster}, []string{text("ClusterName")}
	context["aws:RequestTag/kubernetes-namespace"] = []string{text("Namespace")}
	context["aws:RequestTag/kubernetes-service-account"] = []string{text("ServiceAccount")}
	return context
}

// runAs are the checks that services can run what the templates define as a grantee.
func (c *checks) runAs(grantee string) {
	for _, s := range c.Assembly.Stacks {
		for _, r := range s.Resources {
			as, ok := runners[r.Type]
			if role, _ := r.Properties[as.role].(string); ok && c.names(r, role, grantee) {
				c.runsAs(r.Name, as.service, grantee, as.contextOf(r))
			}
		}
	}
	for _, w := range c.Workloads(grantee) {
		if w.Resource.Type == "AWS::EC2::Instance" {
			c.runsAs(w.Resource.Name, "ec2.amazonaws.com", grantee, nil)
		}
	}
}

// names says that a property names a role: by its ARN, or by its name in the account.
func (c *checks) names(r *assembly.Resource, property, roleARN string) bool {
	role, ok := c.Accounts.Role(roleARN)
	return property == roleARN || ok && property == role.Ref && r.Stack.Account == role.Stack.Account
}

func (r runner) contextOf(of *assembly.Resource) map[string][]string {
	if r.context == nil {
		return nil
	}
	return r.context(of)
}

func (c *checks) runsAs(name, service, grantee string, context map[string][]string) {
	actions := "sts:AssumeRole"
	if context["aws:RequestTag/"+model.PodTags()[0]] != nil {
		actions += " and sts:TagSession"
	}
	c.add(check.Check{Expects: check.MustWork, Name: policy.Readable(service + " runs " + name + " as " + grantee),
		Access: model.Access{Caller: service, Assumes: &model.Assume{Role: grantee, Context: context}},
		Remedy: []string{policy.Readable("let the trust policy of " + grantee + " allow " + service + " " + actions + ", or run " + name + " as another role")}})
}
