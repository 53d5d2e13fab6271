package probe

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// declaration is the half of a grant by which role reader of account 111111111111 has permissions in account 222222222222, by role reports.
const declaration = `
Metadata:
  CrossGrant::%s::222222222222::reports-prod-eu-west-1:
    name: reports
    stage: prod
    target: {account: "222222222222", region: eu-west-1}
    access: AssumeRole
    roleArn: arn:aws:iam::222222222222:role/reports
    grantees: ["arn:aws:iam::111111111111:role/reader"]
    trust: {mode: NamedRole, sessionSeconds: 3600}
    permissions: [%s]
Resources:
  %s: {Type: AWS::IAM::Role, Properties: {RoleName: %s, AssumeRolePolicyDocument: {Statement: []}}}
`

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
	var files []assembly.TemplateFile
	for _, one := range []struct{ name, account, region, text string }{{"Source", "111111111111", "eu-west-1", source}, {"Target", "222222222222", "eu-west-1", target},
		{"Far", "111111111111", "us-east-1", "Resources:\n" + far}} {
		path := filepath.Join(t.TempDir(), one.name+".yaml")
		if err := os.WriteFile(path, []byte(one.text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, assembly.TemplateFile{Path: path, Account: one.account, Region: one.region, StackName: one.name})
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(a, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// declarationOf is the declaration of a half, with its role.
func declarationOf(half, permissions, id, role string) string {
	return fmt.Sprintf(declaration, half, permissions, id, role)
}
