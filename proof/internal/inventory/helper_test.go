package inventory

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// grant lets role reader of account 111111111111 read bucket lake of account 222222222222 by role reports.
const grant = `
Metadata:
  CrossGrant::%s::222222222222::reports-prod-eu-west-1:
    name: reports
    stage: prod
    target: {account: "222222222222", region: eu-west-1}
    access: AssumeRole
    roleArn: arn:aws:iam::222222222222:role/reports
    grantees: ["arn:aws:iam::111111111111:role/reader"]
    trust: {mode: NamedRole, sessionSeconds: 3600}
    permissions: [{sid: Objects, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*", "arn:aws:s3:eu-west-1:222222222222:accesspoint/point/object/*"]},
      {sid: Secret, actions: ["secretsmanager:GetSecretValue"], resources: ["arn:aws:secretsmanager:eu-west-1:222222222222:secret:token-??????"]},
      {sid: Sign, actions: ["kms:Sign"], resources: ["arn:aws:kms:eu-west-1:222222222222:key/*"]}]
Resources:
`

const role = `{Type: AWS::IAM::Role, Properties: {RoleName: %s, AssumeRolePolicyDocument: {Statement: []}}}`

// inventory is that of a grant and the resources of both templates, as YAML.
func inventory(t *testing.T, source, target string) (*model.Model, *Inventory) {
	t.Helper()
	source = fmt.Sprintf(grant, "Source") + "  Reader: " + fmt.Sprintf(role, "reader") + "\n" + source
	target = fmt.Sprintf(grant, "Target") + "  Role: " + fmt.Sprintf(role, "reports") + "\n" + target
	var files []assembly.TemplateFile
	for _, one := range []struct{ name, account, text string }{{"Source", "111111111111", source}, {"Target", "222222222222", target}} {
		path := filepath.Join(t.TempDir(), one.name+".yaml")
		if err := os.WriteFile(path, []byte(one.text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, assembly.TemplateFile{Path: path, Account: one.account, Region: "eu-west-1", StackName: one.name})
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(a, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m, Of(m)
}
