package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// cannotDeleteVpc is how the local AWS answers when a stack with route tables is deleted: it never deletes those, so the VPC
// stays, and the stack with it. Everything else in the stack is deleted.
const cannotDeleteVpc = "has dependencies and cannot be deleted"

// remove destroys both stacks with each account's own credentials, and checks that the functions are gone and the data is not.
func (d *demo) remove(ctx context.Context) error {
	bucket, table, err := d.data(ctx)
	if err != nil {
		return err
	}
	d.step("Destroying both stacks")
	if err := d.cdk(ctx, d.box.Source, "destroy", "CrossGrant-Source", "--force"); err != nil {
		if !strings.Contains(err.Error(), cannotDeleteVpc) {
			return err
		}
		d.detail("The local AWS cannot delete route tables, so the source account keeps its VPC here.")
	}
	if err := d.cdk(ctx, d.box.Target, "destroy", "CrossGrant-Target", "--force"); err != nil {
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
	_, err = s3.NewFromConfig(d.box.Config(d.box.Target)).HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: aws.String(bucket), Key: aws.String(key(d.box.Settings.Prefixes[0], 0)),
	})
	d.check(err == nil, "the bucket and its objects are still there", err)
	_, err = dynamodb.NewFromConfig(d.box.Config(d.box.Target)).DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(table)})
	d.check(err == nil, "the table is still there", err)
	return nil
}
