package audit

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// services checks which services may run something as a role: those that the trust policy lets in, and that nothing in the templates needs. Where
// nothing here runs as a grantee, it runs elsewhere, and its services are its owner's decision.
func (a *checks) services(g *model.Grant, role *accounts.Principal, isGrantee bool) {
	used := func(service string) bool {
		return slices.ContainsFunc(a.runners(role), func(kind string) bool { return runs(kind, service) })
	}
	somethingRuns := false
	allows(role.Trust, func(_ *policy.Statement, e policy.Elements) {
		somethingRuns = somethingRuns || slices.ContainsFunc(e.Principals["Service"], used)
	})
	if isGrantee && !somethingRuns {
		return
	}
	allows(role.Trust, func(s *policy.Statement, e policy.Elements) {
		if len(e.Principals["Service"]) == 0 {
			return
		}
		c := newStatementCheck(g, role.Trust, s, role.Resource)
		c.Name += ", services"
		for _, service := range e.Principals["Service"] {
			if policy.IsKnown(service) && !used(service) {
				tooMuch(&c, "it lets "+service+" run something as "+accounts.DisplayName(role.Resource)+", and nothing in the templates needs that")
			}
		}
		a.all = append(a.all, c)
	})
}

// runners are the types of the resources that name a role as the one that they run as, such as a function.
func (a *checks) runners(role *accounts.Principal) []string {
	var all []string
	for _, r := range a.inventory.Mentioning(role.Resource) {
		if r.Type != "AWS::EC2::VPCEndpoint" && names(r.Properties, role) {
			all = append(all, r.Type)
		}
	}
	return all
}

// names says that a property whose name ends in "Role", "Roles" or "RoleArn" has a role. Environment variables tell code of roles that it assumes.
func names(value any, role *accounts.Principal) bool {
	object, _ := value.(map[string]any)
	for key, inside := range object {
		lower := strings.ToLower(key)
		switch v := inside.(type) {
		case string:
			if (v == role.ARN || v == role.Ref) && (strings.HasSuffix(lower, "role") || strings.HasSuffix(lower, "rolearn")) {
				return true
			}
		case []any:
			if strings.HasSuffix(lower, "roles") && (slices.Contains(v, any(role.ARN)) || slices.Contains(v, any(role.Ref))) ||
				slices.ContainsFunc(v, func(one any) bool { return names(one, role) }) {
				return true
			}
		case map[string]any:
			if key != "Environment" && names(v, role) {
				return true
			}
		}
	}
	return false
}

// principals are the services that run what some types define, where their names differ.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
var principals = map[string]string{
	"AWS::AutoScaling": "autoscaling", "AWS::ECS": "ecs-tasks", "AWS::IAM::InstanceProfile": "ec2", "AWS::StepFunctions": "states",
	"AWS::KinesisFirehose": "firehose", "AWS::ApiGatewayV2": "apigateway", "AWS::Serverless": "lambda",
}

// runs says that a type of resource is run by a service, such as a function by "lambda.amazonaws.com".
func runs(kind, service string) bool {
	label, _, _ := strings.Cut(service, ".")
	for prefix, name := range principals {
		if strings.HasPrefix(kind, prefix) {
			return label == name || label == "ecs" && name == "ecs-tasks"
		}
	}
	_, rest, _ := strings.Cut(kind, "::")
	of, _, _ := strings.Cut(rest, "::")
	return strings.EqualFold(of, label)
}
