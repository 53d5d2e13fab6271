package inventory

import (
	"fmt"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// permissions are those of the grant: role reader of account 111111111111 reads bucket lake of account 222222222222 by role reports.
const permissions = `[{sid: Objects, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*", "arn:aws:s3:eu-west-1:222222222222:accesspoint/point/object/*"]},
      {sid: Secret, actions: ["secretsmanager:GetSecretValue"], resources: ["arn:aws:secretsmanager:eu-west-1:222222222222:secret:token-??????"]},
      {sid: Sign, actions: ["kms:Sign"], resources: ["arn:aws:kms:eu-west-1:222222222222:key/*"]}]`

const role = `{Type: AWS::IAM::Role, Properties: {RoleName: %s, AssumeRolePolicyDocument: {Statement: []}}}`

// inventory is that of a grant and the resources of both templates, as YAML.
func inventory(t *testing.T, source, target string) (*model.Model, *Inventory) {
	t.Helper()
	m := modeltest.Read(t, model.Options{},
		modeltest.Stack{Name: "Source", Account: modeltest.SourceAccount,
			Template: modeltest.Grant("Source", permissions) + "Resources:\n  Reader: " + fmt.Sprintf(role, "reader") + "\n" + source},
		modeltest.Stack{Name: "Target", Account: modeltest.TargetAccount,
			Template: modeltest.Grant("Target", permissions) + "Resources:\n  Role: " + fmt.Sprintf(role, "reports") + "\n" + target})
	return m, Of(m)
}
