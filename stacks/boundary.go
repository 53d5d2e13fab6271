package stacks

import (
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// boundaryForm is the name of a managed policy, or its ARN, with the CDK's placeholders. An ARN that names an account would be of one of the two accounts only,
// and IAM refuses the policy of another account as a boundary.
// https://docs.aws.amazon.com/cdk/v2/guide/customize-permissions-boundaries.html
var boundaryForm = regexp.MustCompile(`^(arn:(aws[a-z-]*|\$\{AWS::Partition\}):iam::(aws|\$\{AWS::AccountId\}):policy/)?` +
	`([A-Za-z0-9_+=,.@/-]|\$\{(Qualifier|AWS::AccountId|AWS::Region|AWS::Partition)\})+$`)

func isBoundary(s string) bool { return boundaryForm.MatchString(s) }

// boundary returns CDK's value for PermissionsBoundary, which it gives every role in a stack, also those that it creates itself. Nil for none.
func (c Config) boundary() awscdk.PermissionsBoundary {
	switch {
	case c.PermissionsBoundary == "":
		return nil
	case strings.HasPrefix(c.PermissionsBoundary, "arn:"):
		return awscdk.PermissionsBoundary_FromArn(jsii.String(c.PermissionsBoundary))
	}
	return awscdk.PermissionsBoundary_FromName(jsii.String(c.PermissionsBoundary))
}
