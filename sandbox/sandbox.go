// Package sandbox runs two AWS accounts on this machine: a local AWS holds their state, a gateway before it enforces the IAM policies of what is deployed, the
// real CDK command line deploys into them, and the real binaries of the functions run. What CloudFormation itself does, it does without a check.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway"
	"github.com/crossgrant/crossgrant/sandbox/internal/localaws"
)

// Account is one of the two accounts, with the credentials of its administrator only.
type Account struct {
	// ID is the account ID.
	ID string
	// Profile is the AWS profile of its commands: "source" or "target".
	Profile string

	credentials aws.Credentials
	files       string // directory of AWS configuration files that contain this account only
}

// Sandbox is a running pair of accounts.
type Sandbox struct {
	// Project is the directory of the CDK app.
	Project string
	// ContextFlags are the -c flags that replace settings of the app's cdk.json by those of the sandbox. Empty if cdk.json is untouched.
	ContextFlags []string
	// Source is the account that the workloads run in.
	Source *Account
	// Target is the account that owns the data.
	Target *Account

	aws     *localaws.Server
	gateway *gateway.Gateway
	venv    string
	work    string
}

// Start starts a local AWS from the Python environment venv, and a gateway before it, and gets credentials of both accounts' administrators. The caller must call
// Stop.
func Start(ctx context.Context, project, venv string) (*Sandbox, error) {
	contextFlags, err := contextFlags(filepath.Join(project, "cdk.json"))
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "crossgrant-sandbox-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the sandbox: %w", err)
	}
	s := &Sandbox{
		Project: project, ContextFlags: contextFlags, venv: venv, work: work,
		Source: &Account{ID: SourceAccount, Profile: "source"},
		Target: &Account{ID: TargetAccount, Profile: "target"},
	}
	if s.aws, err = localaws.Start(ctx, venv); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if s.gateway, err = gateway.Start(s.aws.AddressURL(), gateway.Options{}); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	for _, account := range []*Account{s.Source, s.Target} {
		if err := s.logIn(account); err != nil {
			return nil, errors.Join(err, s.Stop())
		}
	}
	return s, nil
}

// logIn gets an account's credentials and writes them into AWS configuration files of that account only.
func (s *Sandbox) logIn(account *Account) error {
	c := s.gateway.Administrator(account.ID)
	account.credentials = c
	account.files = filepath.Join(s.work, account.Profile)
	if err := os.Mkdir(account.files, 0o700); err != nil {
		return err
	}
	for name, content := range map[string]string{
		"config": fmt.Sprintf("[profile %s]\nregion = %s\n", account.Profile, Region),
		"credentials": fmt.Sprintf("[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n",
			account.Profile, c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
	} {
		if err := os.WriteFile(filepath.Join(account.files, name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("write AWS %s of account %s: %w", name, account.ID, err)
		}
	}
	return nil
}

// Config returns an SDK configuration with the credentials of the account's administrator.
func (s *Sandbox) Config(account *Account) aws.Config {
	return aws.Config{Region: Region, BaseEndpoint: aws.String(s.gateway.AddressURL()), Credentials: credentials.StaticCredentialsProvider{Value: account.credentials}}
}

// Endpoint returns the URL of the gateway.
func (s *Sandbox) Endpoint() string { return s.gateway.URL() }

// Stop stops the gateway and the local AWS, and removes the files of the sandbox.
func (s *Sandbox) Stop() error {
	var stopped error
	if s.gateway != nil {
		stopped = s.gateway.Stop()
	}
	if s.aws != nil {
		s.aws.Stop()
	}
	return errors.Join(stopped, os.RemoveAll(s.work))
}

// Deployed returns the physical name of the one deployed resource of an account that has this CloudFormation type and whose name ends in
// suffix. (The local AWS has no outputs of stacks that a change set deployed.)
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

// Stacks returns the names of an account's stacks except for CDK's bootstrap stack.
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
