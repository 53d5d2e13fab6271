package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// newestFunc returns the newest release of a pin's package.
type newestFunc func(context.Context, pin) (string, error)

// commandFunc runs a program and returns its standard output. Its error has the standard error.
type commandFunc func(ctx context.Context, name string, args ...string) (string, error)

// registries asks each registry by its own client, in the directory of the repository.
func registries(dir string) map[ecosystem]newestFunc {
	command := func(ctx context.Context, name string, args ...string) (string, error) {
		c := exec.CommandContext(ctx, name, args...)
		c.Dir = dir
		var stdout, stderr bytes.Buffer
		c.Stdout, c.Stderr = &stdout, &stderr
		if err := c.Run(); err != nil {
			return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(stderr.String()))
		}
		return stdout.String(), nil
	}
	python := "python3"
	if venv := filepath.Join(".build", "venv", "bin", "python"); exists(filepath.Join(dir, venv)) {
		python = venv
	}
	return map[ecosystem]newestFunc{
		goModule:      func(ctx context.Context, p pin) (string, error) { return newestModule(ctx, command, p) },
		npmPackage:    func(ctx context.Context, p pin) (string, error) { return newestNPM(ctx, command, p) },
		pythonPackage: func(ctx context.Context, p pin) (string, error) { return newestPython(ctx, command, python, p) },
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// unlisted are modules of many large versions, of which a proxy may list none or some only, although it serves the others.
var unlisted = []string{"github.com/aws/aws-cdk-go/awscdk/v2", "github.com/aws/constructs-go/constructs/v10", "github.com/aws/jsii-runtime-go"}

// maxMisses is how many minor versions in a row may be missing before the search ends.
const maxMisses = 4

func newestModule(ctx context.Context, command commandFunc, p pin) (string, error) {
	probe := slices.Contains(unlisted, p.name)
	versions := []string{p.version}
	out, err := command(ctx, "go", "list", "-m", "-versions", p.name)
	switch {
	case err == nil:
		if fields := strings.Fields(out); len(fields) > 1 {
			versions = append(versions, fields[1:]...)
		}
	case !probe || !isRefused(err):
		return "", err
	}
	newest := newestOf(versions, anyVersion)
	if !probe || newest == "" {
		return newest, nil
	}
	v, _ := parse(newest)
	for minor, misses := v[1]+1, 0; misses < maxMisses; minor++ {
		next := fmt.Sprintf("v%d.%d.0", v[0], minor)
		switch _, err := command(ctx, "go", "list", "-m", p.name+"@"+next); {
		case err == nil:
			newest, misses = next, 0
		case isRefused(err):
			misses++
		default:
			return "", err
		}
	}
	return newest, nil
}

func anyVersion(version) bool { return true }

// How go reports that a proxy or a repository does not have a version, as opposed to one that cannot be reached.
var refusal = regexp.MustCompile(`(?m): (403 Forbidden|404 Not Found|410 Gone)|unknown revision|no matching versions`)

func isRefused(err error) bool { return refusal.MatchString(err.Error()) }

// keepsMajor are packages that stay on the major version of their pin: the line of Node.js that CDK's command line and jsii support.
var keepsMajor = regexp.MustCompile(`^node-(bin-)?(darwin|linux)-`)

// newestNPM leaves deprecated versions out: npm serves an aws-cdk 3.0.0, which was published by accident.
func newestNPM(ctx context.Context, command commandFunc, p pin) (string, error) {
	out, err := command(ctx, "npm", "view", p.name+"@>="+p.version, "version", "deprecated", "--json")
	if err != nil {
		return "", err
	}
	versions, err := readNPM([]byte(out))
	if err != nil {
		return "", err
	}
	pinned, _ := parse(p.version)
	newest := newestOf(versions, func(v version) bool { return v[0] == pinned[0] || !keepsMajor.MatchString(p.name) })
	if newest == "" {
		return "", fmt.Errorf("found no release from %s on, expected the pinned one at least", p.version)
	}
	return newest, nil
}

// readNPM reads the versions that are not deprecated. `npm view` writes a list or, for one version, its only element; an element is an object
// or, if no version is deprecated, a string.
func readNPM(document []byte) ([]string, error) {
	if len(bytes.TrimSpace(document)) == 0 {
		return nil, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(document, &list) != nil {
		list = []json.RawMessage{document}
	}
	var versions []string
	for _, element := range list {
		var text string
		if json.Unmarshal(element, &text) == nil {
			versions = append(versions, text)
			continue
		}
		var object struct {
			Version    string
			Deprecated any
		}
		if err := json.Unmarshal(element, &object); err != nil {
			return nil, fmt.Errorf("read the output of npm view: %w", err)
		}
		if object.Deprecated == nil {
			versions = append(versions, object.Version)
		}
	}
	return versions, nil
}

func newestPython(ctx context.Context, command commandFunc, python string, p pin) (string, error) {
	out, err := command(ctx, python, "-m", "pip", "index", "versions", "--disable-pip-version-check", p.name)
	if err != nil {
		return "", err
	}
	return readPip(out)
}

// readPip reads the output of `pip index versions`.
func readPip(out string) (string, error) {
	_, rest, _ := strings.Cut(out, "Available versions:")
	line, _, _ := strings.Cut(rest, "\n")
	if newest := newestOf(strings.Split(line, ","), anyVersion); newest != "" {
		return strings.TrimSpace(newest), nil
	}
	return "", errors.New("found no versions in the output of pip index versions")
}
