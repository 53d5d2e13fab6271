package simulate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// deployedTo is where the stacks of tests are deployed, by name.
var deployedTo = map[string]string{"A": "111111111111", "B": "222222222222", "C": "333333333333"}

// load reads the resources of stacks, by name, in eu-west-1.
func load(t *testing.T, o model.Options, stacks map[string]string) *model.Model {
	t.Helper()
	var files []assembly.TemplateFile
	dir := t.TempDir()
	for name, text := range stacks {
		if !strings.Contains(text, "Resources:") {
			text = "Resources:\n" + text
		}
		path := filepath.Join(dir, name+".yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, assembly.TemplateFile{Path: path, StackName: name, Account: deployedTo[name[:1]], Region: "eu-west-1"})
	}
	slices.SortFunc(files, func(a, b assembly.TemplateFile) int { return strings.Compare(a.StackName, b.StackName) })
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

// role is a role with a trust policy's statement and a statement of its own; "" for none.
func role(id, trust, own string) string {
	text := "  " + id + ":\n    Type: AWS::IAM::Role\n    Properties:\n      RoleName: " + strings.ToLower(id) +
		"\n      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, " + trust + "}]}\n"
	if own != "" {
		text += "      Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, " + own + "}]}}]\n"
	}
	return text
}

const byLambda = `Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"`

// trusting is a trust policy's statement for a principal.
func trusting(principal string) string {
	return `Principal: {AWS: "` + principal + `"}, Action: "sts:AssumeRole"`
}

// assuming is a statement that permits to assume a role.
func assuming(name string) string { return `Action: "sts:AssumeRole", Resource: "` + name + `"` }

func arnOf(account, name string) string { return "arn:aws:iam::" + account + ":role/" + name }

// passes is the outcome of an access from anywhere, and what its last hop that decides says.
func passes(m *model.Model, a model.Access) (policy.Answer, string) {
	c := Walk(m, a)[0]
	h, stops := c.Stops()
	if !stops {
		h = c.Hops[len(c.Hops)-1]
	}
	return c.Passes, h.What + ": " + strings.Join(h.Says, "; ")
}
