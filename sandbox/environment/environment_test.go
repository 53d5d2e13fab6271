package environment_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/sandbox/environment"
)

var access = environment.Access{
	Endpoint: "http://localhost:4566", Region: "eu-west-1", Account: "111111111111", Principal: "arn:aws:sts::111111111111:assumed-role/Administrator/it's",
	AccessKeyID: "ASIA", SecretAccessKey: `a'b"c\d$e`, SessionToken: "t", Expires: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
}

// user has settings that would lead programs to a real account.
var user = []string{"PATH=/bin:/usr/bin", "HOME=/home/u", "AWS_PROFILE=prod", "AWS_ACCESS_KEY_ID=AKIAREAL", "AWS_ENDPOINT_URL_STS=https://sts.amazonaws.com", "CDK_DEFAULT_ACCOUNT=999999999999", "NO_PROXY=example.com"}

func TestProgramsSeeNoSettingsOfTheUser(t *testing.T) {
	found := access.Apply(user)
	for _, one := range found {
		for _, secret := range []string{"prod", "AKIAREAL", "amazonaws.com", "999999999999"} {
			if strings.Contains(one, secret) {
				t.Errorf("found %s", one)
			}
		}
	}
	for _, expected := range []string{
		"PATH=/bin:/usr/bin", "HOME=/home/u", "AWS_ENDPOINT_URL=http://localhost:4566", "AWS_ENDPOINT_URL_S3=http://127.0.0.1:4566", "AWS_ACCESS_KEY_ID=ASIA", "AWS_REGION=eu-west-1",
		"NO_PROXY=localhost,127.0.0.1,example.com",
	} {
		if !slices.Contains(found, expected) {
			t.Errorf("found no %s in %q", expected, found)
		}
	}
	again := access.Apply(found)
	if slices.Sort(found); !slices.Equal(slices.Sorted(slices.Values(again)), found) {
		t.Errorf("applied twice: found %q, expected %q", again, found)
	}
}

// A shell has the variables after it has run the script, with the values as they are, and those of the user are gone.
func TestScriptOfAShell(t *testing.T) {
	for shell, command := range map[string][]string{"sh": {"sh", "-c"}, "fish": {"fish", "-c"}, "powershell": {"pwsh", "-NoProfile", "-Command"}} {
		t.Run(shell, func(t *testing.T) {
			script, err := access.Script(shell, user)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(script, "# "+access.Principal+" until 2026-01-02T03:04:05Z. Use it by: ") {
				t.Errorf("found no comment that says what it is for in\n%s", script)
			}
			if _, err := exec.LookPath(command[0]); err != nil {
				for _, expected := range map[string][]string{
					"fish":       {`set -gx AWS_SECRET_ACCESS_KEY 'a\'b"c\\d$e'` + "\n", "\nset -e AWS_", " AWS_PROFILE "},
					"powershell": {`$Env:AWS_SECRET_ACCESS_KEY = 'a''b"c\d$e'` + "\n", "\nRemove-Item Env:AWS_", ",Env:AWS_PROFILE,", " -ErrorAction SilentlyContinue\n"},
				}[shell] {
					if !strings.Contains(script, expected) {
						t.Errorf("found no %s in\n%s", expected, script)
					}
				}
				return
			}
			c := exec.Command(command[0], append(command[1:], script+"\nenv")...)
			c.Env = user
			out, err := c.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, expected := range []string{"AWS_SECRET_ACCESS_KEY=" + access.SecretAccessKey, "AWS_ENDPOINT_URL=http://localhost:4566", "AWS_ACCESS_KEY_ID=ASIA"} {
				if !strings.Contains("\n"+string(out), "\n"+expected+"\n") {
					t.Errorf("found no %s in\n%s", expected, out)
				}
			}
			for _, wrong := range []string{"AWS_PROFILE", "AWS_ENDPOINT_URL_STS"} {
				if strings.Contains(string(out), wrong) {
					t.Errorf("found %s in\n%s", wrong, out)
				}
			}
		})
	}
	if _, err := access.Script("csh", nil); err == nil || !strings.Contains(err.Error(), `found shell "csh", expected one of ["sh" "fish" "powershell"]`) {
		t.Errorf("found %v", err)
	}
}
