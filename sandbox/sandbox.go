// Package sandbox is two AWS accounts on this machine: a local AWS that holds their state, the real CDK command line that deploys
// into them, and the real function binaries that run there. It decides nothing about access.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crossgrant/crossgrant/sandbox/localaws"
)

// Account is one of the two accounts, with its administrator's credentials and with nobody else's.
type Account struct {
	// ID is the account id.
	ID string
	// Profile is the name of the AWS profile that its commands use: "source" or "target".
	Profile string

	credentials aws.Credentials
	files       string // folder with the AWS configuration files that know this account alone
}

// Sandbox is a running pair of accounts.
type Sandbox struct {
	// Project is the folder of the CDK app.
	Project string
	// Settings are the flags that set the app to the sandbox's accounts, where its cdk.json says otherwise.
	Settings []string
	// Source is the account that the functions run in.
	Source *Account
	// Target is the account that owns the data.
	Target *Account

	aws  *localaws.Server
	venv string
	work string
}

// Start starts a local AWS from the Python environment venv, and gets the administrators' credentials of both accounts. The
// caller calls Stop.
func Start(ctx context.Context, project, venv string) (*Sandbox, error) {
	settings, err := overrides(filepath.Join(project, "cdk.json"))
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "crossgrant-sandbox-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the sandbox: %w", err)
	}
	s := &Sandbox{
		Project: project, Settings: settings, venv: venv, work: work,
		Source: &Account{ID: SourceAccount, Profile: "source"},
		Target: &Account{ID: TargetAccount, Profile: "target"},
	}
	if s.aws, err = localaws.Start(ctx, venv); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	for _, account := range []*Account{s.Source, s.Target} {
		if err := s.open(ctx, account); err != nil {
			return nil, errors.Join(err, s.Stop())
		}
	}
	return s, nil
}

// open gets an account's credentials and writes them into AWS configuration files of the account's own.
func (s *Sandbox) open(ctx context.Context, account *Account) error {
	c, err := s.aws.Administrator(ctx, Region, account.ID)
	if err != nil {
		return fmt.Errorf("get credentials of account %s: %w", account.ID, err)
	}
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

// Config returns an SDK configuration with the account's administrator.
func (s *Sandbox) Config(account *Account) aws.Config {
	return s.aws.Config(Region, account.credentials)
}

// Endpoint returns the address of the local AWS.
func (s *Sandbox) Endpoint() string { return s.aws.URL() }

// Stop ends the local AWS and removes the sandbox's files. It is safe after a Start that failed half-way.
func (s *Sandbox) Stop() error {
	if s.aws != nil {
		s.aws.Stop()
	}
	return os.RemoveAll(s.work)
}
