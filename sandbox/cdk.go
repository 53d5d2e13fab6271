package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/crossgrant/crossgrant/sandbox/child"
)

// CDK runs `npx cdk ARGS` in the app's folder with one account's credentials only; its error has what was printed. The command line
// has a cache and an output folder of its own, and sees nothing of the user's AWS settings.
func (s *Sandbox) CDK(ctx context.Context, account *Account, args ...string) error {
	environment := s.environment(account)
	if assembly := s.assembly(); len(args) > 0 && args[0] == "bootstrap" && isFolder(assembly) {
		// Bootstrapping named accounts runs the app and needs nothing of it: an assembly that is already there will do.
		environment = append(environment, "CDK_APP="+assembly)
	}
	var printed bytes.Buffer
	err := child.Run(ctx, child.Spec{
		Name:   "npx",
		Args:   append([]string{"cdk"}, args...),
		Dir:    s.Project,
		Env:    environment,
		Output: &printed,
	})
	if err != nil {
		return fmt.Errorf("npx cdk %s: %w\n%s", strings.Join(args, " "), err, printed.String())
	}
	return nil
}

func (s *Sandbox) environment(account *Account) []string {
	var environment []string
	for _, variable := range os.Environ() {
		// A real account's credentials must not even be seen here.
		if !strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, "CDK_") {
			environment = append(environment, variable)
		}
	}
	return append(environment,
		"AWS_CONFIG_FILE="+filepath.Join(account.files, "config"),
		"AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(account.files, "credentials"),
		"AWS_ENDPOINT_URL="+s.aws.URL(),
		"AWS_EC2_METADATA_DISABLED=true",
		"NO_PROXY=localhost,127.0.0.1",
		"no_proxy=localhost,127.0.0.1",
		// The command line remembers which access key belongs to which account.
		"CDK_HOME="+filepath.Join(account.files, "cdk"),
		"CDK_OUTPUT="+s.assembly(),
		"CDK_REQUIRE_APPROVAL=never",
		"CDK_DISABLE_VERSION_CHECK=1",
		"CI=true",
		"NO_COLOR=1",
	)
}

// assembly is the folder that the app is synthesized into.
func (s *Sandbox) assembly() string { return filepath.Join(s.work, "cdk.out") }

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
