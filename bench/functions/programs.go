package main

import (
	"bufio"
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/crossgrant/crossgrant/bench/functions/stubapi"
	"github.com/crossgrant/crossgrant/constructs/workload"
)

const buildDir = ".build/bench"

// bench has what all rows need.
type bench struct {
	programs map[string]string // functions, minimal, baseline, by name
	deployed map[string]deployment
	stub     *stub
	versions map[string]string

	s5cmd        string
	s5cmdProblem error
	python       string
}

// prepare builds the functions as the app does, finds the baselines, and starts the stub.
func prepare(ctx context.Context) (*bench, error) {
	if _, err := os.Stat("cdk.json"); err != nil {
		return nil, fmt.Errorf("found no cdk.json, expected to run in the folder of the module: %w", err)
	}
	architecture := workload.ARM64
	if runtime.GOARCH == "amd64" {
		architecture = workload.X86_64
	}
	b := &bench{programs: map[string]string{}, python: filepath.Join(".build", "venv", "bin", "python"), versions: map[string]string{"Go": runtime.Version()}}
	packages := []string{"./lambda/list", "./lambda/copy", "./lambda/scan", "./lambda/trail", "./bench/functions/minimal", "./bench/functions/baseline", "./bench/functions/stub"}
	if _, err := workload.Compile(ctx, workload.BuildProps{Packages: packages, Architecture: architecture, Output: buildDir, Progress: os.Stderr}); err != nil {
		return nil, err
	}
	for _, p := range packages {
		b.programs[filepath.Base(p)] = filepath.Join(buildDir, "linux-"+runtime.GOARCH, filepath.Base(p))
	}
	var err error
	if b.deployed, err = synthesize(ctx); err != nil {
		return nil, err
	}
	b.s5cmd, b.s5cmdProblem = findS5cmd(ctx)
	b.readVersions(ctx)
	b.stub, err = startStub(ctx, b.programs["stub"])
	return b, err
}

// findS5cmd returns the program of S5CMD, or builds the pinned one.
func findS5cmd(ctx context.Context) (string, error) {
	if given := os.Getenv("S5CMD"); given != "" {
		_, err := os.Stat(given)
		return given, err
	}
	program := filepath.Join(buildDir, "s5cmd")
	command := exec.CommandContext(ctx, "go", "build", "-modfile=tools/s5cmd/go.mod", "-o", program, "github.com/peak/s5cmd/v2")
	if text, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build s5cmd (or give one as S5CMD=PATH): %w: %.300s", err, text)
	}
	return program, nil
}

// versionNames is the order in which versions are printed.
var versionNames = []string{"Go", "SDK", "S3", "DynamoDB", "lambda", "s5cmd", "boto3", "Python"}

func (b *bench) readVersions(ctx context.Context) {
	names := map[string]string{
		"github.com/aws/aws-sdk-go-v2": "SDK", "github.com/aws/aws-sdk-go-v2/service/s3": "S3", "github.com/aws/aws-sdk-go-v2/service/dynamodb": "DynamoDB",
		"github.com/aws/aws-lambda-go": "lambda", "github.com/peak/s5cmd/v2": "s5cmd",
	}
	for _, program := range []string{b.programs["baseline"], b.s5cmd} {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			continue // a baseline that is missing says so in its row
		}
		for _, m := range append(info.Deps, &info.Main) {
			if name := names[m.Path]; name != "" {
				b.versions[name] = m.Version
			}
		}
	}
	if text, err := exec.CommandContext(ctx, b.python, "-c", "import boto3, platform; print(boto3.__version__, platform.python_version())").Output(); err == nil {
		b.versions["boto3"], b.versions["Python"], _ = strings.Cut(strings.TrimSpace(string(text)), " ")
	}
}

// machine is the processor and how many of its cores there are.
func machine() string {
	model := "unknown processor"
	if file, err := os.Open("/proc/cpuinfo"); err == nil {
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%d cores, %s, %s/%s", runtime.NumCPU(), model, runtime.GOOS, runtime.GOARCH)
}

// deployment is how the app deploys a function.
type deployment struct {
	variables map[string]string // those with a literal value
	memoryMiB int
}

// synthesize reads from the app's own templates how it deploys the functions, so that the figures are those of what is deployed.
func synthesize(ctx context.Context) (map[string]deployment, error) {
	text, err := os.ReadFile("cdk.json")
	if err != nil {
		return nil, err
	}
	var settings struct{ Context json.RawMessage }
	if err := json.Unmarshal(text, &settings); err != nil {
		return nil, fmt.Errorf("read cdk.json: %w", err)
	}
	app, err := filepath.Abs(filepath.Join(buildDir, "app"))
	if err != nil {
		return nil, err
	}
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", app, ".").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the app: %w: %s", err, text)
	}
	assembly, err := os.MkdirTemp("", "crossgrant-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(assembly)
	command := exec.CommandContext(ctx, app)
	command.Env = append(os.Environ(), "CDK_OUTDIR="+assembly, "CDK_CONTEXT_JSON="+string(settings.Context))
	if text, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("synthesize the app: %w: %s", err, text)
	}
	return readFunctions(assembly)
}

func readFunctions(assembly string) (map[string]deployment, error) {
	files, err := filepath.Glob(filepath.Join(assembly, "*.template.json"))
	if err != nil {
		return nil, err
	}
	all := map[string]deployment{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var template struct {
			Resources map[string]struct {
				Type       string
				Properties json.RawMessage
			}
		}
		if err := json.Unmarshal(text, &template); err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		for _, r := range template.Resources {
			if r.Type != "AWS::Lambda::Function" {
				continue
			}
			var p struct {
				FunctionName any
				MemorySize   int
				Environment  struct{ Variables map[string]any }
			}
			if err := json.Unmarshal(r.Properties, &p); err != nil {
				return nil, fmt.Errorf("read %s: %w", file, err)
			}
			name, ok := p.FunctionName.(string)
			if !ok {
				continue
			}
			d := deployment{variables: map[string]string{}, memoryMiB: p.MemorySize}
			for key, value := range p.Environment.Variables {
				if literal, ok := value.(string); ok {
					d.variables[key] = literal
				}
			}
			all[name[strings.LastIndexByte(name, '-')+1:]] = d
		}
	}
	for _, name := range []string{"list", "copy", "scan", "trail"} {
		if _, ok := all[name]; !ok {
			return nil, fmt.Errorf("found no function %s in the app's templates, expected all four", name)
		}
	}
	return all, nil
}

// stub is the running stub of AWS.
type stub struct {
	command *exec.Cmd
	stdin   io.Closer
	url     string
}

func startStub(ctx context.Context, program string) (*stub, error) {
	s := &stub{command: exec.CommandContext(ctx, program)}
	s.command.Stderr = os.Stderr
	var err error
	if s.stdin, err = s.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, fmt.Errorf("start the stub: %w", err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the stub's address: %w", err), s.stop())
	}
	s.url = "http://" + strings.TrimSpace(address)
	return s, nil
}

func (s *stub) stop() error {
	s.stdin.Close()
	err := s.command.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil // ended by a signal, with this process
	}
	return err
}

type (
	behaviour = stubapi.Behaviour
	bucket    = stubapi.Bucket
	counts    = stubapi.Counts
)

// set gives the stub a behaviour and sets its counts to 0.
func (s *stub) set(b behaviour) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	_, err = s.ask(http.MethodPost, text)
	return err
}

func (s *stub) counts() (counts, error) { return s.ask(http.MethodGet, nil) }

func (s *stub) ask(method string, body []byte) (counts, error) {
	var c counts
	request, err := http.NewRequest(method, s.url+"/_stub", bytes.NewReader(body))
	if err != nil {
		return c, err
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		return c, fmt.Errorf("ask the stub: %w", err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&c); err != nil {
		return c, fmt.Errorf("read the stub's counts: %w", err)
	}
	return c, nil
}
