package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/crossgrant/crossgrant/sandbox/environment"
)

// CDK runs `npx cdk ARGS` in the app's directory with the credentials of one account only. Its error contains the output. The command line has
// its own cache and output directory, and none of the user's AWS settings.
func (s *Sandbox) CDK(ctx context.Context, account *Account, args ...string) error {
	variables, err := s.environment(ctx, account)
	if err != nil {
		return err
	}
	if assembly := s.Assembly(); len(args) > 0 && args[0] == "bootstrap" && isDirectory(assembly) {
		// Bootstrapping runs the app, although it names the account and needs nothing of the app: an existing assembly saves that.
		variables = append(variables, "CDK_APP="+assembly)
	}
	_, err = Command(ctx, s.Project, variables, "npx", append([]string{"cdk"}, args...)...)
	return err
}

// environment is that of a command of an account's administrator.
func (s *Sandbox) environment(ctx context.Context, account *Account) ([]string, error) {
	if _, err := account.credentials.Retrieve(ctx); err != nil { // which writes new ones into the files in time
		return nil, err
	}
	return append(environment.Without(os.Environ()),
		"AWS_CONFIG_FILE="+filepath.Join(account.files, "config"),
		"AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(account.files, "credentials"),
		"AWS_ENDPOINT_URL="+s.gateway.URL(),
		"AWS_EC2_METADATA_DISABLED=true",
		"NO_PROXY=localhost,127.0.0.1",
		"no_proxy=localhost,127.0.0.1",
		// The command line caches which account an access key belongs to.
		"CDK_HOME="+filepath.Join(account.files, "cdk"),
		"CDK_OUTPUT="+s.Assembly(),
		"CDK_REQUIRE_APPROVAL=never",
		"CDK_DISABLE_VERSION_CHECK=1",
		"CI=true",
		"NO_COLOR=1",
	), nil
}

// Assembly is the directory that the app is synthesized into.
func (s *Sandbox) Assembly() string { return filepath.Join(s.work, "cdk.out") }

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// The accounts of the sandbox and the prefixes of its grants: the values of an untouched cdk.json.
const (
	// SourceAccount is the ID of the account that the workloads run in.
	SourceAccount = "111111111111"
	// TargetAccount is the ID of the account that owns the data.
	TargetAccount = "222222222222"
	// Region is the region of both accounts.
	Region = "ap-northeast-1"
	// FirstPrefix and SecondPrefix are the granted key prefixes.
	FirstPrefix, SecondPrefix = "inbox/", "reports/"
)

// appContext is the CDK context of the app in the sandbox, in the order of the flags. An optional key may be absent from cdk.json: its value
// here is the app's default.
var appContext = []struct {
	key      string
	value    any
	optional bool
}{
	{"sourceAccount", SourceAccount, false},
	{"targetAccount", TargetAccount, false},
	{"region", Region, false},
	{"stage", "dev", true},
	{"availabilityZones", []any{Region + "a", Region + "c"}, true},
	{"egress", "nat", true},
	{"prefixes", []any{FirstPrefix, SecondPrefix}, true},
	{"removalPolicy", "retain", true},
	{"workloads", []any{"list", "scan", "copy", "trail", "instance", "events"}, true},
	{"eventsTo", "copy", true},
	{"eventSuffixes", []any{}, true},
}

// contextFlags returns the -c flags for the keys that have other values in file, a cdk.json: users put their own accounts there, which the
// sandbox must not use. It returns none for an untouched file.
func contextFlags(file string) ([]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the app's configuration (run in the directory of the app): %w", err)
	}
	var app struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(content, &app); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	var flags []string
	for _, p := range appContext {
		found, set := app.Context[p.key]
		if reflect.DeepEqual(found, p.value) || !set && p.optional {
			continue
		}
		flags = append(flags, "-c", p.key+"="+text(p.value))
	}
	return flags, nil
}

// text formats a context value for the command line.
func text(value any) string {
	list, ok := value.([]any)
	if !ok {
		return fmt.Sprint(value)
	}
	var parts []string
	for _, part := range list {
		parts = append(parts, fmt.Sprint(part))
	}
	return strings.Join(parts, ",")
}
