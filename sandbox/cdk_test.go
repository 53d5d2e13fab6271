package sandbox

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/sandbox/localaws"
)

// Whatever AWS settings the user has, the command line must not see them: it would deploy into a real account.
func TestTheCommandLineSeesNoAwsSettingsOfTheUser(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "CDK_APP", "CDK_HOME"} {
		t.Setenv(name, "of-the-user")
	}
	t.Setenv("CROSSGRANT_OTHER", "kept")
	s := &Sandbox{aws: &localaws.Server{}, work: t.TempDir()}
	environment := strings.Join(s.environment(&Account{files: "files"}), "\n")
	if strings.Contains(environment, "of-the-user") {
		t.Errorf("found settings of the user in:\n%s", environment)
	}
	for _, expected := range []string{"AWS_ENDPOINT_URL=http://localhost:", "AWS_CONFIG_FILE=files/config", "AWS_SHARED_CREDENTIALS_FILE=files/credentials", "CROSSGRANT_OTHER=kept"} {
		if !strings.Contains("\n"+environment, "\n"+expected) {
			t.Errorf("found no %s in:\n%s", expected, environment)
		}
	}
}
