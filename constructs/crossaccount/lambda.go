package crossaccount

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// InvokeFunction permits invoking a function, or one version or alias of it. The grantee's code reads CROSSGRANT_FUNCTION_ARN.
//
// Direct access takes Trust.Mode ExactRole, no OrganizationID and no Perimeter: the policy of a function has none of their conditions, and without one
// on the role, it could only name the whole account.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
// https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
func InvokeFunction(function awslambda.IFunction) Permission {
	if function == nil {
		return nilResource("function", "function")
	}
	p := permission{kind: "function", arn: *place.Once(function, "arn", function.FunctionArn)}
	p.setEnv("function", function)
	p.environment = map[string]string{contract.VariableFunctionARN: p.arn}
	p.add(resourcePolicy{resource: function, kind: "function"}, contract.Statement{Sid: "InvokeFunction", Actions: []string{"lambda:InvokeFunction"}, Resources: []string{p.arn}})
	return p
}

// invocationProblems returns what the policy of a function cannot require of a grant with Direct access.
// https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html
func invocationProblems(props GrantProps) (problems []error) {
	if props.Trust.Mode != ExactRole {
		problems = append(problems, errors.New("found a function with Direct access, expected Trust.Mode ExactRole, or AssumeRole: the policy of a function takes no condition on the name of the caller's role, so that it would let in the whole account"))
	}
	if props.Trust.OrganizationID != "" || props.Perimeter.contract() != nil {
		problems = append(problems, errors.New("found a function with Direct access and a Trust.OrganizationID or a Perimeter, expected neither, or AssumeRole: the policy of a function does not take these conditions beside a role"))
	}
	return problems
}

// permitInvocation adds a statement for each grantee to the policy of a function.
func permitInvocation(function awslambda.IFunction, s contract.Statement, g contract.Grant, b *builder) {
	for i, grantee := range g.Grantees {
		awslambda.NewCfnPermission(b.node, jsii.String(fmt.Sprint(s.Sid, i+1)), &awslambda.CfnPermissionProps{
			Action: jsii.String(s.Actions[0]), FunctionName: place.Once(function, "arn", function.FunctionArn), Principal: jsii.String(grantee),
		})
	}
}
