// Package localaws runs a local AWS, moto's server, which holds the state of several accounts in memory. It does not enforce IAM policies: any
// caller may assume any role and perform any action.
package localaws

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

// startTimeout is how long the server may take until it responds. The first start compiles Python modules.
const startTimeout = 60 * time.Second

// program runs moto's server until its standard input ends, so that no server is left behind if this process is killed.
const program = `import os, sys, threading

def watch():
    while os.read(0, 1):
        pass
    os._exit(1)

threading.Thread(target=watch, daemon=True).start()

from moto.server import main

main(sys.argv[1:])
`

// changeSets mends what moto does not do.
//
//go:embed changesets.py
var changeSets string

// Server is a running local AWS.
type Server struct {
	process *subprocess.Process
	life    *os.File // while it is open, the server runs
	port    int
	output  *subprocess.Tail
}

// Start starts moto_server of the Python environment venv on a free loopback port and returns when it responds. The caller must call Stop.
func Start(ctx context.Context, venv string) (*Server, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(venv, "bin", "moto_server")); err != nil {
		return nil, fmt.Errorf("found no moto_server in %s, expected one: run `make setup`: %w", venv, err)
	}
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("find a free port: %w", err)
	}
	input, life, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start the local AWS: %w", err)
	}
	defer input.Close()
	s := &Server{port: port, life: life, output: &subprocess.Tail{}}
	s.process, err = subprocess.Start(subprocess.Spec{
		Name:   filepath.Join(venv, "bin", "python"),
		Args:   []string{"-c", changeSets + program, "-H", "127.0.0.1", "-p", strconv.Itoa(port)},
		Env:    []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")},
		Input:  input,
		Output: s.output,
	})
	if err != nil {
		life.Close()
		return nil, err
	}
	if err := s.waitUntilReady(ctx); err != nil {
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

func (s *Server) waitUntilReady(caller context.Context) error {
	ctx, cancel := context.WithTimeout(caller, startTimeout)
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
			return fmt.Errorf("local AWS ended before it responded: %v\n%s", s.process.Err(), s.output)
		case <-ctx.Done():
			if err := caller.Err(); err != nil {
				return err
			}
			return fmt.Errorf("local AWS did not respond within %s\n%s", startTimeout, s.output)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// URL returns the endpoint for the CDK command line, with a host name: CloudFormation finds the bucket of a template by the host name.
func (s *Server) URL() string { return fmt.Sprintf("http://localhost:%d", s.port) }

// AddressURL returns the endpoint for AWS SDKs, with an IP address, which makes them put bucket names into the path.
func (s *Server) AddressURL() string { return fmt.Sprintf("http://127.0.0.1:%d", s.port) }

// Stop stops the server. Its state is lost.
func (s *Server) Stop() {
	s.process.Stop()
	s.life.Close()
}

// Reset empties all accounts.
func (s *Server) Reset(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.AddressURL()+"/moto-api/reset", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("reset the local AWS: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
		return fmt.Errorf("reset the local AWS: found status %d: %s", response.StatusCode, text)
	}
	return nil
}

// Done returns a channel that is closed when the server has ended.
func (s *Server) Done() <-chan struct{} { return s.process.Done() }

// Err says why the server has ended, with its output. It may be called after Done is closed.
func (s *Server) Err() error {
	return fmt.Errorf("the local AWS ended: %v\n%s", s.process.Err(), s.output)
}

// Config returns an SDK configuration for this server with credentials c.
func (s *Server) Config(region string, c aws.Credentials) aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(s.AddressURL()),
		Credentials:  credentials.StaticCredentialsProvider{Value: c},
	}
}

// Assume returns credentials of a role for a session with this name, and makes no check: the role need not exist. A request with them belongs
// to the account of the role.
func (s *Server) Assume(ctx context.Context, region string, caller aws.Credentials, roleARN, session string) (aws.Credentials, error) {
	result, err := sts.NewFromConfig(s.Config(region, caller)).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String(roleARN), RoleSessionName: aws.String(session),
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

// Administrator returns credentials of an administrator of an account.
func (s *Server) Administrator(ctx context.Context, region, account string) (aws.Credentials, error) {
	anyone := aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local"}
	return s.Assume(ctx, region, anyone, "arn:aws:iam::"+account+":role/Administrator", "crossgrant")
}
