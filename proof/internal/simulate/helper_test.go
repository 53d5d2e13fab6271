package simulate

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// deployedTo is where the stacks of tests are deployed, by name.
var deployedTo = map[string]string{"A": "111111111111", "B": "222222222222", "C": "333333333333"}

// load reads the resources of stacks, by name, in eu-west-1.
func load(t *testing.T, o model.Options, stacks map[string]string) *model.Model {
	t.Helper()
	var all []modeltest.Stack
	for _, name := range slices.Sorted(maps.Keys(stacks)) {
		text := stacks[name]
		if !strings.Contains(text, "Resources:") {
			text = "Resources:\n" + text
		}
		all = append(all, modeltest.Stack{Name: name, Account: deployedTo[name[:1]], Template: text})
	}
	return modeltest.Read(t, o, all...)
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
