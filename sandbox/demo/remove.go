package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"
)

// cannotDeleteVpc is how the local AWS answers when a stack with route tables is deleted: it never deletes those, so the VPC
// stays, and the stack with it. Everything else in the stack is deleted.
const cannotDeleteVpc = "has dependencies and cannot be deleted"

// remove destroys both stacks with each account's own credentials, and checks that the functions and the target stack are gone. What
// stays by its deletion policy is not shown: the local AWS does not know RetainExceptOnCreate.
func (d *demo) remove(ctx context.Context) error {
	d.step("Destroying both stacks")
	destroy := func(account string) []string {
		return append([]string{"destroy", account, "--force"}, d.settings...)
	}
	if err := d.cdk(ctx, d.box.Source, destroy("CrossGrant-Source")...); err != nil {
		if !strings.Contains(err.Error(), cannotDeleteVpc) {
			return err
		}
		d.detail("The local AWS cannot delete route tables, so the source account keeps its VPC here.")
	}
	if err := d.cdk(ctx, d.box.Target, destroy("CrossGrant-Target")...); err != nil {
		return err
	}
	functions, err := lambda.NewFromConfig(d.box.Config(d.box.Source)).ListFunctions(ctx, nil)
	if err != nil {
		return fmt.Errorf("list functions: %w", err)
	}
	d.check(len(functions.Functions) == 0, "the functions are gone", functions.Functions)
	stacks, err := d.box.Stacks(ctx, d.box.Target)
	if err != nil {
		return err
	}
	d.check(len(stacks) == 0, "the target stack is gone", stacks)
	return nil
}
