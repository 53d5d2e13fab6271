package plugin_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/plugin"
)

// One line says what a synthesis that succeeds has proved. The app as a whole prints it in the tests of the README.
func TestLineOfSuccess(t *testing.T) {
	expect := func(a anApp) {
		acknowledge(a.app, id)
		role := awscdk.NewCfnResource(a.policy.Stack(), jsii.String("Role"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::IAM::Role"), Properties: &map[string]any{
			"RoleName": "nobody", "AssumeRolePolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{
				map[string]any{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": map[string]any{"Service": "ec2.amazonaws.com"}},
			}},
		}})
		role.AddMetadata(jsii.String("CrossGrant::Expect"), []any{map[string]any{"action": "iam:DeleteRole", "resource": "arn:aws:iam::222222222222:role/nobody", "result": "denied"}})
	}
	for name, c := range map[string]struct {
		change   func(anApp)
		expected string
	}{
		"nothing declared":    {func(a anApp) { a.policy.Stack().Node().TryRemoveChild(jsii.String("Policy")) }, "crossgrant: nothing is declared: found no grant, no connection and no expectation\n"},
		"acknowledged":        {func(a anApp) { acknowledge(a.app, id) }, "crossgrant: nothing is proved: what was found is acknowledged\n"},
		"partly acknowledged": {expect, "crossgrant: 0 grants, 1 of 2 accesses proved, the rest acknowledged\n"},
		"broken":              {func(anApp) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, true, true, nil)
			c.change(a)
			plugin.Register(a.app, proof.Options{})
			stderr, file := os.Stderr, filepath.Join(t.TempDir(), "stderr")
			into, err := os.Create(file)
			if err != nil {
				t.Fatal(err)
			}
			os.Stderr = into
			message, report := a.synth(t)
			os.Stderr = stderr
			into.Close()
			if text, err := os.ReadFile(file); err != nil || string(text) != c.expected || message != "" {
				t.Errorf("found %q, panic %q and error %v, expected %q; %+v", text, message, err, c.expected, report)
			}
		})
	}
}
