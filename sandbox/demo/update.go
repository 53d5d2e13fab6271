package demo

import (
	"context"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/sandbox"
)

// changedSetting is what the demo changes in the deployed target account: one of the two prefixes is not granted any more.
var changedSetting = []string{"-c", "prefixes=" + sandbox.FirstPrefix}

// update ends the demo of the whole app: it shows what a changed setting does to the deployed target account, and deploys it. The local AWS keeps no
// change sets of updates and no defaults of parameters, so CloudFormation gets the template directly. It cannot update the source account: it fails
// itself when it updates functions in a VPC.
func (d *demo) update(ctx context.Context) error {
	before, err := assembly.Load(d.sandbox.Assembly(), assembly.Options{})
	if err != nil {
		return err
	}
	d.step("Changing a setting of the deployed target account: one prefix less")
	flags := slices.Concat(d.contextFlags, changedSetting)
	if err := d.cdk(ctx, d.sandbox.Target, slices.Concat([]string{"diff", "CrossGrant-Target", "--method=template"}, flags)...); err != nil {
		return err
	}
	after, err := assembly.Load(d.sandbox.Assembly(), assembly.Options{})
	if err != nil {
		return err
	}
	changes := deployment.Compare(before, after)
	inPlace := !slices.ContainsFunc(changes, func(c deployment.Change) bool { return c.Effect != deployment.Updated && c.Effect != deployment.Added })
	d.check(inPlace && len(changes) > 0, "everything changes in place, by CloudFormation's schemas", changes)
	if err := d.cdk(ctx, d.sandbox.Target, slices.Concat([]string{"deploy", "CrossGrant-Target", "--method=direct", "--previous-parameters=false"}, flags)...); err != nil {
		return err
	}
	role := "crossgrant-list-access-dev-" + sandbox.Region
	policy, err := d.sandbox.AWS(ctx, d.sandbox.Target, "iam", "list-role-policies", "--role-name", role, "--query", "PolicyNames[0]", "--output", "text")
	if err != nil {
		return err
	}
	document, err := d.sandbox.AWS(ctx, d.sandbox.Target, "iam", "get-role-policy", "--role-name", role, "--policy-name", strings.TrimSpace(policy))
	if err != nil {
		return err
	}
	d.check(strings.Contains(document, sandbox.FirstPrefix) && !strings.Contains(document, sandbox.SecondPrefix), "the trusted role has lost the prefix, and kept the other", document)
	return nil
}
