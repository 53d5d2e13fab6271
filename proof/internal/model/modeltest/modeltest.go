// Package modeltest reads the templates of tests as a model. It is for tests alone.
package modeltest

import (
	"cmp"
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// The accounts of the grants of tests: of the grantees, and of the data.
const (
	SourceAccount = "111111111111"
	TargetAccount = "222222222222"
)

// Stack is a template, and where it is deployed.
type Stack struct {
	Name, Account string
	// Region is by default eu-west-1.
	Region string
	// Template is YAML.
	Template string
}

// Read is the model of some stacks.
func Read(t testing.TB, o model.Options, stacks ...Stack) *model.Model {
	t.Helper()
	var files []assembly.TemplateFile
	dir := t.TempDir()
	for _, s := range stacks {
		path := filepath.Join(dir, s.Name+".yaml")
		if err := os.WriteFile(path, []byte(s.Template), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, assembly.TemplateFile{Path: path, StackName: s.Name, Account: s.Account, Region: cmp.Or(s.Region, "eu-west-1")})
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(a, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Grant is how the template of a half, "Source" or "Target", declares that role reader of the source account has permissions in the target account by
// role reports. The permissions are a list in YAML.
func Grant(half, permissions string) string {
	return `
Metadata:
  CrossGrant::` + half + `::222222222222::reports-prod-eu-west-1:
    name: reports
    stage: prod
    target: {account: "222222222222", region: eu-west-1}
    access: AssumeRole
    roleArn: arn:aws:iam::222222222222:role/reports
    grantees: ["arn:aws:iam::111111111111:role/reader"]
    trust: {mode: NamedRole, sessionSeconds: 3600}
    permissions: ` + permissions + "\n"
}
