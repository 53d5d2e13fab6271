// Package sandbox runs two AWS accounts on this machine: a local AWS holds their state, a gateway before it enforces the IAM policies of what is deployed, the
// real CDK command line deploys into them, and the real binaries of the functions run. A deployment that AWS would refuse fails before it begins.
package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/sandbox/environment"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway"
	"github.com/crossgrant/crossgrant/sandbox/internal/localaws"
)

// Account is an account of the sandbox, with the credentials of its administrator only.
type Account struct {
	// ID is the account ID.
	ID string
	// Profile is the AWS profile of its commands: "source" and "target" for the first two, else its ID.
	Profile string

	credentials aws.CredentialsProvider
	files       string // directory of AWS configuration files that contain this account only
}

// Options configures Start.
type Options struct {
	// Project is the directory of the CDK app that CDK runs. Default none.
	Project string `json:"project,omitempty"`
	// Venv is the directory of the Python environment that has moto_server. Required.
	Venv string `json:"venv"`
	// Region is the region of commands that name none. Default Region.
	Region string `json:"region,omitempty"`
	// Accounts are the IDs of the source and the target account; there may be one or more than two. Default SourceAccount and TargetAccount.
	Accounts []string `json:"accounts,omitempty"`
	// PassUnknown passes on requests of which the gateway does not know what they ask for. Default they are denied.
	PassUnknown bool `json:"passUnknown,omitempty"`
	// FailFast answers requests without a route at once with an error. Default nobody answers them, as in AWS.
	FailFast bool `json:"failFast,omitempty"`
	// Organization is the ID of the organization of the accounts, such as "o-a1b2c3d4e5". Default unknown, so that what depends on it is denied.
	Organization string `json:"organization,omitempty"`
	// Log is where the gateway says what it passed on unknown, and why the local AWS did not answer. Default nowhere.
	Log io.Writer `json:"-"`
}

// Sandbox is a running set of accounts. It is safe for use by several goroutines.
type Sandbox struct {
	// Project is the directory of the CDK app. "" for none.
	Project string
	// ContextFlags are the -c flags that replace settings of the app's cdk.json by those of the sandbox. Empty if cdk.json is untouched.
	ContextFlags []string
	// Region is the region of commands that name none.
	Region string
	// Source is the account that the workloads run in.
	Source *Account
	// Target is the account that owns the data.
	Target *Account

	aws     *localaws.Server
	gateway *gateway.Gateway
	venv    string
	work    string

	mutex    sync.Mutex
	accounts []*Account // in the order in which they were named
	running  map[string]*running

	instancesMutex sync.Mutex
	instances      map[string]*Instance
}

// Start starts a local AWS from a Python environment, and a gateway before it. The caller must call Stop.
func Start(ctx context.Context, o Options) (*Sandbox, error) {
	s := &Sandbox{Project: o.Project, Region: cmp.Or(o.Region, Region), venv: o.Venv}
	if len(o.Accounts) == 0 {
		o.Accounts = []string{SourceAccount, TargetAccount}
	}
	var err error
	if o.Project != "" {
		if s.ContextFlags, err = contextFlags(filepath.Join(o.Project, "cdk.json")); err != nil {
			return nil, err
		}
	}
	if s.work, err = os.MkdirTemp("", "crossgrant-sandbox-"); err != nil {
		return nil, fmt.Errorf("make a directory for the sandbox: %w", err)
	}
	if s.aws, err = localaws.Start(ctx, o.Venv); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if s.gateway, err = gateway.Start(s.aws.AddressURL(), o.gateway()); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	for _, id := range o.Accounts {
		if _, err := s.Account(id); err != nil {
			return nil, errors.Join(err, s.Stop())
		}
	}
	s.Source, s.Target = s.accounts[0], s.accounts[min(1, len(s.accounts)-1)]
	return s, nil
}

// gateway are the options of the gateway.
func (o Options) gateway() gateway.Options {
	all := gateway.Options{PassUnknown: o.PassUnknown, FailFast: o.FailFast, Log: o.Log, Organizations: map[string]string{}}
	for _, account := range o.Accounts {
		if o.Organization != "" {
			all.Organizations[account] = o.Organization
		}
	}
	return all
}

// Decision is one request and how it was decided.
type Decision = gateway.Decision

// Usage says what the deployed policies permit that no request needed.
type Usage = gateway.Usage

// Decisions are the last decisions, those with a greater number than after, the oldest one first.
func (s *Sandbox) Decisions(after int64) []Decision { return s.gateway.Decisions(after) }

// Usage says what the deployed policies permit that no request needed since the start, or since the decisions were forgotten.
func (s *Sandbox) Usage() Usage { return s.gateway.Usage() }

// accountID is the form of the ID of an account.
var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Account returns an account by its ID, or by its profile. An account is there as soon as someone names its ID.
func (s *Sandbox) Account(name string) (*Account, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, a := range s.accounts {
		if a.ID == name || a.Profile == name {
			return a, nil
		}
	}
	if !accountID.MatchString(name) {
		return nil, fmt.Errorf("found account %q, expected source, target or an ID of 12 digits", name)
	}
	a := &Account{ID: name, Profile: name}
	if n := len(s.accounts); n < len(profiles) {
		a.Profile = profiles[n]
	}
	a.files = filepath.Join(s.work, a.Profile)
	a.credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return s.logIn(a) }))
	if _, err := a.credentials.Retrieve(context.Background()); err != nil {
		return nil, err
	}
	s.accounts = append(s.accounts, a)
	return a, nil
}

// profiles are those of the first accounts.
var profiles = []string{"source", "target"}

// Accounts are the accounts that someone has named, in that order.
func (s *Sandbox) Accounts() []*Account {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.accounts)
}

// logIn gets an account's credentials and writes them into AWS configuration files of that account only.
func (s *Sandbox) logIn(account *Account) (aws.Credentials, error) {
	c := s.gateway.Administrator(account.ID)
	if err := os.MkdirAll(account.files, 0o700); err != nil {
		return c, err
	}
	for name, content := range map[string]string{
		"config": fmt.Sprintf("[profile %s]\nregion = %s\n", account.Profile, s.Region),
		"credentials": fmt.Sprintf("[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\naws_session_token = %s\n",
			account.Profile, c.AccessKeyID, c.SecretAccessKey, c.SessionToken),
	} {
		if err := os.WriteFile(filepath.Join(account.files, name), []byte(content), 0o600); err != nil {
			return c, fmt.Errorf("write AWS %s of account %s: %w", name, account.ID, err)
		}
	}
	return c, nil
}

// Config returns an SDK configuration with the credentials of the account's administrator.
func (s *Sandbox) Config(account *Account) aws.Config {
	return aws.Config{Region: s.Region, BaseEndpoint: aws.String(s.gateway.AddressURL()), Credentials: account.credentials}
}

// Access returns what a program needs to act as an account's administrator or, unless role is "", as a role that this administrator assumes.
func (s *Sandbox) Access(ctx context.Context, account *Account, role string) (environment.Access, error) {
	a := environment.Access{Endpoint: s.Endpoint(), Region: s.Region}
	c := s.gateway.Administrator(account.ID) // a session of its own, which so lasts as long as one can
	client := sts.NewFromConfig(aws.Config{Region: s.Region, BaseEndpoint: aws.String(s.gateway.AddressURL()), Credentials: credentials.StaticCredentialsProvider{Value: c}})
	if role != "" {
		assumed, err := client.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(role), RoleSessionName: aws.String("crossgrant")})
		if problem := smithy.APIError(nil); errors.As(err, &problem) { // without the SDK's words on the request
			err = fmt.Errorf("%s: %s", problem.ErrorCode(), problem.ErrorMessage())
		}
		if err != nil {
			return a, fmt.Errorf("assume role %s as the administrator of account %s: %w", role, account.ID, err)
		}
		c = aws.Credentials{
			AccessKeyID: aws.ToString(assumed.Credentials.AccessKeyId), SecretAccessKey: aws.ToString(assumed.Credentials.SecretAccessKey),
			SessionToken: aws.ToString(assumed.Credentials.SessionToken), Expires: aws.ToTime(assumed.Credentials.Expiration),
		}
		a.Principal = aws.ToString(assumed.AssumedRoleUser.Arn)
		a.Account = arn.Account(role)
	} else {
		a.Principal, a.Account = "arn:aws:sts::"+account.ID+":assumed-role/Administrator/crossgrant", account.ID
	}
	a.AccessKeyID, a.SecretAccessKey, a.SessionToken, a.Expires = c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expires.UTC().Truncate(time.Second)
	return a, nil
}

// Reset empties all accounts: resources, stacks, sessions of roles, and decisions. It stops functions, after the invocations that are under way, and instances.
// Sessions of administrators stay, so that programs that have them go on.
func (s *Sandbox) Reset(ctx context.Context) error {
	s.stopFunctions()
	if err := errors.Join(s.stopInstances(), s.aws.Reset(ctx)); err != nil {
		return err
	}
	return s.gateway.Reset()
}

// Endpoint returns the URL of the gateway.
func (s *Sandbox) Endpoint() string { return s.gateway.URL() }

// Done returns a channel that is closed when the local AWS has ended, and Err says why.
func (s *Sandbox) Done() <-chan struct{} { return s.aws.Done() }

// Err says why the local AWS has ended. It may be called after Done is closed.
func (s *Sandbox) Err() error { return s.aws.Err() }

// Stop stops the gateway and the local AWS, and removes the files of the sandbox.
func (s *Sandbox) Stop() error {
	s.stopFunctions()
	stopped := s.stopInstances()
	if s.gateway != nil {
		stopped = errors.Join(stopped, s.gateway.Stop())
	}
	if s.aws != nil {
		s.aws.Stop()
	}
	return errors.Join(stopped, os.RemoveAll(s.work))
}

// Deployed returns the physical name of the one deployed resource of an account that has this CloudFormation type and whose name ends in
// suffix.
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
