//go:build unix

package localaws_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/crossgrant/crossgrant/sandbox/internal/localaws"
)

const region = "eu-west-1"

// environment is the Python environment that `make setup` makes.
var environment = filepath.Join("..", "..", "..", ".build", "venv")

func TestTwoAccountsInALocalAWS(t *testing.T) {
	server, err := localaws.Start(t.Context(), environment)
	if err != nil {
		t.Fatal(err) // the error says what to do if the Python environment is missing
	}
	t.Cleanup(server.Stop)

	callers := map[string]aws.Credentials{}
	for _, account := range []string{"111111111111", "222222222222"} {
		caller, err := server.Administrator(t.Context(), region, account)
		if err != nil {
			t.Fatal(err)
		}
		callers[account] = caller
		mustBe(t, server, caller, account, "arn:aws:sts::"+account+":assumed-role/Administrator/crossgrant")
	}

	t.Run("each sees its own state only", func(t *testing.T) {
		buckets := func(account string) []string {
			listed, err := s3.NewFromConfig(server.Config(region, callers[account])).ListBuckets(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, b := range listed.Buckets {
				names = append(names, aws.ToString(b.Name))
			}
			return names
		}
		_, err := s3.NewFromConfig(server.Config("us-east-1", callers["222222222222"])).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("orders")})
		if err != nil {
			t.Fatal(err)
		}
		if found := strings.Join(buckets("222222222222"), " "); found != "orders" {
			t.Errorf("its owner found buckets %q, expected orders", found)
		}
		if found := buckets("111111111111"); len(found) != 0 {
			t.Errorf("the other account found buckets %q, expected none", found)
		}
	})

	t.Run("a role of one is assumed from the other", func(t *testing.T) {
		reader, err := server.Assume(t.Context(), region, callers["111111111111"], "arn:aws:iam::222222222222:role/reader", "list")
		if err != nil {
			t.Fatal(err)
		}
		mustBe(t, server, reader, "222222222222", "arn:aws:sts::222222222222:assumed-role/reader/list")
	})

	t.Run("an error names the role", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := server.Assume(ctx, region, callers["111111111111"], "arn:aws:iam::222222222222:role/reader", "list")
		if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "assume role arn:aws:iam::222222222222:role/reader: ") {
			t.Errorf("found error %v, expected assume role arn:aws:iam::222222222222:role/reader: ...", err)
		}
	})

	t.Run("Stop frees its port", func(t *testing.T) {
		address := strings.TrimPrefix(server.AddressURL(), "http://")
		if expected := strings.Replace(server.AddressURL(), "127.0.0.1", "localhost", 1); server.URL() != expected {
			t.Errorf("found URL %s, expected %s", server.URL(), expected)
		}
		if connection, err := net.Dial("tcp", address); err != nil {
			t.Errorf("before Stop: %v", err)
		} else {
			connection.Close()
		}
		server.Stop()
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			t.Error("the port still accepts connections")
		}
	})
}

// If this process is killed, nobody calls Stop.
func TestAServerEndsWithTheProcessThatStartedIt(t *testing.T) {
	server, err := localaws.Start(t.Context(), environment)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	server.Orphan()
	select {
	case <-server.Done():
		if err := server.Err(); err == nil || !strings.Contains(err.Error(), "the local AWS ended: exit status 1") {
			t.Errorf("found %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the server still runs")
	}
}

func mustBe(t *testing.T, server *localaws.Server, caller aws.Credentials, account, arn string) {
	t.Helper()
	identity, err := sts.NewFromConfig(server.Config(region, caller)).GetCallerIdentity(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if found := aws.ToString(identity.Account); found != account {
		t.Errorf("found account %s, expected %s", found, account)
	}
	if found := aws.ToString(identity.Arn); found != arn {
		t.Errorf("found caller %s, expected %s", found, arn)
	}
}

func TestWithoutAPythonEnvironmentTheErrorSaysWhatToDo(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "venv")
	_, err := localaws.Start(t.Context(), directory)
	expected := "found no moto_server in " + directory + ", expected one: run `make setup`: "
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), expected) {
		t.Errorf("found error %v, expected %s...", err, expected)
	}
}

// fakeServer makes an environment whose Python is a script, which gets what the server gets from the third argument on.
func fakeServer(t *testing.T, script string) (venv string) {
	t.Helper()
	venv = t.TempDir()
	if err := os.Mkdir(filepath.Join(venv, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"python", "moto_server"} {
		if err := os.WriteFile(filepath.Join(venv, "bin", name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return venv
}

func exists(directory, name string) bool {
	_, err := os.Stat(filepath.Join(directory, name))
	return err == nil
}

func TestTheErrorOfAServerThatEndsHasItsOutput(t *testing.T) {
	_, err := localaws.Start(t.Context(), fakeServer(t, "echo $3 $4; echo no module named moto >&2; exit 3"))
	const expected = "local AWS ended before it responded: exit status 3\n-H 127.0.0.1\nno module named moto\n"
	if err == nil || err.Error() != expected {
		t.Errorf("found error %v, expected %s", err, expected)
	}
}

func TestACancelledStartLeavesNoServer(t *testing.T) {
	const silent = "trap 'exit 0' TERM; trap 'touch ${0%/*}/../stopped' EXIT; touch ${0%/*}/../started; sleep 1000 & wait"
	t.Run("while it waits for the server", func(t *testing.T) {
		venv := fakeServer(t, silent)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := localaws.Start(ctx, venv)
			ended <- err
		}()
		for deadline := time.Now().Add(10 * time.Second); !exists(venv, "started"); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the server was not started")
			}
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("found error %v, expected %v", err, context.Canceled)
		}
		if !exists(venv, "stopped") {
			t.Error("the server was not asked to end")
		}
	})
	t.Run("past the caller's deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		if _, err := localaws.Start(ctx, fakeServer(t, silent)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("found error %v, expected %v", err, context.DeadlineExceeded)
		}
	})
	t.Run("before it began", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		// There is no server, so an attempt to start it gives another error.
		if _, err := localaws.Start(ctx, t.TempDir()); !errors.Is(err, context.Canceled) {
			t.Errorf("found error %v, expected %v", err, context.Canceled)
		}
	})
}
