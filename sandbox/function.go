package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway"
	"github.com/crossgrant/crossgrant/sandbox/internal/runtimeapi"
)

// Function is a deployed function, whose code runs on this machine. It is safe for concurrent use, and runs one invocation at a time.
type Function struct {
	// Name is the name of the deployed function, and ARN its ARN.
	Name, ARN string

	sandbox       *Sandbox
	configuration *types.FunctionConfiguration
	version       string // changes with what is deployed
	program       program
	directory     string
	endpoint      *gateway.Endpoint
	log           *os.File

	mutex   sync.Mutex
	runtime *runtimeapi.Function
	expires time.Time // when the credentials of the running program do
}

// Invoke invokes the function. failed reports that payload is an error of the function, as JSON with errorMessage and errorType.
func (f *Function) Invoke(ctx context.Context, event []byte) (payload []byte, failed bool, err error) {
	runtime, err := f.serve()
	if err != nil {
		return nil, false, err
	}
	result, err := runtime.Invoke(ctx, event)
	return result.Payload, result.Failed, err
}

// keptOfLog is how many bytes of a log the functions return.
const keptOfLog = 64 << 10

// lines breaks lines where Lambda's own runtimes write carriage returns, by which CloudWatch keeps the lines of one event together.
var lines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Log returns the last 64 KiB of the function's output.
func (f *Function) Log() string { return f.logFrom(0) }

// logFrom is the last 64 KiB of what the log has from an offset on.
func (f *Function) logFrom(offset int64) string {
	info, err := f.log.Stat()
	if err != nil {
		return ""
	}
	offset = max(offset, info.Size()-keptOfLog)
	text := make([]byte, max(info.Size()-offset, 0))
	n, _ := f.log.ReadAt(text, offset)
	return lines.Replace(string(text[:n]))
}

// Stop stops the function. It may be called more than once.
func (f *Function) Stop() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.runtime != nil {
		f.runtime.Stop()
	}
	if f.endpoint != nil {
		f.endpoint.Close()
	}
	f.log.Close()
	os.RemoveAll(f.directory)
}

// Function prepares a deployed function of an account by its name: the uploaded code, with the function's environment variables and the credentials of its
// execution role. The caller must call Stop.
func (s *Sandbox) Function(ctx context.Context, account *Account, name string) (*Function, error) {
	for _, r := range s.gateway.Deployed().OfType(functionType) {
		if r.Stack.Account != account.ID || r.Name != name {
			continue
		}
		deployed, err := s.getFunction(ctx, r)
		if err != nil {
			return nil, err
		}
		return s.function(ctx, r, deployed)
	}
	return nil, fmt.Errorf("account %s: found no deployed function %s", account.ID, name)
}

const functionType = "AWS::Lambda::Function"

// getFunction asks for what is deployed of a function.
func (s *Sandbox) getFunction(ctx context.Context, r *assembly.Resource) (*lambda.GetFunctionOutput, error) {
	config, err := s.configOf(r)
	if err != nil {
		return nil, err
	}
	deployed, err := lambda.NewFromConfig(config).GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: aws.String(r.Name)})
	if err != nil {
		return nil, fmt.Errorf("get function %s: %w", r.Name, err)
	}
	// The local AWS takes all functions for those of x86_64.
	if all := assembly.Listed(r.Properties["Architectures"]); len(all) == 1 {
		deployed.Configuration.Architectures = []types.Architecture{types.Architecture(fmt.Sprint(all[0]))}
	}
	return deployed, nil
}

// version is a text that changes with a function's configuration and with its code.
func version(deployed *lambda.GetFunctionOutput) string {
	configuration, _ := json.Marshal(deployed.Configuration) // never fails: texts and numbers only
	return string(configuration) + aws.ToString(deployed.Code.Location)
}

// function prepares the function of a deployed resource.
func (s *Sandbox) function(ctx context.Context, r *assembly.Resource, deployed *lambda.GetFunctionOutput) (*Function, error) {
	wrong := func(err error) (*Function, error) { return nil, fmt.Errorf("function %s: %w", r.Name, err) }
	f := &Function{Name: r.Name, ARN: r.ARN, sandbox: s, configuration: deployed.Configuration, version: version(deployed)}
	config, err := s.configOf(r)
	if err != nil {
		return wrong(err)
	}
	if f.program, err = s.programOf(f.configuration); err != nil {
		return wrong(err)
	}
	// The names of functions of both accounts may be the same.
	if f.directory, err = os.MkdirTemp(s.work, "function-"); err != nil {
		return nil, err
	}
	if f.log, err = os.OpenFile(s.logFile(r.ARN), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(f.directory))
	}
	if f.program.note != "" {
		fmt.Fprintln(f.log, f.program.note)
	}
	if err = s.unpackCode(ctx, config, r, deployed, f.code()); err == nil {
		f.endpoint, err = s.gateway.From(r.ARN)
	}
	if err == nil {
		_, err = f.serve() // so that a role that Lambda cannot assume is an error now
	}
	if err != nil {
		f.Stop()
		return wrong(err)
	}
	return f, nil
}

// configOf is the configuration of a client with the credentials of the administrator of a resource's account, in its region.
func (s *Sandbox) configOf(r *assembly.Resource) (aws.Config, error) {
	account, err := s.Account(r.Stack.Account)
	if err != nil {
		return aws.Config{}, err
	}
	config := s.Config(account)
	config.Region = r.Stack.Region
	return config, nil
}

// code is the directory of the function's code.
func (f *Function) code() string { return filepath.Join(f.directory, "task") }

// serve returns what runs the function, with credentials that are valid until the end of the next invocation. Those of a program never change, as in Lambda: it
// is started again.
func (f *Function) serve() (*runtimeapi.Function, error) {
	timeout := time.Duration(aws.ToInt32(f.configuration.Timeout)) * time.Second
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.runtime != nil {
		if time.Until(f.expires) > timeout+time.Minute {
			return f.runtime, nil
		}
		f.runtime.Stop()
	}
	role, err := f.sandbox.gateway.Assume("lambda.amazonaws.com", aws.ToString(f.configuration.Role), f.Name)
	if err != nil {
		return nil, err
	}
	f.expires = role.Expires
	f.runtime, err = runtimeapi.Serve(runtimeapi.Config{
		Binary: f.program.path(f.code()), Args: f.program.args, Dir: f.code(),
		Environment: f.environment(role),
		FunctionARN: f.ARN,
		Timeout:     timeout,
		Log:         f.log, Platform: f.log, Memory: int(aws.ToInt32(f.configuration.MemorySize)),
	})
	return f.runtime, err
}

// environment are the variables of the function.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
func (f *Function) environment(role aws.Credentials) map[string]string {
	c := f.configuration
	region := strings.Split(f.ARN, ":")[3]
	environment := map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(int(aws.ToInt32(c.MemorySize))),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + f.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      time.Now().UTC().Format("2006/01/02") + "/[$LATEST]" + strings.TrimPrefix(filepath.Base(f.directory), "function-"),
		"AWS_REGION":                      region,
		"AWS_DEFAULT_REGION":              region,
		"AWS_ACCESS_KEY_ID":               role.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY":           role.SecretAccessKey,
		"AWS_SESSION_TOKEN":               role.SessionToken,
		"AWS_ENDPOINT_URL":                f.endpoint.URL(),
		"LAMBDA_TASK_ROOT":                f.code(),
		"_HANDLER":                        aws.ToString(c.Handler),
		"LANG":                            "en_US.UTF-8",
		"TZ":                              ":UTC",
		"PATH":                            "/usr/local/bin:/usr/bin:/bin:/opt/bin",
		// The settings and the instance metadata of this machine are not the function's.
		"AWS_CONFIG_FILE":             filepath.Join(f.directory, "none"),
		"AWS_SHARED_CREDENTIALS_FILE": filepath.Join(f.directory, "none"),
		"AWS_EC2_METADATA_DISABLED":   "true",
	}
	maps.Copy(environment, f.program.environment)
	if c.Environment != nil {
		maps.Copy(environment, c.Environment.Variables)
	}
	return environment
}
