package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// sandboxProgram is the program of the sandbox. It is one of its own, so that this one does without the AWS SDK.
const sandboxProgram = "crossgrant-sandbox"

func sandboxCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "sandbox COMMAND [flags]",
		Short: "Run two AWS accounts on this machine that enforce IAM",
		Long: `Run two AWS accounts on this machine, in which each request is decided by the deployed policies and
the caller's route, as the proof decides it:

  up        start a sandbox in the background
  deploy    deploy a CDK app in any language into the sandbox
  env       print the environment of programs that use the sandbox, or run one in it
  invoke    invoke a deployed function
  logs      print the log of a deployed function
  curl      send a request to a deployed API, or to an AWS service
  instance  run a command as if on a deployed instance
  trace     show the last requests and how they were decided
  unused    show what the deployed policies permit that no request needed
  status    say whether a sandbox runs, and where
  reset     empty the accounts of the sandbox
  down      stop the sandbox and remove its state
  demo      deploy both accounts into a local AWS and run every workload

This runs the program crossgrant-sandbox: the one beside this program, else one on the PATH, else
that of the Go module of the current directory, which it builds into the user's cache.

Exit code: that of crossgrant-sandbox, such as 0 or 1; 2 if there is none.`,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "--help" || args[0] == "-h" || args[0] == "help" && len(args) == 1 {
				return c.Help()
			}
			program, err := findSandbox(c.ErrOrStderr())
			if err == nil {
				err = replaceBy(program, append([]string{program}, args...))
			}
			if errors.As(err, new(exit)) {
				return err
			}
			return exit{exitError, fmt.Errorf("sandbox: %w", err)}
		},
	}
}

// findSandbox is the path of the sandbox's program.
func findSandbox(progress io.Writer) (string, error) {
	name := sandboxProgram
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if own, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(own), name)
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	if program, err := exec.LookPath(sandboxProgram); err == nil {
		return filepath.Abs(program)
	}
	const pkg = modulePath + "/cmd/" + sandboxProgram
	directory, problem := goOutput("list", "-f", "{{.Dir}}", pkg)
	if problem != nil {
		return "", fmt.Errorf("found no program %s beside this one or on the PATH, and no module here that has its package (%w): install it with `go install %s@%s`, or add it to your module with `go get -tool %s`",
			sandboxProgram, problem, pkg, released(), pkg)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory of the user: %w", err)
	}
	program := filepath.Join(cache, "crossgrant", "bin", fmt.Sprintf("%x", sha256.Sum256([]byte(directory)))[:12], name)
	notice := time.AfterFunc(2*time.Second, func() {
		fmt.Fprintf(progress, "Compiling %s (a minute or two the first time)\n", sandboxProgram)
	})
	defer notice.Stop()
	if _, err := goOutput("build", "-o", program, pkg); err != nil {
		return "", fmt.Errorf("build %s: %w", pkg, err)
	}
	return program, nil
}

// goOutput runs the go command in the current directory. Its error has what the command says.
func goOutput(args ...string) (string, error) {
	command := exec.Command("go", args...)
	var out, problems bytes.Buffer
	command.Stdout, command.Stderr = &out, &problems
	if err := command.Run(); errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("found no go command")
	} else if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, strings.TrimSpace(problems.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// released is the version to install: that of this program if it is a release, else the newest.
func released() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if version := versionOf(info); strings.HasPrefix(version, "v") && !strings.ContainsAny(version, " +") {
			return version
		}
	}
	return "latest"
}
