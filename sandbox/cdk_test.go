package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway"
)

// With the user's AWS settings the command line would deploy into a real account.
func TestTheCommandLineSeesNoAwsSettingsOfTheUser(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "CDK_APP", "CDK_HOME"} {
		t.Setenv(name, "of-the-user")
	}
	t.Setenv("CROSSGRANT_OTHER", "kept")
	g, err := gateway.Start("http://127.0.0.1:1", gateway.Options{}) // which nobody calls
	if err != nil {
		t.Fatal(err)
	}
	defer g.Stop()
	s := &Sandbox{gateway: g, work: t.TempDir()}
	account, err := s.Account(SourceAccount)
	if err != nil {
		t.Fatal(err)
	}
	account.files = "files"
	all, err := s.environment(t.Context(), account)
	if err != nil {
		t.Fatal(err)
	}
	environment := strings.Join(all, "\n")
	if strings.Contains(environment, "of-the-user") {
		t.Errorf("found settings of the user in:\n%s", environment)
	}
	for _, expected := range []string{"AWS_ENDPOINT_URL=http://localhost:", "AWS_CONFIG_FILE=files/config", "AWS_SHARED_CREDENTIALS_FILE=files/credentials", "CROSSGRANT_OTHER=kept"} {
		if !strings.Contains("\n"+environment, "\n"+expected) {
			t.Errorf("found no %s in:\n%s", expected, environment)
		}
	}
}

const untouched = `"sourceAccount":"111111111111","targetAccount":"222222222222","region":"ap-northeast-1"`

func TestContextFlags(t *testing.T) {
	for name, c := range map[string]struct{ context, expected string }{
		"an untouched app": {untouched + `,"stage":"dev","egress":"nat","prefixes":["inbox/","reports/"],"removalPolicy":"retain"`, ""},
		"accounts of a user": {
			`"sourceAccount":"333333333333","targetAccount":"444444444444","region":"eu-west-1","prefixes":["inbox/","reports/"]`,
			"-c sourceAccount=111111111111 -c targetAccount=222222222222 -c region=ap-northeast-1",
		},
		"settings of a user": {
			untouched + `,"stage":"prod","availabilityZones":["ap-northeast-1a","ap-northeast-1d"],"egress":"endpoints","prefixes":"a/","removalPolicy":"destroy"`,
			"-c stage=dev -c availabilityZones=ap-northeast-1a,ap-northeast-1c -c egress=nat -c prefixes=inbox/,reports/ -c removalPolicy=retain",
		},
		"workloads of a user": {
			untouched + `,"workloads":["scan"],"eventsTo":"list","eventSuffixes":[".csv"],"alarmEmails":["ops@example.com"]`,
			"-c workloads=list,scan,copy,trail,instance,events -c eventsTo=copy -c eventSuffixes=",
		},
		"no prefixes, which have a default": {untouched, ""},
		"no account": {
			`"targetAccount":"222222222222","region":"ap-northeast-1"`, "-c sourceAccount=111111111111",
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "cdk.json")
			if err := os.WriteFile(file, []byte(`{"context":{`+c.context+`}}`), 0o644); err != nil {
				t.Fatal(err)
			}
			flags, err := contextFlags(file)
			if found := strings.Join(flags, " "); err != nil || found != c.expected {
				t.Errorf("found %q, %v; expected %q", found, err, c.expected)
			}
		})
	}
}

func TestContextFlagsOfABrokenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(file, []byte(`{"context":`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := contextFlags(file); err == nil || !strings.Contains(err.Error(), "cdk.json") {
		t.Errorf("found %v, expected an error that names the file", err)
	}
}
