package probe

import (
	"fmt"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// grants is a grant of permissions, with the resources of both accounts in eu-west-1 and of the source account in us-east-1, as YAML.
func grants(t *testing.T, permissions, source, target, far string) *model.Model {
	t.Helper()
	source = declarationOf("Source", permissions, "Reader", "reader") + source
	target = declarationOf("Target", permissions, "Reports", "reports") + target
	return load(t, source, target, far)
}

// load is the model of the templates of both accounts, with the resources of the source account in us-east-1.
func load(t *testing.T, source, target, far string) *model.Model {
	t.Helper()
	if far == "" {
		far = "  Nothing: {Type: AWS::CloudFormation::WaitConditionHandle}"
	}
	return modeltest.Read(t, model.Options{},
		modeltest.Stack{Name: "Source", Account: modeltest.SourceAccount, Template: source},
		modeltest.Stack{Name: "Target", Account: modeltest.TargetAccount, Template: target},
		modeltest.Stack{Name: "Far", Account: modeltest.SourceAccount, Region: "us-east-1", Template: "Resources:\n" + far})
}

// declarationOf is the declaration of a half, with its role.
func declarationOf(half, permissions, id, role string) string {
	return modeltest.Grant(half, "["+permissions+"]") + fmt.Sprintf("Resources:\n  %s: {Type: AWS::IAM::Role, Properties: {RoleName: %s, AssumeRolePolicyDocument: {Statement: []}}}\n", id, role)
}
