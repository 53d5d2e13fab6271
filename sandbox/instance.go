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

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway"
	"github.com/crossgrant/crossgrant/sandbox/internal/imds"
	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

// Instance is a deployed EC2 instance as its users see it: the files that its user data writes, its metadata service, and the real AWS CLI.
// There is no virtual machine and no subnet.
type Instance struct {
	// Home is the home directory of ec2-user.
	Home string

	metadata *imds.Server
	endpoint *gateway.Endpoint
	sandbox  *Sandbox
}

// Instance prepares the files of a deployed instance of the source account and starts its metadata service. The caller must call Stop.
func (s *Sandbox) Instance(ctx context.Context, id string) (*Instance, error) {
	userData, err := s.describe(ctx, "ec2", "describe-instance-attribute", "--instance-id", id, "--attribute", "userData", "--query", "UserData.Value")
	if err != nil {
		return nil, err
	}
	root := filepath.Join(s.work, id)
	if err := writeFiles(root, userData); err != nil {
		return nil, fmt.Errorf("user data of instance %s: %w", id, err)
	}
	profile, err := s.describe(ctx, "ec2", "describe-instances", "--instance-ids", id, "--query", "Reservations[0].Instances[0].IamInstanceProfile.Arn")
	if err != nil {
		return nil, err
	}
	name := profile[strings.LastIndexByte(profile, '/')+1:]
	role, err := s.describe(ctx, "iam", "get-instance-profile", "--instance-profile-name", name, "--query", "InstanceProfile.Roles[0].Arn")
	if err != nil {
		return nil, err
	}
	server, err := imds.Serve(imds.Config{
		Role: role[strings.LastIndexByte(role, '/')+1:], Region: Region,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return s.gateway.Assume("ec2.amazonaws.com", role, id)
		}),
	})
	if err != nil {
		return nil, err
	}
	endpoint, err := s.gateway.From("arn:aws:ec2:" + Region + ":" + s.Source.ID + ":instance/" + id)
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return &Instance{Home: filepath.Join(root, "home", "ec2-user"), metadata: server, endpoint: endpoint, sandbox: s}, nil
}

// describe runs a command of the AWS CLI as the administrator of the source account.
func (s *Sandbox) describe(ctx context.Context, args ...string) (string, error) {
	out, err := s.AWS(ctx, s.Source, append(args, "--output", "text")...)
	return strings.TrimSpace(out), err
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
	return i.sandbox.commandLine(ctx, []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + i.Home, "AWS_PAGER=",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT=" + i.metadata.URL(),
		"AWS_ENDPOINT_URL=" + i.endpoint.URL(),
		"NO_PROXY=localhost,127.0.0.1", "no_proxy=localhost,127.0.0.1",
	}, args)
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
