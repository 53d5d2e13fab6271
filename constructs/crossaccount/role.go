package crossaccount

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// trustedRole creates the role in the target stack, under the grant's name.
func trustedRole(props CrossAccountGrantProps, name, granteeARN, sourceAccount string, statements []contract.Statement) (awsiam.Role, error) {
	if props.Target.Node().TryFindChild(jsii.String(props.Name)) != nil {
		return nil, fmt.Errorf("Name: found %q, which stack %s has already, expected a name of its own: the trusted role's is made from it", props.Name, *props.Target.Node().Path())
	}
	var path *string
	if props.Trust.Path != "/" {
		path = jsii.String(props.Trust.Path)
	}
	role := awsiam.NewRole(constructs.NewConstruct(props.Target, jsii.String(props.Name)), jsii.String("Role"), &awsiam.RoleProps{
		Path:        path,
		RoleName:    jsii.String(name),
		Description: jsii.String("What " + granteeARN + " may do in this account"),
		AssumedBy:   props.Trust.principal(sourceAccount, granteeARN),
		// AWS has no lower limit than this for a role; Trust makes it shorter by a condition.
		MaxSessionDuration:  awscdk.Duration_Hours(jsii.Number(MaxSession.Hours())),
		PermissionsBoundary: props.Trust.Boundary,
	})
	for _, s := range statements {
		role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String(s.Sid),
			Actions:    jsii.Strings(s.Actions...),
			Resources:  jsii.Strings(s.Resources...),
			Conditions: conditions(s),
		}))
	}
	return role, nil
}

func conditions(s contract.Statement) *map[string]any {
	if len(s.Conditions) == 0 {
		return nil
	}
	all := map[string]any{}
	for operator, keys := range s.Conditions {
		all[operator] = keys
	}
	return &all
}

// letAssume gives the grantee the right to assume the role. A role that was imported may not take a policy, and CDK then
// reports success all the same: so the policy is looked for.
func letAssume(source awscdk.Stack, grantee awsiam.IGrantable, roleARN string) error {
	grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee: grantee, Actions: jsii.Strings("sts:AssumeRole"), ResourceArns: jsii.Strings(roleARN),
	})
	if _, own := grantee.GrantPrincipal().(awsiam.Role); own {
		return nil
	}
	if *grant.Success() {
		_, written, _ := strings.Cut(roleARN, ":iam::") // the partition may be a token
		for _, child := range *source.Node().FindAll(constructs.ConstructOrder_PREORDER) {
			if policy, ok := child.(awsiam.CfnPolicy); ok {
				document, err := json.Marshal(source.Resolve(policy.PolicyDocument()))
				if err == nil && strings.Contains(string(document), written) {
					return nil
				}
			}
		}
	}
	return fmt.Errorf(`Grantee: found a role whose policy cannot be changed from stack %s, expected one that can be. Its owner has to add: {"Effect":"Allow","Action":"sts:AssumeRole","Resource":"%s"}`,
		*source.Node().Path(), source.Resolve(roleARN))
}

var notInSid = regexp.MustCompile(`[^A-Za-z0-9]`)

// sidOf returns the construct's path with letters and digits only, as IAM has it.
func sidOf(node constructs.Construct) string {
	return notInSid.ReplaceAllString(*node.Node().Path(), "")
}
