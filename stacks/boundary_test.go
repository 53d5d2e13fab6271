package stacks

import (
	"testing"

	"github.com/crossgrant/crossgrant/internal/policyview"
	"github.com/crossgrant/crossgrant/internal/sample"
)

// Every role has the boundary of its own account, the trusted roles and those that CDK makes among them. With -short, by one way to set it for each key.
func TestPermissionsBoundary(t *testing.T) {
	type boundary struct {
		name, key string
		value     any
		policy    string // the ARN of the boundary without the account
	}
	for _, c := range sample.Of(t, sample.Seed(t), []boundary{
		{"by name", "permissionsBoundary", "cdk-${Qualifier}-permissions-boundary", ":policy/cdk-hnb659fds-permissions-boundary"},
		{"by ARN", "permissionsBoundary", "arn:aws:iam::${AWS::AccountId}:policy/it/company-boundary", ":policy/it/company-boundary"},
		{"by the CDK's own key", "@aws-cdk/core:permissionsBoundary", map[string]any{"name": "company-${AWS::Region}"}, ":policy/company-ap-northeast-1"},
	}, func(b boundary) []string { return []string{b.key} }) {
		t.Run(c.name, func(t *testing.T) {
			s := synthesize(t, map[string]any{"workloads": "list,instance,events", "removalPolicy": "destroy", c.key: c.value})
			for account, one := range map[string]policyview.Template{"111111111111": s.source, "222222222222": s.target} {
				roles := ofType(one, "AWS::IAM::Role")
				if len(roles) < 4 {
					t.Errorf("found %d roles in account %s, expected those of the workloads, of the grants and of CDK's functions", len(roles), account)
				}
				for _, role := range roles {
					if found, want := role.Properties["PermissionsBoundary"], "arn:aws:iam::"+account+c.policy; found != want {
						t.Errorf("found the boundary %v of role %v, expected %s", found, role.Properties["RoleName"], want)
					}
				}
			}
		})
	}
}
