// Package localaws runs a local AWS (moto's server) that holds the state of several accounts in memory. It enforces no IAM: any
// caller may assume any role and do anything.
package localaws

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crossgrant/crossgrant/sandbox/child"
)

// startLimit is how long the server may take to answer; a first start compiles Python modules.
const startLimit = 60 * time.Second

// Server is a running local AWS.
type Server struct {
	process *child.Process
	port    int
	printed *child.Tail
}

// Start starts moto_server of the Python environment venv on a free loopback port, and returns when it answers. The caller stops it.
func Start(ctx context.Context, venv string) (*Server, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	program := filepath.Join(venv, "bin", "moto_server")
	if _, err := os.Stat(program); err != nil {
		return nil, fmt.Errorf("found no moto_server in %s, expected one: run `make setup`: %w", venv, err)
	}
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("find a free port: %w", err)
	}
	s := &Server{port: port, printed: &child.Tail{}}
	s.process, err = child.Start(child.Spec{
		Name:   program,
		Args:   []string{"-H", "127.0.0.1", "-p", strconv.Itoa(port)},
		Env:    []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")},
		Output: s.printed,
	})
	if err != nil {
		return nil, err
	}
	if err := s.waitUntilItAnswers(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func (s *Server) waitUntilItAnswers(caller context.Context) error {
	ctx, cancel := context.WithTimeout(caller, startLimit)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.AddressURL()+"/moto-api/data.json", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-s.process.Done():
			return fmt.Errorf("local AWS ended before it answered: %v\n%s", s.process.Err(), s.printed)
		case <-ctx.Done():
			if err := caller.Err(); err != nil {
				return err
			}
			return fmt.Errorf("local AWS did not answer within %s\n%s", startLimit, s.printed)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// URL is the endpoint for the CDK command line, by host name: CloudFormation finds a template's bucket by the name of the host.
func (s *Server) URL() string { return fmt.Sprintf("http://localhost:%d", s.port) }

// AddressURL is the endpoint for the AWS SDK, by address: with it the SDK puts bucket names into the path.
func (s *Server) AddressURL() string { return fmt.Sprintf("http://127.0.0.1:%d", s.port) }

// Stop ends the server; its state is gone.
func (s *Server) Stop() { s.process.Stop() }

// Config returns an SDK configuration for this server, with the given credentials.
func (s *Server) Config(region string, c aws.Credentials) aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(s.AddressURL()),
		Credentials:  credentials.StaticCredentialsProvider{Value: c},
	}
}

// Assume returns credentials of a role, by its ARN; the server lets anyone have them, and from then on takes the caller for
// the role's account. The session is called what name says.
func (s *Server) Assume(ctx context.Context, region string, with aws.Credentials, roleARN, name string) (aws.Credentials, error) {
	result, err := sts.NewFromConfig(s.Config(region, with)).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(roleARN), RoleSessionName: aws.String(name),
	})
	if err != nil {
		return aws.Credentials{}, fmt.Errorf("assume role %s: %w", roleARN, err)
	}
	return aws.Credentials{
		AccessKeyID:     aws.ToString(result.Credentials.AccessKeyId),
		SecretAccessKey: aws.ToString(result.Credentials.SecretAccessKey),
		SessionToken:    aws.ToString(result.Credentials.SessionToken),
	}, nil
}

// Administrator returns credentials of an account's administrator.
func (s *Server) Administrator(ctx context.Context, region, account string) (aws.Credentials, error) {
	anyone := aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}
	return s.Assume(ctx, region, anyone, "arn:aws:iam::"+account+":role/Administrator", "crossgrant")
}
