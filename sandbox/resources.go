package sandbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Deployed returns the physical name of the one deployed resource of an account that has the CloudFormation type and whose name
// ends in suffix. (The local AWS knows no outputs of a stack that was deployed by a change set.)
func (s *Sandbox) Deployed(ctx context.Context, account *Account, resourceType, suffix string) (string, error) {
	client := cloudformation.NewFromConfig(s.Config(account))
	stacks, err := s.Stacks(ctx, account)
	if err != nil {
		return "", err
	}
	var found []string
	for _, stack := range stacks {
		pages := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: aws.String(stack)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return "", fmt.Errorf("list resources of stack %s: %w", stack, err)
			}
			for _, r := range page.StackResourceSummaries {
				if name := aws.ToString(r.PhysicalResourceId); aws.ToString(r.ResourceType) == resourceType && strings.HasSuffix(name, suffix) {
					found = append(found, name)
				}
			}
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("account %s: found %s %q, expected one whose name ends in %q", account.ID, resourceType, found, suffix)
	}
	return found[0], nil
}

// Stacks returns the names of an account's stacks, without that of the bootstrapping.
func (s *Sandbox) Stacks(ctx context.Context, account *Account) ([]string, error) {
	var names []string
	pages := cloudformation.NewDescribeStacksPaginator(cloudformation.NewFromConfig(s.Config(account)), nil)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("describe stacks of account %s: %w", account.ID, err)
		}
		for _, stack := range page.Stacks {
			if name := aws.ToString(stack.StackName); name != "CDKToolkit" {
				names = append(names, name)
			}
		}
	}
	return names, nil
}
