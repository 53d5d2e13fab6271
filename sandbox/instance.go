package sandbox

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"go.yaml.in/yaml/v3"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway"
	"github.com/crossgrant/crossgrant/sandbox/internal/imds"
	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

// Instance is a deployed EC2 instance as its users see it: the files that its user data writes, its metadata service, and the programs of this machine with the
// real AWS CLI. There is no virtual machine and no subnet.
type Instance struct {
	// ID is the ID of the instance, and Account that of its account.
	ID, Account string
	// Home is the home directory of ec2-user.
	Home string
	// Note says what of its user data is not done. "" for nothing.
	Note string

	version  string // changes with what is deployed
	metadata *imds.Server
	endpoint *gateway.Endpoint
	sandbox  *Sandbox
}

const instanceType = "AWS::EC2::Instance"

// Instance prepares the files of a deployed instance of an account and starts its metadata service. The caller must call Stop.
func (s *Sandbox) Instance(account *Account, id string) (*Instance, error) {
	for _, r := range s.gateway.Deployed().OfType(instanceType) {
		if r.Stack.Account == account.ID && r.Name == id {
			return s.instance(r)
		}
	}
	return nil, fmt.Errorf("account %s: found no deployed instance %s", account.ID, id)
}

// OpenInstance is Instance for one that is named as find says, and keeps it until the sandbox stops, or until a deployment changes it.
func (s *Sandbox) OpenInstance(account *Account, name string) (*Instance, error) {
	r, err := s.find(instanceType, "instance", account, name)
	if err != nil {
		return nil, err
	}
	s.instancesMutex.Lock()
	defer s.instancesMutex.Unlock()
	kept := s.instances[r.ARN]
	if kept != nil && kept.version == s.versionOf(r) {
		return kept, nil
	}
	if kept != nil {
		if err := kept.Stop(); err != nil {
			return nil, err
		}
		delete(s.instances, r.ARN)
	}
	i, err := s.instance(r)
	if err != nil {
		return nil, err
	}
	if s.instances == nil {
		s.instances = map[string]*Instance{}
	}
	s.instances[r.ARN] = i
	return i, nil
}

// stopInstances stops the instances that are kept.
func (s *Sandbox) stopInstances() error {
	s.instancesMutex.Lock()
	defer s.instancesMutex.Unlock()
	var stopped error
	for _, i := range s.instances {
		stopped = errors.Join(stopped, i.Stop())
	}
	s.instances = nil
	return stopped
}

// versionOf is a text that changes with the role and the user data of an instance.
func (s *Sandbox) versionOf(r *assembly.Resource) string {
	role, _ := s.roleOf(r)
	return role + fmt.Sprint(r.Properties["UserData"])
}

// roleOf is the role of an instance's profile.
func (s *Sandbox) roleOf(r *assembly.Resource) (string, error) {
	name, _ := r.Properties["IamInstanceProfile"].(string)
	if name == "" {
		return "", errors.New("found no IamInstanceProfile in its template, expected one: it has no credentials")
	}
	deployed := s.gateway.Deployed()
	for _, profile := range deployed.OfType("AWS::IAM::InstanceProfile") {
		if profile.Stack.Account != r.Stack.Account || profile.Name != name {
			continue
		}
		for _, role := range deployed.OfType("AWS::IAM::Role") {
			if roles := assembly.Listed(profile.Properties["Roles"]); role.Stack.Account == r.Stack.Account && len(roles) == 1 && roles[0] == role.Name {
				return role.ARN, nil
			}
		}
		return "", fmt.Errorf("found instance profile %s without a role that is deployed, expected one", name)
	}
	return "", fmt.Errorf("found instance profile %s, which no deployed stack has, expected one that is deployed", name)
}

// instance prepares the instance of a deployed resource.
func (s *Sandbox) instance(r *assembly.Resource) (*Instance, error) {
	wrong := func(err error) (*Instance, error) { return nil, fmt.Errorf("instance %s: %w", r.Name, err) }
	role, err := s.roleOf(r)
	if err != nil {
		return wrong(err)
	}
	root := filepath.Join(s.work, r.Stack.Account+"-"+r.Name)
	i := &Instance{ID: r.Name, Account: r.Stack.Account, Home: filepath.Join(root, "home", "ec2-user"), version: s.versionOf(r), sandbox: s}
	if i.Note, err = i.writeFiles(root, r.Properties["UserData"]); err != nil {
		return wrong(fmt.Errorf("user data: %w", err))
	}
	if err := os.MkdirAll(i.Home, 0o700); err != nil {
		return wrong(err)
	}
	i.metadata, err = imds.Serve(imds.Config{
		Role: role[strings.LastIndexByte(role, '/')+1:], Region: r.Stack.Region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return s.gateway.Assume("ec2.amazonaws.com", role, r.Name)
		}),
	})
	if err != nil {
		return wrong(err)
	}
	if i.endpoint, err = s.gateway.From(r.ARN); err != nil {
		return wrong(errors.Join(err, i.metadata.Stop()))
	}
	return i, nil
}

// writeFiles writes the files of user data that is a cloud-config, and says what else it has.
func (i *Instance) writeFiles(root string, userData any) (note string, err error) {
	text, ok := userData.(string)
	switch decoded, err := base64.StdEncoding.DecodeString(text); {
	case userData == nil:
		return "", nil
	case !ok:
		return "", fmt.Errorf("found %T, expected text", userData)
	case err == nil && !bytes.HasPrefix(decoded, []byte("#cloud-config\n")):
		first, _, _ := strings.Cut(string(decoded), "\n")
		return fmt.Sprintf("its user data, which begins with %.40q, is not run: the sandbox only writes the write_files of a #cloud-config", first), nil
	}
	return "", writeFiles(root, text)
}

// AWS runs `aws ARGS` as the administrator of an account and returns the output.
func (s *Sandbox) AWS(ctx context.Context, account *Account, args ...string) (string, error) {
	environment, err := s.environment(ctx, account)
	if err != nil {
		return "", err
	}
	return s.commandLine(ctx, environment, append(args, "--profile", account.Profile))
}

// AWS runs `aws ARGS` as on the instance and returns the output.
func (i *Instance) AWS(ctx context.Context, args ...string) (string, error) {
	return i.sandbox.commandLine(ctx, i.Environment(), args)
}

// Environment is the environment of programs on the instance, as KEY=VALUE. The programs are those of this machine, with the AWS CLI of the sandbox first. As on
// an instance, no region is set.
func (i *Instance) Environment() []string {
	programs := filepath.Join(i.sandbox.venv, "bin")
	if absolute, err := filepath.Abs(programs); err == nil {
		programs = absolute
	}
	return []string{
		"PATH=" + programs + string(filepath.ListSeparator) + os.Getenv("PATH"), "HOME=" + i.Home, "AWS_PAGER=",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + i.metadata.URL(),
		"AWS_ENDPOINT_URL=" + i.endpoint.URL(),
		"NO_PROXY=localhost,127.0.0.1", "no_proxy=localhost,127.0.0.1",
	}
}

// Stop stops the metadata service and the endpoint of the instance.
func (i *Instance) Stop() error {
	i.endpoint.Close()
	return i.metadata.Stop()
}

// commandLine runs the AWS CLI of the Python environment.
func (s *Sandbox) commandLine(ctx context.Context, environment, args []string) (string, error) {
	var printed bytes.Buffer
	err := subprocess.Run(ctx, subprocess.Spec{Name: filepath.Join(s.venv, "bin", "aws"), Args: args, Env: environment, Output: &printed})
	if err != nil {
		return printed.String(), fmt.Errorf("aws %s: %w\n%s", strings.Join(args, " "), err, printed.String())
	}
	return printed.String(), nil
}

// writeFiles writes the write_files of user data as cloud-init does, with root as the root directory.
// https://docs.cloud-init.io/en/latest/reference/modules.html#write-files
func writeFiles(root, userData string) error {
	text, err := base64.StdEncoding.DecodeString(userData)
	if err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	if !bytes.HasPrefix(text, []byte("#cloud-config\n")) {
		return fmt.Errorf("found %.40q, expected a #cloud-config", text)
	}
	var config struct {
		Files []struct{ Path, Content string } `yaml:"write_files"`
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	for _, file := range config.Files {
		if inside, ok := strings.CutPrefix(file.Path, "/"); !ok || !filepath.IsLocal(inside) {
			return fmt.Errorf("found a file at %q, expected an absolute path", file.Path)
		}
		path := filepath.Join(root, file.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(file.Content), 0o600); err != nil {
			return fmt.Errorf("write %s: %w", file.Path, err)
		}
	}
	return nil
}
